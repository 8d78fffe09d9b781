import { readingsPrefix, runIdOf, type ProtectionId } from '../../../lib/contract/object-keys';
import { parseReadings, type Readings } from '../../../lib/contract/scrub-record';
import { messageOf, TransientError } from '../errors';
import { listOriginals } from '../store-listing';
import type { StoreReaderOptions } from '../store-reader';
import { readStoredDocument } from './stored-document';

/** A round a day leaves some; where none is as young, all that the store keeps are looked at. */
const LIKELY_WITHIN_SECONDS = 3 * 86_400;

export interface FoundReadings {
  /** The newest that can be read, and its key. */
  readonly found?: { readonly key: string; readonly readings: Readings };
  /** Why newer ones cannot be. */
  readonly problems: readonly { readonly key: string; readonly text: string }[];
}

/**
 * When the copies of a protection were last read, and what was found: the newest that the rounds left, or the one before it where that
 * cannot be read. Newest first, so that what is not there by a listing of what is new is not asked for.
 *
 * @throws RunError when the store does not list, or does not answer
 */
export async function newestReadings(store: StoreReaderOptions, id: ProtectionId, now: Date): Promise<FoundReadings> {
  const prefix = readingsPrefix(id);
  const likely = await listOriginals(store, prefix, `${prefix}${runIdOf(new Date(now.getTime() - LIKELY_WITHIN_SECONDS * 1000).toISOString())}`);
  const listed = likely.length > 0 ? likely : await listOriginals(store, prefix);
  const problems: FoundReadings['problems'][number][] = [];
  for (const version of listed.reverse().slice(0, 3)) {
    try {
      const readings = parseReadings(await readStoredDocument(store, version));
      if (readingsPrefix(readings) !== prefix) throw new Error(`they speak of ${readingsPrefix(readings)}`);
      return { found: { key: version.key, readings }, problems };
    } catch (error) {
      store.signal.throwIfAborted();
      // Older ones would do, and would not be the newest: whoever comes again reads these.
      if (error instanceof TransientError && error.code !== 'STORE_CHANGED') throw error;
      problems.push({ key: version.key, text: `the readings cannot be read: ${messageOf(error)}` });
    }
  }
  return { problems };
}
