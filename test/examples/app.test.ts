import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MonToitStack } from '../../examples/montoit';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { DeclaredPostgresConfig } from '../../lib/contract/engines/postgres';
import logicalIds from './montoit-logical-ids.json';
import replicaLogicalIds from './montoit-replica-logical-ids.json';

const root = join(__dirname, '..', '..');
const declare = (environment: string) => new MonToitStack(new App(), 'MonToit', { environment, env: { region: 'eu-west-3' } });
const montoit = (environment: string) => Template.fromStack(declare(environment));

/** Id and type of what holds copies, messages or state. */
function statefulOf(template: Template): Record<string, string> {
  const stateful = /^AWS::(S3::Bucket|KMS::Key|SNS::Topic|StepFunctions::StateMachine|Scheduler::Schedule|SQS::Queue)$/;
  const resources = Object.entries(template.toJSON().Resources as Record<string, { Type: string }>);
  return Object.fromEntries(resources.filter(([, { Type }]) => stateful.test(Type)).map(([id, { Type }]) => [id, Type]));
}

describe('MonToit', () => {
  const production = montoit('production');

  test('declares the database half of its guide', () => {
    const { policies } = PolicyMetadata.parse(production.toJSON().Metadata[METADATA_KEY]);
    expect(policies.map(({ application, environment }) => `${application} ${environment}`)).toEqual(['montoit production']);
    const [database] = policies[0].protections;
    expect(database).toMatchObject({
      id: 'database',
      schedule: { expression: 'cron(0 2 * * ? *)', timeZone: 'UTC' },
      retention: { rules: { daily: 7, weekly: 4, monthly: 12 }, minimumVerified: 3, timeZone: 'UTC' },
      run: { engine: 'postgres', objectives: { rpoSeconds: 26 * 3600, rtoSeconds: 3600 }, store: { lock: { mode: 'GOVERNANCE' } } },
    });
    expect(DeclaredPostgresConfig.parse(database.run.config)).toMatchObject({ flavor: 'supabase', tls: { mode: 'verify-full' } });
  });

  test('is told of what its guide says, and from where on', () => {
    const [{ watching }] = PolicyMetadata.parse(production.toJSON().Metadata[METADATA_KEY]).policies;
    const here = watching!.alarms.filter(({ region }) => region === undefined);
    const thresholds = Object.fromEntries(here.map(({ kind, threshold }) => [kind, threshold]));
    expect(thresholds).toMatchObject({
      recoveryPointOld: 26 * 3600, backupOverdue: 4 * 3600, successRateLow: 99, sizeAnomaly: 50, runTooLong: 1800, storeFilling: 80,
    });
    expect(watching!.sentinel.request.protections[0].ceilingBytes).toBe(100 * 2 ** 30);
  });

  test('has no custom resource', () => {
    const types = Object.values(production.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type);
    expect(types.filter((type) => type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource')).toEqual([]);
    // Dump, verify, retire, scrub, sentinel and notify, and nothing that the CDK added beside them.
    expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(6);
  });

  test('keeps its logical ids: a bucket by another name would leave every copy behind', () => {
    expect(statefulOf(production)).toEqual(logicalIds);
  });

  test('has a second region, of the same names for ever: a stack, a bucket or a key by another one would leave every replica behind', () => {
    const stack = declare('production');
    const assembly = (stack.node.root as App).synth();
    expect(assembly.stacks.map(({ stackName, environment }) => `${stackName} ${environment.region}`)).toEqual(['MonToit-Store-eu-west-1 eu-west-1', 'MonToit eu-west-3']);
    const replica = Template.fromJSON(assembly.getStackByName('MonToit-Store-eu-west-1').template as Record<string, unknown>);
    expect(statefulOf(replica)).toEqual(replicaLogicalIds);
    const bucket = (replica.toJSON().Resources as Record<string, { Properties: { BucketName: unknown } }>).StoreBucket4FBDE984.Properties;
    expect(bucket.BucketName).toEqual({ 'Fn::Join': ['', ['montoit-store-732c2244-', { Ref: 'AWS::AccountId' }, '-eu-west-1']] });
  });

  test('in a test environment goes with its stack', () => {
    const staging = montoit('staging');
    staging.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    expect(PolicyMetadata.parse(staging.toJSON().Metadata[METADATA_KEY]).policies[0].environment).toBe('staging');
  });
});

test('npm run synth writes an assembly without an account, a network or Docker, and the AwsSolutions pack finds nothing', () => {
  const out = mkdtempSync(join(tmpdir(), 'synth-'));
  try {
    const nowhere = { PATH: join(root, 'node_modules', '.bin'), HOME: out, AWS_EC2_METADATA_DISABLED: 'true', CDK_DOCKER: '/nonexistent/docker', HTTPS_PROXY: 'http://127.0.0.1:9' };
    execFileSync(process.execPath, ['scripts/synth.mjs', '--out', out], { cwd: root, env: nowhere, stdio: ['ignore', 'ignore', 'pipe'] });
    const template = JSON.parse(readFileSync(join(out, 'MonToit.template.json'), 'utf8'));
    expect(PolicyMetadata.parse(template.Metadata[METADATA_KEY]).policies).toHaveLength(1);
    expect(existsSync(join(out, 'manifest.json'))).toBe(true);
    // The pack's own word for it: the report of a synthesis without findings has none that are not acknowledged.
    const { pluginReports } = JSON.parse(readFileSync(join(out, 'validation-report.json'), 'utf8'));
    expect(pluginReports.map(({ pluginName }: { pluginName: string }) => pluginName)).toContain('AwsSolutions');
    expect(pluginReports.flatMap(({ violations }: { violations: unknown[] }) => violations)).toEqual([]);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
