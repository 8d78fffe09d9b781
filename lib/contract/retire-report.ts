import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned } from './common';

/** Findings that a report names; `findingCount` has them all. */
export const FINDINGS_NAMED = 50;

/** What became of a copy in this round, or would in a dry run. */
export const RetireAction = z.enum([
  /** A reason keeps it. */
  'kept',
  /** Nothing keeps it: announced now. */
  'announced',
  /** Announced earlier, its grace is not over. */
  'waiting',
  /** Its grace is over: released to the lifecycle rules now. */
  'released',
  /** Its grace is over; the round's limit was reached before it. */
  'held-back',
  /** A reason keeps it again: the announcement or the release was taken back. */
  'taken-back',
  /** Released in an earlier round, and not deleted yet. */
  'gone',
  /** Left alone, and named among the findings: nobody could judge it. */
  'left-alone',
]);
export type RetireAction = z.infer<typeof RetireAction>;

export const RetireDecision = z.strictObject({
  runId: z.string(),
  action: RetireAction,
  /** Why, in words: at least one. */
  reasons: z.array(z.string()).min(1),
});
export type RetireDecision = z.infer<typeof RetireDecision>;

/**
 * What the audit of the store against its manifests found.
 *
 * - `part-missing`, `part-hidden`, `part-differs`: a kept copy's part is not there, lies under a delete marker, has another size or version
 * - `manifest-hidden`, `manifest-overwritten`, `manifest-newer`, `manifest-damaged`: of a manifest; the copy is left alone
 * - `verdict-unreadable`: of a newest verdict; the copy is left alone
 * - `copy-damaged`: the newest reading of a kept copy found that it is not as it was written: it counts as not proven
 * - `scrub-unreadable`: of what was found when copies were read again; what was known before stands
 * - `run-missing`, `run-late`, `run-unproven`, `run-doubled`: of the runs that were due within the grace
 * - `orphan`: parts or verdicts of a run without a manifest, on their way out
 * - `unknown-key`, `unknown-mark`, `undeclared`: what is in the store and nobody of this policy knows
 */
export const RetireFinding = z.strictObject({
  kind: z.enum([
    'part-missing', 'part-hidden', 'part-differs', 'manifest-hidden', 'manifest-overwritten', 'manifest-newer', 'manifest-damaged',
    'verdict-unreadable', 'copy-damaged', 'scrub-unreadable', 'run-missing', 'run-late', 'run-unproven', 'run-doubled', 'orphan', 'unknown-key', 'unknown-mark', 'undeclared',
  ]),
  key: z.string(),
  text: z.string().min(1),
});
export type RetireFinding = z.infer<typeof RetireFinding>;

export const RetiredCounts = z.strictObject({
  protection: Name,
  /** Copies with a manifest that was not released earlier. */
  copies: Count,
  /** Of these, proven or proven with exceptions. */
  proven: Count,
  /** Of these, not as they were written when they were last read; none of them counts as proven. */
  damaged: Count.optional(),
  kept: Count, announced: Count, waiting: Count, released: Count, heldBack: Count, takenBack: Count, gone: Count, leftAlone: Count,
  /** Attempts without a manifest that were announced or released. */
  orphans: Count,
  storedBytes: Count,
  /** Every copy with its reasons, where the request asked for it. */
  decisions: z.array(RetireDecision).optional(),
});
export type RetiredCounts = z.infer<typeof RetiredCounts>;

/** What a round decided. Figures unless the request asked for the whole, so that it stays small in a state machine. */
export const RetireReport = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  /** The store's clock by which it was decided. */
  at: Instant,
  dryRun: z.boolean(),
  protections: z.array(RetiredCounts),
  findings: z.array(RetireFinding).max(FINDINGS_NAMED),
  findingCount: Count,
});
export type RetireReport = z.infer<typeof RetireReport>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseRetireReport(value: unknown): RetireReport {
  return parseVersioned('the retire report', RetireReport, value);
}
