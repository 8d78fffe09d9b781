import { randomUUID } from 'node:crypto';
import { childNode, childNodes, childText, malformedXml, parseXml, toXml, type XmlNode, type XmlValue } from '../../xml';
import type { Replication, ReplicationFilter, ReplicationRule } from './rules';

const ARN = 'arn:aws:s3:::';

/** The body of PutBucketReplication. A rule without an id gets one, as S3 gives it. @throws ApiError MalformedXML */
export function parseReplication(body: Buffer): Replication {
  const node = parseXml(body, 'ReplicationConfiguration');
  const role = childText(node, 'Role');
  const rules = childNodes(node, 'Rule');
  if (!role || rules.length === 0 || rules.length > 1000) throw malformedXml();
  return { role, rules: rules.map(parseRule) };
}

function parseRule(node: XmlNode): ReplicationRule {
  const destination = childNode(node, 'Destination');
  const bucket = childText(destination, 'Bucket');
  if (!destination || !bucket?.startsWith(ARN)) throw malformedXml();
  const filter = childNode(node, 'Filter');
  const priority = childText(node, 'Priority');
  if (priority !== undefined && !/^\d+$/.test(priority)) throw malformedXml();
  const criteria = childNode(node, 'SourceSelectionCriteria');
  const account = childText(destination, 'Account');
  const storageClass = childText(destination, 'StorageClass');
  const keyArn = childText(childNode(destination, 'EncryptionConfiguration'), 'ReplicaKmsKeyID');
  return {
    id: childText(node, 'ID') || randomUUID(), enabled: status(node),
    ...(priority === undefined ? {} : { priority: Number(priority) }),
    ...(filter ? { filter: parseFilter(filter) } : { old: true, filter: { prefix: childText(node, 'Prefix') ?? '' } }),
    destination: {
      bucket: bucket.slice(ARN.length),
      ...(account ? { account } : {}), ...(storageClass ? { storageClass } : {}), ...(keyArn ? { keyArn } : {}),
      ...(childText(childNode(destination, 'AccessControlTranslation'), 'Owner') === 'Destination' ? { changesOwner: true } : {}),
      ...(enabled(destination, 'ReplicationTime') ? { timeControl: true } : {}),
      ...(enabled(destination, 'Metrics') ? { metrics: true } : {}),
    },
    ...(enabled(node, 'DeleteMarkerReplication') ? { deleteMarkers: true } : {}),
    ...(enabled(criteria, 'SseKmsEncryptedObjects') ? { kmsEncrypted: true } : {}),
    ...(enabled(criteria, 'ReplicaModifications') ? { replicaModifications: true } : {}),
  };
}

function parseFilter(node: XmlNode): ReplicationFilter {
  const from = childNode(node, 'And') ?? node;
  const tags = childNodes(from, 'Tag').map((tag) => [childText(tag, 'Key') ?? '', childText(tag, 'Value') ?? ''] as const);
  return {
    ...('Prefix' in from ? { prefix: childText(from, 'Prefix') ?? '' } : {}), ...(tags.length ? { tags: Object.fromEntries(tags) } : {}),
  };
}

function status(node: XmlNode | undefined): boolean {
  const text = childText(node, 'Status');
  if (text !== 'Enabled' && text !== 'Disabled') throw malformedXml();
  return text === 'Enabled';
}

function enabled(node: XmlNode | undefined, name: string): boolean {
  const child = childNode(node, name);
  return child !== undefined && status(child);
}

/** The document that GetBucketReplication answers. */
export function replicationXml({ role, rules }: Replication): string {
  return toXml('ReplicationConfiguration', { Role: role, Rule: rules.map(ruleXml) });
}

const ENABLED = { Status: 'Enabled' };
/** S3 knows no other time. */
const FIFTEEN_MINUTES = { Minutes: 15 };

function ruleXml(rule: ReplicationRule): XmlValue {
  const { destination } = rule;
  const criteria = {
    SseKmsEncryptedObjects: rule.kmsEncrypted ? ENABLED : undefined, ReplicaModifications: rule.replicaModifications ? ENABLED : undefined,
  };
  return {
    ID: rule.id, Priority: rule.priority, ...(rule.old ? { Prefix: rule.filter.prefix ?? '' } : { Filter: filterXml(rule.filter) }),
    Status: rule.enabled ? 'Enabled' : 'Disabled',
    SourceSelectionCriteria: rule.kmsEncrypted || rule.replicaModifications ? criteria : undefined,
    DeleteMarkerReplication: rule.old ? undefined : { Status: rule.deleteMarkers ? 'Enabled' : 'Disabled' },
    Destination: {
      Bucket: `${ARN}${destination.bucket}`, Account: destination.account, StorageClass: destination.storageClass,
      AccessControlTranslation: destination.changesOwner ? { Owner: 'Destination' } : undefined,
      EncryptionConfiguration: destination.keyArn === undefined ? undefined : { ReplicaKmsKeyID: destination.keyArn },
      ReplicationTime: destination.timeControl ? { ...ENABLED, Time: FIFTEEN_MINUTES } : undefined,
      Metrics: destination.metrics ? { ...ENABLED, ...(destination.timeControl ? { EventThreshold: FIFTEEN_MINUTES } : {}) } : undefined,
    },
  };
}

function filterXml({ prefix, tags = {} }: ReplicationFilter): { [name: string]: XmlValue } {
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const conditions = list.length + (prefix === undefined ? 0 : 1);
  return conditions > 1 ? { And: { Prefix: prefix, Tag: list } } : { Prefix: prefix, Tag: list };
}
