import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { BackupPolicy, BackupSchedule, BackupStore, Recipient } from '../../lib';
import { NOTIFY_CONFIG_VARIABLE, NotifyConfig } from '../../lib/contract/notify-config';
import { Authorizer } from '../../rehearsal/cloud/authorizer';
import { topicsOf } from '../../rehearsal/cloud/local-cloud';
import { protection } from '../lib/fixture';
import { synthesize, type Synthesized } from '../rehearsal/synthesize';

let made: Synthesized;
let authorizer: Authorizer;

beforeAll(() => {
  made = synthesize((app) => {
    const stack = new Stack(app, 'Shop', { env: { region: 'eu-west-3' } });
    const policy = new BackupPolicy(stack, 'Backup', {
      application: 'shop', store: new BackupStore(stack, 'Store'),
      recipients: [
        Recipient.email('ops@example.org', { successes: true }), Recipient.slackChannel('T0123ABCD', 'C0123ABCD'),
        Recipient.topic(new Topic(stack, 'Ops', { masterKey: new Key(stack, 'OpsKey') })),
      ],
      notifications: { test: BackupSchedule.daily({ at: '09:00' }) },
    });
    policy.protect('database', protection(stack));
  }, { region: 'eu-west-3' });
  authorizer = new Authorizer(made.resolver);
});
afterAll(() => made.remove());

const topic = (path: string): string => topicsOf(made.resolver).find((one) => one.path.endsWith(path))!.arn;
const role = (path: string): `arn:${string}` =>
  made.resolver.resourcesOf('AWS::IAM::Role').find((one) => one.path.endsWith(path))!.identity.attributes.Arn as `arn:${string}`;
const INTAKE = ['Intake/Page', 'Intake/Notify'];

describe('what is said of a policy arrives', () => {
  test.each(INTAKE)('at %s from CloudWatch and EventBridge of this account, through topic and key, and from nobody else', (path) => {
    for (const principal of ['cloudwatch.amazonaws.com', 'events.amazonaws.com'] as const) {
      expect(authorizer.mayPublish({ principal, topicArn: topic(path) })).toEqual({ allow: true });
      expect(authorizer.mayPublish({ principal, topicArn: topic(path), sourceAccount: '999999999999' })).toMatchObject({ allow: false });
    }
    expect(authorizer.mayPublish({ principal: 's3.amazonaws.com', topicArn: topic(path) })).toMatchObject({ allow: false });
  });

  test.each([
    ['run machine', 'database/Run/Role', ['Intake/Page', 'Intake/Notify', 'Backup/Topic']],
    ['retire machine', 'Retire/Round/Role', ['Intake/Notify', 'Backup/Topic']],
    ['scheduler', 'Shared/SchedulerRole', ['Intake/Notify']],
    ['notify worker', 'Notify/Worker/Role', ['Backup/Topic', 'Notify/Chat-slack-T0123ABCD-C0123ABCD/Topic', 'Shop/Ops', 'Intake/Page', 'Intake/Notify']],
  ])('from the %s, at its topics and at no other', (_, path, topics) => {
    const all = topicsOf(made.resolver);
    const heard = all.filter(({ arn }) => authorizer.mayPublish({ principal: role(path), topicArn: arn }).allow).map((one) => one.path);
    expect(heard.sort()).toEqual(topics.map((one) => all.find((found) => found.path.endsWith(one))!.path).sort());
  });

  test('and is told by a worker whose configuration is whole once it is deployed', () => {
    const worker = made.resolver.resourcesOf('AWS::Lambda::Function').find(({ path }) => path.endsWith('Notify/Worker/Function'))!;
    const { Variables } = made.resolver.property(worker, 'Environment') as { Variables: Record<string, string> };
    const config = NotifyConfig.parse(JSON.parse(Variables[NOTIFY_CONFIG_VARIABLE]));
    expect(config).toMatchObject({ pageTopic: topic('Intake/Page'), protections: [{ protection: 'database', rpoSeconds: 93_600 }] });
    expect(config.channels).toMatchObject([
      { channel: 'subscribers', topic: topic('Backup/Topic'), successes: true },
      { channel: 'chat', topic: topic('C0123ABCD/Topic') }, { channel: 'topic', topic: topic('Shop/Ops') },
    ]);
  });
});
