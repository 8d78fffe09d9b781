import * as fc from 'fast-check';

/** A local time as the clocks of a zone show it; Sunday is 1. */
export interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekDay: number;
  readonly hour: number;
  readonly minute: number;
}

/** A field, or all of them, as an author writes it, and what it says, decided without the model. */
export interface Field {
  readonly text: string;
  readonly matches: (wall: Wall) => boolean;
}

interface Domain {
  readonly part: keyof Wall;
  readonly lowest: number;
  readonly highest: number;
  readonly steps: boolean;
  readonly wraps: boolean;
  readonly names?: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEK_DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const minutes: Domain = { part: 'minute', lowest: 0, highest: 59, steps: true, wraps: true };
const hours: Domain = { part: 'hour', lowest: 0, highest: 23, steps: true, wraps: true };
const days: Domain = { part: 'day', lowest: 1, highest: 31, steps: true, wraps: true };
const months: Domain = { part: 'month', lowest: 1, highest: 12, steps: true, wraps: true, names: MONTHS };
const weekDays: Domain = { part: 'weekDay', lowest: 1, highest: 7, steps: false, wraps: true, names: WEEK_DAYS };
const years: Domain = { part: 'year', lowest: 1970, highest: 2199, steps: true, wraps: false };

function term({ part, lowest, highest, steps, wraps, names }: Domain): fc.Arbitrary<Field> {
  const value = fc.integer({ min: lowest, max: highest });
  const written = fc.tuple(value, fc.integer({ min: 0, max: 3 })).map(([number, style]) => {
    const name = names?.[number - lowest];
    const texts = [String(number), `0${number}`, name ?? String(number), name?.toLowerCase() ?? String(number)];
    return { number, text: texts[style] };
  });
  const single = written.map(({ number, text }) => ({ text, matches: (wall: Wall) => wall[part] === number }));
  const range = fc.tuple(written, written).filter(([a, b]) => wraps || a.number <= b.number).map(([a, b]) => ({
    text: `${a.text}-${b.text}`,
    matches: (wall: Wall) => {
      const [after, before] = [wall[part] >= a.number, wall[part] <= b.number];
      return a.number <= b.number ? after && before : after || before;
    },
  }));
  const step = fc.integer({ min: 1, max: highest - lowest });
  const withSteps = fc.tuple(written, fc.option(written), step, fc.boolean()).filter(([a, b]) => !b || a.number <= b.number);
  const stepped = withSteps.map(([a, b, by, star]) => {
    const from = star && !b ? lowest : a.number;
    const to = b ? b.number : highest;
    const text = star && !b ? `*/${by}` : `${a.text}${b ? `-${b.text}` : ''}/${by}`;
    return { text, matches: (wall: Wall) => wall[part] >= from && wall[part] <= to && (wall[part] - from) % by === 0 };
  });
  return steps ? fc.oneof(single, range, stepped) : fc.oneof(single, range);
}

function list(domain: Domain): fc.Arbitrary<Field> {
  const terms = fc.array(term(domain), { minLength: 1, maxLength: 3 }).map((all) => ({
    text: all.map(({ text }) => text).join(','),
    matches: (wall: Wall) => all.some(({ matches }) => matches(wall)),
  }));
  return fc.oneof(fc.constant({ text: '*', matches: () => true }), terms);
}

/** Days of the wall's month that hold, by their numbers. */
function daysOf({ year, month }: Wall, holds: (weekDay: number) => boolean): number[] {
  const all: number[] = [];
  for (const date = new Date(Date.UTC(year, month - 1, 1)); date.getUTCMonth() === month - 1; date.setUTCDate(date.getUTCDate() + 1)) {
    if (holds(date.getUTCDay() + 1)) all.push(date.getUTCDate());
  }
  return all;
}

const working = (weekDay: number): boolean => weekDay >= 2 && weekDay <= 6;

function nearest(wanted: number, days: readonly number[]): number {
  return days.reduce((best, day) => (Math.abs(day - wanted) < Math.abs(best - wanted) ? day : best));
}

const dayOfMonth: fc.Arbitrary<Field> = fc.oneof(
  { weight: 3, arbitrary: list(days) },
  fc.constant({ text: 'L', matches: (wall: Wall) => wall.day === daysOf(wall, () => true).at(-1) }),
  fc.integer({ min: 1, max: 27 }).map((before) => ({
    text: `L-${before}`,
    matches: (wall: Wall) => wall.day === daysOf(wall, () => true).at(-1 - before),
  })),
  fc.constant({ text: 'LW', matches: (wall: Wall) => wall.day === daysOf(wall, working).at(-1) }),
  fc.integer({ min: 1, max: 28 }).map((day) => ({
    text: `${day}W`,
    matches: (wall: Wall) => wall.day === nearest(day, daysOf(wall, working)),
  })),
);

const weekDay = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.boolean())
  .map(([number, named]) => ({ number, text: named ? WEEK_DAYS[number - 1] : String(number) }));

const dayOfWeek: fc.Arbitrary<Field> = fc.oneof(
  { weight: 3, arbitrary: list(weekDays) },
  fc.constant({ text: 'L', matches: (wall: Wall) => wall.weekDay === 7 }),
  weekDay.map(({ number, text }) => ({
    text: `${text}L`,
    matches: (wall: Wall) => wall.day === daysOf(wall, (one) => one === number).at(-1),
  })),
  fc.tuple(weekDay, fc.integer({ min: 1, max: 5 })).map(([{ number, text }, nth]) => ({
    text: `${text}#${nth}`,
    matches: (wall: Wall) => wall.day === daysOf(wall, (one) => one === number)[nth - 1],
  })),
);

const dayFields = fc.oneof(
  dayOfMonth.map((field) => ({ month: field.text, week: '?', matches: field.matches })),
  dayOfWeek.map((field) => ({ month: '?', week: field.text, matches: field.matches })),
);

const anyMonths = fc.oneof(fc.constant({ text: '*', matches: () => true }), list(months));
const anyYears = fc.oneof(fc.constant({ text: '*', matches: () => true }), list(years));

const allFields = fc.tuple(list(minutes), list(hours), dayFields, anyMonths, anyYears);

/** Any cron that the model accepts, unless it is too long. */
export const anyCron: fc.Arbitrary<Field> = allFields.map(([minute, hour, day, month, year]) => ({
  text: `${minute.text} ${hour.text} ${day.month} ${month.text} ${day.week} ${year.text}`,
  matches: (wall: Wall) => [minute, hour, month, year, day].every(({ matches }) => matches(wall)),
}));

/** At midnight of any days. */
export const anyDays: fc.Arbitrary<Field> = fc.tuple(dayFields, anyMonths).map(([day, month]) => ({
  text: `0 0 ${day.month} ${month.text} ${day.week}`,
  matches: (wall: Wall) => month.matches(wall) && day.matches(wall),
}));

const fewMinutes = fc.uniqueArray(fc.constantFrom(0, 5, 15, 30, 45, 59), { minLength: 1, maxLength: 2 });
const fewHours = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 3 });

/** A few times of each day. */
export const dailyCron: fc.Arbitrary<string> = fc.tuple(fewMinutes, fewHours).map(([minute, hour]) => `${minute.join(',')} ${hour.join(',')} * * ? *`);
