import { Duration, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { AccessLogs } from './access-logs';
import { BackupLock, type BoundLock } from './backup-lock';
import { BackupStoreRemoval } from './backup-store-removal';
import { protectionPrefix } from './contract/object-keys';
import { PropRefused, requireDays } from './refusal';

/** The tag a copy bears once it may go, and the value that says so: only a lifecycle rule ever deletes. */
const RETIRE_TAG = { retire: 'expire' };

/** Whose copies: the segments of every key of one protection. */
export interface ProtectionScope {
  /** Environment, such as `production`. */
  readonly environment: string;
  /** Application. */
  readonly application: string;
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

  /** @internal */
  readonly _lock?: BoundLock;
}

/** Properties of a BackupStore. */
export interface BackupStoreProps {
  /**
   * How long nobody can delete a copy.
   * @default BackupLock.governance(Duration.days(7))
   */
  readonly lock?: BackupLock;

  /**
   * How often KMS changes the key's material; older material still decrypts. Whole days, from 90 to 2560 (the limits of KMS).
   * @default Duration.days(365)
   */
  readonly keyRotationPeriod?: Duration;

  /**
   * What becomes of the store when its stack goes.
   * @default BackupStoreRemoval.retain()
   */
  readonly removal?: BackupStoreRemoval;
}

/**
 * An encrypted, versioned, locked bucket with a key of its own. Whatever is in it was written once: the bucket refuses a write that
 * does not say `If-None-Match`, so that no key, stolen or not, can put anything over a copy.
 */
export class BackupStore extends Resource implements IBackupStore {
  public readonly bucketName: string;
  public readonly bucketArn: string;
  public readonly keyArn: string;
  public readonly region: string;
  public readonly removal: BackupStoreRemoval;
  /** The key that encrypts every object. */
  public readonly key: kms.Key;
  /** The bucket. */
  public readonly bucket: s3.Bucket;
  /** @internal */
  public readonly _lock?: BoundLock;

  constructor(scope: Construct, id: string, props: BackupStoreProps = {}) {
    super(scope, id);
    this.removal = props.removal ?? BackupStoreRemoval.retain();
    this._lock = (props.lock ?? BackupLock.governance(Duration.days(7)))._bind(this);
    if (this.removal.testEnvironment !== undefined && this._lock?.mode === 'COMPLIANCE') {
      throw new PropRefused(this, 'lock', 'compliance', 'governance or none in a store that goes with its test environment: nobody could remove its copies');
    }
    const rotationDays = requireDays(this, 'keyRotationPeriod', props.keyRotationPeriod ?? Duration.days(365), 90, 2560);
    this.region = Stack.of(this).region;

    this.key = new kms.Key(this, 'Key', {
      description: `Backup copies of ${this.node.path}`,
      enableKeyRotation: true,
      rotationPeriod: Duration.days(rotationDays),
      removalPolicy: this.removal.removalPolicy,
      pendingWindow: Duration.days(this.removal.testEnvironment === undefined ? 30 : 7),
    });
    this.bucket = new s3.Bucket(this, 'Bucket', {
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockedEncryptionTypes: [s3.BlockedEncryptionType.SSE_C],
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: this._lock?.retention,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: LIFECYCLE,
      removalPolicy: this.removal.removalPolicy,
    });
    new AccessLogs(this, 'AccessLogs', { of: this.bucket, removalPolicy: this.removal.removalPolicy });
    this.bucketName = this.bucket.bucketName;
    this.bucketArn = this.bucket.bucketArn;
    this.keyArn = this.key.keyArn;
    this.refuseOverwriting();
    this.refuseTagging();
    // A bucket that stays keeps what it refuses.
    this.bucket.policy?.applyRemovalPolicy(this.removal.removalPolicy);
  }

  public grantDump(grantee: iam.IGrantable, scope: ProtectionScope): iam.Grant {
    return this.grantObjects(grantee, ['s3:PutObject'], [protectionPrefix('parts', scope), protectionPrefix('runs', scope)])
      .combine(this.grantObjects(grantee, ['s3:AbortMultipartUpload'], [protectionPrefix('parts', scope)]))
      .combine(this.grantKey(grantee));
  }

  public grantVerify(grantee: iam.IGrantable, scope: ProtectionScope): iam.Grant {
    return this.grantObjects(grantee, ['s3:GetObject', 's3:GetObjectVersion'], [protectionPrefix('parts', scope), protectionPrefix('runs', scope)])
      .combine(this.grantObjects(grantee, ['s3:PutObject'], [protectionPrefix('verdicts', scope)]))
      .combine(this.grantKey(grantee));
  }

  private grantObjects(grantee: iam.IGrantable, actions: string[], prefixes: string[]): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`)) });
  }

  /** A multipart upload needs `kms:Decrypt` besides the data key; through S3 only, so the grant opens nothing that S3 would not. */
  private grantKey(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resourceArns: [this.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${this.region}.${this.stack.urlSuffix}` } },
    });
  }

  /**
   * As AWS documents it (S3 User Guide, "Enforce conditional writes"): requests that create an object must say `If-None-Match`;
   * the beginning and the parts of an upload cannot, and create nothing.
   */
  private refuseOverwriting(): void {
    this.bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'RefuseOverwriting',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects('*')],
      conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    }));
  }

  /** A tag is what releases a copy. */
  private refuseTagging(): void {
    this.bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'RefuseTagging',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:PutObjectTagging', 's3:PutObjectVersionTagging', 's3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'],
      resources: [this.bucket.arnForObjects('*')],
    }));
  }
}

/** S3 counts a rule's days from an object's creation, so these end what the tag released at the next midnight UTC. */
const LIFECYCLE: s3.LifecycleRule[] = [
  { id: 'abort-incomplete-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
  { id: 'expire-retired', tagFilters: RETIRE_TAG, expiration: Duration.days(1) },
  { id: 'remove-retired-versions', tagFilters: RETIRE_TAG, noncurrentVersionExpiration: Duration.days(1) },
  // S3 refuses this one with a tag filter.
  { id: 'remove-lone-delete-markers', expiredObjectDeleteMarker: true },
];
