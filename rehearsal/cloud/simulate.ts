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

/** The package by name and the version it was tried with. */
export const SIMULATOR = '@cloud-copilot/iam-simulate@0.1.173';

/** The simulator is not part of our package: its licence is the AGPL, ours is Apache-2.0. Who rehearses an app installs it beside. */
export class SimulatorMissingError extends Error {
  constructor(options: ErrorOptions) {
    super(`a rehearsal judges each call by the synthesized policies, and the policy simulator is not installed: npm install --save-dev ${SIMULATOR}`, options);
    this.name = 'SimulatorMissingError';
  }
}

type Simulator = typeof import('@cloud-copilot/iam-simulate');
let loaded: Simulator | undefined;

/** @throws SimulatorMissingError */
export function loadSimulator(): Simulator {
  try {
    // By require: the simulator's ES modules find their data by import.meta, which a CommonJS bundle does not have.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    loaded ??= require('@cloud-copilot/iam-simulate') as Simulator;
  } catch (error) {
    throw new SimulatorMissingError({ cause: error });
  }
  return loaded;
}

/**
 * What AWS would answer. The simulator is used without its tables of actions and context keys: they lag behind AWS
 * (`s3:if-none-match`), and would drop a condition instead of testing it.
 */
export function simulate(question: Question): Answer {
  return loadSimulator().runUnsafeSimulation({
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
