import { Stack, Validations } from 'aws-cdk-lib';
import type { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Why a wildcard at the end of a resource is meant; undefined when nobody meant it, so that a review stops at it. */
export type WildcardReason = (resource: string) => string | undefined;

/** Acknowledges one rule of cdk-nag's AwsSolutions pack for one construct, with the reason a reviewer reads. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  record(construct, `AwsSolutions::AwsSolutions-${rule}`, reason);
}

/** The packs whose rules are the same under three names: NIST 800-53 revision 5, HIPAA and PCI DSS 3.2.1. */
const REGULATIONS = ['NIST.800.53.R5', 'HIPAA.Security', 'PCI.DSS.321'];

/** Acknowledges a rule of those packs that have it, for one construct. */
export function acknowledgeRegulations(construct: IConstruct, rule: string, reason: string): void {
  for (const pack of REGULATIONS) record(construct, `${pack}::${pack}-${rule}`, reason);
}

/** Without a stack trace: the reason says why, and those of a policy were nearly half of what the CDK wrote of its stack. */
function record(construct: IConstruct, id: string, reason: string): void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    Validations.of(construct).acknowledge({ id, reason });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** What the packs ask of every function, and why a worker is no such function. */
export function acknowledgeWorker(construct: IConstruct): void {
  acknowledgeRegulations(construct, 'LambdaConcurrency', 'The state machine starts one at a time; a limit would be taken from the account\'s own.');
  acknowledgeRegulations(construct, 'LambdaDLQ', 'It is called by a state machine that waits for its answer: what fails is told, and nothing is queued.');
  acknowledgeRegulations(construct, 'LambdaInsideVPC', 'It is in the VPC of its source where that has one; it takes no connection, and its role is all it may do.');
}

/**
 * Acknowledges the wildcards of a policy one by one, each with its own reason. At validation, and not before: only then does a
 * reference to another stack have the form that the rule sees.
 */
export function acknowledgeWildcards(policy: ManagedPolicy, reasonOf: WildcardReason): void {
  policy.node.addValidation({
    validate: () => {
      for (const resource of resourcesOf(policy)) {
        const reason = resource.includes('*') ? reasonOf(resource) : undefined;
        if (reason !== undefined) acknowledge(policy, `IAM5[Resource::${resource}]`, reason);
      }
      return [];
    },
  });
}

function resourcesOf(policy: ManagedPolicy): Set<string> {
  const { Statement = [] } = Stack.of(policy).resolve(policy.document) as { Statement?: { Resource: unknown }[] };
  return new Set(Statement.flatMap(({ Resource }) => (Array.isArray(Resource) ? Resource : [Resource])).map(flat));
}

/** The way cdk-nag writes a reference, by which its findings are named. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value.replace(/\$\{/g, '<').replace(/\}/g, '>');
  const [name, argument] = Object.entries(value as Record<string, unknown>)[0];
  if (name === 'Fn::Join') {
    const [separator, items] = argument as [string, unknown[]];
    return items.map(flat).join(separator);
  }
  if (name === 'Fn::GetAtt') return `<${(argument as unknown[]).map(flat).join('.')}>`;
  if (name === 'Ref') return `<${flat(argument)}>`;
  if (name === 'Fn::ImportValue') return flat(argument);
  return JSON.stringify(value);
}
