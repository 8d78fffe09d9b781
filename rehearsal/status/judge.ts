import { ALARM_KINDS, breaches, sectionOf } from '../../lib/contract/alarm-kinds';
import type { SentinelReport, WatchedState, WatchNote } from '../../lib/contract/sentinel-report';
import type { AuditedDay } from '../../lib/contract/store-audit';
import type { DeclaredAlarm } from '../../lib/contract/watching';
import type { DeclaredSentinel } from '../../lib/contract/sentinel-request';
import { parseExpression } from '../../lib/model/schedule';
import { firstSlotFrom } from '../first-slot';
import { type Breach, type Condition, type DayFate, type HeldAlarm, type PolicyStatus, type ProtectionStatus, type ReplicaStatus, type StatusDay, worst } from './model';
import { sentenceOf } from './sentences';
import { age, minute } from './words';

/** Days of the calendar. */
const DAYS = 30;
/** Note of a round that could not read what it should have read. */
const UNREAD = 'store';

export interface JudgeProps {
  readonly report: SentinelReport;
  readonly declared: Pick<DeclaredSentinel, 'application' | 'environment' | 'protections'>;
  readonly alarms: readonly DeclaredAlarm[];
  readonly replicas?: readonly ReplicaStatus[];
}

/** A report is of another policy, or of a protection that nobody declared. */
export class ForeignReportError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ForeignReportError';
  }
}

/**
 * What a round of the sentinel saw, held against the declared alarms.
 *
 * @throws ForeignReportError for the report of another policy
 */
export function judge({ report, declared, alarms, replicas = [] }: JudgeProps): PolicyStatus {
  const { application, environment } = declared;
  if (report.application !== application || report.environment !== environment) {
    throw new ForeignReportError(`The sentinel speaks of ${report.application} (${report.environment}), not of ${application} (${environment}).`);
  }
  const own = alarms.filter(({ region }) => region === undefined || region === report.region);
  const protections: ProtectionStatus[] = [];
  const held: HeldAlarm[] = hold(own.filter(({ protection }) => protection === undefined), report.gauges);
  const found = breachesOf(held, report.notes, { proven: true, drilled: true });
  const unknown = [...report.notes.filter(isUnread).map(({ text }) => text), ...missingOf(held)];
  for (const one of declared.protections) {
    const state = report.protections.find(({ protection }) => protection === one.protection);
    if (state) {
      const some = hold(own.filter(({ protection }) => protection === one.protection), state.gauges, isPaused(state, report.at));
      held.push(...some);
      protections.push(protectionStatus(state, one, some, report));
    } else if (!report.notes.some((note) => isUnread(note) && note.about === one.protection)) {
      unknown.push(`The sentinel says nothing of ${one.protection}: deploy the app as it is synthesized.`);
    }
  }
  const condition = worst([
    ...unknown.length > 0 ? ['unknown' as const] : [], ...found.length > 0 ? ['trouble' as const] : [],
    ...protections.map((one) => one.condition), ...replicas.map((one) => one.condition),
  ]);
  return {
    application, environment, region: report.region, condition, at: report.at, since: report.since,
    breaches: found, notes: unexplained(report.notes, found), unknown, gauges: report.gauges, alarms: held, protections, replicas,
  };
}

/** What the sentinel in a replica's region saw: only the alarms of that region are held against it. */
export function judgeReplica({ report, alarms }: Pick<JudgeProps, 'report' | 'alarms'>): ReplicaStatus {
  const own = alarms.filter(({ region }) => region === report.region);
  const policy = hold(own.filter(({ protection }) => protection === undefined), report.gauges);
  const each = report.protections.map((state) => ({
    state, held: hold(own.filter(({ protection }) => protection === state.protection), state.gauges, isPaused(state, report.at)),
  }));
  const breached = [
    ...breachesOf(policy, report.notes, { proven: true, drilled: true }),
    ...each.flatMap(({ state, held }) => breachesOf(held, state.notes, { proven: state.newestProven !== undefined, drilled: true })),
  ];
  const held = [...policy, ...each.flatMap((one) => one.held)];
  const unknown = [...missingOf(held), ...report.notes.filter(isUnread).map(({ text }) => text)];
  return {
    region: report.region, at: report.at, breaches: breached, alarms: held,
    condition: unknown.length > 0 ? 'unknown' : breached.length > 0 ? 'trouble' : 'well', ...(unknown.length > 0 ? { error: unknown.join(' ') } : {}),
  };
}

function isUnread({ metric }: WatchNote): boolean {
  return metric === UNREAD;
}

type Known = { readonly proven: boolean; readonly drilled: boolean };

function hold(alarms: readonly DeclaredAlarm[], gauges: Readonly<Record<string, number>>, paused = false): HeldAlarm[] {
  return alarms.map(({ kind, protection, region, severity, threshold }) => {
    const value: number | undefined = gauges[ALARM_KINDS[kind].metric];
    const breached = value !== undefined && breaches(kind, value, threshold);
    return {
      kind, protection, region, severity, section: sectionOf(kind), threshold, value,
      // A gauge that is not there is not a good one: what cannot be looked at is not known to be well.
      state: value === undefined ? 'unknown' : !breached ? 'well' : paused && ALARM_KINDS[kind].paused ? 'silent' : 'breached',
    };
  });
}

function missingOf(held: readonly HeldAlarm[]): string[] {
  const names = held.filter(({ state }) => state === 'unknown').map(({ kind }) => ALARM_KINDS[kind].metric);
  return [...new Set(names)].map((name) => `The sentinel's report has no ${name}: its release differs from this one's.`);
}

function breachesOf(held: readonly HeldAlarm[], notes: readonly WatchNote[], known: Known): Breach[] {
  return held.flatMap(({ kind, protection, severity, section, value, threshold, state }): Breach[] => (state !== 'breached' || value === undefined ? [] : [{
    kind, protection, severity, section, value, threshold, sentence: sentenceOf(kind, { value, threshold, ...known }),
    because: notes.filter(({ metric }) => metric === ALARM_KINDS[kind].metric).map(namedNote),
  }])).sort((a, b) => rank(a) - rank(b));
}

/** With the object, schedule, topic or key that it speaks of, where the sentence does not name it. */
function namedNote({ text, about }: WatchNote): string {
  return about === undefined || text.includes(about) ? text : `${text} (${about})`;
}

function rank({ severity }: Breach): number {
  return severity === 'page' ? 0 : 1;
}

function isPaused(state: WatchedState, at: string): boolean {
  return pausedAt(state, at) !== undefined;
}

function pausedAt({ paused }: WatchedState, at: string): WatchedState['paused'] {
  return paused && paused.until > at ? paused : undefined;
}

function unexplained(notes: readonly WatchNote[], found: readonly Breach[]): WatchNote[] {
  return notes.filter((note) => !isUnread(note) && !found.some(({ because }) => because.includes(namedNote(note))))
    .map((note) => ({ ...note, text: namedNote(note) }));
}

function protectionStatus(
  state: WatchedState, declared: DeclaredSentinel['protections'][number], held: readonly HeldAlarm[], { at, since }: SentinelReport,
): ProtectionStatus {
  const { gauges, newestCopy, newestProven, damagedCopies } = state;
  const paused = pausedAt(state, at);
  const nextSlot = state.nextSlot ?? nextOf(declared.schedule, paused?.until ?? at);
  const drill = drillOf(state, at, since);
  const found = breachesOf(held, state.notes, { proven: newestProven !== undefined, drilled: drill !== undefined });
  const unread = [...state.notes.filter(isUnread).map(({ text }) => text), ...missingOf(held)];
  const condition: Condition = unread.length > 0 ? 'unknown' : found.length > 0 ? 'trouble' : paused ? 'paused' : newestProven ? 'well' : 'waiting';
  const { ceilingBytes } = declared;
  return {
    protection: state.protection, condition,
    schedule: { expression: declared.schedule.expression, timeZone: declared.schedule.timeZone }, objectives: declared.objectives,
    sentence: sentence(condition, { state: { ...state, nextSlot }, found, unread }),
    newestCopy, newestProven,
    recoveryPointAgeSeconds: newestProven && (gauges.recoveryPointAge ?? seconds(newestProven.recoveryPoint, at)),
    provenCopies: gauges.provenCopies, storedBytes: gauges.storedBytes, ceilingBytes,
    daysToCeiling: ceilingBytes === undefined ? undefined : gauges.daysToCeiling,
    lastReadSeconds: gauges.lastReadAge > 0 ? gauges.lastReadAge : undefined, damagedCopies,
    drill, replicas: newestProven?.replicas ?? newestCopy?.replicas ?? [], nextSlot, paused,
    successPercent: state.days.some(({ expected }) => expected > 0) ? gauges.successRate : undefined,
    days: state.days.slice(-DAYS).map(withFate), breaches: found, notes: unexplained(state.notes, found), gauges,
  };
}

/** Before its first round a sentinel knows of no slot; the schedule says when the first one comes. */
function nextOf({ expression, timeZone }: DeclaredSentinel['protections'][number]['schedule'], from: string): string | undefined {
  const slot = firstSlotFrom(parseExpression(expression, timeZone), Date.parse(from) / 1000);
  return slot === undefined ? undefined : new Date(slot * 1000).toISOString();
}

/** The newest copy that a verification opened; older than the window, only its age is known. */
function drillOf({ copies, newestProven, gauges }: WatchedState, at: string, since: string): ProtectionStatus['drill'] {
  const opened = [...copies, ...newestProven ? [newestProven] : []]
    .flatMap(({ verifiedAt, restoreSeconds }) => (verifiedAt && restoreSeconds !== undefined ? [{ verifiedAt, restoreSeconds }] : []))
    .sort((a, b) => (a.verifiedAt < b.verifiedAt ? 1 : -1))[0];
  if (opened) {
    const { verifiedAt, restoreSeconds } = opened;
    return { at: verifiedAt, ageSeconds: gauges.drillAge ?? seconds(verifiedAt, at), restoreSeconds, ofRtoPercent: gauges.restoreOfRto };
  }
  // Without any drill its age counts from the policy's beginning.
  return gauges.drillAge === undefined || gauges.drillAge >= seconds(since, at) - 1 || copies.length === 0 ? undefined
    : { ageSeconds: gauges.drillAge, ofRtoPercent: gauges.restoreOfRto };
}

function seconds(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

interface Facts { state: WatchedState; found: readonly Breach[]; unread: readonly string[] }

function sentence(condition: Condition, { state: { newestCopy, newestProven, gauges, paused, nextSlot }, found, unread }: Facts): string {
  const next = nextSlot === undefined ? '' : ` The next run is due at ${minute(nextSlot)}.`;
  switch (condition) {
    case 'unknown': return `It is not known whether all is well: ${unread[0]}`;
    case 'trouble': return found.length === 1 ? found[0].sentence : `${found[0].sentence} And ${found.length - 1} more.`;
    case 'paused': return `Paused until ${minute(paused!.until)}: ${paused!.reason}`;
    case 'waiting': return newestCopy
      ? `A copy is stored and waits for its verification.${next}`
      : `It waits for its first slot.${next}`;
    default: return `A proven copy, ${age(gauges.recoveryPointAge ?? 0)} old.${newestCopy && newestProven && newestCopy.runId !== newestProven.runId ? ' A newer one waits for its verification.' : ''}${next}`;
  }
}

function withFate(day: AuditedDay): StatusDay {
  return { ...day, fate: fateOf(day) };
}

function fateOf({ expected, proven, unproven }: AuditedDay): DayFate {
  if (unproven > 0) return 'unproven';
  if (expected === 0) return 'nothing-due';
  if (proven >= expected) return 'proven';
  return proven > 0 ? 'partly' : 'missing';
}
