import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { manifestKey, runIdOf } from '../../lib/contract/object-keys';
import { BUCKET, DAY, ID, morning, protectionOf, request, RetireStore, slot } from './support';

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

describe('a copy that nothing keeps', () => {
  it('is announced, released after the grace, its parts and verdicts with it, and goes on by itself', async () => {
    const [oldest, ...others] = await store.copies(0, 3);
    store.at(morning(3));
    expect(await store.decided()).toEqual({ [oldest]: 'announced', ...Object.fromEntries(others.map((runId) => [runId, 'kept'])) });
    expect(store.marksOf(oldest)).toEqual({ manifest: 'pending:20260304T050000Z', parts: [undefined], verdicts: [undefined] });

    store.at(morning(4));
    expect(await store.decided()).toMatchObject({ [oldest]: 'waiting' });

    store.at(morning(5));
    expect(await store.decided()).toMatchObject({ [oldest]: 'released' });
    expect(store.marksOf(oldest)).toEqual({ manifest: 'expire', parts: ['expire'], verdicts: ['expire'] });

    store.at(morning(6));
    expect(await store.decided()).toMatchObject({ [oldest]: 'gone' });
    for (const runId of others) expect(store.marksOf(runId)).toEqual({ manifest: undefined, parts: [undefined], verdicts: [undefined] });
  });

  it('is told with its reasons, and a dry run writes nothing', async () => {
    const [oldest] = await store.copies(0, 3);
    store.at(morning(3));
    const report = await store.round({ dryRun: true, whole: true });
    expect(report).toMatchObject({ dryRun: true, protections: [{ copies: 4, proven: 4, kept: 3, announced: 1 }] });
    const told = report.protections[0].decisions!;
    expect(told.find(({ runId }) => runId === oldest)).toMatchObject({ action: 'announced' });
    for (const { reasons } of told) expect(reasons.join('').length).toBeGreaterThan(5);
    expect(store.marks('')).toEqual(Object.fromEntries(store.keys().map((key) => [key, undefined])));
    expect(store.keys('policies/')).toEqual([]);
  });

  it('stays for good with a legal hold, and goes through the whole grace once it is lifted', async () => {
    const [oldest] = await store.copies(0, 3);
    await store.hold(manifestKey(ID, oldest), 'ON');
    for (const day of [3, 6, 9]) {
      store.at(morning(day));
      const report = await store.round({ whole: true });
      expect(report.protections[0].decisions!.find(({ runId }) => runId === oldest)).toMatchObject({ action: 'kept', reasons: expect.arrayContaining([expect.stringContaining('legal hold')]) });
    }
    await store.hold(manifestKey(ID, oldest), 'OFF');
    store.at(morning(10));
    expect(await store.decided()).toMatchObject({ [oldest]: 'announced' });
  });

  it('that is held after its announcement is taken back', async () => {
    const [oldest] = await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    await store.hold(manifestKey(ID, oldest), 'ON');
    store.at(morning(5));
    expect(await store.decided()).toMatchObject({ [oldest]: 'taken-back' });
    expect(store.marksOf(oldest).manifest).toBeUndefined();
  });
});

describe('a person', () => {
  it('keeps a copy on the last day, and leaves it to the rules again', async () => {
    const [oldest] = await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    store.at(morning(5));
    await store.round();
    expect(store.marksOf(oldest).manifest).toBe('expire');
    const answer = await store.round({ keep: [{ protection: 'database', runId: oldest }] });
    expect(answer.protections[0].decisions).toEqual([{ runId: oldest, action: 'kept', reasons: ['a person keeps it'] }]);
    expect(store.marksOf(oldest)).toEqual({ manifest: 'keep', parts: [undefined], verdicts: [undefined] });
    store.at(morning(20));
    expect(await store.decided()).toMatchObject({ [oldest]: 'kept' });
    await store.round({ unkeep: [{ protection: 'database', runId: oldest }] });
    expect(await store.decided()).toMatchObject({ [oldest]: 'announced' });
  });

  it('who leaves a copy to the rules that was never kept changes nothing', async () => {
    const [oldest] = await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    await store.round({ unkeep: [{ protection: 'database', runId: oldest }] });
    expect(store.marksOf(oldest).manifest).toBe('pending:20260304T050000Z');
  });

  it('is told when there is no such run, and nothing is marked', async () => {
    const [oldest] = await store.copies(0, 1);
    const both = [{ protection: 'database', runId: oldest }, { protection: 'database', runId: '20250101T020000Z' }];
    await expect(store.round({ keep: both })).rejects.toThrow(/KEEP_NO_RUN.*20250101T020000Z/);
    expect(store.marksOf(oldest).manifest).toBeUndefined();
  });
});

describe('a policy that changes', () => {
  it('is recorded once, with what was before it, and again when it goes back', async () => {
    await store.copies(0, 1);
    const longer = protectionOf({ retention: { rules: { daily: 9 }, minimumVerified: 2, timeZone: 'UTC' } });
    for (const [day, protection] of [[1, protectionOf()], [2, protectionOf()], [3, longer], [4, longer], [5, protectionOf()]] as const) {
      store.at(morning(day));
      await store.round({ protections: [protection] });
    }
    const records = (await Promise.all(store.keys('policies/').map(async (key) => JSON.parse((await store.endpoint.s3.read(BUCKET, key)).toString()) as Record<string, unknown>)))
      .sort((a, b) => (String(a.since) < String(b.since) ? -1 : 1));
    expect(records.map(({ since }) => since)).toEqual([1, 3, 5].map((day) => new Date(morning(day)).toISOString()));
    expect(records[0].previous).toBeNull();
    expect(store.keys('policies/')).toContain(`policies/test/suite/database/${String(records[1].previous)}.json`);
    expect(records[2].declared).toEqual(records[0].declared);
  });

  it('judges no copy by rules that came after it', async () => {
    const generous = protectionOf({ retention: { rules: { days: 30 }, minimumVerified: 2, timeZone: 'UTC' } });
    const old = await store.copies(0, 3);
    store.at(morning(3));
    await store.round({ protections: [generous] });
    const mean = protectionOf({ retention: { rules: { last: 1 }, minimumVerified: 1, timeZone: 'UTC' } });
    await store.copies(4, 6);
    for (const day of [6, 9, 20]) {
      store.at(morning(day));
      const decided = await store.decided({ protections: [mean] });
      expect(old.map((runId) => decided[runId])).toEqual(['kept', 'kept', 'kept', 'kept']);
    }
  });

  it('whose earlier request comes late is not taken for a change', async () => {
    await store.copies(0, 1);
    store.at(morning(1));
    await store.round();
    store.at(morning(2));
    const longer = protectionOf({ retention: { rules: { daily: 9 }, minimumVerified: 2, timeZone: 'UTC' } });
    await store.round({ protections: [longer] });
    await expect(store.round({ slot: morning(1) })).rejects.toThrow('POLICY_STALE');
    expect(store.keys('policies/')).toHaveLength(2);
  });

  it('shortens no grace that runs already', async () => {
    const [oldest] = await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    store.at(morning(4));
    const hasty = { ...request().store, graceSeconds: 0 };
    expect(await store.decided({ store: hasty })).toMatchObject({ [oldest]: 'waiting' });
    store.at(morning(5));
    expect(await store.decided({ store: hasty })).toMatchObject({ [oldest]: 'released' });
  });

  it('whose record is damaged or missing releases nothing', async () => {
    await store.copies(0, 1);
    store.at(morning(1));
    await store.round();
    await store.copies(2, 3);
    store.at(morning(3));
    await store.round({ protections: [protectionOf({ retention: { rules: { last: 1 }, minimumVerified: 1, timeZone: 'UTC' } })] });
    const before = store.marks('runs/');
    await store.put('policies/test/suite/database/0000000000000000000000000000000000000000000000000000000000000000.json', '{"version":1}');
    await expect(store.round()).rejects.toThrow('POLICY_RECORD_DAMAGED');
    expect(store.marks('runs/')).toEqual(before);
  });
});

describe('a record of what was declared', () => {
  async function twoRecords(): Promise<string[]> {
    await store.copies(0, 1);
    store.at(morning(1));
    await store.round();
    store.at(morning(2));
    await store.round({ protections: [protectionOf({ retention: { rules: { last: 1 }, minimumVerified: 1, timeZone: 'UTC' } })] });
    const keys = await Promise.all(store.keys('policies/').map(async (key) => {
      const { since } = JSON.parse((await store.endpoint.s3.read(BUCKET, key)).toString()) as { since: string };
      return { key, since };
    }));
    return keys.sort((a, b) => (a.since < b.since ? -1 : 1)).map(({ key }) => key);
  }

  it('that somebody removed is missed, and nothing is retired', async () => {
    const [first] = await twoRecords();
    const [version] = store.endpoint.s3.versions(BUCKET, first);
    const forGood = { VersionId: version.versionId, BypassGovernanceRetention: true };
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: first, ...forGood }));
    await expect(store.round()).rejects.toThrow(/POLICY_RECORD_DAMAGED.*which is not in the store/);
  });

  it('that somebody hid or wrote over is read as it was written', async () => {
    const [first, second] = await twoRecords();
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: first }));
    await store.put(second, '{"version":7}');
    expect((await store.round({ dryRun: true })).findingCount).toBe(0);
  });

  it('that does not say what its name is the digest of stops the round', async () => {
    const [first] = await twoRecords();
    const record = JSON.parse((await store.endpoint.s3.read(BUCKET, first)).toString()) as { declared: { retention: { rules: object } } };
    record.declared.retention.rules = { last: 1 };
    await store.put(first.replace(/[0-9a-f]{64}/, 'f'.repeat(64)), JSON.stringify(record));
    await expect(store.round()).rejects.toThrow(/POLICY_RECORD_DAMAGED.*does not say what its name is the digest of/);
  });

  it('of a newer release stops the round', async () => {
    await twoRecords();
    await store.put(`policies/test/suite/database/${'e'.repeat(64)}.json`, '{"version":7}');
    await expect(store.round()).rejects.toThrow(/POLICY_RECORD_NEWER.*version 7/);
  });
});

test('a copy on its way out takes no other\'s place, and comes back when it is needed', async () => {
  const made = await store.copies(0, 3);
  store.at(morning(3));
  await store.tag(manifestKey(ID, made[3]), 'expire');
  expect(await store.decided()).toEqual({ [made[0]]: 'kept', [made[1]]: 'kept', [made[2]]: 'kept', [made[3]]: 'taken-back' });
});

describe('the brake', () => {
  it('releases no more than declared in a round, the oldest first, and says what waits', async () => {
    const made = await store.copies(0, 9);
    store.at(morning(9));
    expect(Object.values(await store.decided()).filter((action) => action === 'announced')).toHaveLength(7);
    store.at(morning(11));
    const report = await store.round({ whole: true });
    expect(report.protections[0]).toMatchObject({ released: 3, heldBack: 4 });
    expect(report.protections[0].decisions!.filter(({ action }) => action === 'released').map(({ runId }) => runId)).toEqual(made.slice(0, 3));
    store.at(morning(12));
    expect((await store.round()).protections[0]).toMatchObject({ released: 3, heldBack: 1, gone: 3 });
  });
});

describe('the clock', () => {
  it('that went back a year retires nothing', async () => {
    await store.copies(0, 3);
    store.at('2025-03-04T05:00:00Z');
    await expect(store.round()).rejects.toThrow(/CLOCK_BEHIND.*2026-03-04/);
    expect(new Set(Object.values(store.marks('')))).toEqual(new Set([undefined]));
  });

  it('that went back behind what was declared retires nothing either', async () => {
    await store.copies(0, 3);
    store.at(morning(10));
    await store.round();
    store.at(morning(8));
    await expect(store.round()).rejects.toThrow(/CLOCK_BEHIND.*2026-03-11/);
  });

  it('of the machine must agree with the store\'s', async () => {
    await store.stop();
    store = await RetireStore.start(() => new Date(Date.now() - 365 * DAY * 1000));
    await expect(store.round({ rehearsedAt: undefined })).rejects.toThrow('CLOCK_DIFFERS');
    await store.stop();
    store = await RetireStore.start();
    store.now = new Date();
    expect((await store.round({ rehearsedAt: undefined })).findingCount).toBe(0);
  });

  it('is nobody\'s to say at a real store', async () => {
    const address = process.env.AWS_ENDPOINT_URL!;
    process.env.AWS_ENDPOINT_URL = address.replace('127.0.0.1', '127.0.0.1.nip.invalid');
    try {
      await expect(store.round()).rejects.toThrow('REHEARSAL_ONLY');
    } finally {
      process.env.AWS_ENDPOINT_URL = address;
    }
  });
});

describe('attempts without a manifest', () => {
  it('are released in the same two steps once no run can still write them', async () => {
    const runId = await store.copy(slot(0));
    await store.parts(slot(0), 'attempt-lost');
    store.at('2026-03-02T02:00:00Z');
    await store.parts(slot(1), 'attempt-young');
    const marks = () => ({ lost: [...new Set(Object.values(store.marks(`parts/test/suite/database/${runId}/attempt-lost/`)))], young: [...new Set(Object.values(store.marks(`parts/test/suite/database/${runIdOf(slot(1))}/`)))] });
    store.at('2026-03-02T08:29:00Z');
    expect((await store.round()).protections[0].orphans).toBe(0);
    store.at('2026-03-02T09:00:00Z');
    expect((await store.round()).protections[0].orphans).toBe(1);
    expect(marks()).toEqual({ lost: ['pending:20260302T090000Z', undefined], young: [undefined] });
    store.at('2026-03-04T09:00:00Z');
    expect((await store.round()).protections[0].orphans).toBe(2);
    expect(marks()).toEqual({ lost: ['expire'], young: ['pending:20260304T090000Z', undefined] });
    expect(store.marksOf(runId).manifest).toBeUndefined();
  });
});
