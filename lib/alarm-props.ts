import type { Duration, Size } from 'aws-cdk-lib';
import type { AlarmSet } from './alarm-set';

/**
 * Which alarms a protection has and from where on they speak: when two of three rounds of the sentinel lie beyond the threshold.
 */
export interface ProtectionAlarmProps {
  /**
   * Which kinds.
   * @default - the policy's; without one `AlarmSet.ALL` for `Criticality.CRITICAL` and `Criticality.IMPORTANT`, else `AlarmSet.ESSENTIAL`
   * and every kind whose threshold is declared
   */
  readonly set?: AlarmSet;
  /**
   * Age of the newest proven copy from which on data is at risk: time since the last good backup. From 1 minute to 366 days.
   * @default - the recovery point objective
   */
  readonly recoveryPointAge?: Duration;
  /**
   * How late a copy may be after its slot. From 1 minute to 366 days.
   * @default - the longest a dump takes with its retries, and no longer than the recovery point objective has room for
   */
  readonly overdueAfter?: Duration;
  /**
   * How long a copy may be without a verdict. From 1 minute to 31 days.
   * @default - the longest a verification takes with its retries
   */
  readonly unverifiedAfter?: Duration;
  /**
   * Least percent of the runs of 30 days that leave a proven copy; more than 0, up to 100.
   * @default - 99, and less where runs are so few that a single failure would be below
   */
  readonly successRatePercent?: number;
  /**
   * Percent by which the size of a copy may differ from the mean of those before it, up or down; more than 0.
   * @default 50
   */
  readonly sizeDeviationPercent?: number;
  /**
   * The same of its rows.
   * @default 50
   */
  readonly rowsDeviationPercent?: number;
  /**
   * How long a run may take, from its slot until its copy is there. From 1 minute to 7 days.
   * @default - twice the declared time of a dump and five minutes; without one, the limit of its worker and five minutes
   */
  readonly runLongerThan?: Duration;
  /**
   * Percent of the recovery time objective that a drill may take; more than 0, up to 100.
   * @default 100
   */
  readonly restoreOfRtoPercent?: number;
  /**
   * How long ago the last drill may be. From 1 hour to 366 days.
   * @default - as often as the criticality asks for one; 31 days without a criticality
   */
  readonly drillAge?: Duration;
  /**
   * What the protection's copies may take in the store.
   * @default - nothing limits them, and no alarm says that the store fills
   */
  readonly storeCeiling?: Size;
  /**
   * Percent of `storeCeiling` from which on the store is filling; more than 0, up to 100.
   * @default 80
   */
  readonly storeFillPercent?: number;
  /**
   * How long a copy may take to the other region. From 1 minute to 31 days.
   * @default - 15 minutes with Replication Time Control; without it what the recovery point objective has room for, at least an hour
   */
  readonly replicaLag?: Duration;
  /**
   * How far the clock of a worker may lie from the store's. From 1 second to 1 day.
   * @default Duration.minutes(5)
   */
  readonly clockSkew?: Duration;
  /**
   * How long ago the stored bytes of a copy may have been read. From 1 day to 3660 days.
   * @default - the period of the declared scrub
   */
  readonly lastReadAge?: Duration;
}

/** Which alarms a policy has; what stands here of a protection's holds for each that does not say something else. */
export interface PolicyAlarmProps extends ProtectionAlarmProps {
  /**
   * How long ago the last audit of the store may be. From 1 hour to 366 days.
   * @default - two rounds of retirement and an hour
   */
  readonly auditAge?: Duration;
}
