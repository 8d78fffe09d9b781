import { CONTRACT_VERSION } from '../../lib/contract/common';
import { policyPrefix } from '../../lib/contract/object-keys';
import type { ScrubbedCopies } from '../../lib/contract/scrub-record';
import type { ScrubAction, ScrubCounts, ScrubReport } from '../../lib/contract/scrub-report';
import { ScrubRequest } from '../../lib/contract/scrub-request';
import { newestScrub, writeScrub } from '../runtime/copies/scrub-records';
import type { InvocationContext } from '../runtime/invocation';
import { writeMetrics } from '../runtime/metrics';
import { eachProtection, Failures, policyRound } from '../runtime/rounds/policy-round';
import { Pace } from '../runtime/scrub/pace';
import { scrubProtection, type ProtectionReadings } from '../runtime/scrub/round';
import { listFolders } from '../runtime/store-listing';
import type { StoreReaderOptions } from '../runtime/store-reader';

/**
 * A round over a policy: reads the stored bytes of the copies that were read longest ago and holds them against their manifests, so that
 * each is read again within the declared period. It opens and restores nothing, so it needs no key of an encrypted copy; it writes its own
 * records, tags nothing and deletes nothing.
 */
export async function scrub(event: unknown, context: InvocationContext): Promise<ScrubReport> {
  return policyRound('scrub', ScrubRequest, event, context, async (round) => {
    const { request, store, log } = round;
    const { environment, application, dryRun = false, whole = false, limits } = request;
    // Whatever is asked first is answered with the store's time.
    await listFolders(store, policyPrefix('runs', { environment, application }));
    const now = round.instant();
    const pace = new Pace(now, limits);
    const protections: ScrubCounts[] = [];
    const records: ScrubbedCopies[] = [];
    const failures = new Failures(log);
    await eachProtection(round, failures, async (protection, id) => {
      const ended = await scrubProtection({ store, request, now, pace, log }, protection);
      const counts = countsOf(id.protection, ended, whole);
      protections.push(counts);
      records.push(ended.scrubbed);
      for (const { action, runId, reasons } of ended.decisions) {
        if (action === 'read' || action === 'due' && !dryRun) log.info(`${id.protection} ${runId} ${action}`, { protection: id.protection, runId, reasons });
      }
      if (!dryRun) writeMetrics(id, { copiesRead: counts.read, copiesDamaged: counts.damaged }, now);
      for (const failure of ended.failures) failures.add(id, failure);
    });
    if (!dryRun) await leaveRecord(store, request, now, records);
    failures.throwWorst();
    return { version: CONTRACT_VERSION, environment, application, at: now.toISOString(), dryRun, protections };
  });
}

/** Of a protection whose round failed, what was known of it stands. */
async function leaveRecord(
  store: StoreReaderOptions, request: ScrubRequest, now: Date, records: readonly ScrubbedCopies[],
): Promise<void> {
  const { environment, application } = request;
  const failed = request.protections.filter(({ protection }) => !records.some((one) => one.protection === protection));
  const before = failed.length === 0 ? [] : (await newestScrub(store, request, now)).record?.protections ?? [];
  const kept = before.filter((one) => failed.some(({ protection }) => protection === one.protection));
  const protections = [...records, ...kept];
  await writeScrub(store, { version: CONTRACT_VERSION, environment, application, at: now.toISOString(), protections });
}

function countsOf(protection: string, { decisions, readBytes, oldestSeconds }: ProtectionReadings, whole: boolean): ScrubCounts {
  const count = (action: ScrubAction): number => decisions.filter((decision) => decision.action === action).length;
  return {
    protection, readBytes, oldestSeconds,
    read: count('read'), due: count('due'), resting: count('resting'), damaged: count('damaged'), failed: count('failed'),
    ...whole ? { decisions: [...decisions] } : {},
  };
}
