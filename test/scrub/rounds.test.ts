import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { manifestKey, readingsPrefix } from '../../lib/contract/object-keys';
import { BUCKET, DAY, ID, morning, RetireStore, slot } from '../retire/support';
import { ageOf, copiesOf, copyOf, forgetCalls, newestReadings, newestRecord, partKeys, partsRead, PERIOD, rot, scrubbed, scrubRequest, scrubRound } from './support';

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

const refused = () => store.endpoint.calls.filter(({ status = 0 }) => status === 403);
const writes = () => store.endpoint.calls.filter(({ action, status }) => action === 's3:PutObject' && status === 200).map(({ resource }) => resource);

/** As an administrator can who may bypass the lock. */
async function remove(key: string): Promise<void> {
  const [{ versionId }] = store.endpoint.s3.versions(BUCKET, key);
  await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key, VersionId: versionId, BypassGovernanceRetention: true }));
}

describe('the rotation', () => {
  it('reads every copy again within the period, none long before its turn, and each day about as much', async () => {
    const made = await copiesOf(store, 0, 9);
    for (let day = 10; day <= 75; day++) {
      store.at(morning(day));
      forgetCalls(store);
      await scrubRound(store);
      const ages = Object.values(ageOf(await newestReadings(store), store.now));
      expect(ages).toHaveLength(made.length);
      // A tenth of the period is kept free.
      if (day > 10 + PERIOD / DAY) expect(Math.max(...ages)).toBeLessThanOrEqual(27.5);
      expect(new Set(partsRead(store)).size).toBeLessThanOrEqual(2);
    }
    expect(refused()).toEqual([]);
  });

  it('begins with the copy that was read longest ago, and takes up what is new', async () => {
    const [first, second] = await copiesOf(store, 0, 1);
    store.at(morning(2));
    expect(await scrubbed(store)).toEqual({ [first]: 'resting', [second]: 'resting' });
    store.at(morning(28));
    expect(await scrubbed(store)).toEqual({ [first]: 'read', [second]: 'resting' });
    const third = await copyOf(store, slot(28));
    store.at(morning(29));
    expect(await scrubbed(store)).toEqual({ [first]: 'resting', [second]: 'read', [third]: 'resting' });
  });

  it('takes up a copy whose manifest came after that of a later slot', async () => {
    const later = await copyOf(store, slot(1));
    store.at(morning(1));
    await scrubRound(store);
    const late = await copyOf(store, slot(0));
    store.at(morning(2));
    expect(Object.keys(await scrubbed(store)).sort()).toEqual([late, later].sort());
  });

  it('leaves out what was released or deleted, without a word, and takes up again what was taken back', async () => {
    const [first, second, third] = await copiesOf(store, 0, 2);
    store.at(morning(3));
    await scrubRound(store);
    await store.tag(manifestKey(ID, first), 'expire');
    await remove(manifestKey(ID, second));
    store.at(morning(32));
    expect(await scrubbed(store)).toEqual({ [third]: 'read' });
    expect((await newestReadings(store)).copies).toMatchObject([{ runId: first, leaving: true }, { runId: third }]);
    expect((await newestRecord(store)).protections[0]).toMatchObject({ copies: 1, oldest: { runId: third } });
    await store.tag(manifestKey(ID, first), 'keep');
    store.at(morning(33));
    forgetCalls(store);
    expect(await scrubbed(store)).toEqual({ [first]: 'resting', [third]: 'resting' });
    expect(partsRead(store)).toEqual([]);
    store.at(morning(34));
    expect(await scrubbed(store)).toEqual({ [first]: 'read', [third]: 'resting' });
  });

  it('asks for as much on any day, however many copies there are', async () => {
    const asked: number[] = [];
    for (const [from, to] of [[0, 4], [5, 60]]) {
      await copiesOf(store, from, to);
      store.at(morning(to + 1));
      await scrubRound(store);
      forgetCalls(store);
      await scrubRound(store);
      asked.push(store.endpoint.calls.filter(({ service }) => service === 's3').length - 4 * new Set(partsRead(store)).size);
    }
    expect(asked[1]).toBeLessThanOrEqual(asked[0] + 1);
  });
});

describe('a copy that is not as it was written', () => {
  const due = async (): Promise<void> => {
    store.at(morning(2));
    await scrubRound(store);
    store.at(morning(32));
  };

  it('by a changed byte is told, named in the record, counted, and the others are read all the same', async () => {
    const [first, second] = await copiesOf(store, 0, 1);
    const mend = await rot(store, first);
    await due();
    await expect(scrubRound(store)).rejects.toMatchObject({
      name: 'IntegrityError', code: 'PART_HASH_DIFFERS',
      message: expect.stringContaining(`The copy ${first} is not as it was written: Part rows/00001.sql has SHA-256`) as string,
    });
    expect(new Set(partsRead(store))).toEqual(new Set([first, second]));
    const record = await newestRecord(store);
    expect(record.protections).toMatchObject([{ copies: 2, damagedCopies: 1, damaged: [{ runId: first, key: manifestKey(ID, first) }] }]);
    expect(store.lines.findLast(({ CopiesDamaged }) => CopiesDamaged !== undefined)).toMatchObject({ CopiesDamaged: 1, CopiesRead: 1, Protection: 'database' });
    // It is told again while it is so, and over once it is not: without its turn having come.
    store.at(morning(33));
    await expect(scrubRound(store)).rejects.toThrow('PART_HASH_DIFFERS');
    await mend();
    store.at(morning(34));
    expect(await scrubbed(store)).toEqual({ [first]: 'read', [second]: 'resting' });
    expect((await newestRecord(store)).protections[0]).toMatchObject({ damagedCopies: 0, damaged: [] });
  });

  it('by a missing part is told, all of its other parts are read, and it is over when the copy is released', async () => {
    const runId = await copyOf(store, slot(0), ['one', 'two', 'three']);
    const [, part] = await partKeys(store, runId);
    await remove(part);
    await due();
    await expect(scrubRound(store)).rejects.toThrow(/\[PART_MISSING\].*rows\/00002\.sql is not in the store any more/);
    expect(partsRead(store)).toHaveLength(2);
    await store.tag(manifestKey(ID, runId), 'expire');
    store.at(morning(33));
    await expect(scrubRound(store)).resolves.toMatchObject({ protections: [{ damaged: 0, resting: 0 }] });
    // It is told no more, and not forgotten: it may be taken back.
    expect((await newestRecord(store)).protections[0]).toMatchObject({ damagedCopies: 0, damaged: [], damagedRuns: [{ runId }] });
    await store.tag(manifestKey(ID, runId), 'keep');
    store.at(morning(34));
    await expect(scrubRound(store)).rejects.toThrow('PART_MISSING');
    await remove(manifestKey(ID, runId));
    store.at(morning(35));
    await scrubRound(store);
    expect((await newestRecord(store)).protections[0].damagedRuns).toEqual([]);
  });

  it('is named when it was last seen so, and of many the newest are put in words and none is left out', async () => {
    const made = await copiesOf(store, 0, 21);
    for (const runId of made) await rot(store, runId);
    store.at(morning(22));
    await scrubRound(store);
    store.at(morning(60));
    await expect(scrubRound(store)).rejects.toThrow('PART_HASH_DIFFERS');
    const [{ damagedCopies, damaged, damagedRuns }] = (await newestRecord(store)).protections;
    expect(damagedCopies).toBe(22);
    expect(damaged.map(({ runId }) => runId)).toEqual([...made].reverse().slice(0, 20));
    expect(damagedRuns.map(({ runId }) => runId)).toEqual([...made].reverse());
    expect(damagedRuns.every(({ seenAt }) => Math.abs(Date.parse(seenAt) - store.now.getTime()) < 600_000)).toBe(true);
  });

  it('is hidden by a delete marker over a part no more than for a restore: its version is read', async () => {
    const runId = await copyOf(store, slot(0));
    const [part] = await partKeys(store, runId);
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: part }));
    await due();
    expect(await scrubbed(store)).toEqual({ [runId]: 'read' });
  });

  it('by a manifest that nobody can read is told when its turn comes', async () => {
    const runId = await store.copy(slot(0), 'proven', () => ({ version: 1 }));
    await due();
    await expect(scrubRound(store)).rejects.toThrow(new RegExp(`\\[MANIFEST_DAMAGED\\].*${runId}`));
  });
});

test('what cannot be read says nothing of a copy: it keeps its turn, the others are read, and the failure is told', async () => {
  const [first, second] = await copiesOf(store, 0, 1);
  store.at(morning(2));
  await scrubRound(store);
  store.at(morning(32));
  store.inject(({ operation, resource }) =>
    (operation === 'GetObject' && resource.includes(`/${first}/`) ? { code: 'AccessDenied', status: 403 } : undefined));
  await expect(scrubRound(store)).rejects.toMatchObject({ name: 'RefusedError', code: 'STORE_REFUSED' });
  const ages = ageOf(await newestReadings(store), store.now);
  expect([Math.round(ages[first]), Math.abs(Math.round(ages[second]))]).toEqual([32, 0]);
  expect((await newestRecord(store)).protections[0]).toMatchObject({ damagedCopies: 0, oldest: { runId: first } });
  store.inject();
  expect(await scrubbed(store)).toEqual({ [first]: 'read', [second]: 'resting' });
});

test('a dry run says what a round would read and when each copy was last read, reads no part and writes nothing', async () => {
  const [first, second] = await copiesOf(store, 0, 1);
  store.at(morning(2));
  await scrubRound(store);
  store.at(morning(28));
  forgetCalls(store);
  const report = await scrubRound(store, { dryRun: true, whole: true });
  expect(report).toMatchObject({ dryRun: true, protections: [{ due: 1, resting: 1, read: 0, readBytes: 28 }] });
  expect(report.protections[0].decisions).toMatchObject([
    { runId: first, action: 'due', readAt: '2026-03-01T02:30:00.000Z', dueBy: '2026-03-30T05:00:00.000Z' }, { runId: second, action: 'resting' },
  ]);
  expect([writes(), partsRead(store)]).toEqual([[], []]);
});

test('a store that was full of old copies before the first round is read evenly, and nobody hears of their age', async () => {
  const made = await copiesOf(store, 0, 39);
  let most = 0;
  for (let day = 200; day < 230; day++) {
    store.at(morning(day));
    forgetCalls(store);
    const { protections: [{ oldestSeconds }] } = await scrubRound(store);
    expect(oldestSeconds).toBeLessThan(PERIOD);
    most = Math.max(most, new Set(partsRead(store)).size);
  }
  expect(most).toBeLessThanOrEqual(3);
  expect(Object.values(ageOf(await newestReadings(store), store.now)).every((age) => age < 30)).toBe(true);
  expect(made).toHaveLength(40);
}, 60_000);

test('readings that somebody damaged are passed over for those before them, and what was put over them is not looked at', async () => {
  const [first] = await copiesOf(store, 0, 1);
  store.at(morning(2));
  await scrubRound(store);
  const before = await newestReadings(store);
  const [key] = store.keys('scrubs/test/suite/readings/');
  await store.put(key, 'x');
  await store.put(key.replace('000000', '000009'), '{"version":1}');
  store.at(morning(28));
  const { since } = before;
  expect(await scrubbed(store)).toMatchObject({ [first]: 'read' });
  expect((await newestReadings(store)).since).toBe(since);
});

test('readings that nobody can read any more take no damage with them: it stays until all of the copy is read', async () => {
  const [first, second] = await copiesOf(store, 0, 1);
  const mend = await rot(store, first);
  store.at(morning(2));
  await expect(scrubRound(store, { periodSeconds: 1 })).rejects.toThrow('PART_HASH_DIFFERS');
  store.inject(({ operation, resource }) => (operation === 'GetObject' && resource.includes(readingsPrefix(ID)) ? { code: 'AccessDenied', status: 403 } : undefined));
  store.at(morning(3));
  await expect(scrubRound(store)).rejects.toThrow(`The copy ${first} is not as it was written: Parts that are not named here were damaged`);
  store.inject();
  await mend();
  store.at(morning(4));
  await expect(scrubRound(store)).rejects.toThrow('PART_HASH_DIFFERS');
  expect((await newestRecord(store)).protections[0]).toMatchObject({ damagedCopies: 1, damagedRuns: [{ runId: first }] });
  store.at(morning(5));
  expect(await scrubbed(store, { periodSeconds: 1 })).toEqual({ [first]: 'read', [second]: 'read' });
  expect((await newestRecord(store)).protections[0].damagedRuns).toEqual([]);
});

test('figures go out as the answer, and only figures; a request of a newer release is refused', async () => {
  await copiesOf(store, 0, 1);
  store.at(morning(2));
  const [one] = (await scrubRound(store)).protections;
  expect(one).toEqual({ protection: 'database', read: 0, due: 0, resting: 2, damaged: 0, failed: 0, readBytes: 0, oldestSeconds: 0 });
  await expect(scrubRound(store, { version: 2 as never })).rejects.toThrow('REQUEST_NEWER');
  await expect(scrubRound(store, { ...scrubRequest(), periodSeconds: 0 })).rejects.toThrow('REQUEST_INVALID');
});
