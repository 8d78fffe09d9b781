import { CONTRACT_VERSION } from '../../../lib/contract/common';
import { pausesKey, pausesPrefix, runIdOf, type PolicyId } from '../../../lib/contract/object-keys';
import { LONGEST_PAUSE_DAYS, parseStoredPauses, type StoredPauses } from '../../../lib/contract/pause';
import type { Pause } from '../../../lib/model/watch/expected-slots';
import { readStoredDocument } from '../copies/stored-document';
import { writeOnce } from '../copies/written-once';
import { listOriginals } from '../store-listing';
import type { StoreReaderOptions } from '../store-reader';

/** No pause lasts so long, so an older document says of none that is still on. */
const WITHIN_SECONDS = (LONGEST_PAUSE_DAYS + 1) * 86_400;

/** A pause that is seen at its schedule; undefined where the schedule could not be asked. */
export interface SeenPause {
  readonly protection: string;
  readonly pause: Pause | 'none' | undefined;
}

/** The newest document of the store. @throws RunError, ContractError */
export async function storedPauses(store: StoreReaderOptions, id: PolicyId, now: Date): Promise<StoredPauses['protections']> {
  const prefix = pausesPrefix(id);
  const after = `${prefix}${runIdOf(new Date(now.getTime() - WITHIN_SECONDS * 1000).toISOString())}`;
  const newest = (await listOriginals(store, prefix, after)).at(-1);
  return newest ? parseStoredPauses(await readStoredDocument(store, newest)).protections : [];
}

/** Those of the store that are still on, by protection. */
export function pausesAt(stored: StoredPauses['protections'], now: Date): ReadonlyMap<string, Pause> {
  return new Map(stored.filter(({ until }) => Date.parse(until) > now.getTime()).map(({ protection, from, until, reason }) => (
    [protection, { from: Date.parse(from) / 1000, until: Date.parse(until) / 1000, reason }])));
}

/** Leaves for the replicas which protections are paused, where that has changed. @throws RunError */
export async function keepPauses(store: StoreReaderOptions, id: PolicyId, seen: readonly SeenPause[], now: Date): Promise<void> {
  const known = pausesAt(await storedPauses(store, id, now), now);
  const next = seen.flatMap(({ protection, pause = known.get(protection) }): StoredPauses['protections'] => {
    if (pause === undefined || pause === 'none' || pause.until * 1000 <= now.getTime()) return [];
    return [{ protection, from: instant(pause.from), until: instant(pause.until), reason: pause.reason }];
  });
  const same = next.length === known.size && next.every(({ protection, until, reason }) => {
    const before = known.get(protection);
    return before !== undefined && instant(before.until) === until && before.reason === reason;
  });
  if (same) return;
  const { environment, application } = id;
  const at = now.toISOString();
  const document: StoredPauses = { version: CONTRACT_VERSION, environment, application, at, protections: next };
  await writeOnce(store, pausesKey(id, at), parseStoredPauses(document));
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
