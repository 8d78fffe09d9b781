import { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct, IConstruct } from 'constructs';
import { imageDirectory } from '../bundles';
import { WorkerImage } from '../worker-image';

/** What a worker does, which is also the handler in its image. */
export type Purpose = 'dump' | 'verify';

export interface WorkerProps {
  readonly purpose: Purpose;
  readonly engine: string;
  /** Instead of the engine's own. */
  readonly image?: WorkerImage;
  /** Stage of the engine's Dockerfile; its last one when absent. */
  readonly imageTarget?: string;
  /** Whose it is, for descriptions. */
  readonly title: string;
  /** `<environment>/<application>/<protection>/`: every key it may touch has this after its kind. */
  readonly prefix: string;
  /** What it may do, beside its logs. */
  readonly grant: (grantee: iam.IGrantable) => void;
  readonly logGroup: logs.ILogGroup;
  readonly network?: WorkerNetwork;
  /** Where what several protections share is made. */
  readonly shared: Construct;
}

export interface WorkerNetwork {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups: ec2.ISecurityGroup[];
}

/** One worker of a protection, on whatever platform. */
export interface Worker {
  readonly platform: 'lambda' | 'fargate';
  /** Disk of the platform, where a scratch server lies. */
  readonly scratchBytes: number;
  /** The platform's own limit. */
  readonly timeoutSeconds: number;
  /** Characters that the request may have on this platform, as JSON within JSON; undefined where nothing so small limits it. */
  readonly maximumRequest?: number;
  /** The state that runs it with the request under `$.request` and puts its answer under `resultPath`. */
  step(scope: Construct, id: string, resultPath: string): sfn.TaskStateBase;
  /** What the state machine must be allowed to do to run it. */
  readonly machineStatements: iam.PolicyStatement[];
  /** Called once the machine is there. */
  connect(machine: sfn.StateMachine): void;
}

/** Between the worker's own end, typed, and the platform's, which says nothing: time to abort uploads and to stop servers. */
export const CLOSING_SECONDS = 20;

/** Tries of a step beside the first: of failures that pass, and of a time limit. */
export const RETRIES = { transient: 3, timeout: 1, firstIntervalSeconds: 30, backoffRate: 2 };

/** Names of the failures worth another try: ours (lambda/runtime/errors.ts) and those of the services. */
const TRANSIENT_ERRORS = [
  'TransientError',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'ECS.AmazonECSException',
  'ECS.ServerException',
];

/** A worker that ended without a word: once more, for a larger one is the mend and not a third try. */
const TIMEOUT_ERRORS = ['States.Timeout', 'States.HeartbeatTimeout', 'Sandbox.Timedout', 'Lambda.Unknown', 'Runtime.ExitError'];

export function addRetries(step: sfn.TaskStateBase): void {
  const interval = Duration.seconds(RETRIES.firstIntervalSeconds);
  step.addRetry({ errors: TRANSIENT_ERRORS, interval, backoffRate: RETRIES.backoffRate, maxAttempts: RETRIES.transient });
  step.addRetry({ errors: TIMEOUT_ERRORS, interval, backoffRate: 1, maxAttempts: RETRIES.timeout });
}

/** The image of a worker: what was given for it, or the engine's own. */
export function imageOf(scope: IConstruct, { engine, image, imageTarget }: WorkerProps): WorkerImage {
  return image ?? WorkerImage._ofEngine(imageDirectory(scope, engine), imageTarget);
}

/** The longest a step can take with every retry used. */
export function longestStepSeconds(timeoutSeconds: number): number {
  const waits = Array.from({ length: RETRIES.transient }, (_, index) => RETRIES.firstIntervalSeconds * RETRIES.backoffRate ** index);
  return (1 + RETRIES.transient + RETRIES.timeout) * timeoutSeconds + waits.reduce((sum, wait) => sum + wait, RETRIES.firstIntervalSeconds);
}

/** The only wildcard a worker's store grants may have. */
export function ownPrefixReason({ prefix }: WorkerProps, resource: string): string | undefined {
  return resource.endsWith(`/${prefix}*`)
    ? 'Keys are made at run time under the prefix of this one protection; the role can neither delete, tag nor overwrite them.'
    : undefined;
}
