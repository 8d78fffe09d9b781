import { type ExtendedCounts, type ExtendReport, type LockDecision, parseExtendReport } from '../../lib/contract/extend-report';
import { ExtendRequest } from '../../lib/contract/extend-request';
import type { Terminal } from '../command-line';
import { counted, visible } from '../report/words';
import { roundCommand } from './round';

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

/**
 * `backup-policy extend`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export function extendCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  return roundCommand<ExtendReport>({
    usage: EXTEND_USAGE, name: 'extend', title: 'lock extension', prop: 'lockExtension', without: 'each lock is left to end', request: ExtendRequest,
    declaredIn: ({ lockExtension }) => lockExtension,
    parse: parseExtendReport,
    isWell: ({ protections }) => protections.every(({ ending }) => ending === 0),
    lines: ({ protections }) => ['the locks are lengthened.', ...protections.map(figures)],
    dryRunText,
  }, args, terminal);
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
