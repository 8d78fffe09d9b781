import { lastSlotBefore, parseExpression } from '../lib/model/schedule';

/**
 * The last instant before `now` at which EventBridge Scheduler would have started a run, in the form of its `scheduled-time`
 * attribute. A rate counts from a creation that a rehearsal does not have: its slots are multiples since 1970.
 *
 * @param expression `cron(…)` or `rate(…)`
 */
export function lastSlot(expression: string, timeZone: string, now: Date): string {
  const epochSeconds = now.getTime() / 1000;
  const slot = lastSlotBefore(parseExpression(expression, timeZone), epochSeconds) ?? Math.floor(epochSeconds / 60) * 60;
  return new Date(slot * 1000).toISOString().replace('.000Z', 'Z');
}
