import type { HealthyReport } from './model';
import type { Told } from './delivery';
import type { Timeline } from './timeline';
import { nextZoneChange } from './zone-change';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Between two evaluations: nothing changes faster than a round. */
const STEP_SECONDS = 5 * 60;

/** What faults begin with. */
export interface HealthyStart {
  readonly report: HealthyReport;
  /** Epoch seconds. */
  readonly keptAt: number;
  /** Folder of the store as it was then. */
  readonly keptIn: string;
}

export interface HealthyProps {
  readonly timeline: Timeline;
  readonly days: number;
  readonly zones: readonly string[];
  /** Between two rounds that really look, while nothing happens. */
  readonly spacingSeconds: number;
  /** Keeps the store as it is. @returns the folder */
  readonly keep: () => Promise<string>;
}

/** Six days in, and at the end of fewer: a mean of sizes and the copies that retention keeps at least are there. */
const KEPT_AFTER_DAYS = 6;

/** From an empty store: a policy that was just deployed, its first runs, its rounds of retirement, day by day. */
export async function healthyReport({ timeline, days, zones, spacingSeconds, keep }: HealthyProps): Promise<HealthyStart> {
  const from = timeline.now;
  // Every round of the first hours is a real one: nothing was expected yet, and nobody may hear of it.
  await timeline.pass(2 * HOUR, { spacingSeconds: 0 });
  const options = { spacingSeconds, stepSeconds: STEP_SECONDS };
  await timeline.pass(KEPT_AFTER_DAYS * DAY - 2 * HOUR, options);
  const keptAt = timeline.now;
  const keptIn = await keep();
  await timeline.pass(Math.max(0, days - KEPT_AFTER_DAYS) * DAY, options);
  const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const zoneChanges = zones.flatMap((timeZone) => {
    const at = nextZoneChange(timeZone, from);
    return at === undefined || at > timeline.now ? [] : [{ timeZone, at: instant(at) }];
  });
  const alarms = timeline.changes.filter(({ to }) => to === 'ALARM');
  // A topic that no worker of ours hears tells of a new alarm that it is well, once.
  const isBirth = ({ change: { from: before, to } }: Told): boolean => before === 'INSUFFICIENT_DATA' && to === 'OK';
  const brought = (told: readonly Told[]): HealthyReport['messages'] =>
    told.flatMap(({ at, arrived }) => arrived.map((message) => ({ at: instant(at), message })));
  const births = brought(timeline.told.filter((one) => isBirth(one) && one.raw)).length;
  const messages = brought(timeline.told.filter((one) => !(isBirth(one) && one.raw)));
  return {
    keptAt, keptIn,
    report: {
      from: instant(from), to: instant(timeline.now), days, zoneChanges, runs: timeline.runs, rounds: timeline.rounds,
      alarms: alarms.map(({ alarm, at, reason }) => ({ alarm: alarm.path, at: instant(at), reason })), messages, births,
      failures: timeline.failures.map(({ worker, at, message }) => `${worker} at ${instant(at)}: ${message}`),
    },
  };
}
