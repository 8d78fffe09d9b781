import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { AccessLogs } from './access-logs';
import type { BoundLock } from '../backup-lock';
import type { BackupStoreRemoval } from '../backup-store-removal';
import { rolesUnder } from './role-paths';
import type { BoundTransition } from '../storage-transition';

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
  /** ARN pattern of the roles that may write replicas here; nobody may when undefined. */
  readonly replicator?: string;
  readonly transitions: readonly BoundTransition[];
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
    lifecycleRules: [...LIFECYCLE, ...transitionRules(props.transitions)],
    transitionDefaultMinimumObjectSize: props.transitions.length === 0 ? undefined
      : s3.TransitionDefaultMinimumObjectSize.ALL_STORAGE_CLASSES_128_K,
    removalPolicy,
  });
  new AccessLogs(scope, 'AccessLogs', { of: bucket, removalPolicy });
  refuseOverwriting(bucket);
  const accounts = [Stack.of(scope).account];
  refuseTagging(bucket, () => accounts.map((account) => rolesUnder(scope, account, props.retireRolePath)));
  refuseReplication(bucket, props.replicator);
  // A bucket that stays keeps what it refuses.
  bucket.policy?.applyRemovalPolicy(removalPolicy);
  return { bucket, key, admitRetire: (account) => void accounts.push(account) };
}

/**
 * As AWS documents it (S3 User Guide, "Enforce conditional writes"): requests that create an object must say `If-None-Match`;
 * the beginning and the parts of an upload cannot, and create nothing.
 */
function refuseOverwriting(bucket: s3.Bucket): void {
  refuse(bucket, 'RefuseOverwriting', ['s3:PutObject'], { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } });
}

/** A tag is what releases a copy: it is for the retire workers, who tag versions and nothing else. */
function refuseTagging(bucket: s3.Bucket, except: () => string[]): void {
  refuse(bucket, 'RefuseTagging', ['s3:PutObjectTagging', 's3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging']);
  refuse(bucket, 'RefuseRetirement', ['s3:PutObjectVersionTagging'], { ArnNotLike: { 'aws:PrincipalArn': Lazy.list({ produce: except }) } });
}

/** What is replicated into a bucket says no `If-None-Match`: it would be the way to write over a copy. And no deletion comes that way. */
function refuseReplication(bucket: s3.Bucket, replicator: string | undefined): void {
  refuse(bucket, 'RefuseReplicatedDeletion', ['s3:ReplicateDelete']);
  const others = replicator === undefined ? undefined : { ArnNotLike: { 'aws:PrincipalArn': replicator } };
  refuse(bucket, 'RefuseReplication', ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'], others);
}

function refuse(bucket: s3.Bucket, sid: string, actions: string[], conditions?: Record<string, unknown>): void {
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid, effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions, resources: [bucket.arnForObjects('*')], conditions,
  }));
}

/** Parts only: a manifest, a verdict or a declared policy in a cold class would make every look at the store slow and dear. */
function transitionRules(transitions: readonly BoundTransition[]): s3.LifecycleRule[] {
  if (transitions.length === 0) return [];
  return [{
    id: 'move-parts-to-colder-classes', prefix: 'parts/',
    transitions: transitions.map(({ s3Class, afterDays }) => ({ storageClass: s3Class, transitionAfter: Duration.days(afterDays) })),
  }];
}

/** S3 counts a rule's days from an object's creation, so these end what the tag released at the next midnight UTC. */
const LIFECYCLE: s3.LifecycleRule[] = [
  { id: 'abort-incomplete-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
  { id: 'expire-retired', tagFilters: RETIRE_TAG, expiration: Duration.days(1) },
  { id: 'remove-retired-versions', tagFilters: RETIRE_TAG, noncurrentVersionExpiration: Duration.days(1) },
  // What rounds left for later rounds: the manifests say the same, and more of them.
  { id: 'expire-audits', prefix: 'audits/', expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(1) },
  // A round writes them anew: what is older says nothing more.
  { id: 'expire-scrubs', prefix: 'scrubs/', expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(1) },
  // S3 refuses this one with a tag filter.
  { id: 'remove-lone-delete-markers', expiredObjectDeleteMarker: true },
];
