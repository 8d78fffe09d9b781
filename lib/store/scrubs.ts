import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IBackupStore, PolicyScope } from '../backup-store';
import { type ObjectKind, policyPrefix, scrubRoundsPrefix } from '../contract/object-keys';

/**
 * Lets a worker read what a policy's copies are stored as, and write down when it did: manifests and parts by version, its own records.
 * It needs no key of an encrypted copy, which it reads as it is stored.
 */
export function grantScrub(store: IBackupStore, grantee: iam.IGrantable, scope: PolicyScope): iam.Grant {
  const prefixes = (...kinds: ObjectKind[]) => kinds.map((kind) => `${policyPrefix(kind, scope)}*`);
  const objects = (...kinds: ObjectKind[]) => prefixes(...kinds).map((prefix) => `${store.bucketArn}/${prefix}`);
  const allow = (actions: string[], resourceArns: string[], conditions?: Record<string, Record<string, unknown>>) =>
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
  return allow(['s3:ListBucketVersions'], [store.bucketArn], { StringLike: { 's3:prefix': prefixes('runs', 'scrubs') } })
    .combine(allow(['s3:GetObjectVersion'], objects('runs', 'parts', 'scrubs')))
    .combine(allow(['s3:GetObjectVersionTagging'], objects('runs')))
    .combine(allow(['s3:PutObject'], objects('scrubs')))
    .combine(allow(['kms:GenerateDataKey', 'kms:Decrypt'], [store.keyArn], throughS3(store)));
}

/** Lets the sentinel read what the rounds found: it can decrypt in this store already. */
export function grantScrubRecords(store: IBackupStore, grantee: iam.IGrantable, scope: PolicyScope): iam.Grant {
  const prefix = `${scrubRoundsPrefix(scope)}*`;
  const listing = iam.Grant.addToPrincipal({
    grantee, actions: ['s3:ListBucketVersions'], resourceArns: [store.bucketArn], conditions: { StringLike: { 's3:prefix': [prefix] } },
  });
  return listing.combine(iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObjectVersion'], resourceArns: [`${store.bucketArn}/${prefix}`] }));
}

function throughS3(store: IBackupStore): Record<string, Record<string, unknown>> {
  return { StringEquals: { 'kms:ViaService': `s3.${store.region}.${Stack.of(store).urlSuffix}` } };
}
