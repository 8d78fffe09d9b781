import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned } from './common';

/** Days over which runs are counted. */
export const AUDITED_DAYS = 30;

const RunId = z.string().regex(/^\d{8}T\d{6}Z$/, 'a run id, such as 20261120T020000Z');

/** One day, in the zone of the schedule, as `2026-11-20`. */
export const AuditedDay = z.strictObject({
  day: z.iso.date(),
  /** Slots that were due by the audit. */
  expected: Count,
  /** Of these, with a copy that is or was proven. */
  proven: Count,
  /** With a copy that is not. */
  unproven: Count,
});
export type AuditedDay = z.infer<typeof AuditedDay>;

export const AuditedProtection = z.strictObject({
  protection: Name,
  /** Proven copies that are not on their way out. */
  provenCopies: Count,
  /** Of all its copies, replicas not counted. */
  storedBytes: Count,
  newestProven: RunId.optional(),
  /** Copies that were not as they were written when they were last read; `proven` are those that `provenCopies` would have otherwise. */
  damaged: z.array(z.strictObject({ runId: RunId, proven: z.boolean() })).optional(),
  /** The last 30 days, oldest first: what a later round need not read again. Slots after `until` are the reader's to look at. */
  days: z.array(AuditedDay).max(AUDITED_DAYS + 1),
  /** Every slot up to and including this one is settled and counted in `days`. */
  until: Instant.optional(),
  /** Copies this round released, and how many it may. */
  released: Count,
  releasesAtMost: Count,
});
export type AuditedProtection = z.infer<typeof AuditedProtection>;

/** What a retire round, which reads the whole store, leaves for those that read only what is new. Written once a round. */
export const StoreAudit = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  /** The store's clock. */
  at: Instant,
  protections: z.array(AuditedProtection),
  findingCount: Count,
});
export type StoreAudit = z.infer<typeof StoreAudit>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseStoreAudit(value: unknown): StoreAudit {
  return parseVersioned('the audit', StoreAudit, value);
}
