import type { Cron } from './cron-expression';
import { expressionOf, type Schedule, timeZoneOf, timingOf } from './schedule-expression';
import { lastSlotBefore, runDays, skippedSlots, slotsBetween } from './slots';
import { firstInstantOf, localText, offsetAt } from './time-zone';

export interface LongestGap {
  /** Infinity for a schedule that never runs, runs once, or ends. */
  readonly seconds: number;
  /** Where the gap is, and why it is longer than others, in words and numbers. */
  readonly reason: string;
}

/**
 * The years looked at: twice the 28 years in which weekdays and leap days come round, and once the 33 in which Ramadan,
 * by which some zones set their clocks, passes through the seasons. 2100, which has no leap day, is beyond them.
 */
const YEARS = { first: 2026, last: 2081 };
const FROM = Date.UTC(YEARS.first, 0, 1) / 1000;
const TO = Date.UTC(YEARS.last + 1, 0, 1) / 1000;

interface Pair {
  readonly from: number;
  readonly to: number;
}

interface Gaps {
  readonly longest: LongestGap;
  readonly shortestSeconds: number;
}

/** What was found before, by expression and zone: policies of an app mostly share their schedules. */
const found = new Map<string, Gaps>();

/** The longest time from one run to the next in the years 2026 to 2081, changes of the clocks included. */
export function longestGapSeconds(schedule: Schedule): LongestGap {
  return gapsOf(schedule).longest;
}

/** The shortest time from one run to the next in the same years, in seconds: Infinity for a schedule that runs at most once. */
export function shortestGapSeconds(schedule: Schedule): number {
  return gapsOf(schedule).shortestSeconds;
}

function gapsOf(schedule: Schedule): Gaps {
  const key = `${expressionOf(schedule)} ${timeZoneOf(schedule)}`;
  let gaps = found.get(key);
  if (!gaps) {
    gaps = computeGaps(schedule);
    found.set(key, gaps);
  }
  return gaps;
}

function computeGaps(schedule: Schedule): Gaps {
  const timing = timingOf(schedule);
  if (timing.kind === 'rate') {
    const reason = `a run every ${span(timing.seconds)}, counted from the schedule's creation`;
    return { longest: { seconds: timing.seconds, reason }, shortestSeconds: timing.seconds };
  }
  let [longest, shortestSeconds]: [Pair | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const pair of pairsOf(timing.cron, timing.timeZone)) {
    if (pair.from < FROM || pair.to >= TO) continue;
    if (!longest || length(pair) > length(longest)) longest = pair;
    shortestSeconds = Math.min(shortestSeconds, length(pair));
  }
  return { longest: describe(schedule, timing.timeZone, longest), shortestSeconds };
}

function describe(schedule: Schedule, timeZone: string, longest?: Pair): LongestGap {
  if (!longest) return { seconds: Number.POSITIVE_INFINITY, reason: neverOrOnce(schedule, timeZone) };
  const last = lastSlotBefore(schedule, TO) ?? longest.to;
  if (TO - last > length(longest)) {
    return { seconds: Number.POSITIVE_INFINITY, reason: `after ${clock(last, timeZone)} it does not run again before ${YEARS.last + 1}` };
  }
  const seconds = length(longest);
  const where = `${span(seconds)} from ${clock(longest.from, timeZone)} to ${clock(longest.to, timeZone)}`;
  return { seconds, reason: where + causeOf(schedule, longest, timeZone) };
}

/** Neighbouring slots; of those within a day without a change of clocks, the widest and the narrowest only, which each such day has. */
function* pairsOf(cron: Cron, timeZone: string): Generator<Pair> {
  const inner = extremesOf(cron.minutesOfDay);
  let last: number | undefined;
  for (const { midnight, offset, stretches } of runDays(cron, timeZone, FROM, TO)) {
    if (offset === undefined) {
      for (const minute of cron.minutesOfDay) {
        const instant = firstInstantOf(midnight + minute * 60, stretches);
        if (instant === undefined) continue;
        if (last !== undefined) yield { from: last, to: instant };
        last = instant;
      }
    } else {
      const start = midnight - offset;
      if (last !== undefined) yield { from: last, to: start + cron.minutesOfDay[0] * 60 };
      for (const { from, to } of inner) yield { from: start + from * 60, to: start + to * 60 };
      last = start + cron.minutesOfDay[cron.minutesOfDay.length - 1] * 60;
    }
  }
}

/** The widest and the narrowest pair of neighbours; none of a single value. */
function extremesOf(ascending: readonly number[]): readonly Pair[] {
  const pairs = ascending.slice(1).map((to, index) => ({ from: ascending[index], to }));
  if (pairs.length === 0) return [];
  return [
    pairs.reduce((widest, pair) => (length(pair) > length(widest) ? pair : widest)),
    pairs.reduce((narrowest, pair) => (length(pair) < length(narrowest) ? pair : narrowest)),
  ];
}

function neverOrOnce(schedule: Schedule, timeZone: string): string {
  const years = `between ${YEARS.first} and ${YEARS.last}`;
  const [skipped] = skippedSlots(schedule, FROM, TO);
  if (skipped) return `it runs at most once ${years}: its times are ones that a change of the clocks leaves out, such as ${skipped.local} in ${timeZone}`;
  return slotsBetween(schedule, FROM, TO).length > 0 ? `it runs once ${years}` : `no day ${years} is one of its days`;
}

function causeOf(schedule: Schedule, { from, to }: Pair, timeZone: string): string {
  const [skipped] = skippedSlots(schedule, from, to);
  if (skipped) {
    const [before, after] = [skipped.at + offsetAt(timeZone, skipped.at - 1), skipped.at + offsetAt(timeZone, skipped.at)];
    return `: ${skipped.local} does not exist there, clocks go from ${localText(before).slice(-5)} to ${localText(after).slice(-5)}`;
  }
  const back = offsetAt(timeZone, from) - offsetAt(timeZone, to);
  return back > 0 ? `: clocks go back ${span(back)} in between, and a time that comes twice runs once` : '';
}

function clock(instant: number, timeZone: string): string {
  return `${localText(instant + offsetAt(timeZone, instant))} ${timeZone}`;
}

function length({ from, to }: Pair): number {
  return to - from;
}

function span(seconds: number): string {
  if (seconds % 86_400 === 0 && seconds > 2 * 86_400) return `${seconds / 86_400} days`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return `${seconds / 60} min`;
}
