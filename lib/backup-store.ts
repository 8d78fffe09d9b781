import { Duration, Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { BackupLock, type BoundLock } from './backup-lock';
import { BackupStoreBase } from './backup-store-base';
import { BackupStoreRemoval } from './backup-store-removal';
import { PropRefused, requireDays } from './refusal';
import { sealedBucket } from './sealed-bucket';

/** Whose copies: the segments that every key of one policy has. */
export interface PolicyScope {
  /** Environment, such as `production`. */
  readonly environment: string;
  /** Application. */
  readonly application: string;
}

/** Whose copies: the segments of every key of one protection. */
export interface ProtectionScope extends PolicyScope {
  /** Id of the protection. */
  readonly protection: string;
}

/** Where copies lie. */
export interface IBackupStore extends IConstruct {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** ARN of the bucket. */
  readonly bucketArn: string;
  /** ARN of the key that encrypts every object. */
  readonly keyArn: string;
  /** Region of bucket and key. */
  readonly region: string;
  /** What becomes of the store when its stack goes. */
  readonly removal: BackupStoreRemoval;

  /** Lets a dump worker write parts and manifests of one protection, and read nothing. */
  grantDump(grantee: iam.IGrantable, scope: ProtectionScope): iam.Grant;

  /** Lets a verify worker read parts and manifests of one protection, and write its verdicts. */
  grantVerify(grantee: iam.IGrantable, scope: ProtectionScope): iam.Grant;

  /**
   * Lets a retire worker read what a policy's copies are (manifests, verdicts, declared policies, tags and locks), store what was
   * declared, and tag versions with `retire` and nothing else. The bucket lets only roles under `retireRolePath` tag.
   */
  grantRetire(grantee: iam.IGrantable, scope: PolicyScope): iam.Grant;

  /**
   * Lets a worker lengthen the lock of a policy's copies. S3 shortens none without `s3:BypassGovernanceRetention`, which this does not
   * give.
   *
   * @param maximum the longest lock that may be asked for, counted from the request
   */
  grantExtendLock(grantee: iam.IGrantable, scope: PolicyScope, maximum: Duration): iam.Grant;

  /** IAM path that the role of every retire worker of this store must have: the bucket policy knows it by it. */
  readonly retireRolePath: string;

  /** @internal */
  readonly _lock?: BoundLock;

  /** @internal */
  readonly _graceSeconds: number;
}

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
   * IAM path of the roles of the store's retire workers, in this account and in those of the teams: the bucket lets nobody else tag, and
   * whoever may make roles under this path may release copies.
   * @default /cdk-backup-policy/retire/
   */
  readonly retireRolePath?: string;
}

/**
 * An encrypted, versioned, locked bucket with a key of its own. Whatever is in it was written once: the bucket refuses a write that
 * does not say `If-None-Match`, so that no key, stolen or not, can put anything over a copy.
 */
export class BackupStore extends BackupStoreBase {
  public readonly bucketName: string;
  public readonly bucketArn: string;
  public readonly keyArn: string;
  public readonly region: string;
  public readonly removal: BackupStoreRemoval;
  public readonly retireRolePath: string;
  /** The key that encrypts every object. */
  public readonly key: kms.IKey;
  /** The bucket. */
  public readonly bucket: s3.Bucket;
  /** @internal */
  public readonly _lock?: BoundLock;
  /** @internal */
  public readonly _graceSeconds: number;

  constructor(scope: Construct, id: string, props: BackupStoreProps = {}) {
    super(scope, id);
    this.removal = props.removal ?? BackupStoreRemoval.retain();
    this._lock = (props.lock ?? BackupLock.governance(Duration.days(7)))._bind(this);
    if (this.removal.testEnvironment !== undefined && this._lock?.mode === 'COMPLIANCE') {
      throw new PropRefused(this, 'lock', 'compliance', 'governance or none in a store that goes with its test environment: nobody could remove its copies');
    }
    this._graceSeconds = requireDays(this, 'gracePeriod', props.gracePeriod ?? Duration.days(7), 1, 365) * 86_400;
    this.retireRolePath = requireRolePath(this, props.retireRolePath ?? RETIRE_ROLE_PATH);
    if (props.key && props.keyRotationPeriod) throw new PropRefused(this, 'keyRotationPeriod', 'given with a key', 'one of the two: a key that the team brings is turned by the team');
    this.region = Stack.of(this).region;

    const { bucket, key } = sealedBucket(this, {
      key: props.key,
      keyRotationDays: requireDays(this, 'keyRotationPeriod', props.keyRotationPeriod ?? Duration.days(365), 90, 2560),
      lock: this._lock,
      removal: this.removal,
      retireRolePath: this.retireRolePath,
    });
    this.bucket = bucket;
    this.key = key;
    this.bucketName = bucket.bucketName;
    this.bucketArn = bucket.bucketArn;
    this.keyArn = key.keyArn;
  }
}

const RETIRE_ROLE_PATH = '/cdk-backup-policy/retire/';

/** IAM's form of a path (IAM User Guide, "IAM and AWS STS quotas"), and never the root, which every other role has. */
function requireRolePath(scope: IConstruct, path: string): string {
  if (!/^\/[\w+=,.@-]+(\/[\w+=,.@-]+)*\/$/.test(path) || path.length > 512) {
    throw new PropRefused(scope, 'retireRolePath', JSON.stringify(path), 'a path of its own such as /cdk-backup-policy/retire/, which begins and ends with a slash');
  }
  return path;
}
