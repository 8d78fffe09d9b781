import type { Finding } from './finding';

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

/** @param protections of one policy */
export function policyFindings(protections: number): Finding[] {
  if (protections > 0) return [];
  return [{ code: 'EMPTY_POLICY', severity: 'warning', reason: 'the policy has 0 protections: it protects nothing', mend: 'call `protect()`' }];
}
