import { z } from 'zod';
import { Count, Instant, Name, parseVersioned, Seconds } from '../../lib/contract/common';
import { CensusItem } from '../../lib/contract/census';
import { LeftOut, Manifest } from '../../lib/contract/manifest';
import { ExtendReport } from '../../lib/contract/extend-report';
import { ScrubReport } from '../../lib/contract/scrub-report';
import { RetireReport } from '../../lib/contract/retire-report';
import { Exception, Verdict, VerdictOutcome } from '../../lib/contract/verdict';
import { ReportMonth } from './month-model';
import { ReportCost } from './cost-model';

/** Version of `report.json`. */
export const REPORT_VERSION = 1;

/** Largest number of census items the report holds a protection; the store's census has them all. */
export const CENSUS_SHOWN = 500;

/** How it ended: of one protection, and of the whole rehearsal (the worst of its protections). `failed`: no verdict was reached. */
export const ReportOutcome = z.enum([...VerdictOutcome.options, 'failed']);
export type ReportOutcome = z.infer<typeof ReportOutcome>;

/**
 * Something that took time. A `state` is the machine's own, an `attempt` one worker process within it, a `phase` what the worker said
 * of itself (restore, census …).
 */
export const ReportStep = z.strictObject({
  name: z.string().min(1),
  kind: z.enum(['state', 'attempt', 'phase']),
  startedAt: Instant,
  seconds: Seconds,
  outcome: z.enum(['succeeded', 'failed', 'skipped']),
  /** One line for a person, such as the error that was caught. */
  detail: z.string().optional(),
  /** How often it was tried; 1 without a retry. */
  tries: Count,
});
export type ReportStep = z.infer<typeof ReportStep>;

/** `name` is what Step Functions matched, `code` the bracketed one of a worker's error where there is one. */
export const ReportError = z.strictObject({
  name: z.string().min(1),
  code: z.string().optional(),
  message: z.string(),
});
export type ReportError = z.infer<typeof ReportError>;

/** One run of one protection. Whatever was not reached is absent (or empty). */
export const ReportProtection = z.strictObject({
  id: Name,
  engine: Name,
  /** EventBridge Scheduler's expression and zone, for a person. */
  schedule: z.string().optional(),
  slot: Instant,
  runId: z.string(),
  outcome: ReportOutcome,
  /** One sentence for a person: the verdict's, or the error's. */
  summary: z.string(),
  steps: z.array(ReportStep),
  sizeBytes: Count.optional(),
  rawSizeBytes: Count.optional(),
  rows: Count.optional(),
  items: Count.optional(),
  parts: Count.optional(),
  /** Wall seconds by name: `dump`, `verify`, `total` from the steps; the verdict has its own. */
  seconds: z.record(z.string(), Seconds),
  /** Peak of the resident memory of the worker's whole process tree, and what its platform would give it. */
  peakMemoryBytes: z.strictObject({ dump: Count.optional(), verify: Count.optional() }),
  memoryLimitBytes: z.strictObject({ dump: Count.optional(), verify: Count.optional() }).optional(),
  objectives: z.strictObject({ rpoSeconds: Count, rtoSeconds: Count }),
  manifest: Manifest.omit({ parts: true }).optional(),
  verdict: Verdict.optional(),
  /** The largest first, `CENSUS_SHOWN` at most; `items` has their number. */
  census: z.array(CensusItem.omit({ part: true })),
  leftOut: z.array(LeftOut),
  exceptions: z.array(Exception),
  assertions: Verdict.shape.assertions,
  error: ReportError.optional(),
});
export type ReportProtection = z.infer<typeof ReportProtection>;

/** The round of the policy's retire worker over what was just stored. */
export const ReportRetirement = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  /** Of the worker's processes together. */
  seconds: Seconds,
  /** What it decided, every copy with its reasons; absent where it failed. */
  round: RetireReport.optional(),
  /** A copy was marked as kept by a person, and left to the rules again. */
  marked: z.boolean(),
  error: ReportError.optional(),
});
export type ReportRetirement = z.infer<typeof ReportRetirement>;

/** The round of the worker that lengthens locks, over what was just stored and locked. */
export const ReportLockExtension = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  /** Of the worker's process. */
  seconds: Seconds,
  /** What it did; absent where it failed. */
  round: ExtendReport.optional(),
  error: ReportError.optional(),
});
export type ReportLockExtension = z.infer<typeof ReportLockExtension>;

/** The round of the worker that reads stored copies again, over what was just stored. */
export const ReportScrub = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  /** Of the worker's process. */
  seconds: Seconds,
  /** What it did; absent where it failed. */
  round: ScrubReport.optional(),
  error: ReportError.optional(),
});
export type ReportScrub = z.infer<typeof ReportScrub>;

export const ReportPolicy = z.strictObject({
  application: Name,
  environment: Name,
  /** Construct path. */
  path: z.string(),
  retirement: ReportRetirement.optional(),
  /** Absent where the policy lets locks end. */
  lockExtension: ReportLockExtension.optional(),
  /** Absent where nobody reads stored copies again. */
  scrub: ReportScrub.optional(),
  protections: z.array(ReportProtection),
  /** An estimate; reports of older releases have none. */
  cost: ReportCost.optional(),
});
export type ReportPolicy = z.infer<typeof ReportPolicy>;

/** A finding of the proof: see the design's words. */
export const ReportFinding = z.strictObject({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'info']),
  path: z.string().optional(),
  reason: z.string(),
  mend: z.string(),
  /** The reason it was acknowledged with. */
  acknowledged: z.string().optional(),
});
export type ReportFinding = z.infer<typeof ReportFinding>;

export const RehearsalReport = z.strictObject({
  version: z.literal(REPORT_VERSION),
  startedAt: Instant,
  finishedAt: Instant,
  seconds: Seconds,
  outcome: ReportOutcome,
  machine: z.strictObject({
    cores: Count,
    memoryBytes: Count,
    node: z.string(),
    /** What the workers ran in, or why in none: `Sandbox.description` or `NoSandbox.reason`. */
    sandbox: z.string(),
    platform: z.string(),
  }),
  policies: z.array(ReportPolicy),
  /** What would have gone out. */
  messages: z.array(z.strictObject({ topic: z.string(), subject: z.string(), text: z.string(), at: Instant })),
  calls: z.array(z.strictObject({ service: z.string(), operation: z.string(), count: Count, refused: Count })),
  grants: z.strictObject({
    /** Allowed to a role and never asked for. */
    unused: z.array(z.strictObject({ role: z.string(), action: z.string() })),
    refused: z.array(z.strictObject({ role: z.string(), action: z.string(), resource: z.string(), reason: z.string() })),
  }),
  findings: z.array(ReportFinding),
  /** Days that passed on the store's clock, where they were asked for. */
  month: ReportMonth.optional(),
  /** What a laptop cannot show: `how` says how to try it for real. */
  notRehearsed: z.array(z.strictObject({ what: z.string(), why: z.string(), how: z.string() })),
});
export type RehearsalReport = z.infer<typeof RehearsalReport>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseReport(value: unknown): RehearsalReport {
  return parseVersioned('the rehearsal report', RehearsalReport, value);
}

const WORST_FIRST = ['failed', 'not-proven', 'checksums-only', 'proven-except', 'proven'] as const satisfies readonly ReportOutcome[];

/** The worst of its protections; `failed` where none ran, for nothing is proven then. */
export function outcomeOf(outcomes: readonly ReportOutcome[]): ReportOutcome {
  return WORST_FIRST.find((one) => outcomes.includes(one)) ?? 'failed';
}
