import {
  DeleteBucketReplicationCommand, DeleteObjectCommand, GetBucketLifecycleConfigurationCommand, GetBucketPolicyCommand,
  GetBucketReplicationCommand, ListObjectVersionsCommand, PutBucketLifecycleConfigurationCommand, PutBucketPolicyCommand,
  PutBucketReplicationCommand, PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { CONTRACT_VERSION } from '../../lib/contract/common';
import { auditKey, parseManifestKey, policyPrefix, protectionPrefix, scrubRoundKey } from '../../lib/contract/object-keys';
import { parseScrubRecord } from '../../lib/contract/scrub-record';
import { parseStoreAudit } from '../../lib/contract/store-audit';
import type { Fault } from './fault';
import { put } from './master-copy';
import type { Timeline } from './timeline';

const bucketOf = ({ props: { world } }: Timeline): string => world.request.store.bucket;

function lockOf(timeline: Timeline, days: number): Promise<unknown> {
  const { lock } = timeline.props.world.request.expected;
  if (!lock) return Promise.resolve();
  return timeline.client.send(new PutObjectLockConfigurationCommand({
    Bucket: bucketOf(timeline), ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: lock.mode, Days: days } } },
  }));
}

/** The declared policy of the store's key, and more statements. */
function keyPolicy({ props: { endpoint, world } }: Timeline, more: readonly object[]): void {
  const [{ arn, policy }] = world.request.expected.keys;
  if (!policy) return;
  endpoint.keys.change(arn, { policy: JSON.stringify({ ...policy, Statement: [...policy.Statement as object[], ...more] }) });
}

/** Keys of the current versions under a prefix. */
function keys(timeline: Timeline, bucket: string, prefix: string): string[] {
  return timeline.props.endpoint.s3.keys(bucket, prefix);
}

async function remove(timeline: Timeline, bucket: string, key: string): Promise<void> {
  await timeline.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** Takes the delete markers of a prefix away: what they hid is there again. */
async function undelete(timeline: Timeline, bucket: string, prefix: string): Promise<void> {
  const { DeleteMarkers = [] } = await timeline.client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }));
  for (const { Key, VersionId } of DeleteMarkers) await timeline.client.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
}

/** What an injection has to give back. */
function remembered<T>(
  take: (timeline: Timeline) => Promise<T>, giveBack: (timeline: Timeline, taken: T) => Promise<unknown>,
): Pick<Fault, 'inject' | 'mend'> {
  const taken = new WeakMap<Timeline, { readonly value: T }>();
  return {
    inject: async (timeline) => void taken.set(timeline, { value: await take(timeline) }),
    mend: async (timeline) => {
      const found = taken.get(timeline);
      if (found) await giveBack(timeline, found.value);
    },
  };
}

/**
 * What a round of now leaves that read the oldest copy at that instant, in seconds since 1970.
 *
 * @param damaged whether it found the newest copy damaged
 */
async function lastRead(timeline: Timeline, countsFrom: number, damaged = false): Promise<void> {
  const { policy: { declared }, protections } = timeline.props.world;
  if (!declared.scrub) return;
  const { environment, application } = declared;
  const bucket = bucketOf(timeline);
  const at = new Date(timeline.now * 1000).toISOString();
  const record = parseScrubRecord({
    version: CONTRACT_VERSION, environment, application, at,
    protections: protections.map(({ id }) => {
      const found = keys(timeline, bucket, protectionPrefix('runs', id));
      const runId = parseManifestKey(found[0])!.runId;
      const oldest = { runId, countsFrom: new Date(countsFrom * 1000).toISOString() };
      const newest = { runId: parseManifestKey(found.at(-1)!)!.runId, key: found.at(-1)!, text: 'Part rows/00001.sql has another SHA-256 than its manifest says.' };
      const named = damaged ? [newest] : [];
      return {
        protection: id.protection, copies: found.length, oldest, damagedCopies: named.length, damaged: named,
        damagedRuns: named.map(({ runId }) => ({ runId, seenAt: at })),
      };
    }),
  });
  await put(timeline.client, bucket, scrubRoundKey(declared, at), JSON.stringify(record));
}

/** What can be done to store, key and replica. */
export const FAULTS_OF_STORE: readonly Fault[] = [
  {
    name: 'the lock is shortened by hand', fires: ['lockChanged'], withinHours: 3, overWithinHours: 3,
    inject: async (timeline) => void await lockOf(timeline, 1),
    mend: async (timeline) => void await lockOf(timeline, timeline.props.world.request.expected.lock?.days ?? 1),
  },
  {
    name: 'the bucket\'s policy refuses no overwriting any more', fires: ['lockChanged'], withinHours: 3, overWithinHours: 3,
    ...remembered(async (timeline) => {
      const Bucket = bucketOf(timeline);
      const { Policy = '{}' } = await timeline.client.send(new GetBucketPolicyCommand({ Bucket }));
      const { Statement, ...rest } = JSON.parse(Policy) as { Statement: { Sid?: string }[] };
      const open = JSON.stringify({ ...rest, Statement: Statement.filter(({ Sid }) => Sid !== 'RefuseOverwriting') });
      await timeline.client.send(new PutBucketPolicyCommand({ Bucket, Policy: open }));
      return Policy;
    }, (timeline, Policy) => timeline.client.send(new PutBucketPolicyCommand({ Bucket: bucketOf(timeline), Policy }))),
  },
  {
    name: 'the key\'s policy lets another account in', fires: ['keyUnusable'], withinHours: 3, overWithinHours: 3,
    inject: (timeline) => keyPolicy(timeline, [{ Sid: 'Stranger', Effect: 'Allow', Principal: { AWS: '999999999999' }, Action: 'kms:*', Resource: '*' }]),
    mend: (timeline) => keyPolicy(timeline, []),
  },
  {
    name: 'a lifecycle rule is taken away', fires: ['lifecycleChanged'], withinHours: 3, overWithinHours: 3,
    ...remembered(async (timeline) => {
      const found = await timeline.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucketOf(timeline) }));
      await timeline.client.send(new PutBucketLifecycleConfigurationCommand({
        Bucket: bucketOf(timeline), LifecycleConfiguration: { Rules: found.Rules!.slice(1) },
        TransitionDefaultMinimumObjectSize: found.TransitionDefaultMinimumObjectSize,
      }));
      return found;
    }, (timeline, { Rules, TransitionDefaultMinimumObjectSize }) => timeline.client.send(new PutBucketLifecycleConfigurationCommand({
      Bucket: bucketOf(timeline), LifecycleConfiguration: { Rules }, TransitionDefaultMinimumObjectSize,
    }))),
  },
  {
    name: 'replication is taken away', fires: ['replicationChanged'], withinHours: 3, overWithinHours: 3,
    ...remembered(async (timeline) => {
      const found = await timeline.client.send(new GetBucketReplicationCommand({ Bucket: bucketOf(timeline) }));
      await timeline.client.send(new DeleteBucketReplicationCommand({ Bucket: bucketOf(timeline) }));
      return found;
    }, (timeline, { ReplicationConfiguration }) => timeline.client.send(
      new PutBucketReplicationCommand({ Bucket: bucketOf(timeline), ReplicationConfiguration }),
    )),
  },
  {
    name: 'the store\'s key is disabled', fires: ['keyUnusable'], withinHours: 3, overWithinHours: 4,
    inject: (timeline) => timeline.props.endpoint.keys.change(timeline.props.world.request.expected.keys[0].arn, { state: 'Disabled' }),
    mend: (timeline) => timeline.props.endpoint.keys.change(timeline.props.world.request.expected.keys[0].arn, { state: 'Enabled' }),
  },
  {
    name: 'a manifest is damaged', fires: ['copyUnreadable'], withinHours: 3, overWithinHours: 3,
    ...remembered(async (timeline) => {
      const { protections } = timeline.props.world;
      return await Promise.all(protections.map(async ({ id, bucket }) => {
        const key = keys(timeline, bucket, protectionPrefix('runs', id)).at(-1)!;
        return { bucket, key, versionId: await put(timeline.client, bucket, key, '{"version":1,') };
      }));
    }, (timeline, damaged) => Promise.all(damaged.map(({ bucket, key, versionId }) =>
      timeline.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, BypassGovernanceRetention: true }))))),
  },
  {
    name: 'somebody deletes copies', fires: ['copyUnreadable', 'provenCopiesMissing'], withinHours: 52, overWithinHours: 52,
    inject: async (timeline) => {
      for (const { id, bucket } of timeline.props.world.protections) {
        for (const key of keys(timeline, bucket, protectionPrefix('runs', id)).slice(0, -1)) await remove(timeline, bucket, key);
      }
    },
    mend: async (timeline) => {
      for (const { id, bucket } of timeline.props.world.protections) await undelete(timeline, bucket, protectionPrefix('runs', id));
    },
  },
  {
    name: 'the replica stops', fires: ['replicaLate'], withinHours: 30, overWithinHours: 30,
    inject: (timeline) => timeline.props.endpoint.holdReplication(true),
    mend: (timeline) => timeline.props.endpoint.holdReplication(false),
  },
  {
    name: 'S3 may not replicate', fires: ['replicaFailed'], withinHours: 30, overWithinHours: 24 * 12, spacingSeconds: 3 * 3600,
    inject: (timeline) => { timeline.denied.add('s3:ReplicateObject'); },
    mend: (timeline) => { timeline.denied.delete('s3:ReplicateObject'); },
  },
  {
    name: 'the rounds that read stored copies again do not keep up', fires: ['copyNotRead'], withinHours: 3, overWithinHours: 3,
    inject: (timeline) => {
      const { scrub } = timeline.props.world.policy.declared;
      return lastRead(timeline, timeline.now - (scrub?.request.periodSeconds ?? 0) - 3600);
    },
    mend: (timeline) => lastRead(timeline, timeline.now),
  },
  {
    name: 'a round that reads stored copies again finds the newest one damaged', fires: ['copyUnreadable'], withinHours: 3, overWithinHours: 3,
    inject: (timeline) => lastRead(timeline, timeline.now, true),
    mend: (timeline) => lastRead(timeline, timeline.now),
  },
  {
    name: 'a round releases more than it may', fires: ['releasedTooMany'], withinHours: 3, overWithinHours: 30,
    inject: async (timeline) => {
      const { policy: { declared } } = timeline.props.world;
      const bucket = bucketOf(timeline);
      const newest = keys(timeline, bucket, policyPrefix('audits', declared)).at(-1)!;
      const audit = parseStoreAudit(JSON.parse((await timeline.props.endpoint.s3.read(bucket, newest)).toString('utf8')));
      const at = new Date(timeline.now * 1000).toISOString();
      const protections = audit.protections.map((one) => ({ ...one, released: one.releasesAtMost + 5 }));
      await put(timeline.client, bucket, auditKey(declared, at), JSON.stringify({ ...audit, at, protections }));
    },
    mend: () => undefined,
  },
];
