import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import type { DeclaredPolicy, DeclaredProtection, DeclaredReplicaDrill } from '../../lib/contract/policy-metadata';
import { parseVersioned } from '../../lib/contract/common';
import { AssemblyError } from './assembly-error';
import type { Assembly } from './read-assembly';
import type { Resolver } from './resolver';
import type { Stack } from './template';

/** A policy as declared, and the stack whose template says so. */
export interface FoundPolicy {
  readonly stack: Stack;
  readonly declared: DeclaredPolicy;
  readonly protections: readonly FoundProtection[];
}

export interface FoundProtection {
  readonly declared: DeclaredProtection;
  /** Resolved: the machine's local ARN. */
  readonly stateMachineArn: string;
  /** The engine's configuration, resolved, as the worker gets it. */
  readonly config: Record<string, unknown>;
  /** ARN of the secret with the identity of drills, where the policy gives them one. */
  readonly identitySecretArn?: string;
  /** Name of the store's bucket. */
  readonly bucket: string;
  /** State machines that prove a run from a replica, in its region; none where no replica has workers. */
  readonly replicaDrills: readonly { readonly region: string; readonly stateMachineArn: string }[];
}

/**
 * The policies that an assembly declares, by its templates' metadata, as they stand there.
 *
 * @throws NewerContractError for metadata of a newer release, ContractError for another shape
 */
export function declaredPolicies(assembly: Assembly): { readonly stack: Stack; readonly declared: DeclaredPolicy }[] {
  return assembly.stacks.flatMap((stack) => {
    const metadata = stack.template.Metadata?.[METADATA_KEY];
    if (metadata === undefined) return [];
    const { policies } = parseVersioned(`the metadata of ${stack.displayName}`, PolicyMetadata, metadata);
    return policies.map((declared) => ({ stack, declared }));
  });
}

/**
 * The same with what their protections are on this machine.
 *
 * @throws NewerContractError for metadata of a newer release, ContractError for another shape, AssemblyError for a value nobody can know
 */
export function findPolicies(resolver: Resolver): FoundPolicy[] {
  return declaredPolicies(resolver.assembly).map(({ stack, declared }) => ({
    stack, declared,
    protections: declared.protections.map((protection) => find(resolver, stack, protection)),
  }));
}

function find(resolver: Resolver, stack: Stack, declared: DeclaredProtection): FoundProtection {
  const at = `Metadata.${METADATA_KEY} ${declared.path}`;
  const { identitySecretArn } = declared.run.encryption ?? {};
  return {
    declared,
    stateMachineArn: text(resolver.resolve(stack, declared.stateMachine, at), stack, at),
    config: resolver.resolve(stack, declared.run.config, `${at} config`) as Record<string, unknown>,
    ...(identitySecretArn === undefined ? {} : { identitySecretArn: text(resolver.resolve(stack, identitySecretArn, `${at} encryption`), stack, at) }),
    replicaDrills: (declared.replicaDrills ?? [])
      .map((drill) => ({ region: drill.region, stateMachineArn: drillMachine(resolver, drill, declared.path) })),
    bucket: text(resolver.resolve(stack, declared.run.store.bucket, `${at} store`), stack, at),
  };
}

function drillMachine(resolver: Resolver, { stackName, stateMachine, region }: DeclaredReplicaDrill, path: string): string {
  const found = resolver.resourcesOf('AWS::StepFunctions::StateMachine')
    .find(({ stack, logicalId }) => stack.name === stackName && stack.region === region && logicalId === stateMachine);
  if (!found) {
    throw new AssemblyError(`${path} is proven in ${region} by ${stateMachine} of the stack ${stackName}, which is not in the assembly.`, 'Synthesize all stacks of the app: the replica\'s is one of them.');
  }
  return found.identity.ref;
}

function text(value: unknown, stack: Stack, path: string): string {
  if (typeof value === 'string') return value;
  throw new AssemblyError(`${stack.displayName}: ${path} is no text.`, 'Synthesize the app with the same release of cdk-backup-policy.');
}
