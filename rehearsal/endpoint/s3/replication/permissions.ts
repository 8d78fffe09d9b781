import type { Permission, Settings } from '../../exchange';
import type { KeyRing } from '../../services/kms';
import { type Bucket, type ObjectVersion, regionOf } from '../state';
import type { ReplicationRule } from './rules';

export interface ReplicationStep {
  item: { key: string; rule: ReplicationRule; kind: 'version' | 'metadata' };
  source: Bucket;
  version: ObjectVersion;
  target: Bucket;
  settings: Settings;
  keys: KeyRing;
}

/**
 * What the replication role needs for one version (S3 User Guide, "Setting up permissions for live replication"; with locks "Object Lock
 * considerations", with KMS keys "Replicating encrypted objects").
 */
export function permissionsFor(step: ReplicationStep): Permission[] {
  const { item, source, version, target, settings } = step;
  const sourceBucket = `arn:aws:s3:::${source.settings.name}`;
  const ofSource = (action: string): Permission =>
    asked(`s3:${action}`, `${sourceBucket}/${item.key}`, { 's3:VersionId': version.versionId, ...at(source, settings) });
  const ofTarget = (action: string): Permission =>
    asked(`s3:${action}`, `arn:aws:s3:::${target.settings.name}/${item.key}`, at(target, settings));
  const hasTags = Object.keys(version.tags).length > 0 || item.kind === 'metadata';
  return [
    asked('s3:GetReplicationConfiguration', sourceBucket, at(source, settings)),
    asked('s3:ListBucket', sourceBucket, at(source, settings)),
    ofSource('GetObjectVersionForReplication'),
    ofSource('GetObjectVersionAcl'),
    ...(hasTags ? [ofSource('GetObjectVersionTagging')] : []),
    ...(source.settings.objectLock ? [ofSource('GetObjectRetention'), ofSource('GetObjectLegalHold')] : []),
    ofTarget(version.deleteMarker ? 'ReplicateDelete' : 'ReplicateObject'),
    ...(hasTags ? [ofTarget('ReplicateTags')] : []),
    ...(item.rule.destination.changesOwner ? [ofTarget('ObjectOwnerOverrideToBucketOwner')] : []),
    ...keyPermissions(step),
  ];
}

/** The object is decrypted where it is and encrypted where it goes, each in its region. */
function keyPermissions({ item, source, version, target, settings, keys }: ReplicationStep): Permission[] {
  const { keyArn } = version.encryption;
  const replicaKey = item.rule.destination.keyArn;
  if (!keyArn || !replicaKey || item.kind === 'metadata') return [];
  const use = (action: string, key: string, bucket: Bucket, bucketKey: boolean | undefined): Permission => ({
    ...asked(`kms:${action}`, keys.arnOf(key), {
      ...at(bucket, settings), 'kms:ViaService': `s3.${regionOf(bucket, settings)}.amazonaws.com`, 'kms:CallerAccount': settings.account,
      'kms:EncryptionContext:aws:s3:arn': `arn:aws:s3:::${bucket.settings.name}${bucketKey ? '' : `/${item.key}`}`,
      'kms:EncryptionContextKeys': ['aws:s3:arn'],
    }),
    service: 'kms', operation: action, via: 's3',
  });
  return [
    use('Decrypt', keyArn, source, version.encryption.bucketKey), use('Encrypt', replicaKey, target, target.settings.encryption.bucketKey),
  ];
}

function asked(action: string, resource: string, context: Permission['context']): Permission {
  return { service: 's3', operation: 'Replicate', action, resource, context };
}

function at(bucket: Bucket, settings: Settings): { 'aws:RequestedRegion': string } {
  return { 'aws:RequestedRegion': regionOf(bucket, settings) };
}
