import { MINIMUM_DAYS, STORAGE_CLASSES, type StorageClass } from './prices';
import { decide, type Copy, type RetentionRules } from './retention';

const DAY = 86_400;

/** A year has one of each period that retention knows. */
const YEAR_DAYS = 365.25;

/** Up to so many slots in four years, all four are followed: a year has 52 or 53 weeks. */
const FEW_SLOTS = 750;

/** What lives longer is counted as living so long. */
export const LONGEST_YEARS = 30;

/**
 * From the tag that releases a copy to the last of its bytes: the rule that makes a version noncurrent and the one that removes it take
 * a day each, rounded to midnight UTC (S3 User Guide, "Examples of S3 Lifecycle configurations" and "Lifecycle configuration elements").
 */
const LIFECYCLE_DAYS = 2;

/** A class that copies go to at an age. */
export interface StorageTransition {
  readonly afterDays: number;
  readonly storageClass: StorageClass;
}

export interface StoredCopiesProps {
  /** Slots (epoch seconds, ascending) from one instant up to another. */
  readonly slots: (from: number, to: number) => readonly number[];
  /** Any instant, epoch seconds; figures of a year from it are taken. */
  readonly from: number;
  readonly rules: RetentionRules;
  readonly timeZone: string;
  readonly minimumVerified: number;
  /** How long a released copy stays before a rule may remove it. */
  readonly graceSeconds: number;
  /** How long nobody can remove a copy, counted from its creation. */
  readonly lockSeconds: number;
  readonly transitions: readonly StorageTransition[];
}

/** What a store holds once as many copies go as come, on average over a year. */
export interface StoredCopies {
  readonly runsAMonth: number;
  /** Copies that retention keeps. */
  readonly kept: number;
  /** Copies that it released and that are still there: grace, lock, lifecycle. */
  readonly released: number;
  /** Copies in each class; the sum is `kept + released`. */
  readonly byClass: Readonly<Record<StorageClass, number>>;
  /** Copies that are gone from a class before its minimum days and are paid for all the same. */
  readonly goneButPaid: Readonly<Record<StorageClass, number>>;
  /** Copies that move into each class, a month. */
  readonly moves: Readonly<Record<StorageClass, number>>;
  /** Some copies outlive `LONGEST_YEARS` and are counted up to there. */
  readonly endless: boolean;
}

/**
 * The steady state of a store by retention's own decisions: every copy good, taken at its slot, decided on daily. Each copy of a year is
 * followed until it is gone; as many copies lie in the store as are made in a time, times how long one stays.
 */
export function storedCopies(props: StoredCopiesProps): StoredCopies {
  const { from, graceSeconds, lockSeconds } = props;
  const fourYears = props.slots(from, from + 4 * YEAR_DAYS * DAY);
  const days = fourYears.length <= FEW_SLOTS ? 4 * YEAR_DAYS : 365;
  const months = days / (YEAR_DAYS / 12);
  const cohort = fourYears.filter((slot) => slot < from + days * DAY);
  const released = releases(props, cohort);
  const totals = { kept: 0, released: 0, byClass: perClass(), goneButPaid: perClass(), moves: perClass() };
  let endless = false;
  for (const slot of cohort) {
    const release = released.get(slot);
    endless ||= release === undefined;
    const keptDays = ((release ?? from + LONGEST_YEARS * YEAR_DAYS * DAY) - slot) / DAY;
    const livedDays = Math.max(keptDays + graceSeconds / DAY, lockSeconds / DAY) + LIFECYCLE_DAYS;
    totals.kept += keptDays / days;
    totals.released += (livedDays - keptDays) / days;
    for (const { storageClass, stayed, moved } of staysOf(livedDays, props.transitions)) {
      totals.byClass[storageClass] += stayed / days;
      totals.goneButPaid[storageClass] += Math.max(0, MINIMUM_DAYS[storageClass] - stayed) / days;
      if (moved) totals.moves[storageClass] += 1 / months;
    }
  }
  return { ...totals, runsAMonth: cohort.length / months, endless };
}

/** When each copy of the cohort was released; those that were not within `LONGEST_YEARS` are left out. */
function releases(props: StoredCopiesProps, cohort: readonly number[]): Map<number, number> {
  const { from, slots, rules, timeZone, minimumVerified } = props;
  const eras = [{ since: from - DAY, rules, timeZone, minimumVerified, gapSeconds: DAY }];
  const waiting = new Set(cohort);
  const released = new Map<number, number>();
  const end = from + LONGEST_YEARS * YEAR_DAYS * DAY;
  let youngest = cohort.length - 1;
  let kept: Copy[] = [];
  for (let now = from; now < end && waiting.size > 0;) {
    while (youngest > 0 && !waiting.has(cohort[youngest])) youngest--;
    const days = stepDays(now - cohort[youngest], kept.length);
    const next = Math.min(end, now + days * DAY);
    const made = slots(now, next).map((slot): Copy => ({ runId: String(slot), slot, outcome: 'proven' }));
    now = next;
    const known = [...kept, ...made];
    const keep = new Set(decide(known, eras, now).filter((decision) => decision.keep).map(({ runId }) => runId));
    kept = known.filter((copy) => {
      if (keep.has(copy.runId)) return true;
      // A longer step stands for a decision on any of its days.
      if (waiting.delete(copy.slot)) released.set(copy.slot, Math.max(copy.slot, now - (days - 1) / 2 * DAY));
      return false;
    });
  }
  return released;
}

/** Retention decides daily. Where the youngest copy that is followed is old, or thousands are kept, a few days more say little. */
function stepDays(youngestSeconds: number, kept: number): number {
  return Math.max(1, Math.floor(youngestSeconds / DAY / 40), Math.ceil(kept / 400));
}

interface Stay {
  readonly storageClass: StorageClass;
  /** Days. */
  readonly stayed: number;
  /** By a lifecycle rule. */
  readonly moved: boolean;
}

/** The classes that a copy goes through in its life. */
function staysOf(livedDays: number, transitions: readonly StorageTransition[]): Stay[] {
  const starts = [{ afterDays: 0, storageClass: 'STANDARD' as StorageClass, moved: false }];
  for (const { afterDays, storageClass } of [...transitions].sort((a, b) => a.afterDays - b.afterDays)) {
    if (afterDays < livedDays) starts.push({ afterDays, storageClass, moved: true });
  }
  return starts
    .map(({ afterDays, storageClass, moved }, index) => ({
      storageClass, moved, stayed: (starts[index + 1]?.afterDays ?? livedDays) - afterDays,
    }))
    .filter(({ stayed }) => stayed > 0);
}

function perClass(): Record<StorageClass, number> {
  return Object.fromEntries(STORAGE_CLASSES.map((name) => [name, 0])) as Record<StorageClass, number>;
}
