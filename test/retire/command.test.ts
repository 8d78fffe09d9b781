import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRetireReport } from '../../lib/contract/retire-report';
import { retireCommand } from '../../rehearsal/commands/retire';
import type { Terminal } from '../../rehearsal/command-line';
import { startEndpoint } from '../../rehearsal/endpoint';
import { UsageError } from '../../rehearsal/usage';
import { shopApp } from '../rehearsal/shop-app';
import { deployedShop, type Ran, runOn } from '../rehearsal/status/cloud';
import type { Synthesized } from '../rehearsal/synthesize';
import { BUCKET, RetireStore } from './support';

const ID = { environment: 'staging', application: 'shop', protection: 'database' };
const RUN = (days: number): string => new Date(Math.floor(Date.now() / 1000) * 1000 - days * 86_400_000).toISOString().replace('.000Z', 'Z');

let app: Synthesized;
let store: RetireStore;

beforeAll(() => {
  app = shopApp({});
});

afterAll(() => app.remove());

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

function terminal(): Terminal & { said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  return {
    said, env: process.env, signal: new AbortController().signal,
    stdout: { write: (text) => { said.out += text; } },
    stderr: { write: (text) => { said.err += text; } },
  };
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const to = terminal();
  const code = await retireCommand(['--app', app.directory, ...args], to);
  return { code, ...to.said };
}

/** Copies of so many days ago, dated by the machine's clock as the command's. */
async function copies(...days: number[]): Promise<string[]> {
  const made: string[] = [];
  for (const day of days) made.push(await store.copy(RUN(day), 'proven', (manifest) => manifest, ID));
  return made;
}

test('a dry run says of every copy what becomes of it and why, by the deployed code, and writes nothing', async () => {
  const made = await copies(40, 3, 2, 1);
  const { code, out } = await run('--dry-run', '--bucket', BUCKET);
  expect(code).toBe(0);
  expect(out).toMatch(/^shop \(staging\) at 20.*, nothing written/);
  for (const runId of made.slice(1)) expect(out).toMatch(new RegExp(`${runId} {2}kept +\\S`));
  expect(out).toContain(made[0]);
  expect(out).toContain('The audit finds nothing.');
  expect(store.keys('policies/')).toEqual([]);
  expect(new Set(Object.values(store.marks('')))).toEqual(new Set([undefined]));
});

test('--json is the report, and damage is exit code 1', async () => {
  const [runId] = await copies(3, 2);
  await store.put(`runs/staging/shop/database/${runId}.json`, 'overwritten');
  const { code, out } = await run('--dry-run', '--bucket', BUCKET, '--json');
  expect(code).toBe(1);
  expect(parseRetireReport(JSON.parse(out))).toMatchObject({ dryRun: true, findings: [{ kind: 'manifest-overwritten' }] });
});

test('a store that is not there is the worker\'s to say, with exit code 1', async () => {
  const { code, err } = await run('--dry-run', '--bucket', 'no-such-bucket');
  expect([code, err]).toEqual([1, expect.stringContaining('STORE_MISSING')]);
});

test('no assembly is exit code 2', async () => {
  const to = terminal();
  expect(await retireCommand(['--dry-run', '--app', join(tmpdir(), 'nowhere')], to)).toBe(2);
  expect(to.said.err).toContain('cannot be read');
});

test.each<[string[], RegExp]>([
  [[], /give --dry-run: rounds that write are the deployed worker's/],
  [['--dry-run', '--keep', 'database/20261120T020000Z'], /--dry-run goes without --keep/],
  [['--keep', '20261120T020000Z', '--function', 'f'], /--keep 20261120T020000Z: write it as database\/20261120T020000Z/],
  [['--dry-run', '--protection', 'elsewhere', '--bucket', 'b'], /--protection elsewhere: the policy has database/],
  [['--dry-run', '--application', 'forum'], /no policy is meant; there are shop \(staging\)/],
  [['--dry-rum'], /did you mean --dry-run\?/],
])('%j is a wrong usage', async (args, message) => {
  const wrong = run(...args);
  await expect(wrong).rejects.toThrow(UsageError);
  await expect(wrong).rejects.toThrow(message);
});

test('--help says every option, and is no failure', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  for (const option of ['--dry-run', '--keep', '--unkeep', '--bucket', '--function', '--json']) expect(out).toContain(option);
});

describe('of what is deployed', () => {
  const shop = deployedShop();

  beforeEach(() => shop.cloud.copies(3));

  const asked = async (...args: string[]): Promise<Ran> => await runOn(retireCommand, ['--app', shop.app.directory, ...args]);
  const manifests = () => shop.cloud.endpoint.s3.allKeys(shop.cloud.bucket).filter((key) => key.startsWith('runs/'));
  const marks = (key: string) => shop.cloud.endpoint.s3.versions(shop.cloud.bucket, key)[0].tags;

  test('a dry run finds the bucket by CloudFormation', async () => {
    const { code, out, err } = await asked('--dry-run');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('database: 3 copies');
    expect(shop.cloud.asked).toEqual([]);
  });

  test('a person keeps a copy by the deployed worker, and leaves it to the rules again', async () => {
    const [manifest] = manifests();
    const runId = manifest.slice(-'00000000T000000Z.json'.length, -'.json'.length);
    const kept = await asked('--keep', `database/${runId}`);
    expect(kept).toMatchObject({ code: 0, out: expect.stringContaining(`${runId}  kept  a person keeps it`) });
    expect(shop.cloud.asked).toEqual([{ name: expect.stringContaining('etire'), payload: expect.objectContaining({ keep: [{ protection: 'database', runId }] }) }]);
    expect(marks(manifest)).toEqual({ retire: 'keep' });
    expect((await asked('--unkeep', `database/${runId}`)).code).toBe(0);
    expect(marks(manifest)).toEqual({});
  });

  test('a copy that is not there: the worker says so, with exit code 1', async () => {
    expect(await asked('--keep', 'database/20250101T020000Z')).toMatchObject({ code: 1, err: expect.stringContaining('KEEP_NO_RUN') });
  });

  test('--bucket names another', async () => {
    expect(await asked('--dry-run', '--bucket', 'no-such-bucket')).toMatchObject({ code: 1, err: expect.stringContaining('STORE_MISSING') });
  });
});

test('a stack that is not deployed is exit code 2', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bp-none-'));
  const empty = await startEndpoint({ directory });
  const before = process.env.AWS_ENDPOINT_URL;
  try {
    process.env.AWS_ENDPOINT_URL = empty.url;
    expect(await run('--dry-run', '--region', 'us-east-1')).toMatchObject({ code: 2, err: expect.stringContaining('is not deployed') });
  } finally {
    process.env.AWS_ENDPOINT_URL = before;
    await empty.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test('the code that a dry run runs is the assembly\'s own: without it nothing is said', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'bp-assembly-'));
  try {
    cpSync(app.directory, copy, { recursive: true, filter: (name) => !/asset\.[0-9a-f]+\/index\.js$/.test(name) });
    const to = terminal();
    expect(await retireCommand(['--app', copy, '--dry-run', '--bucket', BUCKET], to)).toBe(1);
    expect(to.said.err).toContain('index.js');
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
