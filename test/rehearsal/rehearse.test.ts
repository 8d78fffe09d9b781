import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { Assertion, Compute } from '../../lib';
import { rehearse, type RehearseProps } from '../../rehearsal/rehearse';
import { UnknownProtectionError } from '../../rehearsal/stage';
import { parseReport, type RehearsalReport } from '../../rehearsal/report/model';
import { findPostgresBinaries } from '../../rehearsal/servers/postgres-binaries';
import { startPostgres } from '../../rehearsal/servers/postgres-server';
import { lacks } from '../support/lacks';
import { shopApp } from './shop-app';
import type { Synthesized } from './synthesize';

const SLOT = '2026-11-20T02:00:00Z';

let lambda: Synthesized;
let fargate: Synthesized;
let skipped: string | undefined;

function app(compute?: Compute): Synthesized {
  return shopApp({ compute, assertions: [Assertion.query('there are orders', 'SELECT count(*) FROM public.orders').atLeast(1)] });
}

beforeAll(async () => {
  lambda = app();
  fargate = app(Compute.fargate());
  skipped = await findPostgresBinaries().then(() => undefined, (error: Error) => error.message);
});

afterAll(() => {
  lambda?.remove();
  fargate?.remove();
});

/** A test that needs a PostgreSQL. */
function rehearses(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    if (skipped !== undefined) lacks(skipped);
    await run();
  });
}

async function ran(props: Partial<RehearseProps> = {}): Promise<RehearsalReport> {
  const report = await rehearse({ app: lambda.directory, slot: SLOT, ...props });
  return parseReport(JSON.parse(JSON.stringify(report)));
}

/** Rehearses with another template, and puts the right one back. */
async function withTemplate(change: (text: string) => string, use: () => Promise<void>): Promise<void> {
  const file = join(lambda.directory, 'Shop.template.json');
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
  try {
    await use();
  } finally {
    writeFileSync(file, before);
  }
}

rehearses('a policy is proven: dump, verify, verdict, with the permissions of its template and no others', async () => {
  const before = new Set(await readdir(tmpdir()));
  const report = await ran();
  const [{ protections: [one], application, environment }] = report.policies;
  expect({ application, environment }).toEqual({ application: 'shop', environment: 'staging' });
  expect(one).toMatchObject({ id: 'database', outcome: 'proven', runId: '20261120T020000Z', slot: SLOT });
  expect(one.rows).toBeGreaterThanOrEqual(80_000);
  expect(one.census.find(({ name }) => name === 'public.orders')).toMatchObject({ rows: 60_000, method: 'hashed' });
  expect(one.assertions).toEqual([expect.objectContaining({ name: 'there are orders', holds: true })]);
  expect(one.steps.filter(({ kind }) => kind === 'state').map(({ name, outcome }) => [name, outcome])).toEqual([['Dump', 'succeeded'], ['Verify', 'succeeded']]);
  expect(one.peakMemoryBytes.dump).toBeGreaterThan(1 << 20);
  expect(report.outcome).toBe('proven');
  expect(report.policies[0].retirement).toMatchObject({
    outcome: 'succeeded', marked: true,
    round: { findingCount: 0, protections: [{ protection: 'database', copies: 1, proven: 1, kept: 1, decisions: [{ runId: '20261120T020000Z', action: 'kept' }] }] },
  });
  expect(report.messages).toEqual([]);
  expect(report.grants.refused).toEqual([]);
  expect(report.calls.find(({ operation }) => operation === 'PutObject')?.count).toBeGreaterThan(2);
  expect(report.notRehearsed.map(({ what }) => what)).toContain('AWS itself');
  const left = (await readdir(tmpdir())).filter((name) => !before.has(name) && /^backup-policy-rehearsal-/.test(name));
  expect(left).toEqual([]);
});

rehearses('a missing grant fails the run, and the report names role, action and resource', async () => {
  await withTemplate((text) => text.replace(/"secretsmanager:GetSecretValue"/g, '"secretsmanager:ListSecretVersionIds"'), async () => {
    const report = await ran();
    const [{ protections: [one] }] = report.policies;
    expect(one).toMatchObject({ outcome: 'failed', error: { name: 'RefusedError', code: 'SECRET_REFUSED' } });
    expect(report.grants.refused).toContainEqual(expect.objectContaining({
      role: 'Shop/Backup/database/Dump/Role', action: 'secretsmanager:GetSecretValue', resource: expect.stringContaining(':secret:'), reason: expect.stringContaining('no policy allows it'),
    }));
    expect(report.messages).toEqual([expect.objectContaining({ subject: expect.stringContaining('shop/database'), text: expect.stringContaining('SECRET_REFUSED') })]);
  });
});

rehearses('a part that is damaged between dump and verify is not proven', async () => {
  const report = await ran({
    beforeTask: async ({ state }, { endpoint, protection, runId }) => {
      if (state !== 'Verify') return;
      const key = endpoint.s3.keys(protection.bucket, `parts/staging/shop/database/${runId}/`).find((one) => one.includes('rows'));
      const file = await open(endpoint.s3.files(protection.bucket, key!)[0], 'r+');
      try {
        const { size } = await file.stat();
        const byte = Buffer.alloc(1);
        await file.read(byte, 0, 1, Math.floor(size / 2));
        await file.write(Buffer.from([byte[0] ^ 0xff]), 0, 1, Math.floor(size / 2));
      } finally {
        await file.close();
      }
    },
  });
  const [{ protections: [one] }] = report.policies;
  expect(one).toMatchObject({ outcome: 'not-proven', error: { name: 'NotProvenError', code: 'NOT_PROVEN' } });
  expect(report.outcome).toBe('not-proven');
  expect(report.messages).toHaveLength(1);
});

/** One more action in the grant by which the dump worker reads its secret. */
function withNeedlessGrant(text: string): string {
  interface Policy { Type: string; Properties: { PolicyDocument: { Statement: { Action: string | string[] }[] } } }
  const template = JSON.parse(text) as { Resources: Record<string, Policy> };
  const policies = Object.entries(template.Resources).filter(([id, { Type }]) => Type === 'AWS::IAM::ManagedPolicy' && id.includes('Dump'));
  for (const [, { Properties }] of policies) {
    for (const statement of Properties.PolicyDocument.Statement) {
      if ([statement.Action].flat().includes('secretsmanager:GetSecretValue')) statement.Action = [...[statement.Action].flat(), 'secretsmanager:PutSecretValue'];
    }
  }
  return JSON.stringify(template);
}

rehearses('a failure that passes is tried again by the machine; a needless grant is listed', async () => {
  let refusals = 4;
  const faults: RehearseProps['faults'] = ({ operation }) => operation === 'GetSecretValue' && refusals-- > 0 ? { status: 500, code: 'InternalServiceError' } : undefined;
  let report!: RehearsalReport;
  await withTemplate(withNeedlessGrant, async () => { report = await ran({ faults }); });
  expect(report.grants.unused).toContainEqual({ role: 'Shop/Backup/database/Dump/Role', action: 'secretsmanager:PutSecretValue' });
  const [{ protections: [one] }] = report.policies;
  expect(one.outcome).toBe('proven');
  expect(one.steps.find(({ name, kind }) => name === 'Dump' && kind === 'state')).toMatchObject({ tries: 2, outcome: 'succeeded', detail: 'TransientError' });
  expect(one.steps.filter(({ kind, name }) => kind === 'attempt' && name.startsWith('Dump')).map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded']);
});

rehearses('a retire worker that lacks a right fails the rehearsal, and is told', async () => {
  const without = (text: string): string => text.replaceAll('"s3:PutObjectVersionTagging"', '"s3:GetObjectVersionTagging"');
  await withTemplate(without, async () => {
    const report = await ran();
    const [{ protections: [one], retirement }] = report.policies;
    expect([one.outcome, retirement?.outcome, report.outcome]).toEqual(['proven', 'failed', 'failed']);
    expect(report.grants.refused).toContainEqual(expect.objectContaining({ role: 'Shop/Backup/Retire/Role', action: 's3:PutObjectVersionTagging' }));
    expect(report.messages).toEqual([expect.objectContaining({ subject: 'Retirement failed: shop (staging)', text: expect.stringContaining('STORE_REFUSED') })]);
  });
});

rehearses('Fargate workers are proven by their task token', async () => {
  const report = await ran({ app: fargate.directory });
  const [{ protections: [one] }] = report.policies;
  expect(one).toMatchObject({ outcome: 'proven' });
  expect(one.seconds).toMatchObject({ dump: expect.any(Number), verify: expect.any(Number) });
  expect(report.calls.find(({ operation }) => operation === 'SendTaskSuccess')).toMatchObject({ count: 2, refused: 0 });
});

rehearses('a database of one\'s own is only read, and its password is in no report', async () => {
  const password = 'ein-sehr-geheimes-Wort';
  const server = await startPostgres({ directory: join(tmpdir(), `own-${process.pid}`) });
  try {
    const url = new URL(await server.createDatabase('mine'));
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query(`CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 500);
      CREATE ROLE reader LOGIN PASSWORD '${password}'; GRANT pg_read_all_data TO reader; ALTER ROLE reader SET default_transaction_read_only = on`);
    const logs: string[] = [];
    Object.assign(url, { username: 'reader', password, search: '?sslmode=disable' });
    const report = await ran({ connections: { database: url.href }, onLog: (line) => logs.push(line) });
    await client.end();
    const [{ protections: [one] }] = report.policies;
    expect(one).toMatchObject({ outcome: 'proven', rows: 500 });
    expect(JSON.stringify(report) + logs.join()).not.toContain(password);
    expect(report.notRehearsed.map(({ what }) => what)).toContain('the declared TLS');
  } finally {
    await server.stop();
  }
});

rehearses('what is stopped leaves no folder and no report', async () => {
  // Other tests rehearse at the same time: a temporary folder of its own.
  const { TMPDIR } = process.env;
  const own = await mkdtemp(join(tmpdir(), 'stopped-'));
  process.env.TMPDIR = own;
  try {
    await chmod(own, 0o755);
    const stop = new AbortController();
    const running = rehearse({
      app: lambda.directory, slot: SLOT, signal: stop.signal,
      beforeTask: async ({ state }) => { if (state === 'Dump') setTimeout(() => stop.abort(new Error('stopped')), 300); },
    });
    await expect(running).rejects.toThrow('stopped');
    expect((await readdir(own)).filter((name) => name.startsWith('backup-policy-rehearsal-'))).toEqual([]);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(own, { recursive: true, force: true });
  }
});

test('what cannot be rehearsed is said before anything starts', async () => {
  await expect(rehearse({ app: lambda.directory, protections: ['elsewhere'] })).rejects.toThrow(UnknownProtectionError);
  await expect(rehearse({ app: join(tmpdir(), 'nowhere') })).rejects.toThrow(/cannot be read/);
  await expect(rehearse({ app: lambda.directory, connections: { database: 'mysql://root@127.0.0.1/x' } })).rejects.toThrow(/write it as postgres:/);
  expect(existsSync(join(process.cwd(), 'report', 'report.json.part'))).toBe(false);
});
