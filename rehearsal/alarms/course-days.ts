import type { WatchedProtection, World } from './world';
import { lastZoneChange, type ZoneChange, zoneChanges } from './zone-change';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Faults go on for up to 40 days, and as long until they are over: all of it lies behind. */
const FAULTS_DAYS = 95;
/** Days of the healthy month that lie before the change of the clocks in it; in the short form fewer. */
const BEFORE_CHANGE = { whole: 15, short: 2 };
/** Days before another change, and from it on: a run on either side. */
const AROUND_CHANGE = { before: 1, after: 2 };
/** For schedules whose own clocks never change: Lisbon's do at 01:00, New York's at 02:00, Santiago's at midnight. */
const STAND_INS = ['Europe/Lisbon', 'America/New_York', 'America/Santiago'];

/** Days that are to pass from a deployment on. */
export interface Course {
  /** Epoch seconds. */
  readonly at: number;
  readonly days: number;
  /** Zones of the schedules. */
  readonly zones: readonly string[];
  /** See `HealthyReport`. */
  readonly standIn?: string;
}

export interface Courses {
  /** What faults begin with is taken from it. */
  readonly month: Course;
  /** Around the changes that the month does not have. */
  readonly changes: readonly Course[];
}

/**
 * Which days a policy is to pass in silence: a month with an hour that is left out, days with one that comes twice. They lie in the past,
 * so that what a database says of its own clock is never younger than the store's.
 *
 * @param now epoch seconds
 */
export function coursesOf({ protections }: Pick<World, 'protections'>, now: number, short: boolean): Courses {
  const today = Math.floor(now / DAY) * DAY;
  const zones = [...new Set(protections.map(({ schedule }) => schedule.timeZone))];
  const latest = today - FAULTS_DAYS * DAY;
  const skipped = zones.flatMap((zone) => lastZoneChange(zone, 'hour-skipped', latest) ?? []).at(0);
  const middle = skipped ? Math.floor(skipped.at / DAY) * DAY : latest;
  const [before, days] = short ? [BEFORE_CHANGE.short, 6] : [BEFORE_CHANGE.whole, 31];
  const month: Course = { at: startOf(middle - before * DAY), days, zones };
  const own = zones.flatMap((zone) => changesOf(zone, today));
  const others = own.filter(({ at }) => at < month.at || at > month.at + days * DAY);
  if (own.length > 0) return { month, changes: others.map((change) => around(change, zones)) };
  const standIn = STAND_INS.find((zone) => protections.every(({ schedule }) => isClear(schedule, zone, today)));
  return { month, changes: standIn === undefined ? [] : changesOf(standIn, today).map((change) => around(change, [standIn], standIn)) };
}

/** Late in the morning, in Europe: between two nights. */
function startOf(midnight: number): number {
  return midnight + 11 * HOUR + 20 * 60;
}

function changesOf(zone: string, today: number): ZoneChange[] {
  return (['hour-skipped', 'hour-twice'] as const).flatMap((kind) => lastZoneChange(zone, kind, today - 5 * DAY) ?? []);
}

function around({ at }: ZoneChange, zones: readonly string[], standIn?: string): Course {
  const { before, after } = AROUND_CHANGE;
  return { at: startOf((Math.floor(at / DAY) - before) * DAY), days: before + after, zones, ...standIn === undefined ? {} : { standIn } };
}

/** Whether the hours of a schedule are none that a zone's change leaves out: EventBridge Scheduler starts nothing then. */
function isClear({ expression }: WatchedProtection['schedule'], zone: string, today: number): boolean {
  const hours = /^cron\(\S+ (\d+(?:,\d+)*) /.exec(expression)?.[1].split(',').map(Number) ?? [];
  const local = new Intl.DateTimeFormat('en-US', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' });
  const skipped = zoneChanges(zone, today - 400 * DAY, today).filter(({ kind }) => kind === 'hour-skipped');
  return skipped.every(({ at }) => !hours.includes((Number(local.format(new Date((at - 1) * 1000))) + 1) % 24));
}

/** The world of a policy whose schedules are kept by another zone's clocks; a day of it may be an hour longer. */
export function inZone(world: World, timeZone: string): World {
  const moved = <T>(value: T): T => {
    if (Array.isArray(value)) return value.map((one: unknown) => moved(one)) as T;
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).map(([name, one]): [string, unknown] => {
      if (name === 'timeZone') return [name, timeZone];
      return [name, name === 'longestGapSeconds' ? Number(one) + HOUR : moved(one)];
    });
    return Object.fromEntries(fields) as T;
  };
  return {
    ...world, request: moved(world.request), retireRequest: moved(world.retireRequest),
    sentinels: world.sentinels.map((one) => ({ ...one, request: moved(one.request) })),
    protections: world.protections.map((one) => ({ ...one, schedule: { ...one.schedule, timeZone } })),
  };
}
