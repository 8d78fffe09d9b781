import { lastSlotBefore, skippedSlots, slotsBetween } from '../schedule';
import type { Finding } from './finding';
import type { Known } from './known';
import { span } from './words';

/** Three springs are in it. */
const LOOKED_AT = { from: Date.UTC(2026, 0, 1) / 1000, to: Date.UTC(2029, 0, 1) / 1000 };
const YEAR = 366 * 86_400;

export function scheduleFindings(known: Known): Finding[] {
  return [...skipFindings(known), ...overlapFindings(known)];
}

/** Named where the skipped run makes a gap that no other day has. */
function skipFindings({ schedule, longestGap, shortestGapSeconds }: Known): Finding[] {
  if (longestGap.seconds === shortestGapSeconds) return [];
  const [skipped] = skippedSlots(schedule, LOOKED_AT.from, LOOKED_AT.to);
  if (!skipped) return [];
  const before = lastSlotBefore(schedule, skipped.at);
  const [after] = slotsBetween(schedule, skipped.at, skipped.at + YEAR);
  if (before === undefined || after === undefined || after - before < longestGap.seconds) return [];
  return [{
    code: 'SCHEDULE_SKIPS_A_RUN',
    severity: 'warning',
    reason: `${skipped.local} does not exist in its time zone, and EventBridge Scheduler runs nothing in its place: ${span(after - before)} without a run`,
    mend: 'a time that daylight saving leaves alone, or UTC',
  }];
}

/** A run of the next slot begins although this one's is not over: both read the source, and neither waits. */
function overlapFindings({ shortestGapSeconds: gap, runSeconds, runLimitSeconds }: Known): Finding[] {
  const certain = runSeconds !== undefined;
  const seconds = runSeconds ?? runLimitSeconds;
  if (seconds === undefined || (certain ? seconds < gap : seconds <= gap)) return [];
  return [{
    code: 'SCHEDULE_OVERLAPS',
    severity: certain ? 'error' : 'warning',
    reason: certain
      ? `a run takes ${span(seconds)}, and the next one begins ${span(gap)} after it began`
      : `a run may take ${span(seconds)} by its workers' limits, and the next one begins ${span(gap)} after it began`,
    mend: certain ? `runs further apart than ${span(seconds)}, or faster ones` : 'a shorter `timeout` of the workers, the load declared with `expected`, or runs further apart',
  }];
}
