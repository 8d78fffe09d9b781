import { createHash } from 'node:crypto';
import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { BackupPolicy } from '../backup-policy';
import type { BackupReplicaStore } from '../backup-replica-store';
import { ALARM_KINDS } from '../contract/alarm-kinds';
import { CONTRACT_VERSION } from '../contract/common';
import type { MetricKey } from '../contract/metrics';
import { alarmMark } from '../contract/notification';
import { policyPrefix } from '../contract/object-keys';
import { alarmSection } from '../contract/runbook';
import type { DeclaredSentinel } from '../contract/sentinel-request';
import type { DeclaredAlarm, DeclaredWatching } from '../contract/watching';
import { SENTINEL_MINUTES } from '../model/watch/interval';
import type { Protection } from '../protection';
import type { BoundRecipient } from '../recipient';
import { workerLogsOf } from '../store/place-logs';
import { CLOSING_SECONDS } from '../workers/worker';
import { ALARM_WORDS } from './alarm-words';
import { WARM_UP_MINUTES } from './alarm-of-gauge';
import { dimensionsOf, metricOf, watchedMetric } from './metric';
import { ReplicaWatch } from './replica-watch';
import { SENTINEL_TIMEOUT_SECONDS, SentinelWorker } from './sentinel-worker';

/** What the alarms there read, and nothing else. */
const GAUGES: readonly MetricKey[] = ['recoveryPointAge', 'pausedSeconds'];
const POLICY_GAUGES: readonly MetricKey[] = ['sentinelRounds'];

/**
 * That an alarm begins, and that one is over; not that a new alarm has its first data and is well, which every deployment would say. In
 * CloudWatch's own words (SNS Developer Guide, "Payload-based message filtering" and "Filter policy operators: OR").
 */
const TOLD = { $or: [{ NewStateValue: ['ALARM'] }, { OldStateValue: ['ALARM'] }] };

/** As of the first region's alarms. */
const ROUNDS = { evaluationPeriods: 3, datapointsToAlarm: 2 };

type Kind = 'recoveryPointOld' | 'sentinelSilent';

export interface ReplicaSentinelProps {
  readonly policy: BackupPolicy;
  /** Those of the policy; whoever has a plain subscription hears of it here too. */
  readonly recipients: readonly BoundRecipient[];
  /** Asked at the end of the synthesis, when every protection is there. */
  readonly protections: () => readonly Protection[];
}

interface MadeAlarm {
  readonly kind: Kind;
  readonly threshold: number;
  readonly protection?: string;
  readonly alarm: cloudwatch.Alarm;
}

/**
 * The small sentinel of one policy in a replica's region, with a topic and alarms of its own: it hears of nothing from the first region,
 * so that the loss of that one does not silence it.
 */
export class ReplicaSentinel extends Construct {
  private readonly place: BackupReplicaStore;
  private readonly topic: sns.Topic;
  private readonly sentinel: SentinelWorker;
  private readonly subscribed: number;
  private readonly made: MadeAlarm[] = [];

  constructor(place: BackupReplicaStore, private readonly props: ReplicaSentinelProps) {
    const { policy: { environment, application }, recipients } = props;
    super(Stack.of(place), `Watch-${environment}-${application}`);
    this.place = place;
    const title = `${application} (${environment}) in its replica`;
    const shared = ReplicaWatch.of(place);
    this.topic = new sns.Topic(this, 'Topic', { displayName: `Backup ${title}`.slice(0, 100), masterKey: shared.key, enforceSSL: true });
    this.topic.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'Alarms', principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'], resources: [this.topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    }));
    const paged = recipients.filter(({ severities }) => severities.includes('page'));
    const subscriptions = paged.flatMap(({ subscription }) => subscription?.() ?? []);
    for (const subscription of subscriptions) {
      const made = this.topic.addSubscription(subscription).node.defaultChild as sns.CfnSubscription;
      made.filterPolicyScope = 'MessageBody';
      made.filterPolicy = TOLD;
    }
    this.subscribed = subscriptions.length;
    const rights = new iam.ManagedPolicy(this, 'SentinelPolicy', {
      description: `What the sentinel of ${title} may do`,
      statements: [new iam.PolicyStatement({
        actions: ['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'], resources: [this.topic.topicArn],
      })],
    });
    place.grantSentinel(rights, { environment, application });
    this.sentinel = new SentinelWorker(this, 'Sentinel', {
      title, rights,
      functionName: this.functionName(),
      prefix: policyPrefix('runs', { environment, application }).slice('runs'.length),
      request: () => ({
        ...this.request(), expected: place._expected(),
        topics: this.subscribed > 0 ? [{ arn: this.topic.topicArn, recipients: this.subscribed }] : [],
      }),
      minutes: () => SENTINEL_MINUTES,
      logGroup: workerLogsOf(place),
      scheduleGroup: shared.scheduleGroup,
      schedulerRole: (worker) => shared.admit(worker),
    });
    this.alarm(this, 'sentinelSilent', 1);
  }

  /** @param threshold of the recovery point in the first region; undefined where it has no such alarm */
  public admit(protection: Protection, threshold: number | undefined): void {
    if (threshold === undefined) return;
    // What is proven there must have come here too.
    const arrival = this.replicationSeconds();
    this.alarm(new Construct(this, protection.node.id), 'recoveryPointOld', threshold + arrival, protection.node.id);
  }

  /** For the metadata of the policy's template, without what only the replica's stack can fill in. */
  public declare(): DeclaredWatching['replicaSentinels'][number] {
    const { partition, account } = Stack.of(this.props.policy);
    return {
      region: this.place.region, schedule: this.sentinel.schedule(),
      function: `arn:${partition}:lambda:${this.place.region}:${account}:function:${this.functionName()}`,
      request: { ...this.request(), expected: { ...this.place._expected(), policy: undefined, keys: [] }, topics: [] },
    };
  }

  public declareAlarms(): DeclaredAlarm[] {
    const stack = Stack.of(this);
    return this.made.map(({ kind, threshold, protection, alarm }) => ({
      kind, threshold, severity: ALARM_KINDS[kind].severity, region: this.place.region,
      logicalId: stack.resolve((alarm.node.defaultChild as cloudwatch.CfnAlarm).logicalId) as string,
      ...protection === undefined ? {} : { protection },
    }));
  }

  private request(): Omit<DeclaredSentinel, 'expected' | 'topics'> {
    const { policy, protections } = this.props;
    const { environment, application, store } = policy;
    const bucket = store._replicaBuckets?.find(({ region }) => region === this.place.region)?.bucketName;
    return {
      version: CONTRACT_VERSION, environment, application,
      store: { bucket: bucket ?? this.place.bucketName, region: this.place.region, graceSeconds: store._graceSeconds, replicas: [] },
      protections: protections().map((protection) => {
        const read = this.made.some((one) => one.protection === protection.node.id);
        const { runs: _ofTheFirstRegion, ceilingBytes: _too, ...watched } = protection._watched(read ? GAUGES : []);
        return watched;
      }),
      gauges: [...POLICY_GAUGES],
      limits: { timeoutSeconds: SENTINEL_TIMEOUT_SECONDS - CLOSING_SECONDS },
    };
  }

  /** S3's promise is a quarter of an hour; without it most objects take minutes, and some hours. */
  private replicationSeconds(): number {
    const replica = this.props.policy.store._replicas.find(({ region }) => region === this.place.region);
    return replica?.replicationTimeControl === false ? 3600 : 900;
  }

  /** One that both regions' stacks can say: a reference from one to the other would make each wait for the other. */
  private functionName(): string {
    const { policy: { environment, application, node } } = this.props;
    const { stackName } = Stack.of(this.props.policy);
    const digest = createHash('sha256').update(`${stackName} ${node.path}`).digest('hex').slice(0, 8);
    return `sentinel-${environment}-${application}`.slice(0, 64 - 9).concat(`-${digest}`);
  }

  private alarm(scope: Construct, kind: Kind, threshold: number, protection?: string): void {
    const { environment, application } = this.props.policy;
    const { breach } = ALARM_KINDS[kind];
    const { meaning, risk } = ALARM_WORDS[kind];
    const whose = protection === undefined ? application : `${application}/${protection}`;
    const alarm = new cloudwatch.Alarm(scope, `${kind[0].toUpperCase()}${kind.slice(1)}`, {
      alarmDescription: [
        `${whose} (${environment}), by its replica in ${this.place.region}: ${meaning}`,
        `At risk: ${risk}`,
        `What to do: ${alarmSection(kind, 'en')}`,
        alarmMark({ kind, environment, application, ...protection === undefined ? {} : { protection } }),
      ].join('\n'),
      metric: watchedMetric(kind, (key) => (
        metricOf(key, dimensionsOf(environment, application, protection), { period: Duration.minutes(SENTINEL_MINUTES) }))),
      threshold, ...ROUNDS,
      comparisonOperator: breach === 'above'
        ? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD : cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
    (alarm.node.defaultChild as cloudwatch.CfnAlarm).warmUpConfiguration = { warmUpPeriodDurationInMinutes: WARM_UP_MINUTES };
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.made.push({ kind, threshold, protection, alarm });
  }
}
