import { type DaysOfMonth, fixedDays, lastDay, lastWeekDay, lastWorkingDay, nearestWorkingDay, nthWeekDay, weekDays } from './cron-days';
import { type CronField, ExpressionRefused, parseList, wholeNumber } from './cron-field';

/**
 * What the six fields of EventBridge Scheduler's cron say.
 * Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export interface Cron {
  /** The six fields as AWS documents them: names in capitals, no range that wraps, the year written out. */
  readonly text: string;
  /** Minutes since midnight, ascending. */
  readonly minutesOfDay: readonly number[];
  readonly daysOfMonth: DaysOfMonth;
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
}

const MINUTES: CronField = { name: 'minutes', lowest: 0, highest: 59, steps: true };
const HOURS: CronField = { name: 'hours', lowest: 0, highest: 23, steps: true };
const DAYS: CronField = { name: 'day of month', lowest: 1, highest: 31, steps: true };
const MONTHS: CronField = {
  name: 'month', lowest: 1, highest: 12, steps: true,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
const WEEK_DAYS: CronField = { name: 'day of week', lowest: 1, highest: 7, steps: false, names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] };
const YEARS: CronField = { name: 'year', lowest: 1970, highest: 2199, steps: true };

const SIX_FIELDS = 'six fields: minutes, hours, day of month, month, day of week, year; exactly one of day of month and day of week as ?';

/** Of `cron(…)` as a whole: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
const LONGEST_EXPRESSION = 256;

/**
 * Reads the fields between `cron(` and `)`. The year may be left out, which is every year.
 *
 * @throws ExpressionRefused for what EventBridge Scheduler refuses, and for what it takes without saying what it means
 */
export function parseCron(expression: string): Cron {
  const fields = expression.trim().toUpperCase().split(/\s+/);
  const oneDay = (fields[2] === '?') !== (fields[4] === '?');
  if (!oneDay || (fields.length !== 5 && fields.length !== 6)) throw new ExpressionRefused(expression, SIX_FIELDS);
  const minutes = parseList(MINUTES, fields[0]);
  const hours = parseList(HOURS, fields[1]);
  const days = fields[4] === '?' ? parseDayOfMonth(fields[2]) : parseDayOfWeek(fields[4]);
  const months = parseList(MONTHS, fields[3]);
  const years = parseList(YEARS, fields[5] ?? '*');
  const dayTexts = fields[4] === '?' ? [days.text, months.text, '?'] : ['?', months.text, days.text];
  const text = [minutes.text, hours.text, ...dayTexts, years.text].join(' ');
  if (`cron(${text})`.length > LONGEST_EXPRESSION) throw new ExpressionRefused(expression, `${LONGEST_EXPRESSION} characters at most, cron( ) included`);
  return {
    text,
    minutesOfDay: [...hours.values].flatMap((hour) => [...minutes.values].map((minute) => hour * 60 + minute)).sort((a, b) => a - b),
    daysOfMonth: days.rule,
    months: months.values,
    years: years.values,
  };
}

interface Days {
  readonly text: string;
  readonly rule: DaysOfMonth;
}

function parseDayOfMonth(field: string): Days {
  if (field === 'L') return { text: field, rule: lastDay(0) };
  if (field === 'LW') return { text: field, rule: lastWorkingDay };
  const before = /^L-(\d+)$/.exec(field);
  if (before) {
    const days = wholeNumber(before[1], 1, 27, () => new ExpressionRefused(field, 'L-1 to L-27, days that each month has, in day of month'));
    return { text: `L-${days}`, rule: lastDay(days) };
  }
  const near = /^(\d+)W$/.exec(field);
  if (near) {
    const day = wholeNumber(near[1], 1, 28, () => new ExpressionRefused(field, '1W to 28W, days that each month has, or LW for the last working day, in day of month'));
    return { text: `${day}W`, rule: nearestWorkingDay(day) };
  }
  if (/[LW]/.test(field)) throw new ExpressionRefused(field, 'L, L-3, LW or 15W, and nothing beside it, in day of month');
  const { values, text } = parseList(DAYS, field);
  return { text, rule: fixedDays(values) };
}

function parseDayOfWeek(field: string): Days {
  if (field === 'L') return { text: 'SAT', rule: weekDays(new Set([7])) };
  const last = /^([1-7]|[A-Z]{3})L$/.exec(field);
  if (last) {
    const weekDay = weekDayOf(last[1]);
    return { text: `${weekDay}L`, rule: lastWeekDay(weekDay) };
  }
  const nth = /^([1-7]|[A-Z]{3})#([1-5])$/.exec(field);
  if (nth) {
    const weekDay = weekDayOf(nth[1]);
    return { text: `${weekDay}#${nth[2]}`, rule: nthWeekDay(weekDay, Number(nth[2])) };
  }
  if (/#|L/.test(field)) throw new ExpressionRefused(field, '6L for the month\'s last Friday or 6#1 for its first (to 6#5), and nothing beside it, in day of week');
  const { values, text } = parseList(WEEK_DAYS, field);
  return { text, rule: weekDays(values) };
}

function weekDayOf(text: string): number {
  return [...parseList(WEEK_DAYS, text).values][0];
}
