import { DAY } from '../../clock';
import { ApiError, invalidRequest } from '../../errors';
import type { LifecycleRule, Transition } from './rules';

const CLASSES = ['STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'];
/** Before 30 days nothing goes to these (S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle", constraints). */
const AFTER_A_MONTH = ['STANDARD_IA', 'ONEZONE_IA'];
const MOST_NEWER_VERSIONS = 100;

const refused = (message: string): ApiError => new ApiError('InvalidArgument', 400, message);

/**
 * What S3 refuses in a configuration that is well-formed (API Reference, "PutBucketLifecycleConfiguration", and S3 User Guide,
 * "Lifecycle configuration elements").
 * @throws ApiError InvalidArgument, InvalidRequest
 */
export function assertLifecycle(rules: readonly LifecycleRule[]): void {
  if (new Set(rules.map(({ id }) => id)).size < rules.length) {
    throw refused('Rule ID must be unique. Found same ID for more than one rule');
  }
  rules.forEach(assertRule);
}

function assertRule(rule: LifecycleRule): void {
  const { id, filter, expiration, transitions = [], noncurrentExpiration, noncurrentTransitions = [], abortUploadDays } = rule;
  if (id.length > 255) throw refused('ID length should not exceed allowed limit of 255');
  const actions = [expiration, noncurrentExpiration, abortUploadDays, ...transitions, ...noncurrentTransitions];
  if (actions.every((action) => action === undefined)) throw invalidRequest('At least one action needs to be specified in a rule');
  if (filter.tags && expiration && 'lone' in expiration) throw invalidRequest('ExpiredObjectDeleteMarker cannot be specified with Tags.');
  if (abortUploadDays !== undefined) {
    if (filter.tags) throw invalidRequest('AbortIncompleteMultipartUpload cannot be specified with Tags.');
    if (filter.sizeGreaterThan !== undefined || filter.sizeLessThan !== undefined) {
      throw invalidRequest('AbortIncompleteMultipartUpload cannot be specified with ObjectSize.');
    }
    if (abortUploadDays < 1) throw refused("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer");
  }
  assertExpiration(rule);
  transitions.forEach((one) => assertTransition(rule, one));
  for (const age of [noncurrentExpiration, ...noncurrentTransitions]) {
    if (age?.newer !== undefined && (age.newer < 1 || age.newer > MOST_NEWER_VERSIONS)) {
      throw refused(`'NewerNoncurrentVersions' must be from 1 to ${MOST_NEWER_VERSIONS}`);
    }
  }
  if (noncurrentExpiration && noncurrentExpiration.days < 1) {
    throw refused("'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer");
  }
  for (const { days, storageClass } of noncurrentTransitions) {
    assertClass(storageClass, days, 'NoncurrentVersionTransition');
    if (noncurrentExpiration && noncurrentExpiration.days <= days) {
      throw refused("'NoncurrentDays' in the NoncurrentVersionExpiration action must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action");
    }
  }
}

function assertExpiration({ expiration }: LifecycleRule): void {
  if (!expiration) return;
  if ('days' in expiration && expiration.days < 1) throw refused("'Days' for Expiration action must be a positive integer");
  if ('date' in expiration && expiration.date % DAY !== 0) throw refused("'Date' must be at midnight GMT");
}

function assertTransition({ expiration }: LifecycleRule, { days, date, storageClass }: Transition): void {
  assertClass(storageClass, days, 'Transition');
  if (date !== undefined && date % DAY !== 0) throw refused("'Date' must be at midnight GMT");
  const same = expiration && (days !== undefined ? 'days' in expiration : 'date' in expiration);
  if (expiration && !('lone' in expiration) && !same) {
    throw invalidRequest("Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule");
  }
  if (expiration && 'days' in expiration && expiration.days <= (days ?? 0)) {
    throw refused("'Days' in the Expiration action must be greater than 'Days' in the Transition action");
  }
}

function assertClass(storageClass: string, days: number | undefined, action: string): void {
  if (!CLASSES.includes(storageClass)) throw refused(`'StorageClass' ${storageClass} is not one that objects transition to`);
  if (days !== undefined && days < 0) throw refused(`'Days' in ${action} action must be nonnegative`);
  if (days !== undefined && days < 30 && AFTER_A_MONTH.includes(storageClass)) {
    throw refused(`'Days' in ${action} action must be greater than or equal to 30 for storageClass '${storageClass}'`);
  }
}
