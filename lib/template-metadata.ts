import { CfnResource, Lazy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CONTRACT_VERSION } from './contract/common';
import { DeclaredPolicy, METADATA_KEY } from './contract/policy-metadata';

/**
 * Puts a policy, as it stands at the end of synthesis, into its template beside those that are there already.
 *
 * @returns whether it is the template's first
 */
export function declareInTemplate(scope: Construct, produce: () => unknown): boolean {
  const stack = Stack.of(scope);
  const metadata = (stack.templateOptions.metadata ??= {});
  const first = metadata[METADATA_KEY] === undefined;
  const declared = (metadata[METADATA_KEY] ??= { version: CONTRACT_VERSION, policies: [] }) as { policies: unknown[] };
  declared.policies.push(Lazy.any({ produce }));
  scope.node.addValidation({
    validate: () => {
      const parsed = DeclaredPolicy.safeParse(stack.resolve(produce()));
      return parsed.success ? [] : parsed.error.issues.map((issue) => `the declared policy is not of the contract's form: ${issue.path.join('.')}: ${issue.message}`);
    },
  });
  return first;
}

/** Resources of the template that a construct is in. */
export function resourcesOf(scope: Construct): number {
  const stack = Stack.of(scope);
  return stack.node.findAll().filter((node) => CfnResource.isCfnResource(node) && node.stack === stack).length;
}
