import type { Finding } from './finding';
import type { Known } from './known';
import { span } from './words';

/** The RTO against what is known of a restore; what is not known is said, and nothing is put in its place. */
export function recoveryTimeFindings({ rtoSeconds, expected, workers }: Known): Finding[] {
  const seconds = expected?.restoreSeconds;
  if (seconds === undefined) {
    const unproven = ['the RTO', ...workers ? [`the ${span(workers.limitSeconds)} that a worker has on ${workers.platform === 'lambda' ? 'Lambda' : 'Fargate'}`] : []].join(' and ');
    return [{
      code: 'LOAD_UNKNOWN',
      severity: 'info',
      reason: `how long a restore takes is not known${expected ? ` (${expected.source} has no time or rate)` : ''}, so ${unproven} ${workers ? 'are' : 'is'} not proven here: the RTO is ${span(rtoSeconds)}`,
      mend: 'declare size and time with `expected: ExpectedLoad.of(…)`, or rehearse and take them by `ExpectedLoad.fromReport(…)`',
    }];
  }
  if (seconds <= rtoSeconds) return [];
  return [{
    code: 'RTO_UNREACHABLE',
    severity: 'error',
    reason: `a restore takes ${span(seconds)} (${expected?.source ?? ''}); the RTO is ${span(rtoSeconds)}`,
    mend: `larger workers, a smaller database (another one for what need not be back at once), or an RTO of ${span(seconds)} or more`,
  }];
}
