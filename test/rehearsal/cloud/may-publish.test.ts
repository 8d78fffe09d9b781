import { Stack } from 'aws-cdk-lib';
import { AccountPrincipal, AnyPrincipal, Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { Topic, TopicPolicy } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { Authorizer } from '../../../rehearsal/cloud/authorizer';
import { mayPublish, type Publishing, type PublishingService } from '../../../rehearsal/cloud/may-publish';
import type { PolicyDocument } from '../../../rehearsal/cloud/policy-document';
import { synthesize } from '../synthesize';

const ACCOUNT = '000000000000';
const ALARM = `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:overdue`;
const RULE = `arn:aws:events:us-east-1:${ACCOUNT}:rule/changed`;
const CLOUDWATCH = 'cloudwatch.amazonaws.com';

interface Asked { readonly authorizer: Authorizer; readonly topicArn: string }

/** What arrives at the one topic or queue that `build` returns the ARN of. */
function at(build: (stack: Stack) => string, use: (asked: Asked) => void): void {
  let token: unknown;
  const made = synthesize((app) => {
    const stack = new Stack(app, 'Watch');
    token = stack.resolve(build(stack));
  });
  try {
    const topicArn = made.resolver.resolve(made.resolver.assembly.stacks[0], token, 'here') as string;
    use({ authorizer: new Authorizer(made.resolver), topicArn });
  } finally {
    made.remove();
  }
}

const service = (name: PublishingService, conditions?: Record<string, unknown>) => (actions: string[], resources: string[]) =>
  new PolicyStatement({ sid: 'LetIn', principals: [new ServicePrincipal(name)], actions, resources, conditions });
const OF_THIS_ACCOUNT = { StringEquals: { 'aws:SourceAccount': ACCOUNT } };

/** An encrypted topic over TLS, with the given statements at topic and key. */
function encrypted(scope: Construct, statement: { topic?: ReturnType<typeof service>; key?: ReturnType<typeof service> }): string {
  const key = new Key(scope, 'Key');
  const topic = new Topic(scope, 'Topic', { masterKey: key, enforceSSL: true });
  if (statement.topic) topic.addToResourcePolicy(statement.topic(['sns:Publish'], [topic.topicArn]));
  if (statement.key) key.addToResourcePolicy(statement.key(['kms:GenerateDataKey*', 'kms:Decrypt'], ['*']));
  return topic.topicArn;
}

test('an alarm arrives at an encrypted topic when topic and key let CloudWatch in, for this account or this alarm', () => {
  for (const conditions of [undefined, OF_THIS_ACCOUNT, { ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:*` } }]) {
    const both = service(CLOUDWATCH, conditions);
    at((stack) => encrypted(stack, { topic: both, key: both }), ({ authorizer, topicArn }) => {
      expect(authorizer.mayPublish({ principal: CLOUDWATCH, topicArn, sourceArn: ALARM })).toEqual({ allow: true });
    });
  }
});

test('what lacks is said: the topic\'s word, the key\'s word, another account\'s alarm, another service', () => {
  const both = service(CLOUDWATCH, OF_THIS_ACCOUNT);
  const why = (statement: Parameters<typeof encrypted>[1], message: { principal?: PublishingService; sourceAccount?: string } = {}) => {
    let reason = '';
    at((stack) => encrypted(stack, statement), ({ authorizer, topicArn }) => {
      const answer = authorizer.mayPublish({ principal: CLOUDWATCH, topicArn, sourceArn: ALARM, ...message });
      reason = answer.allow ? 'arrives' : answer.reason.replace(topicArn, 'TOPIC').replace(/arn:aws:kms\S+(?=:)/, 'KEY');
    });
    return reason;
  };
  expect(why({ topic: both, key: both })).toBe('arrives');
  expect(why({ key: both })).toBe('cloudwatch.amazonaws.com may not sns:Publish on TOPIC: Watch/Topic/Policy does not let the service in');
  expect(why({ topic: both })).toBe('cloudwatch.amazonaws.com may not kms:GenerateDataKey on KEY: Watch/Key does not let the service in');
  expect(why({ topic: both, key: both }, { sourceAccount: '111122223333' })).toMatch(/may not sns:Publish on TOPIC/);
  expect(why({ topic: both, key: both }, { principal: 's3.amazonaws.com' })).toMatch(/^s3\.amazonaws\.com may not sns:Publish on TOPIC/);
  expect(why({ topic: both, key: (_, resources) => both(['kms:GenerateDataKey'], resources) })).toMatch(/may not kms:Decrypt on KEY/);
});

test('EventBridge tells a key nothing of its source: a condition there loses every event, and one at the topic does not', () => {
  const events = (conditions?: Record<string, unknown>) => service('events.amazonaws.com', conditions);
  const message = { principal: 'events.amazonaws.com', sourceArn: RULE } as const;
  at((stack) => encrypted(stack, { topic: events(OF_THIS_ACCOUNT), key: events() }), ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ ...message, topicArn })).toEqual({ allow: true });
  });
  at((stack) => encrypted(stack, { topic: events(OF_THIS_ACCOUNT), key: events(OF_THIS_ACCOUNT) }), ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ ...message, topicArn })).toMatchObject({ allow: false, reason: expect.stringContaining('events.amazonaws.com may not kms:GenerateDataKey') });
  });
});

test('a topic without a policy has the default one, which alarms of its account pass and nobody else; any policy of its own takes that away', () => {
  at((stack) => new Topic(stack, 'Topic').topicArn, ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ principal: CLOUDWATCH, topicArn, sourceArn: ALARM })).toEqual({ allow: true });
    for (const other of ['events.amazonaws.com', 's3.amazonaws.com'] as const) {
      expect(authorizer.mayPublish({ principal: other, topicArn })).toEqual({ allow: false, reason: `${other} may not sns:Publish on ${topicArn}: nothing lets the service in` });
    }
    expect(authorizer.mayPublish({ principal: CLOUDWATCH, topicArn, sourceAccount: '111122223333' })).toMatchObject({ allow: false });
  });
  at((stack) => new Topic(stack, 'Topic', { enforceSSL: true }).topicArn, ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ principal: CLOUDWATCH, topicArn, sourceArn: ALARM })).toMatchObject({ allow: false });
  });
});

test('a role needs its own policies, the key\'s trust and no denial at the topic', () => {
  const role = `arn:aws:iam::${ACCOUNT}:role/teller`;
  const told = (deny: boolean, key: boolean) => (stack: Stack) => {
    const masterKey = new Key(stack, 'Key');
    const topic = new Topic(stack, 'Topic', { masterKey, enforceSSL: true });
    const teller = new Role(stack, 'Teller', { roleName: 'teller', assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    teller.addToPolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
    if (key) {
      teller.addToPolicy(new PolicyStatement({
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [masterKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `sns.${stack.region}.amazonaws.com` } },
      }));
    }
    if (deny) topic.addToResourcePolicy(new PolicyStatement({ sid: 'Closed', effect: Effect.DENY, principals: [new AnyPrincipal()], actions: ['sns:Publish'], resources: [topic.topicArn] }));
    return topic.topicArn;
  };
  at(told(false, true), ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ principal: role as `arn:${string}`, topicArn })).toEqual({ allow: true });
    expect(authorizer.refusals()).toEqual([]);
  });
  at(told(false, false), ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ principal: role as `arn:${string}`, topicArn })).toMatchObject({ allow: false, reason: expect.stringMatching(/Watch\/Teller may not kms:GenerateDataKey on .*: no policy allows it/) });
  });
  at(told(true, true), ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ principal: role as `arn:${string}`, topicArn })).toEqual({ allow: false, reason: `Watch/Teller may not sns:Publish on ${topicArn}: Watch/Topic/Policy denies it (Closed)` });
  });
});

test('a queue is asked by its own policy and by its key, as a dead-letter queue of a rule', () => {
  const queue = (keyed: boolean, open: boolean) => (stack: Stack) => {
    const encryptionMasterKey = keyed ? new Key(stack, 'Key') : undefined;
    const made = new Queue(stack, 'Queue', { encryption: keyed ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED, encryptionMasterKey, enforceSSL: true });
    const events = service('events.amazonaws.com');
    if (open) made.addToResourcePolicy(service('events.amazonaws.com', { ArnEquals: { 'aws:SourceArn': RULE } })(['sqs:SendMessage'], [made.queueArn]));
    if (open) encryptionMasterKey?.addToResourcePolicy(events(['kms:GenerateDataKey', 'kms:Decrypt'], ['*']));
    return made.queueArn;
  };
  const message = { principal: 'events.amazonaws.com', sourceArn: RULE } as const;
  for (const keyed of [true, false]) {
    at(queue(keyed, true), ({ authorizer, topicArn }) => {
      expect(authorizer.mayPublish({ ...message, topicArn })).toEqual({ allow: true });
      expect(authorizer.mayPublish({ ...message, sourceArn: `${RULE}-2`, topicArn })).toMatchObject({ allow: false });
    });
    at(queue(keyed, false), ({ authorizer, topicArn }) => expect(authorizer.mayPublish({ ...message, topicArn })).toMatchObject({ allow: false, reason: expect.stringContaining('sqs:SendMessage') }));
  }
});

test('a key is found by its alias; AWS\'s own key and one of elsewhere take no message, and a topic of nowhere is an error', () => {
  const statements = (topic: Topic, key?: Key) => {
    topic.addToResourcePolicy(service(CLOUDWATCH)(['sns:Publish'], [topic.topicArn]));
    key?.addToResourcePolicy(service(CLOUDWATCH)(['kms:GenerateDataKey', 'kms:Decrypt'], ['*']));
    return topic.topicArn;
  };
  at((stack) => {
    const key = new Key(stack, 'Key');
    return statements(new Topic(stack, 'Topic', { masterKey: new Alias(stack, 'Alias', { aliasName: 'alias/words', targetKey: key }) }), key);
  }, ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ principal: CLOUDWATCH, topicArn })).toEqual({ allow: true });
    expect(() => authorizer.mayPublish({ principal: CLOUDWATCH, topicArn: `${topicArn}-2` })).toThrow(/No stack of the assembly makes .*-2/);
  });
  at((stack) => statements(new Topic(stack, 'Topic', { masterKey: Alias.fromAliasName(stack, 'Aws', 'alias/aws/sns') })), ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ principal: CLOUDWATCH, topicArn })).toMatchObject({ allow: false, reason: expect.stringMatching(/is encrypted with .*alias\/aws\/sns/) });
  });
});

test('a policy that names the account lets its roles ask, and no service', () => {
  at((stack) => {
    const topic = new Topic(stack, 'Topic');
    new TopicPolicy(stack, 'Policy', { topics: [topic], policyDocument: undefined }).document.addStatements(
      new PolicyStatement({ principals: [new AccountPrincipal(ACCOUNT)], actions: ['sns:Publish'], resources: [topic.topicArn] }));
    return topic.topicArn;
  }, ({ authorizer, topicArn }) => {
    expect(authorizer.mayPublish({ principal: CLOUDWATCH, topicArn, sourceArn: ALARM })).toMatchObject({ allow: false });
  });
});

test('the question itself is a function of its arguments: a condition on the topic\'s ARN at the key, and on TLS', () => {
  const topic = `arn:aws:sns:eu-west-1:${ACCOUNT}:words`;
  const key = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`;
  const policy = (Condition: unknown, ...Action: string[]): { name: string; document: PolicyDocument } =>
    ({ name: 'Words', document: { Statement: [{ Effect: 'Allow', Principal: { Service: CLOUDWATCH }, Action, Resource: '*', Condition }] } });
  const publishing = (ofTopic: string): Publishing => ({
    principal: CLOUDWATCH, sourceArn: ALARM,
    topic: { arn: topic, policy: policy({ Bool: { 'aws:SecureTransport': 'true' } }, 'sns:Publish') },
    key: { arn: key, policy: policy({ StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': ofTopic } }, 'kms:GenerateDataKey', 'kms:Decrypt') },
  });
  expect(mayPublish(publishing(topic))).toEqual({ allow: true });
  expect(mayPublish(publishing(`${topic}-2`))).toMatchObject({ allow: false });
});
