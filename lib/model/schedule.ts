export { ExpressionRefused } from './cron-field';
export { expressionOf, MINUTES_A_DAY, parseExpression, type Schedule, timeZoneOf, type WeekDayName } from './schedule-expression';
export { type LongestGap, longestGapSeconds, shortestGapSeconds } from './schedule-gaps';
export { lastSlotBefore, type SkippedSlot, skippedSlots, slotsBetween } from './slots';
