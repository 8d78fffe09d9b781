/** The value that half of the values do not exceed. @throws RangeError when there are none */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/**
 * By linear interpolation between the two values around it.
 *
 * @param share 0 to 1
 * @throws RangeError when there are no values
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

export function seconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0);
}
