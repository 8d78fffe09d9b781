import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { BackupLock, BackupSchedule, BackupWeekDay, type BackupStoreProps, type LockExtensionProps, Retention } from '../../lib';
import { ExtendRequest } from '../../lib/contract/extend-request';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { actions, declare, definition, protection, resource, statements, text, type Declared } from './fixture';

function declared(
  lockExtension?: LockExtensionProps, store?: BackupStoreProps, more: (declared: Declared) => void = () => undefined,
): Template {
  const made = declare({ lockExtension }, store);
  made.policy.protect('database', protection(made.stack));
  more(made);
  return Template.fromStack(made.stack);
}

const policyOf = (made: Template) => PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies[0];
const lock = (days: number) => ({ lock: BackupLock.governance(Duration.days(days)) });

describe('a policy\'s worker that lengthens locks', () => {
  const made = declared({}, lock(14), ({ policy, stack }) => policy.protect('tax', protection(stack, {
    retention: Retention.gfs({ daily: 7, monthly: 12 }), retentionCeiling: Duration.days(500),
  })));
  const round = definition(made, 'ExtendRound');

  test('is there only where it was asked for', () => {
    const without = declared();
    expect(Object.keys(without.toJSON().Resources as object).filter((id) => id.includes('Extend'))).toEqual([]);
    expect(policyOf(without).lockExtension).toBeUndefined();
    expect(JSON.stringify(without.toJSON())).not.toContain('PutObjectRetention');
  });

  test('is one function, from the prebuilt bundle, with a role of its own', () => {
    const worker = resource(made, 'AWS::Lambda::Function', 'Extend');
    expect(worker).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'index.extend', Timeout: 900, Architectures: ['arm64'] });
    expect(text(worker.Role)).toMatch(/^<BackupExtendRole\w+\.Arn>$/);
    expect(resource(made, 'AWS::IAM::Role', 'ExtendRole').Path).toBeUndefined();
  });

  test('may see its policy\'s copies and lengthen their locks by the store\'s own at the most; it writes, tags, deletes and bypasses nothing', () => {
    const own = statements(made, 'ExtendPolicy');
    expect(actions(own).filter((action) => !action.startsWith('logs:'))).toEqual([
      'kms:Decrypt', 's3:GetObjectLegalHold', 's3:GetObjectRetention', 's3:GetObjectVersion', 's3:GetObjectVersionTagging', 's3:ListBucketVersions', 's3:PutObjectRetention',
    ]);
    const of = (action: string) => own.find(({ Action }) => [Action].flat().includes(action))!;
    const keys = (action: string) => [of(action).Resource].flat().map(text).map((key) => key.replace(/^<\w+\.Arn>\//, ''));
    const under = (...kinds: string[]) => kinds.map((kind) => `${kind}/production/shop/*`);
    expect(keys('s3:GetObjectVersion')).toEqual(under('runs', 'verdicts', 'policies', 'scrubs'));
    expect(keys('s3:PutObjectRetention')).toEqual(under('runs', 'parts', 'verdicts', 'policies'));
    expect(of('s3:PutObjectRetention').Condition).toEqual({
      NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': 14 }, StringEqualsIfExists: { 's3:object-lock-mode': 'GOVERNANCE' },
    });
    expect(of('s3:ListBucketVersions').Condition!.StringLike['s3:prefix']).toEqual(under('runs', 'parts', 'verdicts', 'policies', 'scrubs'));
  });

  test('leaves the retire worker\'s role as it was', () => {
    expect(actions(statements(made, 'RetirePolicy'))).toEqual(actions(statements(declared(), 'RetirePolicy')));
    expect(actions(statements(made, 'RetirePolicy'))).not.toContain('s3:PutObjectRetention');
  });

  test('gets its request from the machine, whole when the schedule\'s slot and the execution are filled in', () => {
    const { Parameters } = round.States[round.StartAt] as unknown as { Parameters: Record<string, unknown> };
    const { 'slot.$': slot, 'execution.$': execution, ...rest } = Parameters;
    expect([slot, execution]).toEqual(['$.slot', '$$.Execution.Name']);
    const request = ExtendRequest.parse({ ...JSON.parse(JSON.stringify(rest, (_, value: unknown) => (typeof value === 'object' && value !== null && 'Ref' in value ? 'ref' : value))), slot: '2026-11-21T06:15:00Z', execution: 'round' });
    expect(request.store.lock).toEqual({ mode: 'GOVERNANCE', retentionSeconds: 14 * 86_400 });
    expect(request.rounds).toEqual({ longestGapSeconds: 86_400 });
    const [{ longestRunSeconds }] = policyOf(made).retirement.request.protections;
    expect(request.protections).toEqual([
      { protection: 'database', longestRunSeconds }, { protection: 'tax', longestRunSeconds, ceilingSeconds: 500 * 86_400 },
    ]);
  });

  test('is told of when it fails, and is tried again before', () => {
    expect(round.States.Extend).toMatchObject({ Type: 'Task', InputPath: '$.request', ResultPath: '$.extend', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Cause' }] });
    expect((round.States.Extend.Retry as { ErrorEquals: string[] }[])[0].ErrorEquals).toContain('TransientError');
    expect(JSON.stringify(round.States.Notify)).toContain('"what":"extend"');
  });

  test('has a round a day, after that of retirement, and stands in the metadata', () => {
    expect(resource(made, 'AWS::Scheduler::Schedule', 'Extend')).toMatchObject({ ScheduleExpression: 'cron(15 6 * * ? *)', ScheduleExpressionTimezone: 'UTC' });
    expect(policyOf(made).lockExtension).toMatchObject({ schedule: { expression: 'cron(15 6 * * ? *)', timeZone: 'UTC' }, request: { application: 'shop' } });
    const other = declared({ schedule: BackupSchedule.daily({ at: '23:10' }) });
    expect(resource(other, 'AWS::Scheduler::Schedule', 'Extend')).toMatchObject({ ScheduleExpression: 'cron(10 23 * * ? *)' });
  });
});

describe('what is found of a lock that is shorter than the retention', () => {
  const codes = (made: Template) => policyOf(made).protections[0].findings.map(({ code }) => code);

  test('is found no more when a worker lengthens it', () => {
    expect(codes(declared())).toContain('LOCK_SHORTER_THAN_RETENTION');
    expect(codes(declared({}))).not.toContain('LOCK_SHORTER_THAN_RETENTION');
  });

  test('names the prop that mends it', () => {
    const [found] = policyOf(declared()).protections[0].findings.filter(({ code }) => code === 'LOCK_SHORTER_THAN_RETENTION');
    expect(found.mend).toContain('`lockExtension: {}`');
  });
});

test('under compliance it lengthens what was written under governance too, and changes no mode', () => {
  const made = declared({}, { lock: BackupLock.compliance(Duration.days(30)) });
  const own = statements(made, 'ExtendPolicy').find(({ Action }) => Action === 's3:PutObjectRetention')!;
  expect(own.Condition).toEqual({
    NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': 30 }, StringEqualsIfExists: { 's3:object-lock-mode': ['COMPLIANCE', 'GOVERNANCE'] },
  });
});

describe('is refused', () => {
  test('where nothing is locked', () => {
    expect(() => declare({ lockExtension: {} }, { lock: BackupLock.none() })).toThrow(/lockExtension is given, and S\/Store locks nothing; allowed: it with a store that has a `lock`/);
  });

  test.each([
    [2, undefined, /rounds up to 24 hours apart, under a lock of 2 days; allowed: a lock of at least 3 days, or rounds more often/],
    [14, BackupSchedule.weekly({ on: BackupWeekDay.SUNDAY, at: '03:00' }), /rounds up to 168 hours apart, under a lock of 14 days; allowed: a lock of at least 21 days/],
  ])('where a lock of %p days could end before the round after a lost one', (days, schedule, message) => {
    expect(() => declare({ lockExtension: schedule ? { schedule } : {} }, lock(days))).toThrow(message);
    expect(() => declare({ lockExtension: { schedule: BackupSchedule.every(Duration.hours(12)) } }, lock(days))).not.toThrow();
  });
});
