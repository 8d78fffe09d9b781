import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned } from './common';

/** What became of a copy's lock in this round, or would in a dry run. */
export const LockAction = z.enum([
  /** It outlasts the rounds that follow. */
  'locked',
  /** Lengthened now. */
  'extended',
  /** Nothing keeps the copy, or it is announced or released: its lock is left to end. */
  'leaving',
  /** It is kept, its lock ends soon, and it may not be lengthened. */
  'ending',
]);
export type LockAction = z.infer<typeof LockAction>;

export const LockDecision = z.strictObject({
  runId: z.string(),
  action: LockAction,
  /** End of its lock as it is now; absent where it has none. */
  until: Instant.optional(),
  /** Why, in words: at least one. */
  reasons: z.array(z.string()).min(1),
});
export type LockDecision = z.infer<typeof LockDecision>;

export const ExtendedCounts = z.strictObject({
  protection: Name,
  locked: Count, extended: Count, leaving: Count, ending: Count,
  /** Versions of objects that were given a later end. */
  versions: Count,
  /** Every copy with its reasons, where the request asked for it. */
  decisions: z.array(LockDecision).optional(),
});
export type ExtendedCounts = z.infer<typeof ExtendedCounts>;

/** What a round did. Figures unless the request asked for the whole, so that it stays small in a state machine. */
export const ExtendReport = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  /** The store's clock by which it was decided. */
  at: Instant,
  dryRun: z.boolean(),
  protections: z.array(ExtendedCounts),
});
export type ExtendReport = z.infer<typeof ExtendReport>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseExtendReport(value: unknown): ExtendReport {
  return parseVersioned('the extend report', ExtendReport, value);
}
