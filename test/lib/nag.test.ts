import { App, CfnResource, Duration, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks } from 'cdk-nag';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BackupPolicy, BackupReplica, BackupSchedule, BackupStore, Compute,
  PostgresFlavor, PostgresSource, QuietHours, Recipient, Retention, Source, type ProtectionProps,
  type SourceConfig,
} from '../../lib';

// Beside the packs, AWS's own rules for templates look at the same applications.
delete process.env.CDK_VALIDATION;

interface Finding {
  readonly ruleName: string;
  readonly violatingConstructs: { readonly constructPath?: string }[];
}

/** What the packs find in a store's stack, its replica's and an application's: a pack ends a synthesis with findings. */
function findings(build: (stack: Stack) => Partial<ProtectionProps>, context: Record<string, unknown> = {}): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
  try {
    const app = new App({ outdir, context });
    const packs = [new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new HIPAASecurityChecks(app), new PCIDSS321Checks(app)];
    Validations.of(app).addPlugins(...packs);
    const env = { region: 'eu-west-3' };
    const store = new BackupStore(new Stack(app, 'Platform', { env }), 'Store', { replicas: [BackupReplica.inRegion('eu-west-1', { workers: Compute.lambda() })] });
    const stack = new Stack(app, 'S', { env });
    const recipients = [
      Recipient.email('ops@example.org', { successes: true }), Recipient.pagerDuty(Secret.fromSecretNameV2(stack, 'Pager', 'shop/pager')),
      Recipient.slackChannel('T0123ABCD', 'C0123ABCD'), Recipient.eventBridge(),
    ];
    const notifications = { quietHours: QuietHours.weekend(), test: BackupSchedule.daily({ at: '09:00' }) };
    const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store, recipients, notifications, lockExtension: {} });
    policy.protect('database', {
      source: new PostgresSource({ connection: Secret.fromSecretNameV2(stack, 'Secret', 'shop/db'), flavor: PostgresFlavor.SELF_HOSTED }),
      schedule: BackupSchedule.every(Duration.hours(6)),
      retention: Retention.count(30),
      objectives: { rpo: Duration.hours(8), rto: Duration.hours(1) },
      ...build(stack),
    });
    try {
      app.synth();
    } catch (error) {
      if ((error as Error).name !== 'ValidationFailed') throw error;
    }
    const { pluginReports } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as { pluginReports: { violations: Finding[]; pluginName?: string }[] };
    return pluginReports.flatMap(({ violations }) => violations.flatMap(({ ruleName, violatingConstructs }) => violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`)));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The network is the team's: what the packs find in it is not ours. */
const inVpc = (stack: Stack) => {
  const vpc = new ec2.Vpc(stack, 'Vpc', { flowLogs: { all: {} } });
  return new PostgresSource({ connection: Secret.fromSecretNameV2(stack, 'Other', 'shop/db2'), flavor: PostgresFlavor.RDS, vpc, createEndpoints: true });
};

const hook = (stack: Stack) => new lambda.Function(stack, 'Hook', {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'), logGroup: new LogGroup(stack, 'HookLogs'),
});

/** What `cdk init` switches on in a new application. */
const FLAGS = JSON.parse(readFileSync(require.resolve('aws-cdk-lib/recommended-feature-flags.json'), 'utf8')) as Record<string, unknown>;

/** Without the VPC that the fixture makes, and without our own proof's findings: they concern what is declared. */
const ours = (found: string[]) => found.filter((one) => !/ S\/Vpc\//.test(one) && !one.startsWith('Annotation::cdk-backup-policy:'));

describe('the packs AwsSolutions, NIST 800-53 R5, HIPAA and PCI DSS find nothing', () => {
  beforeEach(() => {
    jest.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test.each<[string, (stack: Stack) => Partial<ProtectionProps>]>([
    ['on Lambda', () => ({})],
    ['in a VPC with endpoints', (stack) => ({ source: inVpc(stack) })],
    ['on Fargate', (stack) => ({ source: inVpc(stack), compute: Compute.fargate() })],
  ])('%s', (_, build) => {
    expect(ours(findings(build))).toEqual([]);
    expect(ours(findings(build, FLAGS))).toEqual([]);
  });

  test('and finds a wildcard that a source brings along: only our own are acknowledged', () => {
    class Greedy extends Source {
      public bind(): SourceConfig {
        return { engine: 'postgres', config: {}, statements: [new PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::other/*'] })] };
      }
    }
    expect(findings(() => ({ source: new Greedy() }))).toEqual(['AwsSolutions-IAM5[Resource::arn:aws:s3:::other/*] S/Backup/database/Dump/Policy/Resource']);
  });

  test('and finds a hook that has more than it needs: it looks at what we made', () => {
    const found = findings((stack) => {
      const before = hook(stack);
      before.addToRolePolicy(new PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
      return { hooks: { before } };
    });
    expect(found.join()).toContain('IAM5');
  });

  test('and AWS\'s own rules, which find a property that there is not, find nothing of ours', () => {
    const found = findings((stack) => {
      new CfnResource(stack, 'Odd', { type: 'AWS::SNS::Topic', properties: { Nonsense: 'x' } });
      return {};
    });
    expect(found.filter((one) => /^[A-Z]\d{4} /.test(one))).toEqual(['F3002 S/Odd']);
  });
});
