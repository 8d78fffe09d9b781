import { isProven } from '../copy';
import type { StoredCopy, WatchFacts } from './watched';

/**
 * Proven copies that are not on their way out: those that the last audit counted, those proven since, less those found damaged since, and
 * those that it left out as damaged and that are whole by now. Of a damaged copy older than what is looked at nobody knows here whether
 * it was proven: it is taken for one that is lost.
 */
export function provenCopies({ copies, audit, damaged }: Pick<WatchFacts, 'copies' | 'audit' | 'damaged'>): number {
  const proven = copies.filter(isProven);
  if (!audit) return proven.length;
  const { at, provenCopies: counted, damaged: leftOut } = audit;
  const seen = new Map(copies.map((copy) => [copy.runId, copy]));
  const known = new Set(leftOut.map(({ runId }) => runId));
  const damagedNow = new Set(damaged.map(({ runId }) => runId));
  const since = proven.filter(({ firstVerdictAt }) => firstVerdictAt !== undefined && firstVerdictAt > at);
  const lost = damaged.filter(({ runId, seenAt }) => seenAt > at && !known.has(runId) && wasCounted(seen.get(runId), at));
  const mended = leftOut.filter((one) => one.proven && !damagedNow.has(one.runId) && isProven(seen.get(one.runId) ?? { outcome: 'proven' }));
  return Math.max(0, counted - lost.length) + mended.length + since.length;
}

function wasCounted(copy: StoredCopy | undefined, auditedAt: number): boolean {
  if (!copy) return true;
  return copy.provenBefore === true && copy.firstVerdictAt !== undefined && copy.firstVerdictAt <= auditedAt;
}
