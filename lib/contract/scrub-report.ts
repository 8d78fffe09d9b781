import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned } from './common';

/** What became of a copy in this round, or would in a dry run. */
export const ScrubAction = z.enum([
  /** All of its parts were read now, and are as they were written. */
  'read',
  /** Its turn is now: read as far as the round's time went, and gone on with by the next one. */
  'due',
  /** Its turn comes later. */
  'resting',
  /** The last reading found that it is not as it was written. */
  'damaged',
  /** It could not be read, which says nothing of it. */
  'failed',
]);
export type ScrubAction = z.infer<typeof ScrubAction>;

export const ScrubDecision = z.strictObject({
  runId: z.string(),
  action: ScrubAction,
  /** When its stored bytes were last read; until then when it was written. */
  readAt: Instant,
  /** By when they are to be read again. */
  dueBy: Instant,
  sizeBytes: Count,
  /** Why, in words: at least one. */
  reasons: z.array(z.string()).min(1),
});
export type ScrubDecision = z.infer<typeof ScrubDecision>;

export const ScrubCounts = z.strictObject({
  protection: Name,
  read: Count, due: Count, resting: Count, damaged: Count, failed: Count,
  /** Of parts, in this round; in a dry run, what the round would read. */
  readBytes: Count,
  /** Since the copy was read that was read longest ago, or since it was first to be. */
  oldestSeconds: Count,
  /** Every copy, where the request asked for it. */
  decisions: z.array(ScrubDecision).optional(),
});
export type ScrubCounts = z.infer<typeof ScrubCounts>;

/** What a round did. Figures unless the request asked for the whole, so that it stays small in a state machine. */
export const ScrubReport = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  /** The store's clock by which it was decided. */
  at: Instant,
  dryRun: z.boolean(),
  protections: z.array(ScrubCounts),
});
export type ScrubReport = z.infer<typeof ScrubReport>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseScrubReport(value: unknown): ScrubReport {
  return parseVersioned('the scrub report', ScrubReport, value);
}
