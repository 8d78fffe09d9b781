import type { StorageClass } from '../prices';
import type { RetentionRules } from '../retention';
import type { Schedule } from '../schedule';
import type { ProtectionThresholds } from '../watch/thresholds';

/** What a kind of data asks of its protection. */
export interface TierFacts {
  /** Such as `critical`. */
  readonly name: string;
  readonly rpoSeconds: number;
  readonly rtoSeconds: number;
  /** A copy must be restored and compared at least this often. */
  readonly drillSeconds: number;
  /** Whether copies must survive the loss of a region. */
  readonly secondRegion: boolean;
}

/** What is known of a protection's size and times, and from where: nothing of it is ever guessed. */
export interface ExpectedFacts {
  /** In words: `declared`, or the rehearsal whose report has it. */
  readonly source: string;
  /** The data itself, not compressed: a restored database is never smaller. */
  readonly sizeBytes?: number;
  /** What a copy takes in the store. */
  readonly copyBytes?: number;
  readonly dumpSeconds?: number;
  /** Until the data is back. */
  readonly restoreSeconds?: number;
  /** The whole verification: restore, comparison, assertions. @default - no less than the restore */
  readonly verifySeconds?: number;
}

export interface StoreFacts {
  /** Whose prices are paid. @default - not known: the prices of `REFERENCE_REGION` */
  readonly region?: string;
  readonly lock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly seconds: number };
  /** A worker lengthens the lock of the copies that retention keeps. */
  readonly lockExtended: boolean;
  readonly replicas: readonly { readonly timeControl: boolean }[];
  /** From the announcement that a copy may go to its release. */
  readonly graceSeconds: number;
  readonly transitions: readonly { readonly afterDays: number; readonly storageClass: StorageClass }[];
  /** The store of a test environment goes with its stack: nothing is asked of it that only production needs. */
  readonly testEnvironment: boolean;
}

export interface WorkerFacts {
  readonly platform: 'lambda' | 'fargate';
  /** The time each of the two workers has. */
  readonly limitSeconds: number;
  /** Disk of the verify worker, where the scratch server lies. */
  readonly scratchBytes: number;
}

/** How stored copies are read again. */
export interface ScrubFacts {
  /** Every stored byte is read again within it. */
  readonly periodSeconds: number;
  /** Between two rounds. */
  readonly longestGapSeconds: number;
}

/** When somebody is told, by the alarms that a protection has. */
export interface AlarmFacts {
  readonly thresholds: ProtectionThresholds;
  /** What the protection's copies may take. @default - nothing limits them */
  readonly storeCeilingBytes?: number;
}

/** What the proof knows of one protection: what was declared, as plain data. */
export interface ProtectionFacts {
  readonly schedule: Schedule;
  readonly rpoSeconds: number;
  readonly rtoSeconds: number;
  readonly retention: RetentionRules;
  readonly minimumVerified: number;
  /** A law or a contract asks that copies be there so long. */
  readonly floorSeconds?: number;
  /** A law or a contract asks that no copy be older. */
  readonly ceilingSeconds?: number;
  readonly tier?: TierFacts;
  readonly expected?: ExpectedFacts;
  /** @default - nothing limits a run's time */
  readonly workers?: WorkerFacts;
  readonly store: StoreFacts;
  /** How often a copy is restored and compared: 0 is after each run. @default - never */
  readonly drillSeconds?: number;
  /** Copies are encrypted before they leave the worker. */
  readonly encryption?: { readonly drillIdentity: boolean };
  /** @default - nobody is told */
  readonly alarms?: AlarmFacts;
  /** @default - nobody reads a copy again */
  readonly scrub?: ScrubFacts;
}
