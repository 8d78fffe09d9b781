import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Assertion } from './assertion';
import type { BackupPolicy } from './backup-policy';
import type { BackupSchedule } from './backup-schedule';
import type { ClientEncryption } from './client-encryption';
import { Compute } from './compute';
import { CONTRACT_VERSION } from './contract/common';
import type { DeclaredRetention } from './contract/policy-metadata';
import type { DeclaredRun } from './contract/run-request';
import { expressionOf, timeZoneOf, type Schedule } from './model/schedule';
import { findingsOf } from './model/findings';
import { PropRefused, requireDuration, requireName } from './refusal';
import type { Retention } from './retention';
import { RunMachine } from './run-machine';
import { RunSchedule } from './run-schedule';
import type { Source, SourceConfig } from './source';
import { openNetwork, type ProtectionNetwork } from './source-network';
import { CLOSING_SECONDS, type Worker } from './workers/worker';

/** What a protection promises. */
export interface ProtectionObjectives {
  /** Recovery point objective: the most that may be lost, counted from the state a copy holds. From 1 minute to 366 days. */
  readonly rpo: Duration;
  /** Recovery time objective: a restore that takes longer is not proven. From 1 minute to 7 days. */
  readonly rto: Duration;
}

/** Functions of the team's own around a dump. They get the names of the run, its slot and which of the two they are (`hook`). */
export interface ProtectionHooks {
  /**
   * Called before the dump; if it fails there is no dump.
   * @default - nothing
   */
  readonly before?: lambda.IFunction;
  /**
   * Called after the dump whatever became of it, and after a `before` that failed. If it fails the run fails, with its copy kept and
   * not verified.
   * @default - nothing
   */
  readonly after?: lambda.IFunction;
}

/** What is protected, when, for how long, and how well. */
export interface ProtectionProps {
  /** What is protected. */
  readonly source: Source;
  /** When it runs. */
  readonly schedule: BackupSchedule;
  /** Which copies are kept. */
  readonly retention: Retention;
  /** What it promises; every drill is timed against the RTO. */
  readonly objectives: ProtectionObjectives;
  /**
   * Where the workers run.
   * @default Compute.lambda()
   */
  readonly compute?: Compute;
  /**
   * Questions to every restored copy, beside the census.
   * @default - none
   */
  readonly assertions?: Assertion[];
  /**
   * Functions around the dump.
   * @default - none
   */
  readonly hooks?: ProtectionHooks;
  /**
   * Encrypts the copies before they leave the worker, on top of the store's own encryption.
   * @default - the store's key alone
   */
  readonly encryption?: ClientEncryption;
}

/** One source under one schedule, retention and set of objectives: a state machine, its two workers, its schedule. */
export class Protection extends Construct implements ec2.IConnectable {
  /** The state machine that runs it: `{"slot":"<instant>"}` is its input. */
  public readonly stateMachine: sfn.IStateMachine;
  private readonly network?: ProtectionNetwork;
  private readonly boundSchedule: Schedule;
  private readonly boundRetention: DeclaredRetention;
  private readonly run: DeclaredRun;

  /** Made by `BackupPolicy.protect()`. */
  constructor(policy: BackupPolicy, id: string, props: ProtectionProps) {
    super(policy, requireName(policy, 'the protection\'s id', id));
    this.boundSchedule = props.schedule._bind(this);
    this.boundRetention = props.retention._bind(this, timeZoneOf(this.boundSchedule));
    const source = props.source.bind(this);
    this.network = openNetwork(this, source);
    const [dump, verify] = (['dump', 'verify'] as const).map((purpose) => this.worker(policy, props, source, purpose));
    this.run = this.declareRun(policy, props, source, Math.min(dump.timeoutSeconds, verify.timeoutSeconds) - CLOSING_SECONDS);
    this.checkRequest(dump.maximumRequest);
    this.prove();
    const machine = new RunMachine(this, 'Run', {
      title: this.title(policy),
      run: this.run,
      dump,
      verify,
      before: props.hooks?.before,
      after: props.hooks?.after,
      topics: policy._topics,
      logGroup: policy._shared.machineLogs,
    });
    this.stateMachine = machine.machine;
    new RunSchedule(this, 'Schedule', {
      title: this.title(policy),
      expression: expressionOf(this.boundSchedule),
      timeZone: timeZoneOf(this.boundSchedule),
      machine: machine.machine,
      shared: policy._shared,
    });
  }

  /** Network of the dump worker, to open a server's door to it. Only a source in a VPC has one. */
  public get connections(): ec2.Connections {
    if (!this.network) throw new PropRefused(this, 'connections', 'asked for', 'only a source with a VPC');
    return this.network.connections;
  }

  /** @internal */
  public _declare() {
    return {
      id: this.node.id,
      path: this.node.path,
      schedule: { expression: expressionOf(this.boundSchedule), timeZone: timeZoneOf(this.boundSchedule) },
      retention: this.boundRetention,
      run: this.run,
      stateMachine: this.stateMachine.stateMachineArn,
    };
  }

  private title(policy: BackupPolicy): string {
    return `${policy.application}/${this.node.id} (${policy.environment})`;
  }

  private worker(policy: BackupPolicy, props: ProtectionProps, source: SourceConfig, purpose: 'dump' | 'verify'): Worker {
    const scope = { environment: policy.environment, application: policy.application, protection: this.node.id };
    return (props.compute ?? Compute.lambda())._worker(this, purpose === 'dump' ? 'Dump' : 'Verify', {
      purpose,
      engine: source.engine,
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
    const { rpo, rto } = props.objectives;
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
      objectives: {
        rpoSeconds: requireDuration(this, 'objectives.rpo', rpo, Duration.minutes(1), Duration.days(366)),
        rtoSeconds: requireDuration(this, 'objectives.rto', rto, Duration.minutes(1), Duration.days(7)),
      },
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

  private prove(): void {
    const findings = findingsOf({ schedule: this.boundSchedule, rpoSeconds: this.run.objectives.rpoSeconds });
    const say = (finding: (typeof findings)[number]) => `[${finding.code}] ${finding.reason}; ${finding.mend}`;
    for (const finding of findings) {
      if (finding.severity === 'warning') Annotations.of(this).addWarningV2(`cdk-backup-policy:${finding.code}`, say(finding));
    }
    this.node.addValidation({ validate: () => findings.filter(({ severity }) => severity === 'error').map(say) });
  }
}
