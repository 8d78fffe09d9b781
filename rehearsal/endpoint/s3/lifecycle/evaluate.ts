import { DAY, midnightAfter } from '../../clock';
import type { ObjectVersion } from '../state';
import type { Expiration, Lifecycle, LifecycleFilter, LifecycleRule, NoncurrentAge, SmallestTransition, Transition } from './rules';

/** What the rules look at in a version. */
export type VersionFacts = Pick<
  ObjectVersion, 'versionId' | 'deleteMarker' | 'lastModified' | 'size' | 'tags' | 'storageClass' | 'retention' | 'legalHold' | 'replication'
>;

/** A key with its versions, newest first. */
export interface KeyFacts { key: string; versions: readonly VersionFacts[] }

export interface UploadFacts { key: string; uploadId: string; initiated: number }

export interface BucketFacts {
  versioning: '' | 'Enabled' | 'Suspended';
  keys: Iterable<KeyFacts>;
  uploads: Iterable<UploadFacts>;
}

/** What S3 does to one thing at one midnight, and which rule asks for it. */
export type LifecycleAction =
  /** A delete marker goes over the current version; without versioning the object is removed. */
  | { kind: 'expire'; key: string; versionId: string; rule: string }
  /** Gone for good: a noncurrent version, or a delete marker that stands alone. */
  | { kind: 'remove'; key: string; versionId: string; rule: string; deleteMarker: boolean }
  | { kind: 'transition'; key: string; versionId: string; rule: string; storageClass: string }
  | { kind: 'abort'; key: string; uploadId: string; rule: string }
  /** It would be removed, but for its lock: `until` is the end of its retention, absent under a legal hold. */
  | { kind: 'held'; key: string; versionId: string; rule: string; until?: number };

const SMALLEST_TRANSITION_BYTES = 128 * 1024;

/**
 * The instant from which a rule of so many days applies: the days are added to the object's creation (of a noncurrent version, to that
 * of its successor), and the sum goes up to the next midnight UTC. Created on 1/15/2014 10:30 with 3 days is 1/19/2014 00:00 (S3 User
 * Guide, "Lifecycle configuration elements", "Lifecycle rules: Based on an object's age"). What falls on a midnight exactly waits for
 * the next one, the later reading of that sentence.
 */
export function dueAt(since: number, days: number): number {
  return midnightAfter(since + days * DAY);
}

/** All that is due in a bucket at `now`. Nothing is changed, so that a marker that appears now counts from the next midnight on. */
export function evaluate(bucket: BucketFacts, lifecycle: Lifecycle, now: number): LifecycleAction[] {
  const rules = lifecycle.rules.filter(({ enabled }) => enabled);
  const actions: LifecycleAction[] = [];
  for (const { key, versions } of bucket.keys) {
    const [current, ...noncurrent] = versions;
    const smallest = lifecycle.smallestTransition ?? 'all_storage_classes_128K';
    if (current) push(actions, ofCurrent({ key, version: current, rules, now, smallest }, bucket.versioning, noncurrent.length === 0));
    noncurrent.forEach((version, index) => {
      push(actions, ofNoncurrent({ key, version, rules, now, smallest }, versions[index].lastModified, index));
    });
  }
  for (const upload of bucket.uploads) push(actions, ofUpload(upload, rules, now));
  return actions;
}

interface Case { key: string; version: VersionFacts; rules: readonly LifecycleRule[]; now: number; smallest: SmallestTransition }

/**
 * Permanent deletion takes precedence over transition, transition over a delete marker (S3 User Guide, "How Amazon S3 handles conflicts
 * in lifecycle configurations").
 */
function ofCurrent(one: Case, versioning: BucketFacts['versioning'], alone: boolean): LifecycleAction | undefined {
  const { key, version, rules, now } = one;
  if (isBlocked(version)) return undefined;
  if (version.deleteMarker) return alone ? ofLoneMarker(one) : undefined;
  const rule = rules.find(({ filter, expiration }) => expiration && !('lone' in expiration)
    && isDue(expiration, version.lastModified, now) && matches(filter, key, version));
  const expiry: LifecycleAction | undefined = rule && { kind: 'expire', key, versionId: version.versionId, rule: rule.id };
  const isPermanent = versioning === '' || (versioning === 'Suspended' && version.versionId === 'null');
  if (expiry && isPermanent) return expiry;
  const due = (each: Transition): boolean => isDue(each, version.lastModified, now);
  return transition(one, ({ transitions = [] }) => transitions.filter(due)) ?? expiry;
}

/**
 * A delete marker with no version below it goes at once by ExpiredObjectDeleteMarker, or by a rule with an age once it has that age
 * (S3 User Guide, "Lifecycle configuration elements", "Expiration action"). It has neither tags nor size, so rules that ask for either
 * leave it.
 */
function ofLoneMarker({ key, version, rules, now }: Case): LifecycleAction | undefined {
  const rule = rules.find(({ filter, expiration }) => expiration && ('lone' in expiration || isDue(expiration, version.lastModified, now))
    && matches(filter, key, version));
  return rule && { kind: 'remove', key, versionId: version.versionId, rule: rule.id, deleteMarker: true };
}

/**
 * @param since when it became noncurrent: the creation of its successor (S3 User Guide, "Lifecycle configuration elements", "How Amazon
 *   S3 calculates how long an object has been noncurrent")
 * @param newer how many noncurrent versions are newer
 */
function ofNoncurrent(one: Case, since: number, newer: number): LifecycleAction | undefined {
  const { key, version, rules, now } = one;
  if (isBlocked(version)) return undefined;
  const isOld = (age: NoncurrentAge | undefined): boolean =>
    age !== undefined && now >= dueAt(since, age.days) && (age.newer === undefined || newer >= age.newer);
  const rule = rules.find(({ filter, noncurrentExpiration }) => isOld(noncurrentExpiration) && matches(filter, key, version));
  if (!rule) return transition(one, ({ noncurrentTransitions = [] }) => noncurrentTransitions.filter(isOld));
  const { versionId } = version;
  // A locked version stays, whatever the rules say (S3 User Guide, "Object Lock considerations", "Managing S3 Lifecycle policies").
  if (version.legalHold) return { kind: 'held', key, versionId, rule: rule.id };
  if (version.retention && version.retention.until > now) return { kind: 'held', key, versionId, rule: rule.id, until: version.retention.until };
  return { kind: 'remove', key, versionId, rule: rule.id, deleteMarker: version.deleteMarker === true };
}

/** An upload has neither tags nor size: S3 refuses such rules. */
function ofUpload({ key, uploadId, initiated }: UploadFacts, rules: readonly LifecycleRule[], now: number): LifecycleAction | undefined {
  const rule = rules.find(({ filter, abortUploadDays }) =>
    abortUploadDays !== undefined && now >= dueAt(initiated, abortUploadDays) && key.startsWith(filter.prefix ?? ''));
  return rule && { kind: 'abort', key, uploadId, rule: rule.id };
}

/**
 * What could not be replicated yet, or not at all, is neither expired nor moved (S3 User Guide, "How S3 Lifecycle interacts with other
 * bucket configurations", "S3 Lifecycle and replication").
 */
function isBlocked({ replication }: VersionFacts): boolean {
  return replication === 'PENDING' || replication === 'FAILED';
}

function isDue(when: Exclude<Expiration, { lone: true }> | Transition, since: number, now: number): boolean {
  if ('days' in when && when.days !== undefined) return now >= dueAt(since, when.days);
  return 'date' in when && when.date !== undefined && now >= when.date;
}

function matches({ prefix = '', tags = {}, sizeGreaterThan, sizeLessThan }: LifecycleFilter, key: string, version: VersionFacts): boolean {
  if (!key.startsWith(prefix)) return false;
  if (version.deleteMarker && (Object.keys(tags).length > 0 || sizeGreaterThan !== undefined || sizeLessThan !== undefined)) return false;
  return Object.entries(tags).every(([name, value]) => version.tags[name] === value)
    && version.size > (sizeGreaterThan ?? -1) && version.size < (sizeLessThan ?? Infinity);
}

/** Where a class may go on to (S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle", "Supported transitions"). */
const ONWARD: Record<string, readonly string[]> = {
  STANDARD: ['STANDARD_IA', 'INTELLIGENT_TIERING', 'ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'],
  STANDARD_IA: ['INTELLIGENT_TIERING', 'ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'],
  INTELLIGENT_TIERING: ['ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'],
  ONEZONE_IA: ['GLACIER', 'DEEP_ARCHIVE'],
  GLACIER_IR: ['GLACIER', 'DEEP_ARCHIVE'],
  GLACIER: ['DEEP_ARCHIVE'],
};

/** Of several the cheapest, but Intelligent-Tiering before all others than the two archives ("How Amazon S3 handles conflicts …"). */
const PREFERRED = ['DEEP_ARCHIVE', 'GLACIER', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'ONEZONE_IA', 'STANDARD_IA'];

function transition(one: Case, dueOf: (rule: LifecycleRule) => { storageClass: string }[]): LifecycleAction | undefined {
  const { key, version, rules } = one;
  if (version.deleteMarker) return undefined;
  const onward = ONWARD[version.storageClass] ?? [];
  const due = rules.filter(({ filter }) => matches(filter, key, version)).flatMap((rule) => dueOf(rule)
    .filter(({ storageClass }) => onward.includes(storageClass) && isLargeEnough(one, rule, storageClass))
    .map(({ storageClass }) => ({ storageClass, rule: rule.id })));
  const [best] = due.sort((a, b) => PREFERRED.indexOf(a.storageClass) - PREFERRED.indexOf(b.storageClass));
  return best && { kind: 'transition', key, versionId: version.versionId, rule: best.rule, storageClass: best.storageClass };
}

/** A rule with a size filter has its own limit. */
function isLargeEnough({ version, smallest }: Case, { filter }: LifecycleRule, storageClass: string): boolean {
  if (filter.sizeGreaterThan !== undefined || filter.sizeLessThan !== undefined) return true;
  const isArchive = storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
  return version.size >= SMALLEST_TRANSITION_BYTES || (isArchive && smallest === 'varies_by_storage_class');
}

function push(actions: LifecycleAction[], action: LifecycleAction | undefined): void {
  if (action) actions.push(action);
}
