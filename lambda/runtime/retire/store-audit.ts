import type { AuditedProtection, StoreAudit } from '../../../lib/contract/store-audit';
import { runIdOf } from '../../../lib/contract/object-keys';
import { isProven } from '../../../lib/model/copy';
import { parseExpression, timeZoneOf } from '../../../lib/model/schedule';
import { expectedSlots } from '../../../lib/model/watch/expected-slots';
import { addDays, COUNTED_DAYS, countDays, settle, settledUntil } from '../../../lib/model/watch/settled';
import { rateAnchorOf } from '../../../lib/model/watch/window';
import type { KnownDamage } from '../copies/damage';
import type { ProtectionRound } from './round';

const DAY = 86_400;

export interface AuditProps {
  readonly round: ProtectionRound;
  /** What the audit before this one said of the protection. */
  readonly before?: AuditedProtection;
  readonly graceSeconds: number;
  readonly now: Date;
}

/**
 * What a round that read every copy leaves for those that read only new ones. Days are carried over from the audit before: of a copy that
 * was released since, nothing is left to count.
 */
export function auditedProtection({ round, before, graceSeconds, now }: AuditProps): AuditedProtection {
  const { survey: { copies, gone, leftAlone, damaged, storedBytes }, protection, decisions, records } = round;
  const { longestRunSeconds } = protection;
  const seconds = now.getTime() / 1000;
  const staying = new Set(decisions.filter(({ action }) => action === 'kept' || action === 'taken-back').map(({ runId }) => runId));
  const proven = copies.filter((copy) => isProven(copy) && staying.has(copy.runId));
  const leftOut = new Set(copies.filter(({ runId, damage }) => damage?.proven && staying.has(runId)).map(({ runId }) => runId));
  const eras = records.map(({ since, declared: { schedule } }) => (
    { since: Date.parse(since) / 1000, schedule: parseExpression(schedule.expression, schedule.timeZone) }));
  const timeZone = timeZoneOf(parseExpression(protection.schedule.expression, protection.schedule.timeZone));
  const rateAnchor = eras.length === 0 ? undefined : rateAnchorOf(eras[eras.length - 1].schedule, copies.map(({ slot }) => slot));
  const counted = before?.until === undefined ? undefined : Date.parse(before.until) / 1000;
  // A younger copy than the grace cannot have been released: what is not there was never made.
  const from = counted === undefined ? seconds - Math.min(COUNTED_DAYS * DAY, graceSeconds) : counted + 1;
  const known = new Set([...gone, ...leftAlone.map(({ runId }) => runId)]);
  const expected = expectedSlots({ eras, rateAnchor }, from, seconds + 1).filter((slot) => !known.has(runIdAt(slot)));
  const slots = settle({
    expected, copies: copies.map((copy) => ({ ...copy, attempts: 1 })), now: seconds, longestRunSeconds, verdictSeconds: longestRunSeconds,
  });
  const until = settledUntil(slots) ?? counted;
  const settled = slots.filter(({ slot }) => until !== undefined && slot <= until);
  const newest = proven.reduce<typeof proven[number] | undefined>((best, copy) => (best && best.slot > copy.slot ? best : copy), undefined);
  return {
    protection: protection.protection, provenCopies: proven.length, storedBytes,
    ...newest ? { newestProven: newest.runId } : {},
    damaged: damaged.map((runId) => ({ runId, proven: leftOut.has(runId) })),
    days: addDays(counted === undefined ? [] : before?.days ?? [], countDays(settled, timeZone), seconds, timeZone),
    ...until === undefined ? {} : { until: new Date(until * 1000).toISOString() },
    released: decisions.filter(({ action }) => action === 'released').length, releasesAtMost: protection.releasesAtMost,
  };
}

/** What an audit knew of the damaged copies of a protection; nothing without one. */
export function damageOfAudit(audit: StoreAudit | undefined, protection: string): KnownDamage['runs'] {
  const { damaged = [] } = audit?.protections.find((one) => one.protection === protection) ?? {};
  const seenAt = audit ? Date.parse(audit.at) / 1000 : 0;
  return new Map(damaged.map(({ runId }) => [runId, { seenAt, text: 'the audit of that time says so, and no newer record can be read.' }]));
}

function runIdAt(slot: number): string {
  return runIdOf(new Date(slot * 1000).toISOString());
}
