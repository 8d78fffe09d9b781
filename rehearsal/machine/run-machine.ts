import { ExecutionAbortedError, ExecutionTimeoutError, StateMachine } from 'aws-local-stepfunctions';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { type Definition, interpretable, type State, statesOf } from './definition';

/** One task of the machine, as its state asks for it. */
export interface TaskCall {
  readonly state: string;
  readonly resource: string;
  /** The state's parameters, filled in. */
  readonly parameters: unknown;
  readonly heartbeatSeconds: number | undefined;
  /** What silence longer than that is called: newer machines name `States.HeartbeatTimeout`, all others mean `States.Timeout`. */
  readonly heartbeatError: string;
  /** 1 for the first try. */
  readonly tryNumber: number;
  /** Aborted when the state's time is over or the run is: the task must end what it started. */
  readonly signal: AbortSignal;
}

export interface RunMachineProps {
  readonly definition: Record<string, unknown>;
  /** Construct path or name, for errors. */
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly executionName: string;
  readonly input: unknown;
  /** Runs a task and answers what the service would; rejects with a `TaskError`. */
  readonly runTask: (call: TaskCall) => Promise<unknown>;
  readonly issueToken: () => string;
  /** Pause before each retry, instead of the declared one, in milliseconds. @default 100 */
  readonly retryPauseMilliseconds?: number;
  readonly signal?: AbortSignal;
  /** Heard when a state begins and when it is over. */
  readonly onState?: (state: StateRecord) => void;
}

/** A state that was entered. `outcome` is undefined while it runs; `caught` failed, and the machine went on. */
export interface StateRecord {
  readonly name: string;
  readonly type: string;
  readonly startedAt: Date;
  finishedAt?: Date;
  tries: number;
  outcome?: 'succeeded' | 'caught' | 'failed';
  error?: { readonly name: string; readonly cause: string };
}

export interface Execution {
  readonly arn: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly outcome: 'succeeded' | 'failed' | 'timed-out' | 'aborted';
  readonly output?: unknown;
  readonly error?: { readonly name: string; readonly cause: string };
  readonly states: readonly StateRecord[];
}

/** A wait state's pause in a rehearsal. */
const WAIT_MILLISECONDS = 10;

/**
 * Runs a synthesized state machine as Step Functions would: its states, retries and catchers, with tasks run by the given function.
 * Never rejects for what a machine can end with.
 *
 * @throws AssemblyError for a definition that the interpreter cannot run as Step Functions would
 */
export async function runMachine(props: RunMachineProps): Promise<Execution> {
  const definition = interpretable(props.definition as Definition, props.name);
  const states = [...statesOf(definition)];
  const over = new AbortController();
  const signal = props.signal ? AbortSignal.any([props.signal, over.signal]) : over.signal;
  const tasks = states.filter(([, state]) => state.Type === 'Task');
  const pause = props.retryPauseMilliseconds ?? 100;
  const arn = `${props.arn.replace(':stateMachine:', ':execution:')}:${props.executionName}`;
  const tries = new Map<string, number>();

  const machine = new StateMachine(definition as unknown as StateMachineDefinition, { validationOptions: { noValidate: true } });
  const startedAt = new Date();
  const execution = machine.run(props.input as never, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(tasks.map(([name, state]) => [name, async (parameters) => {
        tries.set(name, (tries.get(name) ?? 0) + 1);
        return await run(name, state, parameters, tries.get(name) ?? 1, props, signal) as never;
      }])),
      retryIntervalOverrides: Object.fromEntries(states.map(([name]) => [name, pause])),
      waitTimeOverrides: Object.fromEntries(states.filter(([, state]) => state.Type === 'Wait').map(([name]) => [name, WAIT_MILLISECONDS])),
    },
    context: {
      Execution: { Id: arn, Name: props.executionName, RoleArn: props.roleArn },
      StateMachine: { Id: props.arn, Name: props.arn.split(':').at(-1) },
      // Asked for once a try, so each try waits for an answer of its own.
      Task: { get Token() { return props.issueToken(); } },
    },
  });
  const abort = (): void => execution.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const records = record(execution.eventLogs, props.onState);
  const ended = (rest: Pick<Execution, 'outcome' | 'output' | 'error'>): Promise<Execution> =>
    records.then((entered) => ({ arn, startedAt, finishedAt: new Date(), states: entered, ...rest }));
  try {
    const output = await execution.result;
    return await ended({ outcome: 'succeeded', output });
  } catch (error) {
    if (error instanceof ExecutionAbortedError) return await ended({ outcome: 'aborted' });
    if (error instanceof ExecutionTimeoutError) return await ended({ outcome: 'timed-out', error: { name: 'States.Timeout', cause: 'the execution took longer than its TimeoutSeconds' } });
    const { name, message } = ((error as Error).cause ?? error) as Error;
    return await ended({ outcome: 'failed', error: { name, cause: message } });
  } finally {
    signal.removeEventListener('abort', abort);
    over.abort();
  }
}

async function run(
  name: string, state: State, parameters: unknown, tryNumber: number, props: RunMachineProps, signal: AbortSignal,
): Promise<unknown> {
  const limit = new AbortController();
  // The interpreter gives the state up at the same moment; this ends what it no longer waits for.
  const timer = state.TimeoutSeconds === undefined ? undefined
    : setTimeout(() => limit.abort(new Error(`state "${name}" is out of time`)), state.TimeoutSeconds * 1000);
  const named = [...state.Retry ?? [], ...state.Catch ?? []].flatMap(({ ErrorEquals }) => ErrorEquals);
  // The interpreter's own timer lives until the task settles, and would keep this process alive.
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('the run was aborted')), { once: true }));
  try {
    return await Promise.race([aborted, props.runTask({
      state: name, resource: state.Resource ?? '', parameters, tryNumber,
      heartbeatSeconds: state.HeartbeatSeconds,
      heartbeatError: named.includes('States.HeartbeatTimeout') ? 'States.HeartbeatTimeout' : 'States.Timeout',
      signal: AbortSignal.any([signal, limit.signal]),
    })]);
  } finally {
    clearTimeout(timer);
  }
}

type Events = ReturnType<StateMachine['run']>['eventLogs'];

/** Entries in the order in which states were entered; a retried state is one entry with its number of tries. */
async function record(events: Events, onState: RunMachineProps['onState']): Promise<StateRecord[]> {
  const entered: StateRecord[] = [];
  const running = (name: string): StateRecord | undefined => entered.findLast((one) => one.name === name && one.outcome === undefined);
  for await (const event of events) {
    const at = new Date(event.timestamp);
    if (!('state' in event)) continue;
    const { name, type } = event.state;
    const one = running(name);
    if (event.type === 'StateEntered') {
      const begun: StateRecord = { name, type, startedAt: at, tries: 1 };
      entered.push(begun);
      onState?.(begun);
    } else if (one && event.type === 'StateRetried') {
      one.tries += 1;
    } else if (one && event.type === 'StateFailed') {
      one.error = { name: event.Error, cause: typeof event.Cause === 'string' ? event.Cause : JSON.stringify(event.Cause) };
      one.finishedAt = at;
    } else if (one && (event.type === 'StateCaught' || event.type === 'StateExited')) {
      one.outcome = event.type === 'StateCaught' ? 'caught' : 'succeeded';
      one.finishedAt = at;
      onState?.(one);
    }
  }
  for (const one of entered.filter(({ outcome }) => outcome === undefined)) {
    one.outcome = 'failed';
    one.finishedAt ??= new Date();
    onState?.(one);
  }
  return entered;
}
