import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { BackupPolicy } from '../backup-policy';
import { CONTRACT_VERSION } from '../contract/common';
import { type MetricKey, METRICS } from '../contract/metrics';
import { policyPrefix } from '../contract/object-keys';
import type { DeclaredSentinel } from '../contract/sentinel-request';
import type { DeclaredWatching } from '../contract/watching';
import { expressionOf, timeZoneOf } from '../model/schedule';
import { sentinelMinutes } from '../model/watch/interval';
import type { Protection } from '../protection';
import type { BoundRecipient } from '../recipient';
import type { SentinelProps } from '../sentinel-props';
import { grantScrubRecords } from '../store/scrubs';
import type { ExtendWorker } from '../workers/extend-worker';
import type { ScrubWorker } from '../workers/scrub-worker';
import { CLOSING_SECONDS } from '../workers/worker';
import { ReplicaSentinel } from './replica-sentinel';
import { declaredMinutes } from './sentinel-interval';
import { SENTINEL_TIMEOUT_SECONDS, SentinelWorker } from './sentinel-worker';

export interface WatchProps {
  readonly sentinel: SentinelProps;
  /** Subscriptions that the policy's topic was declared with. */
  readonly subscribed: number;
  /** Of the policy: who has a plain subscription hears of a replica too. */
  readonly recipients: readonly BoundRecipient[];
  /** Asked at the end of the synthesis, when every protection is there. */
  readonly protections: () => readonly Protection[];
  /** Reads stored copies again. @default - nobody does */
  readonly scrub?: ScrubWorker;
  /** Lengthens the locks of kept copies. @default - nobody does */
  readonly extend?: ExtendWorker;
}

/**
 * Who watches a policy and who is told: puts the parts together and declares them. Each part is made here, with what it needs of the
 * others as a function that is asked at the end of the synthesis.
 */
export class Watch extends Construct {
  /** The declared interval; undefined leaves it to the objectives. */
  private readonly declaredMinutes?: number;
  private readonly sentinel: SentinelWorker;
  private readonly rights: iam.ManagedPolicy;
  private readonly replicas: readonly ReplicaSentinel[];
  private describe?: iam.PolicyStatement;

  constructor(private readonly policy: BackupPolicy, id: string, private readonly props: WatchProps) {
    super(policy, id);
    const { environment, application, _shared: shared } = policy;
    const title = `${application} (${environment})`;
    this.declaredMinutes = declaredMinutes(policy, props.sentinel);
    this.rights = new iam.ManagedPolicy(this, 'SentinelPolicy', { description: `What the sentinel of ${title} may do`, statements: this.statements() });
    policy.store.grantSentinel(this.rights, { environment, application });
    policy.store._grantRecords(this.rights, { environment, application });
    if (props.extend) this.mayDescribe(props.extend.stateMachineArn);
    if (props.scrub) grantScrubRecords(policy.store, this.rights, { environment, application });
    this.sentinel = new SentinelWorker(this, 'Sentinel', {
      title,
      rights: this.rights,
      prefix: policyPrefix('runs', { environment, application }).slice('runs'.length),
      request: () => this.request(),
      minutes: () => this.minutes(),
      logGroup: shared.workerLogs,
      scheduleGroup: shared.scheduleGroup,
      schedulerRole: (worker) => shared.admitFunction(worker),
      deadLetters: shared.deadLetters,
    });
    this.replicas = (policy.store._places ?? []).map((place) => (
      new ReplicaSentinel(place, { policy, recipients: props.recipients, protections: props.protections })));
  }

  /** Lets the sentinels look at one more protection. */
  public admit(protection: Protection): void {
    const threshold = this.policy.alarms._factsOf(protection)?.thresholds.recoveryPointOld;
    for (const replica of this.replicas) replica.admit(protection, threshold);
    this.mayDescribe(protection.stateMachine.stateMachineArn);
  }

  /** Whether somebody lengthens the locks of kept copies. */
  public get extendsLocks(): boolean {
    return this.props.extend !== undefined;
  }

  private mayDescribe(stateMachineArn: string): void {
    if (this.describe) return this.describe.addResources(stateMachineArn);
    // One for all: a managed policy ends at 6,144 characters.
    this.describe = new iam.PolicyStatement({ actions: ['states:DescribeStateMachine'], resources: [stateMachineArn] });
    this.rights.addStatements(this.describe);
  }

  /** Minutes between two rounds, and so the period of every alarm of a gauge. */
  public minutes(): number {
    return this.declaredMinutes ?? sentinelMinutes(this.props.protections().map((protection) => protection._rpoSeconds));
  }

  /** For the template's metadata. */
  public declare(): DeclaredWatching {
    return {
      sentinel: { schedule: this.sentinel.schedule(), function: this.sentinel.worker.functionArn, request: this.request() },
      replicaSentinels: this.replicas.map((replica) => replica.declare()),
      alarms: [...this.policy.alarms._declare(), ...this.replicas.flatMap((replica) => replica.declareAlarms())],
      recipients: [],
    };
  }

  /** Keys of `METRICS` that the sentinel writes of a protection: a gauge that no alarm, dashboard or message reads is not paid for. */
  private gauges(protection: Protection): MetricKey[] {
    return gaugesAmong([...this.policy.alarms._shownOf(protection), ...protection._read]);
  }

  private request(): DeclaredSentinel {
    const { policy, props: { scrub, extend } } = this;
    const { environment, application, store, topic, _shared: shared } = policy;
    return {
      version: CONTRACT_VERSION, environment, application,
      store: {
        bucket: store.bucketName, region: store.region, graceSeconds: store._graceSeconds,
        replicas: (store._replicaBuckets ?? []).map(({ bucketName, region }) => ({ bucket: bucketName, region })),
      },
      expected: store._expected(),
      deadLetters: shared.deadLetters.queueUrl,
      ...extend ? { lockExtension: {
        schedule: { expression: expressionOf(extend.schedule), timeZone: timeZoneOf(extend.schedule) },
        runs: {
          scheduleName: extend.scheduleName, scheduleGroup: shared.scheduleGroup.scheduleGroupName,
          stateMachine: extend.stateMachineArn,
        },
      } } : {},
      ...scrub ? { scrub: { scheduleName: scrub.scheduleName, scheduleGroup: shared.scheduleGroup.scheduleGroupName } } : {},
      topics: [{ arn: topic.topicArn, recipients: this.props.subscribed }],
      protections: this.props.protections()
        .map((protection) => protection._watched(this.gauges(protection), policy.alarms._ceilingOf(protection))),
      gauges: gaugesAmong(policy._read),
      limits: { timeoutSeconds: SENTINEL_TIMEOUT_SECONDS - CLOSING_SECONDS },
    };
  }

  private statements(): iam.PolicyStatement[] {
    const { topic, store, _shared: { scheduleGroup, deadLetters } } = this.policy;
    const stack = Stack.of(this);
    const schedules = stack.formatArn({
      service: 'scheduler', resource: 'schedule', resourceName: `${scheduleGroup.scheduleGroupName}/*`, arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    const replicas = store._replicaBuckets ?? [];
    return [
      new iam.PolicyStatement({ actions: ['scheduler:GetSchedule'], resources: [schedules] }),
      new iam.PolicyStatement({ actions: ['sqs:GetQueueAttributes'], resources: [deadLetters.queueArn] }),
      new iam.PolicyStatement({ actions: ['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'], resources: [topic.topicArn] }),
      ...replicas.length === 0 ? [] : [new iam.PolicyStatement({
        actions: ['s3:ListBucketVersions'],
        resources: replicas.map(({ bucketName }) => `arn:${stack.partition}:s3:::${bucketName}`),
        conditions: { StringLike: { 's3:prefix': (['runs', 'parts'] as const).map((kind) => `${policyPrefix(kind, this.policy)}*`) } },
      })],
    ];
  }
}

/** Each once, and none that a run or a round writes. */
function gaugesAmong(read: Iterable<MetricKey>): MetricKey[] {
  return [...new Set(read)].filter((key) => METRICS[key].by === 'sentinel');
}
