import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { AccessLogs } from './access-logs';
import type { BoundLock } from './backup-lock';
import type { BackupStoreRemoval } from './backup-store-removal';

/** The tag a copy bears once it may go, and the value that says so: only a lifecycle rule ever deletes. */
const RETIRE_TAG = { retire: 'expire' };

/** @internal */
export interface SealedBucketProps {
  /** Undefined leaves the name to CloudFormation. */
  readonly bucketName?: string;
  readonly key?: kms.IKey;
  readonly keyRotationDays: number;
  readonly lock?: BoundLock;
  readonly removal: BackupStoreRemoval;
  /** IAM path of the roles that may tag. */
  readonly retireRolePath: string;
}

/** @internal */
export interface SealedBucket {
  readonly bucket: s3.Bucket;
  readonly key: kms.IKey;
  /** Lets the retire workers of one more account tag. */
  admitRetire(account: string): void;
}

/**
 * A bucket that takes each object once and locks it, with its key, its access log and the rules that end what was released: what a
 * store and each of its replicas are, so that retirement's tags mean the same in all of them.
 *
 * @internal
 */
export function sealedBucket(scope: Construct, props: SealedBucketProps): SealedBucket {
  const { removalPolicy, testEnvironment } = props.removal;
  const key = props.key ?? new kms.Key(scope, 'Key', {
    description: `Backup copies of ${scope.node.path}`,
    enableKeyRotation: true,
    rotationPeriod: Duration.days(props.keyRotationDays),
    removalPolicy,
    pendingWindow: Duration.days(testEnvironment === undefined ? 30 : 7),
  });
  const bucket = new s3.Bucket(scope, 'Bucket', {
    bucketName: props.bucketName,
    encryption: s3.BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    blockedEncryptionTypes: [s3.BlockedEncryptionType.SSE_C],
    versioned: true,
    objectLockEnabled: true,
    objectLockDefaultRetention: props.lock?.retention,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    lifecycleRules: LIFECYCLE,
    removalPolicy,
  });
  new AccessLogs(scope, 'AccessLogs', { of: bucket, removalPolicy });
  refuseOverwriting(bucket);
  const accounts = [Stack.of(scope).account];
  refuseTagging(bucket, () => accounts.map((account) => retireRoles(scope, account, props.retireRolePath)));
  // A bucket that stays keeps what it refuses.
  bucket.policy?.applyRemovalPolicy(removalPolicy);
  return { bucket, key, admitRetire: (account) => void accounts.push(account) };
}

/** The retire roles of an account, by their path: KMS and S3 refuse a policy that names a role which is not there yet. */
export function retireRoles(scope: Construct, account: string, path: string): string {
  return `arn:${Stack.of(scope).partition}:iam::${account}:role${path}*`;
}

/**
 * As AWS documents it (S3 User Guide, "Enforce conditional writes"): requests that create an object must say `If-None-Match`;
 * the beginning and the parts of an upload cannot, and create nothing.
 */
function refuseOverwriting(bucket: s3.Bucket): void {
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'RefuseOverwriting',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects('*')],
    conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
  }));
}

/** A tag is what releases a copy: it is for the retire workers, who tag versions and nothing else. */
function refuseTagging(bucket: s3.Bucket, except: () => string[]): void {
  const refuse = (sid: string, actions: string[], conditions?: Record<string, unknown>) => bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid, effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions, resources: [bucket.arnForObjects('*')], conditions,
  }));
  refuse('RefuseTagging', ['s3:PutObjectTagging', 's3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging']);
  refuse('RefuseRetirement', ['s3:PutObjectVersionTagging'], { ArnNotLike: { 'aws:PrincipalArn': Lazy.list({ produce: except }) } });
}

/** S3 counts a rule's days from an object's creation, so these end what the tag released at the next midnight UTC. */
const LIFECYCLE: s3.LifecycleRule[] = [
  { id: 'abort-incomplete-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
  { id: 'expire-retired', tagFilters: RETIRE_TAG, expiration: Duration.days(1) },
  { id: 'remove-retired-versions', tagFilters: RETIRE_TAG, noncurrentVersionExpiration: Duration.days(1) },
  // S3 refuses this one with a tag filter.
  { id: 'remove-lone-delete-markers', expiredObjectDeleteMarker: true },
];
