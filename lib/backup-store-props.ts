import type { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { BackupLock } from './backup-lock';
import type { BackupReplica } from './backup-replica';
import type { BackupStoreRemoval } from './backup-store-removal';
import type { Recipient } from './recipient';
import type { StorageTransition } from './storage-transition';

/** Properties of a BackupStore. */
export interface BackupStoreProps {
  /**
   * How long nobody can delete a copy.
   * @default BackupLock.governance(Duration.days(7))
   */
  readonly lock?: BackupLock;

  /**
   * How long a copy that retention releases can still be taken back before anything deletes it. Whole days, from 1 to 365.
   * @default Duration.days(7)
   */
  readonly gracePeriod?: Duration;

  /**
   * Key that encrypts every object, where the team brings its own. Its policy is the team's: it must let the account's roles use it, or
   * no copy can be written or read.
   * @default - a key of the store's own
   */
  readonly key?: kms.IKey;

  /**
   * How often KMS changes the key's material; older material still decrypts. Whole days, from 90 to 2560 (the limits of KMS). Not with
   * `key`.
   * @default Duration.days(365)
   */
  readonly keyRotationPeriod?: Duration;

  /**
   * What becomes of the store when its stack goes.
   * @default BackupStoreRemoval.retain()
   */
  readonly removal?: BackupStoreRemoval;

  /**
   * Regions in which the store keeps a second copy of everything: each gets a stack of its own with a bucket, a key and a lock, deployed
   * before the store's. The store's stack must have a region.
   * @default - none
   */
  readonly replicaRegions?: string[];

  /**
   * Replicas beside those of `replicaRegions`: with settings of their own, or in another account.
   * @default - none
   */
  readonly replicas?: BackupReplica[];

  /**
   * Who hears that S3 could not replicate an object, or not in time. Needs a replica.
   * @default - nobody: the events go to `replicationTopic`
   */
  readonly replicationRecipients?: Recipient[];

  /**
   * Colder storage classes for parts, by age, from warm to cold, in the store and in the replicas that it makes.
   * @default - none: everything stays in S3 Standard
   */
  readonly transitions?: StorageTransition[];

  /**
   * IAM path under which the store's roles lie, those of its retire workers (`retire/`) and of its replication (`replication/`), in this
   * account and in those of the teams. The bucket lets nobody else tag or replicate: whoever may make roles under this path may release
   * copies.
   * @default /cdk-backup-policy/
   */
  readonly rolePath?: string;
}
