import type { Lifecycle, LifecycleFilter, LifecycleRule, Replication, ReplicationRule } from '../endpoint';

type Properties = Readonly<Record<string, unknown>>;

const number = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));
const date = (value: unknown): number | undefined => (value === undefined ? undefined : Date.parse(String(value)));
const list = (...values: unknown[]): Properties[] => values.flatMap((value) => (value === undefined ? [] : value)) as Properties[];
const isEnabled = (value: unknown): boolean => (value as Properties | undefined)?.Status === 'Enabled';

function tagsOf(tags: unknown): Record<string, string> | undefined {
  const pairs = list(tags).map(({ Key, Value }) => [String(Key), String(Value)]);
  return pairs.length > 0 ? Object.fromEntries(pairs) as Record<string, string> : undefined;
}

/** The rules of a bucket as its `LifecycleConfiguration` in a template has them (CloudFormation, "AWS::S3::Bucket Rule"). */
export function lifecycleOf(configuration: unknown): Lifecycle | undefined {
  if (configuration === undefined) return undefined;
  const { Rules, TransitionDefaultMinimumObjectSize } = configuration as Properties;
  return {
    rules: list(Rules).map(lifecycleRule),
    smallestTransition: TransitionDefaultMinimumObjectSize as Lifecycle['smallestTransition'],
  };
}

function lifecycleRule(rule: Properties, index: number): LifecycleRule {
  const days = number(rule.ExpirationInDays);
  const until = date(rule.ExpirationDate);
  const noncurrent = rule.NoncurrentVersionExpiration as Properties | undefined;
  const noncurrentDays = number(noncurrent?.NoncurrentDays ?? rule.NoncurrentVersionExpirationInDays);
  const transitions = list(rule.Transitions, rule.Transition);
  const noncurrentTransitions = list(rule.NoncurrentVersionTransitions, rule.NoncurrentVersionTransition);
  const abort = rule.AbortIncompleteMultipartUpload as Properties | undefined;
  return {
    id: String(rule.Id ?? `rule-${index + 1}`), enabled: rule.Status === 'Enabled', filter: filterOf(rule),
    ...(days !== undefined ? { expiration: { days } } : until !== undefined ? { expiration: { date: until } } : {}),
    ...(rule.ExpiredObjectDeleteMarker === true ? { expiration: { lone: true as const } } : {}),
    ...(noncurrentDays === undefined ? {} : {
      noncurrentExpiration: { days: noncurrentDays, newer: number(noncurrent?.NewerNoncurrentVersions) },
    }),
    ...(transitions.length === 0 ? {} : {
      transitions: transitions.map((one) => ({
        storageClass: String(one.StorageClass), days: number(one.TransitionInDays), date: date(one.TransitionDate),
      })),
    }),
    ...(noncurrentTransitions.length === 0 ? {} : {
      noncurrentTransitions: noncurrentTransitions.map((one) => ({
        storageClass: String(one.StorageClass), days: Number(one.TransitionInDays), newer: number(one.NewerNoncurrentVersions),
      })),
    }),
    ...(abort === undefined ? {} : { abortUploadDays: Number(abort.DaysAfterInitiation) }),
  };
}

function filterOf(rule: Properties): LifecycleFilter {
  return {
    prefix: rule.Prefix as string | undefined, tags: tagsOf(rule.TagFilters),
    sizeGreaterThan: number(rule.ObjectSizeGreaterThan), sizeLessThan: number(rule.ObjectSizeLessThan),
  };
}

/**
 * The replication of a bucket as its `ReplicationConfiguration` in a template has it.
 *
 * @param keyArn of a key that is given by id or ARN
 */
export function replicationOf(configuration: unknown, keyArn: (key: unknown) => string | undefined): Replication | undefined {
  if (configuration === undefined) return undefined;
  const { Role, Rules } = configuration as Properties;
  return { role: String(Role), rules: list(Rules).map((rule, index) => replicationRule(rule, index, keyArn)) };
}

function replicationRule(rule: Properties, index: number, keyArn: (key: unknown) => string | undefined): ReplicationRule {
  const destination = rule.Destination as Properties;
  const filter = rule.Filter as Properties | undefined;
  const and = (filter?.And ?? filter ?? {}) as Properties;
  const criteria = (rule.SourceSelectionCriteria ?? {}) as Properties;
  const { ReplicaKmsKeyID } = (destination.EncryptionConfiguration ?? {}) as Properties;
  const owner = (destination.AccessControlTranslation as Properties | undefined)?.Owner;
  return {
    id: String(rule.Id ?? `rule-${index + 1}`), enabled: rule.Status === 'Enabled', priority: number(rule.Priority),
    ...(filter ? { filter: { prefix: and.Prefix as string | undefined, tags: tagsOf(list(and.TagFilters, and.TagFilter)) } }
      : { old: true, filter: { prefix: rule.Prefix as string | undefined } }),
    destination: {
      bucket: String(destination.Bucket).replace(/^arn:[^:]*:s3:::/, ''), account: destination.Account as string | undefined,
      storageClass: destination.StorageClass as string | undefined, keyArn: keyArn(ReplicaKmsKeyID),
      changesOwner: owner === 'Destination', timeControl: isEnabled(destination.ReplicationTime), metrics: isEnabled(destination.Metrics),
    },
    deleteMarkers: isEnabled(rule.DeleteMarkerReplication),
    kmsEncrypted: isEnabled(criteria.SseKmsEncryptedObjects), replicaModifications: isEnabled(criteria.ReplicaModifications),
  };
}
