/** What is marked on a copy, in the words of its manifest's tag. */
export type ReleaseMark =
  | { readonly kind: 'none' | 'expire' | 'keep' | 'other' }
  /** Epoch seconds of the announcement. */
  | { readonly kind: 'pending'; readonly since: number; readonly releasing: boolean };

/**
 * - `stay`: nothing to do, a reason keeps it
 * - `announce`: nothing keeps it, the grace begins
 * - `wait`: the grace runs
 * - `release`: the grace is over
 * - `take-back`: a reason keeps it again
 * - `gone`: released before
 */
export type ReleaseStep = 'stay' | 'announce' | 'wait' | 'release' | 'take-back' | 'gone';

/**
 * The next step of one copy. A copy goes only by two steps that lie the grace apart, and every step can be taken back until its objects
 * are deleted.
 *
 * @param keep what retention decided now
 * @param now epoch seconds
 * @param graceSeconds from the announcement to the release
 */
export function releaseStep(mark: ReleaseMark, keep: boolean, now: number, graceSeconds: number): ReleaseStep {
  switch (mark.kind) {
    case 'keep': case 'other': return 'stay';
    case 'none': return keep ? 'stay' : 'announce';
    case 'expire': return keep ? 'take-back' : 'gone';
    case 'pending':
      if (keep) return 'take-back';
      return now - mark.since >= graceSeconds ? 'release' : 'wait';
  }
}

export interface Limited<T> {
  readonly now: T[];
  readonly later: T[];
}

/** What a round may release: the oldest first, and no more than the limit. */
export function withinLimit<T extends { readonly slot: number }>(due: readonly T[], limit: number): Limited<T> {
  const oldestFirst = [...due].sort((a, b) => a.slot - b.slot);
  return { now: oldestFirst.slice(0, limit), later: oldestFirst.slice(limit) };
}
