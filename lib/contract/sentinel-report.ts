import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned } from './common';
import { AuditedDay } from './store-audit';
import { VerdictOutcome } from './verdict';

/** Values by the keys of `METRICS`. */
const Gauges = z.record(z.string(), z.number());

/** Something that is not as it should be, in one sentence. */
export const WatchNote = z.strictObject({
  /** The metric it moved, or `store` where nothing could be read. */
  metric: z.string().min(1),
  text: z.string().min(1),
  /** Object, schedule, topic or key it speaks of. */
  about: z.string().min(1).optional(),
});
export type WatchNote = z.infer<typeof WatchNote>;

export const WatchedCopy = z.strictObject({
  runId: z.string(),
  recoveryPoint: Instant,
  finishedAt: Instant,
  sizeBytes: Count,
  rows: Count,
  /** Absent while there is no verdict. */
  outcome: VerdictOutcome.optional(),
  verifiedAt: Instant.optional(),
  /** Scratch and restore of its newest drill. */
  restoreSeconds: z.number().nonnegative().optional(),
  /** By region, whether every part is there. */
  replicas: z.array(z.strictObject({ region: z.string(), whole: z.boolean() })),
});
export type WatchedCopy = z.infer<typeof WatchedCopy>;

export const WatchedState = z.strictObject({
  protection: Name,
  /** Every gauge, written as metrics or not. */
  gauges: Gauges,
  newestCopy: WatchedCopy.optional(),
  newestProven: WatchedCopy.optional(),
  /** Copies that are not as they were written, those on their way out not counted; absent where there is none. */
  damagedCopies: Count.optional(),
  /** Copies of the window, newest first, 100 at most. */
  copies: z.array(WatchedCopy).max(100),
  paused: z.strictObject({ until: Instant, reason: z.string() }).optional(),
  /** The slot that comes next, and after a pause. */
  nextSlot: Instant.optional(),
  days: z.array(AuditedDay),
  notes: z.array(WatchNote),
});
export type WatchedState = z.infer<typeof WatchedState>;

/** What one round of the sentinel saw: the truth that metrics, status and messages share. */
export const SentinelReport = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  region: z.string(),
  at: Instant,
  /** Since when the policy is known to be in force. */
  since: Instant,
  gauges: Gauges,
  notes: z.array(WatchNote),
  protections: z.array(WatchedState),
  /** What the round asked of the store. */
  requests: z.strictObject({ list: Count, read: Count }),
});
export type SentinelReport = z.infer<typeof SentinelReport>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseSentinelReport(value: unknown): SentinelReport {
  return parseVersioned('the sentinel\'s report', SentinelReport, value);
}
