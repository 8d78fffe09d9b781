import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { BackupPolicy, BackupReplica, BackupSchedule, BackupStore, Compute, PostgresFlavor, PostgresSource, Recipient, Retention, StorageTransition } from '../../lib';
import { ALARM_KINDS } from '../../lib/contract/alarm-kinds';
import { METRICS } from '../../lib/contract/metrics';
import { ExpectedLoad } from '../../lib/expected-load';
import { findPolicies, readAssembly, Resolver } from '../../rehearsal/assembly';
import { costCommand, COST_USAGE } from '../../rehearsal/commands/cost';
import type { Terminal } from '../../rehearsal/command-line';
import { withCosts } from '../../rehearsal/cost/estimate';
import { ReportCost } from '../../rehearsal/report/cost-model';
import type { RehearsalReport } from '../../rehearsal/report/model';
import { UsageError } from '../../rehearsal/usage';
import { sampleReport } from './report/sample';
import { synthesize, type Synthesized } from './synthesize';

const folder = mkdtempSync(join(tmpdir(), 'cost-'));
let app: Synthesized;

beforeAll(() => {
  app = synthesize((scope) => {
    const stack = new Stack(scope, 'Shop', { env: { account: '123456789012', region: 'eu-west-3' } });
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0 });
    const store = new BackupStore(stack, 'Store', {
      replicas: [BackupReplica.inRegion('eu-west-1', { workers: Compute.lambda() })], gracePeriod: Duration.days(14), transitions: [StorageTransition.glacierInstantRetrieval(Duration.days(60))],
    });
    const policy = new BackupPolicy(stack, 'Backup', { application: 'montoit', environment: 'production', store, recipients: [Recipient.email('team@example.org')] });
    const source = { connection: new Secret(stack, 'Connection'), flavor: PostgresFlavor.SELF_HOSTED };
    const common = { schedule: BackupSchedule.daily({ at: '02:00' }), objectives: { rpo: Duration.hours(26), rto: Duration.hours(4) } };
    policy.protect('declared', {
      ...common, source: new PostgresSource(source), retention: Retention.count(5),
      expected: ExpectedLoad.of({ copySize: Size.gibibytes(3), dump: Duration.minutes(2), verification: Duration.minutes(4) }),
    });
    policy.protect('database', { ...common, source: new PostgresSource(source), retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }) });
    policy.protect('large', {
      ...common, retention: Retention.days(100),
      source: new PostgresSource({ ...source, vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, createEndpoints: true }),
      compute: Compute.fargate({ architecture: Architecture.ARM_64, cpu: 4096, memory: Size.gibibytes(16) }),
    });
  });
});

afterAll(() => {
  app?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function terminal(): Terminal & { said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  return {
    said, env: {}, signal: new AbortController().signal,
    stdout: { write: (text) => { said.out += text; } },
    stderr: { write: (text) => { said.err += text; } },
  };
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const to = terminal();
  const code = await costCommand(['--app', app.directory, ...args], to);
  return { code, ...to.said };
}

async function estimate(...args: string[]): Promise<ReportCost> {
  const { code, out } = await run('--json', ...args);
  expect(code).toBe(0);
  const { version, policies }: { version: number; policies: { cost: unknown }[] } = JSON.parse(out);
  expect(version).toBe(1);
  expect(policies).toHaveLength(1);
  return ReportCost.parse(policies[0].cost);
}

function policies() {
  return findPolicies(new Resolver(readAssembly(app.directory), { parameters: {} })).map(({ declared }) => declared.watching!);
}

function reportFile(change: (report: RehearsalReport) => RehearsalReport = (report) => report): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify(change(sampleReport())));
  return file;
}

function line(cost: ReportCost, what: string, protection?: string): ReportCost['lines'][number] | undefined {
  return cost.lines.find((one) => one.what === what && one.protection === protection);
}

test('what the template shows is counted: keys, endpoints, replicas, classes, workers', async () => {
  const cost = await estimate('--size', 'database=10GiB', '--size', 'large=100GiB');
  // The policy's topic, the store and its topic; the replica has its own.
  expect(line(cost, 'keys')?.quantity).toBe(9);
  expect(line(cost, 'keys, eu-west-1')?.quantity).toBe(3 * (policies()[0].replicaSentinels.length === 0 ? 1 : 2));
  // Seven interfaces in two zones.
  expect(line(cost, 'interface endpoints')?.quantity).toBe(14 * 730);
  expect(line(cost, 'transfer, eu-west-1', 'large')?.quantity).toBeCloseTo(100 * 30.4375, 3);
  // Of 100 days, 14 of grace and 2 of lifecycle, 60 in Standard; a Glacier Instant object is paid for 90 days.
  expect(line(cost, 'storage, STANDARD', 'large')?.quantity).toBeCloseTo(6000, 0);
  const [cold, gone] = ['storage, GLACIER_IR', 'gone before the minimum days, GLACIER_IR'].map((what) => line(cost, what, 'large')?.quantity ?? 0);
  expect(cold + gone).toBeCloseTo(9000, 0);
  expect(line(cost, 'storage, GLACIER_IR', 'large')).toMatchObject({ region: 'eu-west-3', unitPrice: 0.005 });
  expect(line(cost, 'storage, GLACIER_IR, eu-west-1', 'large')).toMatchObject({ region: 'eu-west-1', unitPrice: 0.004 });
  expect(cost.copies.find(({ protection }) => protection === 'large')?.released).toBeCloseTo(16, 1);
  const [lambda, fargate] = ['database', 'large'].map((id) => cost.rates.filter(({ protection }) => protection === id));
  expect(lambda.map(({ each }) => each)).toEqual(['minute of a dump', 'minute of a verification']);
  expect(lambda[1].lines.map(({ what }) => what)).toEqual(['Lambda, verify', 'Lambda /tmp, verify']);
  expect(fargate[1].lines.map(({ what, unit }) => `${what}: ${unit}`)).toEqual(
    ['Fargate CPU, verify: vCPU-hour', 'Fargate memory, verify: GB-hour', 'Fargate disk, verify: GB-hour'],
  );
  expect(fargate[0].lines[0]).toMatchObject({ unitPrice: 0.03238, quantity: 30.4375 * 4 / 60 });
  // 1 GiB on ARM for an assumed minute, each day; four metrics for each of three protections in one hour a day.
  expect(line(cost, 'Lambda, retirement')?.quantity).toBeCloseTo(365 / 12 * 60, 6);
  expect(line(cost, 'metrics, retirement')?.quantity).toBeCloseTo(12 / 24, 6);
  const runMetrics = (line(cost, 'metrics of runs', 'database')?.quantity ?? 0) / 30.4375 * 730;
  expect(Math.round(runMetrics)).toBe(Object.values(METRICS).filter(({ by }) => by === 'run').length);
  // The alarms of the policy, and of each protection; those that a pause silences read two metrics.
  const [watched] = policies();
  const paused = watched.alarms.filter(({ kind }) => ALARM_KINDS[kind].paused).length;
  const sentinels = [watched.sentinel, ...watched.replicaSentinels].map(({ request }) => request);
  const gauges = sentinels.flatMap(({ protections, gauges: own = [] }) => [...own, ...protections.flatMap((one) => one.gauges)]).length;
  expect(paused).toBe(9 + 3);
  expect(line(cost, 'alarms')?.quantity).toBe(watched.alarms.length + paused);
  expect(line(cost, 'composite alarms')?.quantity).toBe(3);
  expect(line(cost, 'dashboards')?.quantity).toBe(1);
  expect(line(cost, 'gauges')?.quantity).toBe(gauges);
  expect(line(cost, 'Lambda, sentinel')?.quantity).toBeCloseTo(sentinels.length * 96 * 365 / 12 * 3 / 2, 3);
  expect(cost.notCounted.join()).not.toContain('template');
  // The machines and workers in the replica's stack cost nothing until somebody starts them.
  expect(cost.notCounted.join()).toContain('drills from a replica');
});

test('without a size nothing is guessed', async () => {
  const cost = await estimate();
  expect(cost.rates.filter(({ each }) => each === 'GB of a copy').map(({ protection }) => protection)).toEqual(['database', 'large']);
  expect(new Set(cost.lines.filter(({ what }) => what.startsWith('storage')).map(({ protection }) => protection))).toEqual(new Set(['declared']));
});

test('what is declared goes before a rehearsal, and what is given before both', async () => {
  const report = reportFile((sample) => ({
    ...sample, policies: sample.policies.map((policy) => ({ ...policy, protections: policy.protections.map((one) => ({ ...one, id: 'declared' })) })),
  }));
  const cost = await estimate('--report', report);
  // Five copies are kept 5 days and a day until the round, 14 more by the grace, 2 by the lifecycle.
  const stored = cost.copies.find(({ protection }) => protection === 'declared');
  expect(line(cost, 'storage, STANDARD', 'declared')?.quantity).toBeCloseTo(3 * ((stored?.kept ?? 0) + 16), 1);
  expect(line(cost, 'Lambda, dump', 'declared')?.quantity).toBeCloseTo(30.4375 * 120 * 3008 / 1024, 3);
  expect(line(cost, 'Lambda, verify', 'declared')?.quantity).toBeCloseTo(30.4375 * 240 * 3008 / 1024, 3);
  expect(cost.assumptions).toContain('each copy of declared is as large as the other, by what is declared');
  expect((await estimate('--size', 'declared=1GB')).assumptions).toContain('each copy of declared is as large as the other, by --size');
});

test('sizes and times of a rehearsal; a size that is given goes first, and the times of another size say nothing', async () => {
  const rehearsed = await estimate('--report', reportFile());
  expect(rehearsed.assumptions.join()).toMatch(/copy of database is as large as the other, by the rehearsal of 2026-11-20/);
  expect(line(rehearsed, 'Lambda, dump', 'database')?.quantity).toBeCloseTo(30.4375 * 4.82 * 3008 / 1024, 3);
  expect(rehearsed.rates.every(({ protection }) => protection === 'large')).toBe(true);
  const given = await estimate('--report', reportFile(), '--size', 'database=12GB');
  expect(given.assumptions.join()).toMatch(/by --size/);
  expect(given.rates.filter(({ protection }) => protection === 'database').map(({ each }) => each)).toEqual(['minute of a dump', 'minute of a verification']);
  const near = await estimate('--report', reportFile(), '--size', 'database=12MB');
  expect(line(near, 'Lambda, dump', 'database')).toBeDefined();
  const staging = reportFile((report) => ({ ...report, policies: report.policies.map((policy) => ({ ...policy, environment: 'staging' })) }));
  expect((await estimate('--report', staging)).rates).toHaveLength(6);
});

test('a rehearsal\'s report has the estimate of each policy, by what it showed, and of no other', () => {
  const resolver = new Resolver(readAssembly(app.directory));
  const policies = findPolicies(resolver);
  const sample = sampleReport();
  const same = { ...sample, policies: sample.policies.map((policy) => ({ ...policy, path: policies[0].declared.path })) };
  const [{ cost }] = withCosts(same, policies, resolver, new Date('2026-11-20T12:00:00Z')).policies;
  expect(cost?.assumptions.join()).toContain('by the rehearsal of 2026-11-20');
  expect(cost && line(cost, 'storage, STANDARD', 'database')?.quantity).toBeGreaterThan(0);
  expect(withCosts(sample, policies, resolver, new Date()).policies[0].cost).toBeUndefined();
});

test('the table says the total that its JSON says, and no line without its price', async () => {
  const cost = await estimate('--size', 'database=10GB', '--size', 'large=1TB');
  const { out, err } = await run('--size', 'database=10GB', '--size', 'large=1TB');
  expect(err).toBe('');
  expect(out).toContain('montoit production  Shop/Backup, eu-west-3');
  expect(out).toMatch(new RegExp(`total +\\$${cost.totalUsd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).replace('.', '\\.')}`));
  expect(out).toMatch(/storage, GLACIER_IR +large +[\d,]+ +GB-month +\$0\.005 +\$\d+\.\d\d/);
  expect(out).toMatch(/assumed .*KMS charges no more/);
  expect(out).toMatch(/prices +of 2026-/);
});

test.each<[string[], RegExp]>([
  [['--size', 'database'], /--size database: write it as ID=SIZE/],
  [['--size', 'database=big'], /big is no size; write it as 12GB/],
  [['--size', 'database=-3GB'], /-3GB is no size/],
  [['--size', 'databse=3GB'], /there is no protection "databse"; did you mean database\?/],
  [['--sise', 'x'], /Unknown option '--sise'; did you mean --size\?/],
  [['--parameter', 'x'], /--parameter x: write it as NAME=VALUE/],
])('%j is a wrong usage', async (args, message) => {
  const wrong = run(...args);
  await expect(wrong).rejects.toThrow(UsageError);
  await expect(wrong).rejects.toThrow(message);
});

test('what cannot be read is exit 2 and one sentence', async () => {
  expect(await run('--report', join(folder, 'none.json'))).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^backup-policy: the report .*none\.json cannot be read/) });
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{"version": 99}');
  expect(await run('--report', broken)).toMatchObject({ code: 2, err: expect.stringContaining('version 99') });
  const to = terminal();
  expect(await costCommand(['--app', join(folder, 'nowhere')], to)).toBe(2);
  expect(to.said.err).toMatch(/manifest\.json cannot be read/);
});

test('--help says every option, and the command is in the program\'s own usage', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  expect(out).toBe(COST_USAGE);
  for (const option of ['--app', '--size', '--report', '--parameter', '--json']) expect(out).toContain(option);
  expect(readFileSync(join(__dirname, '..', '..', 'bin', 'backup-policy.ts'), 'utf8')).toMatch(/cost {8}what each policy costs/);
});
