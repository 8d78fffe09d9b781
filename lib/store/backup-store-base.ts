import { type Duration, Resource, type ResourceProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { BackupLock, type BoundLock } from '../backup-lock';
import type { IBackupStore, PolicyScope, ProtectionScope } from '../backup-store';
import type { ReplicaFacts } from '../backup-replica';
import type { BackupStoreRemoval } from '../backup-store-removal';
import { type ObjectKind, pausesPrefix, policyPrefix, protectionPrefix } from '../contract/object-keys';
import type { ExpectedStore } from './expected-store';
import { lockableModes, noteLockExtension } from './lock-extensions';
import { requireDays } from '../refusal';
import type { BoundTransition } from '../storage-transition';

/**
 * What every store lets a role do, wherever its bucket is declared.
 *
 * @internal
 */
export abstract class BackupStoreBase extends Resource implements IBackupStore {
  public abstract readonly bucketName: string;
  public abstract readonly bucketArn: string;
  public abstract readonly keyArn: string;
  public abstract readonly region: string;
  public abstract readonly removal: BackupStoreRemoval;
  public abstract readonly retireRolePath: string;
  /** @internal */
  public abstract readonly _lock?: BoundLock;
  /** @internal */
  public abstract readonly _graceSeconds: number;
  /** @internal */
  public abstract readonly _replicas: readonly ReplicaFacts[];
  /** @internal */
  public abstract readonly _transitions: readonly BoundTransition[];

  constructor(scope: Construct, id: string, props?: ResourceProps) {
    super(scope, id, props);
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

  public grantRetire(grantee: iam.IGrantable, scope: PolicyScope): iam.Grant {
    const under = (...kinds: ObjectKind[]) => kinds.map((kind) => policyPrefix(kind, scope));
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['s3:ListBucket', 's3:ListBucketVersions'],
      resourceArns: [this.bucketArn],
      conditions: { StringLike: { 's3:prefix': under('runs', 'parts', 'verdicts', 'policies', 'audits', 'scrubs').map((prefix) => `${prefix}*`) } },
    })
      .combine(this.grantObjects(grantee, ['s3:GetObjectVersion'], under('runs', 'verdicts', 'policies', 'audits', 'scrubs')))
      .combine(this.grantObjects(grantee, ['s3:GetObjectVersionTagging', 's3:GetObjectLegalHold'], under('runs', 'parts', 'verdicts')))
      .combine(this.grantObjects(grantee, ['s3:PutObjectVersionTagging'], under('runs', 'parts', 'verdicts'), {
        // S3 sets both for every request with tags; a request without any cancels, as `retire=keep` does.
        'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['retire'] },
        'StringLikeIfExists': { 's3:RequestObjectTag/retire': ['pending:*', 'expire', 'keep'] },
      }))
      .combine(this.grantObjects(grantee, ['s3:PutObject'], under('policies', 'audits')))
      .combine(this.grantKey(grantee));
  }

  public grantSentinel(grantee: iam.IGrantable, scope: PolicyScope): iam.Grant {
    const under = (...kinds: ObjectKind[]) => kinds.map((kind) => policyPrefix(kind, scope));
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['s3:ListBucketVersions'],
      resourceArns: [this.bucketArn],
      conditions: { StringLike: { 's3:prefix': under('runs', 'parts', 'verdicts', 'policies', 'audits').map((prefix) => `${prefix}*`) } },
    })
      .combine(this.grantObjects(grantee, ['s3:GetObjectVersion'], under('runs', 'verdicts', 'policies', 'audits')))
      .combine(this.grantObjects(grantee, ['s3:GetObjectVersionTagging'], under('runs')))
      .combine(iam.Grant.addToPrincipal({
        grantee,
        actions: [
          's3:GetBucketObjectLockConfiguration', 's3:GetBucketPolicy', 's3:GetBucketVersioning', 's3:GetLifecycleConfiguration',
          's3:GetReplicationConfiguration',
        ],
        resourceArns: [this.bucketArn],
      }))
      .combine(this.grantDecryption(grantee))
      .combine(iam.Grant.addToPrincipal({ grantee, actions: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus'], resourceArns: [this.keyArn] }));
  }

  /** @internal */
  public _grantRecords(grantee: iam.IGrantable, scope: PolicyScope): iam.Grant {
    const pauses = this._replicas.length > 0 ? [pausesPrefix(scope)] : [];
    return this.grantObjects(grantee, ['s3:PutObject'], [policyPrefix('policies', scope), ...pauses]).combine(this.grantKey(grantee));
  }

  /** @internal */
  public _expected(): ExpectedStore {
    return { keys: [] };
  }

  public grantExtendLock(grantee: iam.IGrantable, scope: PolicyScope, maximum: Duration): iam.Grant {
    const days = requireDays(this, 'the longest lock', maximum, 1, BackupLock._MAXIMUM_DAYS);
    noteLockExtension(this, scope);
    const kinds: ObjectKind[] = ['runs', 'parts', 'verdicts', 'policies'];
    return this.grantObjects(grantee, ['s3:PutObjectRetention'], kinds.map((kind) => policyPrefix(kind, scope)), {
      NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': days },
      StringEqualsIfExists: { 's3:object-lock-mode': lockableModes(this._lock) },
    });
  }

  private grantObjects(
    grantee: iam.IGrantable, actions: string[], prefixes: string[], conditions?: Record<string, Record<string, unknown>>,
  ): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: prefixes.map((prefix) => `${this.bucketArn}/${prefix}*`), conditions });
  }

  private grantDecryption(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt'],
      resourceArns: [this.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${this.region}.${this.stack.urlSuffix}` } },
    });
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
}
