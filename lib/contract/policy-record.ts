import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned, Sha256 } from './common';
import { DeclaredRetention } from './declared-retention';

/** What a protection promised of its copies. */
export const DeclaredPromise = z.strictObject({
  /** EventBridge Scheduler's expression and zone, and the longest time between two of its slots. */
  schedule: z.strictObject({ expression: z.string().min(1), timeZone: z.string().min(1), longestGapSeconds: z.number().int().positive() }),
  retention: DeclaredRetention,
  /** From the announcement that a copy may go to its release. */
  graceSeconds: Count,
});
export type DeclaredPromise = z.infer<typeof DeclaredPromise>;

/**
 * What was declared, and since when: a copy is judged by what was in force at its slot. Written once, by the retire worker when it meets
 * a declaration that differs from the newest record. Readable for ever.
 */
export const PolicyRecord = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  protection: Name,
  /** In force from here on: the store's clock when the declaration was first met. */
  since: Instant,
  /** Digest of the record before it; null for the first. Part of the digest, so that a policy which goes back has a new record. */
  previous: Sha256.nullable(),
  declared: DeclaredPromise,
});
export type PolicyRecord = z.infer<typeof PolicyRecord>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parsePolicyRecord(value: unknown): PolicyRecord {
  return parseVersioned('the policy record', PolicyRecord, value);
}

/** The text whose SHA-256 names a record: the declaration and what was before it, in one order whoever writes it. */
export function digestedText(previous: string | null, declared: DeclaredPromise): string {
  return canonical({ previous, declared });
}

/** JSON with the fields of every object in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
