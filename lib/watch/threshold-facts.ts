import type { DeclaredRun } from '../contract/run-request';
import { longestGapSeconds } from '../model/schedule';
import type { ThresholdFacts } from '../model/watch/thresholds';
import type { ProtectionPromise } from '../proof/protection-promise';

export interface AlarmedRun {
  readonly promise: ProtectionPromise;
  readonly run: DeclaredRun;
  /** With every retry used. */
  readonly longestRunSeconds: number;
  /** Of these, from the end of the dump to the verdict. */
  readonly verdictSeconds: number;
  readonly replicas: readonly { readonly replicationTimeControl: boolean }[];
  /** Every stored byte is read again within it. @default - nobody does */
  readonly scrubSeconds?: number;
}

/** What the thresholds of a protection's alarms come from, in whole seconds. */
export function thresholdFactsOf({ promise, run, longestRunSeconds, verdictSeconds, replicas, scrubSeconds }: AlarmedRun): ThresholdFacts {
  const { rpoSeconds, schedule, expected, tier } = promise;
  const dumpSeconds = expected?.dumpSeconds;
  const verifySeconds = expected?.verifySeconds ?? expected?.restoreSeconds;
  return {
    rpoSeconds,
    longestGapSeconds: longestGapSeconds(schedule).seconds,
    ...dumpSeconds === undefined ? {} : { dumpSeconds: Math.ceil(dumpSeconds) },
    ...dumpSeconds === undefined || verifySeconds === undefined ? {} : { runSeconds: Math.ceil(dumpSeconds + verifySeconds) },
    tryLimitSeconds: run.limits.timeoutSeconds,
    longestDumpSeconds: longestRunSeconds - verdictSeconds,
    longestVerifySeconds: verdictSeconds,
    ...tier ? { drillSeconds: tier.drillSeconds } : {},
    restores: !run.encryption || run.encryption.identitySecretArn !== undefined,
    replicas: replicas.map(({ replicationTimeControl }) => ({ timeControl: replicationTimeControl })),
    ...scrubSeconds === undefined ? {} : { scrubSeconds },
  };
}
