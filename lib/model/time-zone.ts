/** A stretch of time in which a zone's clocks run at one distance from UTC: from its first second up to, not including, its last. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Seconds that local time is ahead of UTC. */
  readonly offset: number;
}

const DAY = 86_400;
/** The shortest stretch from 1970 to 2085 has 7 days (Recife in 2000, Gaza in 2040): none fits between two looks. */
const STEP = 4 * DAY;

const formatters = new Map<string, Intl.DateTimeFormat>();
const changesByYear = new Map<string, readonly Change[]>();

interface Change {
  readonly at: number;
  readonly offset: number;
}

/** Seconds that the zone's local time is ahead of UTC at an instant. */
export function offsetAt(timeZone: string, epochSeconds: number): number {
  if (timeZone === 'UTC') return 0;
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    formatters.set(timeZone, formatter);
  }
  const [, sign = '+', hours = 0, minutes = 0, seconds = 0] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(formatter.format(epochSeconds * 1000)) ?? [];
  const distance = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -distance : distance;
}

/** The stretches that cover the years of an interval, in order; the first has no beginning and the last no end. */
export function stretchesBetween(timeZone: string, from: number, to: number): Stretch[] {
  const stretches: Stretch[] = [];
  let start = Number.NEGATIVE_INFINITY;
  let offset = offsetAt(timeZone, startOf(yearOf(from)));
  for (let year = yearOf(from); year <= yearOf(to); year++) {
    for (const change of changesOf(timeZone, year)) {
      stretches.push({ from: start, to: change.at, offset });
      start = change.at;
      offset = change.offset;
    }
  }
  return [...stretches, { from: start, to: Number.POSITIVE_INFINITY, offset }];
}

/** The first instant at which clocks show a local time; undefined when a change leaves that time out. */
export function firstInstantOf(localSeconds: number, stretches: readonly Stretch[]): number | undefined {
  const stretch = stretches.find(({ from, to, offset }) => localSeconds - offset >= from && localSeconds - offset < to);
  return stretch && localSeconds - stretch.offset;
}

/** A local time, given in seconds as if it were UTC, as `2026-03-29 02:30`. */
export function localText(localSeconds: number): string {
  const [year, month, day] = dateOf(localSeconds);
  const minutes = Math.floor(localSeconds / 60) % (24 * 60);
  return `${year}-${twoDigits(month)}-${twoDigits(day)} ${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

/** Year, month and day of seconds since 1970. */
export function dateOf(seconds: number): [number, number, number] {
  const parts = UTC_DATE.formatToParts(seconds * 1000);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  return [part('year'), part('month'), part('day')];
}

const UTC_DATE = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', year: 'numeric', month: 'numeric', day: 'numeric' });

/** Changes after the year's first second, up to and with the next year's. */
function changesOf(timeZone: string, year: number): readonly Change[] {
  if (timeZone === 'UTC') return [];
  const key = `${timeZone} ${year}`;
  const known = changesByYear.get(key);
  if (known) return known;
  const changes: Change[] = [];
  const end = startOf(year + 1);
  let at = startOf(year);
  let offset = offsetAt(timeZone, at);
  while (at < end) {
    const next = Math.min(at + STEP, end);
    const nextOffset = offsetAt(timeZone, next);
    if (nextOffset !== offset) changes.push({ at: changeBetween(timeZone, at, next), offset: nextOffset });
    [at, offset] = [next, nextOffset];
  }
  changesByYear.set(key, changes);
  return changes;
}

function startOf(year: number): number {
  return Date.UTC(year, 0, 1) / 1000;
}

/** The first second of the new offset; `from` still has the old one, `to` already the new. */
function changeBetween(timeZone: string, from: number, to: number): number {
  const old = offsetAt(timeZone, from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timeZone, middle) === old) low = middle;
    else high = middle;
  }
  return high;
}

function yearOf(seconds: number): number {
  return dateOf(seconds)[0];
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
