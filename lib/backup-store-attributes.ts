import type { Duration } from 'aws-cdk-lib';
import type { BackupLock } from './backup-lock';
import type { StorageTransition } from './storage-transition';

/** A store that is declared elsewhere: by a platform team, in a backup account. Its owner says what it is, and the proof believes it. */
export interface BackupStoreAttributes {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** ARN of the key that encrypts every object, not of an alias: the store's region and account are read from it. */
  readonly keyArn: string;
  /**
   * How long nobody can delete a copy there.
   * @default - not locked, as far as the proof knows
   */
  readonly lock?: BackupLock;
  /**
   * How long a released copy can still be taken back. Whole days, from 1 to 365.
   * @default Duration.days(7)
   */
  readonly gracePeriod?: Duration;
  /**
   * Regions it is replicated to.
   * @default - none, as far as the proof knows
   */
  readonly replicaRegions?: string[];
  /**
   * Storage classes that it moves parts to.
   * @default - none
   */
  readonly transitions?: StorageTransition[];
  /**
   * IAM path of its roles.
   * @default /cdk-backup-policy/
   */
  readonly rolePath?: string;
  /**
   * Applications that its owner lets this team write (`allowTeam()`): a policy of another name is refused at synth, not in the night.
   * @default - any
   */
  readonly applications?: string[];
}
