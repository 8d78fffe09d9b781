import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, Aws, CfnCondition, CfnMapping, CfnOutput, CfnParameter, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import { CfnVPC, CfnSubnet, CfnVPNGateway } from 'aws-cdk-lib/aws-ec2';
import { AssemblyError, readAssembly } from '../../../rehearsal/assembly';
import { synthesize, type Synthesized } from '../synthesize';

/** Synthesizes one stack whose outputs hold the values, and gives them back resolved. */
function resolved(build: (stack: Stack) => Record<string, unknown>, stackProps?: object): Record<string, unknown> {
  const made: Synthesized = synthesize((app) => {
    const stack = new Stack(app, 'One', stackProps);
    stack.templateOptions.metadata = { values: build(stack) };
  });
  try {
    const [stack] = made.resolver.assembly.stacks;
    return made.resolver.resolve(stack, stack.template.Metadata?.values, 'Metadata.values') as Record<string, unknown>;
  } finally {
    made.remove();
  }
}

test('references, attributes and joins yield names and ARNs of the local cloud, the same in each synthesis', () => {
  const build = (stack: Stack) => {
    const topic = new CfnTopic(stack, 'Topic');
    const bucket = new CfnBucket(stack, 'Bucket', { bucketName: `store-${Aws.ACCOUNT_ID}` });
    return { topic: topic.ref, name: topic.attrTopicName, key: Fn.join('/', [bucket.attrArn, '*']), sub: Fn.sub('${AWS::Partition}:${!Kept}:${Bucket.Arn}:${Own}', { Own: 'x' }) };
  };
  const once = resolved(build);
  expect(once).toEqual({
    topic: 'arn:aws:sns:us-east-1:000000000000:One-Topic',
    name: 'One-Topic',
    key: 'arn:aws:s3:::store-000000000000/*',
    sub: 'aws:${Kept}:arn:aws:s3:::store-000000000000:x',
  });
  expect(resolved(build)).toEqual(once);
});

test('account and region are the stack\'s own where it has them', () => {
  const values = resolved((stack) => ({ topic: new CfnTopic(stack, 'Topic').ref, region: Aws.REGION }), { env: { account: '111122223333', region: 'eu-west-3' } });
  expect(values.topic).toBe('arn:aws:sns:eu-west-3:111122223333:One-Topic');
});

test('conditions, mappings, lists and parameters with defaults are evaluated; NoValue goes away', () => {
  const values = resolved((stack) => {
    const size = new CfnParameter(stack, 'Size', { default: 'small' });
    const list = new CfnParameter(stack, 'Many', { type: 'CommaDelimitedList', default: 'a, b' });
    const small = new CfnCondition(stack, 'Small', { expression: Fn.conditionAnd(Fn.conditionEquals(size, 'small'), Fn.conditionNot(Fn.conditionEquals('a', 'b'))) });
    new CfnMapping(stack, 'Sizes', { mapping: { 'us-east-1': { of: 'seven' } } });
    return {
      chosen: Fn.conditionIf('Small', 'yes', 'no'), gone: Fn.conditionIf('Small', Aws.NO_VALUE, 'no'), list: ['a', { 'Fn::If': [small.logicalId, { Ref: 'AWS::NoValue' }, 1] }],
      second: Fn.select(1, list.valueAsList), split: Fn.select(2, Fn.split('-', 'a-b-c')), mapped: { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'of'] },
      zone: Fn.select(0, Fn.getAzs()), json: { 'Fn::ToJsonString': { at: { Ref: 'AWS::Region' } } }, secret: '{{resolve:secretsmanager:x:SecretString:y}}',
    };
  });
  expect(values).toEqual({
    chosen: 'yes', list: ['a'], second: 'b', split: 'c', mapped: 'seven', zone: 'us-east-1a', json: '{"at":"us-east-1"}', secret: '{{resolve:secretsmanager:x:SecretString:y}}',
  });
});

test('exports of one stack reach another, within a stage as well', () => {
  const made = synthesize((app) => {
    const stage = new Stage(app, 'Prod');
    const producer = new Stack(stage, 'Producer');
    const topic = new Topic(producer, 'Topic');
    const consumer = new Stack(stage, 'Consumer');
    new CfnOutput(consumer, 'Out', { value: topic.topicArn });
    consumer.templateOptions.metadata = { weak: { 'Fn::GetStackOutput': { StackName: 'Other', OutputName: 'Arn' } } };
    new CfnOutput(new Stack(stage, 'Far', { stackName: 'Other' }), 'Arn', { value: Fn.join(':', ['far', Aws.REGION]) });
  });
  const consumer = made.resolver.assembly.stacks.find(({ displayName }) => displayName.includes('Consumer'))!;
  expect(made.resolver.resolve(consumer, consumer.template.Outputs?.Out.Value, 'Out')).toMatch(/^arn:aws:sns:us-east-1:000000000000:Prod-Producer-Topic/);
  expect(made.resolver.resolve(consumer, consumer.template.Metadata?.weak, 'weak')).toBe('far:us-east-1');
  made.remove();
});

test('a nested stack takes its parent\'s values and gives its outputs', () => {
  const made = synthesize((app) => {
    const parent = new Stack(app, 'Parent');
    const topic = new Topic(parent, 'Topic');
    const nested = new NestedStack(parent, 'Inner');
    const bucket = new CfnBucket(nested, 'Bucket', { bucketName: Fn.join('-', ['of', topic.topicName]) });
    new CfnOutput(parent, 'Out', { value: bucket.attrArn });
  });
  const parent = made.resolver.assembly.stacks.find(({ displayName }) => displayName === 'Parent')!;
  expect(made.resolver.resolve(parent, parent.template.Outputs?.Out.Value, 'Out')).toMatch(/^arn:aws:s3:::of-Parent-Topic/);
  made.remove();
});

test.each<[string, (stack: Stack) => unknown, RegExp]>([
  ['a type that the local cloud does not know', (stack) => new CfnVPNGateway(stack, 'Gateway', { type: 'ipsec.1' }).ref, /One: Metadata\.values\.it\.Ref takes the name of One\/Gateway, a AWS::EC2::VPNGateway/],
  ['an attribute it does not know', (stack) => new CfnTopic(stack, 'Topic').getAtt('Sound'), /takes Sound of One\/Topic, a AWS::SNS::Topic/],
  ['an import from elsewhere', () => Fn.importValue('elsewhere'), /imports elsewhere, which no stack of this assembly exports/],
  ['a parameter without default', (stack) => new CfnParameter(stack, 'Given').valueAsString, /takes the parameter Given, whose value is known only at deployment.*--parameter/],
  ['a function it does not evaluate', () => Fn.transform('AWS::Include', { Location: 's3://x' }), /uses Fn::Transform/],
  ['an item that is not there', () => Fn.select(3, Fn.split('-', Aws.REGION)), /has no item 3/],
])('%s is refused with stack and path', (_, value, message) => {
  expect(() => resolved((stack) => ({ it: value(stack) }))).toThrow(message);
});

test('a parameter\'s value can be given', () => {
  const made = synthesize((app) => {
    const stack = new Stack(app, 'One');
    stack.templateOptions.metadata = { it: new CfnParameter(stack, 'Given').valueAsString };
  }, { parameters: { Given: 'seven' } });
  const [stack] = made.resolver.assembly.stacks;
  expect(made.resolver.resolve(stack, stack.template.Metadata?.it, 'it')).toBe('seven');
  made.remove();
});

test('a network\'s parts have ids', () => {
  const values = resolved((stack) => {
    const vpc = new CfnVPC(stack, 'Vpc', { cidrBlock: '10.0.0.0/16' });
    return { vpc: vpc.attrVpcId, subnet: new CfnSubnet(stack, 'Subnet', { vpcId: vpc.ref, cidrBlock: '10.0.1.0/24' }).attrSubnetId };
  });
  expect(values.vpc).toMatch(/^vpc-[0-9a-f]{17}$/);
  expect(values.subnet).toMatch(/^subnet-[0-9a-f]{17}$/);
});

test('no assembly, or a broken one, is refused with the folder and the mend', () => {
  const empty = mkdtempSync(join(tmpdir(), 'assembly-'));
  expect(() => readAssembly(empty)).toThrow(AssemblyError);
  expect(() => readAssembly(empty)).toThrow(/manifest\.json cannot be read\. Run `cdk synth`/);
  writeFileSync(join(empty, 'manifest.json'), '{"artifacts":');
  expect(() => readAssembly(empty)).toThrow(/is no JSON/);
  writeFileSync(join(empty, 'manifest.json'), '{"artifacts":{}}');
  expect(() => readAssembly(empty)).toThrow(/has no stack/);
});

test('an app is read by App without a stage too', () => {
  const made = synthesize((app: App) => { new Stack(app, 'Plain'); });
  expect(made.resolver.assembly.stacks.map(({ name }) => name)).toEqual(['Plain']);
  made.remove();
});
