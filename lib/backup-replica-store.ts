import { type Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledgeRegulations } from './acknowledgements';
import { requireAccount } from './store/aws-regions';
import type { BackupLock, BoundLock } from './backup-lock';
import type { ReplicaFacts } from './backup-replica';
import { BackupStoreBase } from './store/backup-store-base';
import type { BackupStoreRemoval } from './backup-store-removal';
import { type ExpectedStore, expectedStore } from './store/expected-store';
import { replicationRolesUnder, rolesUnder } from './store/role-paths';
import { sealedBucket } from './store/sealed-bucket';
import { storeTerms } from './store/store-terms';
import type { BoundTransition, StorageTransition } from './storage-transition';

/** Properties of a BackupReplicaStore; what a store declares beside them must be the same here and there. */
export interface BackupReplicaStoreProps {
  /**
   * Name of the bucket, which the store's side must be told.
   * @default - a generated one
   */
  readonly bucketName?: string;

  /**
   * Account of the store, whose replication role may write here.
   * @default - this stack's own
   */
  readonly sourceAccount?: string;

  /**
   * How long nobody can delete a copy here. S3 replicates the lock of each object; this one is for those that have none.
   * @default BackupLock.governance(Duration.days(7))
   */
  readonly lock?: BackupLock;

  /**
   * Colder storage classes for parts, by age, from warm to cold.
   * @default - none
   */
  readonly transitions?: StorageTransition[];

  /**
   * How long a released copy can still be taken back, as in the store. Whole days, from 1 to 365.
   * @default Duration.days(7)
   */
  readonly gracePeriod?: Duration;

  /**
   * How often KMS changes the key's material. Whole days, from 90 to 2560.
   * @default Duration.days(365)
   */
  readonly keyRotationPeriod?: Duration;

  /**
   * What becomes of the replica when its stack goes.
   * @default BackupStoreRemoval.retain()
   */
  readonly removal?: BackupStoreRemoval;

  /**
   * IAM path of the store's roles, as in the store.
   * @default /cdk-backup-policy/
   */
  readonly rolePath?: string;
}

/**
 * The second place of a store's copies: bucket, key, lock, access log and rules like the store's own. A store makes one in each of its
 * `replicaRegions`; declare it yourself in a stack of another account, and name it in the store by `BackupReplica.existing()`.
 *
 * Only the store's replication role writes here, and it cannot delete: delete markers are not replicated, so that whoever hides a copy
 * there hides it there only. What retirement releases goes here by the replica's own rules, for its tags are replicated.
 */
export class BackupReplicaStore extends BackupStoreBase {
  public readonly bucketName: string;
  public readonly bucketArn: string;
  public readonly keyArn: string;
  public readonly region: string;
  public readonly removal: BackupStoreRemoval;
  public readonly retireRolePath: string;
  /** The key that encrypts every object here. */
  public readonly key: kms.IKey;
  /** The bucket. */
  public readonly bucket: s3.Bucket;
  /** @internal */
  public readonly _lock?: BoundLock;
  /** @internal */
  public readonly _graceSeconds: number;
  /** @internal */
  public readonly _replicas: readonly ReplicaFacts[] = [];
  /** @internal */
  public readonly _transitions: readonly BoundTransition[];
  /** @internal */
  public readonly _admitRetire: (account: string) => void;

  constructor(scope: Construct, id: string, props: BackupReplicaStoreProps = {}) {
    super(scope, id);
    const terms = storeTerms(this, props);
    this.removal = terms.removal;
    this.retireRolePath = terms.retireRolePath;
    this._lock = terms.lock;
    this._graceSeconds = terms.graceSeconds;
    this._transitions = terms.transitions;
    const { account, region } = Stack.of(this);
    this.region = region;
    const source = props.sourceAccount === undefined ? account : requireAccount(this, 'sourceAccount', props.sourceAccount);
    const replicator = rolesUnder(this, source, replicationRolesUnder(terms.rolePath));
    const { bucket, key, admitRetire } = sealedBucket(this, {
      bucketName: props.bucketName,
      keyRotationDays: terms.keyRotationDays,
      lock: this._lock,
      removal: this.removal,
      retireRolePath: this.retireRolePath,
      replicator,
      transitions: this._transitions,
    });
    this._admitRetire = admitRetire;
    this.bucket = bucket;
    this.key = key;
    this.bucketName = bucket.bucketName;
    this.bucketArn = bucket.bucketArn;
    this.keyArn = key.keyArn;
    acknowledgeRegulations(bucket, 'S3BucketReplicationEnabled', 'It is the replica.');
    if (source !== account) this.admitOtherAccount(source, replicator);
  }

  /** @internal */
  public _expected(): ExpectedStore {
    return expectedStore({ bucket: this.bucket, key: this.key, region: this.region, lock: this._lock });
  }

  /** What a bucket and a key must say themselves to a role of another account (S3 User Guide, "Granting permissions when the source and
   * destination buckets are owned by different AWS accounts"). */
  private admitOtherAccount(account: string, replicator: string): void {
    // By the account and a condition: S3 and KMS refuse a policy that names a role which is not there yet.
    const principals = [new iam.AccountPrincipal(account)];
    const conditions = { ArnLike: { 'aws:PrincipalArn': replicator } };
    this.bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'Replicas', principals, conditions,
      actions: ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'], resources: [this.bucket.arnForObjects('*')],
    }));
    this.bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'ReplicasOfBucket', principals, conditions, actions: ['s3:GetBucketVersioning'], resources: [this.bucketArn],
    }));
    this.key.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'Replicas', principals, resources: ['*'], actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
      conditions: { ...conditions, StringEquals: { 'kms:ViaService': `s3.${this.region}.${this.stack.urlSuffix}` } },
    }));
  }
}
