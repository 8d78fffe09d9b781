import { Duration, Lazy, TimeZone } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { type IScheduleGroup, Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeRegulations, acknowledgeWildcards } from '../acknowledgements';
import { workerDirectory } from '../bundles';
import type { DeclaredSentinel } from '../contract/sentinel-request';
import { sentinelExpression } from '../model/watch/interval';

/** A round asks for some dozens of small objects; what takes longer than this does not answer. */
export const SENTINEL_TIMEOUT_SECONDS = 5 * 60;

const MEMORY_MEGABYTES = 512;

/** A round that could not start within these is the next one's. */
const RETRIES = 2;
const MAXIMUM_AGE = Duration.minutes(5);

export interface SentinelWorkerProps {
  /** Whose it is, for descriptions. */
  readonly title: string;
  /**
   * Where two stacks must say it.
   * @default - CloudFormation's
   */
  readonly functionName?: string;
  /** What it may do, beside its logs. */
  readonly rights: iam.ManagedPolicy;
  /** What its wildcards contain, as `/<environment>/<application>/`. */
  readonly prefix: string;
  /** Asked at the end of the synthesis, when every protection is there. */
  readonly request: () => DeclaredSentinel;
  readonly minutes: () => number;
  readonly logGroup: logs.ILogGroup;
  readonly scheduleGroup: IScheduleGroup;
  /** Role by which the scheduler calls it; told of the function. */
  readonly schedulerRole: (worker: lambda.IFunction) => iam.IRole;
  readonly deadLetters?: sqs.IQueue;
}

/** The sentinel: one Lambda function, its role and its schedule, which calls it with the whole of its configuration. */
export class SentinelWorker extends Construct {
  public readonly worker: lambda.Function;
  private readonly expression: () => string;

  constructor(scope: Construct, id: string, props: SentinelWorkerProps) {
    super(scope, id);
    this.expression = () => sentinelExpression(props.minutes());
    this.worker = this.createWorker(props);
    new Schedule(this, 'Schedule', {
      description: `Sentinel of ${props.title}`,
      schedule: ScheduleExpression.expression(Lazy.string({ produce: this.expression }), TimeZone.ETC_UTC),
      scheduleGroup: props.scheduleGroup,
      target: new LambdaInvoke(this.worker, {
        role: props.schedulerRole(this.worker),
        input: ScheduleTargetInput.fromObject(this.input(props.request)),
        deadLetterQueue: props.deadLetters,
        retryAttempts: RETRIES,
        maxEventAge: MAXIMUM_AGE,
      }),
    });
  }

  /** When it looks, as the metadata has it. */
  public schedule(): { readonly expression: string; readonly timeZone: string } {
    return { expression: this.expression(), timeZone: TimeZone.ETC_UTC.timezoneName };
  }

  private createWorker({ title, functionName, rights, prefix, logGroup }: SentinelWorkerProps): lambda.Function {
    logGroup.grantWrite(rights);
    acknowledgeWildcards(rights, (resource) => {
      if (resource.includes(prefix) && resource.endsWith('/*')) {
        return 'Keys are made at run time under the prefixes of this one policy; the role reads there, and writes what was declared.';
      }
      return resource.includes(':schedule/') ? 'The schedules of this one policy, which have a group of their own.' : undefined;
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `Role of the sentinel of ${title}`,
      managedPolicies: [rights],
    });
    const worker = new lambda.Function(this, 'Function', {
      functionName,
      description: `sentinel of ${title}`,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(workerDirectory(this, 'sentinel')),
      handler: 'index.sentinel',
      memorySize: MEMORY_MEGABYTES,
      timeout: Duration.seconds(SENTINEL_TIMEOUT_SECONDS),
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
    });
    acknowledgeRegulations(worker, 'LambdaConcurrency', 'The schedule starts one at a time; a limit would be taken from the account\'s own.');
    acknowledgeRegulations(worker, 'LambdaDLQ', 'A round that is lost is made up for by the next one, and its silence is an alarm.');
    acknowledgeRegulations(worker, 'LambdaInsideVPC', 'It asks AWS\'s own services only; it takes no connection, and its role is all it may do.');
    return worker;
  }

  private input(request: () => DeclaredSentinel): Record<string, unknown> {
    const part = (name: keyof DeclaredSentinel): unknown => Lazy.any({ produce: () => request()[name] });
    const names: readonly (keyof DeclaredSentinel)[] = ['version', 'environment', 'application', 'store', 'expected', 'deadLetters', 'lockExtension', 'scrub', 'topics', 'protections', 'gauges', 'limits'];
    return { ...Object.fromEntries(names.map((name) => [name, part(name)])), slot: '<aws.scheduler.scheduled-time>' };
  }
}
