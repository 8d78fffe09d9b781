/** How many copies of each kind are kept; `days` is an age. Whole numbers from 1. */
export interface RetentionRules {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  readonly days?: number;
}
