import { isProven } from '../copy';
import { expectedSlots, plannedSlots } from './expected-slots';
import { deviation, growth } from './figures';
import { addDays, countDays, type CountedDay, settle, type SettledSlot, withoutPause } from './settled';
import type { Note, StoredCopy, WatchFacts } from './watched';
import { notesOf } from './notes';
import { provenCopies } from './proven-copies';

const DAY = 86_400;

/** No slot is looked for further back. */
const LONGEST_SEARCH_SECONDS = 366 * DAY;

/** Gauges of one protection, by the keys of `METRICS`. */
export interface ProtectionGauges {
  readonly recoveryPointAge: number;
  readonly overdueSeconds: number;
  readonly failedRuns: number;
  readonly successRate: number;
  readonly unprovenCopies: number;
  readonly unverifiedAge: number;
  readonly provenCopies: number;
  readonly missingProvenCopies: number;
  readonly sizeDeviation: number;
  readonly rowsDeviation: number;
  readonly runSeconds: number;
  readonly restoreOfRto: number;
  readonly drillAge: number;
  readonly storedBytes: number;
  readonly storeFill: number;
  readonly daysToCeiling: number;
  readonly replicaLag: number;
  readonly replicaFailures: number;
  readonly unreadable: number;
  readonly clockSkew: number;
  readonly lastReadAge: number;
  readonly scheduleDrift: number;
  readonly pausedSeconds: number;
}

/** What a protection's facts come to. */
export interface Watched {
  readonly gauges: ProtectionGauges;
  readonly notes: readonly Note[];
  readonly newest?: StoredCopy;
  readonly newestProven?: StoredCopy;
  readonly days: readonly CountedDay[];
  /** In seconds since 1970. */
  readonly nextSlot?: number;
  /** Slots since the newest proven copy that failed, the oldest first. */
  readonly failed: readonly SettledSlot[];
}

/** Every gauge of one protection, and what there is to say. Ages are never negative: a clock that is wrong makes no copy younger. */
export function watch(facts: WatchFacts): Watched {
  const { now, since, copies, audit, pause, ceilingBytes } = facts;
  const byAge = [...copies].sort((one, other) => other.slot - one.slot);
  const newest = byAge.at(0);
  const newestProven = byAge.find(isProven);
  const newer = byAge.filter(({ slot }) => slot > (newestProven?.slot ?? -Infinity));
  const unverified = newer.filter(({ outcome }) => outcome === 'unverified');
  const failed = slotsAfter(facts, newestProven).filter(({ state }) => state === 'missing' || state === 'unproven');
  const [overdue] = expectedSlots(facts, Math.max((newest?.slot ?? -Infinity) + 1, now - LONGEST_SEARCH_SECONDS), now + 1);
  const days = daysOf(facts);
  const [expected, good] = [sum(days, 'expected'), sum(days, 'proven')];
  const drills = byAge
    .filter(({ restoreSeconds }) => restoreSeconds !== undefined)
    .sort((one, other) => (other.verdictAt ?? 0) - (one.verdictAt ?? 0));
  const compared = byAge.filter((copy) => isProven(copy) && newest !== undefined && copy.slot < newest.slot);
  const afterAudit = byAge.filter(({ finishedAt }) => audit === undefined || finishedAt > audit.at);
  const storedBytes = (audit?.storedBytes ?? 0) + afterAudit.reduce((bytes, copy) => bytes + copy.sizeBytes, 0);
  const late = copies.filter(({ missingIn }) => missingIn.length > 0);
  const proven = provenCopies(facts);
  const gauges: ProtectionGauges = {
    recoveryPointAge: age(now, newestProven ? Math.min(newestProven.recoveryPoint, newestProven.finishedAt) : since),
    overdueSeconds: overdue === undefined ? 0 : now - overdue,
    failedRuns: failed.length,
    successRate: expected === 0 ? 100 : good / expected * 100,
    unprovenCopies: newer.filter(({ outcome }) => outcome === 'not-proven').length,
    unverifiedAge: unverified.length === 0 ? 0 : age(now, Math.min(...unverified.map(({ finishedAt }) => finishedAt))),
    provenCopies: proven,
    missingProvenCopies: Math.max(0, dueCopies(facts) - proven),
    sizeDeviation: deviation(newest?.sizeBytes, compared.map((copy) => copy.sizeBytes)),
    rowsDeviation: deviation(newest?.rows, compared.map((copy) => copy.rows)),
    runSeconds: newest ? age(newest.finishedAt, newest.slot) : 0,
    restoreOfRto: (drills.at(0)?.restoreSeconds ?? 0) / facts.rtoSeconds * 100,
    drillAge: age(now, drills.at(0)?.verdictAt ?? since),
    storedBytes,
    storeFill: ceilingBytes === undefined ? 0 : storedBytes / ceilingBytes * 100,
    daysToCeiling: growth({ now, storedBytes, ceilingBytes, earlier: facts.earlier }),
    replicaLag: late.length === 0 ? 0 : age(now, Math.min(...late.map(({ finishedAt }) => finishedAt))),
    replicaFailures: facts.notReplicated.length,
    unreadable: facts.unreadable.length,
    clockSkew: Math.abs(newest?.skewSeconds ?? 0),
    lastReadAge: facts.readAt === undefined ? 0 : age(now, facts.readAt),
    scheduleDrift: facts.drift.length,
    pausedSeconds: pause && pause.until > now && pause.from <= now ? pause.until - now : 0,
  };
  const [nextSlot] = expectedSlots(facts, now, Math.max(now, pause?.until ?? 0) + 2 * facts.longestGapSeconds + DAY);
  const watched = { gauges, newest, newestProven, days, nextSlot, failed };
  return { ...watched, notes: notesOf(facts, watched) };
}

/** Before the newest proven copy whatever failed has been made good. */
function slotsAfter(facts: WatchFacts, newestProven: StoredCopy | undefined): SettledSlot[] {
  const { now, copies, longestRunSeconds, verdictSeconds } = facts;
  const from = Math.max((newestProven?.slot ?? -Infinity) + 1, now - LONGEST_SEARCH_SECONDS);
  return settle({ expected: expectedSlots(facts, from, now + 1), copies, now, longestRunSeconds, verdictSeconds });
}

/** What the audit counted, and the slots that it left. */
function daysOf(facts: WatchFacts): CountedDay[] {
  const { now, audit, windowFrom, copies, longestRunSeconds, verdictSeconds, timeZone } = facts;
  const from = Math.max(windowFrom, audit?.until === undefined ? -Infinity : audit.until + 1);
  const slots = settle({ expected: expectedSlots(facts, from, now + 1), copies, now, longestRunSeconds, verdictSeconds });
  const counted = audit?.until === undefined ? [] : withoutPause(audit.days, facts, audit.until, timeZone);
  return addDays(counted, countDays(slots, timeZone), now, timeZone);
}

/** As many as retention promises at least, or as many as there were slots whose run had all its time. */
function dueCopies(facts: WatchFacts): number {
  const { now, minimumVerified, longestGapSeconds, longestRunSeconds, verdictSeconds, pause } = facts;
  const until = now - longestRunSeconds - verdictSeconds;
  const paused = pause ? Math.max(0, Math.min(pause.until, until) - pause.from) : 0;
  const from = Math.max(until - (minimumVerified + 1) * longestGapSeconds - paused, now - LONGEST_SEARCH_SECONDS - paused);
  const planned = plannedSlots(facts, from, until).filter((slot) => !pause || slot < pause.from || slot >= pause.until);
  return Math.min(minimumVerified, planned.length);
}

function age(now: number, then: number): number {
  return Math.max(0, now - then);
}

function sum(days: readonly CountedDay[], field: 'expected' | 'proven'): number {
  return days.reduce((total, day) => total + day[field], 0);
}
