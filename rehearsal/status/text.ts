import { alarmSection } from '../../lib/contract/runbook';
import { counted, percent, size, visible } from '../report/words';
import type { Breach, Condition, DayFate, PolicyStatus, ProtectionStatus, ReplicaStatus, Status, UnreadPolicy } from './model';
import { age, CONDITION_WORDS, damageWords, dayName, minute, span } from './words';

export interface StatusTextProps {
  /** Colours of the terminal. @default false */
  readonly color?: boolean;
}

const MARKS: Readonly<Record<Condition, string>> = { well: '✓', waiting: '…', paused: '‖', trouble: '✗', unknown: '?' };
const COLOURS: Readonly<Record<Condition, number>> = { well: 32, waiting: 36, paused: 33, trouble: 31, unknown: 31 };
const DAY_MARKS: Readonly<Record<DayFate, string>> = { 'proven': '■', 'partly': '◧', 'unproven': '▲', 'missing': '✗', 'nothing-due': '·' };
const DAY_COLOURS: Readonly<Record<DayFate, number>> = { 'proven': 32, 'partly': 33, 'unproven': 31, 'missing': 31, 'nothing-due': 2 };
const FAINT = 2;
const BOLD = 1;

type Paint = (code: number, text: string) => string;

/** The status in a few aligned lines for a terminal; no name in it can move the cursor or change a colour. */
export function statusText(status: Status, { color = false }: StatusTextProps = {}): string {
  const paint: Paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const blocks = [...status.policies.map((one) => policyLines(one, paint)), ...status.unread.map((one) => unreadLines(one, paint))];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** All of it in one sentence, for the top of the page. */
export function headline({ condition, policies, unread }: Status): string {
  const all = policies.flatMap(({ protections }) => protections);
  const breaches = policies.reduce((sum, one) => sum + breachesOf(one), 0);
  switch (condition) {
    case 'unknown': return unread.length > 0 && policies.length === 0 ? 'Nothing could be read.' : 'Not everything could be read.';
    case 'trouble': return breaches === 1 ? 'One thing needs you.' : `${counted(breaches, 'thing')} need you.`;
    case 'paused': return 'All is well, and something is paused.';
    case 'waiting': return all.every((one) => one.condition === 'waiting') ? 'Waiting for the first run.' : 'All is well, and something waits for its first run.';
    default: return 'All is well.';
  }
}

export function breachesOf({ breaches, protections, replicas }: PolicyStatus): number {
  return [...protections, ...replicas].reduce((sum, one) => sum + one.breaches.length, breaches.length);
}

function policyLines(policy: PolicyStatus, paint: Paint): string[] {
  const { application, environment, region, at, condition } = policy;
  return [
    `${paint(COLOURS[condition], MARKS[condition])} ${paint(BOLD, visible(application))} ${visible(environment)} ${paint(FAINT, `${visible(region)}, looked at ${minute(at)}`)}`,
    ...policy.unknown.map((text) => `  ${paint(COLOURS.unknown, `not known: ${visible(text)}`)}`),
    ...breachLines(policy.breaches, paint, '  '),
    ...policy.notes.map(({ text }) => `  ${paint(FAINT, `note: ${visible(text)}`)}`),
    ...policy.protections.flatMap((one) => ['', ...protectionLines(one, at, paint)]),
    ...policy.replicas.flatMap((one) => ['', ...replicaLines(one, paint)]),
  ];
}

function protectionLines(one: ProtectionStatus, at: string, paint: Paint): string[] {
  const mark = paint(COLOURS[one.condition], MARKS[one.condition]);
  const figures = figuresOf(one, at, paint);
  const width = Math.max(...figures.map(([name]) => name.length));
  // A breach's own line says what the sentence would say again.
  const said = one.condition === 'trouble' ? '' : `  ${visible(one.sentence)}`;
  return [
    `  ${mark} ${paint(BOLD, visible(one.protection))}  ${paint(COLOURS[one.condition], CONDITION_WORDS[one.condition].toLowerCase())}${said}`,
    ...breachLines(one.breaches, paint, '    '),
    ...figures.map(([name, text]) => `    ${paint(FAINT, name.padEnd(width))}  ${text}`),
    ...one.notes.map(({ text }) => `    ${paint(FAINT, `note: ${visible(text)}`)}`),
  ];
}

function breachLines(breaches: readonly Breach[], paint: Paint, indent: string): string[] {
  return breaches.flatMap(({ kind, severity, sentence, because }) => [
    `${indent}${paint(COLOURS.trouble, severity.padEnd(6))} ${visible(sentence)}`,
    ...because.map((text) => `${indent}       ${visible(text)}`),
    `${indent}       ${paint(FAINT, alarmSection(kind, 'en'))}`,
  ]);
}

function figuresOf(one: ProtectionStatus, at: string, paint: Paint): [string, string][] {
  const { newestProven, newestCopy, drill, objectives, provenCopies, storedBytes, ceilingBytes, daysToCeiling } = one;
  const lines: [string, string | undefined][] = [
    ['newest proven copy', newestProven === undefined ? 'none' : [
      minute(newestProven.recoveryPoint), `${age(one.recoveryPointAgeSeconds ?? 0)} old of ${age(objectives.rpoSeconds)} (RPO)`, size(newestProven.sizeBytes),
      ...newestProven.outcome === 'proven-except' ? ['proven, with exceptions'] : [],
    ].join(', ')],
    ['newest copy', newestCopy === undefined || newestCopy.runId === newestProven?.runId ? undefined
      : `${minute(newestCopy.recoveryPoint)}, ${size(newestCopy.sizeBytes)}, ${newestCopy.outcome ?? 'not verified yet'}`],
    ['proven copies', provenCopies === undefined ? undefined
      : `${counted(provenCopies, 'copy', 'copies')}${storedBytes === undefined ? '' : `, ${size(storedBytes)} stored`}${ceilingBytes === undefined || storedBytes === undefined ? ''
        : ` of ${size(ceilingBytes)} (${percent(storedBytes / ceilingBytes)})${daysToCeiling === undefined || storedBytes === 0 ? '' : `, full in ${untilFull(daysToCeiling)}`}`}`],
    ['last drill', drill === undefined ? 'none' : [
      ...drill.at === undefined ? [`${age(drill.ageSeconds)} ago`] : [minute(drill.at)],
      ...drill.restoreSeconds === undefined ? [] : [`restored in ${span(drill.restoreSeconds)} of ${span(objectives.rtoSeconds)} (RTO)`],
    ].join(', ')],
    ['last read', readingOf(one)],
    ['replicas', one.replicas.length === 0 ? undefined : one.replicas.map(({ region, whole }) => `${visible(region)} ${whole ? 'has it whole' : 'lacks some of it'}`).join(', ')],
    ['paused', one.paused === undefined || one.condition === 'paused' ? undefined : `until ${minute(one.paused.until)} (${age(secondsBetween(at, one.paused.until))} more): ${visible(one.paused.reason)}`],
    ['next run', one.nextSlot === undefined ? undefined : minute(one.nextSlot)],
    [`last ${counted(one.days.length, 'day')}`, one.days.length === 0 ? undefined
      : `${one.days.map(({ fate }) => paint(DAY_COLOURS[fate], DAY_MARKS[fate])).join('')}  ${paint(FAINT, `from ${dayName(one.days[0].day)}`)}${
        one.successPercent === undefined ? '' : `, ${Number(one.successPercent.toFixed(1))} % proven`}`],
  ];
  return lines.filter((line): line is [string, string] => line[1] !== undefined);
}

function readingOf({ lastReadSeconds, damagedCopies }: ProtectionStatus): string | undefined {
  const parts = [
    ...lastReadSeconds === undefined ? [] : [`every stored copy within the last ${age(lastReadSeconds)}`],
    ...damagedCopies === undefined ? [] : [damageWords(damagedCopies)],
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** Days until the ceiling; ten years are the sentinel's word for never. */
export function untilFull(days: number): string {
  if (days >= 3650) return 'ten years or more';
  return days >= 730 ? `${Math.floor(days / 365)} years` : counted(Math.floor(days), 'day');
}

function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

function replicaLines({ region, condition, error, breaches, at }: ReplicaStatus, paint: Paint): string[] {
  return [
    `  ${paint(COLOURS[condition], MARKS[condition])} ${paint(BOLD, `replica in ${visible(region)}`)}  ${paint(COLOURS[condition], CONDITION_WORDS[condition].toLowerCase())}${
      at === undefined ? '' : `  ${paint(FAINT, `looked at ${minute(at)}`)}`}`,
    ...error === undefined ? [] : [`    ${paint(COLOURS.unknown, `not known: ${visible(error)}`)}`],
    ...breachLines(breaches.map((one) => (one.protection === undefined ? one : { ...one, sentence: `${one.protection}: ${one.sentence}` })), paint, '    '),
  ];
}

function unreadLines({ application, environment, error, replicas }: UnreadPolicy, paint: Paint): string[] {
  return [
    `${paint(COLOURS.unknown, MARKS.unknown)} ${paint(BOLD, visible(application))} ${visible(environment)}`,
    `  ${paint(COLOURS.unknown, `cannot be read: ${visible(error)}`)}`,
    ...replicas.flatMap((one) => ['', ...replicaLines(one, paint)]),
  ];
}
