import { createHash } from 'node:crypto';
import { CONTRACT_VERSION, NewerContractError } from '../../../lib/contract/common';
import { policyRecordKey, protectionPrefix, type ProtectionId } from '../../../lib/contract/object-keys';
import { digestedText, parsePolicyRecord, type DeclaredPromise, type PolicyRecord } from '../../../lib/contract/policy-record';
import type { RetentionEra } from '../../../lib/model/retention';
import { IntegrityError, messageOf, RefusedError } from '../errors';
import { listOriginals, type StoredVersion } from '../store-listing';
import type { StoreReaderOptions } from '../store-reader';
import { readStoredDocument } from './stored-document';
import { writeOnce } from './written-once';

/** What was declared of one protection, the oldest first. */
export type PolicyRecords = readonly PolicyRecord[];

/**
 * The records of a protection. Each names the one before it, so that a missing one is noticed: without it, copies would be judged by rules
 * that were not theirs.
 *
 * @throws RefusedError for a record of a newer release, IntegrityError for a damaged or missing one
 */
export async function readRecords(store: StoreReaderOptions, id: ProtectionId): Promise<PolicyRecords> {
  const originals = await listOriginals(store, protectionPrefix('policies', id));
  const records = await Promise.all(originals.map((version) => readRecord(store, id, version)));
  records.sort((a, b) => instant(a.record) - instant(b.record));
  const known = new Set(records.map(({ digest }) => digest));
  const gap = records.find(({ record: { previous } }) => previous !== null && !known.has(previous));
  if (gap) throw damaged(id, `the record ${gap.digest} follows ${gap.record.previous}, which is not in the store`);
  return records.map(({ record }) => record);
}

interface NamedRecord {
  readonly digest: string;
  readonly record: PolicyRecord;
}

async function readRecord(store: StoreReaderOptions, id: ProtectionId, version: StoredVersion): Promise<NamedRecord> {
  const value = await readStoredDocument(store, version);
  let record: PolicyRecord;
  try {
    record = parsePolicyRecord(value);
  } catch (error) {
    if (error instanceof NewerContractError) throw new RefusedError('POLICY_RECORD_NEWER', `${version.key}: ${error.message}.`, 'Deploy the newer release here too; until then nothing of this protection is retired.');
    throw damaged(id, `${version.key}: ${messageOf(error)}`);
  }
  const digest = digestOf(record.previous, record.declared);
  const { environment, application, protection } = record;
  if (version.key !== policyRecordKey({ environment, application, protection }, digest)) throw damaged(id, `${version.key} does not say what its name is the digest of`);
  return { digest, record };
}

function damaged({ environment, application, protection }: ProtectionId, what: string): IntegrityError {
  return new IntegrityError(
    'POLICY_RECORD_DAMAGED', `What was declared of ${environment}/${application}/${protection} is not whole: ${what}.`,
    'Nothing of this protection is retired until the record is back; look at who wrote to the store.',
  );
}

/** Whether the declaration is the one in force; a policy that was never met is not. */
export function isInForce(records: PolicyRecords, declared: DeclaredPromise): boolean {
  const newest = records.at(-1);
  return newest !== undefined && digestOf(null, newest.declared) === digestOf(null, declared);
}

export function nextRecord(records: PolicyRecords, id: ProtectionId, declared: DeclaredPromise, now: Date): PolicyRecord {
  const { environment, application, protection } = id;
  const newest = records.at(-1);
  return {
    version: CONTRACT_VERSION, environment, application, protection, declared,
    since: now.toISOString(),
    previous: newest ? digestOf(newest.previous, newest.declared) : null,
  };
}

/** Written once: another worker that met the same declaration at the same time wrote the same. */
export async function writeRecord(store: StoreReaderOptions, record: PolicyRecord): Promise<void> {
  await writeOnce(store, policyRecordKey(record, digestOf(record.previous, record.declared)), parsePolicyRecord(record));
}

export function erasOf(records: PolicyRecords): RetentionEra[] {
  return records.map((record) => ({
    since: instant(record),
    rules: record.declared.retention.rules,
    timeZone: record.declared.retention.timeZone,
    minimumVerified: record.declared.retention.minimumVerified,
    gapSeconds: record.declared.schedule.longestGapSeconds,
  }));
}

/** The grace of an announcement: the longer of what was in force then and what is now. */
export function graceOf(records: PolicyRecords, announced: number, graceSeconds: number): number {
  const then = records.findLast((record) => instant(record) <= announced) ?? records[0];
  return Math.max(graceSeconds, then?.declared.graceSeconds ?? 0);
}

function instant({ since }: PolicyRecord): number {
  return Date.parse(since) / 1000;
}

function digestOf(previous: string | null, declared: DeclaredPromise): string {
  return createHash('sha256').update(digestedText(previous, declared)).digest('hex');
}
