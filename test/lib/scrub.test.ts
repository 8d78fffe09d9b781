import { Duration, Size } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  BackupSchedule, BackupWeekDay, type BackupStoreProps, ExpectedLoad, type ProtectionProps, Retention, type ScrubProps, StorageTransition,
} from '../../lib';
import { ScrubRequest } from '../../lib/contract/scrub-request';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { actions, declare, definition, protection, resource, statements, text } from './fixture';

const YEARLY: Partial<ProtectionProps> = { retention: Retention.gfs({ daily: 7, monthly: 12 }) };

function declared(scrub?: ScrubProps, store?: BackupStoreProps, props: Partial<ProtectionProps> = YEARLY): Template {
  const made = declare({ scrub }, store);
  made.policy.protect('database', protection(made.stack, props));
  return Template.fromStack(made.stack);
}

const within = (days: number): ScrubProps => ({ within: Duration.days(days) });
const policyOf = (made: Template) => PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies[0];

describe('a policy\'s worker that reads stored copies again', () => {
  const made = declared(within(90));
  const round = definition(made, 'ScrubRound');

  test('is there only where it was asked for', () => {
    const without = declared();
    expect(Object.keys(without.toJSON().Resources as object).filter((id) => id.includes('Scrub'))).toEqual([]);
    expect(policyOf(without).scrub).toBeUndefined();
    expect(policyOf(without).watching!.sentinel.request.scrub).toBeUndefined();
    expect(policyOf(without).watching!.alarms.map(({ kind }) => kind)).not.toContain('copyNotRead');
  });

  test('is one function, from the prebuilt bundle, with a role of its own', () => {
    expect(resource(made, 'AWS::Lambda::Function', 'Scrub')).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'index.scrub', Timeout: 900, Architectures: ['arm64'] });
    expect(text(resource(made, 'AWS::Lambda::Function', 'Scrub').Role)).toMatch(/^<BackupScrubRole\w+\.Arn>$/);
  });

  test('reads manifests, parts and its own records by version, and writes its own records alone; it tags, deletes and locks nothing', () => {
    const own = statements(made, 'ScrubPolicy');
    expect(actions(own).filter((action) => !action.startsWith('logs:'))).toEqual([
      'kms:Decrypt', 'kms:GenerateDataKey', 's3:GetObjectVersion', 's3:GetObjectVersionTagging', 's3:ListBucketVersions', 's3:PutObject',
    ]);
    const of = (action: string) => own.find(({ Action }) => [Action].flat().includes(action))!;
    const keys = (action: string) => [of(action).Resource].flat().map(text).map((key) => key.replace(/^<\w+\.Arn>\//, ''));
    const under = (...kinds: string[]) => kinds.map((kind) => `${kind}/production/shop/*`);
    expect(keys('s3:GetObjectVersion')).toEqual(under('runs', 'parts', 'scrubs'));
    expect(keys('s3:GetObjectVersionTagging')).toEqual(under('runs'));
    expect(keys('s3:PutObject')).toEqual(under('scrubs'));
    expect(of('s3:ListBucketVersions').Condition!.StringLike['s3:prefix']).toEqual(under('runs', 'scrubs'));
    expect(of('kms:Decrypt').Condition!.StringEquals).toHaveProperty('kms:ViaService');
  });

  test('gets its request from the machine, whole when the schedule\'s slot and the execution are filled in', () => {
    const { Parameters } = round.States[round.StartAt] as unknown as { Parameters: Record<string, unknown> };
    const { 'slot.$': slot, 'execution.$': execution, ...rest } = Parameters;
    expect([slot, execution]).toEqual(['$.slot', '$$.Execution.Name']);
    const request = ScrubRequest.parse({ ...JSON.parse(JSON.stringify(rest, (_, value: unknown) => (typeof value === 'object' && value !== null && 'Ref' in value ? 'ref' : value))), slot: '2026-11-21T07:15:00Z', execution: 'round' });
    expect(request).toMatchObject({ periodSeconds: 90 * 86_400, rounds: { longestGapSeconds: 86_400 }, protections: [{ protection: 'database' }] });
  });

  test('is told of when it fails, and is tried again before', () => {
    expect(round.States.Scrub).toMatchObject({ Type: 'Task', InputPath: '$.request', ResultPath: '$.scrub', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Cause' }] });
    expect(JSON.stringify(round.States.Notify)).toContain('"what":"scrub"');
  });

  test('has a round a day, and stands in the metadata', () => {
    expect(resource(made, 'AWS::Scheduler::Schedule', 'Scrub')).toMatchObject({ ScheduleExpression: 'cron(15 7 * * ? *)', ScheduleExpressionTimezone: 'UTC' });
    expect(policyOf(made).scrub).toMatchObject({ schedule: { expression: 'cron(15 7 * * ? *)', timeZone: 'UTC' }, request: { periodSeconds: 90 * 86_400 } });
    const other = declared({ ...within(90), schedule: BackupSchedule.daily({ at: '23:10' }) });
    expect(resource(other, 'AWS::Scheduler::Schedule', 'Scrub')).toMatchObject({ ScheduleExpression: 'cron(10 23 * * ? *)' });
  });

  test('is watched: an alarm says that a copy was not read within the period, by a gauge of the sentinel, which reads its records', () => {
    const { alarms, sentinel: { request } } = policyOf(made).watching!;
    expect(alarms.filter(({ kind }) => kind === 'copyNotRead')).toMatchObject([{ protection: 'database', threshold: 90 * 86_400, severity: 'notify' }]);
    expect(request.protections[0].gauges).toContain('lastReadAge');
    expect(request.scrub).toBeDefined();
    const reads = statements(made, 'SentinelPolicy').filter(({ Action }) => Action === 's3:GetObjectVersion').map(({ Resource }) => text(Resource));
    expect(reads.join()).toMatch(/scrubs\/production\/shop\/rounds\/\*/);
    expect(statements(made, 'SentinelPolicy').flatMap(({ Action, Resource }) => ([Action].flat().includes('s3:PutObject') ? [text(Resource)] : [])).join()).not.toContain('scrubs');
  });
});

describe('what is found of it', () => {
  const codes = (made: Template) => policyOf(made).protections[0].findings.map(({ code }) => code).filter((code) => code.startsWith('SCRUB'));

  test('is nothing where copies outlive the period and a round reads its share', () => {
    expect(codes(declared(within(90)))).toEqual([]);
    expect(codes(declared(within(90), {}, { ...YEARLY, expected: ExpectedLoad.of({ copySize: Size.gibibytes(20) }) }))).toEqual([]);
  });

  test('is a period after which no copy is left', () => {
    expect(codes(declared(within(365), {}, { retention: Retention.days(30) }))).toEqual(['SCRUB_NEVER_DUE']);
    expect(codes(declared(within(30), {}, { retention: Retention.days(30) }))).toEqual([]);
  });

  test('is more than the rounds read', () => {
    const large = { retention: Retention.days(400), expected: ExpectedLoad.of({ copySize: Size.gibibytes(100) }) };
    expect(() => declared(within(90), {}, large)).toThrow(/\[SCRUB_EXCEEDS_ROUNDS\] retention keeps 400 copies of 100 GiB/);
  });

  test('is a class that must be retrieved first', () => {
    const cold = { transitions: [StorageTransition.glacierDeepArchive(Duration.days(60))] };
    expect(() => declared(within(90), cold)).toThrow(/\[SCRUB_OF_COLD_CLASS\] from 60 days on a copy lies in Glacier Deep Archive/);
    expect(codes(declared(within(90), { transitions: [StorageTransition.glacierInstantRetrieval(Duration.days(60))] }))).toEqual([]);
  });
});

describe('is refused', () => {
  test.each([
    [0, undefined, /scrub\.within is 0 days; allowed: whole days from 1 to 3660/],
    [7, undefined, /scrub\.within is 7 days, with rounds up to 24 hours apart; allowed: at least 8 days, or rounds more often/],
    [50, BackupSchedule.weekly({ on: BackupWeekDay.SUNDAY, at: '03:00' }), /rounds up to 168 hours apart; allowed: at least 56 days/],
  ])('%p days', (days, schedule, message) => {
    expect(() => declare({ scrub: { ...within(days), ...schedule ? { schedule } : {} } })).toThrow(message);
  });
});
