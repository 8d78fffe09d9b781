import { App, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CodePipeline, CodePipelineSource, ShellStep } from 'aws-cdk-lib/pipelines';
import { resourcesOf, team } from './platform';

describe('cdk deploy --all', () => {
  const app = new App();
  team(app, undefined, { replicaRegions: ['eu-west-1', 'eu-central-1'] });
  const assembly = app.synth();

  test('finds each replica before the store', () => {
    const order = assembly.stacks.map(({ stackName }) => stackName);
    expect(order).toHaveLength(3);
    expect(order[2]).toBe('Team');
    const store = assembly.getStackByName('Team');
    expect(store.dependencies.filter(({ id }) => assembly.stacks.some((stack) => stack.id === id))).toHaveLength(2);
  });

  test('needs no custom resource and no export between regions', () => {
    const types = resourcesOf(assembly).map(([,, { Type }]) => Type);
    expect(types.filter((type) => type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource')).toEqual([]);
    for (const { template } of assembly.stacks) expect(JSON.stringify(template)).not.toMatch(/Fn::ImportValue|"Export":/);
  });
});

test('CDK Pipelines deploys the replica\'s stack in an earlier step than the store\'s', () => {
  const app = new App();
  const tools = new Stack(app, 'Tools', { env: { account: '333333333333', region: 'eu-west-3' } });
  const pipeline = new CodePipeline(tools, 'Pipeline', {
    crossAccountKeys: true,
    synth: new ShellStep('Synth', { input: CodePipelineSource.s3(Bucket.fromBucketName(tools, 'Source', 'source'), 'app.zip'), commands: ['npx cdk synth'] }),
  });
  const stage = new Stage(app, 'Production', { env: { account: '111111111111', region: 'eu-west-3' } });
  team(stage, {});
  pipeline.addStage(stage);
  pipeline.buildPipeline();
  app.synth();
  const { Stages } = Object.values(Template.fromStack(tools).findResources('AWS::CodePipeline::Pipeline'))[0].Properties as { Stages: { Name: string; Actions: { Name: string; RunOrder: number }[] }[] };
  const deployments = Stages.find(({ Name }) => Name === 'Production')!.Actions;
  const inOrder = [...deployments].sort((one, other) => one.RunOrder - other.RunOrder).map(({ Name, RunOrder }) => `${RunOrder} ${Name}`);
  expect(inOrder).toEqual(['1 Team-Store-eu-west-1.Prepare', '2 Team-Store-eu-west-1.Deploy', '3 Team.Prepare', '4 Team.Deploy']);
});
