import { type Cron, parseCron } from './cron-expression';
import { ExpressionRefused } from './cron-field';

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

const UNIT_MINUTES = { minute: 1, hour: 60, day: MINUTES_A_DAY };

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

/**
 * The schedule that an expression of EventBridge Scheduler stands for: what `expressionOf` wrote, read back.
 *
 * @param expression `cron(…)` or `rate(…)`
 * @throws ExpressionRefused for anything else; `at(…)` too, which runs once
 */
export function parseExpression(expression: string, timeZone: string): Schedule {
  const [, kind, inner] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'cron') return { kind, expression: parseCron(inner).text, timeZone };
  if (kind === 'rate') return { kind, minutes: rateMinutes(expression) };
  if (kind === 'at') throw new ExpressionRefused(expression, 'cron(…) or rate(…): a backup that runs once is no policy');
  throw new ExpressionRefused(expression, 'cron(…) or rate(…)');
}

/** What decides a schedule's slots: the clocks of a zone, or the distance from one run to the next. */
export type Timing =
  | { readonly kind: 'cron'; readonly cron: Cron; readonly timeZone: string }
  | { readonly kind: 'rate'; readonly seconds: number };

export function timingOf(schedule: Schedule): Timing {
  const timeZone = timeZoneOf(schedule);
  const expression = expressionOf(schedule);
  const inner = /^cron\((.*)\)$/.exec(expression)?.[1];
  return inner === undefined ? { kind: 'rate', seconds: rateMinutes(expression) * 60 } : { kind: 'cron', cron: parseCron(inner), timeZone };
}

function rateMinutes(expression: string): number {
  const [, value, unit] = /^rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)$/.exec(expression) ?? [];
  const minutes = Number(value) * UNIT_MINUTES[unit as keyof typeof UNIT_MINUTES];
  if (!(minutes > 0)) throw new ExpressionRefused(expression, 'rate(<whole number> minutes|hours|days), at least 1 minute');
  return minutes;
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
