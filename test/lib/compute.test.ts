import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupPolicy, BackupStore, Compute, Recipient } from '../../lib';
import { protection, resource, template } from './fixture';

/** The platforms of the images that the deployment would build, one an image. */
function platforms(compute: (stack: Stack) => Compute): (string | undefined)[] {
  const outdir = mkdtempSync(join(tmpdir(), 'compute-'));
  try {
    const stack = new Stack(new App({ outdir }), 'S');
    const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store: new BackupStore(stack, 'Store'), recipients: [Recipient.email('a@b.org')] });
    policy.protect('database', protection(stack, { compute: compute(stack) }));
    (stack.node.root as App).synth();
    const { dockerImages } = JSON.parse(readFileSync(join(outdir, 'S.assets.json'), 'utf8')) as { dockerImages: Record<string, { source: { platform?: string } }> };
    return Object.values(dockerImages).map(({ source }) => source.platform);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

describe('on Lambda', () => {
  const made = template();

  test('dump and verify are handlers of one image; only verify has a disk', () => {
    const dump = resource(made, 'AWS::Lambda::Function', 'Dump');
    const verify = resource(made, 'AWS::Lambda::Function', 'Verify');
    expect(dump).toMatchObject({ PackageType: 'Image', ImageConfig: { Command: ['index.dump'] }, MemorySize: 3008, Timeout: 900, Architectures: ['x86_64'] });
    expect(verify).toMatchObject({ ImageConfig: { Command: ['index.verify'] }, EphemeralStorage: { Size: 10_240 } });
    expect(dump.EphemeralStorage).toBeUndefined();
    expect(verify.Code).toEqual(dump.Code);
  });

  test('nothing travels in the environment, and logs are JSON in the policy\'s own group', () => {
    for (const worker of ['Dump', 'Verify']) {
      const { Environment, LoggingConfig } = resource(made, 'AWS::Lambda::Function', worker);
      expect(Environment).toBeUndefined();
      expect(LoggingConfig).toEqual({ LogFormat: 'JSON', LogGroup: { Ref: expect.stringContaining('WorkerLogs') } });
    }
  });

  test('takes other sizes', () => {
    const compute = Compute.lambda({ memory: Size.gibibytes(8), timeout: Duration.minutes(5), ephemeralStorage: Size.gibibytes(2) });
    template(() => ({ compute })).hasResourceProperties('AWS::Lambda::Function', { MemorySize: 8192, Timeout: 300, EphemeralStorage: { Size: 2048 } });
  });
});

test('the image is of the processor that runs it', () => {
  const architecture = Architecture.ARM_64;
  expect(platforms(() => Compute.lambda())).toEqual(['linux/amd64']);
  expect(platforms(() => Compute.lambda({ architecture }))).toEqual(['linux/arm64']);
  expect(platforms((stack) => Compute.fargate({ vpc: new Vpc(stack, 'Vpc') }))).toEqual(['linux/amd64']);
  expect(platforms((stack) => Compute.fargate({ vpc: new Vpc(stack, 'Vpc'), architecture }))).toEqual(['linux/arm64']);
  template((stack) => ({ compute: Compute.fargate({ vpc: new Vpc(stack, 'Vpc'), architecture }) })).hasResourceProperties('AWS::ECS::TaskDefinition', {
    RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    ContainerDefinitions: [Match.objectLike({ EntryPoint: ['/var/lang/bin/node'], WorkingDirectory: '/var/task' })],
  });
});
