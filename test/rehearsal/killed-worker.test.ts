import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../../rehearsal/endpoint';
import { rehearse } from '../../rehearsal/rehearse';
import { shopApp } from './shop-app';

/** 40 MB of text that does not compress below two pieces of an upload. */
const SCANS = `CREATE TABLE scans AS SELECT i AS id, (SELECT string_agg(md5((i * 1000 + g)::text), '') FROM generate_series(1, 400) g) AS text
  FROM generate_series(1, 3000) i;`;

/** The process that runs a worker, found by what only it has: Lambda's environment. */
async function workerProcess(functionName: RegExp): Promise<number | undefined> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '');
    if (/^(node|MainThread)/.test(command) && functionName.test(environment)) return Number(entry);
  }
  return undefined;
}

test('a worker killed in the middle of an upload leaves no run behind, and the next try is a whole one of its own', async () => {
  const app = shopApp();
  const folder = await mkdtemp(join(tmpdir(), 'bp-killed-'));
  let killed: number | undefined;
  let left: { keys: string[]; uploads: number } | undefined;
  let scene: { endpoint: Endpoint; bucket: string } | undefined;
  try {
    await writeFile(join(folder, 'scans.sql'), SCANS);
    const report = await rehearse({
      app: app.directory,
      slot: '2026-11-20T02:00:00Z',
      sourceFiles: [{ file: join(folder, 'scans.sql') }],
      beforeTask: async ({ state }, { endpoint, protection }) => {
        scene = { endpoint, bucket: protection.bucket };
        if (state !== 'Dump' || !killed || left) return;
        left = {
          keys: endpoint.s3.keys(protection.bucket, 'runs/'),
          uploads: endpoint.s3.uploads(protection.bucket).length,
        };
      },
      faults: ({ operation }) => {
        if (operation !== 'UploadPart' || killed !== undefined) return undefined;
        killed = 0;
        void workerProcess(/AWS_LAMBDA_FUNCTION_NAME=/).then((pid) => {
          killed = pid;
          if (pid !== undefined) process.kill(pid, 'SIGKILL');
        });
        return { delayMilliseconds: 2_000 };
      },
    });
    expect(killed).toBeGreaterThan(1);
    expect(scene).toBeDefined();
    expect(left).toMatchObject({ keys: [], uploads: 1 });
    const [{ protections: [one] }] = report.policies;
    expect(one.steps.filter(({ kind, name }) => kind === 'attempt' && name.startsWith('Dump')).map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded']);
    expect(one.outcome).toBe('proven');
    expect(one.census.find(({ name }) => name === 'public.scans')).toMatchObject({ rows: 3000, method: 'hashed' });
  } finally {
    app.remove();
    await rm(folder, { recursive: true, force: true });
  }
});
