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
}

/** CloudFormation refuses a template with more resources than this. */
export const TEMPLATE_RESOURCES = 500;

/** From here on a template is close enough to the limit to say so. */
export const TEMPLATE_RESOURCES_WARNING = 400;

/** Just before a run ends, the newest copy is as old as the gap and the run: a gap as long as the RPO is already too long. */
export function findingsOf({ schedule, rpoSeconds }: ProvenProtection): Finding[] {
  const gap = nominalGapSeconds(schedule);
  if (gap === undefined || gap < rpoSeconds) return [];
  return [{
    code: 'RPO_UNREACHABLE',
    severity: 'error',
    reason: `runs are ${hours(gap)} apart, and a copy is as old as that plus the run's own time when the next one is there; the RPO is ${hours(rpoSeconds)}`,
    mend: `run more often than every ${hours(rpoSeconds)}, or declare an RPO above ${hours(gap)} that leaves room for the run`,
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
