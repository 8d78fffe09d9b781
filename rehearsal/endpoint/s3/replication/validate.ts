import { ApiError, invalidRequest } from '../../errors';
import type { Bucket } from '../state';
import type { Replication } from './rules';

const refused = (message: string): ApiError => new ApiError('InvalidArgument', 400, message);

/**
 * What S3 refuses in a replication configuration (API Reference, "PutBucketReplication"; S3 User Guide, "Requirements and considerations
 * for replication" and "Object Lock considerations", "Using Object Lock with S3 Replication").
 * @throws ApiError InvalidRequest, InvalidArgument
 */
export function assertReplication(source: Bucket, { rules }: Replication, bucketOf: (name: string) => Bucket | undefined): void {
  if (source.settings.versioning !== 'Enabled') {
    throw invalidRequest('Versioning must be \'Enabled\' on the bucket to apply a replication configuration');
  }
  if (new Set(rules.map(({ id }) => id)).size < rules.length) throw refused('Rule Id must be unique');
  if (new Set(rules.map(({ old }) => old === true)).size > 1) throw invalidRequest('Rules of both forms, with a Filter and without, cannot be mixed');
  const priorities = rules.flatMap(({ priority, destination }) => (priority === undefined ? [] : [`${destination.bucket} ${priority}`]));
  if (new Set(priorities).size < priorities.length) throw refused('Found duplicate priority: rules with one destination need different ones');
  for (const rule of rules) {
    const { filter, destination } = rule;
    if (!rule.old && rule.priority === undefined) throw invalidRequest('Priority must be specified for this version of Cross Region Replication configuration schema');
    if (filter.tags && rule.deleteMarkers) throw invalidRequest('Delete marker replication is not supported if any Tag filter is specified');
    if (rule.kmsEncrypted && destination.keyArn === undefined) {
      throw invalidRequest('EncryptionConfiguration must be specified if SourceSelectionCriteria for SseKmsEncryptedObjects is Enabled');
    }
    const target = bucketOf(destination.bucket);
    if (!target) throw invalidRequest('Destination bucket must exist.');
    if (target.settings.versioning !== 'Enabled') throw invalidRequest('Destination bucket must have versioning enabled.');
    if (source.settings.objectLock && !target.settings.objectLock) throw invalidRequest('Destination bucket must have Object Lock enabled.');
    if (target === source) throw invalidRequest('Destination bucket cannot be the same as the source bucket.');
  }
}
