import type { RetiredProtection } from '../contract/retire-request';
import { expressionOf, longestGapSeconds, shortestGapSeconds, timeZoneOf } from '../model/schedule';
import type { ProtectionPromise } from '../proof/protection-promise';

const DAY = 86_400;

/** What stands for the gap after a schedule's last slot. */
const CENTURY = 36_525 * DAY;

/** A round that makes up for one that was lost. */
const RUNS_OF_DAYS = 2;
const FEWEST_RELEASES = 3;

/** What the retire worker must know of a protection. */
export function retiredProtection(protection: string, promise: ProtectionPromise, longestRunSeconds: number): RetiredProtection {
  const { schedule, retention } = promise;
  const runsOfDay = Math.ceil(DAY / shortestGapSeconds(schedule));
  return {
    protection,
    schedule: {
      expression: expressionOf(schedule), timeZone: timeZoneOf(schedule),
      longestGapSeconds: Math.min(longestGapSeconds(schedule).seconds, CENTURY),
    },
    retention,
    longestRunSeconds,
    releasesAtMost: Math.max(FEWEST_RELEASES, RUNS_OF_DAYS * runsOfDay),
  };
}
