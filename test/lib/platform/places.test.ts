import { App, Stage, Tags } from 'aws-cdk-lib';
import { resourcesOf, team } from './platform';

describe.each([
  ['GovCloud', 'us-gov-west-1', 'us-gov-east-1'],
  ['China', 'cn-north-1', 'cn-northwest-1'],
])('in %s', (_, region, replica) => {
  test.each<[string, Record<string, unknown>]>([
    ['', {}], [' with partitions as literals', { '@aws-cdk/core:enablePartitionLiterals': true }],
  ])('no ARN and no address is of another partition%s', (__, context) => {
    const app = new App({ context });
    team(app, { region }, { replicaRegions: [replica] });
    const resources = resourcesOf(app.synth());
    expect(new Set(resources.map(([stack]) => stack)).size).toBe(2);
    for (const [stack, id, resource] of resources) {
      const found = /arn:aws:|amazonaws\.com(?!\.cn)/.exec(JSON.stringify(resource).replace(/"[a-z0-9.-]+\.amazonaws\.com"/g, ''));
      expect({ stack, id, found: found?.[0] }).toEqual({ stack, id, found: undefined });
    }
  });
});

describe('tags', () => {
  /** Types that CloudFormation has no tags for, or that are a part of what has. */
  const UNTAGGED = [
    'AWS::IAM::ManagedPolicy', 'AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy', 'AWS::SNS::Subscription', 'AWS::SQS::QueuePolicy',
    'AWS::Scheduler::Schedule', 'AWS::CDK::Metadata', 'AWS::Lambda::Permission', 'AWS::Lambda::EventInvokeConfig',
  ];

  test('are on everything that takes them, in every stack', () => {
    const app = new App();
    team(app);
    Tags.of(app).add('cost-center', '42');
    const resources = resourcesOf(app.synth());
    for (const [stack, id, { Type, Properties }] of resources.filter(([,, { Type: type }]) => !UNTAGGED.includes(type))) {
      expect({ stack, id, Type, tags: JSON.stringify(Properties.Tags) }).toEqual({ stack, id, Type, tags: expect.stringContaining('"cost-center"') });
    }
    expect(new Set(resources.map(([,, { Type }]) => Type).filter((type) => !UNTAGGED.includes(type))).size).toBeGreaterThan(7);
  });
});

describe('a stage for each account', () => {
  const app = new App();
  const stages = ['111111111111', '222222222222'].map((account) => {
    const stage = new Stage(app, `In${account}`, { env: { account, region: 'eu-west-3' } });
    team(stage, {});
    return stage;
  });
  const assemblies = stages.map((stage) => app.synth().getNestedAssembly(stage.artifactId));

  test('has the store and its replica, in its account, in order', () => {
    for (const [index, assembly] of assemblies.entries()) {
      const account = ['111111111111', '222222222222'][index];
      expect(assembly.stacks.map(({ stackName, environment }) => `${stackName} ${environment.account} ${environment.region}`)).toEqual([
        `In${account}-Team-Store-eu-west-1 ${account} eu-west-1`, `In${account}-Team ${account} eu-west-3`,
      ]);
    }
  });

  test('and no two of them name one bucket', () => {
    const names = assemblies.flatMap((assembly) => resourcesOf(assembly)).flatMap(([,, { Properties }]) => Properties.BucketName ?? []);
    expect(names).toHaveLength(2);
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]{20,63}$/);
  });
});

test('a custom bootstrap qualifier reaches every stack, and termination protection too', () => {
  const app = new App({ context: { '@aws-cdk/core:bootstrapQualifier': 'org' } });
  team(app, undefined, {}, { terminationProtection: true });
  const { stacks } = app.synth();
  expect(stacks).toHaveLength(2);
  for (const { assumeRoleArn, terminationProtection, template } of stacks) {
    expect(assumeRoleArn).toContain('cdk-org-deploy-role');
    expect(terminationProtection).toBe(true);
    expect(JSON.stringify(template)).toContain('/cdk-bootstrap/org/version');
    expect(JSON.stringify(template)).not.toContain('hnb659fds');
  }
});
