import { z } from 'zod';
import { CONTRACT_VERSION, DeployedText, Name } from './common';
import { ROUND_FIELDS } from './round-request';

const Period = z.number().int().positive();

/** What is asked of the copies of one protection. */
export const ScrubbedProtection = z.strictObject({
  protection: Name,
  /** A copy's manifest is written at most so long after its slot. */
  longestRunSeconds: Period,
});
export type ScrubbedProtection = z.infer<typeof ScrubbedProtection>;

function fields<Deployed extends z.ZodType>(deployed: Deployed) {
  return {
    version: z.literal(CONTRACT_VERSION),
    environment: Name,
    application: Name,
    store: z.strictObject({ bucket: deployed, region: deployed }),
    /** Every stored byte of a copy is read again within it. */
    periodSeconds: Period,
    rounds: z.strictObject({ longestGapSeconds: Period }),
    protections: z.array(ScrubbedProtection),
    limits: z.strictObject({
      timeoutSeconds: Period,
      /** While it reads for long, what was read is written down so often: a round that is cut short loses no more. */
      checkpointSeconds: z.number().nonnegative(),
    }),
  };
}

/** A round of the worker that reads a policy's copies again, and its whole configuration. */
export const ScrubRequest = z.strictObject({
  ...fields(z.string().min(1)),
  ...ROUND_FIELDS,
});
export type ScrubRequest = z.infer<typeof ScrubRequest>;

/** The same as it stands in the template, before a round: with intrinsics where deployment fills in. */
export const DeclaredScrub = z.strictObject(fields(DeployedText));
export type DeclaredScrub = z.infer<typeof DeclaredScrub>;
