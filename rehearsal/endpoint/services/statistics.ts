/** What was measured at an instant; of several values each counts. */
export interface Point {
  /** Epoch seconds. */
  readonly at: number;
  readonly value: number;
}

export const STATISTICS = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount'] as const;
export type Statistic = (typeof STATISTICS)[number];

/**
 * The statistic of each period that has any data, by the period's start, oldest first (CloudWatch User Guide, "CloudWatch statistics
 * definitions").
 *
 * @param points in order of time
 * @param from epoch seconds
 * @param until the first second that no longer counts
 * @param origin from which periods are counted @default 0: they begin at multiples of their length
 */
export function statisticsOf(
  points: readonly Point[], statistic: Statistic, periodSeconds: number, from: number, until: number, origin = 0,
): Point[] {
  const periods = new Map<number, number[]>();
  for (let index = firstAt(points, from); index < points.length && points[index].at < until; index++) {
    const { at, value } = points[index];
    const start = origin + Math.floor((at - origin) / periodSeconds) * periodSeconds;
    const values = periods.get(start);
    if (values) values.push(value);
    else periods.set(start, [value]);
  }
  return [...periods].sort((a, b) => a[0] - b[0]).map(([at, values]) => ({ at, value: statisticOf(values, statistic) }));
}

function statisticOf(values: readonly number[], statistic: Statistic): number {
  const sum = (): number => values.reduce((total, value) => total + value, 0);
  switch (statistic) {
    case 'Sum': return sum();
    case 'Average': return sum() / values.length;
    case 'Minimum': return Math.min(...values);
    case 'Maximum': return Math.max(...values);
    case 'SampleCount': return values.length;
  }
}

/** Index of the first point at or after an instant. */
function firstAt(points: readonly Point[], from: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].at < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
