import { nominalGapSeconds, type Schedule } from './schedule';

/** What the proof says of a policy: the reason in numbers, and what mends it. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly reason: string;
  readonly mend: string;
}

export interface ProvenProtection {
  readonly schedule: Schedule;
  readonly rpoSeconds: number;
  readonly rtoSeconds: number;
  /** The worker's own time limit. */
  readonly workerTimeoutSeconds: number;
}

/** CloudFormation refuses a template with more resources than this. */
export const TEMPLATE_RESOURCES = 500;

/** From here on a template is close enough to the limit to say so. */
export const TEMPLATE_RESOURCES_WARNING = 400;

export function findingsOf(protection: ProvenProtection): Finding[] {
  return [...rpoFindings(protection), ...rtoFindings(protection)];
}

/** Just before a run ends, the newest copy is as old as the gap and the run: a gap as long as the RPO is already too long. */
function rpoFindings({ schedule, rpoSeconds }: ProvenProtection): Finding[] {
  const gap = nominalGapSeconds(schedule);
  if (gap === undefined || gap < rpoSeconds) return [];
  return [{
    code: 'RPO_UNREACHABLE',
    severity: 'error',
    reason: `runs are ${hours(gap)} apart, and a copy is as old as that plus the run's own time when the next one is there; the RPO is ${hours(rpoSeconds)}`,
    mend: `run more often than every ${hours(rpoSeconds)}, or declare an RPO above ${hours(gap)} that leaves room for the run`,
  }];
}

/** A drill that the worker's limit ends before the RTO is over says nothing of the RTO. */
function rtoFindings({ rtoSeconds, workerTimeoutSeconds }: ProvenProtection): Finding[] {
  if (rtoSeconds <= workerTimeoutSeconds) return [];
  return [{
    code: 'DRILL_SHORTER_THAN_RTO',
    severity: 'warning',
    reason: `the verify worker ends after ${hours(workerTimeoutSeconds)}, before the RTO of ${hours(rtoSeconds)} is over: a restore that takes longer cannot be proven`,
    mend: 'use Compute.fargate() with a timeout of at least the RTO, or declare the RTO that the worker can prove',
  }];
}

export function resourceFinding(count: number): Finding | undefined {
  if (count <= TEMPLATE_RESOURCES_WARNING) return undefined;
  return {
    code: 'TEMPLATE_NEAR_LIMIT',
    severity: 'warning',
    reason: `the template has ${count} resources; CloudFormation ends at ${TEMPLATE_RESOURCES}`,
    mend: 'put some of the policies into another stack',
  };
}

function hours(seconds: number): string {
  if (seconds % 86_400 === 0 && seconds > 86_400) return `${seconds / 86_400} days`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}
