import type { ProtectionId } from '../../../lib/contract/object-keys';
import type { SentinelRequest, WatchedProtection } from '../../../lib/contract/sentinel-request';
import type { WatchedState } from '../../../lib/contract/sentinel-report';
import type { AuditedProtection, StoreAudit } from '../../../lib/contract/store-audit';
import { isProven } from '../../../lib/model/copy';
import { parseExpression } from '../../../lib/model/schedule';
import type { Pause } from '../../../lib/model/watch/expected-slots';
import { type ProtectionGauges, watch } from '../../../lib/model/watch/gauges';
import type { LastAudit, StoredCopy, WatchFacts } from '../../../lib/model/watch/watched';
import { rateAnchorOf, windowFrom } from '../../../lib/model/watch/window';
import { RefusedError } from '../errors';
import type { StoreReaderOptions } from '../store-reader';
import { seeSchedule } from './deployed';
import type { SeenPause } from './pauses';
import { lookAtReplicas, type ReplicaPlace } from './replicas';
import { recordsInForce } from './records';
import { damagedCopies, type DamagedCopies, weighDamage } from './damaged-copies';
import type { SeenScrub } from './scrubs';
import { readRun, readWindow, releasedAgainstRules, type StoreWindow } from './window';

/** Copies that a report has at most. */
const REPORTED = 100;

export interface RoundOfOne {
  readonly store: StoreReaderOptions;
  readonly request: SentinelRequest;
  readonly replicas: readonly ReplicaPlace[];
  readonly now: Date;
  readonly audit?: StoreAudit;
  /** The oldest audit of the last 30 days. */
  readonly earlier?: StoreAudit;
  /** Where stored copies are to be read again. */
  readonly scrub?: SeenScrub;
  /** What the first region says of its schedules, by protection; in a replica only. */
  readonly pauses?: ReadonlyMap<string, Pause>;
}

export interface WatchedOne {
  readonly state: WatchedState;
  readonly gauges: ProtectionGauges;
  /** Since when the protection is known to be in force. */
  readonly since: number;
  /** Copies that are let go against every rule. */
  readonly released: number;
  /** Of its schedule. */
  readonly pause: SeenPause['pause'];
}

/** Looks at one protection. @throws RunError when the store does not answer, or does not say what was declared */
export async function watchProtection(round: RoundOfOne, protection: WatchedProtection): Promise<WatchedOne> {
  const { store, request, replicas, now } = round;
  const id: ProtectionId = { environment: request.environment, application: request.application, protection: protection.protection };
  const { expression, timeZone, longestGapSeconds } = protection.schedule;
  const schedule = parseExpression(expression, timeZone);
  const seconds = now.getTime() / 1000;
  const [records, seen] = await Promise.all([
    recordsInForce(store, request, id, protection, now), seeSchedule(protection, request.store.region, store.signal),
  ]);
  const pause = protection.runs === undefined ? round.pauses?.get(protection.protection) : seen.pause;
  const audited = auditOf(round.audit, protection.protection);
  const { minimumVerified } = protection.retention;
  const from = windowFrom({
    schedule, now: seconds, minimumVerified, longestGapSeconds, graceSeconds: request.store.graceSeconds,
    countedUntil: audited?.last.until, rateAnchor: seen.rateAnchor,
  });
  // The bytes of a replica are its own.
  const damaged = protection.runs === undefined ? new Map() : damagedCopies(id, round.scrub, round.audit);
  const weigh = weighDamage(damaged);
  const window = withDamage(await withNewestProven(round, id, await readWindow(store, id, from, weigh), audited?.counted, weigh), damaged);
  if (records.length === 0 && window.copies.length === 0 && protection.runs === undefined) throw nothingArrived(id, request.store.bucket);
  const [replicated, released] = await Promise.all([
    lookAtReplicas(replicas, id, window.copies, from), releasedAgainstRules(store, window.copies),
  ]);
  const eras = records.map(({ since, declared }) => (
    { since: Date.parse(since) / 1000, schedule: parseExpression(declared.schedule.expression, declared.schedule.timeZone) }));
  const since = eras.at(0)?.since ?? seconds;
  const facts: WatchFacts = {
    now: seconds, since, eras, pause, timeZone, windowFrom: from,
    rateAnchor: rateAnchorOf(schedule, window.copies.map(({ slot }) => slot)) ?? seen.rateAnchor,
    copies: replicated.copies, audit: audited?.last, earlier: earlierOf(round.earlier, protection.protection),
    longestGapSeconds, longestRunSeconds: protection.longestRunSeconds, verdictSeconds: protection.verdictSeconds,
    rtoSeconds: protection.objectives.rtoSeconds, minimumVerified, ceilingBytes: protection.ceilingBytes,
    unreadable: window.unreadable, notReplicated: window.notReplicated, drift: seen.drift,
    damaged: [...window.damaged].map(([runId, { seenAt }]) => ({ runId, seenAt })),
    readAt: round.scrub?.readAt(protection.protection, since),
  };
  const watched = watch(facts);
  const regions = replicas.map(({ region }) => region);
  const damagedHere = [...window.damaged.values()].filter(({ said }) => said).length;
  const byAge = [...replicated.copies].sort((one, other) => other.slot - one.slot);
  return {
    gauges: watched.gauges, since, released: released.length, pause: seen.asked ? seen.pause ?? 'none' : undefined,
    state: {
      protection: protection.protection, gauges: { ...watched.gauges },
      ...watched.newest ? { newestCopy: shown(watched.newest, regions) } : {},
      ...watched.newestProven ? { newestProven: shown(watched.newestProven, regions) } : {},
      ...damagedHere > 0 ? { damagedCopies: damagedHere } : {},
      copies: byAge.slice(0, REPORTED).map((copy) => shown(copy, regions)),
      ...watched.gauges.pausedSeconds > 0 && pause ? { paused: { until: instant(pause.until), reason: pause.reason } } : {},
      ...watched.nextSlot === undefined ? {} : { nextSlot: instant(watched.nextSlot) },
      days: [...watched.days],
      notes: [...watched.notes, ...replicated.notes, ...released.map((said) => ({ metric: 'releasedTooMany', ...said }))],
    },
  };
}

/** Where nobody starts a run, what was declared comes with the copies. */
function nothingArrived({ protection }: ProtectionId, bucket: string): RefusedError {
  return new RefusedError(
    'REPLICA_EMPTY', `Nothing of ${protection} has arrived in ${bucket}, not even what was declared of it.`,
    'Look at the replication of the store; a policy of today is here within the hour.',
  );
}

/** Where the window has no proven copy, the newest that the audit knows. */
async function withNewestProven(
  { store }: RoundOfOne, id: ProtectionId, window: StoreWindow, audited: AuditedProtection | undefined,
  weigh: ReturnType<typeof weighDamage>,
): Promise<StoreWindow> {
  const runId = audited?.newestProven;
  if (runId === undefined || window.copies.some((copy) => isProven(copy) || copy.runId === runId)) return window;
  const { copies, unreadable, notReplicated } = await readRun(store, id, runId, weigh);
  return {
    copies: [...window.copies, ...copies],
    unreadable: [...window.unreadable, ...unreadable],
    notReplicated: [...window.notReplicated, ...notReplicated],
  };
}

/** With the damage that no verification has refuted since, said for each copy that is to be told. */
function withDamage(window: StoreWindow, damaged: DamagedCopies): StoreWindow & { readonly damaged: DamagedCopies } {
  const refuted = new Set(window.copies.filter((copy) => !copy.damaged).map(({ runId }) => runId));
  const standing = new Map([...damaged].filter(([runId]) => !refuted.has(runId)));
  return { ...window, damaged: standing, unreadable: [...window.unreadable, ...[...standing.values()].flatMap(({ said }) => said ?? [])] };
}

interface AuditOfOne {
  readonly counted: AuditedProtection;
  readonly last: LastAudit;
}

function auditOf(audit: StoreAudit | undefined, name: string): AuditOfOne | undefined {
  const counted = audit?.protections.find(({ protection }) => protection === name);
  if (!audit || !counted) return undefined;
  const { provenCopies, storedBytes, until, days, damaged = [] } = counted;
  const counts = { provenCopies, storedBytes, damaged, days, ...until === undefined ? {} : { until: Date.parse(until) / 1000 } };
  return { counted, last: { at: Date.parse(audit.at) / 1000, ...counts } };
}

function earlierOf(audit: StoreAudit | undefined, name: string): { at: number; storedBytes: number } | undefined {
  const counted = audit?.protections.find(({ protection }) => protection === name);
  return audit && counted && { at: Date.parse(audit.at) / 1000, storedBytes: counted.storedBytes };
}

function shown(copy: StoredCopy, regions: readonly string[]): WatchedState['copies'][number] {
  const { runId, recoveryPoint, finishedAt, sizeBytes, rows, outcome, verdictAt, restoreSeconds, missingIn } = copy;
  return {
    runId, recoveryPoint: instant(recoveryPoint), finishedAt: instant(finishedAt), sizeBytes, rows,
    ...outcome === 'unverified' ? {} : { outcome },
    ...verdictAt === undefined ? {} : { verifiedAt: instant(verdictAt) },
    ...restoreSeconds === undefined ? {} : { restoreSeconds },
    replicas: regions.map((region) => ({ region, whole: !missingIn.includes(region) })),
  };
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
