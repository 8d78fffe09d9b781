import {
  DeleteBucketPolicyCommand, DeleteObjectCommand, GetObjectCommand, PutBucketLifecycleConfigurationCommand, PutBucketPolicyCommand,
  PutBucketVersioningCommand, PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { attemptPrefix, manifestKey, policyPrefix, verdictKey } from '../../lib/contract/object-keys';
import { BUCKET, ID } from '../retire/support';
import { after, BUCKET_POLICY, DAY_SECONDS, HOUR, LIFECYCLE, MACHINE, protectionOf, QUEUE, SCHEDULE, slotOf, TOPIC, WatchedStore } from './support';

jest.setTimeout(60_000);

let watched: WatchedStore;

beforeEach(async () => {
  watched = await WatchedStore.start();
  watched.at(after(-1, 12));
  await watched.round();
  await watched.copies(0, 4);
  watched.at(after(4, 3));
});

afterEach(async () => {
  await watched.stop();
});

/** Names of what is not zero, of the gauges that count something wrong. */
async function moved(request = watched.request()): Promise<string[]> {
  const { gauges, protections } = await watched.round(request);
  const wrong = [
    'deadLetters', 'lockDrift', 'lifecycleDrift', 'replicationDrift', 'keyTrouble', 'unconfirmedRecipients', 'releasedTooMany', 'overdueSeconds', 'failedRuns',
    'unprovenCopies', 'unverifiedAge', 'missingProvenCopies', 'sizeDeviation', 'rowsDeviation', 'replicaLag', 'replicaFailures', 'unreadable', 'clockSkew', 'scheduleDrift',
    'pausedSeconds',
  ];
  const all: Record<string, number> = { ...gauges, ...protections[0]?.gauges };
  return wrong.filter((name) => all[name] > 0);
}

describe('runs', () => {
  it('that stopped are overdue at once, and failed once no run can leave a copy', async () => {
    watched.at(after(5, 3));
    expect(await watched.gauges()).toMatchObject({ overdueSeconds: 3 * HOUR, failedRuns: 0, recoveryPointAge: 27 * HOUR });
    watched.at(after(6, 5));
    expect(await watched.gauges()).toMatchObject({ overdueSeconds: DAY_SECONDS + 5 * HOUR, failedRuns: 2, recoveryPointAge: 53 * HOUR });
    const { protections: [{ notes }] } = await watched.round();
    expect(notes.map(({ text }) => text)).toEqual([
      'No copy of 2026-03-06T02:00:00Z, 2026-03-07T02:00:00Z, and no run can leave one any more.',
      'The copy of 2026-03-06T02:00:00Z is not there; the newest is of 2026-03-05T02:00:00Z.',
    ]);
  });

  it('whose verification stopped have copies that wait', async () => {
    await watched.copy(slotOf(5), 'unverified');
    await watched.copy(slotOf(6), 'unverified');
    watched.at(after(6, 2));
    expect(await watched.gauges()).toMatchObject({
      unverifiedAge: DAY_SECONDS + 1.5 * HOUR, failedRuns: 1, recoveryPointAge: 50 * HOUR, overdueSeconds: 0,
    });
    expect(await moved()).toEqual(['failedRuns', 'unverifiedAge']);
  });

  it('whose verdict is bad are not proven, until one is again', async () => {
    await watched.copy(slotOf(5), 'not-proven');
    watched.at(after(5, 3));
    expect(await watched.gauges()).toMatchObject({
      unprovenCopies: 1, failedRuns: 1, recoveryPointAge: 27 * HOUR, successRate: 5 / 6 * 100,
    });
    await watched.copy(slotOf(6));
    watched.at(after(6, 3));
    expect(await watched.gauges()).toMatchObject({ unprovenCopies: 0, failedRuns: 0, recoveryPointAge: 3 * HOUR });
  });

  it('that succeed empty, or after a truncation, lie far from the mean', async () => {
    await watched.copy(slotOf(5), 'proven', (manifest) => ({ ...manifest, totals: { items: 1, rows: 0, sizeBytes: 250, rawSizeBytes: 0 } }));
    watched.at(after(5, 3));
    expect(await watched.gauges()).toMatchObject({ sizeDeviation: 95, rowsDeviation: 100 });
  });

  it('of a worker whose clock is a day ahead do not look younger than they are', async () => {
    const ahead = (instant: string): string => new Date(Date.parse(instant) + DAY_SECONDS * 1000).toISOString();
    await watched.copy(slotOf(5), 'proven', (manifest) => ({ ...manifest, finishedAt: ahead(manifest.finishedAt), recoveryPoint: ahead(manifest.recoveryPoint) }));
    watched.at(after(5, 3));
    const { protections: [{ gauges, notes }] } = await watched.round();
    expect(gauges).toMatchObject({ clockSkew: DAY_SECONDS, recoveryPointAge: 2.5 * HOUR });
    expect(notes).toEqual([expect.objectContaining({ metric: 'clockSkew', text: expect.stringContaining('86400 s ahead of the store\'s') })]);
  });

  it('of a policy deployed an hour ago alarm nobody', async () => {
    watched.at(after(4, 4));
    const fresh = watched.request({ application: 'fresh' });
    await watched.round(fresh);
    watched.at(after(4, 5));
    expect(await watched.gauges(fresh)).toMatchObject({ recoveryPointAge: HOUR, drillAge: HOUR, auditAge: HOUR, successRate: 100 });
    expect(await moved(fresh)).toEqual([]);
  });
});

describe('a store', () => {
  it('that cannot be read leaves no sign of life, and a typed error', async () => {
    const before = watched.written('sentinelRounds').length;
    watched.store.inject((call) => (call.service === 's3' ? { status: 403, code: 'AccessDenied' } : undefined));
    await expect(watched.round()).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining('STORE_REFUSED') });
    expect(watched.written('sentinelRounds')).toHaveLength(before);
    expect(watched.store.lines.at(-1)).toMatchObject({ level: 'ERROR', errorType: 'RefusedError', verb: 'sentinel' });
  });

  it('of which one protection cannot be read still shows the others', async () => {
    watched.store.inject((call) => (call.resource.includes('/other/') ? { status: 403, code: 'AccessDenied' } : undefined));
    const { gauges, notes, protections } = await watched.round(watched.request({ protections: [protectionOf(), protectionOf({ protection: 'other' })] }));
    expect(gauges).toMatchObject({ sentinelRounds: 1 });
    expect(protections.map(({ protection }) => protection)).toEqual(['database']);
    expect(notes).toEqual([expect.objectContaining({ metric: 'store', about: 'other', text: expect.stringContaining('The copies of other cannot be read') })]);
  });

  it('with a damaged manifest counts and names it, and reads the others', async () => {
    await watched.copy(slotOf(5), 'proven', () => ({ not: 'a manifest' }));
    await watched.copy(slotOf(6));
    watched.at(after(6, 3));
    const { protections: [{ gauges, notes, copies }] } = await watched.round();
    expect(gauges).toMatchObject({ unreadable: 1, recoveryPointAge: 3 * HOUR, overdueSeconds: 0 });
    expect(copies).toHaveLength(6);
    expect(notes).toEqual([expect.objectContaining({ metric: 'unreadable', about: manifestKey(ID, '20260306T020000Z'), text: expect.stringContaining('cannot be read') })]);
  });

  it('with a manifest of another protection under its key does not believe it', async () => {
    await watched.copy(slotOf(5), 'proven', (manifest) => ({ ...manifest, protection: 'other' }));
    watched.at(after(5, 3));
    expect(await moved()).toEqual(['overdueSeconds', 'unreadable']);
  });

  it('with a manifest that was overwritten, or hidden by hand, does not believe it', async () => {
    await watched.store.put(manifestKey(ID, '20260305T020000Z'), '{}');
    expect(await moved()).toEqual(['overdueSeconds', 'unreadable']);
    await watched.store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: manifestKey(ID, '20260304T020000Z') }));
    expect(await watched.gauges()).toMatchObject({ unreadable: 2 });
  });

  it('from which a part is gone has no proven copy there', async () => {
    const [part] = watched.store.keys(attemptPrefix(ID, '20260305T020000Z', '').slice(0, -1));
    const [version] = watched.endpoint.s3.versions(BUCKET, part);
    await watched.store.client.send(new DeleteObjectCommand({
      Bucket: BUCKET, Key: part, VersionId: version.versionId, BypassGovernanceRetention: true,
    }));
    const { protections: [{ gauges, notes, newestProven }] } = await watched.round();
    expect(gauges).toMatchObject({ unreadable: 1, unprovenCopies: 1, recoveryPointAge: 27 * HOUR });
    expect(newestProven?.runId).toBe('20260304T020000Z');
    expect(notes).toContainEqual({ metric: 'unreadable', about: part, text: expect.stringContaining('A part of 20260305T020000Z is not as its manifest says') });
  });

  it('whose newest proven copy is marked for release is told, whoever marked it', async () => {
    await watched.store.tag(manifestKey(ID, '20260305T020000Z'), 'expire');
    expect(await moved()).toEqual(['releasedTooMany']);
    await watched.audit(after(4, 2), { released: 5 });
    expect(await watched.gauges()).toMatchObject({ releasedTooMany: 3 });
  });

  it('with a damaged verdict counts its copy as not verified', async () => {
    const runId = await watched.copy(slotOf(5), 'unverified');
    await watched.store.put(verdictKey(ID, runId, after(5, 1)), '{"version":1}');
    watched.at(after(5, 2));
    expect(await moved()).toEqual(['unverifiedAge', 'unreadable']);
  });
});

describe('what is in force', () => {
  const s3 = () => watched.store.client;
  const putPolicy = (Policy: object) => s3().send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify(Policy) }));

  it.each<[string, () => unknown, string[]]>([
    ['a schedule that is disabled', () => watched.endpoint.schedules.change(SCHEDULE, { State: 'DISABLED' }), ['scheduleDrift']],
    ['a schedule that is gone', () => watched.endpoint.schedules.remove(SCHEDULE), ['scheduleDrift']],
    ['a schedule of another hour', () => watched.endpoint.schedules.change(SCHEDULE, { ScheduleExpression: 'cron(0 3 * * ? *)' }), ['scheduleDrift']],
    ['a schedule that starts something else', () => watched.endpoint.schedules.change(SCHEDULE, { Target: { Arn: `${MACHINE}-other` } }), ['scheduleDrift']],
    ['a state machine that is deleted', () => watched.endpoint.machines.remove(MACHINE), ['scheduleDrift']],
    ['a key that is disabled', () => watched.endpoint.keys.change(watched.keyArn, { state: 'Disabled' }), ['keyTrouble']],
    ['a key that is to be deleted', () => watched.endpoint.keys.change(watched.keyArn, { state: 'PendingDeletion' }), ['keyTrouble']],
    ['a key that is not rotated', () => watched.endpoint.keys.change(watched.keyArn, { rotationDays: undefined }), ['keyTrouble']],
    ['a dead-letter queue that is not empty', () => watched.endpoint.queues.send(QUEUE, '{"slot":"2026-03-06T02:00:00Z"}'), ['deadLetters']],
    ['a recipient who has not confirmed', () => watched.endpoint.topics.subscribe(TOPIC, [{ arn: `${TOPIC}:1`, protocol: 'email', endpoint: 'ops@example.org', confirmed: false }]), ['unconfirmedRecipients']],
    ['a recipient who is gone', () => watched.endpoint.topics.subscribe(TOPIC, []), ['unconfirmedRecipients']],
    ['a topic that is gone', () => watched.endpoint.topics.remove(TOPIC), ['unconfirmedRecipients']],
    ['a shorter lock', () => s3().send(new PutObjectLockConfigurationCommand({
      Bucket: BUCKET, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } },
    })), ['lockDrift']],
    ['no lock by default', () => s3().send(new PutObjectLockConfigurationCommand({ Bucket: BUCKET, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } })), ['lockDrift']],
    ['a bucket policy without a refusal', () => putPolicy({ Statement: [BUCKET_POLICY.Statement[1]] }), ['lockDrift']],
    ['no bucket policy at all', () => s3().send(new DeleteBucketPolicyCommand({ Bucket: BUCKET })), ['lockDrift']],
    ['a key policy with a statement more', () => watched.endpoint.keys.change(watched.keyArn, {
      policy: JSON.stringify({ Statement: [{ Sid: 'Stranger', Effect: 'Allow', Principal: { AWS: '999999999999' }, Action: 'kms:*', Resource: '*' }] }),
    }), ['keyTrouble']],
    ['a lifecycle rule more', () => s3().send(new PutBucketLifecycleConfigurationCommand({
      Bucket: BUCKET, LifecycleConfiguration: { Rules: [...LIFECYCLE.Rules!, { ID: 'clean', Status: 'Enabled', Filter: { Prefix: 'parts/' }, Expiration: { Days: 3 } }] },
    })), ['lifecycleDrift']],
    ['a lifecycle rule that was changed', () => s3().send(new PutBucketLifecycleConfigurationCommand({
      Bucket: BUCKET, LifecycleConfiguration: { Rules: [{ ...LIFECYCLE.Rules![0], Expiration: { Days: 30 } }, LIFECYCLE.Rules![1]] },
    })), ['lifecycleDrift']],
    ['a lifecycle rule that is disabled', () => s3().send(new PutBucketLifecycleConfigurationCommand({
      Bucket: BUCKET, LifecycleConfiguration: { Rules: [{ ...LIFECYCLE.Rules![0], Status: 'Disabled' }, LIFECYCLE.Rules![1]] },
    })), ['lifecycleDrift']],
  ])('%s is noticed', async (_what, change, gauges) => {
    expect(await moved()).toEqual([]);
    await change();
    expect(await moved()).toEqual(gauges);
    expect(watched.written('sentinelRounds').at(-1)).toBe(1);
  });

  it.each<[string, string, string[]]>([
    ['the lock', 'GetObjectLockConfiguration', ['lockDrift']],
    ['versioning', 'GetBucketVersioning', ['lockDrift']],
    ['the bucket policy', 'GetBucketPolicy', ['lockDrift']],
    ['the lifecycle', 'GetBucketLifecycleConfiguration', ['lifecycleDrift']],
    ['the key', 'DescribeKey', ['keyTrouble']],
    ['its rotation', 'GetKeyRotationStatus', ['keyTrouble']],
    ['its policy', 'GetKeyPolicy', ['keyTrouble']],
    ['the schedule', 'GetSchedule', ['scheduleDrift']],
    ['the machine', 'DescribeStateMachine', ['scheduleDrift']],
    ['the queue', 'GetQueueAttributes', ['deadLetters']],
    ['the topic', 'GetTopicAttributes', ['unconfirmedRecipients']],
  ])('a role without the right to look at %s does not say that all is well', async (_what, operation, gauges) => {
    watched.store.inject((call) => (call.operation === operation ? { status: 403, code: 'AccessDeniedException' } : undefined));
    expect(await moved()).toEqual(gauges);
    const { notes, protections: [{ notes: own }] } = await watched.round();
    expect([...notes, ...own]).toEqual([expect.objectContaining({ metric: gauges[0], text: expect.stringMatching(/^Nobody can say how .* is: /) })]);
  });

  describe('lock extension', () => {
    const ROUNDS = SCHEDULE.replace('/database', '/extension');
    const declared = () => watched.request({ lockExtension: {
      schedule: { expression: 'cron(15 6 * * ? *)', timeZone: 'UTC' },
      runs: { scheduleName: 'extension', scheduleGroup: 'suite', stateMachine: `${MACHINE}-extension` },
    } });

    beforeEach(() => {
      const definition = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };
      watched.endpoint.machines.seed({ arn: `${MACHINE}-extension`, roleArn: 'arn:aws:iam::000000000000:role/rounds', definition });
      watched.endpoint.schedules.seed({ Arn: ROUNDS, ScheduleExpression: 'cron(15 6 * * ? *)', Target: { Arn: `${MACHINE}-extension` } });
    });

    it.each<[string, () => unknown, RegExp]>([
      ['whose schedule is disabled', () => watched.endpoint.schedules.change(ROUNDS, { State: 'DISABLED' }), /nobody lengthens them: The schedule is disabled/],
      ['whose schedule is gone', () => watched.endpoint.schedules.remove(ROUNDS), /Nobody can say how the schedule of lock extension is/],
      ['that begins next year', () => watched.endpoint.schedules.change(ROUNDS, { StartDate: Date.UTC(2030, 0, 1) / 1000 }), /begins on 2030-01-01T00:00:00.000Z only/],
      ['whose machine is deleted', () => watched.endpoint.machines.remove(`${MACHINE}-extension`), /state machine of lock extension/],
      ['of other hours', () => watched.endpoint.schedules.change(ROUNDS, { ScheduleExpression: 'rate(30 days)' }), /says rate\(30 days\), and cron/],
    ])('%s is noticed', async (_what, change, text) => {
      expect(await moved(declared())).toEqual([]);
      await change();
      expect(await moved(declared())).toEqual(['lockDrift']);
      const { notes } = await watched.round(declared());
      expect(notes.map((note) => note.text)).toEqual([expect.stringMatching(text)]);
    });
  });

  it('a suspended versioning is noticed where no lock forbids it', async () => {
    watched.endpoint.s3.createBucket({ name: 'without-lock', versioning: true });
    await s3().send(new PutBucketVersioningCommand({ Bucket: 'without-lock', VersioningConfiguration: { Status: 'Suspended' } }));
    const { store, expected, ...rest } = watched.request();
    const other = { ...rest, store: { ...store, bucket: 'without-lock' }, expected: { keys: [], lifecycle: [] } };
    expect(expected.lock).toBeDefined();
    expect(await moved(other)).toEqual(['lockDrift']);
  });
});

describe('a pause', () => {
  it('is no failure, during it and after it, and says until when and why', async () => {
    const until = Date.parse(after(6, 22)) / 1000;
    watched.at(after(4, 5));
    watched.endpoint.schedules.change(SCHEDULE, { StartDate: until, Description: 'paused: migration' });
    watched.at(after(6, 12));
    const { protections: [{ gauges, paused, nextSlot, notes }] } = await watched.round();
    expect(gauges).toMatchObject({
      pausedSeconds: 10 * HOUR, overdueSeconds: 0, failedRuns: 0, successRate: 100, scheduleDrift: 0, recoveryPointAge: 60 * HOUR,
    });
    expect(paused).toEqual({ until: new Date(until * 1000).toISOString(), reason: 'migration' });
    expect(nextSlot).toBe(new Date(slotOf(7)).toISOString());
    expect(notes.map(({ text }) => text)).toEqual(['Runs are paused until 2026-03-08T00:00:00Z: migration.']);
    await watched.copy(slotOf(7));
    watched.at(after(7, 3));
    expect(await watched.gauges()).toMatchObject({
      pausedSeconds: 0, overdueSeconds: 0, failedRuns: 0, successRate: 100, missingProvenCopies: 0,
    });
    watched.at(after(8, 5));
    expect(await watched.gauges()).toMatchObject({ overdueSeconds: 5 * HOUR, failedRuns: 1 });
  });
});

describe('a declaration', () => {
  it('is stored by the round that meets it, once; by nobody who only asks', async () => {
    const records = () => watched.store.keys(policyPrefix('policies', ID));
    expect(records()).toHaveLength(1);
    await watched.round();
    expect(records()).toHaveLength(1);
    const changed = watched.request({ protections: [protectionOf({ retention: { rules: { daily: 9 }, minimumVerified: 3, timeZone: 'UTC' } })] });
    await watched.round({ ...changed, silent: true });
    expect(records()).toHaveLength(1);
    await watched.round(changed);
    expect(records()).toHaveLength(2);
    // A round that was asked for before the change and comes late does not go back.
    await watched.round({ ...watched.request(), slot: after(4, 2) });
    expect(records()).toHaveLength(2);
  });

  it('that cannot be stored is no policy that began just now, for ever', async () => {
    const fresh = watched.request({ application: 'fresh' });
    watched.store.inject((call) => (call.operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined));
    await expect(watched.round(fresh)).rejects.toThrow('STORE_REFUSED');
  });

  it('writes only the gauges that are paid for, and none for who only asks', async () => {
    const lines = () => watched.store.lines.filter((line) => '_aws' in line).length;
    const before = lines();
    await watched.round({ ...watched.request(), silent: true });
    expect(lines()).toBe(before);
    watched.store.lines.length = 0;
    await watched.round(watched.request({ protections: [protectionOf({ gauges: ['recoveryPointAge', 'overdueSeconds'] })] }));
    const [own] = watched.store.lines.filter((line) => 'Protection' in line && '_aws' in line);
    expect(Object.keys(own).sort()).toEqual(['Application', 'Environment', 'OverdueSeconds', 'Protection', 'RecoveryPointAge', '_aws']);
  });
});

it('says why where nothing can be read at all, and gives no sign of life', async () => {
  watched.store.inject(({ operation, resource }) => (operation === 'ListObjectVersions' && resource.includes(BUCKET) ? { status: 403, code: 'AccessDenied' } : undefined));
  watched.endpoint.keys.change(watched.keyArn, { state: 'Disabled' });
  watched.store.lines.length = 0;
  await expect(watched.round()).rejects.toThrow('STORE_REFUSED');
  expect([watched.written('keyTrouble'), watched.written('sentinelRounds'), watched.written('recoveryPointAge')]).toEqual([[1], [], []]);
});

it('reads no byte of a part', async () => {
  await expect(watched.store.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: watched.store.keys('parts/')[0] }))).resolves.toBeDefined();
  const before = watched.endpoint.calls.length;
  await watched.round();
  const read = watched.endpoint.calls.slice(before).filter(({ operation, resource }) => operation === 'GetObject' && resource.includes('/parts/'));
  expect(read).toEqual([]);
});
