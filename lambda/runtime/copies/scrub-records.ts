import { runIdOf, scrubRoundKey, scrubRoundsPrefix, type PolicyId } from '../../../lib/contract/object-keys';
import { parseScrubRecord, type ScrubRecord } from '../../../lib/contract/scrub-record';
import { messageOf } from '../errors';
import { listOriginals, type StoredVersion } from '../store-listing';
import type { StoreReaderOptions } from '../store-reader';
import { readStoredDocument } from './stored-document';
import { writeOnce } from './written-once';

/** A round a day leaves one; where none is as young, all that the store keeps are looked at. */
const LIKELY_WITHIN_SECONDS = 8 * 86_400;

export interface FoundScrub {
  readonly record?: ScrubRecord;
  /** Why one that is there is not to be read. */
  readonly problem?: { readonly key: string; readonly text: string };
}

/** What the newest scrub round left; the newest before it where that one cannot be read. */
export async function newestScrub(store: StoreReaderOptions, id: PolicyId, now: Date): Promise<FoundScrub> {
  const prefix = scrubRoundsPrefix(id);
  const recent = await listOriginals(store, prefix, `${prefix}${runIdOf(new Date(now.getTime() - LIKELY_WITHIN_SECONDS * 1000).toISOString())}`);
  const found = recent.length > 0 ? recent : await listOriginals(store, prefix);
  let problem: FoundScrub['problem'];
  for (const version of found.reverse().slice(0, 3)) {
    const read = await readScrub(store, id, version);
    if (read.record) return { record: read.record, problem };
    problem ??= read.problem;
  }
  return { problem };
}

/** Written once: a round that is repeated at the same instant finds its own. */
export async function writeScrub(store: StoreReaderOptions, record: ScrubRecord): Promise<void> {
  await writeOnce(store, scrubRoundKey(record, record.at), parseScrubRecord(record));
}

async function readScrub(store: StoreReaderOptions, { environment, application }: PolicyId, version: StoredVersion): Promise<FoundScrub> {
  try {
    const record = parseScrubRecord(await readStoredDocument(store, version));
    if (record.environment === environment && record.application === application) return { record };
    return { problem: { key: version.key, text: `The scrub record speaks of ${record.environment}/${record.application}.` } };
  } catch (error) {
    store.signal.throwIfAborted();
    return { problem: { key: version.key, text: `The scrub record cannot be read: ${messageOf(error)}.` } };
  }
}
