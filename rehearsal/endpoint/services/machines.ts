import { ApiError, notImplemented } from '../errors';
import type { Settings } from '../exchange';
import { text, type Input, type Operation, type Service } from './service';

export interface MachineSeed {
  readonly arn: string;
  readonly roleArn: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

/** A started execution, as the host got it. */
export interface StartedExecution {
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  readonly input: unknown;
  readonly startedAt: Date;
}

/** How an execution ended. */
export interface Ending {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

interface Course { ending?: Ending; stoppedAt?: Date; readonly states: { readonly name: string; readonly at: Date }[] }

/** The state machines that exist, by ARN, what was started, and what the host says became of it. */
export class MachineBook {
  readonly executions: StartedExecution[] = [];
  readonly #courses = new Map<string, Course>();
  readonly #machines = new Map<string, MachineSeed & { readonly created: number }>();

  constructor(private readonly settings: Pick<Settings, 'now'>) {}

  seed(seed: MachineSeed): void {
    this.#machines.set(seed.arn, { ...seed, created: this.settings.now().getTime() });
  }

  remove(arn: string): void {
    this.#machines.delete(arn);
  }

  /** An execution came to a state of its machine. */
  entered(executionArn: string, name: string): void {
    this.courseOf(executionArn).states.push({ name, at: this.settings.now() });
  }

  ended(executionArn: string, ending: Ending): void {
    Object.assign(this.courseOf(executionArn), { ending, stoppedAt: this.settings.now() });
  }

  /** Creates it for an execution that was just started. */
  courseOf(executionArn: string): Course {
    const known = this.#courses.get(executionArn);
    const course = known ?? { states: [] };
    if (!known) this.#courses.set(executionArn, course);
    return course;
  }

  has(arn: string): boolean {
    return this.#machines.has(arn);
  }

  /** @throws ApiError StateMachineDoesNotExist */
  find(arn: string): MachineSeed & { readonly created: number } {
    const found = this.#machines.get(arn);
    if (!found) throw new ApiError('StateMachineDoesNotExist', 400, `State Machine Does Not Exist: '${arn}'`);
    return found;
  }
}

const LARGEST_OUTPUT_BYTES = 262_144;
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/;

/** Step Functions: task tokens, machines and their starts. */
export function statesService(book: MachineBook): Service {
  return { name: 'states', accessDenied: 'AccessDeniedException', operations: { ...TOKENS, ...machines(book), ...executions(book) } };
}

function machines(book: MachineBook): Record<string, Operation> {
  const resource = (input: Input): string => text(input, 'stateMachineArn') ?? '*';
  return {
    DescribeStateMachine: {
      resource,
      run: (input) => {
        const { arn, roleArn, definition, created } = book.find(resource(input));
        return {
          stateMachineArn: arn, name: arn.slice(arn.lastIndexOf(':') + 1), status: 'ACTIVE', type: 'STANDARD', roleArn,
          definition: JSON.stringify(definition), creationDate: created / 1000,
        };
      },
    },
    StartExecution: {
      resource,
      run: async (input, { settings, operation }) => {
        const { arn: machineArn } = book.find(resource(input));
        const name = text(input, 'name') ?? `local-${book.executions.length + 1}`;
        if (!EXECUTION_NAME.test(name)) throw new ApiError('InvalidName', 400, `Invalid Name: '${name}'`);
        const given = parsed(text(input, 'input') ?? '{}');
        const startedAt = settings.now();
        const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
        const before = book.executions.find((one) => one.arn === arn);
        // The same start again is no second one (Step Functions API Reference, "StartExecution").
        if (before && JSON.stringify(before.input) === JSON.stringify(given)) {
          return { executionArn: arn, startDate: before.startedAt.getTime() / 1000 };
        }
        if (before) throw new ApiError('ExecutionAlreadyExists', 400, `Execution Already Exists: '${arn}'`);
        if (!settings.handlers.startExecution) throw notImplemented('states', operation, 'the host gave no handler startExecution');
        const execution = { arn, machineArn, name, input: given, startedAt };
        book.executions.push(execution);
        await settings.handlers.startExecution(execution);
        return { executionArn: arn, startDate: startedAt.getTime() / 1000 };
      },
    },
  };
}

function executions(book: MachineBook): Record<string, Operation> {
  const resource = (input: Input): string => text(input, 'executionArn') ?? '*';
  const find = (input: Input): StartedExecution => {
    const found = book.executions.find(({ arn }) => arn === resource(input));
    if (!found) throw new ApiError('ExecutionDoesNotExist', 400, `Execution Does Not Exist: '${resource(input)}'`);
    return found;
  };
  return {
    DescribeExecution: {
      resource,
      run: (input) => {
        const { arn, machineArn, name, input: given, startedAt } = find(input);
        const { ending, stoppedAt } = book.courseOf(arn);
        return {
          executionArn: arn, stateMachineArn: machineArn, name, status: ending?.status ?? 'RUNNING', startDate: startedAt.getTime() / 1000,
          stopDate: stoppedAt && stoppedAt.getTime() / 1000, input: JSON.stringify(given),
          output: ending?.output === undefined ? undefined : JSON.stringify(ending.output), error: ending?.error, cause: ending?.cause,
        };
      },
    },
    GetExecutionHistory: {
      resource,
      run: (input) => {
        const events = book.courseOf(find(input).arn).states.map(({ name, at }, index) => ({
          id: index + 1, previousEventId: index, timestamp: at.getTime() / 1000, type: 'TaskStateEntered', stateEnteredEventDetails: { name },
        }));
        return { events: (input.reverseOrder === true ? events.reverse() : events).slice(0, Number(input.maxResults ?? 100)) };
      },
    },
  };
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    throw new ApiError('InvalidExecutionInput', 400, 'Invalid State Machine Execution Input: it is no JSON');
  }
}

function tokenOf(input: Input): string {
  const value = text(input, 'taskToken');
  if (!value) throw new ApiError('InvalidToken', 400, 'Invalid Token: it is empty');
  return value;
}

const TOKENS: Record<string, Operation> = {
  SendTaskSuccess: {
    run: async (input, { settings, operation }) => {
      const output = text(input, 'output') ?? '';
      try {
        JSON.parse(output);
      } catch {
        throw new ApiError('InvalidOutput', 400, "Invalid Output: 'output' is not valid JSON");
      }
      if (Buffer.byteLength(output) > LARGEST_OUTPUT_BYTES) throw new ApiError(
        'InvalidOutput', 400, "Invalid Output: 'output' is larger than 262144 bytes",
      );
      if (!settings.handlers.sendTaskSuccess) throw notImplemented('states', operation, 'the host gave no handler sendTaskSuccess');
      await settings.handlers.sendTaskSuccess(tokenOf(input), output);
      return {};
    },
  },
  SendTaskFailure: {
    run: async (input, { settings, operation }) => {
      if (!settings.handlers.sendTaskFailure) throw notImplemented('states', operation, 'the host gave no handler sendTaskFailure');
      await settings.handlers.sendTaskFailure(tokenOf(input), text(input, 'error'), text(input, 'cause'));
      return {};
    },
  },
  SendTaskHeartbeat: {
    run: async (input, { settings, operation }) => {
      if (!settings.handlers.sendTaskHeartbeat) throw notImplemented('states', operation, 'the host gave no handler sendTaskHeartbeat');
      await settings.handlers.sendTaskHeartbeat(tokenOf(input));
      return {};
    },
  },
};
