import { z } from 'zod';
import { CONTRACT_VERSION, Name } from './common';
import { DeclaredRun } from './run-request';

/** Key of the template's `Metadata` under which the declared policies lie. */
export const METADATA_KEY = 'cdk-backup-policy';

/** A value that deployment fills in: text, or the intrinsic that yields it. */
const Deployed = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);

const Kept = z.number().int().positive().optional();

/** Which copies are kept, and never fewer proven ones than `minimumVerified`; hours, days, weeks, months and years are of `timeZone`. */
export const DeclaredRetention = z.strictObject({
  rules: z.strictObject({ last: Kept, hourly: Kept, daily: Kept, weekly: Kept, monthly: Kept, yearly: Kept, days: Kept })
    .refine((rules) => Object.values(rules).some((count) => count !== undefined), 'at least one rule'),
  minimumVerified: z.number().int().positive(),
  timeZone: z.string().min(1),
});
export type DeclaredRetention = z.infer<typeof DeclaredRetention>;

export const DeclaredProtection = z.strictObject({
  id: Name,
  /** Construct path, for errors and the report. */
  path: z.string(),
  /** EventBridge Scheduler's expression and zone. */
  schedule: z.strictObject({ expression: z.string(), timeZone: z.string() }),
  retention: DeclaredRetention,
  run: DeclaredRun,
  /** ARN of the state machine that runs it. */
  stateMachine: Deployed,
});
export type DeclaredProtection = z.infer<typeof DeclaredProtection>;

export const DeclaredPolicy = z.strictObject({
  application: Name,
  environment: Name,
  path: z.string(),
  topic: Deployed,
  protections: z.array(DeclaredProtection),
});
export type DeclaredPolicy = z.infer<typeof DeclaredPolicy>;

/** The declared policies of one template; the command line and the rehearsal read nothing else of the app. */
export const PolicyMetadata = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  policies: z.array(DeclaredPolicy),
});
export type PolicyMetadata = z.infer<typeof PolicyMetadata>;
