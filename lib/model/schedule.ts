/** When a protection runs, as plain data. Hours and minutes are of the time zone. */
export type Schedule =
  | { readonly kind: 'daily'; readonly hour: number; readonly minute: number; readonly timeZone: string }
  | { readonly kind: 'weekly'; readonly weekDay: WeekDayName; readonly hour: number; readonly minute: number; readonly timeZone: string }
  | { readonly kind: 'monthly'; readonly day: number; readonly hour: number; readonly minute: number; readonly timeZone: string }
  | { readonly kind: 'every'; readonly minutes: number }
  | { readonly kind: 'rate'; readonly minutes: number }
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string };

export type WeekDayName = 'MON' | 'TUE' | 'WED' | 'THU' | 'FRI' | 'SAT' | 'SUN';

export const MINUTES_A_DAY = 24 * 60;

/** EventBridge Scheduler's expression of the schedule. */
export function expressionOf(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'daily': return `cron(${schedule.minute} ${schedule.hour} * * ? *)`;
    case 'weekly': return `cron(${schedule.minute} ${schedule.hour} ? * ${schedule.weekDay} *)`;
    case 'monthly': return `cron(${schedule.minute} ${schedule.hour} ${schedule.day} * ? *)`;
    case 'every': return everyExpression(schedule.minutes);
    case 'rate': return rateExpression(schedule.minutes);
    case 'cron': return `cron(${schedule.expression})`;
  }
}

export function timeZoneOf(schedule: Schedule): string {
  return schedule.kind === 'every' || schedule.kind === 'rate' ? 'UTC' : schedule.timeZone;
}

/** A rate counts from the schedule's creation, a cron from midnight: what divides the day becomes a cron, and slots stay where they are. */
function everyExpression(minutes: number): string {
  if (minutes === MINUTES_A_DAY) return 'cron(0 0 * * ? *)';
  if (minutes === 60) return 'cron(0 * * * ? *)';
  if (minutes % 60 === 0 && MINUTES_A_DAY % minutes === 0) return `cron(0 0/${minutes / 60} * * ? *)`;
  if (minutes < 60 && 60 % minutes === 0) return minutes === 1 ? 'cron(* * * * ? *)' : `cron(0/${minutes} * * * ? *)`;
  return rateExpression(minutes);
}

function rateExpression(minutes: number): string {
  const [value, unit] = minutes % MINUTES_A_DAY === 0 ? [minutes / MINUTES_A_DAY, 'day'] : minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  return `rate(${value} ${unit}${value === 1 ? '' : 's'})`;
}

/**
 * The longest time between two slots, clock changes left out, in seconds; undefined for a cron expression of one's own.
 * A monthly schedule's longest month has 31 days.
 */
export function nominalGapSeconds(schedule: Schedule): number | undefined {
  switch (schedule.kind) {
    case 'daily': return MINUTES_A_DAY * 60;
    case 'weekly': return 7 * MINUTES_A_DAY * 60;
    case 'monthly': return 31 * MINUTES_A_DAY * 60;
    case 'every':
    case 'rate': return schedule.minutes * 60;
    case 'cron': return undefined;
  }
}
