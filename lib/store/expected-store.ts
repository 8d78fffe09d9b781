import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { BoundLock } from '../backup-lock';
import { lifecycleText, type StoredLifecycleRule } from '../contract/lifecycle-rule';
import type { DeclaredSentinel } from '../contract/sentinel-request';

/** What the sentinel holds against what is in force. @internal */
export type ExpectedStore = DeclaredSentinel['expected'];

/** A replica of the store's own account. @internal */
export interface ReplicaBucket {
  readonly bucketName: string;
  readonly region: string;
}

/** @internal */
export interface ExpectedStoreProps {
  readonly bucket: s3.Bucket;
  readonly key: kms.IKey;
  readonly region: string;
  readonly lock?: BoundLock;
  readonly replication?: readonly { readonly bucket: string; readonly timeControl: boolean }[];
}

/** As it stands at the end of the synthesis: rules that somebody added to the bucket are declared too. @internal */
export function expectedStore({ bucket, key, region, lock, replication }: ExpectedStoreProps): ExpectedStore {
  const { lifecycleConfiguration } = bucket.node.defaultChild as s3.CfnBucket;
  const { rules = [] } = (Stack.of(bucket).resolve(lifecycleConfiguration) ?? {}) as { rules?: s3.CfnBucket.RuleProperty[] };
  return {
    ...lock ? { lock: { mode: lock.mode, days: lock.retentionSeconds / 86_400 } } : {},
    lifecycle: rules.filter(({ status }) => status === 'Enabled').map((rule) => ({ id: rule.id ?? '', digest: digestOf(rule) })),
    ...replication && replication.length > 0 ? { replication: [...replication] } : {},
    ...bucket.policy ? { policy: documentOf(bucket.policy.document) } : {},
    // A key that the team brings is turned by the team, or not, and its policy is the team's.
    keys: [{
      arn: key.keyArn, region, rotated: key instanceof kms.Key,
      ...key instanceof kms.Key ? { policy: documentOf((key.node.defaultChild as kms.CfnKey).keyPolicy) } : {},
    }],
  };
}

/** Resolved where it is compared: values of the deployment are filled in by it. */
function documentOf(document: unknown): Record<string, unknown> {
  return document as Record<string, unknown>;
}

function digestOf(rule: s3.CfnBucket.RuleProperty): string {
  return createHash('sha256').update(lifecycleText(storedRule(rule))).digest('hex');
}

interface Days { readonly noncurrentDays?: number; readonly newerNoncurrentVersions?: number }

/** CloudFormation's words for a rule, in S3's. */
function storedRule(rule: s3.CfnBucket.RuleProperty): StoredLifecycleRule {
  const tags = (rule.tagFilters ?? []) as s3.CfnBucket.TagFilterProperty[];
  const transitions = (rule.transitions ?? []) as s3.CfnBucket.TransitionProperty[];
  const noncurrent = rule.noncurrentVersionExpiration as Days | undefined;
  const abort = rule.abortIncompleteMultipartUpload as s3.CfnBucket.AbortIncompleteMultipartUploadProperty | undefined;
  const expiration = { Days: rule.expirationInDays, ExpiredObjectDeleteMarker: rule.expiredObjectDeleteMarker };
  return {
    ID: rule.id,
    Filter: { Prefix: rule.prefix, And: { Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })) } },
    Expiration: expiration.Days === undefined && expiration.ExpiredObjectDeleteMarker === undefined ? undefined : expiration,
    Transitions: transitions.length === 0 ? undefined
      : transitions.map(({ storageClass, transitionInDays }) => ({ StorageClass: storageClass, Days: transitionInDays })),
    NoncurrentVersionExpiration: noncurrent && {
      NoncurrentDays: noncurrent.noncurrentDays, NewerNoncurrentVersions: noncurrent.newerNoncurrentVersions,
    },
    AbortIncompleteMultipartUpload: abort && { DaysAfterInitiation: abort.daysAfterInitiation },
  };
}
