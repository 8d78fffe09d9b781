import { CONTRACT_VERSION } from '../../lib/contract/common';
import type { ExtendedCounts, ExtendReport, LockAction } from '../../lib/contract/extend-report';
import { ExtendRequest } from '../../lib/contract/extend-request';
import { policyPrefix, type ProtectionId } from '../../lib/contract/object-keys';
import { extendProtection, type ProtectionLocks } from '../runtime/extend/round';
import type { InvocationContext } from '../runtime/invocation';
import type { Log } from '../runtime/log';
import { writeMetrics } from '../runtime/metrics';
import { eachProtection, Failures, policyRound } from '../runtime/rounds/policy-round';
import { listFolders } from '../runtime/store-listing';

/**
 * A round over a policy: finds the copies that are kept, by what was in force at their slots, and lengthens the lock of those whose lock
 * would end before the rounds that follow. It does nothing else: it shortens nothing, tags nothing, deletes nothing and reads no part.
 */
export async function extend(event: unknown, context: InvocationContext): Promise<ExtendReport> {
  return policyRound('extend', ExtendRequest, event, context, async (round) => {
    const { request, store, log } = round;
    const { environment, application, dryRun = false, whole = false } = request;
    // Whatever is asked first is answered with the store's time.
    await listFolders(store, policyPrefix('runs', { environment, application }));
    const now = round.instant();
    const protections: ExtendedCounts[] = [];
    const failures = new Failures(log);
    await eachProtection(round, failures, async (protection, id) => {
      const ended = await extendProtection({ store, request, now }, protection);
      const counts = countsOf(id.protection, ended, whole);
      protections.push(counts);
      tell(id, ended, dryRun, log);
      if (!dryRun) writeMetrics(id, { locksExtended: counts.extended, locksEnding: counts.ending }, now);
      for (const failure of ended.failures) failures.add(id, failure);
    });
    failures.throwWorst();
    return { version: CONTRACT_VERSION, environment, application, at: now.toISOString(), dryRun, protections };
  });
}

function tell({ protection }: ProtectionId, { decisions }: ProtectionLocks, dryRun: boolean, log: Log): void {
  for (const { runId, action, until, reasons } of decisions) {
    if (action === 'ending') log.warn(`${protection} ${runId} ${action}`, { protection, runId, action, until, reasons });
    else if (action === 'extended') log.info(`${protection} ${runId} ${action}`, { protection, runId, action, until, dryRun });
  }
}

function countsOf(protection: string, { decisions, versions }: ProtectionLocks, whole: boolean): ExtendedCounts {
  const count = (action: LockAction): number => decisions.filter((decision) => decision.action === action).length;
  return {
    protection, versions,
    locked: count('locked'), extended: count('extended'), leaving: count('leaving'), ending: count('ending'),
    ...whole ? { decisions: [...decisions] } : {},
  };
}
