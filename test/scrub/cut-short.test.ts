import { randomBytes } from 'node:crypto';
import { manifestKey, readingsPrefix } from '../../lib/contract/object-keys';
import type { FaultPlan } from '../../rehearsal/endpoint/types';
import { BUCKET, ID, morning, RetireStore, slot } from '../retire/support';
import { ageOf, copyOf, forgetCalls, newestReadings, newestRecord, partsRead, rot, scrubbed, scrubRound } from './support';

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await store.stop();
});

const isPart: FaultPlan = ({ operation, resource }) => (operation === 'GetObject' && resource.includes('/parts/') ? {} : undefined);

/** A copy whose turn is now. */
async function dueCopy(bodies: readonly string[]): Promise<string> {
  const runId = await copyOf(store, slot(0), bodies);
  store.at(morning(1));
  await scrubRound(store);
  store.at(morning(31));
  forgetCalls(store);
  return runId;
}

test('a round that is cut short after any of its writes is gone on with by the next one', async () => {
  const parts = ['one', 'two', 'three', 'four'];
  const runId = await dueCopy(parts);
  let [rounds, ended] = [0, false];
  while (!ended) {
    let written = 0;
    store.inject(({ operation, resource }) =>
      (operation === 'PutObject' && resource.includes(readingsPrefix(ID)) && written++ >= 1 ? { code: 'AccessDenied', status: 403 } : undefined));
    ended = await scrubRound(store, { limits: { timeoutSeconds: 300, checkpointSeconds: 0 } }).then(() => true, (error: Error) => !/STORE_REFUSED/.test(error.message));
    rounds++;
  }
  // One write a round: within each part, after each part, and the end.
  expect(rounds).toBeGreaterThan(parts.length);
  store.inject();
  expect(ageOf(await newestReadings(store), store.now)[runId]).toBeCloseTo(0, 2);
  expect(await scrubbed(store)).toEqual({ [runId]: 'resting' });
  // A part whose reading nobody could write down is asked for again, and no other.
  expect(partsRead(store).length).toBeLessThanOrEqual(rounds + parts.length);
});

test.each([['whole', 'read'], ['damaged in its last byte', 'damaged']])('a part that no round reads to its end, and is %s, is read across rounds, each byte once', async (_what, becomes) => {
  const body = randomBytes(600_000).toString('hex');
  const runId = await dueCopy([body, 'after it']);
  if (becomes === 'damaged') await rot(store, runId);
  let elapsed = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => elapsed);
  // Once a part begins to come, the round's time is over.
  store.inject((call) => {
    if (isPart(call)) elapsed += 3_600_000;
    return undefined;
  });
  let [bytes, rounds] = [0, 0];
  for (let last: unknown = 'due'; last === 'due'; rounds++) {
    store.at(new Date(store.now.getTime() + 3_600_000).toISOString());
    const report = await scrubRound(store, { whole: true }).catch((error: Error) => error);
    if (report instanceof Error) {
      expect(report.message).toMatch(/PART_HASH_DIFFERS/);
      break;
    }
    const [{ decisions = [], readBytes }] = report.protections;
    bytes += readBytes;
    last = decisions[0].action;
    if (last !== 'due') expect(last).toBe(becomes);
  }
  expect(rounds).toBeGreaterThan(4);
  const record = (await newestRecord(store)).protections[0];
  if (becomes === 'read') expect([bytes, record.damagedCopies]).toEqual([body.length + 'after it'.length, 0]);
  else expect(record).toMatchObject({ damagedCopies: 1, damaged: [{ runId }] });
});

test('a hash that another release wrote down is begun anew, and so is a copy of another attempt', async () => {
  const runId = await dueCopy(['one', 'two']);
  const readings = await newestReadings(store);
  const open = { runId, attempt: 'another', startedAt: '2026-03-20T00:00:00.000Z', parts: 2, damage: [], damageCount: 0 };
  await store.put(`${readingsPrefix(ID)}20260401T000000Z-000000.json`, JSON.stringify({ ...readings, open }));
  store.at(morning(31));
  expect(await scrubbed(store)).toEqual({ [runId]: 'read' });
  expect(partsRead(store)).toHaveLength(2);
  const { attempt } = JSON.parse(String(await store.endpoint.s3.read(BUCKET, manifestKey(ID, runId)))) as { attempt: string };
  store.at(morning(32));
  forgetCalls(store);
  const half = { ...open, attempt, parts: 1, part: { offsetBytes: 2, hash: Buffer.from('of another release').toString('base64') } };
  await store.put(`${readingsPrefix(ID)}20260402T040000Z-000000.json`, JSON.stringify({ ...readings, open: half }));
  expect(await scrubbed(store)).toEqual({ [runId]: 'read' });
  expect(partsRead(store)).toHaveLength(1);
});
