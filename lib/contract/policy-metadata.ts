import { z } from 'zod';
import { CONTRACT_VERSION, DeployedText, Name } from './common';
import { DeclaredFinding, DeclaredLoad, DeclaredStore } from './declared-finding';
import { DeclaredRetention } from './declared-retention';
import { DeclaredExtend } from './extend-request';
import { DeclaredRetire } from './retire-request';
import { DeclaredRun } from './run-request';
import { DeclaredScrub } from './scrub-request';
import { DeclaredWatching } from './watching';

export { DeclaredRetention };

/** Key of the template's `Metadata` under which the declared policies lie. */
export const METADATA_KEY = 'cdk-backup-policy';

/**
 * The state machine that proves a run from a replica, in the replica's own stack. By its logical id there: a reference from one region's
 * template to another's would make each wait for the other.
 */
export const DeclaredReplicaDrill = z.strictObject({
  region: z.string().min(1),
  /** Name of the replica's stack. */
  stackName: z.string().min(1),
  /** Logical id of the state machine in it. */
  stateMachine: z.string().min(1),
});
export type DeclaredReplicaDrill = z.infer<typeof DeclaredReplicaDrill>;

export const DeclaredProtection = z.strictObject({
  id: Name,
  /** Construct path, for errors and the report. */
  path: z.string(),
  /** EventBridge Scheduler's expression and zone. */
  schedule: z.strictObject({ expression: z.string(), timeZone: z.string() }),
  retention: DeclaredRetention,
  run: DeclaredRun,
  /** Name of the tier. */
  criticality: z.string().min(1).optional(),
  expected: DeclaredLoad.optional(),
  findings: z.array(DeclaredFinding),
  /** ARN of the state machine that runs it. */
  stateMachine: DeployedText,
  /** Where a copy is proven when the first region is gone; absent where no replica has workers. */
  replicaDrills: z.array(DeclaredReplicaDrill).min(1).optional(),
});
export type DeclaredProtection = z.infer<typeof DeclaredProtection>;

/** The rounds of the retire worker. */
export const DeclaredRetirement = z.strictObject({
  schedule: z.strictObject({ expression: z.string(), timeZone: z.string() }),
  request: DeclaredRetire,
  /** ARN of the worker's function. */
  function: DeployedText,
  /** ARN of the state machine that runs a round. */
  stateMachine: DeployedText,
});
export type DeclaredRetirement = z.infer<typeof DeclaredRetirement>;

/** The rounds of the worker that lengthens locks. */
export const DeclaredLockExtension = z.strictObject({ ...DeclaredRetirement.shape, request: DeclaredExtend });
export type DeclaredLockExtension = z.infer<typeof DeclaredLockExtension>;

/** The rounds of the worker that reads stored copies again. */
export const DeclaredScrubbing = z.strictObject({ ...DeclaredRetirement.shape, request: DeclaredScrub });
export type DeclaredScrubbing = z.infer<typeof DeclaredScrubbing>;

export const DeclaredPolicy = z.strictObject({
  application: Name,
  environment: Name,
  path: z.string(),
  topic: DeployedText,
  store: DeclaredStore,
  /** The policy's own, its store's and its template's. */
  findings: z.array(DeclaredFinding),
  retirement: DeclaredRetirement,
  /** Absent where the lock of kept copies is left to end. */
  lockExtension: DeclaredLockExtension.optional(),
  /** Absent where nobody reads stored copies again. */
  scrub: DeclaredScrubbing.optional(),
  /** Absent in templates of a release without it. */
  watching: DeclaredWatching.optional(),
  protections: z.array(DeclaredProtection),
});
export type DeclaredPolicy = z.infer<typeof DeclaredPolicy>;

/** The declared policies of one template; the command line and the rehearsal read nothing else of the app. */
export const PolicyMetadata = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  policies: z.array(DeclaredPolicy),
});
export type PolicyMetadata = z.infer<typeof PolicyMetadata>;
