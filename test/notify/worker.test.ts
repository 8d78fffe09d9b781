import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alarmMark } from '../../lib/contract/notification';
import { METRIC_NAMESPACE, METRICS, type MetricKey } from '../../lib/contract/metrics';
import { NotificationDocument } from '../../lib/contract/notification-document';
import { NOTIFY_CONFIG_VARIABLE, type NotifyChannel, NotifyConfig } from '../../lib/contract/notify-config';
import { notify } from '../../lambda/workers/notify';
import { startEndpoint, type ApiCall, type Endpoint } from '../../rehearsal/endpoint';
import { ChatNotification, JiraAlert, JiraClose, PagerDutyEvent, SlackMessage, TeamsMessage } from './schemas';
import { Service, status } from './service';

const ARN = 'arn:aws:sns:us-east-1:000000000000';
const [PAGE, NOTIFY, TOPIC, OPS, CHAT] = ['page', 'notify', 'delivery', 'ops', 'chat'].map((name) => `${ARN}:${name}`);
const BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/default';
const KEY = '0123456789abcdef0123456789abcdef';
const AT = '2026-11-20T09:00:00.000Z';
const ALL = { severities: ['page', 'notify', 'digest'] as ('page' | 'notify' | 'digest')[] };

let directory: string;
let endpoint: Endpoint;
let services: Record<'slack' | 'teams' | 'https' | 'pagerduty' | 'jira', Service>;
let secrets: Record<keyof typeof services, string>;
let logged: string[];
let messages = 0;
let plan: (call: ApiCall) => { status: number; code: string } | undefined = () => undefined;
const environment = { ...process.env };

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'notify-'));
  endpoint = await startEndpoint({ directory, faults: (call) => plan(call) });
  Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' });
  const names = ['slack', 'teams', 'https', 'pagerduty', 'jira'] as const;
  services = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await Service.start()]))) as typeof services;
  secrets = Object.fromEntries(names.map((name) => {
    const url = `${services[name].url}/hidden-${name}`;
    const value = name === 'pagerduty' || name === 'jira' ? { key: KEY, url } : name === 'https' ? { url, authorization: 'Bearer hidden-token' } : url;
    return [name, endpoint.seedSecret(`recipients/${name}`, value)];
  })) as typeof secrets;
  const gauges = { recoveryPointAge: 7200, provenCopies: 12, pausedSeconds: 0, overdueSeconds: 0, failedRuns: 0 };
  for (const [metric, value] of Object.entries(gauges)) measure(metric as MetricKey, value);
});
afterAll(async () => {
  process.env = environment;
  await Promise.all([...Object.values(services).map((service) => service.close()), endpoint.close()]);
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  for (const service of Object.values(services)) service.reset(status(200));
  (endpoint.messages as unknown[]).length = 0;
  (endpoint.events as unknown[]).length = 0;
  plan = () => undefined;
  logged = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => logged.push(String(line)) > 0);
});
afterEach(() => jest.restoreAllMocks());

function measure(metric: MetricKey, value: number): void {
  endpoint.metrics.record({
    at: new Date('2026-11-20T08:50:00Z'), region: 'us-east-1', namespace: METRIC_NAMESPACE, name: METRICS[metric].name, value,
    dimensions: { Environment: 'production', Application: 'montoit', Protection: 'database' },
  });
}

const every = (): NotifyChannel[] => [
  { channel: 'subscribers', topic: TOPIC, language: 'fr', ...ALL },
  { channel: 'topic', topic: OPS, language: 'en', ...ALL },
  { channel: 'chat', topic: CHAT, language: 'en', ...ALL },
  { channel: 'eventbridge', bus: BUS, language: 'en', ...ALL },
  ...(['slack', 'teams', 'https', 'pagerduty', 'jira'] as const).map((channel): NotifyChannel => ({ channel, secret: secrets[channel], language: 'en', ...ALL })),
];

interface Said {
  readonly channels?: NotifyChannel[];
  readonly topic?: string;
  readonly id?: string;
}

async function tell(message: unknown, { channels = every(), topic = PAGE, id = `message-${++messages}` }: Said = {}) {
  process.env[NOTIFY_CONFIG_VARIABLE] = JSON.stringify(NotifyConfig.parse({
    version: 1, environment: 'production', application: 'montoit', pageTopic: PAGE, timeZone: 'UTC', channels, protections: [{ protection: 'database', rpoSeconds: 93_600 }],
  }));
  const Message = typeof message === 'string' ? message : JSON.stringify(message);
  return await notify({ Records: [{ Sns: { MessageId: id, TopicArn: topic, Timestamp: AT, Message } }] }, { awsRequestId: id });
}

const alarm = (state: 'ALARM' | 'OK', kind: Parameters<typeof alarmMark>[0]['kind'] = 'recoveryPointOld') => ({
  AlarmName: 'S-Alarm', AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:S-Alarm', NewStateValue: state, NewStateReason: 'Threshold Crossed',
  AlarmDescription: `It means something.\n${alarmMark({ kind, environment: 'production', application: 'montoit', protection: 'database' })}`,
  StateChangeTime: '2026-11-20T09:00:00.000+0000', Region: 'US East', AWSAccountId: '000000000000', OldStateValue: 'OK', Trigger: { Threshold: 3600, Period: 900 },
});

const failed = { version: 1, environment: 'production', application: 'montoit', protection: 'database', event: 'failed', what: 'run', slot: '2026-11-20T02:00:00Z', sentence: '[AUTH] No.', error: 'RefusedError', execution: 'x' };
const textOf = (topic: string): string => endpoint.messages.filter(({ topicArn }) => topicArn === topic).map(({ message }) => message).join('\n');

describe('the notify worker', () => {
  test('brings an alarm by every channel, each in its own form', async () => {
    const { told } = await tell(alarm('ALARM'));
    expect(told).toEqual([{ message: expect.any(String), kind: 'recoveryPointOld', channels: every().map(({ channel }) => channel) }]);
    expect(endpoint.messages.find(({ topicArn }) => topicArn === TOPIC)).toMatchObject({
      subject: '[URGENT] montoit/database (production): aucune copie prouvee recente', messageStructure: 'json',
      attributes: { language: 'fr', severity: 'page', kind: 'recoveryPointOld', state: 'problem' },
    });
    expect(JSON.parse(textOf(TOPIC)).email).toContain('Les données de la dernière copie prouvée datent de 2 heures');
    expect(JSON.parse(textOf(OPS)).default).toContain('data that is 2 hours old; 60 minutes is the most');
    expect(JSON.parse(textOf(OPS)).default).toContain('12 proven copies are in the store');
    ChatNotification.parse(JSON.parse(textOf(CHAT)));
    SlackMessage.parse(services.slack.received[0].body);
    TeamsMessage.parse(services.teams.received[0].body);
    PagerDutyEvent.parse(services.pagerduty.received[0].body);
    JiraAlert.parse(services.jira.received[0].body);
    expect(services.jira.received[0].headers.authorization).toBe(`GenieKey ${KEY}`);
    const document = NotificationDocument.parse(services.https.received[0].body);
    expect(document).toMatchObject({ kind: 'recoveryPointOld', state: 'problem', severity: 'page', at: AT, protection: 'database' });
    expect(services.https.received[0].headers).toMatchObject({ 'authorization': 'Bearer hidden-token', 'idempotency-key': document.id });
    expect(endpoint.events).toMatchObject([{ source: 'cdk-backup-policy', detailType: 'Backup notification', detail: document }]);
  });

  test('closes what it opened when the alarm is over', async () => {
    await tell(alarm('ALARM'));
    const opened = PagerDutyEvent.parse(services.pagerduty.received[0].body);
    await tell(alarm('OK'));
    expect(PagerDutyEvent.parse(services.pagerduty.received[1].body)).toMatchObject({ event_action: 'resolve', dedup_key: opened.dedup_key });
    JiraClose.parse(services.jira.received[1].body);
    expect(services.jira.received[1].path).toBe(`/hidden-jira/${encodeURIComponent(opened.dedup_key)}/close?identifierType=alias`);
  });

  test('says nothing of a new alarm that has its first data and is well', async () => {
    expect(await tell({ ...alarm('OK'), OldStateValue: 'INSUFFICIENT_DATA' })).toEqual({ told: [] });
    expect(endpoint.messages).toEqual([]);
    expect((await tell({ ...alarm('OK'), OldStateValue: 'ALARM' }))).toMatchObject({ told: [{ kind: 'recoveryPointOld' }] });
  });

  test('tells each recipient what it is to hear, by severity and by topic', async () => {
    const channels: NotifyChannel[] = [
      { channel: 'subscribers', topic: TOPIC, language: 'en', severities: ['page'] },
      { channel: 'topic', topic: OPS, language: 'en', severities: ['notify'] },
      { channel: 'slack', secret: secrets.slack, language: 'en', severities: ['digest'], successes: true },
    ];
    const heard = async (message: unknown, topic: string) => (await tell(message, { channels, topic })).told[0].channels;
    expect(await heard(alarm('ALARM'), PAGE)).toEqual(['subscribers']);
    expect(await heard(alarm('ALARM'), NOTIFY)).toEqual(['topic']);
    expect(await heard(failed, PAGE)).toEqual(['subscribers']);
    expect(await heard({ version: 1, environment: 'production', application: 'montoit', event: 'digest', slot: AT }, NOTIFY)).toEqual(['slack']);
    expect(await heard({ version: 1, environment: 'production', application: 'montoit', protection: 'database', event: 'succeeded', slot: AT, summary: 'Good.' }, NOTIFY)).toEqual(['slack']);
    expect(await heard({ version: 1, environment: 'production', application: 'montoit', event: 'test', severity: 'page', at: AT, asker: 'Awa' }, NOTIFY)).toEqual(['subscribers', 'topic', 'slack']);
  });

  test('says in the digest that all is well, with figures, and asks CloudWatch once', async () => {
    const before = endpoint.calls.filter(({ operation }) => operation === 'GetMetricData').length;
    await tell({ version: 1, environment: 'production', application: 'montoit', event: 'digest', slot: AT }, { topic: NOTIFY });
    expect(JSON.parse(textOf(OPS)).default).toContain('All is well with 1 backup');
    expect(JSON.parse(textOf(OPS)).default).toContain('database: newest proven data 2 hours old, 12 proven copies');
    expect(endpoint.calls.filter(({ operation }) => operation === 'GetMetricData')).toHaveLength(before + 1);
  });

  test.each([
    ['an alarm of somebody else', { ...alarm('ALARM'), AlarmDescription: 'the disk is full', AlarmName: 'Disk' }, /Disk[\s\S]*the disk is full/],
    ['an alarm without a description', { ...alarm('ALARM'), AlarmDescription: null, AlarmName: 'Bare' }, /Bare[\s\S]*Threshold Crossed/],
    ['a notice of a newer release', { ...failed, version: 2 }, /"version":2/],
    ['words', 'the roof is on fire', /the roof is on fire/],
    ['nothing', '{}', /\{\}/],
  ])('tells %s too, in words', async (_, message, said) => {
    await tell(message);
    expect(JSON.parse(textOf(OPS)).default).toMatch(said);
    expect(services.slack.received).toHaveLength(1);
  });

  test('tells without figures what CloudWatch does not say', async () => {
    plan = ({ operation }) => (operation === 'GetMetricData' ? { status: 400, code: 'AccessDenied' } : undefined);
    await tell(alarm('ALARM'));
    expect(JSON.parse(textOf(OPS)).default).toContain('What is safe could not be asked now');
    expect(logged.join()).toContain('CloudWatch could not be asked for what is safe');
  });

  describe('where one channel fails', () => {
    const handed = () => endpoint.messages.filter(({ topicArn }) => topicArn === PAGE);
    const others = ['teams', 'https', 'pagerduty', 'jira'] as const;
    /** Another process, as after a cold start: it remembers nothing. */
    const anew = async (message: string): Promise<unknown> => {
      jest.resetModules();
      const { notify: cold } = await import('../../lambda/workers/notify');
      return await cold({ Records: [{ Sns: { MessageId: 'of-the-retry', TopicArn: PAGE, Timestamp: AT, Message: message } }] }, { awsRequestId: 'retry' });
    };

    test('the others hear it once, and another process tells only that one', async () => {
      services.slack.reset(status(404));
      expect(await tell(alarm('ALARM'), { id: 'again' })).toMatchObject({ told: [{ handedOver: ['slack'] }] });
      expect(endpoint.messages).toHaveLength(3 + 1);
      for (const name of others) expect(services[name].received).toHaveLength(1);
      const [{ message }] = handed();
      services.slack.reset(status(500));
      await expect(anew(message)).rejects.toMatchObject({ code: 'NOTIFY_INCOMPLETE', message: expect.stringMatching(/slack: /) });
      services.slack.reset(status(200));
      expect(await anew(message)).toEqual({ told: [{ message: 'again', kind: 'recoveryPointOld', channels: ['slack'] }] });
      expect(services.slack.received).toHaveLength(1);
      SlackMessage.parse(services.slack.received[0].body);
      expect(endpoint.messages).toHaveLength(3 + 1);
      expect(endpoint.events).toHaveLength(1);
      for (const name of others) expect(services[name].received).toHaveLength(1);
    });

    test('each that fails is tried by itself', async () => {
      services.slack.reset(status(404));
      services.jira.reset(status(404));
      expect(await tell(alarm('ALARM'))).toMatchObject({ told: [{ handedOver: ['slack', 'jira'] }] });
      expect(handed().map(({ message }) => (JSON.parse(message) as { channel: string }).channel)).toEqual(['slack', 'jira']);
    });

    test('all are asked where the channels were declared anew since', async () => {
      services.slack.reset(status(404));
      await tell(alarm('ALARM'));
      const [{ message }] = handed();
      services.slack.reset(status(200));
      const moved = JSON.stringify({ ...JSON.parse(message) as object, index: 0 });
      expect(await anew(moved)).toMatchObject({ told: [{ channels: every().map(({ channel }) => channel) }] });
    });

    test('the invocation fails where it cannot be handed over, and where nobody took the message', async () => {
      services.slack.reset(status(404));
      plan = ({ operation, resource }) => (operation === 'Publish' && resource === PAGE ? { status: 403, code: 'AuthorizationError' } : undefined);
      const incomplete = { name: 'TransientError', code: 'NOTIFY_INCOMPLETE', message: expect.stringMatching(/slack: \[CHANNEL_REFUSED\].*HTTP 404/) };
      await expect(tell(alarm('ALARM'), { id: 'kept' })).rejects.toMatchObject(incomplete);
      // The same process, at least, repeats nothing.
      await expect(tell(alarm('ALARM'), { id: 'kept' })).rejects.toMatchObject(incomplete);
      for (const name of others) expect(services[name].received).toHaveLength(1);
      plan = () => undefined;
      await expect(tell(alarm('ALARM'), { channels: every().filter(({ channel }) => channel === 'slack') })).rejects.toMatchObject(incomplete);
      expect(handed()).toEqual([]);
    });
  });

  test('a topic, a bus or a secret that refuses is named, and its reason', async () => {
    plan = ({ operation }) => (operation === 'PutEvents' ? { status: 400, code: 'AccessDeniedException' } : undefined);
    const only = (channel: string) => ({ channels: every().filter((one) => one.channel === channel) });
    await expect(tell(alarm('ALARM'), only('eventbridge'))).rejects.toThrow(/eventbridge: \[CHANNEL_UNREACHABLE\] EventBridge did not take the message for .*default \(AccessDeniedException\)/);
    plan = ({ operation, resource }) => (operation === 'Publish' && resource === TOPIC ? { status: 403, code: 'AuthorizationError' } : undefined);
    await expect(tell(alarm('ALARM'), only('subscribers'))).rejects.toThrow(/subscribers: .*AuthorizationError/);
    const gone: NotifyChannel = { channel: 'slack', secret: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:gone-abcdef', language: 'en', ...ALL };
    plan = () => undefined;
    await expect(tell(alarm('ALARM'), { channels: [gone] })).rejects.toThrow(/slack: \[SECRET_MISSING\]/);
  });

  test('speaks to no service outside this machine when all of AWS is on it', async () => {
    const secret = endpoint.seedSecret('recipients/real', KEY);
    for (const channel of ['pagerduty', 'jira'] as const) {
      await expect(tell(alarm('ALARM'), { channels: [{ channel, secret, language: 'en', ...ALL }] })).rejects.toThrow(/CHANNEL_ADDRESS.*must not speak to a service outside/);
    }
  });

  test('leaves no address and no key in its log or its error, whatever fails', async () => {
    for (const service of Object.values(services)) service.reset(status(404));
    const outside = every().filter((one) => 'secret' in one);
    const error: Error = await tell(alarm('ALARM'), { channels: outside }).then(() => Promise.reject(new Error('it was told')), (reason: Error) => reason);
    expect(error.message).toContain('5 recipients');
    for (const said of [...logged, error.message, String(error.stack)]) for (const secret of ['hidden-', KEY]) expect(said).not.toContain(secret);
  });
});
