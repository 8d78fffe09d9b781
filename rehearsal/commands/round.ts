import { type DescribeExecutionCommandOutput, SFNClient } from '@aws-sdk/client-sfn';
import type { ParseArgsOptionsConfig } from 'node:util';
import type { z } from 'zod';
import { parseVersioned } from '../../lib/contract/common';
import { runIdOf } from '../../lib/contract/object-keys';
import type { DeclaredPolicy } from '../../lib/contract/policy-metadata';
import { readAssembly } from '../assembly';
import { CHOICE_OPTIONS, type ChosenPolicy, choosePolicy } from '../choose-policy';
import type { Terminal } from '../command-line';
import { followExecution, startExecution } from '../deployed/execution';
import { Deployed, regionIn } from '../deployed/read-stacks';
import { invokeDeployed, WorkerFailedError } from '../own-worker';
import { visible } from '../report/words';
import { UsageError } from '../usage';
import { isForeseen } from './foreseen';
import { parseOptions } from './options';

/** The rounds of a policy's worker that a person may start, and what is said of them. */
export interface RoundKind<Report> {
  readonly usage: string;
  /** Begins the names of executions; under it the state machine's output has the report. */
  readonly name: string;
  /** Prop of the policy by which the rounds are declared. */
  readonly prop: string;
  /** What follows where it is not declared. */
  readonly without: string;
  /** What a round is, in the lines of progress. */
  readonly title: string;
  readonly request: z.ZodType;
  declaredIn(policy: DeclaredPolicy): DeclaredRounds | undefined;
  /** @throws ContractError */
  parse(report: unknown): Report;
  /** Whether nothing of it asks for a person. */
  isWell(report: Report): boolean;
  /** A round that ended, a line each. */
  lines(report: Report): readonly string[];
  /** What a round would do. */
  dryRunText(report: Report): string;
}

interface DeclaredRounds {
  readonly request: object;
  readonly function: unknown;
  readonly stateMachine: unknown;
}

const OPTIONS = {
  ...CHOICE_OPTIONS,
  'region': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  'wait': { type: 'boolean', default: false },
  'json': { type: 'boolean', default: false },
  'help': { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** What `--json` prints of a round that was started. */
interface Round<Report> {
  readonly version: 1;
  readonly slot: string;
  readonly execution: string;
  /** With `--wait`. */
  readonly status?: string;
  readonly report?: Report;
  readonly error?: string;
}

/**
 * Starts a round now, or says what one would do.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function roundCommand<Report>(kind: RoundKind<Report>, args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseOptions(args, OPTIONS, kind.usage);
  const { stdout, stderr } = terminal;
  if (options.help) {
    stdout.write(kind.usage);
    return 0;
  }
  if (options['dry-run'] && options.wait) throw new UsageError('--dry-run goes without --wait: it starts nothing', kind.usage);
  try {
    const assembly = readAssembly(options.app);
    const policy = choosePolicy(assembly, options, kind.usage);
    const rounds = kind.declaredIn(policy.declared);
    if (!rounds) throw new UsageError(`${policy.declared.path} declares no \`${kind.prop}\`: ${kind.without}`, kind.usage);
    const deployed = new Deployed(assembly, { region: options.region ?? regionIn(terminal.env) });
    if (!options['dry-run']) return await startRound(kind, policy, rounds, deployed, options, terminal);
    const report = await dryRun(kind, policy, rounds, deployed, terminal.signal);
    stdout.write(options.json ? json(report) : kind.dryRunText(report));
    return kind.isWell(report) ? 0 : 1;
  } catch (error) {
    if (!isForeseen(error) && !(error instanceof WorkerFailedError)) throw error;
    stderr.write(`backup-policy: ${error.message}\n`);
    return error instanceof WorkerFailedError ? 1 : 2;
  }
}

/** By the deployed worker and its own role: nobody else may read what it reads. */
async function dryRun<Report>(
  { request: schema, prop, name, parse }: RoundKind<Report>, { stack, declared }: ChosenPolicy, rounds: DeclaredRounds, deployed: Deployed,
  signal: AbortSignal,
): Promise<Report> {
  const path = `${declared.path} ${prop}`;
  const request = parseVersioned(`the ${name} request`, schema, {
    ...await deployed.resolve(stack, rounds.request, path) as object, slot: now(), execution: 'command-line', dryRun: true, whole: true,
  });
  const functionName = await deployed.text(stack, rounds.function, path);
  return parse(await invokeDeployed({ functionName, region: deployed.regionOf(stack), request, signal }));
}

async function startRound<Report>(
  kind: RoundKind<Report>, { stack, declared }: ChosenPolicy, rounds: DeclaredRounds, deployed: Deployed,
  { wait, json: asJson }: { readonly wait: boolean; readonly json: boolean }, terminal: Terminal,
): Promise<number> {
  const stateMachineArn = await deployed.text(stack, rounds.stateMachine, `${declared.path} ${kind.prop}`);
  const client = new SFNClient({ region: deployed.regionOf(stack) });
  const title = `${declared.application} (${declared.environment})`;
  try {
    const slot = now();
    const begun: Round<Report> = { version: 1, slot, execution: await startExecution(client, stateMachineArn, `${kind.name}-${runIdOf(slot)}`, { slot }) };
    if (!wait) {
      terminal.stdout.write(asJson ? json(begun) : `${title}: a round is started, ${begun.execution}\n`);
      return 0;
    }
    const followed = { execution: begun.execution, title: `${kind.title} of ${title}`, subject: declared.application };
    const ended = endedRound(kind, begun, await followExecution(client, followed, terminal));
    terminal.stdout.write(asJson ? json(ended) : inWords(kind, title, ended));
    return ended.report && kind.isWell(ended.report) ? 0 : 1;
  } finally {
    client.destroy();
  }
}

function endedRound<Report>(
  { name, parse }: RoundKind<Report>, round: Round<Report>, { status, output, error, cause }: DescribeExecutionCommandOutput,
): Round<Report> {
  const { [name]: report } = JSON.parse(output ?? '{}') as Readonly<Record<string, unknown>>;
  return {
    ...round, status, ...report === undefined ? {} : { report: parse(report) },
    ...error === undefined && cause === undefined ? {} : { error: [error, cause].filter(Boolean).join(': ') },
  };
}

function inWords<Report>({ lines }: RoundKind<Report>, title: string, { status, report, error }: Round<Report>): string {
  if (report) {
    const [first, ...others] = lines(report);
    return `${[`${title}: ${first}`, ...others.map((line) => `  ${visible(line)}`)].join('\n')}\n`;
  }
  return `${title}: the round ${String(status).toLowerCase().replace('_', ' ')}${error === undefined ? '' : `. ${visible(error)}`}\n`;
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
