import type { FoundPolicy, Resolver } from './assembly';
import type { Authorizer } from './cloud/authorizer';
import { machineOf } from './cloud/local-cloud';
import type { RoleKeyring } from './cloud/role-keys';
import type { Endpoint } from './endpoint';
import { type Execution, runMachine } from './machine/run-machine';
import { Tasks, type WorkerRun } from './machine/tasks';
import type { TaskTokens } from './machine/task-tokens';
import type { Sandbox } from './sandbox';

export interface PolicyRoundProps<Request> {
  readonly policy: FoundPolicy;
  readonly resolver: Resolver;
  readonly authorizer: Authorizer;
  readonly keys: RoleKeyring;
  readonly tokens: TaskTokens;
  readonly endpoint: Pick<Endpoint, 'url'>;
  readonly sandbox: Sandbox | undefined;
  readonly signal?: AbortSignal;
  readonly onLog?: (line: string) => void;
  /** The instant the round is scheduled for and acts at, ISO 8601 in UTC: of a store on a simulated clock. @default now, by the clocks */
  readonly at?: string;
  /** What differs from the declared request, such as `keep`. @default nothing */
  readonly change?: Partial<Request>;
}

/** A round as it ended. */
export interface PolicyRound<Report> {
  readonly execution: Execution;
  readonly workers: readonly WorkerRun[];
  /** What the worker answered, every copy with its reasons; undefined where the round failed. */
  readonly report?: Report;
}

export interface RoundKind<Report> {
  /** Name of its answer in the execution's output, and in the execution's own name. */
  readonly name: 'retire' | 'extend' | 'scrub';
  /** ARN as the template has it. */
  readonly stateMachine: unknown;
  readonly parse: (value: unknown) => Report;
}

/**
 * Runs a synthesized machine that goes over a policy's copies once: the worker from its bundle, in the sandbox, by the permissions of its
 * role.
 *
 * @throws AssemblyError for a machine that is not there
 */
export async function runPolicyRound<Request, Report>(
  { name, stateMachine, parse }: RoundKind<Report>, props: PolicyRoundProps<Request>,
): Promise<PolicyRound<Report>> {
  const { policy: { stack, declared }, resolver, endpoint, tokens, at, change } = props;
  const machine = machineOf(resolver, String(resolver.resolve(stack, stateMachine, `${declared.path} ${name}`)));
  const workers: WorkerRun[] = [];
  const tasks = new Tasks({
    ...props, machine, endpointUrl: endpoint.url, region: resolver.region, programs: { path: [] },
    adjust: (request) => ({ ...request as object, whole: true, ...at === undefined ? {} : { rehearsedAt: at }, ...change }),
    onRun: (run) => void workers.push(run),
    onLog: props.onLog ?? (() => undefined),
  });
  const slot = at ?? new Date().toISOString();
  const execution = await runMachine({
    definition: machine.definition, name: machine.path, arn: machine.arn, roleArn: machine.roleArn,
    executionName: `${name}-${declared.application}`.slice(0, 80), input: { slot }, signal: props.signal,
    runTask: tasks.run, issueToken: () => tokens.issue(),
  });
  const answer = ((execution.output ?? {}) as Record<string, unknown>)[name];
  return { execution, workers, ...execution.outcome === 'succeeded' && answer !== undefined ? { report: parse(answer) } : {} };
}
