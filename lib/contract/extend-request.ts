import { z } from 'zod';
import { CONTRACT_VERSION, DeployedText, Name } from './common';
import { ROUND_FIELDS } from './round-request';

const Period = z.number().int().positive();

/** What is asked of the locks of one protection's copies; which of them are kept, the records under `policies/` say. */
export const ExtendedProtection = z.strictObject({
  protection: Name,
  /** No attempt can write for longer: the first part of a copy is at most so much older than its manifest. */
  longestRunSeconds: Period,
  /** A law or a contract asks that no copy be older: no lock ends later. */
  ceilingSeconds: Period.optional(),
});
export type ExtendedProtection = z.infer<typeof ExtendedProtection>;

function fields<Deployed extends z.ZodType>(deployed: Deployed) {
  return {
    version: z.literal(CONTRACT_VERSION),
    environment: Name,
    application: Name,
    store: z.strictObject({
      bucket: deployed,
      region: deployed,
      /** What a kept copy is locked for from each extension on: the store's own lock. */
      lock: z.strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), retentionSeconds: Period }),
    }),
    rounds: z.strictObject({ longestGapSeconds: Period }),
    protections: z.array(ExtendedProtection),
    limits: z.strictObject({ timeoutSeconds: Period }),
  };
}

/** A round of the worker that lengthens the locks of a policy's kept copies, and its whole configuration. */
export const ExtendRequest = z.strictObject({
  ...fields(z.string().min(1)),
  ...ROUND_FIELDS,
});
export type ExtendRequest = z.infer<typeof ExtendRequest>;

/** The same as it stands in the template, before a round: with intrinsics where deployment fills in. */
export const DeclaredExtend = z.strictObject(fields(DeployedText));
export type DeclaredExtend = z.infer<typeof DeclaredExtend>;
