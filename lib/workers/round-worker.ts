import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledgeWildcards, acknowledgeWorker } from '../acknowledgements';
import type { BackupPolicy } from '../backup-policy';
import type { BackupSchedule } from '../backup-schedule';
import { workerDirectory } from '../bundles';
import { policyPrefix } from '../contract/object-keys';
import { type DeclaredRound, RoundMachine, type RoundWords } from '../machines/round-machine';
import { RunSchedule } from '../machines/run-schedule';
import { expressionOf, timeZoneOf, type Schedule } from '../model/schedule';
import { CLOSING_SECONDS } from './worker';

/** Lambda's longest: a round makes some small requests a copy, which is some minutes for ten thousand of them. */
const TIMEOUT_SECONDS = 15 * 60;

/** The worker's own end, typed, before the platform's. */
export const ROUND_LIMITS = { timeoutSeconds: TIMEOUT_SECONDS - CLOSING_SECONDS };

const MEMORY_MEGABYTES = 1024;

export interface RoundWorkerProps<Request extends DeclaredRound> {
  readonly words: RoundWords;
  readonly schedule: BackupSchedule;
  /** Adds what the worker may do of the store. */
  readonly grant: (rights: iam.ManagedPolicy) => void;
  /** Why the role may use keys that nobody knows before the round. */
  readonly wildcardReason: string;
  /** IAM path of the role. @default - none */
  readonly rolePath?: string;
  /** Asked at the end of the synthesis, when every protection is there; of the rounds' own schedule. */
  readonly request: (schedule: Schedule) => Request;
}

/** A worker that goes over a policy's copies: one Lambda function for all protections, its role, its state machine and its schedule. */
export class RoundWorker<Request extends DeclaredRound> extends Construct {
  public readonly schedule: Schedule;
  /** In the policy's group. */
  public readonly scheduleName: string;
  private readonly worker: lambda.Function;
  private readonly machine: RoundMachine;

  constructor(private readonly policy: BackupPolicy, id: string, private readonly props: RoundWorkerProps<Request>) {
    super(policy, id);
    const { words } = props;
    this.schedule = props.schedule._bind(this);
    const request = () => props.request(this.schedule);
    const title = `${policy.application} (${policy.environment})`;
    this.worker = this.createWorker(title);
    this.machine = new RoundMachine(this, 'Round', {
      title, words, request, worker: this.worker, timeoutSeconds: TIMEOUT_SECONDS,
      topics: policy._topics.notify, logGroup: policy._shared.machineLogs,
    });
    this.scheduleName = new RunSchedule(this, 'Schedule', {
      title: `${words.work} of ${title}`,
      expression: expressionOf(this.schedule),
      timeZone: timeZoneOf(this.schedule),
      machine: this.machine.machine,
      shared: policy._shared,
    }).scheduleName;
  }

  public get stateMachineArn(): string {
    return this.machine.machine.stateMachineArn;
  }

  /** @internal */
  public _declare() {
    return {
      request: this.props.request(this.schedule),
      schedule: { expression: expressionOf(this.schedule), timeZone: timeZoneOf(this.schedule) },
      function: this.worker.functionArn,
      stateMachine: this.machine.machine.stateMachineArn,
    };
  }

  private createWorker(title: string): lambda.Function {
    const { policy, props: { words: { what }, grant, wildcardReason, rolePath } } = this;
    const rights = new iam.ManagedPolicy(this, 'Policy', { description: `What the ${what} worker of ${title} may do` });
    grant(rights);
    policy._shared.workerLogs.grantWrite(rights);
    const keys = `${policyPrefix('runs', policy).slice('runs'.length)}*`;
    acknowledgeWildcards(rights, (resource) => (resource.endsWith(keys) ? wildcardReason : undefined));
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      path: rolePath,
      description: `Role of the ${what} worker of ${title}`,
      managedPolicies: [rights],
    });
    const worker = new lambda.Function(this, 'Function', {
      description: `${what} of ${title}`,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(workerDirectory(this, what)),
      handler: `index.${what}`,
      memorySize: MEMORY_MEGABYTES,
      timeout: Duration.seconds(TIMEOUT_SECONDS),
      role: role.withoutPolicyUpdates(),
      logGroup: policy._shared.workerLogs,
      loggingFormat: lambda.LoggingFormat.JSON,
    });
    acknowledgeWorker(worker);
    return worker;
  }
}
