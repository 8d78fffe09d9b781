import { periodOf } from '../calendar';
import { isProven } from '../copy';
import { type AuditedCopy, auditRuns } from '../run-audit';
import { type Expectation, plannedSlots } from './expected-slots';

const DAY = 86_400;

/** Days over which runs are counted. */
export const COUNTED_DAYS = 30;

/** What became of a slot: `waiting` may still become one of the others. */
export type SlotState = 'proven' | 'unproven' | 'missing' | 'waiting';

export interface SettledSlot {
  readonly slot: number;
  readonly state: SlotState;
}

/** One day in the zone of the schedule, as `2026-11-20`, and its settled slots. */
export interface CountedDay {
  readonly day: string;
  readonly expected: number;
  readonly proven: number;
  readonly unproven: number;
}

export interface SlotsToSettle {
  /** In seconds since 1970, ascending. */
  readonly expected: readonly number[];
  readonly copies: readonly AuditedCopy[];
  readonly now: number;
  /** No run goes on for longer. */
  readonly longestRunSeconds: number;
  /** A copy is to have its verdict so long after its manifest. */
  readonly verdictSeconds: number;
}

/** What became of each slot. */
export function settle({ expected, copies, now, longestRunSeconds, verdictSeconds }: SlotsToSettle): SettledSlot[] {
  const issues = auditRuns({ expected, copies, now, dueSeconds: longestRunSeconds, verdictSeconds });
  const of = (kind: string): ReadonlySet<number> => new Set(issues.filter((issue) => issue.kind === kind).map(({ slot }) => slot));
  const [missing, unproven] = [of('missing'), of('unproven')];
  const proven = new Set(copies.filter(isProven).map(({ slot }) => slot));
  return expected.map((slot) => ({
    slot, state: proven.has(slot) ? 'proven' : missing.has(slot) ? 'missing' : unproven.has(slot) ? 'unproven' : 'waiting',
  }));
}

/** The last slot up to which all are settled; undefined where the first is not. */
export function settledUntil(slots: readonly SettledSlot[]): number | undefined {
  const waiting = slots.findIndex(({ state }) => state === 'waiting');
  return (waiting < 0 ? slots : slots.slice(0, waiting)).at(-1)?.slot;
}

/** Settled slots by day, the oldest day first. */
export function countDays(slots: readonly SettledSlot[], timeZone: string): CountedDay[] {
  const days = new Map<string, CountedDay>();
  for (const { slot, state } of slots) {
    if (state === 'waiting') continue;
    const { label: day } = periodOf('day', slot, timeZone);
    const { expected, proven, unproven } = days.get(day) ?? { expected: 0, proven: 0, unproven: 0 };
    days.set(day, {
      day, expected: expected + 1, proven: proven + Number(state === 'proven'), unproven: unproven + Number(state === 'unproven'),
    });
  }
  return [...days.values()];
}

/** The days of two counts that share no slot, and of them the last thirty and today. */
export function addDays(one: readonly CountedDay[], other: readonly CountedDay[], now: number, timeZone: string): CountedDay[] {
  const oldest = periodOf('day', now - COUNTED_DAYS * DAY, timeZone).label;
  const days = new Map<string, CountedDay>();
  for (const { day, expected, proven, unproven } of [...one, ...other]) {
    if (day < oldest) continue;
    const known = days.get(day) ?? { expected: 0, proven: 0, unproven: 0 };
    days.set(day, { day, expected: known.expected + expected, proven: known.proven + proven, unproven: known.unproven + unproven });
  }
  return [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

/** A count that knew nothing of a pause, without the slots that the pause left out. */
export function withoutPause(days: readonly CountedDay[], expectation: Expectation, until: number, timeZone: string): CountedDay[] {
  const { pause } = expectation;
  if (!pause) return [...days];
  const left = new Map<string, number>();
  for (const slot of plannedSlots(expectation, pause.from, Math.min(pause.until, until + 1))) {
    const { label } = periodOf('day', slot, timeZone);
    left.set(label, (left.get(label) ?? 0) + 1);
  }
  return days.map((day) => {
    const missing = day.expected - day.proven - day.unproven;
    return { ...day, expected: day.expected - Math.min(left.get(day.day) ?? 0, missing) };
  });
}
