import type { RetentionRules } from '../retention';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The shortest and the longest that a period of each rule can be: months and leap years, and days on which clocks change. */
const PERIODS = {
  hourly: [HOUR, HOUR], daily: [DAY, DAY], weekly: [7 * DAY, 7 * DAY], monthly: [28 * DAY, 31 * DAY], yearly: [365 * DAY, 366 * DAY],
} as const;

export type Rule = keyof RetentionRules;

/** How long one rule keeps the copies it nominates. */
export interface RuleLifetime {
  readonly rule: Rule;
  readonly count: number;
  /** From so long … */
  readonly fromSeconds: number;
  /** … to so long after the run. */
  readonly toSeconds: number;
  /** Whether every copy is one of those it nominates. */
  readonly everyCopy: boolean;
}

export interface Lifetimes {
  readonly rules: readonly RuleLifetime[];
  /** The oldest copy is at least so old when it goes. */
  readonly longestFromSeconds: number;
  /** No copy of a policy whose runs succeed is older. */
  readonly longestToSeconds: number;
  /** So long after a run its copy can be released at the earliest; 0 where the next run may take its place. */
  readonly earliestReleaseSeconds: number;
  /** Copies that the rules keep at any time, at the least. */
  readonly fewestCopies: number;
}

/**
 * A rule of N periods keeps the last copy of a period until N newer periods have one: made at the period's end it lives N - 1 periods,
 * made at its beginning N. Runs that are further apart than the period stretch both.
 */
export function lifetimesOf(retention: RetentionRules, minimumVerified: number, shortestGap: number, longestGap: number): Lifetimes {
  const rules = (Object.entries(retention) as [Rule, number | undefined][])
    .flatMap(([rule, count]) => (count === undefined ? [] : [lifetimeOf(rule, count, shortestGap, longestGap)]));
  const minimumTo = minimumVerified * longestGap;
  return {
    rules,
    longestFromSeconds: Math.max(0, ...rules.map(({ fromSeconds }) => fromSeconds)),
    longestToSeconds: Math.max(minimumTo, ...rules.map(({ toSeconds }) => toSeconds)),
    earliestReleaseSeconds: Math.max(0, ...rules.filter(({ everyCopy }) => everyCopy).map(({ fromSeconds }) => fromSeconds)),
    fewestCopies: Math.max(0, ...rules.map(({ rule, count }) => (rule === 'days' ? Math.floor(count * DAY / longestGap) : count))),
  };
}

function lifetimeOf(rule: Rule, count: number, shortestGap: number, longestGap: number): RuleLifetime {
  if (rule === 'days') return { rule, count, fromSeconds: count * DAY, toSeconds: count * DAY, everyCopy: true };
  if (rule === 'last') return { rule, count, fromSeconds: count * shortestGap, toSeconds: count * longestGap, everyCopy: true };
  const [shortest, longest] = PERIODS[rule];
  // A day on which clocks go forward has 23 hours; an hour has 60 minutes all the same.
  const everyCopy = shortestGap >= (rule === 'hourly' ? shortest : shortest - HOUR);
  return {
    rule, count, everyCopy,
    fromSeconds: everyCopy ? count * shortestGap : (count - 1) * shortest,
    toSeconds: count * Math.max(longest, longestGap),
  };
}
