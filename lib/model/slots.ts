import { type Cron } from './cron-expression';
import { type Schedule, timingOf } from './schedule-expression';
import { dateOf, firstInstantOf, localText, type Stretch, stretchesBetween } from './time-zone';

const DAY = 86_400;

/** A local day on which a cron runs. */
export interface RunDay {
  /** Local midnight, in seconds as if it were UTC. */
  readonly midnight: number;
  /** Those within a day of it. */
  readonly stretches: readonly Stretch[];
  /** Seconds ahead of UTC, where they are the same all day and no time of it comes twice. */
  readonly offset?: number;
}

/** A local time at which a run was due, and which a change of the clocks leaves out. */
export interface SkippedSlot {
  /** Such as `2026-03-29 02:30`. */
  readonly local: string;
  /** The instant the clocks change, in epoch seconds. */
  readonly at: number;
}

/**
 * The instants at which EventBridge Scheduler starts a run, ascending, in epoch seconds: a local time that daylight saving
 * removes is skipped, one that comes twice runs the first time only.
 * Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 *
 * @param from included
 * @param to not included
 * @param rateAnchor an instant at which a rate ran, such as the schedule's creation: nothing in the schedule itself says it
 */
export function slotsBetween(schedule: Schedule, from: number, to: number, rateAnchor = 0): number[] {
  const timing = timingOf(schedule);
  if (timing.kind === 'rate') return multiplesBetween(timing.seconds, from, to, rateAnchor);
  const slots: number[] = [];
  for (const { midnight, stretches } of runDays(timing.cron, timing.timeZone, from, to)) {
    for (const minute of timing.cron.minutesOfDay) {
      const instant = firstInstantOf(midnight + minute * 60, stretches);
      if (instant !== undefined && instant >= from && instant < to) slots.push(instant);
    }
  }
  return slots;
}

/** The last slot before an instant, in epoch seconds; undefined when there is none since 1970. */
export function lastSlotBefore(schedule: Schedule, before: number, rateAnchor = 0): number | undefined {
  for (let span = 2 * DAY; ; span *= 8) {
    const from = Math.max(0, before - span);
    const slot = slotsBetween(schedule, from, before, rateAnchor).at(-1);
    if (slot !== undefined || from === 0) return slot;
  }
}

/** The times of a schedule that changes of the clocks leave out, where the change is from `from` up to, not including, `to`. */
export function skippedSlots(schedule: Schedule, from: number, to: number): SkippedSlot[] {
  const timing = timingOf(schedule);
  if (timing.kind === 'rate') return [];
  const skipped: SkippedSlot[] = [];
  for (const { midnight, stretches, offset } of runDays(timing.cron, timing.timeZone, from, to)) {
    for (const minute of offset === undefined ? timing.cron.minutesOfDay : []) {
      const local = midnight + minute * 60;
      if (firstInstantOf(local, stretches) !== undefined) continue;
      const at = stretches.find((stretch) => local < stretch.from + stretch.offset)?.from;
      if (at !== undefined && at >= from && at < to) skipped.push({ local: localText(local), at });
    }
  }
  return skipped;
}

/** The local days on which a cron runs that touch an interval, ascending, and perhaps a day more at each end. */
export function runDays(cron: Cron, timeZone: string, from: number, to: number): RunDay[] {
  const stretches = stretchesBetween(timeZone, from - 2 * DAY, to + 2 * DAY);
  let [first, end] = [0, 0];
  let near = stretches;
  return midnightsOf(cron, from - DAY, to + DAY).map((midnight) => {
    while (localEnd(stretches[first]) <= midnight - DAY) first++;
    while (end < stretches.length && localStart(stretches[end]) < midnight + 2 * DAY) end++;
    if (near.length !== end - first || near[0] !== stretches[first]) near = stretches.slice(first, end);
    return { midnight, stretches: near, offset: offsetAllDay(near, midnight) };
  });
}

function offsetAllDay(near: readonly Stretch[], midnight: number): number | undefined {
  const touching = near.length === 1 ? near : near.filter((one) => localStart(one) < midnight + DAY && localEnd(one) > midnight);
  const only = touching[0];
  return touching.length === 1 && localStart(only) <= midnight && localEnd(only) >= midnight + DAY ? only.offset : undefined;
}

function localStart({ from, offset }: Stretch): number {
  return from + offset;
}

function localEnd({ to, offset }: Stretch): number {
  return to + offset;
}

function midnightsOf({ years, months, daysOfMonth }: Cron, from: number, to: number): number[] {
  const [firstYear, firstMonth] = dateOf(from);
  const [lastYear, lastMonth] = dateOf(to);
  const midnights: number[] = [];
  for (let index = firstYear * 12 + firstMonth - 1; index < lastYear * 12 + lastMonth; index++) {
    const [year, month] = [Math.floor(index / 12), index % 12 + 1];
    if (!years.has(year) || !months.has(month)) continue;
    for (const day of daysOfMonth(year, month)) midnights.push(Date.UTC(year, month - 1, day) / 1000);
  }
  return midnights;
}

function multiplesBetween(step: number, from: number, to: number, anchor: number): number[] {
  const slots: number[] = [];
  for (let slot = anchor + Math.ceil((from - anchor) / step) * step; slot < to; slot += step) slots.push(slot);
  return slots;
}
