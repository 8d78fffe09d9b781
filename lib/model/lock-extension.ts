import type { ReleaseMark } from './release';

/**
 * How far below its period a lock is set: S3 counts the days that a role may ask for by its own clock, and nobody's clock here is
 * further from it.
 */
export const LOCK_MARGIN_SECONDS = 15 * 60;

/** From the tag that releases a copy to the last of its bytes: two lifecycle rules, each rounded to the next midnight UTC. */
const LIFECYCLE_SECONDS = 2 * 86_400;

/** A round's start may be tried for an hour, and its worker again. */
const LATE_SECONDS = 2 * 3600;

/** A lock must last so many rounds: one of them may be lost, and the next be late. */
export const ROUNDS_A_PERIOD = 3;

export interface LockTerms {
  /** What a copy is locked for, from its writing and from each extension on. */
  readonly periodSeconds: number;
  /** The longest time between two rounds. */
  readonly longestGapSeconds: number;
  /** No copy may be older than that. */
  readonly ceilingSeconds?: number;
}

/** A copy's lock, as its manifest says it, in seconds since 1970. */
export interface CopyLock {
  /** The run's scheduled instant. */
  readonly slot: number;
  /** When the manifest was written: after every part. */
  readonly writtenAt: number;
  /** The first of its parts was written at most so long before. */
  readonly writingSeconds: number;
  /** End of the manifest's lock; undefined when it has none. */
  readonly until: number | undefined;
}

/**
 * - `leaving`: nothing keeps it, or it is announced or released; its lock is left to end
 * - `locked`: its lock outlasts the rounds that follow, also when one of them is lost
 * - `extend`: to that instant
 * - `ceiling`: it is kept, its lock ends soon, and no copy may be locked past its greatest age
 */
export type LockStep =
  | { readonly kind: 'leaving' }
  | { readonly kind: 'locked' | 'ceiling'; readonly until: number | undefined }
  | { readonly kind: 'extend'; readonly until: number };

/**
 * What becomes of one copy's lock. A kept copy is never without one as long as no two rounds in a row are lost; a copy that nothing keeps
 * any more is locked for one period more at the most.
 *
 * @param keep what retention decided now
 * @param now seconds since 1970
 */
export function lockStep(lock: CopyLock, mark: ReleaseMark, keep: boolean, terms: LockTerms, now: number): LockStep {
  if (mark.kind === 'pending' || mark.kind === 'expire' || !keep) return { kind: 'leaving' };
  const end = weakestEnd(lock, terms);
  if (end !== undefined && end - now >= enoughSeconds(terms)) return { kind: 'locked', until: lock.until };
  const whole = Math.floor(now + terms.periodSeconds - LOCK_MARGIN_SECONDS);
  const until = terms.ceilingSeconds === undefined ? whole : Math.min(whole, lock.slot + terms.ceilingSeconds - LIFECYCLE_SECONDS);
  return until > now && until > (end ?? now) ? { kind: 'extend', until } : { kind: 'ceiling', until: lock.until };
}

type Rounds = Pick<LockTerms, 'periodSeconds' | 'longestGapSeconds'>;

/** What a round leaves no kept copy below. */
function enoughSeconds({ periodSeconds, longestGapSeconds }: Rounds): number {
  return Math.max(periodSeconds / 2, 2 * longestGapSeconds + LATE_SECONDS);
}

/** What the lock of a kept copy has left at the least while no round is lost: just before the next, which may be late. */
export function leastLeftSeconds(terms: Rounds): number {
  return enoughSeconds(terms) - terms.longestGapSeconds - LATE_SECONDS;
}

/** From one extension of a kept copy's lock to the next, at the least. */
export function secondsBetweenExtensions(terms: Rounds): number {
  return terms.periodSeconds - enoughSeconds(terms);
}

/** Parts have the lock of their own writing until the first extension, which gives all of a copy one end. */
function weakestEnd({ until, writtenAt, writingSeconds }: CopyLock, { periodSeconds }: LockTerms): number | undefined {
  if (until === undefined) return undefined;
  return until > writtenAt + periodSeconds ? until : until - writingSeconds;
}
