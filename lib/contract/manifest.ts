import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned, Sha256 } from './common';
import { CopyEncryption } from './encryption';

/** One object of an attempt's copy. `sha256` and `sizeBytes` are of the stored bytes, `rawSizeBytes` of what the engine wrote. */
export const Part = z.strictObject({
  /** Path under the attempt's prefix, such as `app/rows/00001.sql.zst`. */
  name: z.string().min(1),
  key: z.string().min(1),
  versionId: z.string().optional(),
  /** `schema`, `rows`, `large-objects`, `census`, `guide` …: the engine's own word. */
  kind: z.string().min(1),
  database: z.string().optional(),
  encoding: z.enum(['zstd', 'none']),
  /** Set where the encoded bytes were encrypted (`….zst.age`): to the manifest's recipients. */
  encryption: z.literal('age').optional(),
  sizeBytes: Count,
  rawSizeBytes: Count,
  sha256: Sha256,
});
export type Part = z.infer<typeof Part>;

/** What the source has and the copy has not, and why. */
export const LeftOut = z.strictObject({
  database: z.string().optional(),
  kind: z.string().min(1),
  name: z.string().min(1),
  reason: z.string().min(1),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** Written last, with `If-None-Match: *`: the run exists only once this does. Readable for ever. */
export const Manifest = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  protection: Name,
  engine: Name,
  runId: z.string(),
  slot: Instant,
  attempt: z.string().min(1),
  execution: z.string(),
  startedAt: Instant,
  finishedAt: Instant,
  /** The instant whose state the copy holds; RPO counts from it, not from the slot. */
  recoveryPoint: Instant,
  source: z.strictObject({
    /** The server's own version, such as `15.18`. */
    version: z.string(),
    /** What it is, for a person: never an address or a user with a password. */
    description: z.string(),
    databases: z.array(z.string()),
  }),
  /** Version of each tool that made the copy. */
  tools: z.record(z.string(), z.string()),
  /** To whom the copy is encrypted; absent when it is readable with the store's key alone. */
  encryption: CopyEncryption.optional(),
  parts: z.array(Part).min(1),
  /** Name of the part that holds the census. */
  census: z.string().min(1),
  totals: z.strictObject({ items: Count, rows: Count, sizeBytes: Count, rawSizeBytes: Count }),
  leftOut: z.array(LeftOut),
  /** Name of the part that holds the engine's notes; absent where they stand in the manifest. */
  notes: z.string().min(1).optional(),
  /** What the engine needs to restore it and nothing else knows (extensions by class, flavor …); empty where `notes` names a part. */
  engineNotes: z.record(z.string(), z.unknown()),
});
export type Manifest = z.infer<typeof Manifest>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseManifest(value: unknown): Manifest {
  return parseVersioned('the manifest', Manifest, value);
}
