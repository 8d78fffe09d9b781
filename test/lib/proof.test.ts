import { App, CfnWaitConditionHandle, Duration, Size, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupPolicy, BackupSchedule, BackupStore, Compute, Criticality, ExpectedLoad, Recipient, Retention, StorageTransition, type ProtectionProps } from '../../lib';
import type { DeclaredFinding } from '../../lib/contract/declared-finding';
import { type DeclaredProtection, METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { FINDING_CODES } from '../../lib/model/proof';
import { checkCommand } from '../../rehearsal/commands/check';
import type { Terminal } from '../../rehearsal/command-line';
import { UsageError } from '../../rehearsal/usage';
import { sampleReport } from '../rehearsal/report/sample';
import { declare, type Declared, protection } from './fixture';

const folder = mkdtempSync(join(tmpdir(), 'proof-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const UNREACHABLE = { objectives: { rpo: Duration.hours(24), rto: Duration.hours(1) } };

function protect(declared: Declared, props: Partial<ProtectionProps>) {
  return declared.policy.protect('database', protection(declared.stack, props));
}

function metadata({ stack }: Declared): DeclaredProtection {
  return PolicyMetadata.parse(Template.fromStack(stack).toJSON().Metadata[METADATA_KEY]).policies[0].protections[0];
}

function codes(findings: readonly DeclaredFinding[]): string[] {
  return findings.map(({ code, acknowledged }) => (acknowledged === undefined ? code : `(${code})`));
}

/** What is declared, with findings of the proof by themselves: an app that does not end the synthesis. */
function found(props: Partial<ProtectionProps>): readonly DeclaredFinding[] {
  const declared = declare();
  protect(declared, props);
  return metadata(declared).findings;
}

describe('a finding', () => {
  test('that is an error ends the synthesis, in the validation report of an assembly that is there to be looked at', () => {
    const outdir = join(folder, 'error');
    const app = new App({ outdir });
    const stack = new Stack(app, 'S');
    const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store: new BackupStore(stack, 'Store'), recipients: [Recipient.email('a@b.org')] });
    policy.protect('database', protection(stack, UNREACHABLE));
    expect(() => app.synth()).toThrow(/RPO_UNREACHABLE/);
    const { pluginReports } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    const ours = pluginReports.find(({ pluginName }: { pluginName: string }) => pluginName === 'BackupPolicy');
    expect(ours).toMatchObject({
      conclusion: 'failure',
      violations: [{ ruleName: 'RPO_UNREACHABLE', severity: 'error', violatingConstructs: [{ constructPath: 'S/Backup/database' }] }],
    });
    expect(existsSync(join(outdir, 'S.template.json'))).toBe(true);
    expect(stack.node.findChild('Backup').node.findChild('database').node.metadata.map(({ type, data }) => `${type} ${data}`)).toContainEqual(expect.stringMatching(/error \[RPO_UNREACHABLE\]/));
  });

  test('that is a warning or a note is an annotation at its construct, and ends nothing', () => {
    const declared = declare();
    protect(declared, {});
    const annotations = Annotations.fromStack(declared.stack);
    annotations.hasWarning('/S/Backup/database', Match.stringLikeRegexp('\\[SECOND_REGION_MISSING\\] every copy lies in 1 region'));
    annotations.hasInfo('/S/Backup/database', Match.stringLikeRegexp('\\[LOAD_UNKNOWN\\] how long a restore takes is not known'));
    expect(codes(metadata(declared).findings)).toEqual(['LOCK_SHORTER_THAN_RETENTION', 'SECOND_REGION_MISSING', 'LOAD_UNKNOWN']);
  });

  test('knows the prices of the store\'s region, where the stack has one', () => {
    const reasonIn = (region?: string): string | undefined => {
      const stack = new Stack(new App(), 'S', { env: { account: '111111111111', region } });
      const store = new BackupStore(stack, 'Store', { transitions: [StorageTransition.standardInfrequentAccess(Duration.days(30))] });
      const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store, recipients: [Recipient.email('a@b.org')] });
      policy.protect('database', protection(stack, { retention: Retention.days(33) }));
      return metadata({ stack } as Declared).findings.find(({ code }) => code === 'CLASS_LEFT_EARLY')?.reason;
    };
    expect(reasonIn('eu-west-3')).toContain('for each GB of a copy, at the prices of eu-west-3; how large');
    expect(reasonIn()).toContain('at the prices of us-east-1');
  });

  test('in a stage ends the synthesis of the whole app', () => {
    const app = new App();
    const stack = new Stack(new Stage(app, 'Production'), 'S');
    const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store: new BackupStore(stack, 'Store'), recipients: [Recipient.email('a@b.org')] });
    policy.protect('database', protection(stack, UNREACHABLE));
    expect(() => app.synth()).toThrow(/\[Production\/S\/Backup\/database\] \[RPO_UNREACHABLE\]/);
  });
});

describe('acknowledge()', () => {
  test('keeps an error from ending the synthesis, and its reason is in metadata, annotation and report', () => {
    const outdir = join(folder, 'acknowledged');
    const app = new App({ outdir });
    const stack = new Stack(app, 'S');
    const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store: new BackupStore(stack, 'Store'), recipients: [Recipient.email('a@b.org')] });
    policy.protect('database', protection(stack, UNREACHABLE)).acknowledge('RPO_UNREACHABLE', 'the hoster archives WAL');
    app.synth();
    const [declared] = PolicyMetadata.parse(JSON.parse(readFileSync(join(outdir, 'S.template.json'), 'utf8')).Metadata[METADATA_KEY]).policies[0].protections;
    expect(declared.findings.find(({ code }) => code === 'RPO_UNREACHABLE')).toMatchObject({ severity: 'error', acknowledged: 'the hoster archives WAL', path: 'S/Backup/database' });
    const { pluginReports } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    expect(pluginReports.find(({ pluginName }: { pluginName: string }) => pluginName === 'BackupPolicy')).toMatchObject({
      conclusion: 'success', violations: [], suppressedViolations: [{ ruleName: 'RPO_UNREACHABLE', reason: 'the hoster archives WAL' }],
    });
  });

  test('an acknowledgement of what is not found is a finding', () => {
    const declared = declare();
    protect(declared, {}).acknowledge('LOCK_MISSING', 'a demo');
    Annotations.fromStack(declared.stack).hasWarning('/S/Backup/database', Match.stringLikeRegexp('\\[ACKNOWLEDGED_IN_VAIN\\] LOCK_MISSING is acknowledged \\("a demo"\\)'));
    expect(codes(metadata(declared).findings)).toContain('ACKNOWLEDGED_IN_VAIN');
  });

  test('an acknowledged warning is no warning any more', () => {
    const declared = declare();
    protect(declared, {}).acknowledge('SECOND_REGION_MISSING', 'the second region is the hoster\'s');
    expect(Annotations.fromStack(declared.stack).findWarning('*', Match.stringLikeRegexp('SECOND_REGION_MISSING'))).toEqual([]);
    expect(codes(metadata(declared).findings)).toContain('(SECOND_REGION_MISSING)');
  });

  test('of the policy\'s own', () => {
    const declared = declare();
    declared.policy.acknowledge('EMPTY_POLICY', 'the first protection comes next week');
    expect(Annotations.fromStack(declared.stack).findWarning('*', Match.stringLikeRegexp('EMPTY_POLICY'))).toEqual([]);
    expect(codes(PolicyMetadata.parse(Template.fromStack(declared.stack).toJSON().Metadata[METADATA_KEY]).policies[0].findings)).toEqual(['(EMPTY_POLICY)']);
  });

  test.each([
    ['NO_SUCH_CODE', 'a reason', 'acknowledge is "NO_SUCH_CODE"; allowed: the code of a finding: RPO_UNREACHABLE'],
    ['ACKNOWLEDGED_IN_VAIN', 'a reason', 'acknowledge is "ACKNOWLEDGED_IN_VAIN"'],
    ['LOCK_MISSING', ' ', 'acknowledge LOCK_MISSING is without a reason'],
  ])('%s with %j is refused', (code, reason, message) => {
    expect(() => protect(declare(), {}).acknowledge(code, reason)).toThrow(`S/Backup/database: ${message}`);
  });

  test('twice is refused', () => {
    const made = protect(declare(), {});
    made.acknowledge('LOCK_MISSING', 'once');
    expect(() => made.acknowledge('LOCK_MISSING', 'twice')).toThrow('acknowledge is LOCK_MISSING twice');
  });
});

describe('Criticality', () => {
  test.each([
    ['critical', Criticality.CRITICAL, { rpoSeconds: 300, rtoSeconds: 3600 }],
    ['important', Criticality.IMPORTANT, { rpoSeconds: 3600, rtoSeconds: 4 * 3600 }],
    ['standard', Criticality.STANDARD, { rpoSeconds: 86_400, rtoSeconds: 86_400 }],
    ['archive', Criticality.ARCHIVE, { rpoSeconds: 32 * 86_400, rtoSeconds: 48 * 3600 }],
  ])('%s has schedule, retention and objectives', (name, criticality, objectives) => {
    const declared = declare();
    const made = protect(declared, { criticality, schedule: undefined, retention: undefined, objectives: undefined });
    for (const code of ['RPO_NEEDS_CONTINUOUS_COPY', 'SECOND_REGION_MISSING']) if (name === 'critical' || (name === 'important' && code === 'SECOND_REGION_MISSING')) made.acknowledge(code, 'as the tier is');
    const protectionMade = metadata(declared);
    expect(protectionMade).toMatchObject({ criticality: name, run: { objectives } });
    const open = protectionMade.findings.filter(({ acknowledged }) => acknowledged === undefined);
    expect(open.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(codes(protectionMade.findings).filter((code) => code.startsWith('('))).toEqual({ critical: ['(RPO_NEEDS_CONTINUOUS_COPY)', '(SECOND_REGION_MISSING)'], important: ['(SECOND_REGION_MISSING)'] }[name] ?? []);
  });

  test('any prop overrides it', () => {
    const declared = declare();
    const schedule = BackupSchedule.every(Duration.hours(6));
    protect(declared, { criticality: Criticality.STANDARD, schedule, retention: undefined, objectives: { rto: Duration.hours(2) } });
    expect(metadata(declared)).toMatchObject({
      schedule: { expression: 'cron(0 0/6 * * ? *)' }, retention: { rules: { daily: 30 } }, run: { objectives: { rpoSeconds: 86_400, rtoSeconds: 7200 } },
    });
  });

  test('an objective weaker than its own is said', () => {
    expect(found({ criticality: Criticality.STANDARD, objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) } }))
      .toContainEqual(expect.objectContaining({ code: 'WEAKER_THAN_TIER', reason: 'the RPO is 26 h, the tier "standard" has 24 h' }));
  });

  test.each([
    [{ schedule: undefined }, 'schedule is not given'], [{ retention: undefined }, 'retention is not given'], [{ objectives: undefined }, 'objectives.rpo is not given'],
    [{ objectives: { rpo: Duration.hours(26) } }, 'objectives.rto is not given; allowed: a value of its own, or a `criticality`, which has one'],
    [{ retentionCeiling: Duration.hours(36) }, 'retentionCeiling is 1 day 12 hours; allowed: whole days from 1 to 36500'],
  ])('without one, %j is refused', (given, message) => {
    expect(() => protect(declare(), given)).toThrow(`S/Backup/database: ${message}`);
  });
});

describe('ExpectedLoad', () => {
  test('declared times and rates are judged', () => {
    const declared = declare();
    const expected = ExpectedLoad.of({ size: Size.gibibytes(12), dumpPerSecond: Size.mebibytes(20), restorePerSecond: Size.mebibytes(2) });
    const made = protect(declared, { expected, objectives: { rpo: Duration.hours(30), rto: Duration.hours(1) } });
    for (const code of ['RTO_UNREACHABLE', 'RUN_EXCEEDS_LIMIT', 'SCRATCH_TOO_SMALL']) made.acknowledge(code, 'to be seen in the metadata');
    const { findings, expected: load } = metadata(declared);
    expect(load).toEqual({ source: 'declared', sizeBytes: 12 * 2 ** 30, dumpSeconds: 614.4, restoreSeconds: 6144 });
    expect(codes(findings)).toEqual(expect.arrayContaining(['(RTO_UNREACHABLE)', '(RUN_EXCEEDS_LIMIT)', '(SCRATCH_TOO_SMALL)']));
    expect(findings.find(({ code }) => code === 'RTO_UNREACHABLE')?.reason).toBe('a restore takes 1 h 42 min 24 s (declared); the RTO is 1 h');
  });

  test('what a rehearsal measured is taken with its source, and scaled by the size where one is given', () => {
    const file = join(folder, 'report.json');
    writeFileSync(file, JSON.stringify(sampleReport('proven')));
    const of = (expected: ExpectedLoad) => {
      const declared = declare({ application: 'montoit' });
      protect(declared, { expected });
      return metadata(declared);
    };
    const measured = of(ExpectedLoad.fromReport(file, 'database'));
    expect(measured.expected).toMatchObject({ source: 'measured by the rehearsal of 2026-11-20', sizeBytes: 38_218_004, copyBytes: 9_812_440, dumpSeconds: 4.82, verifySeconds: 7.31 });
    expect(measured.expected?.restoreSeconds).toBeCloseTo(3.44);
    expect(codes(measured.findings)).not.toContain('LOAD_UNKNOWN');
    const scaled = of(ExpectedLoad.fromReport(file, 'database', { size: Size.gibibytes(1) })).expected;
    expect(scaled?.source).toBe('measured by the rehearsal of 2026-11-20 with 0.0356 GiB, scaled to 1.00 GiB');
    expect(scaled?.dumpSeconds).toBeCloseTo(4.82 * 2 ** 30 / 38_218_004);
  });

  const report = (kind: 'proven' | 'mixed' | 'newer'): string => {
    const file = join(folder, `${kind}.json`);
    writeFileSync(file, JSON.stringify(kind === 'newer' ? { version: 2 } : sampleReport(kind)));
    return file;
  };
  const [notProven] = sampleReport('mixed').policies[0].protections.filter(({ outcome }) => outcome === 'not-proven');
  test.each<[string, () => ExpectedLoad, string]>([
    ['nothing at all', () => ExpectedLoad.of({}), 'expected is empty'],
    ['a rate without a size', () => ExpectedLoad.of({ dumpPerSecond: Size.mebibytes(1) }), 'expected.dumpPerSecond is given without expected.size'],
    ['a rate and a time', () => ExpectedLoad.of({ size: Size.gibibytes(1), dump: Duration.minutes(1), dumpPerSecond: Size.mebibytes(1) }), 'expected.dumpPerSecond is given with expected.dump'],
    ['no time', () => ExpectedLoad.of({ restore: Duration.seconds(0) }), 'expected.restore is 0; allowed: more than 0'],
    ['no report', () => ExpectedLoad.fromReport('/nowhere/report.json', 'database'), 'expected is /nowhere/report.json; allowed: the report.json of a rehearsal'],
    ['another\'s report', () => ExpectedLoad.fromReport(report('proven'), 'ledger'), 'proven.json; allowed: a protection of that report, which has montoit/database'],
    ['a report that proves nothing', () => ExpectedLoad.fromReport(report('mixed'), notProven.id), 'which ended as not-proven; allowed: a rehearsal that was proven'],
    ['a newer report', () => ExpectedLoad.fromReport(report('newer'), 'database'), 'the rehearsal report has version 2; this release reads up to version 1'],
  ])('%s is refused', (_, expected, message) => {
    const declared = declare({ application: 'montoit' });
    expect(() => protect(declared, { expected: expected() })).toThrow(message);
  });
});

test('the limits and disks of both platforms are known to the proof', () => {
  const of = (expected: ExpectedLoad, compute?: Compute) => {
    const declared = declare();
    const made = protect(declared, { expected, compute, schedule: BackupSchedule.every(Duration.hours(12)) });
    made.acknowledge('SCRATCH_TOO_SMALL', 'to be seen in the metadata');
    return codes(metadata(declared).findings);
  };
  const load = ExpectedLoad.of({ size: Size.gibibytes(6), dump: Duration.minutes(1), restore: Duration.minutes(1) });
  expect(of(load)).toContain('ACKNOWLEDGED_IN_VAIN');
  expect(of(load, Compute.lambda({ ephemeralStorage: Size.gibibytes(5) }))).toContain('(SCRATCH_TOO_SMALL)');
});

describe('backup-policy check', () => {
  function terminal(): Terminal & { said: { out: string; err: string } } {
    const said = { out: '', err: '' };
    return {
      said, env: {}, signal: new AbortController().signal,
      stdout: { write: (text) => { said.out += text; } },
      stderr: { write: (text) => { said.err += text; } },
    };
  }

  function synthesized(name: string, acknowledge: boolean): string {
    const outdir = join(folder, name);
    const app = new App({ outdir });
    const stack = new Stack(app, 'S');
    const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store: new BackupStore(stack, 'Store'), recipients: [Recipient.email('a@b.org')] });
    const made = policy.protect('database', protection(stack, { ...UNREACHABLE, retention: Retention.days(7) }));
    if (acknowledge) made.acknowledge('RPO_UNREACHABLE', 'the hoster archives WAL');
    try {
      app.synth();
    } catch (error) {
      if (acknowledge) throw error;
    }
    return outdir;
  }

  test('prints each finding with reason and mend, the gravest first, and exits 1 for an error', async () => {
    const to = terminal();
    expect(await checkCommand(['--app', synthesized('check-error', false)], to)).toBe(1);
    expect(to.said.out).toMatch(/^error RPO_UNREACHABLE at S\/Backup\/database\n {2}runs are 24 h apart.*\n {2}mend: run more often than every 24 h/);
    expect(to.said.out).toMatch(/\n1 error, 1 warning, 1 note, 0 acknowledged\n$/);
  });

  test('exits 0 when it is acknowledged, and says the reason', async () => {
    const to = terminal();
    expect(await checkCommand(['--app', synthesized('check-known', true)], to)).toBe(0);
    expect(to.said.out).toMatch(/acknowledged RPO_UNREACHABLE at S\/Backup\/database\n {2}.*\n {2}acknowledged: the hoster archives WAL/);
    const json = terminal();
    expect(await checkCommand(['--app', synthesized('check-json', true), '--json'], json)).toBe(0);
    expect(JSON.parse(json.said.out)).toMatchObject({ version: 1, errors: 0, findings: expect.arrayContaining([expect.objectContaining({ code: 'RPO_UNREACHABLE', acknowledged: 'the hoster archives WAL' })]) });
  });

  test('what cannot be checked is exit 2', async () => {
    const to = terminal();
    expect(await checkCommand(['--app', join(folder, 'nowhere')], to)).toBe(2);
    expect(to.said.err).toMatch(/^backup-policy: .*manifest\.json cannot be read/);
    const empty = join(folder, 'empty');
    const app = new App({ outdir: empty });
    new CfnWaitConditionHandle(new Stack(app, 'S'), 'Other');
    app.synth();
    expect(await checkCommand(['--app', empty], to)).toBe(2);
    await expect(checkCommand(['--jsn'], to)).rejects.toThrow(UsageError);
    await expect(checkCommand(['--jsn'], to)).rejects.toThrow(/Unknown option '--jsn'; did you mean --json\?/);
    expect(await checkCommand(['--help'], to)).toBe(0);
    expect(to.said.out).toMatch(/usage: backup-policy check/);
  });
});

test('every code can be acknowledged but the one for acknowledgements', () => {
  const made = protect(declare(), {});
  for (const code of FINDING_CODES) if (code !== 'ACKNOWLEDGED_IN_VAIN') made.acknowledge(code, 'known');
});
