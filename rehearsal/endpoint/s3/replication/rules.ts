import type { ObjectVersion } from '../state';

export interface ReplicationFilter { prefix?: string; tags?: Record<string, string> }

/** One rule of a replication configuration (S3 User Guide, "Replication configuration file elements"). */
export interface ReplicationRule {
  id: string;
  enabled: boolean;
  /** Where several rules lead to one bucket, the highest number decides. */
  priority?: number;
  filter: ReplicationFilter;
  /** Given in the form before filters, with a prefix of its own; delete markers then replicate always. */
  old?: boolean;
  destination: {
    bucket: string;
    /** Of the replicas. @default the source's */
    storageClass?: string;
    /** Of the replicas of what a KMS key encrypts. */
    keyArn?: string;
    account?: string;
    /** Replicas belong to the destination's account. */
    changesOwner?: boolean;
    /** Within 15 minutes, with metrics and events. */
    timeControl?: boolean;
    metrics?: boolean;
  };
  deleteMarkers?: boolean;
  /** Whether what a KMS key encrypts is replicated at all. @default false */
  kmsEncrypted?: boolean;
  /** Whether changes of a replica's metadata go back. */
  replicaModifications?: boolean;
}

export interface Replication {
  /** ARN of the role that S3 replicates by. */
  role: string;
  rules: ReplicationRule[];
}

/**
 * The rules by which a new version goes elsewhere, one a destination. Replicas are not replicated further; what a KMS key encrypts
 * only where the rule says so (S3 User Guide, "What does Amazon S3 replicate?" and "Replicating encrypted objects"). A delete marker
 * has no tags, and rules by tag never replicate it ("Replicating delete markers between buckets").
 */
export function rulesFor(
  { rules }: Replication, key: string, version: Pick<ObjectVersion, 'tags' | 'deleteMarker' | 'encryption' | 'replication'>,
): ReplicationRule[] {
  if (version.replication === 'REPLICA') return [];
  const chosen = new Map<string, ReplicationRule>();
  for (const rule of rules.filter((one) => one.enabled && applies(one, key, version))) {
    const { bucket } = rule.destination;
    if ((chosen.get(bucket)?.priority ?? -1) < (rule.priority ?? 0)) chosen.set(bucket, rule);
  }
  return [...chosen.values()];
}

function applies(
  rule: ReplicationRule, key: string, version: Pick<ObjectVersion, 'tags' | 'deleteMarker' | 'encryption'>,
): boolean {
  const { prefix = '', tags = {} } = rule.filter;
  if (!key.startsWith(prefix)) return false;
  if (version.deleteMarker) return Object.keys(tags).length === 0 && (rule.old === true || rule.deleteMarkers === true);
  if (version.encryption.algorithm !== 'AES256' && !rule.kmsEncrypted) return false;
  return Object.entries(tags).every(([name, value]) => version.tags[name] === value);
}
