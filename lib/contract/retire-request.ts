import { z } from 'zod';
import { CONTRACT_VERSION, Count, DeployedText, Name } from './common';
import { DeclaredPromise } from './policy-record';
import { ROUND_FIELDS } from './round-request';

const Run = z.strictObject({ protection: Name, runId: z.string().regex(/^\d{8}T\d{6}Z$/, 'a run id, such as 20261120T020000Z') });

/** One protection as it is declared now. */
export const RetiredProtection = z.strictObject({
  protection: Name,
  schedule: DeclaredPromise.shape.schedule,
  retention: DeclaredPromise.shape.retention,
  /** No attempt can write for longer: what is older and has no manifest is an orphan. */
  longestRunSeconds: z.number().int().positive(),
  /** Copies that one round may release; the others wait for the next one. */
  releasesAtMost: z.number().int().positive(),
});
export type RetiredProtection = z.infer<typeof RetiredProtection>;

function fields<Deployed extends z.ZodType>(deployed: Deployed) {
  return {
    version: z.literal(CONTRACT_VERSION),
    environment: Name,
    application: Name,
    store: z.strictObject({
      bucket: deployed,
      region: deployed,
      /** From the announcement that a copy may go to its release. */
      graceSeconds: Count,
    }),
    protections: z.array(RetiredProtection),
    limits: z.strictObject({ timeoutSeconds: z.number().int().positive() }),
  };
}

/** A round of the retire worker over a policy, and its whole configuration. */
export const RetireRequest = z.strictObject({
  ...fields(z.string().min(1)),
  ...ROUND_FIELDS,
  /** Nothing but this and `unkeep`: marks these copies as kept by a person, whatever the rules say. */
  keep: z.array(Run).min(1).optional(),
  /** Leaves these to the rules again. */
  unkeep: z.array(Run).min(1).optional(),
});
export type RetireRequest = z.infer<typeof RetireRequest>;

/** The same as it stands in the template, before a round: with intrinsics where deployment fills in. */
export const DeclaredRetire = z.strictObject(fields(DeployedText));
export type DeclaredRetire = z.infer<typeof DeclaredRetire>;
