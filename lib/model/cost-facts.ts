import type { StoredCopies } from './cost-copies';

/** GB as AWS bills storage: 2^30 bytes (Amazon S3 FAQs, "How will I be charged and billed for my use of Amazon S3?"). */
export const BILLED_GB = 2 ** 30;

/** Hours of a month, as AWS's own examples count. */
export const MONTH_HOURS = 730;

/** What a worker is paid by. */
export type WorkerSize =
  | { readonly platform: 'lambda'; readonly memoryMebibytes: number; readonly ephemeralMebibytes: number; readonly architecture: Architecture }
  | { readonly platform: 'fargate'; readonly cpuUnits: number; readonly memoryMebibytes: number; readonly ephemeralGibibytes: number; readonly architecture: Architecture };
export type Architecture = 'x86_64' | 'arm64';

export interface CostWorker {
  readonly size: WorkerSize;
  /** How long a run of it takes. @default not known: given for each minute */
  readonly seconds?: number;
}

export interface CostProtection {
  readonly id: string;
  readonly stored: StoredCopies;
  /** Stored bytes of a copy. @default not known: given for each GB */
  readonly copyBytes?: number;
  /** Who says so, such as `the rehearsal of 2026-11-20`. */
  readonly copyBytesBy?: string;
  /** Objects of a copy, manifest and verdict not among them. @default `ASSUMED_OBJECTS`, and said */
  readonly copyObjects?: number;
  readonly dump?: CostWorker;
  readonly verify?: CostWorker;
  /** Who says how long they take. */
  readonly secondsBy?: string;
  /** State transitions of a run at most. */
  readonly transitions: number;
  /** Metrics that a run sends, so that only the hours with a run are paid. */
  readonly runMetrics: number;
}

export interface CostReplica {
  readonly keys: number;
  /** @default not known */
  readonly region?: string;
  readonly timeControl: boolean;
}

/** The rounds that release what retention no longer keeps. */
export interface CostRetirement {
  /** @default not known, and not counted */
  readonly size?: WorkerSize;
  readonly roundsAMonth: number;
  /** State transitions of a round at most. */
  readonly transitions: number;
  /** Metrics that a round sends. */
  readonly metrics: number;
}

/** The rounds that lengthen the locks of kept copies. */
export interface CostExtension extends CostRetirement {
  /** From one extension of a copy's lock to the next. */
  readonly daysBetween: number;
}

/** The rounds that read stored copies again. */
export interface CostScrub extends CostRetirement {
  /** Every stored byte is read within it. */
  readonly periodDays: number;
}

/** The rounds that look at the store between the runs. */
export interface CostSentinel {
  /** @default not known, and not counted */
  readonly size?: WorkerSize;
  readonly roundsAMonth: number;
}

/** What is known of a policy; counts are of the template's. */
export interface CostFacts {
  /** @default not known: `REFERENCE_REGION`'s prices */
  readonly region?: string;
  readonly protections: readonly CostProtection[];
  readonly replicas: readonly CostReplica[];
  /** Keys that are the policy's alone or its store's, those of replicas not among them. */
  readonly keys: number;
  /** Metrics that alarms read. */
  readonly alarms: number;
  readonly compositeAlarms: number;
  readonly dashboards: number;
  /** Metrics that are sent in every hour. */
  readonly gauges: number;
  /** @default none */
  readonly retirement?: CostRetirement;
  /** @default none */
  readonly extension?: CostExtension;
  /** @default none */
  readonly scrub?: CostScrub;
  /** @default none */
  readonly sentinel?: CostSentinel;
  readonly secrets: number;
  /** Interface endpoints times the zones they stand in. */
  readonly endpoints: number;
  /** What the caller could not see, in words. */
  readonly notSeen: readonly string[];
}

export type CostGroup = 'storage' | 'requests' | 'keys' | 'compute' | 'orchestration' | 'replication' | 'watching' | 'network';

/** `usd` is `quantity` times `unitPrice`. */
export interface CostLine {
  readonly group: CostGroup;
  /** Whose it is; absent for what a policy's protections share. */
  readonly protection?: string;
  readonly what: string;
  readonly quantity: number;
  readonly unit: string;
  readonly unitPrice: number;
  readonly usd: number;
  readonly source: string;
  /** Whose price it is. */
  readonly region: string;
  /** The table has no price of the region it is paid in. */
  readonly standIn?: boolean;
}

/** What a month costs for each of something that is not known. */
export interface CostRate {
  readonly protection: string;
  readonly each: 'GB of a copy' | 'minute of a dump' | 'minute of a verification';
  readonly usd: number;
  readonly lines: readonly CostLine[];
}

/** What the store holds of a protection. */
export interface CostCopies {
  readonly protection: string;
  readonly runsAMonth: number;
  readonly kept: number;
  readonly released: number;
}

export interface CostEstimate {
  /** Day of the price table. */
  readonly pricesAsOf: string;
  readonly pricesSource: string;
  readonly copies: readonly CostCopies[];
  /** All that is known of a month in the steady state. */
  readonly lines: readonly CostLine[];
  /** Sum of the lines: `rates` come on top. */
  readonly totalUsd: number;
  readonly rates: readonly CostRate[];
  readonly assumptions: readonly string[];
  readonly notCounted: readonly string[];
}

/** Objects of a copy where no run has shown them. */
export const ASSUMED_OBJECTS = 20;

/** Time of a round over all copies: it reads three or four small objects a copy, which takes a minute for ten thousand of them. */
export const ASSUMED_ROUND_SECONDS = 60;

/** Time of a round of the sentinel, and what it asks of the store for a protection: it reads only what is new (docs/watching.md). */
export const ASSUMED_SENTINEL_SECONDS = 3;
export const ASSUMED_SENTINEL_REQUESTS = { list: 4, read: 12 };

/** What such a round writes to its logs for a protection: its metrics are lines of the log. */
export const ASSUMED_SENTINEL_LOG_BYTES = 3000;

/** What a run writes to its logs, worker and state machine together. */
export const ASSUMED_LOG_BYTES = 200_000;
