import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  AlarmSet, BackupAlarmKind, BackupPolicy, BackupSchedule, BackupStore, ClientEncryption, Criticality, type PolicyAlarmProps,
  type ProtectionAlarmProps, type ProtectionProps, Recipient,
} from '../../lib';
import { ALARM_KIND_NAMES, ALARM_KINDS, type AlarmKindName } from '../../lib/contract/alarm-kinds';
import { METRIC_NAMESPACE, METRICS } from '../../lib/contract/metrics';
import { parseAlarmMark } from '../../lib/contract/notification';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { alarmSection } from '../../lib/contract/runbook';
import { protection } from './fixture';

interface Stat {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: { readonly Name: string; readonly Value: string }[];
}

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly Period?: number;
  readonly MetricStat?: { readonly Period: number; readonly Metric: Stat; readonly Stat: string };
}

interface Alarm extends Partial<Stat> {
  readonly AlarmDescription: string;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly TreatMissingData: string;
  readonly WarmUpConfiguration?: { readonly WarmUpPeriodDurationInMinutes: number };
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly Period?: number;
  readonly Metrics?: Query[];
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
}

interface Composite {
  readonly AlarmDescription: string;
  readonly AlarmRule: unknown;
  readonly ActionsSuppressor?: unknown;
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
}

interface Made {
  readonly policy: BackupPolicy;
  readonly stack: Stack;
  readonly template: () => Template;
  /** By kind, and protection where there is one. */
  readonly alarms: () => Map<string, { readonly id: string; readonly alarm: Alarm }>;
  readonly kinds: () => string[];
}

/** With every kind, unless a set is given or left open. */
function declare(given: PolicyAlarmProps = {}, replicaRegions: string[] = []): Made {
  const alarms = { set: AlarmSet.ALL, ...given };
  const stack = new Stack(new App(), 'S', { env: { region: 'eu-west-3' } });
  const store = new BackupStore(stack, 'Store', { replicaRegions });
  const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store, recipients: [Recipient.email('ops@example.org')], alarms });
  let synthesized: Template | undefined;
  const template = () => (synthesized ??= Template.fromStack(stack));
  const made = () => new Map(Object.entries(template().findResources('AWS::CloudWatch::Alarm') as Record<string, { Properties: Alarm }>)
    .map(([id, { Properties }]) => {
      const { kind, protection: of } = parseAlarmMark(Properties.AlarmDescription)!;
      return [of === undefined ? kind : `${of} ${kind}`, { id, alarm: Properties }];
    }));
  return { policy, stack, template, alarms: made, kinds: () => [...made().keys()].sort() };
}

/** One protection, `database`. */
function protect(made: Made, props: Partial<ProtectionProps> = {}, id = 'database') {
  return made.policy.protect(id, protection(made.stack, props));
}

function only(alarms: ProtectionAlarmProps = {}, props: Partial<ProtectionProps> = {}, replicaRegions?: string[]): Made {
  const made = declare({}, replicaRegions);
  protect(made, { alarms, ...props });
  return made;
}

const ofProtections = ALARM_KIND_NAMES.filter((kind) => METRICS[ALARM_KINDS[kind].metric].of === 'protection');
const ofPolicies = ALARM_KIND_NAMES.filter((kind) => METRICS[ALARM_KINDS[kind].metric].of === 'policy');
const named = (kinds: readonly AlarmKindName[], id = 'database') => kinds.map((kind) => `${id} ${kind}`);

describe('a full policy', () => {
  const made = only({ storeCeiling: Size.tebibytes(1) }, {}, ['eu-west-1']);
  const whole = made.policy.alarms.dataAtRisk!;
  const template = made.template();
  const alarms = made.alarms();

  test('has every kind of alarm, but that of a scrub that nobody declared', () => {
    const expected = [...ofPolicies, ...named(ofProtections.filter((kind) => kind !== 'copyNotRead'))];
    expect(made.kinds()).toEqual(expected.sort());
    expect(Object.values(BackupAlarmKind).sort()).toEqual([...ALARM_KIND_NAMES].sort());
  });

  test.each([...alarms])('%s reads its gauge by the table of kinds', (_, { alarm }) => {
    const { kind, protection: of } = parseAlarmMark(alarm.AlarmDescription)!;
    const { metric, breach, missing } = ALARM_KINDS[kind];
    const queries = alarm.Metrics ?? [];
    const value = queries.find(({ Id }) => Id === 'value')?.MetricStat?.Metric ?? alarm;
    expect(value).toMatchObject({ Namespace: METRIC_NAMESPACE, MetricName: METRICS[metric].name });
    const dimensions = { Environment: 'production', Application: 'shop', ...of ? { Protection: of } : {} };
    expect(Object.fromEntries((value.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]))).toEqual(dimensions);
    expect(alarm.ComparisonOperator).toBe(breach === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold');
    expect(alarm.TreatMissingData).toBe(missing);
    const periods = [...alarm.Period === undefined ? [] : [alarm.Period], ...queries.map((one) => one.Period ?? one.MetricStat!.Period)];
    const patient = kind === 'recipientUnconfirmed';
    expect(new Set(periods)).toEqual(new Set([patient ? 3600 : 900]));
    expect([alarm.DatapointsToAlarm, alarm.EvaluationPeriods]).toEqual(patient ? [24, 24] : [2, 3]);
  });

  test('an alarm of silence is not rung by its own deployment: it waits for the first rounds', () => {
    for (const [name, { alarm }] of alarms) {
      const waits = alarm.TreatMissingData === 'breaching' ? { WarmUpPeriodDurationInMinutes: 240 } : undefined;
      expect([name, alarm.WarmUpConfiguration]).toEqual([name, waits]);
    }
  });

  test('what would only say that nothing runs is silent in a pause, and told once it is over', () => {
    for (const kind of ALARM_KIND_NAMES.filter((name) => ALARM_KINDS[name].paused)) {
      const { Metrics } = alarms.get(`database ${kind}`)!.alarm;
      expect(Metrics?.find(({ Expression }) => Expression)?.Expression).toBe('IF(paused > 0, 0, value)');
      expect(Metrics?.find(({ Id }) => Id === 'paused')?.MetricStat?.Metric.MetricName).toBe('PausedSeconds');
    }
  });

  test.each([...alarms])('the description of %s says what it means, what is at risk, where to read on, and ends in its mark', (_, { alarm }) => {
    const { kind } = parseAlarmMark(alarm.AlarmDescription)!;
    const [meaning, risk, runbook, mark, ...rest] = alarm.AlarmDescription.split('\n');
    expect(meaning).toMatch(/^shop(\/database)? \(production\): .*\.$/);
    expect(risk).toMatch(/^At risk: .{20,}\.$/);
    expect(runbook).toBe(`What to do: ${alarmSection(kind, 'en')}`);
    expect(mark).toMatch(/^cdk-backup-policy /);
    expect(rest).toEqual([]);
    // CloudWatch's limit.
    expect(alarm.AlarmDescription.length).toBeLessThanOrEqual(1024);
  });

  test('each tells the intake topic of its severity when it begins and when it ends, one of them by the composite around it', () => {
    const composites = template.findResources('AWS::CloudWatch::CompositeAlarm') as Record<string, { Properties: Composite }>;
    const told = Object.values(composites).filter(({ Properties }) => Properties.AlarmActions);
    for (const { alarm } of [...alarms.values()].filter(({ alarm: one }) => one.AlarmActions)) {
      const { severity } = ALARM_KINDS[parseAlarmMark(alarm.AlarmDescription)!.kind];
      const topic = made.stack.resolve(made.policy._intake[severity].topicArn) as unknown;
      expect([alarm.AlarmActions, alarm.OKActions]).toEqual([[topic], [topic]]);
    }
    const silent = [...alarms].filter(([, { alarm }]) => !alarm.AlarmActions);
    expect(silent.map(([name]) => name)).toEqual(['database recoveryPointOld']);
    expect(told).toHaveLength(1);
    const [{ Properties: composite }] = told;
    expect(composite.AlarmDescription).toBe(silent[0][1].alarm.AlarmDescription);
    expect(JSON.stringify(composite.AlarmRule)).toContain(silent[0][1].id);
    expect(JSON.stringify(composite.ActionsSuppressor)).toContain(alarms.get('sentinelSilent')!.id);
    expect(composite.AlarmActions).toEqual([made.stack.resolve(made.policy._intake.page.topicArn)]);
  });

  test('one composite stands for all that wake somebody, and tells nobody; it is there once somebody asked for it', () => {
    const unasked = only();
    unasked.template().resourceCountIs('AWS::CloudWatch::CompositeAlarm', 1);
    const id = made.stack.getLogicalId(whole.node.defaultChild as never);
    const { Properties } = (template.findResources('AWS::CloudWatch::CompositeAlarm') as Record<string, { Properties: Composite }>)[id];
    const rule = JSON.stringify(Properties.AlarmRule);
    for (const { id: one, alarm } of alarms.values()) {
      expect(rule.includes(`"${one}"`)).toBe(ALARM_KINDS[parseAlarmMark(alarm.AlarmDescription)!.kind].severity === 'page');
    }
    expect(Properties).not.toHaveProperty('AlarmActions');
  });

  test('no alarm has a name of its own: two deployments of one app would write over each other\'s', () => {
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']) {
      const all = Object.values(template.findResources(type) as Record<string, { Properties: object }>);
      expect(all.length).toBeGreaterThan(1);
      for (const { Properties } of all) expect(Properties).not.toHaveProperty('AlarmName');
    }
  });

  test('the metadata has each alarm with its threshold, and the sentinel writes what they read', () => {
    const [declared] = PolicyMetadata.parse(template.toJSON().Metadata[METADATA_KEY]).policies;
    const watching = declared.watching!;
    const here = watching.alarms.filter(({ region }) => region === undefined);
    expect(here.map(({ kind, protection: of }) => (of === undefined ? kind : `${of} ${kind}`)).sort()).toEqual(made.kinds());
    for (const { kind, protection: of, threshold, logicalId, severity, toldBy } of here) {
      const { id, alarm } = alarms.get(of === undefined ? kind : `${of} ${kind}`)!;
      expect([id, alarm.Threshold, ALARM_KINDS[kind].severity]).toEqual([logicalId, threshold, severity]);
      expect(toldBy !== undefined).toBe(kind === 'recoveryPointOld');
    }
    const [{ gauges, ceilingBytes }] = watching.sentinel.request.protections;
    const read = here.filter((one) => one.protection !== undefined).map(({ kind }) => ALARM_KINDS[kind].metric);
    expect(gauges).toEqual(expect.arrayContaining([...read, 'pausedSeconds', 'provenCopies']));
    expect(gauges).not.toContain('lastReadAge');
    expect(ceilingBytes).toBe(2 ** 40);
  });

  test('a team finds its alarms and hangs its own actions on them', () => {
    const found = made.policy.alarms.find(BackupAlarmKind.SENTINEL_SILENT)!;
    expect(made.stack.getLogicalId(found.node.defaultChild as never)).toBe(alarms.get('sentinelSilent')!.id);
    expect(made.policy.alarms.find(BackupAlarmKind.COPY_NOT_READ)).toBeUndefined();
    expect(made.policy.alarms.all).toHaveLength(alarms.size);
  });
});

test('kinds without a sense are left out: no replica, no ceiling, a monthly run, copies that nobody can open', () => {
  const alone = only().kinds();
  for (const kind of ['database replicaLate', 'database replicaFailed', 'database storeFilling', 'replicationChanged']) expect(alone).not.toContain(kind);
  const monthly = only({}, { schedule: BackupSchedule.monthly({ day: 1, at: '02:00' }), objectives: { rpo: Duration.days(40), rto: Duration.hours(1) } });
  expect(monthly.kinds()).not.toContain('database successRateLow');
  const recipients = ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'];
  const sealed = only({}, { encryption: ClientEncryption.age({ recipients }) }).kinds();
  expect(sealed).toContain('database backupOverdue');
  for (const kind of ['recoveryPointOld', 'backupFailed', 'drillOld', 'restoreTooSlow']) expect(sealed).not.toContain(`database ${kind}`);
});

test('of a store that another app makes, nothing is held against what was declared there', () => {
  const stack = new Stack(new App(), 'S', { env: { region: 'eu-west-3' } });
  const store = BackupStore.fromAttributes(stack, 'Store', { bucketName: 'copies', keyArn: 'arn:aws:kms:eu-west-3:111111111111:key/k' });
  const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store, recipients: [Recipient.email('ops@example.org')] });
  policy.protect('database', protection(stack));
  const { LOCK_CHANGED, LIFECYCLE_CHANGED, KEY_UNUSABLE } = BackupAlarmKind;
  for (const kind of [LOCK_CHANGED, LIFECYCLE_CHANGED, KEY_UNUSABLE]) expect(policy.alarms.find(kind)).toBeUndefined();
  expect(policy.alarms.find(BackupAlarmKind.SENTINEL_SILENT)).toBeDefined();
});

describe('the set', () => {
  const essential = (kinds: readonly AlarmKindName[]) => kinds.filter((kind) => ALARM_KINDS[kind].essential);
  const standard = { criticality: Criticality.STANDARD, objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) } };

  test.each([['of a modest criticality', standard], ['without one', {}]])('is essential for a protection %s', (_, props) => {
    const modest = declare({ set: undefined });
    protect(modest, props);
    const senseless = ['copyNotRead', 'storeFilling', 'replicaFailed', 'replicationChanged'];
    const sensible = (kinds: readonly AlarmKindName[]) => essential(kinds).filter((kind) => !senseless.includes(kind));
    const expected = [...sensible(ofPolicies), ...named(sensible(ofProtections))];
    expect(modest.kinds()).toEqual(expected.sort());
  });

  test('has what a threshold was declared for, unless a set is declared too', () => {
    const asked = declare({ set: undefined, successRatePercent: 98, auditAge: Duration.days(3) });
    protect(asked, { alarms: { runLongerThan: Duration.minutes(30) } });
    expect(asked.kinds()).toEqual(expect.arrayContaining(['auditOld', 'database runTooLong', 'database successRateLow']));
    expect(asked.kinds()).not.toContain('database clockWrong');
    const few = declare({ set: AlarmSet.ESSENTIAL, successRatePercent: 98, auditAge: Duration.days(3) });
    protect(few, { alarms: { runLongerThan: Duration.minutes(30) } });
    for (const kind of ['auditOld', 'database runTooLong', 'database successRateLow']) expect(few.kinds()).not.toContain(kind);
  });

  test('is all of a high criticality, and brings what the policy itself has beyond the essential', () => {
    const mixed = declare({ set: undefined }, ['eu-west-1']);
    protect(mixed, standard);
    protect(mixed, { criticality: Criticality.IMPORTANT }, 'files');
    expect(mixed.kinds()).toEqual(expect.arrayContaining(['auditOld', 'files runTooLong']));
    expect(mixed.kinds()).not.toContain('database runTooLong');
  });

  test('can be declared, of the policy and of a protection', () => {
    const set = AlarmSet.of(BackupAlarmKind.RECOVERY_POINT_OLD, BackupAlarmKind.SENTINEL_SILENT);
    const few = declare({ set });
    protect(few);
    protect(few, { alarms: { set: AlarmSet.allBut(BackupAlarmKind.SIZE_ANOMALY) } }, 'files');
    expect(few.kinds().filter((kind) => !kind.startsWith('files '))).toEqual(['auditOld', 'database recoveryPointOld', 'sentinelSilent']);
    expect(few.kinds()).toContain('files rowsAnomaly');
    expect(few.kinds()).not.toContain('files sizeAnomaly');
  });

  test('of none has no alarm, no composite, and the sentinel writes no gauge of the protection', () => {
    const none = declare({ set: AlarmSet.NONE });
    protect(none);
    expect(none.kinds()).toEqual([]);
    none.template().resourceCountIs('AWS::CloudWatch::CompositeAlarm', 0);
    expect(none.policy.alarms.dataAtRisk).toBeUndefined();
  });

  test('without the sentinel\'s silence there is nothing to keep an alarm silent: it tells by itself', () => {
    const made = only();
    const lone = declare({ set: AlarmSet.of(BackupAlarmKind.RECOVERY_POINT_OLD) });
    protect(lone);
    expect(lone.alarms().get('database recoveryPointOld')!.alarm.AlarmActions).toHaveLength(1);
    expect(made.alarms().get('database recoveryPointOld')!.alarm.AlarmActions).toBeUndefined();
  });
});

describe('thresholds', () => {
  const GUIDE: ProtectionAlarmProps = {
    recoveryPointAge: Duration.hours(25), overdueAfter: Duration.hours(4), unverifiedAfter: Duration.hours(3), successRatePercent: 90,
    sizeDeviationPercent: 40, rowsDeviationPercent: 5, runLongerThan: Duration.minutes(30), restoreOfRtoPercent: 80,
    drillAge: Duration.days(7), storeCeiling: Size.gibibytes(100), storeFillPercent: 70, replicaLag: Duration.hours(1),
    clockSkew: Duration.seconds(30),
  };
  const EXPECTED: Partial<Record<AlarmKindName, number>> = {
    recoveryPointOld: 25 * 3600, backupOverdue: 4 * 3600, copyUnverified: 3 * 3600, successRateLow: 90, sizeAnomaly: 40, rowsAnomaly: 5,
    runTooLong: 1800, restoreTooSlow: 80, drillOld: 7 * 86_400, storeFilling: 70, replicaLate: 3600, clockWrong: 30,
  };
  const thresholds = (made: Made, id: string) => Object.fromEntries(Object.keys(EXPECTED)
    .map((kind) => [kind, made.alarms().get(`${id} ${kind}`)?.alarm.Threshold]));

  test('are a protection\'s own, else the policy\'s, else by what it promises', () => {
    const made = declare({ ...GUIDE, auditAge: Duration.days(4) }, ['eu-west-1']);
    protect(made);
    protect(made, { alarms: { overdueAfter: Duration.hours(5) } }, 'files');
    expect(thresholds(made, 'database')).toEqual(EXPECTED);
    expect(thresholds(made, 'files')).toEqual({ ...EXPECTED, backupOverdue: 5 * 3600 });
    expect(made.alarms().get('auditOld')!.alarm.Threshold).toBe(4 * 86_400);
    expect(only().alarms().get('database recoveryPointOld')!.alarm.Threshold).toBe(26 * 3600);
    expect(only().alarms().get('auditOld')!.alarm.Threshold).toBe(49 * 3600);
  });

  test('that a healthy month would cross are a finding of the protection', () => {
    const made = declare();
    protect(made, { alarms: { recoveryPointAge: Duration.hours(20) } }).acknowledge('ALARM_NEVER_RESTS', 'the runs of a hand');
    const [{ protections: [{ findings }] }] = PolicyMetadata.parse(made.template().toJSON().Metadata[METADATA_KEY]).policies;
    expect(findings).toContainEqual(expect.objectContaining({ code: 'ALARM_NEVER_RESTS', severity: 'error', acknowledged: 'the runs of a hand' }));
  });

  test('the period is the sentinel\'s interval, by the tightest objective of all', () => {
    const made = only();
    const objectives = { rpo: Duration.minutes(30), rto: Duration.hours(1) };
    protect(made, { schedule: BackupSchedule.every(Duration.minutes(10)), objectives }, 'hot');
    for (const [name, { alarm }] of made.alarms()) {
      const periods = alarm.Metrics ? alarm.Metrics.map((one) => one.Period ?? one.MetricStat!.Period) : [alarm.Period];
      expect([name, new Set(periods)]).toEqual([name, new Set([name === 'recipientUnconfirmed' ? 3600 : 600])]);
    }
  });
});

test.each<[string, ProtectionAlarmProps, string]>([
  ['a percentage of nothing', { successRatePercent: 0 }, 'alarms.successRatePercent is 0; allowed: a percentage above 0, and 100 at most'],
  ['more than all', { storeFillPercent: 101, storeCeiling: Size.gibibytes(1) }, 'alarms.storeFillPercent is 101'],
  ['no number', { sizeDeviationPercent: NaN }, 'alarms.sizeDeviationPercent is NaN'],
  ['a share of no ceiling', { storeFillPercent: 80 }, 'alarms.storeFillPercent is given without storeCeiling'],
  ['a ceiling of nothing', { storeCeiling: Size.bytes(0) }, 'alarms.storeCeiling is 0'],
  ['late at once', { overdueAfter: Duration.seconds(59) }, 'alarms.overdueAfter is 59 seconds; allowed: from 1 minute to 366 days'],
  ['an age for ever', { recoveryPointAge: Duration.days(367) }, 'alarms.recoveryPointAge is 367 days'],
])('%s is refused', (_, alarms, message) => {
  expect(() => only(alarms)).toThrow(message);
});

test('a policy of ten protections stays within a template, and its composites within their rules', () => {
  const made = declare();
  for (let index = 0; index < 10; index += 1) {
    protect(made, { source: protection(made.stack).source }, `p${index}`);
    // Those that are made after it was asked for are its children too.
    if (index === 6) expect(made.policy.alarms.dataAtRisk).toBeDefined();
  }
  const { Resources } = made.template().toJSON() as { Resources: Record<string, { Type: string; Properties: Composite }> };
  expect(Object.keys(Resources).length).toBeLessThanOrEqual(400);
  const composites = Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::CompositeAlarm');
  const children = composites.map(({ Properties }) => JSON.stringify(Properties.AlarmRule).match(/Fn::GetAtt/g)!.length);
  // CloudWatch: 100 children, and a rule of 10,240 characters of names of up to 255 each and their ARNs.
  expect(Math.max(...children)).toBeLessThanOrEqual(33);
  const pages = [...made.alarms().values()].filter(({ alarm }) => ALARM_KINDS[parseAlarmMark(alarm.AlarmDescription)!.kind].severity === 'page');
  const rules = composites.map(({ Properties }) => JSON.stringify(Properties.AlarmRule)).join();
  for (const { id } of pages) expect(rules).toContain(`"${id}"`);
});

test('a team\'s own alarm of a gauge', () => {
  const made = declare();
  const database = protect(made);
  database.metricRecoveryPointAge({ period: Duration.minutes(5) }).createAlarm(made.stack, 'Mine', { threshold: 3600, evaluationPeriods: 1 });
  made.policy.metricDeadLetters().createAlarm(made.stack, 'Other', { threshold: 1, evaluationPeriods: 1 });
  made.template().hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'BackupPolicy', MetricName: 'RecoveryPointAge', Period: 300, Statistic: 'Maximum',
    Dimensions: [{ Name: 'Application', Value: 'shop' }, { Name: 'Environment', Value: 'production' }, { Name: 'Protection', Value: 'database' }],
  });
  made.template().hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DeadLetters', Threshold: 1 });
});
