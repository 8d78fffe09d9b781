import { z } from 'zod';
import { CONTRACT_VERSION, Count, DeployedText, Instant, Name } from './common';
import { DeclaredPromise } from './policy-record';

/** A resource policy, as `Version` and `Statement`. */
const Policy = z.record(z.string(), z.unknown());
const Rounds = z.strictObject({ expression: z.string().min(1), timeZone: z.string().min(1) });
const Positive = z.number().int().positive();

/** What is in force is compared with this; what a store of another account does not show is left out. */
function expectations<Deployed extends z.ZodType>(deployed: Deployed) {
  return z.strictObject({
    lock: z.strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), days: Positive }).optional(),
    /** Enabled lifecycle rules by their id, each with the SHA-256 of its canonical form in S3's own words. */
    lifecycle: z.array(z.strictObject({ id: z.string().min(1), digest: z.string().regex(/^[0-9a-f]{64}$/) })).optional(),
    replication: z.array(z.strictObject({ bucket: deployed, timeControl: z.boolean() })).optional(),
    /** The bucket's, as IAM has it: what refuses writing over a copy. */
    policy: Policy.optional(),
    keys: z.array(z.strictObject({ arn: deployed, region: deployed, rotated: z.boolean(), policy: Policy.optional() })),
  });
}

function fields<Deployed extends z.ZodType>(deployed: Deployed) {
  const protection = z.strictObject({
    protection: Name,
    schedule: DeclaredPromise.shape.schedule,
    retention: DeclaredPromise.shape.retention,
    /** EventBridge Scheduler's schedule and the machine that it starts; left out where they are another region's. */
    runs: z.strictObject({ scheduleName: deployed, scheduleGroup: deployed, stateMachine: deployed }).optional(),
    objectives: z.strictObject({ rpoSeconds: Positive, rtoSeconds: Positive }),
    /** A slot whose run has left no copy so long after it never will. */
    longestRunSeconds: Positive,
    /** A copy is to have its verdict so long after its manifest. */
    verdictSeconds: Positive,
    ceilingBytes: Positive.optional(),
    /** Keys of `METRICS` that are written: a gauge costs money every month. The report has all of them. */
    gauges: z.array(z.string().min(1)),
  });
  return {
    version: z.literal(CONTRACT_VERSION),
    environment: Name,
    application: Name,
    store: z.strictObject({
      bucket: deployed,
      region: deployed,
      graceSeconds: Count,
      /** Every replica that must have what the store has. */
      replicas: z.array(z.strictObject({ bucket: deployed, region: deployed })),
    }),
    expected: expectations(deployed),
    deadLetters: deployed.optional(),
    /** The schedule by which stored copies are read again: its first round may be to come. */
    scrub: z.strictObject({ scheduleName: deployed, scheduleGroup: deployed }).optional(),
    /** Topics with the recipients that each must have confirmed. */
    topics: z.array(z.strictObject({ arn: deployed, recipients: Count })),
    /** The rounds that lengthen the locks of kept copies: while none is, locks end. */
    lockExtension: z.strictObject({
      schedule: Rounds, runs: z.strictObject({ scheduleName: deployed, scheduleGroup: deployed, stateMachine: deployed }),
    }).optional(),
    protections: z.array(protection),
    /** The same of the policy's own metrics. @default all */
    gauges: z.array(z.string().min(1)).optional(),
    limits: z.strictObject({ timeoutSeconds: Positive }),
  };
}

/** A round of the sentinel over one policy, and its whole configuration. */
export const SentinelRequest = z.strictObject({
  ...fields(z.string().min(1)),
  /** The instant this round was scheduled for; absent when a person asks. */
  slot: Instant.optional(),
  /** Writes no metrics: a person asks. */
  silent: z.boolean().optional(),
  /** The instant to act at, of a rehearsal: refused anywhere but at an endpoint on loopback. */
  rehearsedAt: Instant.optional(),
});
export type SentinelRequest = z.infer<typeof SentinelRequest>;

/** The same as it stands in the template, before a round: with intrinsics where deployment fills in. */
export const DeclaredSentinel = z.strictObject(fields(DeployedText));
export type DeclaredSentinel = z.infer<typeof DeclaredSentinel>;

export type WatchedProtection = SentinelRequest['protections'][number];
