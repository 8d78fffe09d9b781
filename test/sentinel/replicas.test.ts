import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { manifestKey, pausesKey, pausesPrefix } from '../../lib/contract/object-keys';
import { ID } from '../retire/support';
import { after, HOUR, protectionOf, REPLICA, REGION, SCHEDULE, WatchedStore } from './support';

jest.setTimeout(60_000);

let watched: WatchedStore;

beforeEach(async () => {
  watched = await WatchedStore.start();
  await watched.replicate();
  watched.at(after(-1, 12));
  await watched.round(watched.replicated());
  await watched.copies(0, 3);
  watched.at(after(3, 3));
  await watched.endpoint.replicated();
});

afterEach(async () => {
  await watched.stop();
});

/** Takes an object of the replica away, as nobody of ours could. */
async function lose(key: string): Promise<void> {
  const [{ versionId }] = watched.endpoint.s3.versions(REPLICA.bucket, key);
  const client = new S3Client({ region: REPLICA.region, forcePathStyle: true });
  await client.send(new DeleteObjectCommand({ Bucket: REPLICA.bucket, Key: key, VersionId: versionId, BypassGovernanceRetention: true }));
  client.destroy();
}

const gauges = async () => await watched.gauges(watched.replicated());

/** What the small sentinel in the replica's region is asked. */
function atReplica() {
  const { runs: _ofTheFirstRegion, ...protection } = protectionOf({ gauges: ['recoveryPointAge', 'pausedSeconds'] });
  const { store, ...request } = watched.request();
  return {
    ...request, deadLetters: undefined, topics: [], expected: { keys: [] }, protections: [protection],
    store: { ...store, bucket: REPLICA.bucket, region: REPLICA.region },
  };
}

describe('a replica', () => {
  it('that has what the store has is not late', async () => {
    expect(await gauges()).toMatchObject({ replicaLag: 0, replicaFailures: 0, replicationDrift: 0 });
    const { protections: [{ newestCopy }] } = await watched.round(watched.replicated());
    expect(newestCopy!.replicas).toEqual([{ region: REPLICA.region, whole: true }]);
  });

  it('that lacks a manifest is late since it was written, and the copy is named', async () => {
    await lose(manifestKey(ID, '20260302T020000Z'));
    await lose(manifestKey(ID, '20260304T020000Z'));
    const { protections: [{ gauges: found, notes, newestCopy }] } = await watched.round(watched.replicated());
    expect(found.replicaLag).toBe(50.5 * HOUR);
    expect(newestCopy!.replicas).toEqual([{ region: REPLICA.region, whole: false }]);
    expect(notes.map(({ text }) => text)).toEqual(['2026-03-02', '2026-03-04'].map((day) => `The copy of ${day}T02:00:00Z is not whole in eu-west-1.`));
  });

  it('that lacks a part of the newest copy has not all of it', async () => {
    const [part] = watched.endpoint.s3.keys(REPLICA.bucket, 'parts/').filter((key) => key.includes('20260304T020000Z'));
    await lose(part);
    expect(await gauges()).toMatchObject({ replicaLag: 2.5 * HOUR });
  });

  it('in a region that is lost counts as without the newest copy, and does not stop the rest', async () => {
    watched.endpoint.loseRegion(REPLICA.region);
    const { gauges: own, protections: [{ gauges: found, notes }] } = await watched.round(watched.replicated());
    expect(own.sentinelRounds).toBe(1);
    expect(found).toMatchObject({ replicaLag: 2.5 * HOUR, recoveryPointAge: 3 * HOUR });
    expect(notes).toContainEqual(expect.objectContaining({ metric: 'replicaLag', text: expect.stringContaining('cannot be read') }));
  });

  it('that is replicated to no more, or to somebody else\'s bucket too, is noticed', async () => {
    const request = watched.replicated();
    const other = { ...request.expected, replication: [{ bucket: 'another-bucket', timeControl: true }] };
    expect(await watched.gauges({ ...request, expected: other })).toMatchObject({ replicationDrift: 2 });
    const without = { ...request.expected, replication: [{ bucket: REPLICA.bucket, timeControl: false }] };
    expect(await watched.gauges({ ...request, expected: without })).toMatchObject({ replicationDrift: 1 });
  });
});

describe('the small sentinel there', () => {
  it('says what the replica holds when the first region is gone, and writes nothing to it', async () => {
    watched.endpoint.loseRegion(REGION);
    watched.at(after(5, 3));
    const before = watched.endpoint.s3.allKeys(REPLICA.bucket);
    const { protections: [{ gauges: found, newestProven }], region, since } = await watched.round(atReplica());
    expect(region).toBe(REPLICA.region);
    expect(since).toBe(after(-1, 12));
    expect(found).toMatchObject({ recoveryPointAge: 51 * HOUR, unreadable: 0, pausedSeconds: 0, scheduleDrift: 0 });
    expect(newestProven?.runId).toBe('20260304T020000Z');
    expect(watched.endpoint.s3.allKeys(REPLICA.bucket)).toEqual(before);
  });

  it('knows a pause by what the first region left of it, and its end', async () => {
    const { schedules } = watched.endpoint;
    const until = Date.parse(after(9, 0)) / 1000;
    const left = () => watched.store.keys(pausesPrefix(ID));
    const there = async () => {
      await watched.endpoint.replicated();
      const { protections: [{ gauges: found, paused }], notes } = await watched.round(atReplica());
      expect(notes).toEqual([]);
      return { seconds: found.pausedSeconds, paused };
    };
    expect(await there()).toEqual({ seconds: 0 });
    schedules.change(SCHEDULE, { StartDate: until, Description: 'paused: migration' });
    watched.at(after(4, 5));
    expect(await there()).toEqual({ seconds: 0 });
    await watched.round(watched.replicated());
    expect(await there()).toEqual({ seconds: until - Date.parse(after(4, 5)) / 1000, paused: { until: new Date(until * 1000).toISOString(), reason: 'migration' } });
    watched.at(after(4, 6));
    await watched.round(watched.replicated());
    // Whoever asks, and a round that sees the same, leave nothing more.
    await watched.round({ ...watched.replicated(), silent: true });
    expect(left()).toHaveLength(1);
    // A schedule that does not answer ends no pause.
    watched.store.inject((call) => (call.operation === 'GetSchedule' ? { status: 403, code: 'AccessDeniedException' } : undefined));
    watched.at(after(4, 7));
    await watched.round(watched.replicated());
    watched.store.inject(() => undefined);
    expect(left()).toHaveLength(1);
    schedules.change(SCHEDULE, { StartDate: undefined, Description: '' });
    watched.at(after(4, 8));
    await watched.round(watched.replicated());
    expect(left()).toHaveLength(2);
    expect(await there()).toEqual({ seconds: 0 });
  });

  it('lets a pause end by itself when the first region is gone', async () => {
    watched.endpoint.schedules.change(SCHEDULE, { StartDate: Date.parse(after(6, 0)) / 1000, Description: 'paused: migration' });
    watched.at(after(4, 5));
    await watched.round(watched.replicated());
    await watched.endpoint.replicated();
    watched.endpoint.loseRegion(REGION);
    watched.at(after(5, 23));
    expect(await watched.gauges(atReplica())).toMatchObject({ pausedSeconds: HOUR });
    watched.at(after(6, 1));
    expect(await watched.gauges(atReplica())).toMatchObject({ pausedSeconds: 0 });
  });

  it('that cannot read what was left of pauses says so, and takes none for granted', async () => {
    await watched.store.put(pausesKey(ID, after(3, 2)), '{"version":1}');
    await watched.endpoint.replicated();
    const { notes, protections: [{ gauges: found }] } = await watched.round(atReplica());
    expect(found.pausedSeconds).toBe(0);
    expect(notes).toEqual([expect.objectContaining({ metric: 'pausedSeconds', text: expect.stringMatching(/^Nobody can say which protections are paused: /) })]);
  });

  it('writes what its alarms read, and nothing else', async () => {
    const from = watched.store.lines.length;
    await watched.round({ ...atReplica(), gauges: ['sentinelRounds'] });
    const names = watched.store.lines.slice(from).filter((line) => '_aws' in line).map((line) => Object.keys(line).filter((key) => !/^(_aws|Environment|Application|Protection)$/.test(key)));
    expect(names).toEqual([['RecoveryPointAge', 'PausedSeconds'], ['SentinelRounds']]);
  });

  it('where nothing arrived is not well, however young the policy looks from there', async () => {
    const before = watched.written('sentinelRounds').length;
    await expect(watched.round({ ...atReplica(), application: 'fresh' })).rejects.toThrow('REPLICA_EMPTY');
    expect(watched.written('sentinelRounds')).toHaveLength(before);
  });
});
