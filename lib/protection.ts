import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';
import type { ProtectionAlarmProps } from './alarm-props';
import type { Assertion } from './assertion';
import type { BackupPolicy } from './backup-policy';
import type { IBackupStore } from './backup-store';
import { Compute } from './compute';
import { CONTRACT_VERSION } from './contract/common';
import type { ExtendedProtection } from './contract/extend-request';
import type { RetiredProtection } from './contract/retire-request';
import type { ScrubbedProtection } from './contract/scrub-request';
import type { DeclaredSentinel } from './contract/sentinel-request';
import type { DeclaredRun } from './contract/run-request';
import { proveProtection } from './model/proof';
import { expressionOf, timeZoneOf } from './model/schedule';
import type { ThresholdFacts } from './model/watch/thresholds';
import type { PolicyShared } from './policy-shared';
import { Proof } from './proof/proof';
import { factsOf, promiseOf, type ProtectionPromise } from './proof/protection-promise';
import type { ProtectionProps } from './protection-props';
import { PropRefused, requireName } from './refusal';
import { ReplicaDrill } from './machines/replica-drill';
import { retiredProtection } from './workers/retired-protection';
import { RunMachine } from './machines/run-machine';
import { RunSchedule } from './machines/run-schedule';
import type { SourceConfig } from './source';
import { openNetwork, type ProtectionNetwork } from './network/source-network';
import { dimensionsOf } from './watch/metric';
import { ProtectionMetrics } from './watch/protection-metrics';
import { thresholdFactsOf } from './watch/threshold-facts';
import { CLOSING_SECONDS, type Worker } from './workers/worker';

/** One source under one schedule, retention and set of objectives: a state machine, its two workers, its schedule. */
export class Protection extends ProtectionMetrics implements ec2.IConnectable {
  /** The state machine that runs it: `{"slot":"<instant>"}` is its input. */
  public readonly stateMachine: sfn.IStateMachine;
  /** @internal */
  public readonly _protects: readonly IConstruct[];
  /** @internal */
  protected readonly _dimensionsMap: Record<string, string>;
  private readonly network?: ProtectionNetwork;
  private readonly alarms: ProtectionAlarmProps;
  private readonly store: IBackupStore;
  private readonly promise: ProtectionPromise;
  private readonly run: DeclaredRun;
  private readonly proof: Proof;
  private readonly longestRunSeconds: number;
  private readonly verdictSeconds: number;
  private readonly scheduleName: string;
  private readonly shared: PolicyShared;
  private readonly replicaDrills: ReplicaDrill[];
  private readonly scrubSeconds?: number;

  /** Made by `BackupPolicy.protect()`. */
  constructor(policy: BackupPolicy, id: string, props: ProtectionProps) {
    super(policy, requireName(policy, 'the protection\'s id', id));
    this._dimensionsMap = dimensionsOf(policy.environment, policy.application, id);
    this.alarms = props.alarms ?? {};
    this.store = policy.store;
    this.scrubSeconds = policy._scrubFacts?.periodSeconds;
    this.promise = promiseOf(this, policy.application, props);
    const source = props.source.bind(this);
    this._protects = source.protects ?? [];
    this.network = openNetwork(this, source);
    const [dump, verify] = (['dump', 'verify'] as const).map((purpose) => this.worker(policy, props, source, purpose));
    this.run = this.declareRun(policy, props, source, Math.min(dump.timeoutSeconds, verify.timeoutSeconds) - CLOSING_SECONDS);
    this.checkRequest(dump.maximumRequest);
    const workers = { platform: verify.platform, limitSeconds: this.run.limits.timeoutSeconds, scratchBytes: verify.scratchBytes };
    const { promise, run: { encryption } } = this;
    this.proof = new Proof(this, () => {
      const [alarms, scrub] = [policy.alarms._factsOf(this), policy._scrubFacts];
      return proveProtection(factsOf({ promise, store: policy.store, owner: policy, workers, encryption, alarms, scrub }));
    });
    const machine = new RunMachine(this, 'Run', {
      title: this.title(policy),
      run: this.run,
      dump,
      verify,
      before: props.hooks?.before,
      after: props.hooks?.after,
      topics: policy._topics.page,
      successes: policy._notify.successes ? policy._intake.notify : undefined,
      logGroup: policy._shared.machineLogs,
    });
    this.replicaDrills = (policy.store._drills ?? []).map(({ place, compute }) =>
      new ReplicaDrill(place, { title: this.title(policy), compute, source, run: this.run, home: Stack.of(this) }));
    this.stateMachine = machine.machine;
    this.longestRunSeconds = machine.timeoutSeconds;
    this.verdictSeconds = machine.verdictSeconds;
    this.shared = policy._shared;
    this.scheduleName = new RunSchedule(this, 'Schedule', {
      title: this.title(policy),
      expression: expressionOf(this.promise.schedule),
      timeZone: timeZoneOf(this.promise.schedule),
      machine: machine.machine,
      shared: policy._shared,
    }).scheduleName;
  }

  /** Network of the dump worker, to open a server's door to it. Only a source in a VPC has one. */
  public get connections(): ec2.Connections {
    if (!this.network) throw new PropRefused(this, 'connections', 'asked for', 'only a source with a VPC');
    return this.network.connections;
  }

  /**
   * Says that a finding here is known and meant: an error ends the synthesis no more. The reason stands in the metadata, the validation
   * report and the rehearsal's report. An acknowledgement of what is not found is a finding itself.
   *
   * @param code such as `RPO_NEEDS_CONTINUOUS_COPY`
   * @param reason for whoever reads the report
   */
  public acknowledge(code: string, reason: string): void {
    this.proof.acknowledge(code, reason);
  }

  /** @internal */
  public _declare() {
    return {
      id: this.node.id,
      path: this.node.path,
      schedule: { expression: expressionOf(this.promise.schedule), timeZone: timeZoneOf(this.promise.schedule) },
      retention: this.promise.retention,
      run: this.run,
      criticality: this.promise.tier?.name,
      expected: this.promise.expected,
      findings: this.proof.findings(),
      stateMachine: this.stateMachine.stateMachineArn,
      ...(this.replicaDrills.length > 0 ? { replicaDrills: this.replicaDrills.map((drill) => drill.declare()) } : {}),
    };
  }

  /** @internal */
  public _retired(): RetiredProtection {
    return retiredProtection(this.node.id, this.promise, this.longestRunSeconds);
  }

  /** @internal */
  public _extended(): ExtendedProtection {
    const { longestRunSeconds, promise: { ceilingSeconds } } = this;
    return { protection: this.node.id, longestRunSeconds, ...ceilingSeconds === undefined ? {} : { ceilingSeconds } };
  }

  /** @internal */
  public _scrubbed(): ScrubbedProtection {
    return { protection: this.node.id, longestRunSeconds: this.longestRunSeconds };
  }

  /** @internal */
  public get _rpoSeconds(): number {
    return this.promise.rpoSeconds;
  }

  /** @internal */
  public _watched(gauges: readonly string[], ceilingBytes?: number): DeclaredSentinel['protections'][number] {
    const { protection, schedule, retention, longestRunSeconds } = this._retired();
    return {
      protection, schedule, retention, longestRunSeconds,
      runs: {
        scheduleName: this.scheduleName, scheduleGroup: this.shared.scheduleGroup.scheduleGroupName,
        stateMachine: this.stateMachine.stateMachineArn,
      },
      objectives: { rpoSeconds: this.promise.rpoSeconds, rtoSeconds: this.promise.rtoSeconds },
      verdictSeconds: this.verdictSeconds,
      ...ceilingBytes === undefined ? {} : { ceilingBytes },
      gauges: [...gauges],
    };
  }

  /** @internal */
  public _alarmed(): { readonly tier?: string; readonly alarms: ProtectionAlarmProps } {
    return { tier: this.promise.tier?.name, alarms: this.alarms };
  }

  /** @internal */
  public _thresholdFacts(): ThresholdFacts {
    const { promise, run, longestRunSeconds, verdictSeconds, store: { _replicas: replicas }, scrubSeconds } = this;
    return thresholdFactsOf({ promise, run, longestRunSeconds, verdictSeconds, replicas, scrubSeconds });
  }

  private title(policy: BackupPolicy): string {
    return `${policy.application}/${this.node.id} (${policy.environment})`;
  }

  private worker(policy: BackupPolicy, props: ProtectionProps, source: SourceConfig, purpose: 'dump' | 'verify'): Worker {
    const scope = { environment: policy.environment, application: policy.application, protection: this.node.id };
    return (props.compute ?? Compute.lambda())._worker(this, purpose === 'dump' ? 'Dump' : 'Verify', {
      purpose,
      engine: source.engine,
      image: purpose === 'verify' ? source.scratchImage : undefined, imageTarget: source.imageTarget,
      title: this.title(policy),
      prefix: `${policy.environment}/${policy.application}/${this.node.id}/`,
      grant: (grantee) => {
        if (purpose === 'dump') policy.store.grantDump(grantee, scope);
        else policy.store.grantVerify(grantee, scope);
        const statements = source.statements ?? [];
        const own = purpose === 'dump' ? statements : props.encryption?._drillStatements(this, statements) ?? [];
        for (const statement of own) grantee.grantPrincipal.addToPrincipalPolicy(statement);
      },
      logGroup: policy._shared.workerLogs,
      network: purpose === 'dump' ? this.network?.dump : this.network?.verify,
      shared: policy,
    });
  }

  private declareRun(policy: BackupPolicy, props: ProtectionProps, source: SourceConfig, timeoutSeconds: number): DeclaredRun {
    const { store } = policy;
    return {
      version: CONTRACT_VERSION,
      environment: policy.environment,
      application: policy.application,
      protection: this.node.id,
      engine: source.engine,
      store: {
        bucket: store.bucketName,
        region: store.region,
        keyArn: store.keyArn,
        ...(store._lock ? { lock: { mode: store._lock.mode, retentionSeconds: store._lock.retentionSeconds } } : {}),
      },
      objectives: { rpoSeconds: this.promise.rpoSeconds, rtoSeconds: this.promise.rtoSeconds },
      limits: { timeoutSeconds },
      assertions: this.assertions(props.assertions ?? []),
      ...(props.encryption ? { encryption: props.encryption._bind(this) } : {}),
      config: source.config,
    };
  }

  private checkRequest(maximum: number | undefined): void {
    const characters = JSON.stringify(JSON.stringify(Stack.of(this).resolve(this.run))).length;
    if (maximum === undefined || characters <= maximum) return;
    const allowed = `${maximum} on Fargate, where a task's overrides end at 8192: fewer or shorter assertions, table patterns and recipients of encryption`;
    throw new PropRefused(this, 'assertions and source', `a request of ${characters} characters`, allowed);
  }

  private assertions(assertions: Assertion[]) {
    const bound = assertions.map((assertion) => assertion._bind(this));
    const names = bound.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new PropRefused(this, 'assertions', `"${twice}" twice`, 'each name once');
    return bound;
  }
}
