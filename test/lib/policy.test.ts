import { App, CfnWaitConditionHandle, Duration, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  Assertion, BackupPolicy, BackupSchedule, BackupStore, Compute, DatabaseAuthentication, PostgresDatabases, PostgresFlavor, DatabaseTls,
  Recipient, Source,
  type ProtectionProps, type PostgresSourceProps, type SourceConfig,
} from '../../lib';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { declare, definition, postgres, protection, resource, statements, template, text } from './fixture';

describe('BackupPolicy', () => {
  test('starts each run with its scheduled instant, few retries and a dead-letter queue', () => {
    const made = template();
    made.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Input: '{"slot":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 3600 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] } },
      },
    });
    made.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    expect(resource(made, 'AWS::IAM::Role', 'SchedulerRole').AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' }, 'aws:SourceArn': expect.anything() } } }],
    });
  });

  test('tells e-mail and telephone by an encrypted topic; its machines may publish to that and to the intake topics of its key', () => {
    const declared = declare({ recipients: [Recipient.email('a@example.org'), Recipient.sms('+33612345678')] });
    const made = template(() => ({}), declared);
    for (const [Protocol, Endpoint] of [['email', 'a@example.org'], ['sms', '+33612345678']]) made.hasResourceProperties('AWS::SNS::Subscription', { Protocol, Endpoint });
    made.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('BackupTopicKey'), 'Arn'] } });
    const machine = statements(made, 'BackupdatabaseRunPolicy');
    expect(text(machine.find(({ Action }) => Action === 'sns:Publish')?.Resource)).toMatch(/^<BackupIntakePage\w+>,<BackupTopic\w+>$/);
    expect(text(machine.find(({ Action }) => Action.includes('kms:GenerateDataKey'))?.Resource)).toMatch(/BackupTopicKey/);
  });

  test('takes its environment from the context', () => {
    const app = new App({ context: { 'cdk-backup-policy:environment': 'staging' } });
    const stack = new Stack(app, 'S');
    const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store: new BackupStore(stack, 'Store'), recipients: [Recipient.email('a@b.org')] });
    expect(policy.environment).toBe('staging');
  });

  test('declares itself in the template, beside the other policies of the stack', () => {
    const declared = declare();
    declared.policy.protect('database', protection(declared.stack, { assertions: [Assertion.query('people', 'SELECT 1').atLeast(1)] }));
    const second = new BackupPolicy(declared.stack, 'Second', { application: 'till', store: declared.store, recipients: [Recipient.email('a@b.org')] });
    second.protect('ledger', protection(declared.stack));
    const metadata = Template.fromStack(declared.stack).toJSON().Metadata[METADATA_KEY];
    const { policies } = PolicyMetadata.parse(metadata);
    expect(policies.map(({ application, protections }) => [application, protections.map(({ id, path }) => [id, path])])).toEqual([
      ['shop', [['database', 'S/Backup/database']]],
      ['till', [['ledger', 'S/Second/ledger']]],
    ]);
    const [{ run, schedule, retention }] = policies[0].protections;
    expect(schedule).toEqual({ expression: 'cron(0 2 * * ? *)', timeZone: 'UTC' });
    expect(retention).toEqual({ rules: { days: 30 }, minimumVerified: 3, timeZone: 'UTC' });
    expect(run.store.lock).toEqual({ mode: 'GOVERNANCE', retentionSeconds: 7 * 86_400 });
    expect(run.assertions).toEqual([{ name: 'people', query: 'SELECT 1', atLeast: 1 }]);
  });

  test('gives the machine what the metadata declares', () => {
    const made = template();
    const [declared] = PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies[0].protections;
    const { 'slot.$': slot, 'execution.$': execution, ...composed } = definition(made).States.Request.Parameters as Record<string, unknown>;
    expect([slot, execution]).toEqual(['$.slot', '$$.Execution.Name']);
    expect(composed).toEqual(resolved(declared.run));
  });

  test.each([[250, 0], [330, 1]])('a template near CloudFormation\'s limit is said once: %d resources and two policies', (others, warnings) => {
    const declared = declare();
    declared.policy.protect('database', protection(declared.stack));
    new BackupPolicy(declared.stack, 'Second', { application: 'till', store: declared.store, recipients: [Recipient.email('a@b.org')] });
    for (let index = 0; index < others; index += 1) new CfnWaitConditionHandle(declared.stack, `Other${index}`);
    const found = Annotations.fromStack(declared.stack).findWarning('/S/Backup', Match.stringLikeRegexp('TEMPLATE_NEAR_LIMIT.*CloudFormation ends at 500'));
    expect(found).toHaveLength(warnings);
  });

  test('a policy without protections is said', () => {
    const { stack } = declare();
    Annotations.fromStack(stack).hasWarning('/S/Backup', Match.stringLikeRegexp('protects nothing'));
  });

  test('two policies never share a prefix of a store', () => {
    const declared = declare();
    declared.policy.protect('database', protection(declared.stack));
    const twin = new BackupPolicy(declared.stack, 'Twin', { application: 'shop', store: declared.store, recipients: [Recipient.email('a@b.org')] });
    expect(() => twin.protect('database', protection(declared.stack))).toThrow(/^S\/Twin: the protection's id is "database", whose copies would lie with those of S\/Backup;/);
  });

  test('a schedule that cannot meet its RPO ends the synthesis, with both numbers and the mend', () => {
    const declared = declare();
    declared.policy.protect('database', protection(declared.stack, { objectives: { rpo: Duration.hours(24), rto: Duration.hours(1) } }));
    expect(() => declared.app.synth()).toThrow(/\[S\/Backup\/database\] \[RPO_UNREACHABLE\] runs are 24 h apart.*the RPO is 24 h; run more often than every 24 h/);
  });

  test('a source whose engine has no worker image is refused by name', () => {
    class Odd extends Source {
      public bind(): SourceConfig {
        return { engine: 'abacus', config: {} };
      }
    }
    const declared = declare();
    expect(() => declared.policy.protect('database', protection(declared.stack, { source: new Odd() }))).toThrow('S/Backup/database/Dump: the worker image of engine "abacus" is not there');
  });
});

function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== 'object' || value === null) return value;
  const [name] = Object.keys(value);
  if (name === 'Ref' || name?.startsWith('Fn::')) return text(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item)]));
}

describe('what is out of range is refused with path, prop, value and what is allowed', () => {
  const people = Assertion.query('people', 'SELECT 1');
  const props: [string, Partial<ProtectionProps>, string][] = [
    ['rpo', { objectives: { rpo: Duration.seconds(59), rto: Duration.hours(1) } }, 'S/Backup/database: objectives.rpo is 59 seconds; allowed: from 1 minute to 366 days'],
    ['rto', { objectives: { rpo: Duration.days(2), rto: Duration.days(8) } }, 'S/Backup/database: objectives.rto is 8 days; allowed: from 1 minute to 7 days'],
    ['schedule', { schedule: BackupSchedule.daily({ at: '25:00' }) }, 'S/Backup/database: schedule.at is "25:00"'],
    ['an assertion without an answer', { assertions: [people] }, 'S/Backup/database: assertions "people" is without an expected answer'],
    ['a bound that is no number', { assertions: [people.atMost(Number.NaN)] }, 'assertions "people" is NaN; allowed: a finite number'],
    ['an assertion twice', { assertions: [people.atLeast(1), people.atMost(2)] }, 'assertions is "people" twice'],
    ['an empty query', { assertions: [Assertion.query('people', ' ').equalTo('1')] }, 'assertions "people" is an empty query'],
    ['Lambda memory', { compute: Compute.lambda({ memory: Size.mebibytes(256) }) }, 'compute.memory (MiB) is 256; allowed: a whole number from 512 to 10240'],
    ['Lambda time', { compute: Compute.lambda({ timeout: Duration.minutes(16) }) }, 'compute.timeout is 16 minutes; allowed: from 1 minute to 15 minutes'],
    ['Lambda disk', { compute: Compute.lambda({ ephemeralStorage: Size.gibibytes(11) }) }, 'compute.ephemeralStorage (MiB) is 11264'],
    ['Fargate without a network', { compute: Compute.fargate() }, 'compute is Compute.fargate() without a network'],
    ['Fargate CPU', { compute: Compute.fargate({ cpu: 300 }) }, 'compute.cpu is 300; allowed: 256, 512, 1024, 2048, 4096, 8192, 16384'],
    ['Fargate memory', { compute: Compute.fargate({ cpu: 8192, memory: Size.gibibytes(18) }) }, 'compute.memory is 18 GiB; allowed: from 16 to 60 GiB in steps of 4'],
    ['Fargate disk', { compute: Compute.fargate({ ephemeralStorage: Size.gibibytes(20) }) }, 'compute.ephemeralStorage (GiB) is 20; allowed: a whole number from 21 to 200'],
    ['Fargate time', { compute: Compute.fargate({ timeout: Duration.hours(25) }) }, 'compute.timeout is 1 day 1 hour; allowed: from 1 minute to 1 day'],
  ];
  test.each(props)('%s', (_, given, message) => {
    const declared = declare();
    expect(() => declared.policy.protect('database', protection(declared.stack, given))).toThrow(message);
  });

  const sources: [string, Partial<PostgresSourceProps>, string][] = [
    ['port', { port: 0 }, 'S/Backup/database: source.port is 0; allowed: a whole number from 1 to 65535'],
    ['host', { host: 'postgres://db' }, 'source.host is "postgres://db"'],
    ['connections', { maximumConnections: 2 }, 'source.maximumConnections is 2; allowed: a whole number from 3 to 32'],
    ['blocking', { maximumBlocking: Duration.millis(500) }, 'source.maximumBlocking is 500 millis; allowed: from 1 second to 1 hour'],
    ['lock timeout', { lockTimeout: Duration.hours(2) }, 'source.lockTimeout is 2 hours'],
    ['major version', { majorVersion: 13 }, 'source.majorVersion is 13; allowed: a whole number from 14 to 18'],
    ['compression', { compressionLevel: 20 }, 'source.compressionLevel is 20'],
    ['no database', { databases: PostgresDatabases.of() }, 'source.databases is an empty list'],
    ['a database twice', { databases: PostgresDatabases.of('a', 'b', 'a') }, 'source.databases is "a" twice'],
    ['a database of 64 bytes', { databases: PostgresDatabases.of('é'.repeat(32)) }, 'names from 1 to 63 bytes'],
    ['a table without a schema', { tables: { exclude: ['audit'] } }, 'source.tables.exclude is "audit"; allowed: schema.table'],
    ['no table', { tables: { include: [] } }, 'source.tables.include is an empty list'],
    ['endpoints without a VPC', { createEndpoints: true }, 'source.createEndpoints is given; allowed: only together with source.vpc'],
    ['a certificate that nobody looks at', { tls: DatabaseTls.REQUIRE, caCertificate: 'secret' as never }, 'source.caCertificate is given; allowed: only with DatabaseTls.VERIFY_FULL'],
    ['IAM without TLS', { tls: DatabaseTls.DISABLE, authentication: DatabaseAuthentication.rdsIam({ databaseResourceId: 'db-X', databaseUser: 'u' }) }, 'source.tls is DISABLE'],
  ];
  test.each(sources)('source: %s', (_, given, message) => {
    const declared = declare();
    expect(() => declared.policy.protect('database', protection(declared.stack, { source: postgres(declared.stack, given) }))).toThrow(message);
  });

  test.each(['', 'Database', '-db', 'a_b', 'a/b', 'a'.repeat(64)])('the id %j', (id) => {
    const declared = declare();
    expect(() => declared.policy.protect(id, protection(declared.stack))).toThrow(`S/Backup: the protection's id is ${JSON.stringify(id)}; allowed: lower-case letters`);
  });

  test('an id twice', () => {
    const declared = declare();
    declared.policy.protect('database', protection(declared.stack));
    expect(() => declared.policy.protect('database', protection(declared.stack))).toThrow('S/Backup: the protection\'s id is "database" twice');
  });

  test.each([
    [{ application: 'Shop' }, 'S/Backup: application is "Shop"'],
    [{ environment: 'pre prod' }, 'S/Backup: environment is "pre prod"'],
    [{ recipients: [] }, 'S/Backup: recipients is an empty list'],
    [{ recipients: [Recipient.email('nobody')] }, 'S/Backup: recipients is "nobody"; allowed: an e-mail address'],
    [{ recipients: [Recipient.sms('0612345678')] }, 'S/Backup: recipients is "0612345678"; allowed: a number in E.164 form'],
  ])('policy: %#', (given, message) => expect(() => declare(given)).toThrow(message));

  test('a request too long for a task\'s overrides', () => {
    const declared = declare();

    const assertions = Array.from({ length: 60 }, (_, index) => Assertion.query(`assertion ${index}`, 'SELECT count(*) FROM some_schema.some_table WHERE something').atLeast(1));
    const given = { assertions, compute: Compute.fargate({ vpc: new Vpc(declared.stack, 'Vpc') }) };
    expect(() => declared.policy.protect('database', protection(declared.stack, given))).toThrow(/assertions and source is a request of \d+ characters; allowed: 6800 on Fargate/);
  });
});

test('Supabase without its certificate is warned of', () => {
  const declared = declare();
  declared.policy.protect('database', protection(declared.stack, { source: postgres(declared.stack, { flavor: PostgresFlavor.SUPABASE }) }));
  Annotations.fromStack(declared.stack).hasWarning('/S/Backup/database', Match.stringLikeRegexp('certificate authority'));
});
