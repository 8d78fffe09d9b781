import type { Finding } from './finding';
import { span } from './words';

/** CloudFormation refuses a template with more resources (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html). */
export const TEMPLATE_RESOURCES = 500;

/** From here on a template is close enough to the limit to say so. */
export const TEMPLATE_RESOURCES_WARNING = 400;

/** @param resources of the stack's template */
export function templateFindings(resources: number): Finding[] {
  if (resources <= TEMPLATE_RESOURCES_WARNING) return [];
  return [{
    code: 'TEMPLATE_NEAR_LIMIT',
    severity: 'warning',
    reason: `the template has ${resources} resources; CloudFormation ends at ${TEMPLATE_RESOURCES}`,
    mend: 'put some of the policies into another stack',
  }];
}

/** @param resources of the template of a replica's stack, which holds a worker and a machine for each protection that is proven there */
export function replicaTemplateFindings(stackName: string, resources: number): Finding[] {
  if (resources <= TEMPLATE_RESOURCES_WARNING) return [];
  return [{
    code: 'TEMPLATE_NEAR_LIMIT',
    severity: 'warning',
    reason: `the template of the replica's stack ${stackName} has ${resources} resources; CloudFormation ends at ${TEMPLATE_RESOURCES}`,
    mend: 'put the copies of some of the policies into another store, or declare the replica without workers',
  }];
}

/** What a policy's findings come from. */
export interface PolicyFacts {
  readonly protections: number;
  /** Recovery point objective of each. */
  readonly rpoSeconds: readonly number[];
  /** Between two rounds of the sentinel. */
  readonly sentinelSeconds: number;
}

const MINUTE = 60;

/** An objective is seen as missed before it is: within a third of its time. */
const ROUNDS_OF_RPO = 3;

export function policyFindings({ protections, rpoSeconds, sentinelSeconds }: PolicyFacts): Finding[] {
  if (protections > 0) return slowSentinel(Math.min(...rpoSeconds), sentinelSeconds);
  return [{ code: 'EMPTY_POLICY', severity: 'warning', reason: 'the policy has 0 protections: it protects nothing', mend: 'call `protect()`' }];
}

function slowSentinel(rpoSeconds: number, sentinelSeconds: number): Finding[] {
  const most = rpoSeconds / ROUNDS_OF_RPO;
  if (sentinelSeconds <= most) return [];
  return [{
    code: 'SENTINEL_SLOW',
    severity: 'warning',
    reason: `the sentinel looks every ${span(sentinelSeconds)}, and the tightest RPO is ${span(rpoSeconds)}: `
      + 'most of that time may pass before anybody sees that it is missed',
    mend: most < MINUTE
      ? `an RPO of ${span(ROUNDS_OF_RPO * MINUTE)} or more: no schedule is faster than a minute`
      : `leave the interval out, or look every ${span(Math.floor(most / MINUTE) * MINUTE)} or oftener`,
  }];
}
