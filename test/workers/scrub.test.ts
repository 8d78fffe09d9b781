import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { manifestKey, readingsPrefix, scrubRoundsPrefix } from '../../lib/contract/object-keys';
import { parseRetireReport } from '../../lib/contract/retire-report';
import { parseScrubReport } from '../../lib/contract/scrub-report';
import type { ScrubRequest } from '../../lib/contract/scrub-request';
import { parseSentinelReport } from '../../lib/contract/sentinel-report';
import { lambdaError, runWorker, type WorkerOutcome } from '../../rehearsal/worker-process';
import { BUCKET, ID, request as retireRequest, slot } from '../retire/support';
import { copyOf, forgetCalls, newestReadings, newestRecord, partKeys, rot, scrubRequest } from '../scrub/support';
import { WatchedStore } from '../sentinel/support';

const ROOT = join(__dirname, '../..');

let watched: WatchedStore;
const said: Record<string, unknown>[] = [];

beforeEach(async () => {
  said.length = 0;
  watched = await WatchedStore.start();
});

afterEach(async () => {
  await watched.stop();
});

/** A round by the bundle that is deployed, in a process of its own. */
async function worker(name: 'scrub' | 'retire' | 'sentinel', request: object): Promise<WorkerOutcome> {
  const now = watched.store.now.toISOString();
  return runWorker({
    directory: join(ROOT, 'bundles', name), handler: `index.${name}`, functionName: `suite-${name}`, event: { slot: now, rehearsedAt: now, ...request },
    memoryMegabytes: 1024, timeoutSeconds: 120, credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpointUrl: watched.endpoint.url, region: 'us-east-1', sandbox: undefined, path: [],
    onLog: (line) => void (line.startsWith('{') && said.push(JSON.parse(line) as Record<string, unknown>)),
  });
}

const scrub = (changes: Partial<ScrubRequest> = {}): Promise<WorkerOutcome> => {
  const { slot: _asked, ...request } = scrubRequest({ periodSeconds: 1, whole: true, ...changes });
  return worker('scrub', request);
};

function returned(outcome: WorkerOutcome): unknown {
  if (outcome.outcome === 'returned') return outcome.result;
  throw new Error(JSON.stringify(lambdaError(outcome, 0)));
}

test('a changed byte and a deleted version are found by the bundle, recorded, and told by worker, retirement and sentinel', async () => {
  const { store } = watched;
  const made = await store.copies(0, 4);
  watched.at('2026-03-05T05:00:00Z');
  await watched.round();
  await rot(store, made[4], 1);
  const [, missing] = await partKeys(store, made[3]);
  const [{ versionId }] = watched.endpoint.s3.versions(BUCKET, missing);
  await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: missing, VersionId: versionId, BypassGovernanceRetention: true }));
  const error = lambdaError(await scrub(), 120);
  expect(error).toMatchObject({ errorType: 'IntegrityError', errorMessage: expect.stringMatching(/^\[PART_(MISSING|HASH_DIFFERS)\] The copy \d{8}T020000Z is not as it was written: .*1 more of its protections failed/) });
  expect(said.find(({ CopiesDamaged }) => CopiesDamaged !== undefined)).toMatchObject({ CopiesRead: 3, CopiesDamaged: 2, Protection: 'database' });
  const [record] = (await newestRecord(store)).protections;
  expect(record).toMatchObject({ copies: 5, damagedCopies: 2, damaged: [
    { runId: made[4], key: manifestKey(ID, made[4]), text: expect.stringContaining('Part rows/00001.sql has SHA-256') },
    { runId: made[3], text: expect.stringContaining('rows/00001.sql is not in the store any more') },
  ] });

  watched.at('2026-03-05T06:00:00Z');
  const { slot: _asked, ...asked } = retireRequest({ dryRun: true });
  const retired = parseRetireReport(returned(await worker('retire', asked)));
  expect(retired.protections[0]).toMatchObject({ copies: 5, proven: 3, damaged: 2, announced: 0 });
  expect(retired.findings.filter(({ kind }) => kind === 'copy-damaged').map(({ key }) => key)).toEqual([made[3], made[4]].map((runId) => manifestKey(ID, runId)));

  const { slot: _any, ...look } = watched.request({ scrub: { scheduleName: 'scrub', scheduleGroup: 'suite' } });
  const [seen] = parseSentinelReport(returned(await worker('sentinel', look))).protections;
  expect(seen).toMatchObject({ damagedCopies: 2, newestProven: { runId: made[2] }, gauges: { provenCopies: 3 } });
  expect(seen.notes).toContainEqual({ metric: 'unreadable', about: manifestKey(ID, made[4]), text: expect.stringMatching(/is damaged: Part rows\/00001\.sql has SHA-256/) });
});

/** The process of a worker, found by what only it has: its function's name. */
async function processOf(functionName: string): Promise<number | undefined> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '');
    if (/^(node|MainThread)/.test(command) && environment.includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}\0`) && environment.includes(watched.endpoint.url)) return Number(entry);
  }
  return undefined;
}

test.each([['whole', undefined], ['damaged in its last byte', 'PART_HASH_DIFFERS']] as const)(
  'the bundle that is killed in the middle of a large part loses nothing: the next round goes on there, and says that it is %s', async (_what, damaged) => {
    const { store } = watched;
    const large = randomBytes(8 * 1024 * 1024).toString('hex');
    const bodies = ['before it', large, 'after it'];
    const runId = await copyOf(store, slot(0), bodies);
    if (damaged) await rot(store, runId, 1);
    watched.at('2026-03-01T05:00:00Z');
    let [written, killed] = [0, 0];
    store.inject(({ operation, resource }) => {
      if (operation !== 'PutObject' || !resource.includes(readingsPrefix(ID)) || ++written < 6) return undefined;
      if (written === 6) {
        void processOf('suite-scrub').then((pid) => {
          if (pid === undefined) return;
          killed = pid;
          process.kill(pid, 'SIGKILL');
        });
      }
      // Each of some hundred, so that it is in the middle still however long the search takes.
      return { delayMilliseconds: 500 };
    });
    const ended = await scrub({ limits: { timeoutSeconds: 100, checkpointSeconds: 0 } });
    expect(killed).toBeGreaterThan(1);
    expect(ended).toMatchObject({ outcome: 'died', signal: 'SIGKILL' });
    // A killed round has no record; how far it was is written down all the same.
    expect(store.keys(scrubRoundsPrefix(ID))).toEqual([]);
    const { open } = await newestReadings(store);
    expect(open).toMatchObject({ runId, parts: 1 });
    expect(open!.part!.offsetBytes).toBeGreaterThan(0);
    expect(open!.part!.offsetBytes).toBeLessThan(large.length);

    store.inject();
    forgetCalls(store);
    watched.at('2026-03-01T06:00:00Z');
    const next = await scrub();
    const [record] = (await newestRecord(store)).protections;
    expect(record).toMatchObject({ copies: 1, damagedCopies: damaged ? 1 : 0, damagedRuns: damaged ? [{ runId }] : [] });
    expect((await newestReadings(store)).open).toBeUndefined();
    if (damaged) {
      expect(lambdaError(next, 100)?.errorMessage).toContain(damaged);
      expect(record.damaged[0].text).toContain('rows/00002.sql');
      return;
    }
    const [{ readBytes, read }] = parseScrubReport(returned(next)).protections;
    expect([read, readBytes]).toEqual([1, bodies.join('').length - bodies[0].length - open!.part!.offsetBytes]);
  });
