import type { ProtectionId } from '../../../lib/contract/object-keys';
import type { SentinelRequest, WatchedProtection } from '../../../lib/contract/sentinel-request';
import { isInForce, nextRecord, readRecords, writeRecord, type PolicyRecords } from '../copies/policy-records';
import type { StoreReaderOptions } from '../store-reader';

/**
 * What was declared, the newest last; a declaration that nobody met before is written, so that it is in force from this round on. Not by
 * who only asks, not in a replica, and not by a round that was scheduled before the newest one took effect.
 *
 * @throws RunError
 */
export async function recordsInForce(
  store: StoreReaderOptions, request: SentinelRequest, id: ProtectionId, { schedule, retention, runs }: WatchedProtection, now: Date,
): Promise<PolicyRecords> {
  const known = await readRecords(store, id);
  const declared = { schedule, retention, graceSeconds: request.store.graceSeconds };
  const newest = known.at(-1);
  const stale = newest !== undefined && request.slot !== undefined && Date.parse(request.slot) <= Date.parse(newest.since);
  if (runs === undefined || request.silent || stale || isInForce(known, declared)) return known;
  const record = nextRecord(known, id, declared, now);
  await writeRecord(store, record);
  return [...known, record];
}
