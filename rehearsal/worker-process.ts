import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { runConfined, type ConfinedProps, type Ending, type Usage } from './worker-bootstrap/confined-process';
import { findWorkerNode } from './worker-bootstrap/find-node';
import type { Sandbox } from './sandbox';

export type { Usage } from './worker-bootstrap/confined-process';

const MEGABYTE = 1024 * 1024;
/** Lambda's ephemeral storage where nothing else is asked for. */
const LAMBDA_TMP_MEGABYTES = 512;
/** Fargate's ephemeral storage where nothing else is asked for: 20 GiB. */
const FARGATE_TMP_MEGABYTES = 20 * 1024;
/** Account of every ARN in a rehearsal. */
const ACCOUNT = '123456789012';

/** What a function and a container have in common. */
export interface WorkerProps {
  /** Folder of the bundle, with `index.js` or `task.js` in it; `/var/task` to the worker. */
  readonly directory: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** Variables that the template declares. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of the role it runs as. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  readonly endpointUrl: string;
  readonly region: string;
  /** See `findSandbox`; undefined runs it in the open, with its limits and its own environment alone. */
  readonly sandbox: Sandbox | undefined;
  /** Size of `/tmp`; only a sandbox can hold it to that. @default 512 for a function, 20480 for a container, the platforms' own */
  readonly tmpMegabytes?: number;
  /** Folders with the engine's programs, for `PATH`; an image would have them. */
  readonly path: readonly string[];
  /** `LD_LIBRARY_PATH` of those programs. @default none */
  readonly libraryPath?: string;
  /** Ends the worker and all it started; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Each line of standard output and error, as CloudWatch Logs would get it. */
  readonly onLog?: (line: string) => void;
  /** How far its clock is ahead of this machine's: of a run on a simulated clock. Its programs have the machine's. @default 0 */
  readonly clockAheadMilliseconds?: number;
  /** @default `findWorkerNode()` */
  readonly node?: string;
}

export interface RunWorkerProps extends WorkerProps {
  /** `<file>.<export>`, such as `index.dump`. */
  readonly handler: string;
  readonly event: unknown;
  readonly functionName: string;
}

export interface RunTaskProps extends WorkerProps {
  /** The container's command, `['node', '/var/task/task.js', …]`; `node` and `/var/task` are put where they lie here. */
  readonly command: readonly string[];
  readonly containerName: string;
}

/** An error as Lambda's answer has it; Step Functions matches `errorType`. */
export interface WorkerError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** `died` without a signal and exit code 0 is a handler that waited for nothing; `reason` says when a limit of memory killed it. */
interface Died {
  readonly outcome: 'died';
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly reason: 'exited' | 'out-of-memory';
}

export type WorkerOutcome = { readonly requestId: string; readonly usage: Usage } & (
  | { readonly outcome: 'returned'; readonly result: unknown }
  | { readonly outcome: 'threw'; readonly error: WorkerError }
  | { readonly outcome: 'timed-out' }
  | Died
);

export type TaskOutcome = { readonly usage: Usage } & (
  | { readonly outcome: 'exited'; readonly exitCode: number }
  | { readonly outcome: 'timed-out' }
  | Died
);

/** What cannot be started at all; the message names the value and the mend. */
export class WorkerStartError extends Error {
  public constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WorkerStartError';
  }
}

/**
 * Invokes a Lambda handler once, in a fresh process, as Lambda would: its event and context, its environment, its limits of memory and
 * time, its errors. Nothing it started is left when this settles.
 *
 * @throws WorkerStartError for a bundle or a limit that is not there, the signal's reason when aborted
 */
export async function runWorker(props: RunWorkerProps): Promise<WorkerOutcome> {
  const dot = props.handler.lastIndexOf('.');
  if (dot < 1) throw new WorkerStartError(`handler '${props.handler}' names no export: write it as 'index.dump'`);
  checkLimits(props);
  const requestId = randomUUID();
  const logStream = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`;
  const logGroup = `/aws/lambda/${props.functionName}`;
  const { ending, usage } = await confined(props, LAMBDA_TMP_MEGABYTES, {
    args: (places) => [...heapArguments(props.memoryMegabytes), places.bootstrap],
    environment: (places) => ({
      ...props.environment,
      ...commonEnvironment(props),
      AWS_LAMBDA_FUNCTION_NAME: props.functionName,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(props.memoryMegabytes),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: logStream,
      LAMBDA_TASK_ROOT: places.root,
      _HANDLER: props.handler,
    }),
    message: (places) => ({
      root: places.root,
      handler: props.handler,
      event: props.event,
      deadline: Date.now() + (props.clockAheadMilliseconds ?? 0) + props.timeoutSeconds * 1000,
      context: {
        callbackWaitsForEmptyEventLoop: true,
        functionVersion: '$LATEST',
        functionName: props.functionName,
        memoryLimitInMB: String(props.memoryMegabytes),
        logGroupName: logGroup,
        logStreamName: logStream,
        invokedFunctionArn: `arn:aws:lambda:${props.region}:${ACCOUNT}:function:${props.functionName}`,
        awsRequestId: requestId,
      },
    }),
  });
  if (ending.how !== 'answered') return { requestId, usage, ...withoutAnswer(ending) };
  const answer = ending.message as { result: unknown } | { error: WorkerError };
  return 'error' in answer
    ? { outcome: 'threw', error: answer.error, requestId, usage }
    : { outcome: 'returned', result: answer.result, requestId, usage };
}

/**
 * Runs a container's command once, as Fargate would; what it has to say it tells Step Functions by its task token.
 *
 * @throws WorkerStartError for a command that is not Node's or a limit that is not there, the signal's reason when aborted
 */
export async function runTask(props: RunTaskProps): Promise<TaskOutcome> {
  const [program, ...args] = props.command;
  if (program !== 'node') throw new WorkerStartError(`command '${props.command.join(' ')}' does not start with node: only Node's programs are rehearsed`);
  checkLimits(props);
  const { ending, usage } = await confined(props, FARGATE_TMP_MEGABYTES, {
    args: (places) => args.map((arg) => arg.replace(/^\/var\/task(?=\/|$)/, places.root)),
    environment: () => ({
      ...commonEnvironment(props),
      ...props.environment,
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    }),
  });
  if (ending.how === 'answered') throw new WorkerStartError(`container ${props.containerName} answered without a channel`);
  const outcome = withoutAnswer(ending);
  if (outcome.outcome !== 'died' || outcome.reason !== 'exited' || outcome.exitCode === null) return { usage, ...outcome };
  return { outcome: 'exited', exitCode: outcome.exitCode, usage };
}

/** What Lambda answers in the worker's place, or the worker's own error; undefined when it returned. */
export function lambdaError(outcome: WorkerOutcome, timeoutSeconds: number): WorkerError | undefined {
  const asked = `RequestId: ${outcome.requestId} Error: `;
  switch (outcome.outcome) {
    case 'returned': return undefined;
    case 'threw': return outcome.error;
    case 'timed-out': return { errorType: 'Sandbox.Timedout', errorMessage: `${asked}Task timed out after ${timeoutSeconds.toFixed(2)} seconds`, trace: [] };
    case 'died': return { errorType: 'Runtime.ExitError', errorMessage: `${asked}Runtime exited ${describeDeath(outcome)}`, trace: [] };
  }
}

function describeDeath({ reason, signal, exitCode }: Died): string {
  if (reason === 'out-of-memory' || signal === 'SIGKILL') return 'with error: signal: killed';
  if (signal !== null) return `with error: signal: ${signal}`;
  return exitCode === 0 ? 'without providing a reason' : `with error: exit status ${exitCode}`;
}

function withoutAnswer(ending: Exclude<Ending, { how: 'answered' }>): { outcome: 'timed-out' } | Died {
  switch (ending.how) {
    case 'timed-out': return { outcome: 'timed-out' };
    case 'out-of-memory': return { outcome: 'died', exitCode: null, signal: 'SIGKILL', reason: 'out-of-memory' };
    case 'exited': return { outcome: 'died', exitCode: ending.exitCode, signal: ending.signal, reason: 'exited' };
  }
}

type Shape = Pick<ConfinedProps, 'args' | 'environment' | 'message'>;

function confined(props: WorkerProps, tmpMegabytes: number, shape: Shape): Promise<{ ending: Ending; usage: Usage }> {
  const directory = resolve(props.directory);
  if (!existsSync(directory)) throw new WorkerStartError(`the bundle '${props.directory}' does not exist: build it first (npm run build)`);
  const { path, libraryPath, timeoutSeconds, sandbox, signal, onLog, clockAheadMilliseconds, node = findWorkerNode() } = props;
  return runConfined({
    ...shape, directory, node, path, libraryPath, timeoutSeconds, sandbox, signal, onLog, clockAheadMilliseconds,
    memoryBytes: props.memoryMegabytes * MEGABYTE,
    tmpBytes: (props.tmpMegabytes ?? tmpMegabytes) * MEGABYTE,
  });
}

function commonEnvironment({ credentials, region, endpointUrl }: WorkerProps): Record<string, string> {
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken ? { AWS_SESSION_TOKEN: credentials.sessionToken } : {}),
  };
}

/** As the bootstrap of Lambda's Node images sets them: a tenth of the memory for young objects, the rest for old ones. */
function heapArguments(memoryMegabytes: number): string[] {
  const young = Math.floor(memoryMegabytes / 10);
  return [`--max-semi-space-size=${Math.floor(young / 2)}`, `--max-old-space-size=${memoryMegabytes - young}`];
}

function checkLimits({ memoryMegabytes, timeoutSeconds, tmpMegabytes }: WorkerProps): void {
  for (const [name, value] of Object.entries({ memoryMegabytes, timeoutSeconds, tmpMegabytes })) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) throw new WorkerStartError(`${name} is ${value}: give a number above 0`);
  }
}
