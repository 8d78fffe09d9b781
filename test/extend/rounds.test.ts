import { DeleteObjectCommand, PutObjectRetentionCommand } from '@aws-sdk/client-s3';
import { manifestKey, runIdOf } from '../../lib/contract/object-keys';
import { BUCKET, ID, morning, protectionOf, RetireStore, slot } from '../retire/support';
import { endOf, ends, extendRound, locked } from './support';

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

const KEEPS = protectionOf({ retention: { rules: { days: 60 }, minimumVerified: 2, timeZone: 'UTC' } });
const writes = () => store.endpoint.calls.filter(({ action, status }) => action === 's3:PutObjectRetention' && status === 200);
const refused = () => store.endpoint.calls.filter(({ status = 0 }) => status === 403);
const day = (instant: string) => Math.round((Date.parse(instant) - Date.UTC(2026, 2, 1)) / 864_000) / 100;
/** The end that a round of that morning gives: a period later, but for a quarter of an hour. */
const periodAfter = (on: number) => day(new Date(Date.parse(morning(on + 7)) - 900_000).toISOString());

describe('a kept copy', () => {
  it('is locked on through any number of rounds, all of its objects to one end, and is told why', async () => {
    const kept = await store.copy(slot(0));
    store.at(morning(0));
    await store.round({ protections: [KEEPS] });
    for (let on = 0; on <= 30; on++) {
      store.at(morning(on));
      await store.round({ protections: [KEEPS] });
      const report = await extendRound(store, { whole: true });
      const [decision] = report.protections[0].decisions!;
      expect(decision.reasons.join()).toMatch(/proven|younger than 60 days/);
      const end = Math.min(...[endOf(store, kept)].flat().map((one) => one!));
      expect(end).toBeGreaterThan(on + 2);
      expect(end).toBeLessThan(on + 7.3);
    }
    // Its four objects and the record of what was declared, twice a week and not each day.
    expect(writes().length).toBeLessThanOrEqual(Math.ceil(30 / 3.5) * 6);
    expect(refused()).toEqual([]);
    expect(typeof endOf(store, kept)).toBe('number');
    expect(Object.values(ends(store, 'policies/'))[0]).toBeGreaterThan(32);
  });

  it('is left alone while its lock lasts, and in a second round of the same time', async () => {
    const made = await store.copies(0, 2);
    store.at(morning(2));
    expect(new Set(Object.values(await locked(store)))).toEqual(new Set(['locked']));
    expect(writes()).toEqual([]);
    store.at(morning(6));
    expect(await locked(store)).toEqual({ [made[0]]: 'extended', [made[1]]: 'extended', [made[2]]: 'extended' });
    const [once, after] = [writes().length, ends(store, '')];
    expect(new Set(Object.values(await locked(store)))).toEqual(new Set(['locked']));
    expect([writes().length, ends(store, '')]).toEqual([once, after]);
  });

  it('keeps the lock that somebody made longer, and its mode', async () => {
    const kept = await store.copy(slot(0));
    const long = new Date(Date.UTC(2026, 5, 1));
    const [part] = store.keys(`parts/test/suite/database/${kept}/`);
    const { versionId } = store.endpoint.s3.versions(BUCKET, part)[0];
    await store.client.send(new PutObjectRetentionCommand({ Bucket: BUCKET, Key: part, VersionId: versionId, Retention: { Mode: 'GOVERNANCE', RetainUntilDate: long } }));
    store.at(morning(6));
    expect(await locked(store)).toEqual({ [kept]: 'extended' });
    const all = ends(store, '');
    expect(all[part]).toBe(day(long.toISOString()));
    delete all[part];
    expect([...new Set(Object.values(all))]).toEqual([periodAfter(6)]);
    for (const key of store.keys()) expect(store.endpoint.s3.versions(BUCKET, key)[0].retention?.mode).toBe('GOVERNANCE');
  });

  it('whose bucket began to lock only later is locked now', async () => {
    const kept = await store.copy(slot(0));
    for (const key of store.keys()) store.endpoint.s3.versions(BUCKET, key)[0].retention = undefined;
    store.at(morning(1));
    expect(await locked(store)).toEqual({ [kept]: 'extended' });
    expect(endOf(store, kept)).toBe(periodAfter(1));
  });

  it('that a person keeps is locked on, whatever the rules say', async () => {
    const [oldest, ...others] = await store.copies(0, 4);
    store.at(morning(4));
    await store.round();
    await store.round({ keep: [{ protection: 'database', runId: oldest }] });
    store.at(morning(6));
    const actions = await locked(store);
    expect(actions[oldest]).toBe('extended');
    expect(actions[others[0]]).toBe('leaving');
  });
});

describe('a copy that goes', () => {
  it('is not locked any longer: when nothing keeps it, announced, released, gone', async () => {
    const made = await store.copies(0, 4);
    const own = ends(store, `parts/test/suite/database/${made[0]}`);
    store.at(morning(4));
    for (const on of [4, 5, 6, 7]) {
      store.at(morning(on));
      await store.round();
      expect((await locked(store))[made[0]]).toBe('leaving');
    }
    expect(store.marksOf(made[0]).manifest).toBe('expire');
    expect(ends(store, `parts/test/suite/database/${made[0]}`)).toEqual(own);
    expect(endOf(store, made[4])).toBe(day(slot(11)) + 0.02);
  });

  it('before its announcement is not locked on either', async () => {
    const made = await store.copies(0, 4);
    store.at(morning(4));
    await store.round({ keep: [{ protection: 'database', runId: made[0] }] });
    await store.round({ protections: [protectionOf({ retention: { rules: { last: 5 }, minimumVerified: 2, timeZone: 'UTC' } })] });
    await store.copies(5, 6);
    await store.round({ unkeep: [{ protection: 'database', runId: made[0] }] });
    const report = await extendRound(store, { whole: true });
    const first = report.protections[0].decisions!.find(({ runId }) => runId === made[0])!;
    expect(first).toMatchObject({ action: 'leaving' });
    expect(first.reasons.join()).toMatch(/beyond/);
  });
});

describe('what nobody can judge', () => {
  it('is locked on: a hidden manifest, a newer one, a tag of somebody else', async () => {
    const [hidden, newer, strange] = [await store.copy(slot(0)), await store.copy(slot(1), 'proven', () => ({ version: 7 })), await store.copy(slot(2))];
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: manifestKey(ID, hidden) }));
    await store.tag(manifestKey(ID, strange), 'mine');
    store.at(morning(6));
    const report = await extendRound(store, { whole: true });
    expect(report.protections[0]).toMatchObject({ extended: 3, locked: 0 });
    for (const runId of [hidden, newer, strange]) expect(endOf(store, runId)).toBe(periodAfter(6));
    for (const { reasons } of report.protections[0].decisions!) expect(reasons.join()).toContain('left alone');
  });

  it('is every copy, while what was declared is not whole: they are locked on, and the failure is told', async () => {
    const made = await store.copies(0, 4);
    store.at(morning(4));
    await store.round({ protections: [KEEPS] });
    await store.put(`policies/test/suite/database/${'0'.repeat(64)}.json`, '{"version":1}');
    store.at(morning(9));
    await expect(extendRound(store)).rejects.toThrow('POLICY_RECORD_DAMAGED');
    for (const runId of made) expect(endOf(store, runId)).toBe(periodAfter(9));
  });
});

describe('a ceiling', () => {
  it('ends a lock two days before the greatest age, and says which kept copies it leaves', async () => {
    const kept = await store.copy(slot(0));
    const ceiling = { protections: [{ protection: 'database', longestRunSeconds: 6 * 3600, ceilingSeconds: 12 * 86_400 }] };
    store.at(morning(5));
    expect(await locked(store, ceiling)).toEqual({ [kept]: 'extended' });
    expect(endOf(store, kept)).toBe(day(slot(10)));
    store.at(morning(8));
    const [{ decisions, ending }] = (await extendRound(store, { whole: true, ...ceiling })).protections;
    expect([ending, decisions![0].action]).toEqual([1, 'ending']);
    expect(decisions![0].reasons.join()).toContain('retention ceiling');
    expect(endOf(store, kept)).toBe(day(slot(10)));
    expect(store.lines.filter(({ LocksEnding }) => LocksEnding === 1)).toHaveLength(1);
  });
});

test('a lock of compliance is not for the role of a governance store, and is said', async () => {
  const kept = await store.copy(slot(0));
  for (const key of store.keys('parts/')) store.endpoint.s3.versions(BUCKET, key)[0].retention!.mode = 'COMPLIANCE';
  const before = ends(store, 'parts/');
  store.at(morning(6));
  const [{ decisions, ending, extended }] = (await extendRound(store, { whole: true })).protections;
  expect([ending, extended]).toEqual([1, 0]);
  expect(decisions![0].reasons.join()).toMatch(/2 of its objects are locked for compliance/);
  expect(ends(store, 'parts/')).toEqual(before);
  // The manifest's lock speaks for all: it is not made longer than theirs, and the next round says it again.
  expect(ends(store, 'runs/')[manifestKey(ID, kept)]).toBeLessThan(7.2);
  expect(await locked(store)).toEqual({ [kept]: 'ending' });
});

test('what was put beside a copy by somebody is not locked with it', async () => {
  const kept = await store.copy(slot(0));
  const [part] = store.keys(`parts/test/suite/database/${kept}/`);
  const garbage = `${part}.ransom`;
  await store.put(garbage, 'x');
  const before = ends(store, garbage);
  store.at(morning(6));
  expect(await locked(store)).toEqual({ [kept]: 'extended' });
  expect(ends(store, garbage)).toEqual(before);
});

test('a manifest that names the objects of others locks none of them', async () => {
  const other = await store.copy(slot(0));
  const stolen = store.keys(`parts/test/suite/database/${other}/`)[0];
  const { versionId } = store.endpoint.s3.versions(BUCKET, stolen)[0];
  await store.copy(slot(1), 'proven', (manifest) => ({ ...manifest, parts: [...manifest.parts, { ...manifest.parts[0], name: 'stolen', key: stolen, versionId }] }));
  store.at(morning(1));
  await store.tag(manifestKey(ID, other), 'expire');
  const before = ends(store, stolen);
  store.at(morning(6));
  await locked(store);
  expect(ends(store, stolen)).toEqual(before);
});

test('a dry run says what a round would do, and writes nothing', async () => {
  const made = await store.copies(0, 1);
  store.at(morning(6));
  const before = ends(store, '');
  const report = await extendRound(store, { dryRun: true, whole: true });
  expect(report).toMatchObject({ dryRun: true, protections: [{ extended: 2, versions: 8 }] });
  expect(report.protections[0].decisions!.map(({ runId }) => runId)).toEqual(made);
  expect([ends(store, ''), writes()]).toEqual([before, []]);
  expect(store.lines.filter(({ LocksExtended }) => LocksExtended !== undefined)).toEqual([]);
});

test('figures go out as metrics of the protection, and only figures as the answer', async () => {
  await store.copies(0, 1);
  store.at(morning(6));
  const [one] = (await extendRound(store)).protections;
  expect(one).toEqual({ protection: 'database', extended: 2, locked: 0, leaving: 0, ending: 0, versions: 8 });
  expect(store.lines.find(({ LocksExtended }) => LocksExtended !== undefined)).toMatchObject({ LocksExtended: 2, LocksEnding: 0, Protection: 'database', Application: 'suite', Environment: 'test' });
});

test('orphans and copies of what the policy no longer has are left to end', async () => {
  const orphan = await store.parts(slot(0), 'attempt-lost');
  const other = { ...ID, protection: 'former' };
  await store.copy(slot(0), 'proven', (manifest) => manifest, other);
  await store.copy(slot(0));
  store.at(morning(6));
  expect(await locked(store)).toEqual({ [runIdOf(slot(0))]: 'extended' });
  for (const key of [orphan[0].key, manifestKey(other, runIdOf(slot(0)))]) expect(ends(store, key)[key]).toBeLessThan(7.2);
});
