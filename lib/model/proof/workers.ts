import type { Finding } from './finding';
import type { Known } from './known';
import { gibibytes, span } from './words';

/** The limits of the platform: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (15 minutes, 10,240 MB of `/tmp`). */
export function workerFindings(known: Known): Finding[] {
  return [...timeFindings(known), ...diskFindings(known)];
}

function timeFindings({ workers, expected, verifySeconds }: Known): Finding[] {
  if (!workers || !expected) return [];
  const longer = ([['dump', expected.dumpSeconds], ['verification', verifySeconds]] as const)
    .filter(([, seconds]) => seconds !== undefined && seconds > workers.limitSeconds);
  if (longer.length === 0) return [];
  const lambda = workers.platform === 'lambda';
  return [{
    code: 'RUN_EXCEEDS_LIMIT',
    severity: 'error',
    reason: `${longer.map(([what, seconds]) => `the ${what} takes ${span(seconds ?? 0)}`).join(' and ')} (${expected.source}); a worker ends itself after ${span(workers.limitSeconds)}${lambda ? ', for Lambda ends at 15 min' : ''}`,
    mend: lambda ? '`compute: Compute.fargate()`, whose workers have 6 h unless said otherwise' : 'a longer `timeout` or more CPU in `Compute.fargate()`',
  }];
}

function diskFindings({ workers, expected }: Known): Finding[] {
  const size = expected?.sizeBytes;
  if (!workers || size === undefined || size <= workers.scratchBytes) return [];
  const lambda = workers.platform === 'lambda';
  return [{
    code: 'SCRATCH_TOO_SMALL',
    severity: 'error',
    reason: `the data is ${gibibytes(size)} (${expected?.source ?? ''}) before any index; the scratch server has ${gibibytes(workers.scratchBytes)} of disk`,
    mend: lambda ? '`compute: Compute.fargate()`: Lambda\'s `/tmp` ends at 10 GiB, Fargate\'s disk at 200 GiB' : 'a larger `ephemeralStorage` in `Compute.fargate()`, 200 GiB at most',
  }];
}
