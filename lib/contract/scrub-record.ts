import { z } from 'zod';
import { Count, CONTRACT_VERSION, Instant, Name, parseVersioned } from './common';

const RunId = z.string().regex(/^\d{8}T\d{6}Z$/, 'a run id, such as 20261120T020000Z');

/** Damaged parts that a record names; a count has them all. */
export const DAMAGE_NAMED = 20;

/** A part that is not as it was written, or the manifest itself. */
export const Damage = z.strictObject({
  /** Name of the part; absent where the manifest cannot be read. */
  part: z.string().min(1).optional(),
  /** Of the error, such as `PART_HASH_DIFFERS`. */
  code: z.string().min(1),
  /** One sentence. */
  text: z.string().min(1),
});
export type Damage = z.infer<typeof Damage>;

const damaged = { damage: z.array(Damage).max(DAMAGE_NAMED), damageCount: Count };

/** A stored copy, and when it was read. */
export const ReadCopy = z.strictObject({
  runId: RunId,
  /** Of all its parts, by its manifest. */
  sizeBytes: Count,
  /** When its first part was read, of the last time that all were; until then when its manifest was written. */
  readAt: Instant,
  /** What the last reading found. */
  damage: damaged.damage.optional(),
  damageCount: damaged.damageCount.optional(),
  /** When it was last seen damaged. */
  seenAt: Instant.optional(),
  /** It is on its way out: it has no turn while it is. Left out when it is deleted, for it may be taken back. */
  leaving: z.literal(true).optional(),
});
export type ReadCopy = z.infer<typeof ReadCopy>;

/** A copy of which some parts were read. */
export const OpenReading = z.strictObject({
  runId: RunId,
  /** Parts are those of this attempt, in the order of its manifest. */
  attempt: z.string().min(1),
  /** When its first part was read. */
  startedAt: Instant,
  /** Parts that were read to their end. */
  parts: Count,
  /** Of the part after these: bytes that were read, and the hash over them as it stood, to be gone on with. */
  part: z.strictObject({ offsetBytes: Count, hash: z.base64() }).optional(),
  ...damaged,
});
export type OpenReading = z.infer<typeof OpenReading>;

/** When each copy of a protection was last read, and how far the reading is: all that the next round needs. Written anew, never over. */
export const Readings = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  protection: Name,
  at: Instant,
  /** When the first round was: an older copy was promised to nobody before. */
  since: Instant,
  /** The newest run that was ever looked at. */
  newest: RunId.optional(),
  copies: z.array(ReadCopy),
  open: OpenReading.optional(),
});
export type Readings = z.infer<typeof Readings>;

/** A damaged copy, as a round names it. */
export const DamagedCopy = z.strictObject({ runId: RunId, key: z.string().min(1), text: z.string().min(1) });
export type DamagedCopy = z.infer<typeof DamagedCopy>;

export const ScrubbedCopies = z.strictObject({
  protection: Name,
  copies: Count,
  /** From which instant on the age counts of the copy that was read longest ago; absent without a copy. */
  oldest: z.strictObject({ runId: RunId, countsFrom: Instant }).optional(),
  /** Those that are not on their way out. */
  damagedCopies: Count,
  /** The newest of these, in words. */
  damaged: z.array(DamagedCopy).max(DAMAGE_NAMED),
  /** Every damaged copy, those on their way out too, and when that was last seen. */
  damagedRuns: z.array(z.strictObject({ runId: RunId, seenAt: Instant })),
});
export type ScrubbedCopies = z.infer<typeof ScrubbedCopies>;

/** What a scrub round leaves for those that look at the store between the rounds. Written once a round. */
export const ScrubRecord = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  /** The store's clock. */
  at: Instant,
  protections: z.array(ScrubbedCopies),
});
export type ScrubRecord = z.infer<typeof ScrubRecord>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseReadings(value: unknown): Readings {
  return parseVersioned('the readings', Readings, value);
}

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseScrubRecord(value: unknown): ScrubRecord {
  return parseVersioned('the scrub record', ScrubRecord, value);
}
