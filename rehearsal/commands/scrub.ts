import { type DescribeExecutionCommandOutput, SFNClient } from '@aws-sdk/client-sfn';
import type { ParseArgsOptionsConfig } from 'node:util';
import { parseVersioned } from '../../lib/contract/common';
import { runIdOf } from '../../lib/contract/object-keys';
import type { DeclaredScrubbing } from '../../lib/contract/policy-metadata';
import { parseScrubReport, type ScrubReport } from '../../lib/contract/scrub-report';
import { ScrubRequest } from '../../lib/contract/scrub-request';
import { readAssembly } from '../assembly';
import { CHOICE_OPTIONS, type ChosenPolicy, choosePolicy } from '../choose-policy';
import type { Terminal } from '../command-line';
import { followExecution, startExecution } from '../deployed/execution';
import { Deployed, regionIn } from '../deployed/read-stacks';
import { invokeDeployed, WorkerFailedError } from '../own-worker';
import { counted, size, visible } from '../report/words';
import { UsageError } from '../usage';
import { isForeseen } from './foreseen';
import { parseOptions } from './options';

export const SCRUB_USAGE = `usage: backup-policy scrub [options]

Starts a round now that reads stored copies again, as the policy's \`scrub\` declares them: the deployed worker reads those that were read
longest ago, holds each part against its manifest, and goes on tomorrow where its time was over.

  --dry-run             read no part and write nothing: say what a round would read now, and when each copy was last read
  --wait                follow it to its end                                       (default: only start it)
  --app FOLDER          what \`cdk synth\` wrote and was deployed                   (default: cdk.out)
  --application NAME    which policy, where the app has several
  --environment NAME    which of its environments, where there are several
  --region NAME         region of stacks that leave it to the deployment           (default: AWS_REGION)
  --json                print the round as JSON
  --help

Needs cloudformation:DescribeStacks and ListStackResources; states:StartExecution, with --wait states:DescribeExecution and
GetExecutionHistory; with --dry-run lambda:InvokeFunction instead.
Exit code: 0 it is started, with --wait or --dry-run: every copy is as it was written when it was last read; 1 one is not, or the round
failed; 2 wrong usage, no \`scrub\` in the policy, or it could not be started or followed.
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
  readonly report?: ScrubReport;
  readonly error?: string;
}

/**
 * `backup-policy scrub`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function scrubCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseOptions(args, OPTIONS, SCRUB_USAGE);
  const { stdout } = terminal;
  if (options.help) {
    stdout.write(SCRUB_USAGE);
    return 0;
  }
  if (options['dry-run'] && options.wait) throw new UsageError('--dry-run goes without --wait: it starts nothing', SCRUB_USAGE);
  try {
    const assembly = readAssembly(options.app);
    const policy = choosePolicy(assembly, options, SCRUB_USAGE);
    const { scrub } = policy.declared;
    if (!scrub) throw new UsageError(`${policy.declared.path} declares no \`scrub\`: nobody reads its copies again`, SCRUB_USAGE);
    const deployed = new Deployed(assembly, { region: options.region ?? regionIn(terminal.env) });
    if (options['dry-run']) {
      const report = await dryRun(policy, scrub, deployed, terminal.signal);
      stdout.write(options.json ? json(report) : textOf(report));
      return report.protections.some(({ damaged }) => damaged > 0) ? 1 : 0;
    }
    return await startRound(policy, scrub, deployed, options, terminal);
  } catch (error) {
    if (!isForeseen(error) && !(error instanceof WorkerFailedError)) throw error;
    terminal.stderr.write(`backup-policy: ${error.message}\n`);
    return 2;
  }
}

async function dryRun(
  { stack, declared }: ChosenPolicy, scrub: DeclaredScrubbing, deployed: Deployed, signal: AbortSignal,
): Promise<ScrubReport> {
  const path = `${declared.path} scrub`;
  const request = parseVersioned('the scrub request', ScrubRequest, {
    ...await deployed.resolve(stack, scrub.request, path) as object, slot: now(), execution: 'command-line', dryRun: true, whole: true,
  });
  const functionName = await deployed.text(stack, scrub.function, path);
  return parseScrubReport(await invokeDeployed({ functionName, region: deployed.regionOf(stack), request, signal }));
}

async function startRound(
  { stack, declared }: ChosenPolicy, scrub: DeclaredScrubbing, deployed: Deployed,
  { wait, json: asJson }: { readonly wait: boolean; readonly json: boolean }, terminal: Terminal,
): Promise<number> {
  const stateMachineArn = await deployed.text(stack, scrub.stateMachine, `${declared.path} scrub`);
  const client = new SFNClient({ region: deployed.regionOf(stack) });
  const title = `${declared.application} (${declared.environment})`;
  try {
    const slot = now();
    const begun: Round = { version: 1, slot, execution: await startExecution(client, stateMachineArn, `scrub-${runIdOf(slot)}`, { slot }) };
    if (!wait) {
      terminal.stdout.write(asJson ? json(begun) : `${title}: a round is started, ${begun.execution}\n`);
      return 0;
    }
    const followed = { execution: begun.execution, title: `scrub of ${title}`, subject: declared.application };
    const ended = endedRound(begun, await followExecution(client, followed, terminal));
    terminal.stdout.write(asJson ? json(ended) : inWords(title, ended));
    return ended.status === 'SUCCEEDED' ? 0 : 1;
  } finally {
    client.destroy();
  }
}

function endedRound(round: Round, { status, output, error, cause }: DescribeExecutionCommandOutput): Round {
  const { scrub } = JSON.parse(output ?? '{}') as { scrub?: unknown };
  return {
    ...round, status, ...scrub === undefined ? {} : { report: parseScrubReport(scrub) },
    ...error === undefined && cause === undefined ? {} : { error: [error, cause].filter(Boolean).join(': ') },
  };
}

function inWords(title: string, { status, report, error }: Round): string {
  if (!report) return `${title}: the round ${String(status).toLowerCase().replace('_', ' ')}${error === undefined ? '' : `. ${visible(error)}`}\n`;
  const lines = report.protections.map(({ protection, read, due, resting, readBytes }) => (
    `  ${protection}: ${counted(read, 'copy', 'copies')} read, ${size(readBytes)}; ${due} go on with the next round, ${resting} rest`));
  return `${[`${title}: every copy that was read is as it was written.`, ...lines].join('\n')}\n`;
}

function textOf({ application, environment, at, protections }: ScrubReport): string {
  const blocks = protections.map(({ protection, decisions = [], readBytes, due }) => {
    const width = Math.max(0, ...decisions.map(({ action }) => action.length));
    const lines = decisions.map(({ runId, action, readAt, dueBy, reasons }) => (
      `  ${runId}  ${action.padEnd(width)}  last read ${readAt.slice(0, 10)}, again by ${dueBy.slice(0, 10)}  ${reasons.join('; ')}`));
    const head = `${protection}: ${counted(decisions.length, 'copy', 'copies')}; a round would read ${counted(due, 'copy', 'copies')} now, ${size(readBytes)}`;
    return [head, ...lines].map((line) => visible(line)).join('\n');
  });
  return `${[`${application} (${environment}) at ${at}, nothing read and nothing written`, ...blocks].join('\n\n')}\n`;
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
