import { AssemblyError } from '../assembly/assembly-error';

/** A state as Amazon States Language writes it; only what the rehearsal looks at. */
export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: string;
  readonly HeartbeatSeconds?: number;
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly Branches?: readonly Definition[];
  readonly Iterator?: Definition;
  readonly ItemProcessor?: Definition;
  readonly [field: string]: unknown;
}

export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
  readonly [field: string]: unknown;
}

/** The longest that a timer of Node's can wait (2^31-1 ms); Step Functions' own limit is a year. */
const LONGEST_SECONDS = 2_147_000;

/** Every state of a machine by its name, those in branches and maps too: names are unique in a machine. */
export function statesOf(definition: Definition): Map<string, State> {
  const states = new Map<string, State>();
  for (const [name, state] of Object.entries(definition.States)) {
    states.set(name, state);
    for (const inner of [...state.Branches ?? [], state.Iterator, state.ItemProcessor]) {
      if (inner) for (const [innerName, innerState] of statesOf(inner)) states.set(innerName, innerState);
    }
  }
  return states;
}

/**
 * Refuses what the interpreter would pass over in silence, and gives each task a time limit: the interpreter's own default is a
 * minute, Step Functions' is none.
 *
 * @throws AssemblyError that names machine, state and field
 */
export function interpretable(definition: Definition, machine: string): Definition {
  const refuse = (state: string, what: string): never => {
    throw new AssemblyError(`${machine}: state "${state}" ${what}.`, 'Write the machine in JSONPath with the fields a rehearsal knows; see the guide.');
  };
  for (const [name, state] of [['', definition] as const, ...statesOf(definition)]) {
    if (state.QueryLanguage !== undefined && state.QueryLanguage !== 'JSONPath') refuse(name, `is written in ${String(state.QueryLanguage)}, which the interpreter answers with nothing`);
    for (const field of ['Assign', 'Arguments', 'Output', 'Credentials', 'ToleratedFailureCount', 'ItemReader', 'ResultWriter', 'ItemBatcher']) {
      if (state[field] !== undefined) refuse(name, `has ${field}, which the interpreter does not know`);
    }
    if (JSON.stringify(state.Parameters ?? '').includes('$$.State.')) refuse(name, 'reads $$.State, which the interpreter does not have');
  }
  return withLimits(definition);
}

function withLimits(definition: Definition): Definition {
  const limit = (seconds: number | undefined): number => Math.min(seconds ?? LONGEST_SECONDS, LONGEST_SECONDS);
  const states = Object.entries(definition.States).map(([name, state]): [string, State] => [name, {
    ...state,
    ...(state.Type === 'Task' && state.TimeoutSecondsPath === undefined ? { TimeoutSeconds: limit(state.TimeoutSeconds) } : {}),
    ...(state.Branches ? { Branches: state.Branches.map(withLimits) } : {}),
    ...(state.Iterator ? { Iterator: withLimits(state.Iterator) } : {}),
    ...(state.ItemProcessor ? { ItemProcessor: withLimits(state.ItemProcessor) } : {}),
  }]);
  return {
    ...definition, States: Object.fromEntries(states),
    ...(definition.TimeoutSeconds === undefined ? {} : { TimeoutSeconds: limit(definition.TimeoutSeconds) }),
  };
}
