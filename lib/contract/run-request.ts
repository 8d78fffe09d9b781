import { z } from 'zod';
import { Assertion } from './assertion';
import { CONTRACT_VERSION, DeployedText, Instant, Name } from './common';
import { requestedEncryption } from './encryption';
import { VerdictOutcome } from './verdict';

/** The fields of a request, over the form that values known only at deployment take in it. */
function fields<Deployed extends z.ZodType>(deployed: Deployed) {
  return {
    version: z.literal(CONTRACT_VERSION),
    environment: Name,
    application: Name,
    protection: Name,
    /** Name of the engine: the folder of `lambda/engines`. */
    engine: Name,
    store: z.strictObject({
      bucket: deployed,
      region: deployed,
      keyArn: deployed,
      /** Server-side encryption is by this key; copies kept only as long as the lock says. */
      lock: z.strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), retentionSeconds: z.number().int().positive() }).optional(),
    }),
    objectives: z.strictObject({
      rpoSeconds: z.number().int().positive(),
      rtoSeconds: z.number().int().positive(),
    }),
    limits: z.strictObject({
      /** The worker ends itself, typed, this long after it began; the platform's own timeout lies behind it. */
      timeoutSeconds: z.number().int().positive(),
    }),
    assertions: z.array(Assertion),
    /** Client-side encryption of the parts; none when absent. */
    encryption: requestedEncryption(deployed).optional(),
  };
}

/** What a worker gets, and its whole configuration: one run of one protection. */
export const RunRequest = z.strictObject({
  ...fields(z.string().min(1)),
  /** Parsed again by the engine's own schema (`lib/contract/engines/<engine>.ts`). */
  config: z.record(z.string(), z.unknown()),
  /** The instant this run was scheduled for. */
  slot: Instant,
  /** Name of the execution that asks, for the trail; the attempt's id is made by the worker, once a try. */
  execution: z.string().min(1),
});
export type RunRequest = z.infer<typeof RunRequest>;

/** The same as it stands in the template, before it has a slot: with intrinsics where deployment fills in. */
export const DeclaredRun = z.strictObject({
  ...fields(DeployedText),
  config: z.record(z.string(), z.unknown()),
});
export type DeclaredRun = z.infer<typeof DeclaredRun>;

/** What the dump worker answers: keys of stored objects, never data. */
export const DumpResult = z.strictObject({
  runId: z.string(),
  manifestKey: z.string(),
  /** The attempt whose manifest stands: another one's when this run was already there. */
  attempt: z.string(),
  outcome: z.enum(['written', 'already-there']),
  sizeBytes: z.number().int().nonnegative(),
});
export type DumpResult = z.infer<typeof DumpResult>;

/** What the verify worker answers. */
export const VerifyResult = z.strictObject({
  runId: z.string(),
  verdictKey: z.string(),
  outcome: VerdictOutcome,
  /** One sentence for a person. */
  summary: z.string(),
  totalSeconds: z.number(),
});
export type VerifyResult = z.infer<typeof VerifyResult>;
