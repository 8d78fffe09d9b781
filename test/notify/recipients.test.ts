import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { BackupPolicy, BackupSchedule, BackupStore, BackupWeekDay, MessageLanguage, NotificationSeverity, QuietHours, Recipient, type NotificationsProps } from '../../lib';
import { NOTIFY_CONFIG_VARIABLE, NotifyConfig } from '../../lib/contract/notify-config';
import { DigestNotice, FailedNotice, SucceededNotice, TestNotice } from '../../lib/contract/notification';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { declare, definition, protection, resource, statements, text } from '../lib/fixture';

const MAIL = Recipient.email('ops@example.org');
const TEAMS = { tenantId: '11111111-2222-3333-4444-555555555555', teamId: '66666666-7777-8888-9999-000000000000', channelId: '19%3Aab6ef35dc342d56ba5654e6fc6d25a071%40thread.tacv2' };

/** A policy with recipients that are made of its stack, and one protection. */
function made(recipients: (stack: Stack) => Recipient[], notifications: NotificationsProps = {}) {
  const stack = new Stack(new App(), 'S');
  const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store: new BackupStore(stack, 'Store'), recipients: recipients(stack), notifications });
  policy.protect('database', protection(stack));
  return { stack, policy, template: Template.fromStack(stack) };
}

/** What the worker is configured with, as deployment would fill it in: references as ARNs. */
function configOf(template: Template): NotifyConfig {
  const { Variables } = resource(template, 'AWS::Lambda::Function', 'NotifyWorker').Environment as { Variables: Record<string, unknown> };
  return NotifyConfig.parse(JSON.parse(text(Variables[NOTIFY_CONFIG_VARIABLE]).replace(/<([\w.:]+)>/g, 'arn:$1')));
}

const refuse = (recipient: () => Recipient) => () => declare({ recipients: [MAIL, recipient()] });

describe('a recipient', () => {
  const everything = made((stack) => [
    Recipient.email('awa@example.org', { language: MessageLanguage.FRENCH, successes: true }),
    Recipient.sms('+33612345678'),
    Recipient.pagerDuty(new Secret(stack, 'Pager')),
    Recipient.slack(Secret.fromSecretNameV2(stack, 'Slack', 'ops/slack'), { severities: [NotificationSeverity.NOTIFY] }),
    Recipient.teams(new Secret(stack, 'Teams', { encryptionKey: new Key(stack, 'TeamsKey') })),
    Recipient.jiraServiceManagement(new Secret(stack, 'Jira')),
    Recipient.https(new Secret(stack, 'Https')),
    Recipient.slackChannel('T0123ABCD', 'C0123ABCD'),
    Recipient.teamsChannel(TEAMS),
    Recipient.topic(new Topic(stack, 'Ops', { masterKey: new Key(stack, 'OpsKey') })),
    Recipient.eventBridge(),
    Recipient.eventBridge(new EventBus(stack, 'Bus')),
  ], { timeZone: TimeZone.of('Africa/Abidjan') });

  test('stands in the worker\'s configuration with its language and what it hears, and without an address', () => {
    const config = configOf(everything.template);
    expect(config.timeZone).toBe('Africa/Abidjan');
    expect(config.protections).toEqual([{ protection: 'database', rpoSeconds: 93_600 }]);
    expect(config.channels.map(({ channel, language, severities, successes }) => [channel, language, severities.join(' '), successes])).toEqual([
      ['subscribers', 'fr', 'page notify digest', true],
      ['subscribers', 'en', 'page', undefined],
      ['pagerduty', 'en', 'page', undefined],
      ['slack', 'en', 'notify', undefined],
      ['teams', 'en', 'page notify digest', undefined],
      ['jira', 'en', 'page notify', undefined],
      ['https', 'en', 'page notify digest', undefined],
      ['chat', 'en', 'page notify digest', undefined],
      ['chat', 'en', 'page notify digest', undefined],
      ['topic', 'en', 'page notify digest', undefined],
      ['eventbridge', 'en', 'page notify digest', undefined],
      ['eventbridge', 'en', 'page notify digest', undefined],
    ]);
  });

  test('is told by a role that publishes, reads its recipients\' secrets and metrics, and nothing else', () => {
    const rights = statements(everything.template, 'NotifyWorkerPolicy');
    const allowing = (action: string) => rights.filter(({ Action }) => [Action].flat().includes(action));
    const of = (action: string) => allowing(action).flatMap(({ Resource }) => [Resource].flat().map(text)).sort();
    expect(of('secretsmanager:GetSecretValue').map((arn) => arn.replace(/^<(\w+?)[0-9A-F]{8}>$/, '$1'))).toEqual(
      expect.arrayContaining(['Https', 'Jira', 'Pager', 'Teams', expect.stringMatching(/secret:ops\/slack-\?{6}$/)]),
    );
    expect(of('secretsmanager:GetSecretValue')).toHaveLength(5);
    expect(of('sns:Publish').map((arn) => arn.replace(/[0-9A-F]{8}>$/, '>'))).toEqual([
      // Where it says what one channel alone is to try again.
      '<BackupIntakeNotify>', '<BackupIntakePage>',
      '<BackupNotifyChatslackT0123ABCDC0123ABCDTopic>', expect.stringMatching(/BackupNotifyChatteams/), '<BackupTopic>', '<Ops>',
    ]);
    expect(of('events:PutEvents')).toHaveLength(2);
    expect(allowing('kms:Decrypt').every(({ Condition }) => Condition !== undefined)).toBe(true);
    expect(new Set(rights.flatMap(({ Action }) => Action))).toEqual(new Set([
      'sns:Publish', 'kms:GenerateDataKey', 'kms:Decrypt', 'events:PutEvents', 'secretsmanager:GetSecretValue', 'cloudwatch:GetMetricData', 'logs:CreateLogStream', 'logs:PutLogEvents',
    ]));
  });

  test('by mail or telephone hears its language and its severities, and the raw message when the worker failed', () => {
    const filter = (endpoint: string) => Object.values(everything.template.findResources('AWS::SNS::Subscription', { Properties: { Endpoint: endpoint } }))[0].Properties.FilterPolicy;
    expect(filter('awa@example.org')).toEqual({ language: [{ exists: false }, 'fr'], severity: [{ exists: false }, 'page', 'notify', 'digest', 'success'] });
    expect(filter('+33612345678')).toEqual({ language: [{ exists: false }, 'en'], severity: [{ exists: false }, 'page'] });
    everything.template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: { Destination: { Ref: Match.stringLikeRegexp('^BackupTopic(?!Key)') } } },
    });
  });

  test('in AWS\'s chat has a topic of its own, and gives nobody a right', () => {
    everything.template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', { SlackWorkspaceId: 'T0123ABCD', SlackChannelId: 'C0123ABCD', GuardrailPolicies: [Match.anyValue()] });
    everything.template.hasResourceProperties('AWS::Chatbot::MicrosoftTeamsChannelConfiguration', { TeamsTenantId: TEAMS.tenantId, TeamId: TEAMS.teamId, TeamsChannelId: TEAMS.channelId });
    expect(statements(everything.template, 'ChatGuardrail')).toEqual([{ Action: '*', Effect: 'Deny', Resource: '*' }]);
    expect(resource(everything.template, 'AWS::IAM::Role', 'ChatRole')).not.toHaveProperty('ManagedPolicyArns');
  });

  test('stands in the metadata, with where its secret lies', () => {
    const [{ watching }] = PolicyMetadata.parse(everything.template.toJSON().Metadata[METADATA_KEY]).policies;
    expect(watching?.recipients.map(({ channel }) => channel)).toEqual(['email', 'sms', 'pagerduty', 'slack', 'teams', 'jira', 'https', 'chat', 'chat', 'topic', 'eventbridge', 'eventbridge']);
    expect(watching?.recipients[0]).toEqual({ channel: 'email', address: 'awa@example.org', language: 'fr', severities: ['page', 'notify', 'digest'] });
    expect(watching?.notify?.topics).toEqual({ page: { Ref: expect.stringContaining('IntakePage') }, notify: { Ref: expect.stringContaining('IntakeNotify') } });
    expect(watching?.digest).toEqual({ expression: expect.stringMatching(/^cron\(0 8 \? \* MON/), timeZone: 'Africa/Abidjan' });
  });
});

describe('a malformed recipient is refused', () => {
  test.each<[string, () => Recipient, RegExp]>([
    ['address', () => Recipient.email('not an address'), /"not an address"; allowed: an e-mail address/],
    ['address with a name', () => Recipient.email('Awa <awa@example.org>'), /e-mail address/],
    ['number', () => Recipient.sms('0612345678'), /"0612345678"; allowed: a number in E.164 form/],
    ['webhook as text', () => Recipient.slack('https://hooks.slack.com/services/T0/B0/a-secret' as never), /a slack recipient with its address or key as text; allowed: a secret: put it into a secret/],
    ['key as text', () => Recipient.pagerDuty('0123456789abcdef0123456789abcdef' as never), /put it into a secret/],
    ['workspace', () => Recipient.slackChannel('acme', 'C0123ABCD'), /"acme"; allowed: a workspace of Slack by its id/],
    ['channel by its name', () => Recipient.slackChannel('T0123ABCD', '#backups'), /"#backups"; allowed: a channel of Slack by its id/],
    ['tenant', () => Recipient.teamsChannel({ ...TEAMS, tenantId: 'acme' }), /the tenant's id, a UUID/],
    ['team', () => Recipient.teamsChannel({ ...TEAMS, teamId: 'ops' }), /the team's id, a UUID/],
    ['channel of Teams', () => Recipient.teamsChannel({ ...TEAMS, channelId: '19:abc@thread.tacv2' }), /as its link has it/],
    ['recipient that hears nothing', () => Recipient.email('a@b.org', { severities: [] }), /at least one severity/],
  ])('%s', (_, recipient, said) => {
    expect(refuse(recipient)).toThrow(said);
  });

  test('and what was given as text is not repeated', () => {
    expect(refuse(() => Recipient.teams('https://prod-1.westeurope.logic.azure.com/a-secret' as never))).toThrow(expect.not.objectContaining({ message: expect.stringContaining('a-secret') }));
  });

  test('a channel of chat twice', () => {
    expect(() => declare({ recipients: [MAIL, Recipient.slackChannel('T0123ABCD', 'C0123ABCD'), Recipient.slackChannel('T0123ABCD', 'C0123ABCD')] })).toThrow(/twice; allowed: each channel once/);
  });

  test('a topic that is first-in-first-out', () => {
    expect(() => made((stack) => [Recipient.topic(new Topic(stack, 'Fifo', { fifo: true }))])).toThrow(/a standard topic/);
  });

  test('a policy whose pages nobody hears', () => {
    expect(() => declare({ recipients: [Recipient.email('a@b.org', { severities: [NotificationSeverity.DIGEST] })] })).toThrow(/nobody hears pages/);
  });

  test('more recipients than the worker\'s configuration has room for, with the mend', () => {
    const pagers = (count: number) => () => made((stack) => Array.from({ length: count }, (_, index) => Recipient.pagerDuty(new Secret(stack, `Pager${index}`))).concat(MAIL));
    expect(pagers(30)).toThrow(/configuration of about \d{4} characters.*divide the policy/);
    expect(pagers(15)).not.toThrow();
  });
});

describe('who may not hear is warned of', () => {
  const warnings = (recipients: (stack: Stack) => Recipient[]) => Annotations.fromStack(made(recipients).stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data)).join('\n');

  test('notifications that nobody hears', () => {
    expect(warnings(() => [Recipient.sms('+33612345678')])).toContain('told to nobody');
    expect(warnings(() => [MAIL])).not.toContain('told to nobody');
  });

  test('a policy without a mail or a telephone, whose raw messages nobody reads', () => {
    expect(warnings((stack) => [Recipient.slack(new Secret(stack, 'Slack'))])).toContain('a topic that nobody reads');
    expect(warnings(() => [MAIL])).not.toContain('a topic that nobody reads');
  });
});

describe('what is said of itself', () => {
  const said = (template: Template, part: string) => JSON.parse((resource(template, 'AWS::Scheduler::Schedule', part).Target as { Input: string }).Input.replace('<aws.scheduler.scheduled-time>', '2026-11-23T08:00:00Z'));

  test('a digest on Mondays, by the intake topic, and not when it is left out or nobody hears it', () => {
    const { template } = made(() => [MAIL]);
    expect(DigestNotice.parse(said(template, 'NotifyDigest'))).toMatchObject({ application: 'shop', environment: 'production' });
    expect(text((resource(template, 'AWS::Scheduler::Schedule', 'NotifyDigest').Target as { Arn: unknown }).Arn)).toContain('IntakeNotify');
    const scheduler = statements(template, 'SchedulerPolicy');
    expect(text(scheduler.find(({ Action }) => Action === 'sns:Publish')?.Resource)).toContain('IntakeNotify');
    for (const none of [made(() => [MAIL], { withoutDigest: true }), made(() => [Recipient.email('a@b.org', { severities: [NotificationSeverity.PAGE] })])]) {
      expect(() => resource(none.template, 'AWS::Scheduler::Schedule', 'NotifyDigest')).toThrow('0 resources');
    }
    expect(() => made(() => [MAIL], { withoutDigest: true, digest: BackupSchedule.daily({ at: '08:00' }) })).toThrow(/beside withoutDigest/);
  });

  test('a test at its times, where one is declared', () => {
    const { template } = made(() => [MAIL], { test: BackupSchedule.weekly({ on: BackupWeekDay.TUESDAY, at: '10:00' }) });
    expect(TestNotice.parse(said(template, 'NotifyTest'))).toMatchObject({ severity: 'notify' });
    expect(() => resource(made(() => [MAIL]).template, 'AWS::Scheduler::Schedule', 'NotifyTest')).toThrow('0 resources');
  });

  test('a line of each success, only where somebody asked for it', () => {
    const filled = (message: object): unknown => Object.fromEntries(Object.entries(message).map(([key, value]) => [key.replace('.$', ''), key === 'slot.$' ? '2026-11-20T02:00:00Z' : value]));
    const { States } = definition(made(() => [Recipient.email('a@b.org', { successes: true })]).template);
    expect(States.Verify.Next).toBe('TellSuccess');
    expect(States.TellSuccess).toMatchObject({ Next: 'Proven', Catch: [{ Next: 'Proven' }], Parameters: { TopicArn: expect.stringContaining('IntakeNotify') } });
    SucceededNotice.parse(filled((States.TellSuccess.Parameters as { Message: object }).Message));
    FailedNotice.parse(filled((States.Notify.Parameters as { Message: object }).Message));
    expect(definition(made(() => [MAIL]).template).States.Verify.Next).toBe('Proven');
  });
});

describe('quiet hours', () => {
  const muted = (quietHours: QuietHours) => made(() => [MAIL], { quietHours }).template.findResources('AWS::CloudWatch::AlarmMuteRule');

  test('keep the alarms that wake nobody, of the policy and of each protection, and no page', () => {
    const rules = muted(QuietHours.daily({ from: '20:00', until: '07:30', timeZone: TimeZone.of('Europe/Paris') }));
    expect(Object.keys(rules)).toHaveLength(2);
    const alarms = made(() => [MAIL]).template.findResources('AWS::CloudWatch::Alarm');
    for (const { Properties } of Object.values(rules)) {
      expect(Properties.Rule).toEqual({ Schedule: { Expression: 'cron(0 20 * * *)', Duration: 'PT11H30M', Timezone: 'Europe/Paris' } });
      for (const { Ref } of Properties.MuteTargets.AlarmNames as { Ref: string }[]) expect(JSON.stringify(alarms[Ref].Properties.AlarmActions)).toContain('IntakeNotify');
    }
    const quiet = Object.values(rules).flatMap(({ Properties }) => Properties.MuteTargets.AlarmNames as unknown[]);
    expect(quiet).toHaveLength(Object.values(alarms).filter(({ Properties }) => JSON.stringify(Properties.AlarmActions ?? '').includes('IntakeNotify')).length);
  });

  test.each([
    [QuietHours.daily({ from: '01:15', until: '06:00' }), 'cron(15 1 * * *)', 'PT4H45M'],
    [QuietHours.daily({ from: '22:00', until: '22:30', on: [BackupWeekDay.SATURDAY, BackupWeekDay.SUNDAY] }), 'cron(0 22 * * SAT,SUN)', 'PT30M'],
    [QuietHours.weekend(), 'cron(0 18 * * FRI)', 'PT61H'],
    [QuietHours.weekend({ from: '20:30', until: '08:00' }), 'cron(30 20 * * FRI)', 'PT59H30M'],
  ])('are a rule of CloudWatch: %#', (hours, expression, duration) => {
    expect(hours._bind(new Stack())).toEqual({ expression, duration, timezone: 'UTC' });
    expect(Duration.parse(duration).toMinutes()).toBeGreaterThan(0);
  });

  test.each([
    [QuietHours.daily({ from: '24:00', until: '07:00' }), /"24:00"/], [QuietHours.daily({ from: '07:00', until: '07:00' }), /a whole day/],
    [QuietHours.daily({ from: '20:00', until: '07:00', on: [] }), /at least one day/], [QuietHours.weekend({ timeZone: TimeZone.of('Paris') }), /IANA/],
  ])('that cannot be are refused: %#', (hours, said) => {
    expect(() => hours._bind(new Stack())).toThrow(said);
  });
});
