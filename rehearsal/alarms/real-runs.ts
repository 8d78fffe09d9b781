import { runIdOf } from '../../lib/contract/object-keys';
import type { Resolver } from '../assembly';
import type { RanProtection } from '../build-report';
import type { Authorizer } from '../cloud/authorizer';
import { functionOf, type LocalMachine, taskDefinitionOf } from '../cloud/local-cloud';
import type { RoleKeyring } from '../cloud/role-keys';
import { seedSecrets } from '../cloud/seed-secrets';
import type { Endpoint } from '../endpoint';
import { statesOf, type Definition } from '../machine/definition';
import type { TaskTokens } from '../machine/task-tokens';
import { SILENT } from '../progress';
import { runProtection } from '../run-protection';
import { AlarmError } from './alarm';
import type { StagedProtection } from './alarm-stage';

export interface RealRunsProps {
  readonly resolver: Resolver;
  readonly endpoint: Endpoint;
  readonly authorizer: Authorizer;
  readonly keys: RoleKeyring;
  readonly tokens: TaskTokens;
  /** Told which machine is about to run. */
  readonly onMachine: (machine: LocalMachine) => void;
  /** By protection. */
  readonly staged: ReadonlyMap<string, StagedProtection>;
  readonly signal: AbortSignal | undefined;
  readonly onLog?: (line: string) => void;
}

/** Runs of the synthesized machines in a course of simulated time: their bundles, their roles, the database beside. */
export class RealRuns {
  constructor(private readonly props: RealRunsProps) {
    for (const protection of props.staged.keys()) this.mendSecrets(protection);
  }

  of(protection: string): StagedProtection {
    const staged = this.props.staged.get(protection);
    if (!staged) throw new AlarmError(`${protection} is not on stage`);
    return staged;
  }

  /** Role of the worker that a state of the machine runs. */
  roleOf(protection: string, state: 'Dump' | 'Verify'): string {
    const { machine } = this.of(protection).planned;
    const found = statesOf(machine.definition as unknown as Definition).get(state);
    const { FunctionName, TaskDefinition } = (found?.Parameters ?? {}) as { FunctionName?: string; TaskDefinition?: string };
    if (TaskDefinition !== undefined) return taskDefinitionOf(this.props.resolver, TaskDefinition).taskRoleArn;
    return functionOf(this.props.resolver, FunctionName ?? found?.Resource ?? '').roleArn;
  }

  /** What the workers find in their secrets from now on. */
  putSecrets(secrets: Readonly<Record<string, string>>): void {
    const { resolver, authorizer, endpoint } = this.props;
    seedSecrets(secrets, resolver, authorizer, endpoint);
  }

  mendSecrets(protection: string): void {
    const { source, planned } = this.of(protection);
    this.putSecrets({ ...source.secrets, ...planned.identity.secrets });
  }

  /**
   * Runs a machine from its first state to its end, now by the store's clock.
   *
   * @param slot epoch seconds
   * @param skewSeconds how far its workers' clocks are ahead of the store's
   */
  async run(protection: string, slot: number, skewSeconds: number): Promise<RanProtection> {
    const { onMachine, onLog = () => undefined, staged: _staged, ...surroundings } = this.props;
    const { planned, source, programs, sandbox } = this.of(protection);
    const instant = new Date(slot * 1000).toISOString().replace('.000Z', 'Z');
    onMachine(planned.machine);
    return await runProtection({ ...planned, slot: instant, runId: runIdOf(instant) }, {
      ...surroundings, source, programs, sandbox, onLog, progress: SILENT,
      clockAhead: () => surroundings.endpoint.now().getTime() - Date.now() + skewSeconds * 1000,
    });
  }
}
