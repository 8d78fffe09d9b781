import { Lazy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CONTRACT_VERSION } from './contract/common';
import { DeclaredPolicy, METADATA_KEY } from './contract/policy-metadata';

/** Puts a policy, as it stands at the end of synthesis, into its template beside those that are there already. */
export function declareInTemplate(scope: Construct, produce: () => unknown): void {
  const stack = Stack.of(scope);
  const metadata = (stack.templateOptions.metadata ??= {});
  const declared = (metadata[METADATA_KEY] ??= { version: CONTRACT_VERSION, policies: [] }) as { policies: unknown[] };
  declared.policies.push(Lazy.any({ produce }));
  scope.node.addValidation({
    validate: () => {
      const parsed = DeclaredPolicy.safeParse(stack.resolve(produce()));
      return parsed.success ? [] : parsed.error.issues.map((issue) => `the declared policy is not of the contract's form: ${issue.path.join('.')}: ${issue.message}`);
    },
  });
}
