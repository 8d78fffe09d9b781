import { costInWords } from './cost-words';
import { lockExtensionInWords } from './lock-section';
import { scrubInWords } from './scrub-section';
import { monthInWords } from './month-words';
import type { RehearsalReport, ReportOutcome, ReportProtection } from './model';
import { retirementInWords } from './retirement-section';
import { count, counted, duration, headline, memory, OUTCOME_WORDS, protectionsOf, rtoOf, size, visible } from './words';

export interface ReportTextProps {
  /** Colours of the terminal. @default false */
  readonly color?: boolean;
  /** Where the page lies, for the last line. @default the line is left out */
  readonly page?: string;
}

const MARKS: Readonly<Record<ReportOutcome, string>> = { 'proven': '✓', 'proven-except': '✓', 'checksums-only': '○', 'not-proven': '✗', 'failed': '✗' };
const COLOURS: Readonly<Record<ReportOutcome, number>> = { 'proven': 32, 'proven-except': 33, 'checksums-only': 33, 'not-proven': 31, 'failed': 31 };
const DIFFERENCES_SHOWN = 3;

/** The report in a few aligned lines for a terminal; no name in it can move the cursor or change a colour. */
export function reportText(report: RehearsalReport, props: ReportTextProps = {}): string {
  const paint = (code: number, text: string): string => (props.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const all = protectionsOf(report);
  const columns = all.map(cells);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...columns.map((row) => (row[column] ?? '').length)));
  const lines = ['', `  ${paint(COLOURS[report.outcome], paint(1, headline(report)))} ${duration(report.seconds)}`];
  for (const policy of report.policies) {
    lines.push('', `  ${policy.application} ${paint(2, policy.environment)}`);
    for (const one of policy.protections) {
      const row = columns[all.indexOf(one)].map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd();
      lines.push(`  ${paint(COLOURS[one.outcome], MARKS[one.outcome])} ${row}`, ...details(one).map((detail) => `    ${paint(2, detail)}`));
    }
    if (policy.retirement) {
      const mark = policy.retirement.outcome === 'succeeded' ? 'proven' : 'failed';
      lines.push(`  ${paint(COLOURS[mark], MARKS[mark])} retirement: ${visible(retirementInWords(policy.retirement))}`);
    }
    if (policy.lockExtension) {
      const mark = policy.lockExtension.outcome === 'succeeded' ? 'proven' : 'failed';
      lines.push(`  ${paint(COLOURS[mark], MARKS[mark])} locks: ${visible(lockExtensionInWords(policy.lockExtension))}`);
    }
    if (policy.scrub) {
      const mark = policy.scrub.outcome === 'succeeded' ? 'proven' : 'failed';
      lines.push(`  ${paint(COLOURS[mark], MARKS[mark])} scrub: ${visible(scrubInWords(policy.scrub))}`);
    }
    if (policy.cost) {
      const { assumptions, pricesAsOf } = policy.cost;
      lines.push(`  cost: ${visible(costInWords(policy.cost))} ${paint(2, `(prices of ${pricesAsOf})`)}`);
      lines.push(...assumptions.map((one) => `    ${paint(2, visible(`assumed: ${one}`))}`));
    }
  }
  if (report.month) lines.push('', ...monthInWords(report.month).map((line) => `  ${visible(line)}`));
  const notes = remarks(report);
  if (notes.length > 0) lines.push('', ...notes.map((note) => `  ${note}`));
  if (props.page !== undefined) lines.push('', `  ${visible(props.page)}`);
  return `${lines.join('\n')}\n`;
}

function cells(one: ReportProtection): string[] {
  const rto = rtoOf(one);
  return [
    one.id,
    OUTCOME_WORDS[one.outcome].toLowerCase(),
    one.rows === undefined ? '' : counted(one.rows, 'row'),
    one.sizeBytes === undefined ? '' : `${size(one.sizeBytes)}${one.rawSizeBytes ? ` of ${size(one.rawSizeBytes)}` : ''}`,
    rto ? `restore ${duration(rto.seconds)} of ${duration(rto.objective)}${rto.within ? '' : ', too long'}` : '',
  ];
}

/** What a person must read of one protection besides its figures. */
function details(one: ReportProtection): string[] {
  const lines = one.outcome === 'failed' ? [one.error ? `${one.error.name}: ${one.error.message}` : one.summary] : [one.summary];
  const differences = one.verdict?.differences ?? [];
  for (const { name, expected, actual } of differences.slice(0, DIFFERENCES_SHOWN)) lines.push(`${name}: ${expected} in the source, ${actual} in the copy`);
  const more = (one.verdict?.differenceCount ?? 0) - Math.min(differences.length, DIFFERENCES_SHOWN);
  if (more > 0) lines.push(`and ${counted(more, 'difference')} more`);
  for (const { name, expected, actual, holds } of one.assertions) if (!holds) lines.push(`"${name}" gave ${actual}, not ${expected}`);
  for (const { name, reason } of one.exceptions) lines.push(`but for ${name}: ${reason}`);
  const peaks = [one.peakMemoryBytes.dump, one.peakMemoryBytes.verify].filter((peak) => peak !== undefined);
  if (peaks.length > 0) lines.push(`dump ${figure(one.seconds.dump)}, verification ${figure(one.seconds.verify)}, at most ${memory(Math.max(...peaks))}`);
  return lines.map((line) => visible(line));
}

function figure(seconds: number | undefined): string {
  return seconds === undefined ? 'not reached' : duration(seconds);
}

function remarks({ calls, grants, messages, findings, notRehearsed, machine }: RehearsalReport): string[] {
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  const lines: [string, string][] = [];
  if (calls.length > 0) {
    const refused = sum(calls.map((call) => call.refused));
    lines.push(['AWS', `${counted(sum(calls.map((call) => call.count)), 'call')}, ${refused === 0 ? 'none' : count(refused)} refused`]);
  }
  for (const { role, action, resource } of grants.refused) lines.push(['refused', `${action} on ${resource} for ${role}`]);
  for (const { subject } of messages) lines.push(['message', subject]);
  for (const { severity, code, reason, acknowledged } of findings) {
    lines.push(acknowledged === undefined ? [severity, `${code}: ${reason}`] : ['known', `${code}, acknowledged: ${acknowledged}`]);
  }
  if (notRehearsed.length > 0) lines.push(['not shown', [...new Set(notRehearsed.map(({ what }) => what))].join('; ')]);
  lines.push(['sandbox', machine.sandbox]);
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}  ${visible(text)}`);
}
