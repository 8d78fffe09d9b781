import { type Schedule, slotsBetween } from '../schedule';

/** A schedule, and since when it is in force, in seconds since 1970. */
export interface WatchedEra {
  readonly since: number;
  readonly schedule: Schedule;
}

/** A declared pause: no slot of it is expected, now or later. In seconds since 1970, its end not included. */
export interface Pause {
  readonly from: number;
  readonly until: number;
  readonly reason: string;
}

export interface Expectation {
  /** The oldest first. */
  readonly eras: readonly WatchedEra[];
  readonly pause?: Pause;
  /** An instant at which a rate ran, such as the schedule's creation. */
  readonly rateAnchor?: number;
}

/**
 * The slots at which runs had to start, ascending, in seconds since 1970; none before the first era.
 *
 * @param from included
 * @param to not included
 */
export function expectedSlots(expectation: Expectation, from: number, to: number): number[] {
  const { pause } = expectation;
  const all = plannedSlots(expectation, from, to);
  return pause ? all.filter((slot) => slot < pause.from || slot >= pause.until) : all;
}

/** The same, those of a pause too. */
export function plannedSlots({ eras, rateAnchor }: Expectation, from: number, to: number): number[] {
  return eras.flatMap(({ since, schedule }, index) => {
    // A rate counts from the schedule's creation: where nobody knows it, nobody knows its slots.
    if (schedule.kind === 'rate' && rateAnchor === undefined) return [];
    const begins = Math.max(from, since);
    const ends = Math.min(to, eras[index + 1]?.since ?? to);
    return begins < ends ? slotsBetween(schedule, begins, ends, rateAnchor) : [];
  });
}
