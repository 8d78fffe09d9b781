import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { BackupPolicy, BackupSchedule, BackupStore, Recipient, type RetirementProps } from '../../lib';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { RetireRequest } from '../../lib/contract/retire-request';
import { actions, declare, definition, protection, resource, statements, text, type Declared } from './fixture';

function declared(retirement?: RetirementProps, more: (declared: Declared) => void = () => undefined): Template {
  const made = declare({ retirement });
  made.policy.protect('database', protection(made.stack));
  more(made);
  return Template.fromStack(made.stack);
}

describe('a policy\'s retire worker', () => {
  const made = declared(undefined, ({ policy, stack }) => policy.protect('hourly', protection(stack, {
    schedule: BackupSchedule.every(Duration.hours(1)), objectives: { rpo: Duration.hours(3), rto: Duration.hours(1) },
  })));
  const round = definition(made, 'Round');

  test('is one function of the newest Node, from the prebuilt bundle, with its own role', () => {
    const worker = resource(made, 'AWS::Lambda::Function', 'Retire');
    expect(worker).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'index.retire', Timeout: 900, Architectures: ['arm64'] });
    expect(text(worker.Role)).toMatch(/^<BackupRetireRole\w+\.Arn>$/);
    expect(resource(made, 'AWS::IAM::Role', 'RetireRole')).toMatchObject({ Path: '/cdk-backup-policy/retire/' });
  });

  test('may read, list and tag its policy\'s copies, and neither delete, overwrite, lengthen nor read a part', () => {
    const own = statements(made, 'RetirePolicy');
    expect(actions(own).filter((action) => !action.startsWith('logs:'))).toEqual([
      'kms:Decrypt', 'kms:GenerateDataKey', 's3:GetObjectLegalHold', 's3:GetObjectVersion',
      's3:GetObjectVersionTagging', 's3:ListBucket', 's3:ListBucketVersions', 's3:PutObject', 's3:PutObjectVersionTagging',
    ]);
    const keys = own.filter(({ Action }) => String(Action).includes('s3:') && !String(Action).includes('List')).flatMap(({ Resource }) => [Resource].flat().map(text));
    for (const key of keys) expect(key).toMatch(/\/(runs|parts|verdicts|policies|audits|scrubs)\/production\/shop\/\*$/);
    const reading = own.filter(({ Action }) => [Action].flat().includes('s3:GetObjectVersion')).flatMap(({ Resource }) => [Resource].flat().map(text));
    expect(reading.some((key) => key.includes('/parts/'))).toBe(false);
    // Of what was read again it only reads: what is damaged is not for it to say.
    const ofScrubs = own.filter(({ Resource }) => [Resource].flat().map(text).some((key) => key.includes('/scrubs/')));
    expect(actions(ofScrubs)).toEqual(['s3:GetObjectVersion']);
    const listing = own.find(({ Action }) => [Action].flat().includes('s3:ListBucketVersions'));
    expect(listing?.Condition?.StringLike['s3:prefix']).toContain('scrubs/production/shop/*');
  });

  test('gets its request from the machine, whole when the schedule\'s slot and the execution are filled in', () => {
    const { Parameters } = round.States[round.StartAt] as unknown as { Parameters: Record<string, unknown> };
    const { 'slot.$': slot, 'execution.$': execution, ...rest } = Parameters;
    expect([slot, execution]).toEqual(['$.slot', '$$.Execution.Name']);
    const request = RetireRequest.parse({ ...rest, slot: '2026-11-21T05:15:00Z', execution: 'round' });
    expect(request.store).toMatchObject({ graceSeconds: expect.any(Number) });
    expect(request.protections.map(({ protection: id, releasesAtMost }) => [id, releasesAtMost])).toEqual([['database', 3], ['hourly', 48]]);
    expect(request.protections[0]).toMatchObject({
      schedule: { expression: 'cron(0 2 * * ? *)', timeZone: 'UTC', longestGapSeconds: 86_400 },
      retention: { rules: { days: 30 }, minimumVerified: 3, timeZone: 'UTC' },
    });
  });

  test('is told of when it fails, and is tried again before', () => {
    expect(round.States.Retire).toMatchObject({ Type: 'Task', InputPath: '$.request', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Cause' }] });
    expect((round.States.Retire.Retry as { ErrorEquals: string[] }[])[0].ErrorEquals).toContain('TransientError');
    expect(round.States.Notify).toMatchObject({ Parameters: { TopicArn: expect.stringContaining('IntakeNotify'), Message: { event: 'failed', what: 'retire' } } });
    expect(JSON.stringify(round.States.Notify2)).toContain('The retire round of shop (production) failed that was scheduled for');
    expect(round.TimeoutSeconds).toBeGreaterThan(900 * 5);
  });

  test('has a round a day, in the policy\'s group, with its dead letters', () => {
    const schedule = resource(made, 'AWS::Scheduler::Schedule', 'Retire');
    expect(schedule).toMatchObject({ ScheduleExpression: 'cron(15 5 * * ? *)', ScheduleExpressionTimezone: 'UTC', Target: { DeadLetterConfig: expect.anything() } });
    expect(text(schedule.GroupName)).toContain('Schedules');
  });

  test('stands in the metadata as it stands in the machine', () => {
    const [policy] = PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies;
    expect(policy.retirement.schedule).toEqual({ expression: 'cron(15 5 * * ? *)', timeZone: 'UTC' });
    expect(policy.retirement.request.protections.map((one) => one.protection)).toEqual(['database', 'hourly']);
  });
});

test('the longest run that an orphan is held against is the machine\'s own time limit', () => {
  const made = declared();
  const [{ longestRunSeconds }] = PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies[0].retirement.request.protections;
  expect(longestRunSeconds).toBe(definition(made).TimeoutSeconds);
});

test('its schedule and its limit are the policy\'s to say', () => {
  const made = declared({ schedule: BackupSchedule.daily({ at: '23:10' }), releasesAtMost: 7 });
  expect(resource(made, 'AWS::Scheduler::Schedule', 'Retire')).toMatchObject({ ScheduleExpression: 'cron(10 23 * * ? *)' });
  const [policy] = PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies;
  expect(policy.retirement.request.protections[0].releasesAtMost).toBe(7);
});

test.each([0, 1.5, 10_001])('a limit of %p is refused', (releasesAtMost) => {
  expect(() => declare({ retirement: { releasesAtMost } })).toThrow(/retirement\.releasesAtMost is .*; allowed: a whole number from 1 to 10000/);
});

test('two policies share the worker\'s code', () => {
  const app = new App();
  const stack = new Stack(app, 'S');
  const store = new BackupStore(stack, 'Store');
  for (const application of ['shop', 'forum']) {
    new BackupPolicy(stack, application, { application, store, recipients: [Recipient.email('ops@example.org')] });
  }
  const workers = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')).filter(({ Properties }) => Properties.Handler === 'index.retire');
  const codes = workers.map(({ Properties }) => JSON.stringify(Properties.Code));
  expect([codes.length, new Set(codes).size]).toEqual([2, 1]);
});
