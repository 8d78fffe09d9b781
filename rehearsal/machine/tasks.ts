import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { AssemblyError } from '../assembly/assembly-error';
import type { Resolver } from '../assembly/resolver';
import type { Authorizer } from '../cloud/authorizer';
import { functionOf, taskDefinitionOf, variablesOf } from '../cloud/local-cloud';
import type { LocalMachine, LocalTaskDefinition } from '../cloud/local-cloud';
import type { RoleKeyring } from '../cloud/role-keys';
import type { Sandbox } from '../sandbox';
import type { EnginePrograms } from '../sources/source';
import { lambdaError, runTask, runWorker, type TaskOutcome } from '../worker-process';
import type { TaskCall } from './run-machine';
import { TaskError } from './task-error';
import type { TaskTokens } from './task-tokens';

/** One process that ran for a state. */
export interface WorkerRun {
  readonly state: string;
  /** Construct path of its function or task definition. */
  readonly path: string;
  /** What it does: the export of its handler, or the first word of its container's command after the script. */
  readonly verb: string;
  readonly tryNumber: number;
  readonly startedAt: Date;
  readonly seconds: number;
  readonly peakMemoryBytes: number;
  readonly memoryLimitBytes: number;
  /** Undefined when it answered as it should. */
  readonly error?: { readonly name: string; readonly message: string };
}

export interface TasksProps {
  readonly resolver: Resolver;
  readonly authorizer: Authorizer;
  readonly keys: RoleKeyring;
  readonly tokens: TaskTokens;
  readonly machine: LocalMachine;
  readonly endpointUrl: string;
  readonly region: string;
  readonly sandbox: Sandbox | undefined;
  readonly programs: EnginePrograms;
  /** The run request as the worker gets it here: see `RehearsalSource.adjust`. */
  readonly adjust: (request: unknown) => unknown;
  readonly onRun: (run: WorkerRun) => void;
  /** How far the workers' clocks are ahead of this machine's when they start. @default 0 */
  readonly clockAhead?: () => number;
  readonly onLog: (line: string) => void;
  /** Before a task begins; for tests that spoil something between two steps. */
  readonly beforeTask?: (call: TaskCall) => Promise<void>;
}

const MEGABYTE = 1024 * 1024;
const INVOKE = /^arn:aws:states:::lambda:invoke$/;
const FUNCTION = /^arn:aws:lambda:[^:]*:[^:]*:function:/;
const PUBLISH = /^arn:aws:states:::(aws-sdk:)?sns:publish$/;
const RUN_TASK = /^arn:aws:states:::ecs:runTask\.waitForTaskToken$/;

/** Runs what the states of a machine ask for, as the machine's role. */
export class Tasks {
  constructor(private readonly props: TasksProps) {}

  readonly run = async (call: TaskCall): Promise<unknown> => {
    await this.props.beforeTask?.(call);
    const parameters = call.parameters as Record<string, unknown>;
    if (FUNCTION.test(call.resource)) return await this.#invoke(call, call.resource, call.parameters);
    if (INVOKE.test(call.resource)) {
      const Payload = await this.#invoke(call, String(parameters.FunctionName), parameters.Payload ?? {});
      return { ExecutedVersion: '$LATEST', Payload, StatusCode: 200 };
    }
    if (PUBLISH.test(call.resource)) return await this.#publish(parameters);
    if (RUN_TASK.test(call.resource)) return await this.#runContainer(call, parameters);
    throw new AssemblyError(`${this.props.machine.path}: state "${call.state}" uses ${call.resource}, which the rehearsal does not run.`, 'It runs lambda:invoke, sns:publish and ecs:runTask.waitForTaskToken.');
  };

  /** @throws AssemblyError before anything runs, for a machine with a task that the rehearsal cannot run */
  static check(states: ReadonlyMap<string, { readonly Type: string; readonly Resource?: string }>, path: string): void {
    for (const [name, { Type, Resource = '' }] of states) {
      if (Type === 'Task' && ![FUNCTION, INVOKE, PUBLISH, RUN_TASK].some((known) => known.test(Resource))) {
        throw new AssemblyError(`${path}: state "${name}" uses ${Resource}, which the rehearsal does not run.`, 'It runs lambda:invoke, sns:publish and ecs:runTask.waitForTaskToken.');
      }
    }
  }

  async #invoke(call: TaskCall, functionArn: string, payload: unknown): Promise<unknown> {
    const { resolver, keys, programs, sandbox, endpointUrl, region, adjust, onLog, clockAhead } = this.props;
    const target = functionOf(resolver, functionArn);
    this.#demand('lambda:InvokeFunction', functionArn.startsWith('arn:') ? functionArn : target.arn, 'Lambda.AWSLambdaException');
    const startedAt = new Date();
    const outcome = await runWorker({
      ...programs, sandbox, endpointUrl, region, onLog,
      directory: target.directory, handler: target.handler, functionName: target.name,
      event: adjust(payload), clockAheadMilliseconds: clockAhead?.(),
      memoryMegabytes: target.memoryMegabytes, timeoutSeconds: target.timeoutSeconds, tmpMegabytes: target.ephemeralMegabytes,
      environment: target.environment, credentials: keys.of(target.roleArn), signal: call.signal,
    });
    const error = lambdaError(outcome, target.timeoutSeconds);
    this.#record(call, target.path, target.handler.split('.').at(-1) ?? '', startedAt, outcome.usage, target.memoryMegabytes, error && { name: error.errorType, message: error.errorMessage });
    if (error) throw new TaskError(error.errorType, JSON.stringify(error));
    return outcome.outcome === 'returned' ? outcome.result ?? null : null;
  }

  async #publish(parameters: Record<string, unknown>): Promise<unknown> {
    const { keys, machine, endpointUrl, region } = this.props;
    const client = new SNSClient({ endpoint: endpointUrl, region, credentials: keys.of(machine.roleArn) });
    const { TopicArn, Message, Subject, MessageAttributes, MessageStructure } = parameters;
    try {
      const { MessageId } = await client.send(new PublishCommand({
        TopicArn: String(TopicArn), Message: typeof Message === 'string' ? Message : JSON.stringify(Message), Subject: Subject as string | undefined,
        MessageAttributes: MessageAttributes as never, MessageStructure: MessageStructure as string | undefined,
      }));
      return { MessageId };
    } catch (error) {
      const { name, message } = error as Error;
      throw new TaskError(`SNS.${/^AccessDenied|^Authorization/.test(name) ? 'AuthorizationErrorException' : name}`, message, { cause: error });
    } finally {
      client.destroy();
    }
  }

  async #runContainer(call: TaskCall, parameters: Record<string, unknown>): Promise<unknown> {
    const { resolver, keys, programs, sandbox, endpointUrl, region, tokens, onLog, clockAhead } = this.props;
    const definition = taskDefinitionOf(resolver, String(parameters.TaskDefinition));
    const arn = definition.arn;
    this.#demand('ecs:RunTask', arn, 'ECS.AccessDeniedException', { 'ecs:cluster': String(parameters.Cluster) });
    for (const role of [definition.taskRoleArn, definition.executionRoleArn]) {
      if (role) this.#demand('iam:PassRole', role, 'ECS.AccessDeniedException', { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' });
    }
    const { command, environment } = this.#overrides(parameters, definition);
    const token = environment.TASK_TOKEN ?? '';
    const answer = tokens.wait(token, call.heartbeatSeconds, call.heartbeatError);
    const over = new AbortController();
    const startedAt = new Date();
    const process = runTask({
      ...programs, sandbox, endpointUrl, region, onLog, command, environment, clockAheadMilliseconds: clockAhead?.(),
      directory: definition.directory, containerName: definition.container,
      memoryMegabytes: definition.memoryMegabytes, tmpMegabytes: definition.ephemeralMegabytes,
      // A task has no time limit of its own: its state's ends it.
      timeoutSeconds: LONGEST_TASK_SECONDS,
      credentials: keys.of(definition.taskRoleArn), signal: AbortSignal.any([call.signal, over.signal]),
    });
    let error: { name: string; message: string } | undefined;
    // Step Functions hears of a dead task by its missing heartbeat; that wait is cut short here.
    void process.then((ended) => answer.fail(new TaskError(call.heartbeatError, `the task ended without an answer (${wordsOf(ended)})`)), (reason: Error) => answer.fail(reason));
    try {
      return await answer.result;
    } catch (reason) {
      error = { name: (reason as Error).name, message: (reason as Error).message };
      throw reason;
    } finally {
      const stopping = setTimeout(() => over.abort(new Error('the state is over')), STOP_MILLISECONDS);
      const ended = await process.catch(() => undefined);
      clearTimeout(stopping);
      this.#record(call, definition.path, command[command.length - 2] ?? '', startedAt, ended?.usage, definition.memoryMegabytes, error);
    }
  }

  #overrides(
    parameters: Record<string, unknown>, definition: LocalTaskDefinition,
  ): { command: string[]; environment: Record<string, string> } {
    const { ContainerOverrides = [] } = (parameters.Overrides ?? {}) as { ContainerOverrides?: Record<string, unknown>[] };
    const length = JSON.stringify(parameters.Overrides ?? {}).length;
    if (length > OVERRIDE_CHARACTERS) {
      const cause = `Container Overrides length must be at most ${OVERRIDE_CHARACTERS}, and is ${length}`;
      throw new TaskError('ECS.InvalidParameterException', cause);
    }
    const own = ContainerOverrides.find(({ Name }) => Name === definition.container) ?? {};
    const command = ((own.Command ?? definition.command) as string[]).map((argument) => this.#adjusted(argument));
    return {
      command: [...definition.entryPoint.map(programName), ...command],
      environment: { ...definition.environment, ...variablesOf(own.Environment) },
    };
  }

  /** A run request among the arguments of a command is the one that is JSON. */
  #adjusted(argument: string): string {
    return argument.startsWith('{') ? JSON.stringify(this.props.adjust(JSON.parse(argument))) : argument;
  }

  #demand(action: string, resource: string, error: string, context?: Record<string, string>): void {
    const { authorizer, machine } = this.props;
    const decision = authorizer.authorize({ action, resource, principal: machine.roleArn, context });
    if (!decision.allow) throw new TaskError(error, `User: ${machine.roleArn} is not authorized to perform: ${action} on resource: ${resource} because ${decision.reason}`);
  }

  #record(
    call: TaskCall, path: string, verb: string, startedAt: Date, usage: { seconds: number; peakMemoryBytes: number } | undefined,
    memoryMegabytes: number, error: WorkerRun['error'],
  ): void {
    const { seconds = (Date.now() - startedAt.getTime()) / 1000, peakMemoryBytes = 0 } = usage ?? {};
    const { state, tryNumber } = call;
    const memoryLimitBytes = memoryMegabytes * MEGABYTE;
    this.props.onRun({ state, path, verb, tryNumber, startedAt, seconds, peakMemoryBytes, memoryLimitBytes, error });
  }
}

/** ECS's limit of a task's overrides, in characters. */
const OVERRIDE_CHARACTERS = 8192;
const LONGEST_TASK_SECONDS = 24 * 60 * 60;
/** How long a task may take to end once it has answered. */
const STOP_MILLISECONDS = 10_000;

/** The program by its name: the image's path to it is not this machine's. */
function programName(program: string): string {
  return /(^|\/)node$/.test(program) ? 'node' : program;
}

function wordsOf(ended: TaskOutcome): string {
  if (ended.outcome === 'exited') return `exit code ${ended.exitCode}`;
  return ended.outcome === 'died' ? ended.reason : ended.outcome;
}
