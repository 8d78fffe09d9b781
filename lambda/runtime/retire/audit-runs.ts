import { manifestKey, runIdOf, type ProtectionId } from '../../../lib/contract/object-keys';
import type { RetireFinding } from '../../../lib/contract/retire-report';
import { auditRuns } from '../../../lib/model/run-audit';
import { parseExpression, slotsBetween } from '../../../lib/model/schedule';
import type { PolicyRecords } from '../copies/policy-records';
import type { Survey } from '../copies/survey';

/** A month of runs is enough to say, whatever the grace. */
const LONGEST_WINDOW_SECONDS = 30 * 86_400;

export interface RunsToAudit {
  readonly id: ProtectionId;
  readonly survey: Survey;
  readonly records: PolicyRecords;
  /** The longest that a run can take with every retry used. */
  readonly longestRunSeconds: number;
  /** In seconds since 1970, by the store's clock. */
  readonly now: number;
}

/**
 * Holds the copies against the slots that were declared, from the first declaration on. Only as far back as the shortest grace: a younger
 * copy cannot have been released, so one that is not there was never made, or was taken away.
 */
export function runFindings({ id, survey, records, longestRunSeconds, now }: RunsToAudit): RetireFinding[] {
  const window = Math.min(LONGEST_WINDOW_SECONDS, ...records.map(({ declared }) => declared.graceSeconds));
  const from = Math.max(now - window, ...records.slice(0, 1).map(({ since }) => Date.parse(since) / 1000));
  const expected = records.flatMap(({ since, declared: { schedule } }, index) => {
    const parsed = parseExpression(schedule.expression, schedule.timeZone);
    // A rate counts from the schedule's creation, which nobody here knows.
    if (parsed.kind === 'rate') return [];
    const begins = Math.max(from, Date.parse(since) / 1000);
    const ends = Math.min(now, records[index + 1] ? Date.parse(records[index + 1].since) / 1000 : now);
    return begins < ends ? slotsBetween(parsed, begins, ends) : [];
  });
  const accountedFor = new Set([...survey.gone, ...survey.leftAlone.map(({ runId }) => runId)]);
  const copies = survey.copies.filter(({ slot }) => slot >= from).map((copy) => ({
    ...copy, attempts: 1 + survey.orphans.filter(({ runId }) => runId === copy.runId).length,
  }));
  return auditRuns({
    expected: expected.filter((slot) => !accountedFor.has(runIdAt(slot))),
    copies, now, dueSeconds: longestRunSeconds, verdictSeconds: longestRunSeconds,
  }).map(({ kind, slot, reason }) => ({ kind: `run-${kind}`, key: manifestKey(id, runIdAt(slot)), text: reason }));
}

function runIdAt(slot: number): string {
  return runIdOf(new Date(slot * 1000).toISOString());
}
