import { parseScrubReport, type ScrubReport } from '../../lib/contract/scrub-report';
import { ScrubRequest } from '../../lib/contract/scrub-request';
import type { Terminal } from '../command-line';
import { counted, size, visible } from '../report/words';
import { roundCommand } from './round';

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

/**
 * `backup-policy scrub`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export function scrubCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  return roundCommand<ScrubReport>({
    usage: SCRUB_USAGE, name: 'scrub', title: 'scrub', prop: 'scrub', without: 'nobody reads its copies again', request: ScrubRequest,
    declaredIn: ({ scrub }) => scrub,
    parse: parseScrubReport,
    isWell: ({ protections }) => protections.every(({ damaged }) => damaged === 0),
    lines: ({ protections }) => ['every copy that was read is as it was written.', ...protections.map(({ protection, read, due, resting, readBytes }) => (
      `${protection}: ${counted(read, 'copy', 'copies')} read, ${size(readBytes)}; ${due} go on with the next round, ${resting} rest`))],
    dryRunText,
  }, args, terminal);
}

function dryRunText({ application, environment, at, protections }: ScrubReport): string {
  const blocks = protections.map(({ protection, decisions = [], readBytes, due }) => {
    const width = Math.max(0, ...decisions.map(({ action }) => action.length));
    const lines = decisions.map(({ runId, action, readAt, dueBy, reasons }) => (
      `  ${runId}  ${action.padEnd(width)}  last read ${readAt.slice(0, 10)}, again by ${dueBy.slice(0, 10)}  ${reasons.join('; ')}`));
    const head = `${protection}: ${counted(decisions.length, 'copy', 'copies')}; a round would read ${counted(due, 'copy', 'copies')} now, ${size(readBytes)}`;
    return [head, ...lines].map((line) => visible(line)).join('\n');
  });
  return `${[`${application} (${environment}) at ${at}, nothing read and nothing written`, ...blocks].join('\n\n')}\n`;
}
