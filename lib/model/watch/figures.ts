const DAY = 86_400;

/** Good runs that a new copy is held against. */
export const MEAN_OF = 8;

/** With fewer there is no mean worth an alarm. */
const FEWEST = 3;

/** Ten years are as good as never. */
export const NEVER_DAYS = 3650;

/**
 * How far a value lies from the mean of those before it, in percent and without sign; 0 while these are fewer than three, or all nothing.
 *
 * @param before the newest first
 */
export function deviation(value: number | undefined, before: readonly number[]): number {
  const last = before.slice(0, MEAN_OF);
  const mean = last.reduce((total, one) => total + one, 0) / last.length;
  return value === undefined || last.length < FEWEST || mean === 0 ? 0 : Math.abs(value - mean) / mean * 100;
}

export interface Growth {
  readonly now: number;
  readonly storedBytes: number;
  readonly ceilingBytes?: number;
  readonly earlier?: { readonly at: number; readonly storedBytes: number };
}

/** Days until the ceiling at the growth since an earlier count. */
export function growth({ now, storedBytes, ceilingBytes, earlier }: Growth): number {
  if (ceilingBytes === undefined) return NEVER_DAYS;
  const left = ceilingBytes - storedBytes;
  if (left <= 0) return 0;
  const days = earlier ? (now - earlier.at) / DAY : 0;
  const daily = earlier && days >= 1 ? (storedBytes - earlier.storedBytes) / days : 0;
  return daily <= 0 ? NEVER_DAYS : Math.min(NEVER_DAYS, Math.floor(left / daily));
}
