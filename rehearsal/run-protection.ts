import type { RunRequest } from '../lib/contract/run-request';
import type { FoundPolicy, FoundProtection, Resolver } from './assembly';
import type { RanProtection } from './build-report';
import type { Authorizer } from './cloud/authorizer';
import type { LocalMachine } from './cloud/local-cloud';
import type { RoleKeyring } from './cloud/role-keys';
import type { DrillIdentity } from './drill-identity';
import type { Endpoint } from './endpoint';
import { runMachine, type StateRecord, type TaskCall } from './machine/run-machine';
import type { TaskTokens } from './machine/task-tokens';
import { Tasks, type WorkerRun } from './machine/tasks';
import type { Progress } from './progress';
import type { Sandbox } from './sandbox';
import type { EnginePrograms, RehearsalSource } from './sources/source';

/** What a test may touch while a rehearsal runs. */
export interface Scene {
  readonly endpoint: Endpoint;
  readonly protection: FoundProtection;
  readonly runId: string;
}

/** A protection that will be run. */
export interface Planned {
  readonly policy: FoundPolicy;
  readonly protection: FoundProtection;
  readonly machine: LocalMachine;
  readonly slot: string;
  readonly runId: string;
  readonly identity: DrillIdentity;
}

/** What runs happen in: the local cloud, its roles, the machine. */
export interface Surroundings {
  readonly resolver: Resolver;
  readonly authorizer: Authorizer;
  readonly keys: RoleKeyring;
  readonly tokens: TaskTokens;
  readonly endpoint: Endpoint;
  readonly source: RehearsalSource;
  readonly sandbox: Sandbox | undefined;
  readonly programs: EnginePrograms;
  readonly progress: Progress;
  readonly onLog: (line: string) => void;
  /** How far the workers' clocks are ahead of this machine's when they start. @default 0 */
  readonly clockAhead?: () => number;
  /** Before each task of a machine, for tests that spoil something. */
  readonly beforeTask?: (call: TaskCall, scene: Scene) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** One run of one protection: its state machine, from its first state to its end. */
export async function runProtection(one: Planned, parts: Surroundings): Promise<RanProtection> {
  const { policy, protection, machine, slot, runId } = one;
  const { beforeTask, ...surroundings } = parts;
  const { resolver, endpoint, tokens, source, progress } = surroundings;
  const workers: WorkerRun[] = [];
  const tasks = new Tasks({
    ...surroundings, machine, endpointUrl: endpoint.url, region: resolver.region,
    adjust: (request) => adjusted(request, source, one.identity),
    onRun: (run) => void workers.push(run),
    ...(beforeTask ? { beforeTask: (call: TaskCall) => beforeTask(call, { endpoint, protection, runId }) } : {}),
  });
  const begun = new Map<StateRecord, (how: string) => void>();
  const execution = await runMachine({
    definition: machine.definition, name: machine.path, arn: machine.arn, roleArn: machine.roleArn,
    executionName: `rehearsal-${runId}-${protection.declared.id}`.slice(0, 80),
    input: { slot }, signal: parts.signal, runTask: tasks.run, issueToken: () => tokens.issue(),
    onState: (state) => {
      if (state.type !== 'Task') return;
      if (state.outcome === undefined) begun.set(state, progress.begin(`${protection.declared.id}: ${state.name}`));
      else begun.get(state)?.(state.outcome === 'succeeded' ? `done${state.tries > 1 ? ` after ${state.tries} tries` : ''}` : state.error?.name ?? 'failed');
    },
  });
  return { policy, protection, slot, runId, execution, workers };
}

/**
 * Only the engine's part of a run request may differ from the deployed one, and the recipients where the drill's identity is a throwaway;
 * what is no request goes through as it is.
 */
export function adjusted(request: unknown, source: RehearsalSource, identity: DrillIdentity): unknown {
  const { config, encryption } = (request ?? {}) as { config?: unknown; encryption?: RunRequest['encryption'] };
  if (typeof config !== 'object' || config === null) return request;
  return {
    ...request as object,
    config: source.adjust(config as Record<string, unknown>),
    ...(encryption ? { encryption: { ...encryption, recipients: identity.adjust(encryption.recipients) } } : {}),
  };
}
