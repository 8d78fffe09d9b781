import { CloudWatchClient, GetMetricDataCommand, ListMetricsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeKeyCommand, EncryptCommand, GetKeyRotationStatusCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetBucketLifecycleConfigurationCommand, GetObjectLockConfigurationCommand, PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { DescribeStateMachineCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetTopicAttributesCommand, ListSubscriptionsByTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { StartedExecution } from '../../rehearsal/endpoint';
import { refusal, start, type Started } from './support';

const ROLE = 'arn:aws:iam::000000000000:role/sentinel';
const SCHEDULE = 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/nightly';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:run';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:dead';
const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead';
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:page';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/store';

let at: Started;
let role: Started['client'];
const started: StartedExecution[] = [];
const refused = new Set<string>();

beforeAll(async () => {
  at = await start({
    now: () => new Date('2026-11-20T00:00:00Z'),
    credentials: { test: { secretAccessKey: 'test' }, sentinel: { secretAccessKey: 's', principal: ROLE } },
    authorize: ({ principal, action }) => (principal && refused.has(action) ? { allow: false, reason: 'no policy allows it' } : { allow: true }),
    handlers: { startExecution: (execution) => void started.push(execution) },
  });
  role = { ...at.client, credentials: { accessKeyId: 'sentinel', secretAccessKey: 's' } };
  at.endpoint.schedules.seed({
    Arn: SCHEDULE, ScheduleExpression: 'cron(0 2 * * ? *)', ScheduleExpressionTimezone: 'Europe/Paris',
    Target: { Arn: MACHINE, RoleArn: 'arn:aws:iam::000000000000:role/starter', Input: '{}' },
  });
  at.endpoint.machines.seed({ arn: MACHINE, roleArn: 'arn:aws:iam::000000000000:role/machine', definition: { StartAt: 'A' } });
  at.endpoint.seedKey(KEY, { rotationDays: 90 });
  at.endpoint.queues.seed({ arn: QUEUE, keyArn: KEY });
});
afterAll(() => at.stop());
beforeEach(() => refused.clear());

const callsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
  const from = at.endpoint.calls.length;
  await work();
  return at.endpoint.calls.slice(from).map(({ action, resource }) => `${action} ${resource}`);
};

test('Scheduler: a schedule as declared, changed by hand, gone', async () => {
  const client = new SchedulerClient(role);
  const get = () => client.send(new GetScheduleCommand({ Name: 'nightly' }));
  expect(await get()).toMatchObject({
    Arn: SCHEDULE, Name: 'nightly', GroupName: 'default', State: 'ENABLED', ScheduleExpression: 'cron(0 2 * * ? *)', ScheduleExpressionTimezone: 'Europe/Paris',
    Target: { Arn: MACHINE, RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 } },
    CreationDate: new Date('2026-11-20T00:00:00Z'),
  });
  expect(await callsOf(get)).toEqual([`scheduler:GetSchedule ${SCHEDULE}`]);
  at.endpoint.schedules.change(SCHEDULE, { State: 'DISABLED' });
  expect(await get()).toMatchObject({ State: 'DISABLED', ScheduleExpression: 'cron(0 2 * * ? *)' });
  expect(await refusal(client.send(new GetScheduleCommand({ Name: 'none', GroupName: 'own' }))))
    .toMatchObject({ name: 'ResourceNotFoundException', status: 404, message: 'Schedule none does not exist.' });
  refused.add('scheduler:GetSchedule');
  expect(await refusal(get())).toMatchObject({ name: 'AccessDeniedException', status: 403 });
});

test('Scheduler: an update replaces all, and asks for the right to pass the target\'s role', async () => {
  const client = new SchedulerClient(role);
  const { Target, ScheduleExpression } = await client.send(new GetScheduleCommand({ Name: 'nightly' }));
  const until = new Date('2026-11-25T00:00:00Z');
  const update = (more: object = {}) => client.send(new UpdateScheduleCommand({
    Name: 'nightly', ScheduleExpression, Target, FlexibleTimeWindow: { Mode: 'OFF' }, StartDate: until, Description: 'paused', ...more,
  }));
  expect(await callsOf(update)).toEqual([`scheduler:UpdateSchedule ${SCHEDULE}`, 'iam:PassRole arn:aws:iam::000000000000:role/starter']);
  const after = await client.send(new GetScheduleCommand({ Name: 'nightly' }));
  expect(after).toMatchObject({ State: 'ENABLED', StartDate: until, Description: 'paused', ScheduleExpressionTimezone: 'UTC' });
  expect(await refusal(update({ StartDate: new Date('2026-11-19T23:00:00Z') }))).toMatchObject({
    name: 'ValidationException', status: 400, message: 'The StartDate you specify cannot be earlier than 5 minutes ago.',
  });
  expect(await refusal(update({ ScheduleExpression: 'daily' }))).toMatchObject({ name: 'ValidationException' });
  refused.add('iam:PassRole');
  expect(await refusal(update())).toMatchObject({ name: 'AccessDeniedException', status: 403 });
});

test('Scheduler: lists by prefix, a page at a time', async () => {
  for (let i = 0; i < 5; i++) {
    at.endpoint.schedules.seed({ Arn: `arn:aws:scheduler:us-east-1:000000000000:schedule/many/n${i}`, ScheduleExpression: 'rate(1 hour)', Target: { Arn: 'x' } });
  }
  at.endpoint.schedules.seed({ Arn: 'arn:aws:scheduler:eu-west-1:000000000000:schedule/many/n9', ScheduleExpression: 'rate(1 hour)', Target: { Arn: 'x' } });
  const client = new SchedulerClient(role);
  const first = await client.send(new ListSchedulesCommand({ GroupName: 'many', NamePrefix: 'n', MaxResults: 3 }));
  const second = await client.send(new ListSchedulesCommand({ GroupName: 'many', NamePrefix: 'n', MaxResults: 3, NextToken: first.NextToken }));
  expect([...first.Schedules!, ...second.Schedules!].map(({ Name }) => Name)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
  expect(second.NextToken).toBeUndefined();
});

test('SQS: how many messages wait; sending to an encrypted queue asks for its key', async () => {
  const client = new SQSClient({ ...role, useQueueUrlAsEndpoint: false });
  const depth = async () => (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }))).Attributes;
  expect(await depth()).toEqual({ ApproximateNumberOfMessages: '0' });
  expect(await callsOf(() => client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'slot' })))).toEqual([
    `sqs:SendMessage ${QUEUE}`, `kms:GenerateDataKey ${KEY}`, `kms:Decrypt ${KEY}`,
  ]);
  expect(await depth()).toEqual({ ApproximateNumberOfMessages: '1' });
  expect(at.endpoint.queues.messages(QUEUE)).toMatchObject([{ body: 'slot' }]);
  at.endpoint.queues.purge(QUEUE);
  expect(await depth()).toEqual({ ApproximateNumberOfMessages: '0' });
  const none = client.send(new GetQueueAttributesCommand({ QueueUrl: `${QueueUrl}-none`, AttributeNames: ['All'] }));
  expect(await refusal(none)).toMatchObject({ name: 'QueueDoesNotExist', status: 400 });
  refused.add('sqs:GetQueueAttributes');
  expect(await refusal(depth())).toMatchObject({ name: 'AccessDeniedException' });
});

test('SQS: by the environment\'s endpoint alone, with the queue\'s URL left alone', async () => {
  const { credentials, region, maxAttempts } = role;
  process.env.AWS_ENDPOINT_URL = at.endpoint.url;
  try {
    const client = new SQSClient({ credentials, region, maxAttempts, useQueueUrlAsEndpoint: false });
    expect(await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))).toMatchObject({ Attributes: { QueueArn: QUEUE } });
  } finally {
    delete process.env.AWS_ENDPOINT_URL;
  }
});

test('SNS: who is subscribed, and who never said yes', async () => {
  const client = new SNSClient(role);
  const person = { arn: `${TOPIC}:1`, protocol: 'email', endpoint: 'on-call@example.org', confirmed: true };
  at.endpoint.topics.seed({ arn: TOPIC, keyArn: KEY, subscriptions: [person] });
  const list = async () => (await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC }))).Subscriptions;
  expect(await list()).toMatchObject([{ SubscriptionArn: person.arn, Protocol: 'email', Endpoint: person.endpoint, TopicArn: TOPIC }]);
  at.endpoint.topics.subscribe(TOPIC, [{ ...person, confirmed: false }, ...Array.from({ length: 120 }, (_, i) => ({ ...person, arn: `${TOPIC}:x${i}` }))]);
  expect((await list())![0]).toMatchObject({ SubscriptionArn: 'PendingConfirmation' });
  const { NextToken } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC }));
  expect((await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC, NextToken }))).Subscriptions).toHaveLength(21);
  const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: TOPIC }));
  expect(Attributes).toMatchObject({ SubscriptionsConfirmed: '120', SubscriptionsPending: '1', KmsMasterKeyId: KEY });
  at.endpoint.topics.remove(TOPIC);
  expect(await refusal(list())).toMatchObject({ name: 'NotFoundException', status: 404 });
  expect(await refusal(client.send(new PublishCommand({ TopicArn: TOPIC, Message: 'm' })))).toMatchObject({ name: 'NotFoundException' });
});

test('Step Functions: a machine as it is, and a start, once', async () => {
  const client = new SFNClient(role);
  const describe = (stateMachineArn: string) => client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  expect(await describe(MACHINE)).toMatchObject({ stateMachineArn: MACHINE, name: 'run', status: 'ACTIVE', definition: '{"StartAt":"A"}' });
  const begin = (input: string) => client.send(new StartExecutionCommand({ stateMachineArn: MACHINE, name: 'run-1', input }));
  expect(await begin('{"slot":"now"}')).toMatchObject({ executionArn: 'arn:aws:states:us-east-1:000000000000:execution:run:run-1' });
  await begin('{"slot":"now"}');
  expect(started).toMatchObject([{ machineArn: MACHINE, input: { slot: 'now' } }]);
  expect(await refusal(begin('{"slot":"later"}'))).toMatchObject({ name: 'ExecutionAlreadyExists', status: 400 });
  at.endpoint.machines.remove(MACHINE);
  expect(await refusal(describe(MACHINE))).toMatchObject({ name: 'StateMachineDoesNotExist', status: 400 });
});

test('KMS: rotation, and a key that is disabled or waits for its end', async () => {
  const client = new KMSClient(role);
  const status = () => client.send(new GetKeyRotationStatusCommand({ KeyId: KEY }));
  const state = async () => (await client.send(new DescribeKeyCommand({ KeyId: KEY }))).KeyMetadata;
  expect(await status()).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90, NextRotationDate: new Date('2027-02-18T00:00:00Z') });
  expect(await state()).toMatchObject({ KeyState: 'Enabled', Enabled: true });
  for (const [given, error] of [['Disabled', 'DisabledException'], ['PendingDeletion', 'KMSInvalidStateException']] as const) {
    at.endpoint.keys.change(KEY, { state: given });
    expect(await state()).toMatchObject({ KeyState: given, Enabled: false });
    expect(await refusal(client.send(new EncryptCommand({ KeyId: KEY, Plaintext: Buffer.from('x') })))).toMatchObject({ name: error });
  }
  at.endpoint.keys.change(KEY, { state: 'Enabled', rotationDays: undefined });
  expect((await status()).KeyRotationEnabled).toBe(false);
});

test('S3: what is in force is told, and changes by hand show', async () => {
  at.endpoint.s3.createBucket({
    name: 'locked', objectLock: true, defaultRetention: { mode: 'GOVERNANCE', days: 7 },
    lifecycle: { rules: [{ id: 'r', enabled: true, filter: {}, abortUploadDays: 7 }] },
  });
  const lock = async () => (await at.s3.send(new GetObjectLockConfigurationCommand({ Bucket: 'locked' }))).ObjectLockConfiguration;
  expect(await lock()).toEqual({ ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } } });
  await at.s3.send(new PutObjectLockConfigurationCommand({
    Bucket: 'locked', ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } },
  }));
  expect(await lock()).toMatchObject({ Rule: { DefaultRetention: { Days: 1 } } });
  expect(await at.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'locked' }))).toMatchObject({ Rules: [{ ID: 'r', Status: 'Enabled' }] });
});

test('CloudWatch: what workers log in embedded metric format is read back, by its exact dimensions', async () => {
  const client = new CloudWatchClient(role);
  const line = (seconds: number, value: unknown) => JSON.stringify({
    _aws: { Timestamp: seconds * 1000, CloudWatchMetrics: [{ Namespace: 'BackupPolicy', Dimensions: [['Application', 'Protection']], Metrics: [{ Name: 'Age', Unit: 'Seconds' }] }] },
    Application: 'shop', Protection: 'database', Age: value,
  });
  const base = Date.parse('2026-11-20T10:00:00Z') / 1000;
  expect([line(base, 10), line(base + 30, 20), line(base + 300, 5), '{"no":"metric"}', 'text "_aws"', line(base, 'x')].map((one) => at.endpoint.metrics.recordLine(one)))
    .toEqual([1, 1, 1, 0, 0, 0]);
  await client.send(new PutMetricDataCommand({ Namespace: 'BackupPolicy', MetricData: [{ MetricName: 'Age', Value: 99, Timestamp: new Date(base * 1000) }] }));
  const Dimensions = [{ Name: 'Protection', Value: 'database' }, { Name: 'Application', Value: 'shop' }];
  const read = async (stat: string, dimensions = Dimensions) => (await client.send(new GetMetricDataCommand({
    StartTime: new Date(base * 1000), EndTime: new Date((base + 600) * 1000), ScanBy: 'TimestampAscending',
    MetricDataQueries: [{ Id: 'm', MetricStat: { Metric: { Namespace: 'BackupPolicy', MetricName: 'Age', Dimensions: dimensions }, Period: 300, Stat: stat } }],
  }))).MetricDataResults![0];
  expect(await read('Maximum')).toMatchObject({ Id: 'm', Values: [20, 5], Timestamps: [new Date(base * 1000), new Date((base + 300) * 1000)] });
  expect((await read('Average')).Values).toEqual([15, 5]);
  expect((await read('SampleCount')).Values).toEqual([2, 1]);
  expect((await read('Maximum', Dimensions.slice(0, 1))).Values).toEqual([]);
  expect((await read('Maximum', [])).Values).toEqual([99]);
  expect(await refusal(read('p99'))).toMatchObject({ status: 501 });
  const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: 'BackupPolicy', Dimensions: [{ Name: 'Protection' }] }));
  expect(Metrics).toEqual([{ Namespace: 'BackupPolicy', MetricName: 'Age', Dimensions: [{ Name: 'Application', Value: 'shop' }, { Name: 'Protection', Value: 'database' }] }]);
});
