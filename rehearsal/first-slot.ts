import { type Schedule, slotsBetween } from '../lib/model/schedule';

const DAY = 86_400;
/** Days after which a calendar has repeated itself. */
const LONGEST_SEARCH = 2000;

/**
 * The first slot from an instant on, in epoch seconds; undefined where none comes within years, and for a rate whose beginning nobody
 * knows.
 *
 * @param from included, in epoch seconds
 * @param rateAnchor an instant at which a rate ran
 */
export function firstSlotFrom(schedule: Schedule, from: number, rateAnchor?: number): number | undefined {
  if (schedule.kind === 'rate' && rateAnchor === undefined) return undefined;
  for (let days = 2; days < LONGEST_SEARCH; days *= 8) {
    const [slot] = slotsBetween(schedule, from, from + days * DAY, rateAnchor);
    if (slot !== undefined) return slot;
  }
  return undefined;
}
