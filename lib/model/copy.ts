/** What is known of a copy: the outcome of its last verification, or that there was none. */
export type Outcome = 'proven' | 'proven-except' | 'checksums-only' | 'not-proven' | 'unverified';

/** A copy as the policy sees it. */
export interface Copy {
  readonly runId: string;
  /** The run's scheduled instant, in seconds since 1970. */
  readonly slot: number;
  readonly outcome: Outcome;
  /** Why it is under legal hold; absent when it is not. */
  readonly hold?: string;
}

/** Restored, and equal to its source but for what the verdict names. */
export const PROVEN = 3;
/** Every stored byte is as it was written, and nothing was restored. */
export const INTACT = 2;

const GRADES: { readonly [outcome in Outcome]: number } = {
  'proven': PROVEN, 'proven-except': PROVEN, 'checksums-only': INTACT, 'unverified': 1, 'not-proven': 0,
};

/** How good a copy is known to be; of two copies the one with the higher grade is rather kept. */
export function gradeOf(copy: Pick<Copy, 'outcome'>): number {
  return GRADES[copy.outcome];
}

export function isProven(copy: Pick<Copy, 'outcome'>): boolean {
  return gradeOf(copy) === PROVEN;
}

/** Newest first, and always in the same order. */
export function newestFirst(copies: readonly Copy[]): Copy[] {
  return [...copies].sort((one, other) => other.slot - one.slot || (one.runId < other.runId ? 1 : -1));
}
