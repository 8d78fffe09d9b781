import { type DescribeExecutionCommandOutput, SFNClient } from '@aws-sdk/client-sfn';
import type { ParseArgsOptionsConfig } from 'node:util';
import { runIdOf } from '../../lib/contract/object-keys';
import { VerifyResult } from '../../lib/contract/run-request';
import { readAssembly } from '../assembly';
import { CHOICE_OPTIONS, choosePolicy, chooseProtection } from '../choose-policy';
import type { Terminal } from '../command-line';
import { followExecution, startExecution } from '../deployed/execution';
import { Deployed, regionIn } from '../deployed/read-stacks';
import { visible } from '../report/words';
import { span } from '../status/words';
import { UsageError } from '../usage';
import { isForeseen } from './foreseen';
import { parseWords } from './options';

export const RUN_USAGE = `usage: backup-policy run PROTECTION [options]

Starts a run now, such as before a migration: the deployed state machine dumps, verifies and says what goes wrong, as at every slot. The
run is a slot of its own, so the schedule's next one comes as ever; retention counts it as any other copy.

  --reason TEXT         why, kept with the execution
  --wait                follow it to its verdict                                   (default: only start it)
  --app FOLDER          what \`cdk synth\` wrote and was deployed                   (default: cdk.out)
  --application NAME    which policy, where the app has several
  --environment NAME    which of its environments, where there are several
  --region NAME         region of stacks that leave it to the deployment           (default: AWS_REGION)
  --json                print the run as JSON
  --help

A pause does not hold it back. A store that a rehearsal kept has no database any more: \`backup-policy rehearse --keep\` runs again there.
Needs cloudformation:DescribeStacks and ListStackResources, states:StartExecution; with --wait states:DescribeExecution and GetExecutionHistory.
Exit code: 0 it is started, with --wait: its copy is proven, or as far as the policy lets a drill go; 1 with --wait: it is not;
2 wrong usage, or it could not be started or followed.
`;

const OPTIONS = {
  ...CHOICE_OPTIONS,
  region: { type: 'string' },
  reason: { type: 'string' },
  wait: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

const LONGEST_REASON = 300;

/** What `--json` prints. */
interface Run {
  readonly version: 1;
  readonly protection: string;
  readonly slot: string;
  readonly runId: string;
  readonly execution: string;
  /** With `--wait`. */
  readonly status?: string;
  readonly verdict?: VerifyResult;
  readonly error?: string;
  readonly seconds?: number;
}

/**
 * `backup-policy run`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { options, words } = parseWords(args, OPTIONS, RUN_USAGE);
  if (options.help) {
    terminal.stdout.write(RUN_USAGE);
    return 0;
  }
  if (words.length !== 1) throw new UsageError(words.length === 0 ? 'say which protection' : `"${words[1]}": name one protection, and its reason with --reason "…"`, RUN_USAGE);
  const reason = options.reason?.replace(/\s+/g, ' ').trim();
  if (options.reason !== undefined && (!reason || reason.length > LONGEST_REASON)) throw new UsageError(`--reason: 1 to ${LONGEST_REASON} characters`, RUN_USAGE);
  let client: SFNClient | undefined;
  try {
    const assembly = readAssembly(options.app);
    const policy = choosePolicy(assembly, options, RUN_USAGE);
    const protection = chooseProtection(policy.declared, words[0], RUN_USAGE);
    const deployed = new Deployed(assembly, { region: options.region ?? regionIn(terminal.env) });
    const stateMachineArn = await deployed.text(policy.stack, protection.stateMachine, `${protection.path} state machine`);
    client = new SFNClient({ region: deployed.regionOf(policy.stack) });
    const begun = await start(client, stateMachineArn, protection.id, reason);
    if (!options.wait) {
      terminal.stdout.write(options.json ? json(begun) : `${protection.id}: run ${begun.runId} is started, ${begun.execution}\n`);
      return 0;
    }
    const { execution, runId } = begun;
    const followed = { execution, title: `run ${runId}`, subject: protection.id };
    const ended = endedRun(begun, await followExecution(client, followed, terminal));
    terminal.stdout.write(options.json ? json(ended) : `${inWords(ended)}\n`);
    return ended.status === 'SUCCEEDED' && ended.verdict?.outcome !== 'not-proven' ? 0 : 1;
  } catch (error) {
    if (!isForeseen(error)) throw error;
    terminal.stderr.write(`backup-policy: ${error.message}\n`);
    return 2;
  } finally {
    client?.destroy();
  }
}

async function start(client: SFNClient, stateMachineArn: string, protection: string, reason: string | undefined): Promise<Run> {
  const slot = `${new Date().toISOString().slice(0, 19)}Z`;
  const runId = runIdOf(slot);
  const input = { slot, ...(reason === undefined ? {} : { reason }) };
  return { version: 1, protection, slot, runId, execution: await startExecution(client, stateMachineArn, `run-${runId}`, input) };
}

function endedRun(run: Run, { status, output, error, cause, startDate, stopDate }: DescribeExecutionCommandOutput): Run {
  const { verify } = JSON.parse(output ?? '{}') as { verify?: unknown };
  const verdict = VerifyResult.safeParse(verify);
  return {
    ...run, status, ...(verdict.success ? { verdict: verdict.data } : {}),
    ...(error === undefined && cause === undefined ? {} : { error: [error, cause].filter(Boolean).join(': ') }),
    ...(startDate && stopDate ? { seconds: (stopDate.getTime() - startDate.getTime()) / 1000 } : {}),
  };
}

function inWords({ protection, runId, status, verdict, error, seconds }: Run): string {
  const took = seconds === undefined ? '' : ` after ${span(seconds)}`;
  if (verdict) return `${protection}: run ${runId} is ${verdict.outcome}${took}. ${visible(verdict.summary)}`;
  return status === 'SUCCEEDED' ? `${protection}: run ${runId} ended well${took}.` : `${protection}: run ${runId} ${String(status).toLowerCase().replace('_', ' ')}${took}${error === undefined ? '' : `. ${visible(error)}`}`;
}

function json(run: Run): string {
  return `${JSON.stringify(run, undefined, 2)}\n`;
}
