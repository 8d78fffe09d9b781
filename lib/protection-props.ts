import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ProtectionAlarmProps } from './alarm-props';
import type { Assertion } from './assertion';
import type { BackupSchedule } from './backup-schedule';
import type { ClientEncryption } from './client-encryption';
import type { Compute } from './compute';
import type { Criticality } from './criticality';
import type { ExpectedLoad } from './expected-load';
import type { Retention } from './retention';
import type { Source } from './source';

/** What a protection promises. */
export interface ProtectionObjectives {
  /**
   * Recovery point objective: the most that may be lost, counted from the state a proven copy holds. From 1 minute to 366 days.
   * @default - the criticality's
   */
  readonly rpo?: Duration;
  /**
   * Recovery time objective: a restore that takes longer is not proven. From 1 minute to 7 days.
   * @default - the criticality's
   */
  readonly rto?: Duration;
}

/** Functions of the team's own around a dump. They get the names of the run, its slot and which of the two they are (`hook`). */
export interface ProtectionHooks {
  /**
   * Called before the dump; if it fails there is no dump.
   * @default - nothing
   */
  readonly before?: lambda.IFunction;
  /**
   * Called after the dump whatever became of it, and after a `before` that failed. If it fails the run fails, with its copy kept and
   * not verified.
   * @default - nothing
   */
  readonly after?: lambda.IFunction;
}

/** What is protected, when, for how long, and how well. */
export interface ProtectionProps {
  /** What is protected. */
  readonly source: Source;
  /**
   * How much depends on it: what `schedule`, `retention` and `objectives` do not say, and what is asked of store and drills.
   * @default - schedule, retention and both objectives must be given
   */
  readonly criticality?: Criticality;
  /**
   * When it runs.
   * @default - the criticality's
   */
  readonly schedule?: BackupSchedule;
  /**
   * Which copies are kept.
   * @default - the criticality's
   */
  readonly retention?: Retention;
  /**
   * What it promises; every drill is timed against the RTO.
   * @default - the criticality's
   */
  readonly objectives?: ProtectionObjectives;
  /**
   * How large the source is and how long its copies take. Without it the proof says what it cannot know.
   * @default - not known
   */
  readonly expected?: ExpectedLoad;
  /**
   * The longest that a copy may be kept, by a law such as the GDPR or by a contract; whole days from 1 to 36500. The proof counts
   * what keeps it there: rules, grace, lock.
   * @default - as long as retention says
   */
  readonly retentionCeiling?: Duration;
  /**
   * The least that copies must reach back, by a tax law or by a contract; whole days from 1 to 36500.
   * @default - nothing asks for that
   */
  readonly retentionFloor?: Duration;
  /**
   * Where the workers run.
   * @default Compute.lambda()
   */
  readonly compute?: Compute;
  /**
   * Questions to every restored copy, beside the census.
   * @default - none
   */
  readonly assertions?: Assertion[];
  /**
   * Functions around the dump.
   * @default - none
   */
  readonly hooks?: ProtectionHooks;
  /**
   * Encrypts the copies before they leave the worker, on top of the store's own encryption.
   * @default - the store's key alone
   */
  readonly encryption?: ClientEncryption;
  /**
   * Which alarms it has, and from when they speak.
   * @default - the policy's; thresholds from objectives, schedule and declared load
   */
  readonly alarms?: ProtectionAlarmProps;
}
