import { CloudWatchClient, ListDashboardsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeTasksCommand, ECSClient, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { DecryptCommand, DescribeKeyCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { DeleteScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand, DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendTaskFailureCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ApiError, type Handlers, type RunTaskInput } from '../../rehearsal/endpoint';
import { refusal, start, type Started } from './support';

let at: Started;
const heard: unknown[][] = [];
const started: RunTaskInput[] = [];
const handlers: Handlers = {
  runTask: (input) => void started.push(input),
  stopTask: (arn, reason) => void heard.push(['stop', arn, reason]),
  sendTaskSuccess: (token, output) => void heard.push(['success', token, output]),
  sendTaskFailure: (token, error, cause) => void heard.push(['failure', token, error, cause]),
  sendTaskHeartbeat: (token) => {
    if (token === 'late') throw new ApiError('TaskTimedOut', 400, 'Task Timed Out: the heartbeat came too late');
    heard.push(['heartbeat', token]);
  },
  invokeLambda: async (name, payload) => (name === 'fails' ? {
    payload: { errorMessage: 'no' }, functionError: 'Unhandled',
  } : { payload: { name, payload } }),
};

beforeAll(async () => {
  at = await start({ handlers });
});
afterAll(() => at.stop());
beforeEach(() => {
  heard.length = 0;
});

test('Secrets Manager: values, stages after a rotation, descriptions', async () => {
  const client = new SecretsManagerClient(at.client);
  const arn = at.endpoint.seedSecret('app/database', { username: 'backup', password: 'one' });
  const get = (more: object) => client.send(new GetSecretValueCommand({ SecretId: 'app/database', ...more }));
  const read = async (more: object = {}) => (await get(more)).SecretString;
  expect(JSON.parse((await read())!)).toEqual({ username: 'backup', password: 'one' });
  at.endpoint.seedSecret(arn, 'two');
  expect(await read()).toBe('two');
  expect(await read({ VersionStage: 'AWSPREVIOUS' })).toContain('one');
  const about = await client.send(new DescribeSecretCommand({ SecretId: arn }));
  expect(about).toMatchObject({ ARN: arn, Name: 'app/database' });
  expect(Object.values(about.VersionIdsToStages!).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  at.endpoint.seedSecret('binary', Buffer.from([1, 2, 3]));
  const binary = await client.send(new GetSecretValueCommand({ SecretId: 'binary' }));
  expect([...binary.SecretBinary!]).toEqual([1, 2, 3]);
  expect(await refusal(client.send(new GetSecretValueCommand({ SecretId: 'none' })))).toMatchObject({
    name: 'ResourceNotFoundException', status: 400,
  });
  expect(await refusal(read({ VersionStage: 'AWSPENDING' }))).toMatchObject({ name: 'ResourceNotFoundException', status: 400 });
});

test('a secret is of its region, and another one does not know it, by ARN or by name', async () => {
  const here = new SecretsManagerClient(at.client);
  const there = new SecretsManagerClient({ ...at.client, region: 'eu-west-1' });
  const read = async (client: SecretsManagerClient, SecretId: string): Promise<string | undefined> =>
    (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
  const unknown = { name: 'ResourceNotFoundException', status: 400 };
  const arn = at.endpoint.seedSecret('of/one/region', 'here');
  expect(await read(here, arn)).toBe('here');
  for (const id of [arn, arn.replace(/-[^-]+$/, ''), 'of/one/region']) {
    expect(await refusal(read(there, id))).toMatchObject(unknown);
    expect(await refusal(there.send(new DescribeSecretCommand({ SecretId: id })))).toMatchObject(unknown);
  }
  // One of the same name there is another secret.
  const other = at.endpoint.seedSecret('of/one/region', 'there', { region: 'eu-west-1' });
  expect(other).toMatch(/^arn:aws:secretsmanager:eu-west-1:/);
  expect([await read(here, 'of/one/region'), await read(there, 'of/one/region'), await read(there, other)]).toEqual(['here', 'there', 'there']);
  // An ARN says its region by itself.
  const named = at.endpoint.seedSecret('arn:aws:secretsmanager:eu-west-3:000000000000:secret:named-AbCdEf', 'third');
  expect(await read(new SecretsManagerClient({ ...at.client, region: 'eu-west-3' }), named)).toBe('third');
  expect(await refusal(read(here, named))).toMatchObject(unknown);
});

test('KMS: data keys decrypt to what they were, under the same context only', async () => {
  const client = new KMSClient(at.client);
  const arn = at.endpoint.seedKey('the-key', { aliases: ['alias/store'] });
  const key = await client.send(new GenerateDataKeyCommand({ KeyId: 'alias/store', KeySpec: 'AES_256', EncryptionContext: { a: 'b' } }));
  expect(key).toMatchObject({ KeyId: arn });
  expect(key.Plaintext).toHaveLength(32);
  const back = await client.send(new DecryptCommand({ CiphertextBlob: key.CiphertextBlob, EncryptionContext: { a: 'b' } }));
  expect(Buffer.from(back.Plaintext!).equals(Buffer.from(key.Plaintext!))).toBe(true);
  expect(await refusal(client.send(new DecryptCommand({ CiphertextBlob: key.CiphertextBlob }))))
    .toMatchObject({ name: 'InvalidCiphertextException' });
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('text') }));
  expect(Buffer.from((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext!).toString()).toBe('text');
  expect((await client.send(new DescribeKeyCommand({ KeyId: arn }))).KeyMetadata).toMatchObject({ Arn: arn, Enabled: true });
  expect(await refusal(client.send(new DescribeKeyCommand({ KeyId: 'none' })))).toMatchObject({ name: 'NotFoundException', status: 400 });
});

test('SNS: messages are kept as they were sent', async () => {
  const client = new SNSClient(at.client);
  const TopicArn = 'arn:aws:sns:us-east-1:000000000000:alarms';
  const MessageAttributes = { level: { DataType: 'String', StringValue: 'high & low' }, other: { DataType: 'Number', StringValue: '7' } };
  const { MessageId } = await client.send(new PublishCommand({
    TopicArn, Subject: 'Backup failed', Message: 'é\n"<&+ 100 %', MessageAttributes,
  }));
  expect(at.endpoint.messages.at(-1)).toMatchObject({
    messageId: MessageId, topicArn: TopicArn, subject: 'Backup failed', message: 'é\n"<&+ 100 %',
    attributes: { level: 'high & low', other: '7' },
  });
  const publish = (more: object) => refusal(client.send(new PublishCommand({ TopicArn, Message: 'm', ...more })));
  expect(await publish({ Subject: 'two\nlines' })).toMatchObject({ name: 'InvalidParameterException', status: 400 });
  expect(await publish({ MessageStructure: 'json' })).toMatchObject({ name: 'InvalidParameterException', status: 400 });
  expect(await publish({ TopicArn: 'rubbish' })).toMatchObject({ name: 'InvalidParameterException', status: 400 });
  expect(await publish({ Message: 'x'.repeat(262_145) })).toMatchObject({ name: 'InvalidParameterException', status: 400 });
});

test('CloudWatch: metric data, compressed where the SDK does so', async () => {
  const client = new CloudWatchClient(at.client);
  const at0 = new Date(1_700_000_000_000);
  const Dimensions = [{ Name: 'application', Value: 'montoit' }];
  await client.send(new PutMetricDataCommand({
    Namespace: 'BackupPolicy', MetricData: [{ MetricName: 'age', Value: 3.5, Unit: 'Seconds', Timestamp: at0, Dimensions }],
  }));
  expect(at.endpoint.metrics.data).toEqual([{
    at: at0, region: 'us-east-1', namespace: 'BackupPolicy', name: 'age', value: 3.5, unit: 'Seconds', dimensions: { application: 'montoit' },
  }]);
  const MetricData = Array.from({ length: 500 }, (_, i) => ({ MetricName: `metric ${i}`, Value: i, Dimensions }));
  await client.send(new PutMetricDataCommand({ Namespace: 'Many', MetricData }));
  expect(at.endpoint.metrics.data).toHaveLength(501);
  expect(at.endpoint.calls.at(-1)).toMatchObject({ action: 'cloudwatch:PutMetricData', context: { 'cloudwatch:namespace': 'Many' } });
  const bad = new PutMetricDataCommand({ Namespace: ':bad', MetricData: [{ MetricName: 'x', Value: 1 }] });
  expect(await refusal(client.send(bad))).toMatchObject({ name: 'InvalidParameterValueException', status: 400 });
});

test('STS: who one is, and a role whose keys work', async () => {
  const client = new STSClient(at.client);
  expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: '000000000000', Arn: 'arn:aws:iam::000000000000:root',
  });
  const RoleArn = 'arn:aws:iam::000000000000:role/restore';
  const { Credentials } = await client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'drill' }));
  const credentials = {
    accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken!,
  };
  expect(Credentials!.Expiration!.getTime()).toBeGreaterThan(Date.now());
  const me = await new STSClient({ ...at.client, credentials }).send(new GetCallerIdentityCommand({}));
  expect(me.Arn).toBe('arn:aws:sts::000000000000:assumed-role/restore/drill');
  await new S3Client({ ...at.client, credentials }).send(new ListBucketsCommand({}));
  expect(at.endpoint.calls.at(-1)).toMatchObject({ principal: RoleArn });
  expect(await refusal(client.send(new AssumeRoleCommand({
    RoleArn: 'not one', RoleSessionName: 'drill',
  })))).toMatchObject({ status: 400 });
});

test('ECS: the host runs the task and says when it ended', async () => {
  const client = new ECSClient(at.client);
  const overrides = { containerOverrides: [{ name: 'worker', environment: [{ name: 'TASK_TOKEN', value: 't' }] }] };
  const { tasks } = await client.send(new RunTaskCommand({ cluster: 'c', taskDefinition: 'dump:3', launchType: 'FARGATE', overrides }));
  const [{ taskArn }] = tasks!;
  expect(started).toMatchObject([{ taskArn, taskDefinition: 'dump:3', request: { overrides, launchType: 'FARGATE' } }]);
  expect(at.endpoint.calls.at(-1)).toMatchObject({
    action: 'ecs:RunTask', resource: 'arn:aws:ecs:us-east-1:000000000000:task-definition/dump:3',
    context: { 'ecs:cluster': 'arn:aws:ecs:us-east-1:000000000000:cluster/c' },
  });
  const describe = async () => (await client.send(new DescribeTasksCommand({ cluster: 'c', tasks: [taskArn!, 'missing'] })));
  expect(await describe()).toMatchObject({ tasks: [{ taskArn, lastStatus: 'RUNNING' }], failures: [{ reason: 'MISSING' }] });
  await client.send(new StopTaskCommand({ cluster: 'c', task: taskArn, reason: 'out of time' }));
  expect(heard).toEqual([['stop', taskArn, 'out of time']]);
  at.endpoint.tasks.ended(taskArn!, 137);
  expect((await describe()).tasks).toMatchObject([{
    lastStatus: 'STOPPED', stoppedReason: 'out of time', containers: [{ name: 'worker', exitCode: 137 }],
  }]);
});

test('Step Functions: task tokens reach the host, its refusals the caller', async () => {
  const client = new SFNClient(at.client);
  await client.send(new SendTaskSuccessCommand({ taskToken: 't', output: '{"a":1}' }));
  await client.send(new SendTaskFailureCommand({ taskToken: 't', error: 'E', cause: 'because' }));
  await client.send(new SendTaskHeartbeatCommand({ taskToken: 't' }));
  expect(heard).toEqual([['success', 't', '{"a":1}'], ['failure', 't', 'E', 'because'], ['heartbeat', 't']]);
  expect(await refusal(client.send(new SendTaskHeartbeatCommand({ taskToken: 'late' }))))
    .toMatchObject({ name: 'TaskTimedOut', status: 400 });
  expect(await refusal(client.send(new SendTaskSuccessCommand({ taskToken: 't', output: 'no json' }))))
    .toMatchObject({ name: 'InvalidOutput', status: 400 });
});

test('Lambda: invoked by name or ARN, errors of the function are no errors of the call', async () => {
  const client = new LambdaClient(at.client);
  const answer = await client.send(new InvokeCommand({
    FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:dump', Payload: Buffer.from('{"a":1}'),
  }));
  expect(JSON.parse(Buffer.from(answer.Payload!).toString())).toEqual({
    name: 'arn:aws:lambda:us-east-1:000000000000:function:dump', payload: { a: 1 },
  });
  const failed = await client.send(new InvokeCommand({ FunctionName: 'fails', Payload: Buffer.from('{}') }));
  expect(failed).toMatchObject({ FunctionError: 'Unhandled', StatusCode: 200 });
  expect(at.endpoint.calls.at(-1)).toMatchObject({
    action: 'lambda:InvokeFunction', resource: 'arn:aws:lambda:us-east-1:000000000000:function:fails',
  });
  expect((await client.send(new InvokeCommand({ FunctionName: 'dump', InvocationType: 'Event' }))).StatusCode).toBe(202);
});

test('what is not spoken is a 501 by name, in every protocol', async () => {
  const named = async (work: Promise<unknown>) => (await refusal(work)).message;
  expect(await named(new CloudWatchClient(at.client).send(new ListDashboardsCommand({}))))
    .toContain('NotImplemented: cloudwatch ListDashboards');
  expect(await named(new SchedulerClient(at.client).send(new DeleteScheduleCommand({ Name: 'x' }))))
    .toContain('NotImplemented: scheduler DELETE /schedules/x');
  expect(await named(new SNSClient(at.client).send(new CreateTopicCommand({ Name: 'x' })))).toContain('NotImplemented: sns CreateTopic');
  expect(await named(new SecretsManagerClient(at.client).send(new CreateSecretCommand({ Name: 'x' }))))
    .toContain('NotImplemented: secretsmanager CreateSecret');
  expect(await named(new LambdaClient(at.client).send(new ListFunctionsCommand({}))))
    .toContain('NotImplemented: lambda GET /2015-03-31/functions');
  expect(at.endpoint.calls.at(-1)).toMatchObject({ service: 'lambda', status: 501 });
});
