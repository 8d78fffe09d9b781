import type { Schedule } from './schedule-expression';
import { longestGapSeconds } from './schedule-gaps';

export { ExpressionRefused } from './cron-field';
export { expressionOf, MINUTES_A_DAY, parseExpression, type Schedule, timeZoneOf, type WeekDayName } from './schedule-expression';
export { type LongestGap, longestGapSeconds, shortestGapSeconds } from './schedule-gaps';
export { lastSlotBefore, type SkippedSlot, skippedSlots, slotsBetween } from './slots';

/** The longest gap without its reason. */
export function nominalGapSeconds(schedule: Schedule): number | undefined {
  return longestGapSeconds(schedule).seconds;
}
