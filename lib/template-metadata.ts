import { Annotations, CfnResource, Lazy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CONTRACT_VERSION } from './contract/common';
import { DeclaredPolicy, METADATA_KEY } from './contract/policy-metadata';
import { resourceFinding } from './model/findings';

/** Puts a policy, as it stands at the end of synthesis, into its template beside those that are there already. */
export function declareInTemplate(scope: Construct, produce: () => unknown): void {
  const stack = Stack.of(scope);
  const metadata = (stack.templateOptions.metadata ??= {});
  if (!metadata[METADATA_KEY]) countResources(stack);
  const declared = (metadata[METADATA_KEY] ??= { version: CONTRACT_VERSION, policies: [] }) as { policies: unknown[] };
  declared.policies.push(Lazy.any({ produce }));
  scope.node.addValidation({
    validate: () => {
      const parsed = DeclaredPolicy.safeParse(stack.resolve(produce()));
      return parsed.success ? [] : parsed.error.issues.map((issue) => `the declared policy is not of the contract's form: ${issue.path.join('.')}: ${issue.message}`);
    },
  });
}

/** Says once a stack that its template comes near the limit, while there is still room to part it. */
function countResources(stack: Stack): void {
  stack.node.addValidation({
    validate: () => {
      const resources = stack.node.findAll().filter((node) => CfnResource.isCfnResource(node) && node.stack === stack);
      const finding = resourceFinding(resources.length);
      if (finding) Annotations.of(stack).addWarningV2(`cdk-backup-policy:${finding.code}`, `[${finding.code}] ${finding.reason}; ${finding.mend}`);
      return [];
    },
  });
}
