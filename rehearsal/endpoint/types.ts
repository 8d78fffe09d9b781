import type { StartedExecution } from './services/machines';

/** IAM condition keys of a call, as the policy simulator takes them. */
export type ConditionContext = Record<string, string | string[]>;

export type Decision = { allow: true } | { allow: false; reason: string };

/** One permission that one call needs. A call that needs several (a write into an encrypted bucket) is recorded once for each. */
export interface ApiCall {
  /** The same for all permissions of one request; also sent as x-amz-request-id. */
  readonly requestId: string;
  readonly at: Date;
  /** `s3`, `kms`, `secretsmanager`, `sns`, `sqs`, `cloudwatch`, `logs`, `sts`, `ecs`, `states`, `lambda`, `scheduler`, `events`. */
  readonly service: string;
  /** `PutObject`, `GenerateDataKey` … */
  readonly operation: string;
  /** The IAM action, such as `s3:PutObject`. */
  readonly action: string;
  /** The ARN that IAM would look at; `*` where the service has none. */
  readonly resource: string;
  /** Region that the request was signed for. */
  readonly region: string;
  /** Role ARN or name given with the credentials; undefined has full access. */
  readonly principal: string | undefined;
  readonly accessKeyId: string;
  readonly context: ConditionContext;
  /** Set when another service makes the call in the caller's name (`s3` for the key of a bucket). */
  readonly via?: string;
  decision?: Decision;
  /** HTTP status of the answer, on the first call of a request; undefined while it runs or when the socket was cut before. */
  status?: number;
  errorCode?: string;
}

/** What a test can make of a call. Fields combine; nothing happens to a call for which the plan returns undefined. */
export interface Fault {
  /** Wait before the call is looked at. */
  delayMilliseconds?: number;
  /** Answer this error and do nothing. `code` defaults to the service's word for the status. */
  status?: number;
  code?: string;
  message?: string;
  /** Do the call, then cut the connection: the caller cannot know that it was done. */
  loseAnswer?: boolean;
  /** Cut the connection after so many bytes of the body, the request's where there is one, otherwise the answer's. */
  resetAfterBytes?: number;
  /** Let the body pass at this speed. */
  bytesPerSecond?: number;
  /** `body`: one flipped bit in the answer; `truncate`: its second half missing; `checksum`: a wrong checksum and ETag are announced. */
  corrupt?: 'body' | 'truncate' | 'checksum';
  /** Offset of the flipped byte; default the middle. */
  corruptAt?: number;
}

/** Asked once a request, with its first call. */
export type FaultPlan = (call: ApiCall) => Fault | undefined;

export interface Credentials {
  secretAccessKey: string;
  sessionToken?: string;
  /** Role ARN, or any name; undefined means full access. */
  principal?: string;
}

/** A message published to a topic. */
export interface PublishedMessage {
  messageId: string;
  at: Date;
  topicArn: string;
  subject?: string;
  message: string;
  messageStructure?: string;
  attributes: Record<string, string>;
}

export interface MetricDatum {
  at: Date;
  region: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  value?: number;
  values?: number[];
  unit?: string;
}

export interface RunTaskInput {
  cluster: string;
  taskDefinition: string;
  taskArn: string;
  /** The request as ECS got it (overrides, launch type, network configuration …). */
  request: Record<string, unknown>;
}

/** An event put on a bus. */
export interface SentEvent {
  id: string;
  at: Date;
  /** ARN. */
  bus: string;
  source: string;
  detailType: string;
  detail: unknown;
  resources: readonly string[];
}

/** What the host of the endpoint does when a call asks for work outside of it. A missing one makes its call a 501. */
export interface Handlers {
  runTask?(input: RunTaskInput): void | Promise<void>;
  stopTask?(taskArn: string, reason: string): void | Promise<void>;
  /** Throw an `ApiError('TaskDoesNotExist' | 'TaskTimedOut' | 'InvalidToken', 400, …)` for a token that is not valid (any more). */
  sendTaskSuccess?(taskToken: string, output: string): void | Promise<void>;
  sendTaskFailure?(taskToken: string, error: string | undefined, cause: string | undefined): void | Promise<void>;
  sendTaskHeartbeat?(taskToken: string): void | Promise<void>;
  invokeLambda?(functionName: string, payload: unknown): Promise<{ payload: unknown; functionError?: string }>;
  publish?(message: PublishedMessage): void | Promise<void>;
  /** Its promise is waited for before the start is answered: what goes on after that is the host's. */
  startExecution?(execution: StartedExecution): void | Promise<void>;
}

export interface EndpointOptions {
  /** Where object data and its index lie; made when missing, found again by the next start. */
  directory: string;
  /** @default 0, any free one */
  port?: number;
  /** Of buckets, keys and whatever else is made without saying where; requests may be for any. @default us-east-1 */
  region?: string;
  /** @default 000000000000 */
  account?: string;
  /** Clock of everything stored (last-modified, retention, lifecycle) until the endpoint's own is set. @default the machine's */
  now?: () => Date;
  /** Clock that signatures are held against, and no other. @default the machine's, and that of everything stored */
  signingClock?: () => Date;
  /** By access key id. @default test/test with full access */
  credentials?: Record<string, Credentials>;
  /** Asked once for each permission of a call. @default everything is allowed */
  authorize?: (call: ApiCall) => Decision | Promise<Decision>;
  handlers?: Handlers;
  /** How many calls are kept for `calls`; the oldest go first. @default all */
  rememberedCalls?: number;
  /** Told of each request once it is answered, such as to print it. */
  onAnswered?: (call: ApiCall) => void;
  faults?: FaultPlan;
  /** Between a write and its replica, of the store's clock. @default 0, at once and in the background */
  replicationSeconds?: number;
}
