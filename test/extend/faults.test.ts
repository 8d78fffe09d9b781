import { manifestKey } from '../../lib/contract/object-keys';
import type { FaultPlan } from '../../rehearsal/endpoint/types';
import { BUCKET, DAY, ID, morning, protectionOf, RetireStore, slot } from '../retire/support';
import { endOf, ends, extendRequest, extendRound, locked } from './support';

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

const lengthenings = () => store.endpoint.calls.filter(({ action, status }) => action === 's3:PutObjectRetention' && status === 200).length;
/** Answers what meets it with an error. */
const refuse = (meets: (operation: string, key: string) => boolean, code: string, status: number): FaultPlan => ({ operation, resource }) =>
  (meets(operation, resource.slice(`arn:aws:s3:::${BUCKET}/`.length)) ? { code, status } : undefined);

describe('a round that is cut short', () => {
  it('after any of its writes is gone on with, and ends where a whole one does', async () => {
    const made = await store.copies(0, 1);
    store.at(morning(6));
    let [rounds, ended] = [0, false];
    while (!ended) {
      let written = 0;
      store.inject(refuse((operation) => operation === 'PutObjectRetention' && written++ >= 1, 'AccessDenied', 403));
      ended = await extendRound(store).then(() => true, (error: Error) => !/STORE_REFUSED/.test(error.message));
      rounds++;
      // A manifest whose lock was lengthened speaks for parts that have it too.
      for (const runId of made) {
        const [whole] = Object.values(ends(store, `runs/test/suite/database/${runId}`));
        if (whole! > 12) expect(endOf(store, runId)).toBe(whole);
      }
    }
    // One write a round: two copies of four objects, and none is written twice.
    expect([rounds, lengthenings()]).toEqual([8, 8]);
    store.inject();
    expect(new Set(Object.values(await locked(store)))).toEqual(new Set(['locked']));
    const [first] = made.map((runId) => endOf(store, runId));
    expect(made.map((runId) => endOf(store, runId))).toEqual([first, first]);
    expect(first).toBeCloseTo(6 + 5 / 24 + 7, 1);
  });

  it('leaves no other copy without a lock for the trouble of one', async () => {
    const [first, second] = await store.copies(0, 1);
    store.at(morning(6));
    store.inject(refuse((operation, key) => operation === 'PutObjectRetention' && key.includes(first), 'AccessDenied', 403));
    await expect(extendRound(store)).rejects.toThrow(/STORE_REFUSED.*lengthen the lock of parts\/test\/suite\/database/);
    expect(endOf(store, second)).toBeCloseTo(13.2, 1);
    expect(ends(store, 'runs/')[manifestKey(ID, first)]).toBeLessThan(7.2);
    expect(store.lines.find(({ LocksExtended }) => LocksExtended !== undefined)).toMatchObject({ LocksExtended: 1 });
  });

  it('by a store that is down is tried again: the failure says that it passes', async () => {
    await store.copies(0, 0);
    store.at(morning(6));
    store.inject(refuse((operation) => operation === 'GetObjectRetention', 'InternalError', 500));
    await expect(extendRound(store)).rejects.toMatchObject({ name: 'TransientError', code: 'STORE_UNAVAILABLE' });
  });
});

test('a copy that retirement announces during the round is not locked on', async () => {
  const [oldest] = await store.copies(0, 0);
  store.at(morning(6));
  const key = manifestKey(ID, oldest);
  store.inject(({ operation }) => {
    // Between the survey and the first write.
    if (operation === 'GetObjectRetention') store.endpoint.s3.versions(BUCKET, key)[0].tags.retire = 'pending:20260307T050000Z';
    return undefined;
  });
  expect(await locked(store)).toEqual({ [oldest]: 'leaving' });
  expect(lengthenings()).toBe(0);
});

test('a part that is gone keeps the others from nothing', async () => {
  const runId = await store.copy(slot(0));
  const [part] = store.keys(`parts/test/suite/database/${runId}/`);
  store.at(morning(6));
  store.inject(refuse((operation, key) => operation === 'GetObjectRetention' && key === part, 'NoSuchVersion', 404));
  expect(await locked(store)).toEqual({ [runId]: 'extended' });
  expect(ends(store, 'runs/')[manifestKey(ID, runId)]).toBeCloseTo(13.2, 1);
});

describe('the clock', () => {
  it('that went back locks nothing', async () => {
    await store.copies(0, 3);
    store.at('2025-03-04T05:00:00Z');
    await expect(extendRound(store)).rejects.toThrow(/CLOCK_BEHIND.*2026-03-04/);
    expect(lengthenings()).toBe(0);
  });

  it('of the machine must agree with the store\'s', async () => {
    await store.stop();
    store = await RetireStore.start(() => new Date(Date.now() - 365 * DAY * 1000));
    await expect(extendRound(store, { rehearsedAt: undefined })).rejects.toThrow('CLOCK_DIFFERS');
  });

  it('is nobody\'s to say at a real store', async () => {
    const address = process.env.AWS_ENDPOINT_URL!;
    process.env.AWS_ENDPOINT_URL = address.replace('127.0.0.1', '127.0.0.1.nip.invalid');
    try {
      await expect(extendRound(store)).rejects.toThrow('REHEARSAL_ONLY');
    } finally {
      process.env.AWS_ENDPOINT_URL = address;
    }
  });
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['of a newer release', { version: 2 }, /REQUEST_NEWER.*extend request/],
  ['without a lock', { store: { bucket: BUCKET, region: 'us-east-1' } }, /REQUEST_INVALID.*store\.lock/],
])('a request %s is refused', async (_, changes, message) => {
  await expect(extendRound(store, { ...extendRequest(), ...changes } as never)).rejects.toThrow(message);
});

test('one protection\'s trouble stops no other', async () => {
  const other = { ...ID, protection: 'archive' };
  const runId = await store.copy(slot(0), 'proven', (manifest) => manifest, other);
  await store.copy(slot(0));
  store.at(morning(1));
  await store.round({ protections: [protectionOf(), protectionOf({ protection: 'archive' })] });
  await store.put(`policies/test/suite/database/${'0'.repeat(64)}.json`, '{"version":1}');
  store.at(morning(6));
  const both = [{ protection: 'database', longestRunSeconds: 3600 }, { protection: 'archive', longestRunSeconds: 3600 }];
  await expect(extendRound(store, { protections: both })).rejects.toThrow('POLICY_RECORD_DAMAGED');
  expect(ends(store, 'runs/')[manifestKey(other, runId)]).toBeCloseTo(13.2, 1);
  expect(ends(store, 'runs/')[manifestKey(ID, runId)]).toBeCloseTo(13.2, 1);
});
