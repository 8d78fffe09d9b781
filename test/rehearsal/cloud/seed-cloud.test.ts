import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { SubscriptionFilter, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { seedCloud } from '../../../rehearsal/cloud/seed-cloud';
import { type Endpoint, startEndpoint } from '../../../rehearsal/endpoint';
import { synthesize, type Synthesized } from '../synthesize';

const REGION = 'eu-west-3';
const ACCOUNT = '000000000000';

let made: Synthesized;
let endpoint: Endpoint;
const directory = mkdtempSync(join(tmpdir(), 'seed-cloud-'));

beforeAll(async () => {
  made = synthesize((app) => {
    const stack = new Stack(app, 'Watched', { env: { region: REGION } });
    const key = new Key(stack, 'Key', { enableKeyRotation: true, rotationPeriod: Duration.days(120) });
    const dead = new Queue(stack, 'Dead', { queueName: 'dead', encryption: QueueEncryption.KMS, encryptionMasterKey: key, retentionPeriod: Duration.days(14) });
    const machine = new StateMachine(stack, 'Machine', { stateMachineName: 'run', definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Only')) });
    const topic = new Topic(stack, 'Page', { topicName: 'page', masterKey: key });
    topic.addSubscription(new EmailSubscription('on-call@example.org', { filterPolicy: { language: SubscriptionFilter.stringFilter({ allowlist: ['en'] }) } }));
    const unknown = new CfnParameter(stack, 'Number');
    const schedule = (id: string, more: object) => new CfnSchedule(stack, id, {
      name: id, flexibleTimeWindow: { mode: 'OFF' }, scheduleExpression: 'cron(0 2 * * ? *)', scheduleExpressionTimezone: 'Europe/Paris',
      target: {
        arn: machine.stateMachineArn, roleArn: machine.role.roleArn, input: '{"slot":"<aws.scheduler.scheduled-time>"}',
        deadLetterConfig: { arn: dead.queueArn }, retryPolicy: { maximumRetryAttempts: 3 },
      },
      ...more,
    });
    schedule('nightly', { state: 'ENABLED' });
    schedule('grouped', { groupName: 'own', state: 'DISABLED', startDate: '2027-01-01T00:00:00.000Z' });
    schedule('unknowable', { description: unknown.valueAsString });
    topic.addSubscription({ bind: () => ({ subscriberId: 'sms', endpoint: unknown.valueAsString, protocol: SubscriptionProtocol.SMS }) });
  }, { region: REGION });
  endpoint = await startEndpoint({ directory, region: REGION });
  seedCloud(made.resolver, endpoint);
});

afterAll(async () => {
  await endpoint.close();
  made.remove();
  rmSync(directory, { recursive: true, force: true });
});

test('schedules with their expression, zone, state, group and target; one that nobody can know is left out', () => {
  const machine = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:run`;
  expect(endpoint.schedules.list()).toMatchObject([
    {
      Arn: `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/nightly`, Name: 'nightly', GroupName: 'default', State: 'ENABLED',
      ScheduleExpression: 'cron(0 2 * * ? *)', ScheduleExpressionTimezone: 'Europe/Paris', FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: machine, Input: '{"slot":"<aws.scheduler.scheduled-time>"}', DeadLetterConfig: { Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:dead` },
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 86_400 },
      },
    },
    { Name: 'grouped', GroupName: 'own', State: 'DISABLED', StartDate: Date.parse('2027-01-01T00:00:00Z') / 1000 },
  ]);
  expect(endpoint.machines.find(machine).definition).toMatchObject({ StartAt: 'Only' });
});

test('topics with who is subscribed, queues with their key', () => {
  const topic = `arn:aws:sns:${REGION}:${ACCOUNT}:page`;
  expect(endpoint.topics.subscriptions(topic)).toMatchObject([
    { protocol: 'email', endpoint: 'on-call@example.org', confirmed: true, filterPolicy: { language: ['en'] } }, { protocol: 'sms', confirmed: true },
  ]);
  const queue = endpoint.queues.find(`arn:aws:sqs:${REGION}:${ACCOUNT}:dead`);
  expect(queue).toMatchObject({ retentionSeconds: 14 * 86_400 });
  expect(queue.keyArn).toBe(endpoint.topics.find(topic).keyArn);
});
