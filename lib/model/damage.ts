import { gradeOf, INTACT, type Outcome } from './copy';

/** What the newest verification of a copy says. */
export interface Verification {
  readonly outcome: Outcome;
  /** When it began to read the copy, in seconds since 1970. */
  readonly began: number;
}

/**
 * Whether damage that a reading of the stored copy found is still to be believed. A verification that began after it, and found every
 * stored byte as it was written, read the same objects later: then it is over.
 *
 * @param seenAt when the damage was last seen, in seconds since 1970
 */
export function damageStands(seenAt: number, newest: Verification | undefined): boolean {
  return newest === undefined || gradeOf(newest) < INTACT || newest.began <= seenAt;
}
