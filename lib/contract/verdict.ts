import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned, Seconds } from './common';

/** How one thing of the copy differs from the census; `expected` and `actual` are figures or hashes, never rows. */
export const Difference = z.strictObject({
  kind: z.string(),
  name: z.string(),
  database: z.string().optional(),
  expected: z.string(),
  actual: z.string(),
});
export type Difference = z.infer<typeof Difference>;

/** Why a verdict is graded: the copy is good but for this. */
export const Exception = z.strictObject({
  code: z.string(),
  name: z.string(),
  reason: z.string(),
});
export type Exception = z.infer<typeof Exception>;

/**
 * `proven`: restored, and equal to the source. `proven-except`: the same, but for what the exceptions name. `checksums-only`: every stored
 * byte is as it was written, and nothing was restored, for the copy is encrypted and the drill has no identity: it counts as no proof.
 * `not-proven`: it came to its end, and the copy is not good.
 */
export const VerdictOutcome = z.enum(['proven', 'proven-except', 'checksums-only', 'not-proven']);
export type VerdictOutcome = z.infer<typeof VerdictOutcome>;

/** Result of a verification, an object of its own beside the manifest. Readable for ever. */
export const Verdict = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  protection: Name,
  engine: Name,
  runId: z.string(),
  /** The attempt whose copy was verified. */
  attempt: z.string(),
  manifestKey: z.string(),
  verifiedAt: Instant,
  outcome: VerdictOutcome,
  /** One sentence for a person. */
  summary: z.string(),
  exceptions: z.array(Exception),
  /** The first hundred; `differenceCount` has them all. */
  differences: z.array(Difference).max(100),
  differenceCount: Count,
  checked: z.strictObject({ parts: Count, items: Count, hashed: Count, rows: Count, sizeBytes: Count }),
  assertions: z.array(z.strictObject({ name: z.string(), expected: z.string(), actual: z.string(), holds: z.boolean() })),
  seconds: z.strictObject({ scratch: Seconds, restore: Seconds, census: Seconds, assertions: Seconds, total: Seconds }),
  /** What scratch and restore together were held against. */
  rtoSeconds: Seconds,
  /** What was rehearsed on: version of the scratch server and of each tool. */
  tools: z.record(z.string(), z.string()),
});
export type Verdict = z.infer<typeof Verdict>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseVerdict(value: unknown): Verdict {
  return parseVersioned('the verdict', Verdict, value);
}
