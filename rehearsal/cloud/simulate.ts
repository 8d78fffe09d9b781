// By require: the simulator's ES modules find their data by import.meta, which a CommonJS bundle does not have.
// eslint-disable-next-line @typescript-eslint/no-require-imports
import simulator = require('@cloud-copilot/iam-simulate');
import type { NamedPolicy } from './policy-document';

export interface Question {
  /** Role ARN. */
  readonly principal: string;
  readonly account: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Record<string, string | string[]>;
  readonly identityPolicies: readonly NamedPolicy[];
  readonly boundaries: readonly NamedPolicy[];
  readonly resourcePolicy: NamedPolicy | undefined;
}

export type Answer = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

/** Version of the policy simulator in use, for the report. */
export const SIMULATOR = '@cloud-copilot/iam-simulate 0.1.173';

/**
 * What AWS would answer. The simulator is used without its tables of actions and context keys: they lag behind AWS
 * (`s3:if-none-match`), and would drop a condition instead of testing it.
 */
export function simulate(question: Question): Answer {
  return simulator.runUnsafeSimulation({
    request: {
      principal: question.principal,
      action: question.action,
      resource: { resource: question.resource, accountId: question.account },
      contextVariables: question.context,
    },
    identityPolicies: question.identityPolicies.map(({ name, document }) => ({ name, policy: document })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: question.resourcePolicy && withName(question.resourcePolicy),
    permissionBoundaryPolicies: question.boundaries.length > 0
      ? question.boundaries.map(({ name, document }) => ({ name, policy: document }))
      : undefined,
  }, {});
}

/** A resource policy reaches the simulator's evaluation with a name only in the form that its own validator returns. */
function withName({ name, document }: NamedPolicy): object {
  return { __validated: true, policyDocument: document, metadata: { name }, errors: [] };
}
