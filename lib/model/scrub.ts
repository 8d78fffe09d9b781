/** What a period keeps free at its end: a tenth of it, or so many rounds where that is longer; rounds may be lost meanwhile. */
const SPARE_ROUNDS = 3;
const SPARE_SHARE = 0.1;

/** A period has so many rounds at least: with fewer, nothing would be left of it but what it keeps free. */
export const ROUNDS_A_SCRUB = 8;

/** What a copy costs beside its bytes, in bytes: an empty one is read too. */
const COPY_BYTES = 1024 ** 2;

/**
 * What a round reads at the least, of one object after the other: 13 minutes at 40 MB/s. One connection to S3 gives 85 to 90 MB/s
 * (S3 User Guide, "Performance guidelines for Amazon S3"), and a function of 1 GB has 0.58 of a processor (Lambda Developer Guide,
 * "Configure Lambda function memory"), of which SHA-256 takes a part.
 */
export const ROUND_SECONDS = 13 * 60;
export const ROUND_BYTES = ROUND_SECONDS * 40e6;

export interface ScrubTerms {
  /** Every stored byte is read again within it. */
  readonly periodSeconds: number;
  /** The longest time between two rounds. */
  readonly longestGapSeconds: number;
}

/** A copy that is to be read again, in seconds since 1970. */
export interface RestingCopy {
  readonly runId: string;
  readonly sizeBytes: number;
  /** When its age began: at its last reading, its writing, or the first round of all. */
  readonly countsFrom: number;
}

/** Time between the instant by which a round has read a copy and the end of its period. */
export function spareSeconds({ periodSeconds, longestGapSeconds }: ScrubTerms): number {
  return Math.max(SPARE_ROUNDS * longestGapSeconds, SPARE_SHARE * periodSeconds);
}

/** By when a copy is to be read. */
export function dueBy({ countsFrom }: RestingCopy, terms: ScrubTerms): number {
  return countsFrom + terms.periodSeconds - spareSeconds(terms);
}

/** In the order of the rotation: what was read longest ago comes first. */
export function inRotation<Copy extends RestingCopy>(copies: readonly Copy[]): Copy[] {
  return [...copies].sort((one, other) => one.countsFrom - other.countsFrom || (one.runId < other.runId ? -1 : 1));
}

/**
 * How many of the copies a round reads, the first of the rotation first: those whose last round before their end it is, and as many more
 * as leave no round to come with more than this one has, so that a store which is read for the first time is read evenly and in time.
 *
 * @param copies in the order of the rotation
 * @param now seconds since 1970
 */
export function turnsNow(copies: readonly RestingCopy[], terms: ScrubTerms, now: number): number {
  const left = copies.map((copy) => roundsLeft(copy, terms, now));
  let [bytes, share] = [0, 0];
  for (const [index, copy] of copies.entries()) {
    bytes += weightOf(copy);
    share = Math.max(share, bytes / left[index]);
  }
  const last = left.lastIndexOf(1);
  let [read, turns] = [0, 0];
  for (const [index, copy] of copies.entries()) {
    read += weightOf(copy);
    if (index > last && read > share) break;
    turns++;
  }
  return turns;
}

/** Rounds that can begin a copy in time, this one among them; a copy that no round reads whole begins sooner. */
function roundsLeft(copy: RestingCopy, terms: ScrubTerms, now: number): number {
  const rounds = Math.floor((dueBy(copy, terms) - now) / terms.longestGapSeconds) + 1;
  return Math.max(1, rounds - Math.ceil(weightOf(copy) / ROUND_BYTES) + 1);
}

function weightOf({ sizeBytes }: RestingCopy): number {
  return sizeBytes + COPY_BYTES;
}
