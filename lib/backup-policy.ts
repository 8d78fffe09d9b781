import { RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DISABLE_CREATION_STACK_TRACES } from 'aws-cdk-lib/cx-api';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { PolicyAlarmProps } from './alarm-props';
import { BackupAlarms } from './backup-alarms';
import type { IBackupStore } from './backup-store';
import { type PolicyFacts, policyFindings, type ScrubFacts, templateFindings } from './model/proof';
import { longestGapSeconds } from './model/schedule';
import type { NotificationsProps } from './notifications';
import { PolicyShared } from './policy-shared';
import { claimPrefix } from './prefix-claims';
import { findingsAt, Proof } from './proof/proof';
import { Protection } from './protection';
import type { ProtectionProps } from './protection-props';
import type { Recipient } from './recipient';
import { PropRefused, requireName } from './refusal';
import { IntakeTopics } from './watch/intake-topics';
import { Notify } from './watch/notify';
import type { LockExtensionProps } from './lock-extension';
import { ExtendWorker } from './workers/extend-worker';
import { RetireWorker } from './workers/retire-worker';
import { ScrubWorker } from './workers/scrub-worker';
import type { RetirementProps } from './retirement';
import type { ScrubProps } from './scrub';
import type { SentinelProps } from './sentinel-props';
import { declareInTemplate, resourcesOf } from './template-metadata';
import { dimensionsOf } from './watch/metric';
import { PolicyDashboard } from './watch/policy-dashboard';
import { PolicyMetrics } from './watch/policy-metrics';
import { Watch } from './watch/watch';

/** Context key of the environment of policies that do not name theirs. */
const ENVIRONMENT_CONTEXT = 'cdk-backup-policy:environment';

/** Properties of a BackupPolicy. */
export interface BackupPolicyProps {
  /** Whose copies these are: first name in every key and metric. Lower-case letters, digits and hyphens, 63 characters at most. */
  readonly application: string;
  /**
   * Environment, part of every key and metric: staging never counts as production. The same characters as `application`.
   * @default - the context value `cdk-backup-policy:environment`, or `production`
   */
  readonly environment?: string;
  /** Where the copies lie. */
  readonly store: IBackupStore;
  /** Who is told when something is wrong, when it is over, and that all is well; at least one that hears pages. */
  readonly recipients: Recipient[];
  /**
   * How copies that nothing keeps are released.
   * @default - a round a day
   */
  readonly retirement?: RetirementProps;
  /**
   * Lengthens the lock of the copies that are kept, each time by the store's own, so that none of them is ever without one: by a worker
   * with a role of its own, which can do nothing else. `{}` for a round a day.
   * @default - none: each copy's lock ends when the store's is over, however long it is kept
   */
  readonly lockExtension?: LockExtensionProps;
  /**
   * Reads the stored copies again on a rotation, each within a period, so that what rots is found before it is needed: by a worker with a
   * role of its own, which reads and writes down what it read. `{ within: Duration.days(90) }` for a round a day.
   * @default - none: a copy's bytes are read once, by its verification
   */
  readonly scrub?: ScrubProps;
  /**
   * How the store is looked at between the runs.
   * @default - every 15 minutes, or oftener where an objective asks for it
   */
  readonly sentinel?: SentinelProps;
  /**
   * Which alarms there are, and from when they speak: of the policy itself, and of each protection that does not say something else.
   * @default - by the criticality of each protection, with thresholds from what it promises
   */
  readonly alarms?: PolicyAlarmProps;
  /**
   * How recipients are told: language, quiet hours, digest, test.
   * @default - in English, at any hour, with a digest a week
   */
  readonly notifications?: NotificationsProps;
  /**
   * Whether there is a dashboard, which costs $3 a month and the gauges that no alarm reads $0.30 each.
   * @default true
   */
  readonly dashboard?: boolean;
}

/** One application's declaration: a store, recipients, protections. */
export class BackupPolicy extends PolicyMetrics {
  /** Whose copies these are. */
  public readonly application: string;
  /** Environment of the application. */
  public readonly environment: string;
  /** Where the copies lie. */
  public readonly store: IBackupStore;
  /** Encrypted with a key of its own; e-mail and telephone recipients are subscribed, and hear their own messages of what is said here. */
  public readonly topic: sns.ITopic;
  /** Alarms of your own say here what is to wake somebody: recipients of pages are told with the alarm's description. */
  public readonly pageTopic: sns.ITopic;
  /** Alarms of your own say here what can wait for the next working hour. */
  public readonly notifyTopic: sns.ITopic;
  /** What is held against what was declared, and tells somebody. */
  public readonly alarms: BackupAlarms;
  /** @internal */
  public readonly _dashboard?: PolicyDashboard;
  /** @internal */
  protected readonly _dimensionsMap: Record<string, string>;
  /** @internal */
  public readonly _shared: PolicyShared;
  /**
   * Where machines say that they failed, by how soon somebody must know: the intake topic, and then the policy's own.
   * @internal
   */
  public readonly _topics: { readonly page: sns.ITopic[]; readonly notify: sns.ITopic[] };
  /** @internal */
  public readonly _intake: IntakeTopics;
  /** Who watches it. @internal */
  public readonly _watch: Watch;
  /** Who is told. @internal */
  public readonly _notify: Notify;
  private readonly protections: Protection[] = [];
  private readonly proof: Proof;
  private readonly retire: RetireWorker;
  private readonly extend?: ExtendWorker;
  private readonly scrub?: ScrubWorker;

  constructor(scope: Construct, id: string, props: BackupPolicyProps) {
    super(scope, id);
    // A trace of each part would end in the one line that made the policy: its path says as much, and traces are a tenth of a synthesis.
    this.node.setContext(DISABLE_CREATION_STACK_TRACES, true);
    this.application = requireName(this, 'application', props.application);
    this.environment = requireName(this, 'environment', props.environment ?? this.node.tryGetContext(ENVIRONMENT_CONTEXT) ?? 'production');
    this._dimensionsMap = dimensionsOf(this.environment, this.application);
    this.store = props.store;
    const { testEnvironment } = props.store.removal;
    if (testEnvironment !== undefined && testEnvironment !== this.environment) {
      throw new PropRefused(this, 'store', `${props.store.node.path}, which goes with its stack`, `that store for environment "${testEnvironment}" only; this policy is of "${this.environment}"`);
    }
    if (props.recipients.length === 0) throw new PropRefused(this, 'recipients', 'an empty list', 'at least one: a failure that nobody hears is no backup');
    this._shared = new PolicyShared(this, 'Shared');
    const key = new kms.Key(this, 'TopicKey', { description: `Messages of ${this.node.path}`, enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
    const title = `${this.application} (${this.environment})`;
    this.topic = new sns.Topic(this, 'Topic', { displayName: `Backup ${title}`.slice(0, 100), masterKey: key, enforceSSL: true });
    this._intake = new IntakeTopics(this, 'Intake', { title, key });
    this.pageTopic = this._intake.page;
    this.notifyTopic = this._intake.notify;
    this._topics = { page: [this._intake.page, this.topic], notify: [this._intake.notify, this.topic] };
    this._notify = new Notify(this, 'Notify', { recipients: props.recipients, notifications: props.notifications ?? {}, key, protections: () => this.protections });
    this.retire = new RetireWorker(this, 'Retire', props.retirement ?? {}, () => this.protections.map((protection) => protection._retired()));
    this.extend = props.lockExtension && new ExtendWorker(this, 'Extend', props.lockExtension, () => this.protections.map((protection) => protection._extended()));
    this.scrub = props.scrub && new ScrubWorker(this, 'Scrub', props.scrub, () => this.protections.map((protection) => protection._scrubbed()));
    this._watch = new Watch(this, 'Watch', { sentinel: props.sentinel ?? {}, subscribed: this._notify.subscribed, recipients: this._notify.told, protections: () => this.protections, scrub: this.scrub, extend: this.extend });
    this.alarms = new BackupAlarms(this, 'Alarms', props.alarms ?? {});
    if (props.dashboard ?? true) this._dashboard = new PolicyDashboard(this, 'Dashboard', this);
    const first = declareInTemplate(this, () => this.declare());
    // What concerns the whole template is said once.
    this.proof = new Proof(this, () => [...policyFindings(this.facts()), ...first ? templateFindings(resourcesOf(this)) : []]);
  }

  /** Each protection against its objectives, the last 30 days and the alarms; takes widgets of your own. Undefined where not wanted. */
  public get dashboard(): cloudwatch.Dashboard | undefined {
    return this._dashboard?.dashboard;
  }

  /**
   * Protects one source.
   *
   * @param id name of the protection in keys, metrics and messages; lower-case letters, digits and hyphens, 63 characters at most
   */
  public protect(id: string, props: ProtectionProps): Protection {
    if (this.protections.some((protection) => protection.node.id === id)) {
      throw new PropRefused(this, 'the protection\'s id', `"${id}" twice`, 'each id once in a policy: it is part of every key');
    }
    claimPrefix(this.store, this, { environment: this.environment, application: this.application, protection: id });
    const protection = new Protection(this, id, props);
    this.protections.push(protection);
    this.alarms._admit(protection);
    this._watch.admit(protection);
    this._notify.admit(protection);
    this._dashboard?.admit(protection);
    return protection;
  }

  /**
   * Says that a finding of the policy itself, or of the template whose first policy it is, is known and meant.
   *
   * @param code such as `TEMPLATE_NEAR_LIMIT`
   * @param reason for whoever reads the report
   */
  public acknowledge(code: string, reason: string): void {
    this.proof.acknowledge(code, reason);
  }

  /** Between two audits of the store. @internal */
  public get _auditGapSeconds(): number {
    return longestGapSeconds(this.retire.schedule).seconds;
  }

  /** How stored copies are read again; undefined where they are not. @internal */
  public get _scrubFacts(): ScrubFacts | undefined {
    return this.scrub?.facts;
  }

  private facts(): PolicyFacts {
    const { protections, _watch: watch } = this;
    const rpoSeconds = protections.map((one) => one._rpoSeconds);
    return { protections: protections.length, rpoSeconds, sentinelSeconds: watch.minutes() * 60 };
  }

  private declare() {
    return {
      application: this.application,
      environment: this.environment,
      path: this.node.path,
      topic: this.topic.topicArn,
      store: this.declareStore(),
      findings: [...this.proof.findings(), ...findingsAt(this.store)],
      retirement: this.retire._declare(),
      ...this.extend ? { lockExtension: this.extend._declare() } : {},
      ...this.scrub ? { scrub: this.scrub._declare() } : {},
      watching: { ...this._watch.declare(), ...this._notify.declare() },
      protections: this.protections.map((protection) => protection._declare()),
    };
  }

  private declareStore() {
    const { _lock: lock, _replicas: replicas, _graceSeconds: graceSeconds, _transitions: transitions } = this.store;
    return {
      ...(lock ? { lock: { mode: lock.mode, retentionSeconds: lock.retentionSeconds } } : {}),
      replicas: replicas.map(({ region, account, replicationTimeControl }) => ({ region, account, timeControl: replicationTimeControl })),
      graceSeconds,
      transitions: transitions.map(({ storageClass, afterDays }) => ({ storageClass, afterDays })),
    };
  }
}
