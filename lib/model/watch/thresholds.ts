const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Days of which the success rate speaks. */
export const SUCCESS_RATE_DAYS = 30;

/** What Replication Time Control promises (https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html). */
const TIME_CONTROL_SECONDS = 15 * MINUTE;

/** Without that promise most objects take minutes and some take hours, by the same page. */
const NO_PROMISE_SECONDS = HOUR;

/** A third of the skew from which S3 refuses a request (RequestTimeTooSkewed, 15 minutes). */
const CLOCK_SECONDS = 5 * MINUTE;

/** Between a slot and the worker's first line: EventBridge Scheduler's minute, the queue of a platform, an image that is pulled. */
const START_SECONDS = 5 * MINUTE;

/** A restore this often is asked for where no criticality says how often. */
const DRILL_SECONDS = 31 * DAY;

/** Fewer slots than this in its days are no rate. */
const FEWEST_RATED_SLOTS = 4;

const PERCENT = { successRate: 99, size: 50, rows: 50, ofRto: 100, storeFill: 80 };

/** What the thresholds of a protection's alarms come from. */
export interface ThresholdFacts {
  readonly rpoSeconds: number;
  /** Between two slots. */
  readonly longestGapSeconds: number;
  /** Of a dump, by what was declared or measured. @default not known */
  readonly dumpSeconds?: number;
  /** Of dump and verification. @default not known */
  readonly runSeconds?: number;
  /** What the dump worker has for a single try. */
  readonly tryLimitSeconds: number;
  /** From a slot to the copy's manifest, every retry used. */
  readonly longestDumpSeconds: number;
  /** From the manifest to the verdict, every retry used. */
  readonly longestVerifySeconds: number;
  /** How often a restore is asked for. @default 31 days */
  readonly drillSeconds?: number;
  /** Whether a verification restores: not where nobody is given the key of an encrypted copy, and then none is ever proven. */
  readonly restores: boolean;
  readonly replicas: readonly { readonly timeControl: boolean }[];
  /** Every stored byte is read again within it. @default nobody does */
  readonly scrubSeconds?: number;
}

/** What was declared instead of the defaults; in the units of the gauges. */
export interface DeclaredThresholds {
  readonly recoveryPointOld?: number;
  readonly backupOverdue?: number;
  readonly copyUnverified?: number;
  readonly successRateLow?: number;
  readonly sizeAnomaly?: number;
  readonly rowsAnomaly?: number;
  readonly runTooLong?: number;
  readonly restoreTooSlow?: number;
  readonly drillOld?: number;
  readonly storeFilling?: number;
  readonly replicaLate?: number;
  readonly clockWrong?: number;
  readonly copyNotRead?: number;
  /** Without it nothing is full. */
  readonly storeCeilingBytes?: number;
}

/** By kind of alarm, in the unit of its gauge; without the kinds that would say nothing of this protection. */
export interface ProtectionThresholds {
  readonly recoveryPointOld?: number;
  readonly backupOverdue?: number;
  readonly backupFailed?: number;
  readonly copyNotProven?: number;
  readonly copyUnverified?: number;
  readonly provenCopiesMissing?: number;
  readonly successRateLow?: number;
  readonly sizeAnomaly?: number;
  readonly rowsAnomaly?: number;
  readonly runTooLong?: number;
  readonly restoreTooSlow?: number;
  readonly drillOld?: number;
  readonly storeFilling?: number;
  readonly replicaLate?: number;
  readonly replicaFailed?: number;
  readonly copyUnreadable?: number;
  readonly clockWrong?: number;
  readonly copyNotRead?: number;
  readonly scheduleChanged?: number;
}

/**
 * The thresholds of a protection's alarms; a declared one stands as it is. By the defaults none breaches in a month in which every run
 * succeeds.
 */
export function protectionThresholds(facts: ThresholdFacts, declared: DeclaredThresholds = {}): ProtectionThresholds {
  const { restores, replicas, scrubSeconds } = facts;
  return {
    ...restores ? ofProofs(facts, declared) : {},
    backupOverdue: declared.backupOverdue ?? overdueSeconds(facts),
    copyNotProven: 0,
    copyUnverified: declared.copyUnverified ?? facts.longestVerifySeconds,
    sizeAnomaly: declared.sizeAnomaly ?? PERCENT.size,
    rowsAnomaly: declared.rowsAnomaly ?? PERCENT.rows,
    runTooLong: declared.runTooLong ?? runTooLongSeconds(facts),
    ...declared.storeCeilingBytes === undefined ? {} : { storeFilling: declared.storeFilling ?? PERCENT.storeFill },
    ...replicas.length === 0 ? {} : { replicaLate: declared.replicaLate ?? replicaLateSeconds(facts), replicaFailed: 0 },
    copyUnreadable: 0,
    clockWrong: declared.clockWrong ?? CLOCK_SECONDS,
    ...scrubSeconds === undefined ? {} : { copyNotRead: declared.copyNotRead ?? scrubSeconds },
    scheduleChanged: 0,
  };
}

/** What only a restored copy can say. */
function ofProofs(facts: ThresholdFacts, declared: DeclaredThresholds): ProtectionThresholds {
  const successRate = declared.successRateLow ?? successRatePercent(facts.longestGapSeconds);
  return {
    recoveryPointOld: declared.recoveryPointOld ?? recoveryPointSeconds(facts),
    backupFailed: 0,
    provenCopiesMissing: 0,
    ...successRate === undefined ? {} : { successRateLow: successRate },
    restoreTooSlow: declared.restoreTooSlow ?? PERCENT.ofRto,
    drillOld: declared.drillOld ?? Math.max(facts.drillSeconds ?? DRILL_SECONDS, facts.longestGapSeconds + longestRunSeconds(facts)),
  };
}

/** The RPO; where no run of this schedule can keep it, which the proof says at synth, what the schedule itself can keep. */
function recoveryPointSeconds(facts: ThresholdFacts): number {
  const { rpoSeconds, longestGapSeconds, runSeconds, tryLimitSeconds } = facts;
  if (longestGapSeconds + (runSeconds ?? 1) <= rpoSeconds) return rpoSeconds;
  // A dump and a verification, each at its first try.
  return longestGapSeconds + START_SECONDS + 2 * (runSeconds ?? tryLimitSeconds);
}

/**
 * The longest way to a copy with its retries; sooner where by then the recovery point would be older than the RPO, but never while a
 * first try may still be under way.
 */
function overdueSeconds({ rpoSeconds, longestGapSeconds, dumpSeconds, tryLimitSeconds, longestDumpSeconds }: ThresholdFacts): number {
  const firstTry = START_SECONDS + (dumpSeconds === undefined ? tryLimitSeconds : 2 * dumpSeconds);
  return Math.max(firstTry, Math.min(longestDumpSeconds, rpoSeconds - longestGapSeconds));
}

/** Twice what was declared or measured; without that, more than a single try can take. */
function runTooLongSeconds({ dumpSeconds, tryLimitSeconds }: ThresholdFacts): number {
  return START_SECONDS + (dumpSeconds === undefined ? tryLimitSeconds : 2 * dumpSeconds);
}

/** What the RPO leaves between the end of a run and the next one's. */
function replicaLateSeconds({ replicas, rpoSeconds, longestGapSeconds, runSeconds }: ThresholdFacts): number {
  if (replicas.every(({ timeControl }) => timeControl)) return TIME_CONTROL_SECONDS;
  return Math.max(NO_PROMISE_SECONDS, rpoSeconds - longestGapSeconds - (runSeconds ?? 0));
}

/** 99 %, or what a single failure leaves where runs are too few for that: one failure is `backupFailed`'s to tell. */
function successRatePercent(longestGapSeconds: number): number | undefined {
  const slots = ratedSlots(longestGapSeconds);
  return slots < FEWEST_RATED_SLOTS ? undefined : Math.min(PERCENT.successRate, Math.floor(rateAfterOneFailure(slots) * 10) / 10);
}

function longestRunSeconds({ longestDumpSeconds, longestVerifySeconds }: ThresholdFacts): number {
  return longestDumpSeconds + longestVerifySeconds;
}

/** Slots of the success rate's days, at the fewest. */
export function ratedSlots(longestGapSeconds: number): number {
  return Math.floor(SUCCESS_RATE_DAYS * DAY / longestGapSeconds);
}

/** Percent that are left of so many runs when one fails. */
export function rateAfterOneFailure(slots: number): number {
  return (slots - 1) / slots * 100;
}

/** What the thresholds of a policy's own alarms come from. */
export interface PolicyThresholdFacts {
  /** Between two rounds of retirement, each of which audits the store. */
  readonly longestAuditGapSeconds: number;
  /** Whether it is known how the store was declared: not of one that another app makes. */
  readonly storeShown: boolean;
  readonly replicas: number;
  /** Whether somebody lengthens locks, who may stop. @default false */
  readonly locksExtended?: boolean;
}

export interface PolicyThresholds {
  readonly sentinelSilent: number;
  readonly slotNotStarted: number;
  readonly lockChanged?: number;
  readonly lifecycleChanged?: number;
  readonly replicationChanged?: number;
  readonly keyUnusable?: number;
  readonly recipientUnconfirmed: number;
  readonly auditOld: number;
  readonly releasedTooMany: number;
}

/** The thresholds of the alarms that are of a whole policy. */
export function policyThresholds(facts: PolicyThresholdFacts, auditAgeSeconds?: number): PolicyThresholds {
  const { longestAuditGapSeconds, storeShown, replicas, locksExtended = false } = facts;
  return {
    sentinelSilent: 1,
    slotNotStarted: 0,
    ...storeShown || locksExtended ? { lockChanged: 0 } : {},
    ...storeShown ? { lifecycleChanged: 0, keyUnusable: 0 } : {},
    ...storeShown && replicas > 0 ? { replicationChanged: 0 } : {},
    recipientUnconfirmed: 0,
    // One round may be lost: that is told by itself.
    auditOld: auditAgeSeconds ?? 2 * longestAuditGapSeconds + HOUR,
    releasedTooMany: 0,
  };
}
