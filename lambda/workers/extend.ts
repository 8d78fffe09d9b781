import { tmpdir } from 'node:os';
import { CONTRACT_VERSION } from '../../lib/contract/common';
import type { ExtendedCounts, ExtendReport, LockAction } from '../../lib/contract/extend-report';
import { ExtendRequest } from '../../lib/contract/extend-request';
import { policyPrefix, type ProtectionId } from '../../lib/contract/object-keys';
import { refuseForeignClock, roundInstant } from '../runtime/copies/round-clock';
import { worstFailure } from '../runtime/copies/worst-failure';
import { startDeadline } from '../runtime/deadline';
import { extendProtection, type ProtectionLocks } from '../runtime/extend/round';
import { messageOf } from '../runtime/errors';
import type { InvocationContext } from '../runtime/invocation';
import { createLog, type Log } from '../runtime/log';
import { writeMetrics } from '../runtime/metrics';
import { parseWorkerRequest } from '../runtime/parse-request';
import { createStoreClient } from '../runtime/store-client';
import { watchClock } from '../runtime/store-clock';
import { listFolders } from '../runtime/store-listing';
import type { StoreReaderOptions } from '../runtime/store-reader';

// The SDK looks for its shared files in the home folder, and fails where a uid has neither a name nor HOME.
process.env.HOME ??= tmpdir();

/**
 * A round over a policy: finds the copies that are kept, by what was in force at their slots, and lengthens the lock of those whose lock
 * would end before the rounds that follow. It does nothing else: it shortens nothing, tags nothing, deletes nothing and reads no part.
 */
export async function extend(event: unknown, context: InvocationContext): Promise<ExtendReport> {
  const request = parseWorkerRequest('extend', ExtendRequest, event);
  refuseForeignClock(request);
  const { environment, application } = request;
  const log = createLog({ environment, application, execution: request.execution, verb: 'extend' });
  const deadline = startDeadline('extend round', request.limits.timeoutSeconds, context);
  const client = createStoreClient(request.store.region);
  const ahead = watchClock(client);
  try {
    const store: StoreReaderOptions = { client, bucket: request.store.bucket, signal: deadline.signal };
    // Whatever is asked first is answered with the store's time.
    await listFolders(store, policyPrefix('runs', { environment, application }));
    return await round(store, request, roundInstant(request, ahead()), log);
  } catch (error) {
    const cause = deadline.signal.aborted && deadline.signal.reason instanceof Error ? deadline.signal.reason : (error as Error);
    log.error(cause.message, { errorType: cause.name, stack: cause.stack });
    throw cause;
  } finally {
    deadline.end();
    client.destroy();
  }
}

async function round(store: StoreReaderOptions, request: ExtendRequest, now: Date, log: Log): Promise<ExtendReport> {
  const { environment, application, dryRun = false, whole = false } = request;
  const protections: ExtendedCounts[] = [];
  const failures: Error[] = [];
  for (const protection of request.protections) {
    const id: ProtectionId = { environment, application, protection: protection.protection };
    const failed = (error: Error): void => {
      failures.push(error);
      log.warn(`${id.protection}: ${messageOf(error)}`, { protection: id.protection, errorType: error.name });
    };
    try {
      const ended = await extendProtection({ store, request, now }, protection);
      const counts = countsOf(id.protection, ended, whole);
      protections.push(counts);
      tell(id, ended, dryRun, log);
      if (!dryRun) writeMetrics(id, { locksExtended: counts.extended, locksEnding: counts.ending }, now);
      ended.failures.forEach(failed);
    } catch (error) {
      // What is wrong with one protection says nothing of the others.
      store.signal.throwIfAborted();
      failed(error as Error);
    }
  }
  if (failures.length > 0) throw worstFailure(failures);
  return { version: CONTRACT_VERSION, environment, application, at: now.toISOString(), dryRun, protections };
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
