/** The days of a month on which a schedule runs, ascending. */
export type DaysOfMonth = (year: number, month: number) => readonly number[];

const SUNDAY = 1;
const SATURDAY = 7;

const everyDay: DaysOfMonth = (year, month) => Array.from({ length: lengthOf(year, month) }, (_, index) => index + 1);

/** These days, in months that have them. */
export function fixedDays(days: ReadonlySet<number>): DaysOfMonth {
  return (year, month) => everyDay(year, month).filter((day) => days.has(day));
}

/** The last day of the month, or that many days before it. */
export function lastDay(daysBefore: number): DaysOfMonth {
  return (year, month) => [lengthOf(year, month) - daysBefore];
}

/** The day itself from Monday to Friday, else the nearest such day of the same month. */
export function nearestWorkingDay(day: number): DaysOfMonth {
  return (year, month) => {
    const weekDay = weekDayOf(year, month, day);
    if (weekDay === SATURDAY) return [day === 1 ? 3 : day - 1];
    if (weekDay === SUNDAY) return [day === lengthOf(year, month) ? day - 2 : day + 1];
    return [day];
  };
}

/** The last Monday, Tuesday, Wednesday, Thursday or Friday of the month, whichever is later. */
export const lastWorkingDay: DaysOfMonth = (year, month) => nearestBefore(year, month, new Set([2, 3, 4, 5, 6]));

/** Days of the week, 1 for Sunday to 7 for Saturday. */
export function weekDays(days: ReadonlySet<number>): DaysOfMonth {
  return (year, month) => everyDay(year, month).filter((day) => days.has(weekDayOf(year, month, day)));
}

/** The last such day of the week in the month. */
export function lastWeekDay(weekDay: number): DaysOfMonth {
  return (year, month) => nearestBefore(year, month, new Set([weekDay]));
}

/** The month's nth such day of the week; none in a month without a fifth. */
export function nthWeekDay(weekDay: number, nth: number): DaysOfMonth {
  const all = weekDays(new Set([weekDay]));
  return (year, month) => all(year, month).slice(nth - 1, nth);
}

function nearestBefore(year: number, month: number, days: ReadonlySet<number>): readonly number[] {
  return weekDays(days)(year, month).slice(-1);
}

function weekDayOf(year: number, month: number, day: number): number {
  // 1970-01-01 was a Thursday.
  return (Date.UTC(year, month - 1, day) / 86_400_000 + 4) % 7 + 1;
}

function lengthOf(year: number, month: number): number {
  return (Date.UTC(year, month, 1) - Date.UTC(year, month - 1, 1)) / 86_400_000;
}
