import { dateOf, offsetAt } from './time-zone';

/** What copies are counted by. A week is ISO's, from Monday, and belongs to the year that has its Thursday. */
export type PeriodKind = 'hour' | 'day' | 'week' | 'month' | 'year';

/** One hour, day, week, month or year of a time zone. */
export interface Period {
  /** Its number on the zone's calendar: the next period of the kind has the next number. */
  readonly ordinal: number;
  /** How a person names it: `2026-11-20T18:00+01:00`, `2026-11-20`, `2026-W47`, `2026-11`, `2026`. */
  readonly label: string;
}

interface LocalTime { readonly year: number; readonly month: number; readonly day: number; readonly hour: number; readonly offset: number }

const DAY = 86_400;
const HOUR = 3600;
/** Periods that are remembered: a decision a day asks for the same slots again and again. */
const REMEMBERED = 10_000;
const remembered = new Map<string, Map<number, Period>>();

/**
 * The period an instant lies in. The hour that autumn repeats is two hours, told apart by their offset from UTC (on Lord Howe, where clocks
 * change by half an hour, spring makes one hour of an hour and a half).
 *
 * @param epochSeconds the instant, in seconds since 1970
 * @param timeZone a zone of the IANA database
 * @throws RangeError for a zone that is unknown or an instant that is none
 */
export function periodOf(kind: PeriodKind, epochSeconds: number, timeZone: string): Period {
  const calendar = `${kind} ${timeZone}`;
  let known = remembered.get(calendar);
  if (!known) remembered.set(calendar, known = new Map());
  let period = known.get(epochSeconds);
  if (!period) {
    if (known.size >= REMEMBERED) known.clear();
    known.set(epochSeconds, period = findPeriod(kind, epochSeconds, localTime(epochSeconds, timeZone)));
  }
  return period;
}

function findPeriod(kind: PeriodKind, epochSeconds: number, { year, month, day, hour, offset }: LocalTime): Period {
  const date = `${year}-${pad(month)}-${pad(day)}`;
  switch (kind) {
    case 'hour': return { ordinal: Math.floor((epochSeconds + rest(offset, HOUR)) / HOUR), label: `${date}T${pad(hour)}:00${offsetText(offset)}` };
    case 'day': return { ordinal: dayNumber(year, month, day), label: date };
    case 'week': return isoWeek(year, dayNumber(year, month, day));
    case 'month': return { ordinal: year * 12 + month, label: `${year}-${pad(month)}` };
    case 'year': return { ordinal: year, label: String(year) };
  }
}

/** The instant as ISO 8601 in UTC, `2026-11-20T02:00:00Z`; fractions of a second are cut. */
export function instantText(epochSeconds: number): string {
  const seconds = Math.floor(epochSeconds);
  const [year, month, day] = dateOf(seconds);
  const past = rest(seconds, DAY);
  return `${year}-${pad(month)}-${pad(day)}T${pad(Math.floor(past / HOUR))}:${pad(rest(Math.floor(past / 60), 60))}:${pad(rest(past, 60))}Z`;
}

function localTime(epochSeconds: number, timeZone: string): LocalTime {
  const offset = offsetAt(timeZone, epochSeconds);
  const local = Math.floor(epochSeconds) + offset;
  const [year, month, day] = dateOf(local);
  return { year, month, day, hour: Math.floor(rest(local, DAY) / HOUR), offset };
}

function dayNumber(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / 1000 / DAY;
}

/** Day 0 of the epoch was a Thursday, so the Thursday of week n is day 7n. */
function isoWeek(year: number, day: number): Period {
  const ordinal = Math.floor((day + 3) / 7);
  const thursday = ordinal * 7;
  const weekYear = thursday < dayNumber(year, 1, 1) ? year - 1 : thursday < dayNumber(year + 1, 1, 1) ? year : year + 1;
  return { ordinal, label: `${weekYear}-W${pad(Math.floor((thursday - dayNumber(weekYear, 1, 1)) / 7) + 1)}` };
}

function offsetText(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(rest(minutes, 60))}`;
}

/** What is left of a value, negative ones too, after whole sizes. */
function rest(value: number, size: number): number {
  return value - size * Math.floor(value / size);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
