import { instantText, periodOf, type Period, type PeriodKind } from './calendar';
import { gradeOf, isProven, type Copy } from './copy';

/** How many copies of each kind are kept; `days` is an age in days of 24 hours. Whole numbers from 1. */
export interface RetentionRules {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  readonly days?: number;
}

/** What was declared, with the instant it took effect. It is in force until the next era's. */
export interface RetentionEra {
  /** In seconds since 1970. */
  readonly since: number;
  readonly rules: RetentionRules;
  /** Zone of the calendar. */
  readonly timeZone: string;
  /** So many of the newest proven copies are kept whatever the rules say. */
  readonly minimumVerified: number;
  /** The longest time between two slots of the era's schedule: once the era has ended, `last` counts a copy for each. */
  readonly gapSeconds: number;
}

/** The time an era speaks of. */
export interface EraSpan {
  readonly era: RetentionEra;
  /** The instant the next era took effect; undefined while this one is in force. */
  readonly until: number | undefined;
}

/** What an era's rules say of one copy: why it is kept by some, and why not by the others. */
export interface Judgement {
  readonly keeps: string[];
  readonly misses: string[];
}

const DAY = 86_400;

const GENERATIONS: readonly { readonly rule: 'last' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly'; readonly kind?: PeriodKind }[] = [
  { rule: 'last' },
  { rule: 'hourly', kind: 'hour' },
  { rule: 'daily', kind: 'day' },
  { rule: 'weekly', kind: 'week' },
  { rule: 'monthly', kind: 'month' },
  { rule: 'yearly', kind: 'year' },
];

interface Bucket { readonly label: string | undefined; readonly copies: Copy[]; readonly nominee: Copy }

/**
 * Judges an era's own copies by its rules, and by nothing that was declared before or after.
 *
 * Each rule sorts the copies into periods (`last`: each copy on its own) and nominates the best copy of each: a proven one before
 * one that is not, of two alike the newer. A proven nominee is kept while fewer than N newer periods have a proven copy; one that is
 * not proven while fewer than N newer periods have any copy. So copies that are not proven displace none that is, and their number
 * is bounded all the same. A period without a copy does not count: an outage makes nothing older.
 *
 * Once the era has ended, what was made since is under other rules and may be gone already. So from its end to `latest` the
 * calendar counts, period by period (`last`: a copy for each `gapSeconds`): what was declared for a month ends after a month.
 *
 * @param own the era's copies, newest first
 * @param latest slot of the newest good copy of any era; nothing ages after the last of them
 */
export function judgeByRules(own: readonly Copy[], span: EraSpan, latest: number | undefined, now: number): Map<Copy, Judgement> {
  const judgements = new Map(own.map((copy) => [copy, { keeps: [], misses: [] } as Judgement]));
  const suffix = span.until === undefined ? '' : ` by the rules until ${instantText(span.until)}`;
  for (const { rule, kind } of GENERATIONS) {
    const count = span.era.rules[rule];
    if (count === undefined) continue;
    const passed = passedPeriods(span, latest, kind);
    let [proven, all] = [passed, passed];
    for (const { label, copies, nominee } of bucketsOf(own, kind, span.era.timeZone)) {
      all += 1;
      if (isProven(nominee)) proven += 1;
      const rank = isProven(nominee) ? proven : all;
      for (const copy of copies) {
        const { keeps, misses } = judgements.get(copy)!;
        if (rank > count) misses.push(`${label === undefined ? '' : `${label} is `}beyond the ${count} that ${rule} keeps${suffix}`);
        else if (copy === nominee) keeps.push(`${nomination(copy, label)} (${rule} ${rank} of ${count}${suffix})`);
        else misses.push(`${nominee.runId} stands for ${label} (${rule}${suffix})`);
      }
    }
  }
  const { days } = span.era.rules;
  if (days !== undefined) {
    for (const [{ slot }, { keeps, misses }] of judgements) {
      if (now - slot < days * DAY) keeps.push(`younger than ${days} days (days${suffix})`);
      else misses.push(`${Math.floor((now - slot) / DAY)} days old, beyond the ${days} that days keeps${suffix}`);
    }
  }
  return judgements;
}

/** Newest first, as the copies are. */
function bucketsOf(own: readonly Copy[], kind: PeriodKind | undefined, timeZone: string): Bucket[] {
  if (kind === undefined) return own.map((copy) => ({ label: undefined, copies: [copy], nominee: copy }));
  const buckets = new Map<number, { period: Period; copies: Copy[] }>();
  for (const copy of own) {
    const period = periodOf(kind, copy.slot, timeZone);
    const bucket = buckets.get(period.ordinal);
    if (bucket) bucket.copies.push(copy);
    else buckets.set(period.ordinal, { period, copies: [copy] });
  }
  return [...buckets.values()].map(({ period, copies }) => ({ label: period.label, copies, nominee: best(copies) }));
}

function best(copies: readonly Copy[]): Copy {
  return copies.reduce((found, copy) => (gradeOf(copy) > gradeOf(found) ? copy : found));
}

function passedPeriods({ era, until }: EraSpan, latest: number | undefined, kind: PeriodKind | undefined): number {
  if (until === undefined || latest === undefined || latest < until) return 0;
  if (kind === undefined) return Math.floor((latest - until) / era.gapSeconds);
  return periodOf(kind, latest, era.timeZone).ordinal - periodOf(kind, until - 1, era.timeZone).ordinal;
}

function nomination(copy: Copy, label: string | undefined): string {
  const where = label === undefined ? 'among the newest copies' : `newest copy of ${label}`;
  switch (copy.outcome) {
    case 'proven': return label === undefined ? 'among the newest proven copies' : `newest proven copy of ${label}`;
    case 'proven-except': return `${where} proven with exceptions`;
    case 'checksums-only': return `${where} whose checksums are right, none proven by a restore`;
    case 'unverified': return `${where}, none verified`;
    case 'not-proven': return `${where}, none proven`;
  }
}
