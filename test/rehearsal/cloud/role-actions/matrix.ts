import { actionMatches, actionsOf, type NamedPolicy, type PolicyDocument, statementsOf } from '../../../../rehearsal/cloud/policy-document';
import { simulate } from '../../../../rehearsal/cloud/simulate';
import { type Context, DANGEROUS, type DangerousAction } from './actions';
import type { Actor, World } from './world';

export interface Cell {
  readonly actor: Actor;
  readonly action: DangerousAction;
  /** What of it is allowed, as `action on resource`. */
  readonly allowed: readonly string[];
}

/**
 * Every role of an app against every dangerous action, as AWS would answer by identity and resource policies.
 *
 * @param actors some of them
 */
export function matrixOf(world: World, actors: readonly Actor[] = world.actors): Cell[] {
  const actions = Object.values(DANGEROUS).flat().filter((action) => world.actors.some((actor) => action.on(world, actor).length > 0));
  return actors.flatMap((actor) => actions.map((action) => {
    return { actor, action, allowed: allowedOf(world, actor, action, actor.role.policies) };
  }));
}

/**
 * What a role could do to stores and their keys that has every right that its own account can give: what other accounts' buckets and keys
 * let in.
 */
export function administratorOf(world: World, { role, ...actor }: Actor): Cell[] {
  const administrator = { ...actor, role: { ...role, boundaries: [] } };
  const foreign = new Set(world.stores.flatMap(({ name, keyArn }) => [`arn:aws:s3:::${name}`, keyArn ?? []].flat())
    .filter((arn) => world.accountOf(arn, actor.account) !== actor.account));
  const isForeign = (resource: string): boolean => foreign.has(resource.replace(/^(arn:aws:s3:::[^/]+).*$/, '$1'));
  return Object.values(DANGEROUS).flat().flatMap((action) => {
    const on = (...of: Parameters<typeof action.on>): string[] => action.on(...of).filter(isForeign);
    const allowed = allowedOf(world, administrator, { ...action, on }, [EVERYTHING]);
    return allowed.length > 0 ? [{ actor: administrator, action, allowed }] : [];
  });
}

/** Whether policies that lie at the resources refuse it, even to a role that is granted everything. */
export function isRefusedThere(world: World, { actor, action }: Cell): boolean {
  const resources = action.on(world, actor);
  if (resources.length === 0 || resources.some((resource) => world.policyOf(resource) === undefined)) return false;
  return allowedOf(world, { ...actor, role: { ...actor.role, boundaries: [] } }, action, [EVERYTHING]).length === 0;
}

const EVERYTHING: NamedPolicy = {
  name: 'everything', document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
};

function allowedOf(world: World, actor: Actor, action: DangerousAction, policies: readonly NamedPolicy[]): string[] {
  return action.on(world, actor).flatMap((resource) => {
    const allowed = action.actions.filter((name) => may(world, actor, action, name, resource, policies));
    return action.together && allowed.length < action.actions.length ? [] : allowed.map((name) => `${name} on ${resource}`);
  });
}

function may(
  world: World, actor: Actor, { contexts }: DangerousAction, name: string, resource: string, policies: readonly NamedPolicy[],
): boolean {
  const atResource = world.policyOf(resource);
  // Most questions end here: what no statement allows needs no simulation.
  if (!policies.some(({ document }) => couldAllow(document, name)) && !(atResource && couldAllow(atResource.document, name))) return false;
  const account = world.accountOf(resource, actor.account);
  const { region } = world.resolver;
  return (contexts?.(resource, actor) ?? [{}]).some((values) => {
    const known: Context = {
      'aws:PrincipalArn': actor.role.arn, 'aws:PrincipalAccount': actor.account, 'aws:PrincipalType': 'AssumedRole',
      'aws:PrincipalIsAWSService': 'false', 'aws:ViaAWSService': 'false', 'aws:ResourceAccount': account, 'aws:RequestedRegion': region, 'aws:SecureTransport': 'true', ...values,
    };
    const context = Object.fromEntries(Object.entries(known).filter((one): one is [string, string | string[]] => one[1] !== undefined));
    return simulate({
      principal: actor.role.arn, account, action: name, resource, context,
      identityPolicies: policies.map((policy) => opened(policy, known)),
      boundaries: actor.role.boundaries, resourcePolicy: atResource && opened(atResource, known),
    }) === 'Allowed';
  });
}

const asked = new WeakMap<PolicyDocument, Map<string, boolean>>();

function couldAllow(document: PolicyDocument, name: string): boolean {
  const answers = asked.get(document) ?? new Map<string, boolean>();
  asked.set(document, answers);
  const answer = answers.get(name) ?? statementsOf(document).some((statement) => statement.Effect === 'Allow'
    && (statement.NotAction !== undefined || actionsOf(statement).some((pattern) => actionMatches(pattern, name))));
  answers.set(name, answer);
  return answer;
}

/** Whoever asks chooses what the question leaves open, so conditions of an Allow on other keys than the known ones hold. */
function opened(policy: NamedPolicy, known: Context): NamedPolicy {
  const keys = new Set(Object.keys(known).map((key) => key.toLowerCase()));
  const Statement = statementsOf(policy.document).map((statement) => {
    if (statement.Effect !== 'Allow' || statement.Condition === undefined) return statement;
    const conditions = Object.entries(statement.Condition as Record<string, Record<string, unknown>>).flatMap(([operator, tests]) => {
      const kept = Object.entries(tests).filter(([key]) => keys.has(key.toLowerCase()));
      return kept.length > 0 ? [[operator, Object.fromEntries(kept)]] : [];
    });
    return { ...statement, Condition: Object.fromEntries(conditions) };
  });
  return { name: policy.name, document: { ...policy.document, Statement } };
}

/** Grants that change nothing of a copy, a right or a run, and show nothing of them. */
export const HARMLESS: Readonly<Record<string, string>> = {
  'logs:CreateLogStream, logs:PutLogEvents': 'write a log',
  'logs:CreateLogDelivery, logs:GetLogDelivery, logs:ListLogDeliveries, logs:DescribeResourcePolicies, logs:DescribeLogGroups': 'have Step Functions write a log',
  'xray:PutTraceSegments, xray:PutTelemetryRecords, xray:GetSamplingRules, xray:GetSamplingTargets': 'write traces',
  'sqs:SendMessage': 'leave a slot that could not start in the dead-letter queue',
  'ecr:GetAuthorizationToken, ecr:BatchCheckLayerAvailability, ecr:GetDownloadUrlForLayer, ecr:BatchGetImage': 'pull the worker\'s image',
  'ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets': 'stand in a network; with those that make and delete its interfaces, which Lambda may use and a worker\'s code may not',
  'scheduler:GetSchedule, states:DescribeStateMachine, sqs:GetQueueAttributes, sns:GetTopicAttributes, sns:ListSubscriptionsByTopic, s3:GetBucketObjectLockConfiguration, s3:GetBucketPolicy, s3:GetBucketVersioning, s3:GetLifecycleConfiguration, kms:DescribeKey, kms:GetKeyPolicy, kms:GetKeyRotationStatus':
    'see what is in force of what was declared',
  'cloudwatch:GetMetricData': 'read figures for messages and the digest',
  'events:PutEvents': 'tell a bus',
  's3:GetObjectVersionTagging, s3:GetObjectRetention, s3:GetObjectLegalHold, s3:GetObjectVersionAcl, s3:GetReplicationConfiguration': 'see what protects a copy, and whether it is released',
};

/** Grants of actions that are neither in the matrix nor known as harmless, and patterns, which could be anything. */
export function strangersOf(world: World): string[] {
  const known = new Set([
    ...Object.values(DANGEROUS).flat().flatMap(({ actions }) => actions),
    ...Object.keys(HARMLESS).flatMap((actions) => actions.split(', ')),
  ]);
  return world.actors.flatMap(({ role }) => role.policies.flatMap(({ document }) => statementsOf(document))
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) => [...actionsOf(statement), ...statement.NotAction === undefined ? [] : ['NotAction']])
    .filter((action) => !known.has(action))
    .map((action) => `${role.path}: ${action}`));
}

/** Who is let in by a policy that lies at a store, beside the accounts' own roles with their own policies: nobody. */
export function openingsOf(world: World): string[] {
  return world.stores.flatMap(({ name, path }) => statementsOf(world.policyOf(`arn:aws:s3:::${name}`)?.document ?? { Statement: [] })
    .filter(({ Effect }) => Effect === 'Allow').map((statement) => `${path}: ${JSON.stringify(statement)}`));
}
