import type { HealthyReport } from './model';
import type { StateChange } from './evaluate';
import type { Timeline } from './timeline';
import { zoneChanges } from './zone-change';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Between two evaluations: nothing changes faster than a round. */
const STEP_SECONDS = 5 * 60;

/** What faults begin with. */
export interface KeptStart {
  /** Epoch seconds. */
  readonly at: number;
  /** Folder of the store as it was then. */
  readonly directory: string;
}

export interface HealthyProps {
  readonly timeline: Timeline;
  readonly days: number;
  readonly zones: readonly string[];
  /** Between two rounds that really look, while nothing happens. */
  readonly spacingSeconds: number;
  /** Zone that stands for schedules whose own clocks never change. */
  readonly standIn?: string;
  /** Keeps the store as it is, after some days. @returns the folder */
  readonly keep?: () => Promise<string>;
}

/** Six days in, and at the end of fewer: a mean of sizes and the copies that retention keeps at least are there. */
const KEPT_AFTER_DAYS = 6;

/** From an empty store: a policy that was just deployed, its first runs, its rounds of retirement, day by day. */
export async function healthyReport(
  { timeline, days, zones, spacingSeconds, standIn, keep }: HealthyProps,
): Promise<{ report: HealthyReport; kept?: KeptStart }> {
  const from = timeline.now;
  const isAlarm = ({ to }: StateChange): boolean => to === 'ALARM';
  // Every round of the first hour is a real one: nothing was expected yet, and nobody may hear of it.
  await timeline.pass(HOUR, { spacingSeconds: 0 });
  const deployed = {
    seconds: timeline.now - from, runs: timeline.runs, rounds: timeline.rounds.real, alarms: timeline.changes.filter(isAlarm).length,
    messages: timeline.told.flatMap(({ arrived }) => arrived).length,
  };
  const options = { spacingSeconds, stepSeconds: STEP_SECONDS };
  const first = Math.min(days, KEPT_AFTER_DAYS);
  await timeline.pass(first * DAY - HOUR, options);
  const kept = keep && { at: timeline.now, directory: await keep() };
  await timeline.pass((days - first) * DAY, options);
  const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const changes = zones.flatMap((timeZone) => zoneChanges(timeZone, from, timeline.now));
  const alarms = timeline.changes.filter(isAlarm);
  const messages = timeline.told.flatMap(({ at, arrived }) => arrived.map((message) => ({ at: instant(at), message })));
  return {
    ...kept ? { kept } : {},
    report: {
      from: instant(from), to: instant(timeline.now), days, ...standIn === undefined ? {} : { standIn },
      zoneChanges: changes.map(({ at, ...change }) => ({ ...change, at: instant(at) })),
      deployed, runs: timeline.runs, rounds: timeline.rounds,
      alarms: alarms.map(({ alarm, at, reason }) => ({ alarm: alarm.path, at: instant(at), reason })), messages,
      failures: timeline.failures.map(({ worker, at, message }) => `${worker} at ${instant(at)}: ${message}`),
    },
  };
}
