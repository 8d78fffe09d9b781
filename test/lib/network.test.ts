import { Duration, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Compute, PostgresSource, type PostgresSourceProps } from '../../lib';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { declare, definition, postgres, protection, resource, template, text } from './fixture';

const isolated = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'db', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });

function inVpc(stack: Stack, vpc: ec2.IVpc, props: Partial<PostgresSourceProps> = {}) {
  return { source: postgres(stack, { vpc, ...props }) };
}

describe('a source in a VPC', () => {
  test('has its workers there, with a security group each', () => {
    const made = template((stack) => inVpc(stack, new ec2.Vpc(stack, 'Vpc')));
    const groups = ['Dump', 'Verify'].map((worker) => text((resource(made, 'AWS::Lambda::Function', worker).VpcConfig as { SecurityGroupIds: unknown }).SecurityGroupIds));
    expect(groups[0]).toMatch(/DumpSecurityGroup/);
    expect(groups[1]).toMatch(/VerifySecurityGroup/);
    expect(resource(made, 'AWS::EC2::SecurityGroup', 'VerifySecurityGroup').SecurityGroupEgress).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443 })]);
  });

  test('opens its door by connections, as everywhere in the CDK', () => {
    const declared = declare();
    const vpc = new ec2.Vpc(declared.stack, 'Vpc');
    const server = new ec2.SecurityGroup(declared.stack, 'Server', { vpc });
    const made = declared.policy.protect('database', protection(declared.stack, inVpc(declared.stack, vpc)));
    made.connections.allowTo(server, ec2.Port.tcp(5432));
    Template.fromStack(declared.stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 5432, SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('DumpSecurityGroup'), 'GroupId'] },
    });
  });

  test('takes subnets and security groups that exist', () => {
    const made = template((stack) => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      return inVpc(stack, vpc, { securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Given', 'sg-0123456789abcdef0')], vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } });
    });
    expect((resource(made, 'AWS::Lambda::Function', 'Dump').VpcConfig as { SecurityGroupIds: unknown }).SecurityGroupIds).toEqual(['sg-0123456789abcdef0']);
  });

  test('without one there is no connection to open', () => {
    const declared = declare();
    const made = declared.policy.protect('database', protection(declared.stack));
    expect(() => made.connections).toThrow('S/Backup/database: connections is asked for; allowed: only a source with a VPC');
  });
});

describe('subnets without a way out', () => {
  test('are told which endpoints they need', () => {
    const declared = declare();
    declared.policy.protect('database', protection(declared.stack, inVpc(declared.stack, isolated(declared.stack), { vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } })));
    Annotations.fromStack(declared.stack).hasWarning('/S/Backup/database', Match.stringLikeRegexp('s3 \\(gateway\\), secretsmanager, kms, logs, states, sts, ecr.api, ecr.dkr'));
  });

  test('get them when asked to, once a VPC, and open to the workers alone', () => {
    const declared = declare();
    const vpc = isolated(declared.stack);
    const source = inVpc(declared.stack, vpc, { createEndpoints: true, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
    for (const id of ['one', 'two']) declared.policy.protect(id, protection(declared.stack, source));
    const made = Template.fromStack(declared.stack);
    made.resourceCountIs('AWS::EC2::VPCEndpoint', 8);
    const ingress = Object.values(made.findResources('AWS::EC2::SecurityGroupIngress'));
    expect(ingress.map(({ Properties }) => text(Properties.SourceSecurityGroupId).replace(/[0-9A-F]{8}\b/, '')).sort()).toEqual([
      '<BackuponeDumpSecurityGroup.GroupId>', '<BackuponeVerifySecurityGroup.GroupId>', '<BackuptwoDumpSecurityGroup.GroupId>', '<BackuptwoVerifySecurityGroup.GroupId>',
    ]);
    expect(Annotations.fromStack(declared.stack).findWarning('*', Match.stringLikeRegexp('no way out'))).toEqual([]);
  });
});

describe('PostgresSource of an existing database', () => {
  const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 });

  test('fromInstance takes endpoint, secret, VPC and opens the port', () => {
    const declared = declare();
    const instance = new rds.DatabaseInstance(declared.stack, 'Db', { engine, vpc: new ec2.Vpc(declared.stack, 'Vpc'), storageEncrypted: true });
    declared.policy.protect('database', protection(declared.stack, { source: PostgresSource.fromInstance(instance, { majorVersion: 16 }) }));
    const made = Template.fromStack(declared.stack);
    const [{ run }] = PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies[0].protections;
    expect(run.config).toMatchObject({
      flavor: 'rds', majorVersion: 16,
      host: { 'Fn::GetAtt': [expect.stringMatching(/^Db/), 'Endpoint.Address'] }, port: { 'Fn::GetAtt': [expect.stringMatching(/^Db/), 'Endpoint.Port'] },
    });
    made.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('DumpSecurityGroup'), 'GroupId'] } });
    // Unquoted in the definition: deployment puts a number there.
    expect(JSON.stringify(resource(made, 'AWS::StepFunctions::StateMachine', 'RunMachine').DefinitionString)).toMatch(/\\"port\\":",\{"Fn::GetAtt":\["Db\w+","Endpoint.Port"\]\},",/);
  });

  test('fromCluster takes the writer', () => {
    const declared = declare();
    const cluster = new rds.DatabaseCluster(declared.stack, 'Db', {
      engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_16_6 }),
      writer: rds.ClusterInstance.serverlessV2('writer'), vpc: new ec2.Vpc(declared.stack, 'Vpc'),
    });
    declared.policy.protect('database', protection(declared.stack, { source: PostgresSource.fromCluster(cluster) }));
    const [{ run }] = PolicyMetadata.parse(Template.fromStack(declared.stack).toJSON().Metadata[METADATA_KEY]).policies[0].protections;
    expect(run.config).toMatchObject({ flavor: 'aurora', host: { 'Fn::GetAtt': [expect.stringMatching(/^Db/), 'Endpoint.Address'] } });
  });

  test('without a secret it is refused with the way to have one', () => {
    const declared = declare();
    const instance = new rds.DatabaseInstance(declared.stack, 'Db', {
      engine, vpc: new ec2.Vpc(declared.stack, 'Vpc'), credentials: rds.Credentials.fromPassword('u', { unsafeUnwrap: () => 'p' } as never),
    });
    expect(() => PostgresSource.fromInstance(instance)).toThrow('S/Db: credentials is without a secret; allowed: Credentials.fromGeneratedSecret()');
  });
});

describe('Fargate', () => {
  test('makes one cluster a VPC, and none where one is given', () => {
    const declared = declare();
    const vpc = new ec2.Vpc(declared.stack, 'Vpc');
    for (const id of ['one', 'two']) declared.policy.protect(id, protection(declared.stack, { ...inVpc(declared.stack, vpc), compute: Compute.fargate() }));
    const cluster = new Cluster(declared.stack, 'Given', { vpc });
    declared.policy.protect('three', protection(declared.stack, { ...inVpc(declared.stack, vpc), compute: Compute.fargate({ cluster }) }));
    Template.fromStack(declared.stack).resourceCountIs('AWS::ECS::Cluster', 2);
  });

  test('stands in the source\'s subnets with its groups, for as long as its timeout', () => {
    const made = template((stack) => ({
      ...inVpc(stack, new ec2.Vpc(stack, 'Vpc'), { vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } }),
      compute: Compute.fargate({ timeout: Duration.hours(3), ephemeralStorage: undefined }),
    }));
    const placeOf = (step: string) => {
      const parameters = definition(made).States[step].Parameters as Record<string, Record<string, Record<string, string[]>>>;
      return parameters.NetworkConfiguration.AwsvpcConfiguration;
    };
    expect(text(placeOf('Dump').SecurityGroups)).toMatch(/DumpSecurityGroup/);
    expect(text(placeOf('Verify').SecurityGroups)).toMatch(/VerifySecurityGroup/);
    expect(placeOf('Dump').Subnets).toHaveLength(2);
    made.hasResourceProperties('AWS::ECS::TaskDefinition', { EphemeralStorage: { SizeInGiB: 100 }, Cpu: '2048', Memory: '8192' });
  });

  test('a cluster of another VPC than the source\'s is refused', () => {
    const declared = declare();
    const cluster = new Cluster(declared.stack, 'Other', { vpc: new ec2.Vpc(declared.stack, 'Away') });
    const props = { ...inVpc(declared.stack, new ec2.Vpc(declared.stack, 'Vpc')), compute: Compute.fargate({ cluster }) };
    expect(() => declared.policy.protect('database', protection(declared.stack, props))).toThrow('compute.cluster is in S/Away; allowed: the source\'s VPC, S/Vpc');
  });
});
