import { denialOf } from './denial';
import type { Permission } from './permission';
import type { NamedPolicy } from './policy-document';
import type { LocalRole } from './roles';
import { type Question, simulate } from './simulate';

/** Services that send messages in their own name. */
export type PublishingService = 'cloudwatch.amazonaws.com' | 'events.amazonaws.com' | 's3.amazonaws.com' | 'sns.amazonaws.com';

/** A resource and the policy that lies at it. */
export interface Guarded {
  readonly arn: string;
  readonly policy?: NamedPolicy;
}

export interface Publishing {
  /** A service in its own name, or a role. */
  readonly principal: PublishingService | LocalRole;
  /** A topic of SNS or a queue of SQS. */
  readonly topic: Guarded;
  /** The key that encrypts it; undefined where it has none of KMS. */
  readonly key?: Guarded;
  /** Account for which a service speaks. @default - the topic's own */
  readonly sourceAccount?: string;
  /** ARN for which a service speaks: of the alarm, the rule, the bucket, the topic. @default - none is said */
  readonly sourceArn?: string;
}

/**
 * What is known of the requests of each service.
 *
 * `defaultPolicy`: SNS gives a topic without a policy one of its own, by which alarms of its account arrive and events do not
 * (EventBridge User Guide, "Using resource-based policies"; S3 User Guide, "Granting permissions to publish event notification messages").
 *
 * `keyHearsSource`: EventBridge says nothing of its source to KMS, so that a key with a condition on it gets no event (SNS Developer Guide,
 * "Enable compatibility between event sources from AWS services and encrypted topics"). Of what SNS says there, nothing is promised.
 */
const SERVICES: Readonly<Record<PublishingService, { readonly defaultPolicy: boolean; readonly keyHearsSource: boolean }>> = {
  'cloudwatch.amazonaws.com': { defaultPolicy: true, keyHearsSource: true },
  'events.amazonaws.com': { defaultPolicy: false, keyHearsSource: false },
  's3.amazonaws.com': { defaultPolicy: false, keyHearsSource: true },
  'sns.amazonaws.com': { defaultPolicy: false, keyHearsSource: false },
};

/** What SNS and SQS ask KMS for when a message is sent to an encrypted topic or queue (the SNS page above). */
const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

/** Whether a message arrives, by the policies of its sender, its topic or queue, and the key of that. */
export function mayPublish(publishing: Publishing): Permission {
  const { topic, key } = publishing;
  const queue = topic.arn.split(':')[2] === 'sqs';
  const asked = [
    ask(publishing, queue ? 'sqs:SendMessage' : 'sns:Publish', topic),
    ...(key ? KEY_ACTIONS.map((action) => ask(publishing, action, key, queue ? 'sqs' : 'sns')) : []),
  ];
  for (const question of asked) {
    const answer = simulate(question);
    if (answer !== 'Allowed') return { allow: false, reason: reasonOf(publishing, question, answer === 'ExplicitlyDenied') };
  }
  return { allow: true };
}

/** @param via service that asks the key for its caller */
function ask({ principal, topic, ...source }: Publishing, action: string, resource: Guarded, via?: 'sns' | 'sqs'): Question {
  const [, , , region, account] = resource.arn.split(':');
  const context = { 'aws:SecureTransport': 'true', 'aws:ViaAWSService': 'false', 'aws:ResourceAccount': account, 'aws:RequestedRegion': region };
  const encryption: Record<string, string | string[]> = via ? {
    [`kms:EncryptionContext:${ENCRYPTED[via]}`]: topic.arn, 'kms:EncryptionContextKeys': [ENCRYPTED[via]],
  } : {};
  if (typeof principal !== 'string') {
    const own = principal.arn.split(':')[4];
    return {
      principal: principal.arn, action, resource: resource.arn, account,
      context: {
        ...context, ...encryption, 'aws:PrincipalArn': principal.arn, 'aws:PrincipalAccount': own, 'aws:PrincipalType': 'AssumedRole',
        'aws:PrincipalIsAWSService': 'false', ...via ? { 'kms:ViaService': `${via}.${region}.amazonaws.com`, 'kms:CallerAccount': own } : {},
      },
      identityPolicies: principal.policies, boundaries: principal.boundaries, resourcePolicy: resource.policy,
    };
  }
  const { defaultPolicy, keyHearsSource } = SERVICES[principal];
  const { sourceAccount = topic.arn.split(':')[4], sourceArn } = source;
  const said = via === undefined || keyHearsSource
    ? { 'aws:SourceAccount': sourceAccount, ...sourceArn === undefined ? {} : { 'aws:SourceArn': sourceArn } } : {};
  return {
    principal, action, resource: resource.arn, account,
    context: {
      ...context, ...encryption, ...said, 'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': principal,
      ...defaultPolicy && via === undefined ? { 'aws:SourceOwner': sourceAccount } : {},
    },
    identityPolicies: [], boundaries: [],
    resourcePolicy: resource.policy ?? (action === 'sns:Publish' ? defaultTopicPolicy(account) : undefined),
  };
}

/** Name of what SNS and SQS put into the encryption context. */
const ENCRYPTED = { sns: 'aws:sns:topicArn', sqs: 'aws:sqs:arn' } as const;

/** As SNS writes it for a topic that is made without one (SNS API Reference, "CreateTopic"). */
function defaultTopicPolicy(account: string): NamedPolicy {
  return {
    name: 'the default policy of SNS',
    document: {
      Version: '2008-10-17',
      Statement: [{
        Sid: '__default_statement_ID', Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sns:Publish', Resource: '*',
        Condition: { StringEquals: { 'aws:SourceOwner': account } },
      }],
    },
  };
}

function reasonOf({ principal, topic, key }: Publishing, question: Question, denied: boolean): string {
  const who = typeof principal === 'string' ? principal : principal.path;
  const what = `${who} may not ${question.action} on ${question.resource}`;
  if (denied) return `${what}: ${denialOf(question)}`;
  const { policy } = question.resource === topic.arn ? topic : key!;
  if (typeof principal !== 'string') return `${what}: no policy allows it`;
  return `${what}: ${policy ? `${policy.name} does not let the service in` : 'nothing lets the service in'}`;
}
