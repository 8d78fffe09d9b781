import type { Finding } from './finding';
import type { Known } from './known';
import { span } from './words';

/**
 * Below this no dump is taken for a means: each one reads the whole of the data, is only there once it is written and proven, and not
 * even S3 promises to have it in another region sooner (Replication Time Control, 15 minutes:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html).
 */
export const DUMP_RPO_SECONDS = 15 * 60;

/** Of the engines themselves: what loses minutes at most. */
const CONTINUOUS = 'RDS or Aurora point-in-time recovery, Atlas continuous backup, or a receiver of the server\'s log (WAL, binary log, oplog)';

/** Just before a run's copy is proven, the newest proven one is as old as the gap and the run together. */
export function recoveryPointFindings(known: Known): Finding[] {
  const { rpoSeconds: rpo, longestGap, runSeconds, runLimitSeconds } = known;
  if (rpo < DUMP_RPO_SECONDS || (runSeconds !== undefined && 2 * runSeconds > rpo)) return [continuousOnly(known)];
  const apart = apartOf(known);
  if (longestGap.seconds + (runSeconds ?? 1) > rpo) {
    const age = runSeconds === undefined
      ? 'and a copy is as old as that plus the run\'s own time when the next one is there'
      : `and a run takes ${span(runSeconds)}: a copy is ${span(longestGap.seconds + runSeconds)} old when the next one is proven`;
    return [{
      code: 'RPO_UNREACHABLE',
      severity: 'error',
      reason: `${apart}, ${age}; the RPO is ${span(rpo)}`,
      mend: `run more often than every ${span(rpo - (runSeconds ?? 0))}, or declare an RPO above ${span(longestGap.seconds + (runSeconds ?? 0))}${runSeconds === undefined ? ' that leaves room for the run' : ''}`,
    }];
  }
  if (runSeconds !== undefined || (runLimitSeconds !== undefined && longestGap.seconds + runLimitSeconds <= rpo)) return [];
  return [{
    code: 'RPO_RUN_TIME_UNKNOWN',
    severity: 'warning',
    reason: `${apart}; the RPO of ${span(rpo)} leaves ${span(rpo - longestGap.seconds)} for a run, whose time is not known`
      + (runLimitSeconds === undefined ? '' : ` and may be up to ${span(runLimitSeconds)} by its workers' limits`),
    mend: 'declare the load with `expected`, or take it from a rehearsal\'s report; or leave more room in the RPO',
  }];
}

function continuousOnly(known: Known): Finding {
  const { rpoSeconds: rpo, runSeconds } = known;
  const why = rpo < DUMP_RPO_SECONDS
    ? `dumps are no means below ${span(DUMP_RPO_SECONDS)}`
    : `with runs of ${span(runSeconds ?? 0)} that do not overlap, a copy is at best ${span(2 * (runSeconds ?? 0))} old when the next one is proven`;
  return {
    code: 'RPO_NEEDS_CONTINUOUS_COPY',
    severity: 'error',
    reason: `the RPO is ${span(rpo)}; ${apartOf(known)}, and no schedule of dumps meets it: ${why}`,
    mend: `beside these copies, ${CONTINUOUS}; then acknowledge this with the name of what does it, or declare an RPO of ${span(Math.max(DUMP_RPO_SECONDS, 2 * (runSeconds ?? 0)))} or more`,
  };
}

/** Where the gap is is worth a word only when others are shorter. */
function apartOf({ longestGap, shortestGapSeconds }: Known): string {
  return longestGap.seconds > shortestGapSeconds ? `runs are up to ${span(longestGap.seconds)} apart (${longestGap.reason})` : `runs are ${span(longestGap.seconds)} apart`;
}
