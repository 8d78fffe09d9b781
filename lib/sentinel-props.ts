import type { Duration } from 'aws-cdk-lib';

/** How the store is looked at between the runs. */
export interface SentinelProps {
  /**
   * How often the sentinel holds what the store has against what was declared. Minutes that divide an hour: 1, 2, 3, 4, 5, 6, 10, 12, 15,
   * 20, 30 or 60. The proof says when it is slower than a third of the tightest recovery point objective.
   * @default - 15 minutes, or a third of the tightest recovery point objective where that is less, and at least one minute
   */
  readonly interval?: Duration;
}
