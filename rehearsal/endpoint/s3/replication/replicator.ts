import { ApiError } from '../../errors';
import type { Gate } from '../../exchange';
import { standardRetention } from '../locks';
import type { S3Parts } from '../service';
import { type Bucket, type ObjectVersion, regionOf } from '../state';
import { permissionsFor } from './permissions';
import { rulesFor, type ReplicationRule } from './rules';

/** `version`: it goes there for the first time; `metadata`: its tags or its lock have changed since. */
interface Item { bucket: string; key: string; versionId: string; rule: ReplicationRule; kind: 'version' | 'metadata'; due: number }

/** A role lacks a permission, or something is not as it must be: S3 does not try again. */
class ReplicationRefused extends Error {}

/**
 * Brings new versions, their later tags and locks, and delete markers to the buckets that replication rules name. Never: what was there
 * before the rule, deletions of versions, and what lifecycle did (S3 User Guide, "What does Amazon S3 replicate?").
 */
export class Replicator {
  private readonly queue: Item[] = [];
  private working: Promise<void> = Promise.resolve();
  private ended = false;
  /** Nothing is brought anywhere while it is true. */
  held = false;

  /** @param lagMilliseconds between a write and its replica, of the store's clock; 0 is at once, in the background */
  constructor(private readonly services: S3Parts, private readonly lagMilliseconds: number) {}

  /** Takes up what a run before has left pending. */
  resume(): void {
    for (const bucket of this.services.state.buckets.values()) {
      for (const [key, versions] of bucket.versions) {
        for (const version of versions) if (version.replication === 'PENDING') this.enqueue(bucket, key, version, 'version');
      }
    }
  }

  /** Called with a new version (or marker of a delete request) before it is stored. */
  noteVersion(bucket: Bucket, key: string, version: ObjectVersion): void {
    if (this.enqueue(bucket, key, version, 'version')) version.replication = 'PENDING';
  }

  /** Called when tags or lock of a stored version have changed: S3 replicates that only of what it replicates. */
  noteChange(bucket: Bucket, key: string, version: ObjectVersion): void {
    if (version.replication !== 'COMPLETED' && version.replication !== 'PENDING') return;
    if (this.enqueue(bucket, key, version, 'metadata')) version.replication = 'PENDING';
  }

  private enqueue(bucket: Bucket, key: string, version: ObjectVersion, kind: Item['kind']): boolean {
    const { replication } = bucket.settings;
    if (!replication) return false;
    // A change goes where the version went, whichever tags it has now.
    const rules = kind === 'metadata'
      ? replication.rules.filter(({ enabled, destination }) => enabled && this.replicaOf(destination.bucket, key, version.versionId))
      : rulesFor(replication, key, version);
    const due = this.services.settings.now().getTime() + this.lagMilliseconds;
    for (const rule of rules) this.queue.push({ bucket: bucket.settings.name, key, versionId: version.versionId, rule, kind, due });
    if (rules.length && this.lagMilliseconds === 0) setImmediate(() => void this.drain(due));
    return rules.length > 0;
  }

  /** Replicates all that is due by then. */
  drain(until: number): Promise<void> {
    this.working = this.working.then(async () => {
      const tried = new Set<Item>();
      for (;;) {
        const at = this.queue.findIndex((item) => item.due <= until && !tried.has(item));
        if (at < 0 || this.ended || this.held) return;
        const [item] = this.queue.splice(at, 1);
        tried.add(item);
        if (!(await this.replicate(item))) this.queue.push(item);
      }
    });
    return this.working;
  }

  /** Lets what is on its way end, and begins nothing more. */
  async stop(): Promise<void> {
    this.ended = true;
    await this.working;
  }

  private replicaOf(bucket: string, key: string, versionId: string): ObjectVersion | undefined {
    return this.services.state.buckets.get(bucket)?.versions.get(key)?.find((one) => one.versionId === versionId);
  }

  /** @returns false when it must be tried again: a region that is not there is a passing failure, and its objects stay pending */
  private async replicate(item: Item): Promise<boolean> {
    const { state, settings } = this.services;
    const source = state.buckets.get(item.bucket);
    const version = source?.versions.get(item.key)?.find(({ versionId }) => versionId === item.versionId);
    // Removed before its turn came, or by now without a configuration.
    if (!source?.settings.replication || !version) return true;
    const target = state.buckets.get(item.rule.destination.bucket);
    if ([source, target].some((bucket) => bucket && settings.lostRegions.has(regionOf(bucket, settings)))) return false;
    try {
      await this.copy(item, source, version, target);
      this.settle(source, item, version, 'COMPLETED');
    } catch (error) {
      if (!(error instanceof ReplicationRefused) && !(error instanceof ApiError)) throw error;
      this.settle(source, item, version, 'FAILED');
    }
    return true;
  }

  private settle(source: Bucket, { key, versionId }: Item, version: ObjectVersion, outcome: 'COMPLETED' | 'FAILED'): void {
    const waits = this.queue.some((other) => other.bucket === source.settings.name && other.key === key && other.versionId === versionId);
    if (outcome === 'FAILED' || (!waits && version.replication !== 'FAILED')) version.replication = outcome;
    const versions = source.versions.get(key);
    if (versions?.includes(version)) this.services.state.saveVersions(source, key, versions);
  }

  private async copy(item: Item, source: Bucket, version: ObjectVersion, target: Bucket | undefined): Promise<void> {
    const { gate, settings, keys } = this.services;
    if (target?.settings.versioning !== 'Enabled') throw new ReplicationRefused('the destination is gone or has no versions');
    const lockable = target.settings.objectLock || (!version.retention && !version.legalHold);
    if (!lockable) throw new ReplicationRefused('the destination has no Object Lock');
    for (const permission of permissionsFor({ item, source, version, target, settings, keys })) {
      await demand(gate, source.settings.replication!.role, permission);
    }
    if (version.encryption.keyArn) keys.usable(version.encryption.keyArn);
    if (item.rule.destination.keyArn && version.encryption.keyArn) keys.usable(item.rule.destination.keyArn);
    if (item.kind === 'metadata') this.carryOver(target, item.key, version);
    else await this.place(item, target, version);
  }

  /** What was given with the object and later; a lock that nobody may shorten stays as long as it was. */
  private carryOver(target: Bucket, key: string, version: ObjectVersion): void {
    const replica = this.replicaOf(target.settings.name, key, version.versionId);
    if (!replica) return;
    const old = replica.retention;
    const holds = old?.mode === 'COMPLIANCE' && old.until > this.services.settings.now().getTime();
    const weaker = holds && (version.retention?.mode !== 'COMPLIANCE' || version.retention.until < old.until);
    Object.assign(replica, { tags: version.tags, legalHold: version.legalHold, retention: weaker ? old : version.retention });
    this.services.state.saveVersions(target, key, target.versions.get(key)!);
  }

  /** The replica has the version id, the metadata and the creation time of its source, and stands where that time puts it. */
  private async place({ key, rule }: Item, target: Bucket, version: ObjectVersion): Promise<void> {
    const { blobs, state } = this.services;
    if (this.replicaOf(target.settings.name, key, version.versionId)) return;
    const { destination } = rule;
    const segments = await blobs.share(version.segments);
    const { encryption } = version;
    const replica: ObjectVersion = {
      ...version, segments, replication: 'REPLICA', storageClass: destination.storageClass ?? version.storageClass,
      encryption: encryption.keyArn && destination.keyArn
        ? { ...encryption, keyArn: this.services.keys.arnOf(destination.keyArn), bucketKey: target.settings.encryption.bucketKey }
        : encryption,
      // Of an object without a lock, the destination's own, here from the object's creation: the earlier of its possible ends.
      retention: version.retention ?? (version.deleteMarker ? undefined : standardRetention(target, version.lastModified)),
    };
    const versions = target.versions.get(key) ?? [];
    const at = versions.findIndex(({ lastModified }) => lastModified <= version.lastModified);
    const [newer, older] = at < 0 ? [versions, []] : [versions.slice(0, at), versions.slice(at)];
    state.saveVersions(target, key, [...newer, replica, ...older]);
  }
}

async function demand(gate: Gate, role: string, permission: Parameters<Gate['ask']>[1]): Promise<void> {
  const decision = await gate.ask(role, permission);
  if (!decision.allow) throw new ReplicationRefused(decision.reason);
}
