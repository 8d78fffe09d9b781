const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEK_DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
/** A yearly schedule, a leap day's too, has a slot within that. */
const DAYS_BACK = 366 * 5;

/**
 * The last instant before `now` at which EventBridge Scheduler would have started a run, in the form of its `scheduled-time`
 * attribute. For expressions with L, W or # it is the minute of `now`: a rehearsal needs a slot, not that one.
 *
 * @param expression `cron(…)`, `rate(…)` or `at(…)`
 */
export function lastSlot(expression: string, timeZone: string, now: Date): string {
  const [, kind, inner] = /^(cron|rate|at)\((.+)\)$/.exec(expression.trim()) ?? [];
  const found = kind === 'cron' ? lastOfCron(inner, timeZone, now) : kind === 'rate' ? lastOfRate(inner, now) : undefined;
  return isoSeconds(found ?? new Date(Math.floor(now.getTime() / MINUTE) * MINUTE));
}

function isoSeconds(instant: Date): string {
  return instant.toISOString().replace(/\.\d+Z$/, 'Z');
}

function lastOfRate(inner: string, now: Date): Date | undefined {
  const [, value, unit] = /^(\d+) (minute|hour|day)s?$/.exec(inner) ?? [];
  const step = Number(value) * { minute: MINUTE, hour: 60 * MINUTE, day: DAY }[unit as 'minute' | 'hour' | 'day'];
  return step > 0 ? new Date(Math.floor((now.getTime() - 1) / step) * step) : undefined;
}

function lastOfCron(inner: string, timeZone: string, now: Date): Date | undefined {
  const fields = inner.split(/\s+/);
  if (fields.length !== 6 || /[LW#]/.test(fields[2] + fields[4].replace(/WED/g, ''))) return undefined;
  const minutes = values(fields[0], 0, 59).reverse();
  const hours = values(fields[1], 0, 23).reverse();
  const days = new Set(values(fields[2], 1, 31));
  const months = new Set(values(fields[3], 1, 12, MONTHS));
  // Day 1 is Sunday here, as EventBridge counts.
  const weekDays = new Set(values(fields[4], 1, 7, WEEK_DAYS));
  const years = new Set(values(fields[5], 1970, 2199));
  const today = localDay(now, timeZone);
  for (let back = 0; back <= DAYS_BACK; back++) {
    const day = new Date(today.getTime() - back * DAY);
    const inMonth = months.has(day.getUTCMonth() + 1) && years.has(day.getUTCFullYear());
    if (!inMonth || !days.has(day.getUTCDate()) || !weekDays.has(day.getUTCDay() + 1)) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const instant = instantOf(day.getTime() + (hour * 60 + minute) * MINUTE, timeZone);
        if (instant && instant < now) return instant;
      }
    }
  }
  return undefined;
}

/** Values of one field of a cron expression, ascending; names count from 1. */
function values(field: string, lowest: number, highest: number, names: readonly string[] = []): number[] {
  const number = (text: string): number => {
    const index = names.indexOf(text.toUpperCase());
    return index < 0 ? Number(text) : index + 1;
  };
  const all = field.split(',').flatMap((part) => {
    const [range, step = '1'] = part.split('/');
    const [from, to] = range === '*' || range === '?' ? [lowest, highest] : range.includes('-') ? range.split('-').map(number) : [number(range), part.includes('/') ? highest : number(range)];
    return Array.from({ length: Math.max(0, Math.floor((to - from) / Number(step)) + 1) }, (_, index) => from + index * Number(step));
  });
  return [...new Set(all)].sort((a, b) => a - b);
}

/** Midnight of the zone's date at an instant, written as if it were UTC. */
function localDay(instant: Date, timeZone: string): Date {
  const local = localTime(instant, timeZone);
  return new Date(Math.floor(local / DAY) * DAY);
}

function localTime(instant: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(instant);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The instant whose local time this is; undefined for one that daylight saving leaves out, which the scheduler skips too. */
function instantOf(local: number, timeZone: string): Date | undefined {
  for (const guess of [local, local - (localTime(new Date(local), timeZone) - local)]) {
    const instant = new Date(guess - (localTime(new Date(guess), timeZone) - local));
    if (localTime(instant, timeZone) === local) return instant;
  }
  return undefined;
}
