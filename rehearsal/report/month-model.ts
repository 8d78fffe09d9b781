import { z } from 'zod';
import { Count, Instant, Name, Seconds } from '../../lib/contract/common';
import { VerdictOutcome } from '../../lib/contract/verdict';

/**
 * What a place holds of a copy at the end: all of it; all, and its end is announced; what is released and waits for the lifecycle rules or
 * its lock; nothing any more; nothing yet.
 */
export const CopyFate = z.enum(['kept', 'announced', 'released', 'deleted', 'missing']);
export type CopyFate = z.infer<typeof CopyFate>;

export const MonthCopy = z.strictObject({
  runId: z.string(),
  slot: Instant,
  /** By the real state machine; else the first copy's bytes, stored once more. */
  ran: z.boolean(),
  fate: CopyFate,
  /** Why, as the last round said that judged it. */
  reasons: z.array(z.string()),
  announcedAt: Instant.optional(),
  releasedAt: Instant.optional(),
  /** The midnight at which a lifecycle rule removed its last object. */
  deletedAt: Instant.optional(),
  /** End of the longest lock of what is left. */
  lockedUntil: Instant.optional(),
  /** What the other regions hold of it, and until when the longest lock there keeps it. */
  replicas: z.array(z.strictObject({ region: z.string(), fate: CopyFate, lockedUntil: Instant.optional() })),
});
export type MonthCopy = z.infer<typeof MonthCopy>;

/** What is stored of a protection at a midnight, after the lifecycle rules. */
export const MonthNight = z.strictObject({
  at: Instant,
  /** Copies whose manifest is there to be read. */
  copies: Count,
  storedBytes: Count,
  replicaBytes: Count,
  /** Kept copies of which something is locked no more; reports of older releases do not say. */
  unlocked: Count.optional(),
});
export type MonthNight = z.infer<typeof MonthNight>;

/** A copy that was proven again, from another region, with its own gone. */
export const LostRegionProof = z.strictObject({
  region: z.string(),
  /** Undefined where no other region has anything. */
  from: z.string().optional(),
  /** Construct path of the machine of that region that proved it, by its own role; absent where a person's rights did. */
  machine: z.string().optional(),
  runId: z.string().optional(),
  outcome: z.enum([...VerdictOutcome.options, 'failed']),
  summary: z.string(),
  seconds: Seconds,
});
export type LostRegionProof = z.infer<typeof LostRegionProof>;

export const MonthProtection = z.strictObject({
  application: Name,
  environment: Name,
  protection: Name,
  region: z.string(),
  copies: z.array(MonthCopy),
  nights: z.array(MonthNight),
  /** Absent where the copies have no second region. */
  lostRegion: LostRegionProof.optional(),
});
export type MonthProtection = z.infer<typeof MonthProtection>;

/** One round of the retire worker. */
export const MonthRound = z.strictObject({
  application: Name,
  environment: Name,
  at: Instant,
  announced: Count,
  released: Count,
  findings: Count,
  /** Where it failed. */
  error: z.string().optional(),
});
export type MonthRound = z.infer<typeof MonthRound>;

/** One round of the worker that lengthens locks. */
export const MonthExtension = z.strictObject({
  application: Name,
  environment: Name,
  at: Instant,
  /** Kept copies whose lock was lengthened, and those that may not be. */
  extended: Count,
  ending: Count,
  /** Where it failed. */
  error: z.string().optional(),
});
export type MonthExtension = z.infer<typeof MonthExtension>;

/** One round of the worker that reads stored copies again. */
export const MonthScrub = z.strictObject({
  application: Name,
  environment: Name,
  at: Instant,
  /** Copies of which it read the last part. */
  read: Count,
  /** Since the copy was read that was read longest ago. */
  oldestSeconds: Count,
  /** Where it failed. */
  error: z.string().optional(),
});
export type MonthScrub = z.infer<typeof MonthScrub>;

/** Days that passed on the store's clock, with every slot, round and midnight in them. */
export const ReportMonth = z.strictObject({
  from: Instant,
  to: Instant,
  days: Count,
  seconds: Seconds,
  protections: z.array(MonthProtection),
  rounds: z.array(MonthRound),
  /** Empty where no policy lengthens locks. */
  extensions: z.array(MonthExtension).default([]),
  /** Empty where nobody reads stored copies again. */
  scrubs: z.array(MonthScrub).default([]),
});
export type ReportMonth = z.infer<typeof ReportMonth>;
