/** The contract's form of an instant: ISO 8601 in UTC with milliseconds. */
export function instantOf(date: Date): string {
  return date.toISOString();
}

/** Seconds from `since` (of `performance.now()`) to now, to the millisecond. */
export function secondsSince(since: number): number {
  return Math.round(performance.now() - since) / 1000;
}
