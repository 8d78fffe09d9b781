import { lastSlotBefore, type Schedule, slotsBetween } from '../schedule';
import { timingOf } from '../schedule-expression';

const DAY = 86_400;

/** A round looks at so many slots at least: good runs for a mean, and what came between them. */
const FEWEST_SLOTS = 10;

/** Beyond the slots that a window must have. */
const LONGEST_WINDOW = 800 * DAY;

/** Days whose runs are counted where no audit has counted them. */
const UNCOUNTED = 30 * DAY;

export interface WindowFacts {
  readonly schedule: Schedule;
  readonly now: number;
  readonly minimumVerified: number;
  readonly longestGapSeconds: number;
  /** So long a copy that nothing keeps is still there. */
  readonly graceSeconds: number;
  /** Up to which slot an audit has counted; undefined without one. */
  readonly countedUntil?: number;
  readonly rateAnchor?: number;
}

/**
 * From which slot on every copy is read: what no audit has counted, and as many as the gauges need. It does not grow with what the store
 * holds.
 */
export function windowFrom(facts: WindowFacts): number {
  const { now, countedUntil, graceSeconds } = facts;
  const uncounted = countedUntil === undefined ? now - Math.min(UNCOUNTED, graceSeconds) : countedUntil + 1;
  return Math.min(uncounted, slotsBack(facts, Math.max(FEWEST_SLOTS, facts.minimumVerified + 2)));
}

/** The slot so many before now. */
function slotsBack({ schedule, now, longestGapSeconds, rateAnchor }: WindowFacts, count: number): number {
  // No schedule is looked at further back than its longest gaps need, and a dense one by days.
  for (let span = DAY; ; span *= 2) {
    const slots = slotsBetween(schedule, now - span, now, rateAnchor);
    if (slots.length >= count) return slots[slots.length - count];
    if (span < Math.min(LONGEST_WINDOW, count * longestGapSeconds + DAY)) continue;
    return slots.at(0) ?? lastSlotBefore(schedule, now, rateAnchor) ?? now - span;
  }
}

/**
 * An instant at which a rate ran, by its copies: runs that somebody started lie anywhere, the others apart by the rate. Undefined for a
 * schedule that is no rate, and without a copy.
 */
export function rateAnchorOf(schedule: Schedule, slots: readonly number[]): number | undefined {
  const timing = timingOf(schedule);
  if (timing.kind !== 'rate') return undefined;
  const byRest = new Map<number, number[]>();
  for (const slot of slots) byRest.set(slot % timing.seconds, [...byRest.get(slot % timing.seconds) ?? [], slot]);
  return [...byRest.values()].sort((one, other) => other.length - one.length || other[0] - one[0]).at(0)?.[0];
}
