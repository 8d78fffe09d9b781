import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledgements';

export interface MachineRoleProps {
  /** Whose machine it is, for descriptions. */
  readonly title: string;
  /** What it may do beside publishing and being observed. */
  readonly statements: iam.PolicyStatement[];
  readonly topics: sns.ITopic[];
}

/** The role of a state machine, with one managed policy and no later additions. */
export function machineRole(scope: Construct, { title, statements, topics }: MachineRoleProps): iam.IRole {
  const policy = new iam.ManagedPolicy(scope, 'Policy', {
    description: `What the state machine of ${title} may do`,
    statements: [...statements, ...topicStatements(scope, topics), ...observability()],
  });
  acknowledgeWildcards(policy, (resource) => {
    if (resource === '*') return 'Log delivery and X-Ray have no resource-level permissions.';
    return resource.includes(':task-definition/') ? 'ECS runs the newest revision of this one task definition.' : undefined;
  });
  const role = new iam.Role(scope, 'Role', {
    assumedBy: machinePrincipal(scope),
    description: `Role of the state machine of ${title}`,
    managedPolicies: [policy],
  });
  return role.withoutPolicyUpdates();
}

function topicStatements(scope: Construct, topics: sns.ITopic[]): iam.PolicyStatement[] {
  const { region, urlSuffix } = Stack.of(scope);
  if (topics.length === 0) return [];
  const keys = [...new Set(topics.flatMap((topic) => (topic.masterKey ? [topic.masterKey.keyArn] : [])))];
  return [
    new iam.PolicyStatement({ actions: ['sns:Publish'], resources: topics.map((topic) => topic.topicArn) }),
    ...(keys.length
      ? [new iam.PolicyStatement({
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: keys,
        conditions: { StringEquals: { 'kms:ViaService': `sns.${region}.${urlSuffix}` } },
      })]
      : []),
  ];
}

/** Log delivery and X-Ray have no resource-level permissions. */
function observability(): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: [
        'logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery', 'logs:ListLogDeliveries',
        'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups',
      ],
      resources: ['*'],
    }),
    new iam.PolicyStatement({
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
      resources: ['*'],
    }),
  ];
}

/** Only state machines of this account and region may take the role. */
function machinePrincipal(scope: Construct): iam.IPrincipal {
  const stack = Stack.of(scope);
  return new iam.ServicePrincipal('states.amazonaws.com').withConditions({
    StringEquals: { 'aws:SourceAccount': stack.account },
    ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'states', resource: '*' }) },
  });
}
