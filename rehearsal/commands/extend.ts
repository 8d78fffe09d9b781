import { type DescribeExecutionCommandOutput, SFNClient } from '@aws-sdk/client-sfn';
import type { ParseArgsOptionsConfig } from 'node:util';
import { parseVersioned } from '../../lib/contract/common';
import { type ExtendedCounts, type ExtendReport, type LockDecision, parseExtendReport } from '../../lib/contract/extend-report';
import { ExtendRequest } from '../../lib/contract/extend-request';
import { runIdOf } from '../../lib/contract/object-keys';
import type { DeclaredLockExtension } from '../../lib/contract/policy-metadata';
import { readAssembly } from '../assembly';
import { CHOICE_OPTIONS, type ChosenPolicy, choosePolicy } from '../choose-policy';
import type { Terminal } from '../command-line';
import { followExecution, startExecution } from '../deployed/execution';
import { Deployed, regionIn } from '../deployed/read-stacks';
import { invokeDeployed, WorkerFailedError } from '../own-worker';
import { counted, visible } from '../report/words';
import { UsageError } from '../usage';
import { isForeseen } from './foreseen';
import { parseOptions } from './options';

export const EXTEND_USAGE = `usage: backup-policy extend [options]

Starts a round now that lengthens the lock of the copies that are kept, as the policy's \`lockExtension\` declares them: of those whose lock
would end before the rounds that follow. Nothing else is written, and no lock is shortened.

  --dry-run             write nothing: say of every copy what would become of its lock, until when, and why
  --wait                follow it to its end                                       (default: only start it)
  --app FOLDER          what \`cdk synth\` wrote and was deployed                   (default: cdk.out)
  --application NAME    which policy, where the app has several
  --environment NAME    which of its environments, where there are several
  --region NAME         region of stacks that leave it to the deployment           (default: AWS_REGION)
  --json                print the round, or with --dry-run what it would do, as JSON
  --help

Needs cloudformation:DescribeStacks and ListStackResources; states:StartExecution, with --wait states:DescribeExecution and
GetExecutionHistory; with --dry-run lambda:InvokeFunction instead.
Exit code: 0 it is started, with --wait or --dry-run: no kept copy is left with a lock that ends soon; 1 one is, for it may not be lengthened,
or the round failed; 2 wrong usage, no \`lockExtension\` in the policy, or it could not be started or followed.
`;

const OPTIONS = {
  ...CHOICE_OPTIONS,
  'region': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  'wait': { type: 'boolean', default: false },
  'json': { type: 'boolean', default: false },
  'help': { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** What `--json` prints of a round that was started. */
interface Round {
  readonly version: 1;
  readonly slot: string;
  readonly execution: string;
  /** With `--wait`. */
  readonly status?: string;
  readonly report?: ExtendReport;
  readonly error?: string;
}

/**
 * `backup-policy extend`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function extendCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseOptions(args, OPTIONS, EXTEND_USAGE);
  const { stdout, stderr } = terminal;
  if (options.help) {
    stdout.write(EXTEND_USAGE);
    return 0;
  }
  if (options['dry-run'] && options.wait) throw new UsageError('--dry-run goes without --wait: it starts nothing', EXTEND_USAGE);
  try {
    const assembly = readAssembly(options.app);
    const policy = choosePolicy(assembly, options, EXTEND_USAGE);
    const { lockExtension } = policy.declared;
    if (!lockExtension) throw new UsageError(`${policy.declared.path} declares no \`lockExtension\`: each lock is left to end`, EXTEND_USAGE);
    const deployed = new Deployed(assembly, { region: options.region ?? regionIn(terminal.env) });
    if (!options['dry-run']) return await startRound(policy, lockExtension, deployed, options, terminal);
    const report = await dryRun(policy, lockExtension, deployed, terminal.signal);
    stdout.write(options.json ? json(report) : dryRunText(report));
    return exitCodeOf(report);
  } catch (error) {
    if (!isForeseen(error) && !(error instanceof WorkerFailedError)) throw error;
    stderr.write(`backup-policy: ${error.message}\n`);
    return error instanceof WorkerFailedError ? 1 : 2;
  }
}

/** By the deployed worker and its own role: nobody else may read every lock. */
async function dryRun(
  { stack, declared }: ChosenPolicy, extension: DeclaredLockExtension, deployed: Deployed, signal: AbortSignal,
): Promise<ExtendReport> {
  const path = `${declared.path} lockExtension`;
  const request = parseVersioned('the extend request', ExtendRequest, {
    ...await deployed.resolve(stack, extension.request, path) as object, slot: now(), execution: 'command-line', dryRun: true, whole: true,
  });
  const functionName = await deployed.text(stack, extension.function, path);
  return parseExtendReport(await invokeDeployed({ functionName, region: deployed.regionOf(stack), request, signal }));
}

async function startRound(
  { stack, declared }: ChosenPolicy, extension: DeclaredLockExtension, deployed: Deployed,
  { wait, json: asJson }: { readonly wait: boolean; readonly json: boolean }, terminal: Terminal,
): Promise<number> {
  const stateMachineArn = await deployed.text(stack, extension.stateMachine, `${declared.path} lockExtension`);
  const client = new SFNClient({ region: deployed.regionOf(stack) });
  const title = `${declared.application} (${declared.environment})`;
  try {
    const slot = now();
    const begun: Round = { version: 1, slot, execution: await startExecution(client, stateMachineArn, `extend-${runIdOf(slot)}`, { slot }) };
    if (!wait) {
      terminal.stdout.write(asJson ? json(begun) : `${title}: a round is started, ${begun.execution}\n`);
      return 0;
    }
    const followed = { execution: begun.execution, title: `lock extension of ${title}`, subject: declared.application };
    const ended = endedRound(begun, await followExecution(client, followed, terminal));
    terminal.stdout.write(asJson ? json(ended) : inWords(title, ended));
    return ended.report ? exitCodeOf(ended.report) : 1;
  } finally {
    client.destroy();
  }
}

function endedRound(round: Round, { status, output, error, cause }: DescribeExecutionCommandOutput): Round {
  const { extend } = JSON.parse(output ?? '{}') as { extend?: unknown };
  return {
    ...round, status, ...extend === undefined ? {} : { report: parseExtendReport(extend) },
    ...error === undefined && cause === undefined ? {} : { error: [error, cause].filter(Boolean).join(': ') },
  };
}

function exitCodeOf({ protections }: ExtendReport): number {
  return protections.some(({ ending }) => ending > 0) ? 1 : 0;
}

function inWords(title: string, { status, report, error }: Round): string {
  if (report) return `${[`${title}: the locks are lengthened.`, ...report.protections.map((one) => `  ${figures(one)}`)].join('\n')}\n`;
  return `${title}: the round ${String(status).toLowerCase().replace('_', ' ')}${error === undefined ? '' : `. ${visible(error)}`}\n`;
}

function dryRunText({ application, environment, at, protections }: ExtendReport): string {
  const blocks = protections.map((one) => {
    const { decisions = [] } = one;
    const words = decisions.map((decision) => ({ ...decision, what: fateOf(decision) }));
    const width = Math.max(0, ...words.map(({ what }) => what.length));
    return [figures(one), ...words.map(({ runId, what, reasons }) => `  ${runId}  ${what.padEnd(width)}  ${reasons.join('; ')}`)]
      .map((line) => visible(line)).join('\n');
  });
  return `${[`${application} (${environment}) at ${at}, nothing written`, ...blocks].join('\n\n')}\n`;
}

function fateOf({ action, until }: LockDecision): string {
  if (action === 'extended') return `would be locked until ${until}`;
  if (action === 'leaving') return 'is left to end';
  const end = until === undefined ? 'has no lock' : `is locked until ${until}`;
  return action === 'ending' ? `${end}, and may not be lengthened` : end;
}

function figures({ protection, locked, extended, leaving, ending, versions }: ExtendedCounts): string {
  return `${protection}: ${counted(extended, 'copy', 'copies')} lengthened (${counted(versions, 'object')}), ${locked} locked for long enough, ${leaving} left to end, ${ending} ending`;
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
