import { longestGapSeconds, shortestGapSeconds } from '../schedule';
import type { ProtectionFacts } from './facts';
import { lifetimesOf, type Lifetimes } from './lifetimes';

/** The facts, and what follows from them at once. */
export interface Known extends ProtectionFacts {
  readonly longestGap: { readonly seconds: number; readonly reason: string };
  readonly shortestGapSeconds: number;
  /** Dump and verification: a copy counts once it is proven. */
  readonly runSeconds?: number;
  /** The most that a run can take, a single try of each worker. */
  readonly runLimitSeconds?: number;
  readonly verifySeconds?: number;
  readonly lifetimes: Lifetimes;
}

export function knownOf(facts: ProtectionFacts): Known {
  const { expected, workers, schedule } = facts;
  const longestGap = longestGapSeconds(schedule);
  const shortest = shortestGapSeconds(schedule);
  const verifySeconds = expected?.verifySeconds ?? expected?.restoreSeconds;
  return {
    ...facts,
    longestGap,
    shortestGapSeconds: shortest,
    verifySeconds,
    runSeconds: expected?.dumpSeconds === undefined || verifySeconds === undefined ? undefined : expected.dumpSeconds + verifySeconds,
    runLimitSeconds: workers && 2 * workers.limitSeconds,
    lifetimes: lifetimesOf(facts.retention, facts.minimumVerified, shortest, longestGap.seconds),
  };
}
