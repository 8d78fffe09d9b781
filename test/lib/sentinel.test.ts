import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { DeclaredSentinel } from '../../lib/contract/sentinel-request';
import { BackupPolicy, BackupReplica, BackupStore, Recipient, type BackupPolicyProps, type ProtectionProps } from '../../lib';
import { actions, protection, resource, statements, text } from './fixture';

interface Declared {
  readonly policy?: Partial<BackupPolicyProps>;
  readonly protection?: Partial<ProtectionProps>;
  readonly names?: string[];
}

function build({ policy: changes, protection: promise, names = ['database'] }: Declared = {}) {
  const app = new App();
  const env = { account: '111111111111', region: 'eu-west-3' };
  const stack = new Stack(app, 'S', { env });
  const store = changes?.store ?? new BackupStore(stack, 'Store', { replicas: [BackupReplica.inRegion('eu-west-1')] });
  const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store, recipients: [Recipient.email('ops@example.org')], ...changes });
  for (const name of names) policy.protect(name, { ...protection(stack), ...promise });
  return { app, stack, policy };
}

function declare(declared: Declared = {}) {
  const { app, stack, policy } = build(declared);
  const template = Template.fromStack(stack);
  const { policies } = PolicyMetadata.parse(stack.resolve(template.toJSON().Metadata[METADATA_KEY]));
  return { app, stack, policy, template, watching: policies[0].watching! };
}

/** The `Input` of the sentinel's schedule as the worker gets it, references by their names. */
function inputOf(template: Template): unknown {
  const { Target } = resource(template, 'AWS::Scheduler::Schedule', 'Sentinel');
  return JSON.parse(text((Target as { Input: unknown }).Input));
}

describe('a policy\'s sentinel', () => {
  const { template, watching } = declare();

  test('gets the whole of its request from its schedule, and the slot', () => {
    const { slot, ...request } = inputOf(template) as { slot: string };
    expect(slot).toBe('<aws.scheduler.scheduled-time>');
    const parsed = DeclaredSentinel.parse(request);
    expect(parsed.protections.map((one) => one.protection)).toEqual(['database']);
    expect(parsed.store.replicas).toEqual([{ region: 'eu-west-1', bucket: expect.stringMatching(/-111111111111-eu-west-1$/) }]);
    expect(parsed.expected.replication).toEqual([{ bucket: parsed.store.replicas[0].bucket, timeControl: true }]);
    expect(parsed.expected.lock).toEqual({ mode: 'GOVERNANCE', days: 7 });
    expect(parsed.expected.lifecycle!.map(({ id }) => id)).toEqual([
      'abort-incomplete-uploads', 'expire-retired', 'remove-retired-versions', 'expire-audits', 'expire-scrubs', 'remove-lone-delete-markers',
    ]);
    expect(watching.sentinel.request.protections).toHaveLength(1);
  });

  test('knows each statement of the policies of bucket and key, as they are in the template', () => {
    const { slot: _slot, ...request } = inputOf(template) as { slot: string };
    const { expected } = DeclaredSentinel.parse(request);
    const names = ({ Statement }: Record<string, unknown>) => (Statement as { Sid?: string }[]).map(({ Sid }) => Sid);
    const { Statement } = resource(template, 'AWS::S3::BucketPolicy', 'StoreBucket').PolicyDocument as { Statement: { Sid?: string }[] };
    expect(names(expected.policy!)).toEqual(Statement.map(({ Sid }) => Sid));
    expect(names(expected.policy!)).toEqual(expect.arrayContaining(['RefuseOverwriting', 'RefuseTagging', 'RefuseRetirement', 'RefuseReplication']));
    expect(expected.keys[0].policy).toMatchObject({ Statement: expect.arrayContaining([expect.objectContaining({ Action: 'kms:*' })]) });
  });

  test('reads no part, and writes nothing but what was declared', () => {
    const own = statements(template, 'SentinelPolicy');
    expect(actions(own).filter((action) => !action.startsWith('logs:'))).toEqual([
      'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 's3:GetBucketObjectLockConfiguration',
      's3:GetBucketPolicy', 's3:GetBucketVersioning', 's3:GetLifecycleConfiguration', 's3:GetObjectVersion', 's3:GetObjectVersionTagging', 's3:GetReplicationConfiguration', 's3:ListBucketVersions',
      's3:PutObject', 'scheduler:GetSchedule', 'sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic', 'sqs:GetQueueAttributes',
      'states:DescribeStateMachine',
    ]);
    const of = (action: string) => own.filter(({ Action }) => [Action].flat().includes(action))
      .flatMap(({ Resource }) => [Resource].flat().map(text));
    expect(of('s3:GetObjectVersion').some((key) => key.includes('/parts/'))).toBe(false);
    expect(of('s3:PutObject')).toEqual(['policies/production/shop', 'audits/production/shop/pauses'].map((prefix) => expect.stringMatching(`/${prefix}/\\*$`)));
  });

  test('knows each rule of the bucket, one that somebody added too', () => {
    const plain = watching.sentinel.request.expected.lifecycle!;
    const stack = new Stack(new App(), 'S', { env: { region: 'eu-west-3' } });
    const store = new BackupStore(stack, 'Store');
    store.bucket.addLifecycleRule({ id: 'mine', prefix: 'runs/', expiration: Duration.days(900) });
    const digests = (store._expected().lifecycle ?? []).map(({ id, digest }) => [id, digest]);
    expect(digests.slice(0, -1)).toEqual(plain.map(({ id, digest }) => [id, digest]));
    expect(digests.at(-1)![0]).toBe('mine');
    expect(new Set(digests.map(([, digest]) => digest)).size).toBe(digests.length);
  });

  test.each([[26, 15], [2, 15], [0.5, 10], [5 / 60, 1], [1 / 60, 1]])('of an RPO of %d hours looks every %d minutes', (hours, minutes) => {
    const { policy } = build({ protection: { objectives: { rpo: Duration.seconds(hours * 3600), rto: Duration.hours(1) } } });
    expect(policy._watch.minutes()).toBe(minutes);
  });

  test('looks as often as it is told, by minutes that divide an hour', () => {
    expect(declare({ policy: { sentinel: { interval: Duration.minutes(60) } } }).watching.sentinel.schedule.expression).toBe('cron(0 * * * ? *)');
    expect(() => declare({ policy: { sentinel: { interval: Duration.minutes(7) } } })).toThrow(/sentinel\.interval is 7 minutes; allowed: minutes that divide an hour: 1, 2,/);
  });

  test('of a store that is declared elsewhere compares what nobody there hides', () => {
    const stack = new Stack(new App(), 'T', { env: { account: '222222222222', region: 'eu-west-3' } });
    const store = BackupStore.fromAttributes(stack, 'Store', { bucketName: 'central', keyArn: 'arn:aws:kms:eu-west-3:111111111111:key/0123' });
    expect(store._expected()).toEqual({ keys: [] });
  });
});

describe('the small sentinel of a replica', () => {
  const { app, stack, watching } = declare({ names: ['database', 'ledger'] });
  const replica = app.node.findAll().find((node): node is Stack => Stack.isStack(node) && node !== stack)!;
  const template = Template.fromStack(replica);

  test('stands in the replica\'s stack and asks nothing of the first region\'s', () => {
    const { slot: _slot, ...request } = inputOf(template) as { slot: string };
    const parsed = DeclaredSentinel.parse(request);
    expect(parsed.store).toMatchObject({ region: 'eu-west-1', replicas: [] });
    expect(parsed.protections.map(({ protection: name, runs, gauges }) => ({ name, runs, gauges }))).toEqual(['database', 'ledger'].map((name) => (
      { name, runs: undefined, gauges: ['recoveryPointAge', 'pausedSeconds'] })));
    expect(parsed.gauges).toEqual(['sentinelRounds']);
    expect(parsed.topics).toEqual([{ arn: expect.stringContaining('Topic'), recipients: 1 }]);
    expect(JSON.stringify(template.toJSON())).not.toContain('Fn::ImportValue');
  });

  test('may write nothing', () => {
    const writing = actions(statements(template, 'SentinelPolicy')).filter((action) => /Put|Delete|Generate/.test(action));
    expect(writing.filter((action) => !action.startsWith('logs:'))).toEqual([]);
  });

  test('is heard by a topic of its own, which CloudWatch of this account may use', () => {
    // An alarm's first word that it is well, which each deployment would bring, passes no filter.
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email', Endpoint: 'ops@example.org', FilterPolicyScope: 'MessageBody',
      FilterPolicy: { $or: [{ NewStateValue: ['ALARM'] }, { OldStateValue: ['ALARM'] }] },
    });
    const alarms = template.findResources('AWS::CloudWatch::Alarm');
    type Stat = { readonly Period: number; readonly Metric: { readonly MetricName: string } };
    const stats = ({ Metrics = [], MetricName, Period }: Record<string, unknown>): Stat[] => (
      MetricName ? [{ Period: Period as number, Metric: { MetricName: MetricName as string } }]
        : (Metrics as { MetricStat?: Stat }[]).flatMap(({ MetricStat }) => MetricStat ?? []));
    const read = Object.values(alarms).map(({ Properties }) => stats(Properties).map(({ Metric }) => Metric.MetricName).sort());
    expect(read.sort()).toEqual([['PausedSeconds', 'RecoveryPointAge'], ['PausedSeconds', 'RecoveryPointAge'], ['SentinelRounds']]);
    for (const { Properties } of Object.values(alarms)) {
      expect(Properties).toMatchObject({
        TreatMissingData: 'breaching', EvaluationPeriods: 3, DatapointsToAlarm: 2,
        WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 240 },
      });
      expect(new Set(stats(Properties).map(({ Period }) => Period))).toEqual(new Set([900]));
    }
    expect(watching.alarms.filter(({ region }) => region === 'eu-west-1').map(({ logicalId }) => logicalId).sort()).toEqual(Object.keys(alarms).sort());
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key'] as const) {
      const policies = Object.values(template.findResources(type))
        .map(({ Properties }) => JSON.stringify(Properties.PolicyDocument ?? Properties.KeyPolicy));
      expect(policies.filter((policy) => policy.includes('cloudwatch.amazonaws.com') && policy.includes('"aws:SourceAccount":"111111111111"'))).toHaveLength(1);
    }
  });

  test('is declared by names that the first region\'s template can say', () => {
    const [declared] = watching.replicaSentinels;
    expect(declared.region).toBe('eu-west-1');
    const { FunctionName } = resource(template, 'AWS::Lambda::Function', 'Sentinel');
    expect(text(declared.function)).toMatch(new RegExp(`^arn:.*:lambda:eu-west-1:111111111111:function:${String(FunctionName)}$`));
    expect(declared.request.store.bucket).toBe(watching.sentinel.request.store.replicas[0].bucket);
  });
});
