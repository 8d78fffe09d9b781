import { createHash, randomUUID } from 'node:crypto';
import {
  PutBucketLifecycleConfigurationCommand, PutBucketPolicyCommand, PutBucketReplicationCommand, PutBucketVersioningCommand,
  type BucketLifecycleConfiguration,
} from '@aws-sdk/client-s3';
import { lifecycleText, type StoredLifecycleRule } from '../../lib/contract/lifecycle-rule';
import type { Manifest } from '../../lib/contract/manifest';
import { METRICS, type MetricKey, metricsBy } from '../../lib/contract/metrics';
import { parseSentinelReport, type SentinelReport } from '../../lib/contract/sentinel-report';
import type { SentinelRequest, WatchedProtection } from '../../lib/contract/sentinel-request';
import type { StoreAudit } from '../../lib/contract/store-audit';
import { auditKey } from '../../lib/contract/object-keys';
import { sentinel } from '../../lambda/workers/sentinel';
import { BUCKET, DAY, ID, RetireStore } from '../retire/support';

export const REGION = 'us-east-1';
export const REPLICA = { bucket: 'suite-replica', region: 'eu-west-1' };
const ACCOUNT = '000000000000';
export const MACHINE = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:database`;
export const SCHEDULE = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/suite/database`;
export const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:page`;
export const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:dead-letters`;
export const HOUR = 3600;
export const DAY_SECONDS = DAY;

export const LIFECYCLE: BucketLifecycleConfiguration = {
  Rules: [
    { ID: 'expire-retired', Status: 'Enabled', Filter: { Tag: { Key: 'retire', Value: 'expire' } }, Expiration: { Days: 1 } },
    { ID: 'abort', Status: 'Enabled', Filter: { Prefix: '' }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
  ],
};

const refuse = (Sid: string, Action: string) => (
  { Sid, Effect: 'Deny', Principal: { AWS: '*' }, Action, Resource: `arn:aws:s3:::${BUCKET}/*`, Condition: { Null: { 's3:if-none-match': 'true' } } });

/** As it was declared. */
export const BUCKET_POLICY = { Version: '2012-10-17', Statement: [refuse('RefuseOverwriting', 's3:PutObject'), refuse('RefuseTagging', 's3:PutObjectTagging')] };

const KEY_POLICY = {
  Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }],
};

/** A store with all that a sentinel looks at, as a policy would have declared it. */
export class WatchedStore {
  static async start(): Promise<WatchedStore> {
    const watched = new WatchedStore(await RetireStore.start());
    await watched.deploy();
    return watched;
  }

  keyArn = '';

  private constructor(readonly store: RetireStore) {}

  get endpoint(): RetireStore['endpoint'] {
    return this.store.endpoint;
  }

  at(instant: string): void {
    this.store.at(instant);
  }

  private async deploy(): Promise<void> {
    const { endpoint, client } = this.store;
    this.keyArn = endpoint.seedKey('store-key', { rotationDays: 365 });
    endpoint.s3.createBucket({ name: REPLICA.bucket, region: REPLICA.region, objectLock: true });
    await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: BUCKET, LifecycleConfiguration: LIFECYCLE }));
    await client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify(BUCKET_POLICY) }));
    const definition = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };
    endpoint.machines.seed({ arn: MACHINE, roleArn: `arn:aws:iam::${ACCOUNT}:role/machine`, definition });
    endpoint.schedules.seed({ Arn: SCHEDULE, ScheduleExpression: 'cron(0 2 * * ? *)', Target: { Arn: MACHINE } });
    endpoint.queues.seed({ arn: QUEUE });
    endpoint.topics.seed({ arn: TOPIC, subscriptions: [{ arn: `${TOPIC}:1`, protocol: 'email', endpoint: 'ops@example.org', confirmed: true }] });
  }

  /** Replicates the store as declared; from now on. */
  async replicate(): Promise<void> {
    const { client } = this.store;
    await client.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }));
    await client.send(new PutBucketReplicationCommand({
      Bucket: BUCKET,
      ReplicationConfiguration: {
        Role: `arn:aws:iam::${ACCOUNT}:role/replication`,
        Rules: [{
          ID: 'all', Status: 'Enabled', Priority: 1, Filter: { Prefix: '' }, DeleteMarkerReplication: { Status: 'Disabled' },
          Destination: {
            Bucket: `arn:aws:s3:::${REPLICA.bucket}`,
            ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } }, Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
          },
        }],
      },
    }));
  }

  /** A copy with figures, half an hour after its slot. */
  copy(
    slot: string, outcome: Parameters<RetireStore['copy']>[1] = 'proven', change: (manifest: Manifest) => unknown = (manifest) => manifest,
  ): Promise<string> {
    const totals = { items: 1, rows: 1000, sizeBytes: 5000, rawSizeBytes: 9000 };
    return this.store.copy(slot, outcome, (manifest) => change({ ...manifest, totals }));
  }

  async copies(from: number, to: number): Promise<void> {
    for (let day = from; day <= to; day++) await this.copy(slotOf(day));
  }

  async audit(at: string, changes: Partial<StoreAudit['protections'][number]> = {}): Promise<StoreAudit> {
    const audit: StoreAudit = {
      version: 1, environment: ID.environment, application: ID.application, at, findingCount: 0,
      protections: [{
        protection: ID.protection, provenCopies: 3, storedBytes: 100_000, days: [], released: 0, releasesAtMost: 3, ...changes,
      }],
    };
    await this.store.put(auditKey(ID, at), JSON.stringify(audit));
    return audit;
  }

  request(changes: Partial<SentinelRequest> = {}): SentinelRequest {
    return {
      version: 1, environment: ID.environment, application: ID.application,
      store: { bucket: BUCKET, region: REGION, graceSeconds: 7 * DAY, replicas: [] },
      expected: {
        lock: { mode: 'GOVERNANCE', days: 7 },
        lifecycle: (LIFECYCLE.Rules ?? []).map((rule) => ({ id: rule.ID!, digest: digestOf(rule as StoredLifecycleRule) })),
        policy: BUCKET_POLICY,
        keys: [{ arn: this.keyArn, region: REGION, rotated: true, policy: KEY_POLICY }],
      },
      deadLetters: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/dead-letters`,
      topics: [{ arn: TOPIC, recipients: 1 }],
      protections: [protectionOf()],
      limits: { timeoutSeconds: 280 },
      ...changes,
    };
  }

  replicated(changes: Partial<SentinelRequest> = {}): SentinelRequest {
    const { store, expected, ...rest } = this.request();
    return {
      ...rest, store: { ...store, replicas: [REPLICA] },
      expected: { ...expected, replication: [{ bucket: REPLICA.bucket, timeControl: true }] }, ...changes,
    };
  }

  /** A round at the store's instant. */
  async round(request: SentinelRequest = this.request()): Promise<SentinelReport> {
    const now = this.store.now.toISOString();
    const report = await sentinel({ slot: now, rehearsedAt: now, ...request }, { awsRequestId: randomUUID() });
    return parseSentinelReport(JSON.parse(JSON.stringify(report)));
  }

  /** The gauges of the one protection, and the policy's. */
  async gauges(request: SentinelRequest = this.request()): Promise<Record<string, number>> {
    const { gauges, protections } = await this.round(request);
    return { ...gauges, ...protections[0]?.gauges };
  }

  /** Values of one metric that were written, the oldest first. */
  written(metric: MetricKey): unknown[] {
    const { name } = METRICS[metric];
    return this.store.lines.filter((line) => '_aws' in line && name in line).map((line) => line[name]);
  }

  async stop(): Promise<void> {
    await this.store.stop();
  }
}

export function protectionOf(changes: Partial<WatchedProtection> = {}): WatchedProtection {
  return {
    protection: 'database', longestRunSeconds: 4 * HOUR, verdictSeconds: 2 * HOUR,
    schedule: { expression: 'cron(0 2 * * ? *)', timeZone: 'UTC', longestGapSeconds: DAY },
    retention: { rules: { daily: 7 }, minimumVerified: 3, timeZone: 'UTC' },
    runs: { scheduleName: 'database', scheduleGroup: 'suite', stateMachine: MACHINE },
    objectives: { rpoSeconds: 26 * HOUR, rtoSeconds: HOUR },
    gauges: [...metricsBy('sentinel', 'protection')],
    ...changes,
  };
}

/** Two o'clock of a day, from 2026-03-01 on. */
export function slotOf(day: number): string {
  return new Date(Date.UTC(2026, 2, 1 + day, 2)).toISOString().replace('.000Z', 'Z');
}

/** So many hours after the slot of a day. */
export function after(day: number, hours: number): string {
  return new Date(Date.parse(slotOf(day)) + hours * 3_600_000).toISOString();
}

function digestOf(rule: StoredLifecycleRule): string {
  return createHash('sha256').update(lifecycleText(rule)).digest('hex');
}
