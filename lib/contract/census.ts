import { z } from 'zod';
import { Count, CONTRACT_VERSION, Sha256 } from './common';

/**
 * One thing a copy must contain. `method` says how far the figures can be trusted: `hashed` means every byte passed a SHA-256,
 * `counted` and `streamed` mean a number only, `sampled` a part of it.
 */
export const CensusItem = z.strictObject({
  database: z.string().optional(),
  /** `table`, `sequence`, `large-objects`, `index`, `collection`, `document` … : the engine's own word. */
  kind: z.string().min(1),
  /** Unique with database and kind; as the engine prints it (quoted and qualified). */
  name: z.string().min(1),
  method: z.enum(['hashed', 'counted', 'streamed', 'sampled', 'present']),
  rows: Count.optional(),
  /** Bytes of the canonical form that was hashed. */
  bytes: Count.optional(),
  sha256: Sha256.optional(),
  /** A value the copy must at least have reached: a sequence's position. Decimal text, for it may pass 2^53. */
  atLeast: z.string().optional(),
  /** Name of the part that holds it, when one does. */
  part: z.string().optional(),
});
export type CensusItem = z.infer<typeof CensusItem>;

/** A thing of the census in words; an exception of this name says why the thing could not come up. */
export function censusLabel({ database, kind, name }: Pick<CensusItem, 'database' | 'kind' | 'name'>): string {
  return `${database === undefined ? '' : `${database}: `}${kind} ${name}`;
}

export const Census = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  items: z.array(CensusItem),
});
export type Census = z.infer<typeof Census>;
