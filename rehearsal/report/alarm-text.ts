import { type AlarmReport, type FaultReport, type PolicyAlarmReport, problemsOf } from '../alarms/model';
import { alarmHeadline, alarmName, firstRuns, healthyInWords, heardBy, missedInWords, runHeardBy, runName, when } from './alarm-words';
import type { ReportTextProps } from './text';
import { counted, duration, visible } from './words';

const HEAD = ['alarm', 'fault', 'fired after', 'told', 'over after'];

/** The alarm rehearsal as a table for a terminal; no name in it can move the cursor or change a colour. */
export function alarmReportText(report: AlarmReport, { color = false, page }: ReportTextProps = {}): string {
  const paint = (code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = ['', `  ${paint(report.outcome === 'heard' ? 32 : 31, paint(1, alarmHeadline(report)))} ${duration(report.seconds)}`];
  for (const policy of report.policies) {
    const problems = problemsOf(policy);
    lines.push('', `  ${visible(policy.application)} ${paint(2, visible(policy.environment))}: ${counted(policy.alarms, 'alarm')}, ${counted(policy.faults.length, 'fault')}`);
    const rows = policy.faults.flatMap((fault) => rowsOf(fault, policy));
    const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map(({ cells }) => cells[column].length)));
    const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd();
    lines.push(`    ${paint(2, line(HEAD))}`, ...rows.map(({ bad, cells }) => `  ${bad ? paint(31, '✗') : paint(32, '✓')} ${line(cells)}`));
    lines.push('', `  ${paint(2, 'often missed')}`);
    const longest = Math.max(...policy.oftenMissed.map(({ what }) => what.length));
    for (const missed of policy.oftenMissed) {
      const mark = missed.asItShould ? paint(32, '✓') : paint(31, '✗');
      lines.push(`  ${mark} ${visible(missed.what.padEnd(longest))}  ${visible(missedInWords(missed))} ${paint(2, `(${visible(missed.means)})`)}`);
    }
    lines.push('', ...[policy.healthy, ...policy.clockChanges].map((healthy) => `  ${visible(healthyInWords(healthy))}`));
    lines.push(...problems.map((problem) => `  ${paint(31, '✗')} ${visible(problem)}`));
  }
  if (page !== undefined) lines.push('', `  ${visible(page)}`);
  return `${lines.join('\n')}\n`;
}

interface Row {
  readonly bad: boolean;
  readonly cells: readonly string[];
}

/** What a run says of itself, then the alarms. */
function rowsOf({ fault, runs, rows }: FaultReport, policy: PolicyAlarmReport): Row[] {
  return [
    ...firstRuns(runs).map((run) => ({
      bad: run.problem !== undefined, cells: [runName(run), fault, when(run.endedAfterSeconds), runHeardBy(run), ''],
    })),
    ...rows.map((row) => ({
      bad: row.problem !== undefined,
      cells: [alarmName(row, policy), fault, when(row.firedAfterSeconds), heardBy(row), when(row.overAfterSeconds)],
    })),
  ].map(({ bad, cells }) => ({ bad, cells: cells.map((cell) => visible(cell)) }));
}
