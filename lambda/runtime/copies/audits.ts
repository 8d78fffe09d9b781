import { auditKey, pausesPrefix, policyPrefix, runIdOf, type PolicyId } from '../../../lib/contract/object-keys';
import { parseStoreAudit, type StoreAudit } from '../../../lib/contract/store-audit';
import { messageOf } from '../errors';
import { listOriginals, type StoredVersion } from '../store-listing';
import type { StoreReaderOptions } from '../store-reader';
import { readStoredDocument } from './stored-document';
import { writeOnce } from './written-once';

/** A round a day leaves one: after so many days without there is none worth its age. */
const NEWEST_WITHIN_SECONDS = 8 * 86_400;

/** How far back growth is looked at. */
const EARLIER_WITHIN_SECONDS = 30 * 86_400;

export interface FoundAudit {
  readonly audit?: StoreAudit;
  /** Why one that is there is not to be read. */
  readonly problem?: { readonly key: string; readonly text: string };
}

/** The newest audit of the last days; the newest before it where that one cannot be read. */
export async function newestAudit(store: StoreReaderOptions, id: PolicyId, now: Date): Promise<FoundAudit> {
  const found = await listSince(store, id, now, NEWEST_WITHIN_SECONDS);
  let problem: FoundAudit['problem'];
  for (const version of found.reverse().slice(0, 3)) {
    const read = await readAudit(store, id, version);
    if (read.audit) return { audit: read.audit, problem };
    problem ??= read.problem;
  }
  return { problem };
}

/** The oldest one of the last 30 days that can be read. */
export async function earlierAudit(store: StoreReaderOptions, id: PolicyId, now: Date): Promise<StoreAudit | undefined> {
  const [first] = await listSince(store, id, now, EARLIER_WITHIN_SECONDS);
  return first && (await readAudit(store, id, first)).audit;
}

/** Written once: a round that is repeated finds its own. */
export async function writeAudit(store: StoreReaderOptions, audit: StoreAudit): Promise<void> {
  await writeOnce(store, auditKey(audit, audit.at), parseStoreAudit(audit));
}

async function listSince(store: StoreReaderOptions, id: PolicyId, now: Date, seconds: number): Promise<StoredVersion[]> {
  const prefix = policyPrefix('audits', id);
  const found = await listOriginals(store, prefix, `${prefix}${runIdOf(new Date(now.getTime() - seconds * 1000).toISOString())}`);
  return found.filter(({ key }) => !key.startsWith(pausesPrefix(id)));
}

async function readAudit(store: StoreReaderOptions, { environment, application }: PolicyId, version: StoredVersion): Promise<FoundAudit> {
  try {
    const audit = parseStoreAudit(await readStoredDocument(store, version));
    if (audit.environment === environment && audit.application === application) return { audit };
    return { problem: { key: version.key, text: `The audit speaks of ${audit.environment}/${audit.application}.` } };
  } catch (error) {
    store.signal.throwIfAborted();
    return { problem: { key: version.key, text: `The audit cannot be read: ${messageOf(error)}.` } };
  }
}
