import { App, Aspects, CfnResource, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as docdb from 'aws-cdk-lib/aws-docdb';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { PostgresFlavor, PostgresSource, RequireBackup } from '../../lib';
import { declare, type Declared, protection } from './fixture';

const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 });
const aurora = rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_16_4 });

const vpcOf = (stack: Stack): ec2.IVpc => stack.node.tryFindChild('Vpc') as ec2.Vpc | undefined ?? new ec2.Vpc(stack, 'Vpc');
const instance = (stack: Stack, id = 'Db') => new rds.DatabaseInstance(stack, id, { engine, vpc: vpcOf(stack) });
const cluster = (stack: Stack) => new rds.DatabaseCluster(stack, 'Cluster', {
  engine: aurora, vpc: vpcOf(stack), writer: rds.ClusterInstance.serverlessV2('writer'), readers: [rds.ClusterInstance.serverlessV2('reader')],
});
const raw = (type: string, properties: Record<string, unknown> = {}) => (stack: Stack) => void new CfnResource(stack, 'Raw', { type, properties });

// What the CDK says of the resources themselves is not asked here.
beforeEach(() => void jest.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => jest.restoreAllMocks());

/** Paths that a kind of annotation with a code is at, once everything has been looked at: an error ends the synthesis only then. */
function said(root: App, code: string, type: 'error' | 'warning' | 'info' = 'error'): string[] {
  let ended: unknown;
  try {
    root.synth();
  } catch (error) {
    ended = error;
  }
  const paths = root.node.findAll().flatMap(({ node }) =>
    node.metadata.filter((entry) => entry.type === `aws:cdk:${type}` && String(entry.data).startsWith(`[${code}]`)).map(() => node.path));
  expect(ended !== undefined).toBe(type === 'error' && paths.length > 0);
  for (const path of type === 'error' ? paths : []) expect(String(ended)).toContain(`[${path}] [${code}]`);
  return paths;
}

function unprotected(build: (stack: Stack, declared: Declared) => void): string[] {
  const declared = declare();
  build(declared.stack, declared);
  Aspects.of(declared.stack).add(new RequireBackup());
  return said(declared.app, 'UNPROTECTED_RESOURCE');
}

describe('a resource that holds data and no policy protects is an error at the resource', () => {
  test.each<[string, (stack: Stack) => void, string[]]>([
    ['RDS instance', (stack) => void instance(stack), ['S/Db/Resource']],
    ['RDS instance, L1', raw('AWS::RDS::DBInstance', { Engine: 'mysql' }), ['S/Raw']],
    ['Aurora cluster, once and not for its instances', (stack) => void cluster(stack), ['S/Cluster/Resource']],
    ['RDS cluster, L1', raw('AWS::RDS::DBCluster', { Engine: 'mysql' }), ['S/Raw']],
    ['DynamoDB table', (stack) => void new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } }), ['S/Table/Resource']],
    ['DynamoDB table, second form', (stack) => void new dynamodb.TableV2(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } }), ['S/Table/Resource']],
    ['DynamoDB table, L1', raw('AWS::DynamoDB::Table'), ['S/Raw']],
    ['DynamoDB global table, L1', raw('AWS::DynamoDB::GlobalTable'), ['S/Raw']],
    ['EFS', (stack) => void new efs.FileSystem(stack, 'Files', { vpc: vpcOf(stack) }), ['S/Files/Resource']],
    ['EFS, L1', raw('AWS::EFS::FileSystem'), ['S/Raw']],
    ['S3 bucket', (stack) => void new s3.Bucket(stack, 'Uploads'), ['S/Uploads/Resource']],
    ['S3 bucket, L1', raw('AWS::S3::Bucket'), ['S/Raw']],
    ['DocumentDB', (stack) => void new docdb.DatabaseCluster(stack, 'Docs', {
      vpc: vpcOf(stack), masterUser: { username: 'owner' }, instanceType: ec2.InstanceType.of(ec2.InstanceClass.R6G, ec2.InstanceSize.LARGE),
    }), ['S/Docs/Resource']],
    ['DocumentDB, L1', raw('AWS::DocDB::DBCluster'), ['S/Raw']],
    ['ElastiCache with snapshots', (stack) => void new elasticache.CfnReplicationGroup(stack, 'Cache', { replicationGroupDescription: 'c', snapshotRetentionLimit: 5 }), ['S/Cache']],
    ['ElastiCache serverless with snapshots', (stack) => void new elasticache.CfnServerlessCache(stack, 'Cache', { engine: 'valkey', serverlessCacheName: 'c', snapshotRetentionLimit: 1 }), ['S/Cache']],
    ['ElastiCache cluster with snapshots, L1', raw('AWS::ElastiCache::CacheCluster', { SnapshotRetentionLimit: 3 }), ['S/Raw']],
    ['EBS volume', (stack) => void new ec2.Volume(stack, 'Disk', { availabilityZone: 'eu-west-3a', encrypted: true, snapshotId: 'snap-1' }), ['S/Disk/Resource']],
    ['EBS volume, L1', raw('AWS::EC2::Volume'), ['S/Raw']],
    ...['Neptune::DBCluster', 'Cassandra::Table', 'Timestream::Table', 'FSx::FileSystem', 'MemoryDB::Cluster', 'Redshift::Cluster', 'RedshiftServerless::Namespace', 'OpenSearchService::Domain']
      .map((type): [string, (stack: Stack) => void, string[]] => [type, raw(`AWS::${type}`), ['S/Raw']]),
  ])('%s', (_what, build, paths) => {
    expect(unprotected(build)).toEqual(paths);
  });

  test('EC2 instance whose disk stays', () => {
    // An image by region needs one.
    const app = new App();
    const stack = new Stack(app, 'S', { env: { region: 'us-east-1', account: '123456789012' } });
    const volume = (deleteOnTermination: boolean) => [{ deviceName: '/dev/xvdb', volume: ec2.BlockDeviceVolume.ebs(10, { deleteOnTermination }) }];
    for (const [id, blockDevices] of [['Kept', volume(false)], ['Gone', volume(true)]] as const) {
      const machineImage = ec2.MachineImage.genericLinux({ 'us-east-1': 'ami-1' }, { userData: ec2.UserData.forLinux() });
      new ec2.Instance(stack, id, { vpc: vpcOf(stack), instanceType: new ec2.InstanceType('t4g.micro'), machineImage, blockDevices: [...blockDevices] });
    }
    Aspects.of(stack).add(new RequireBackup());
    expect(said(app, 'UNPROTECTED_RESOURCE')).toEqual(['S/Kept/Resource']);
  });
});

describe('nothing is said of', () => {
  test.each<[string, (stack: Stack) => void]>([
    ['our own store, its log and what a policy makes', () => undefined],
    ['a read replica', (stack) => void new rds.CfnDBInstance(stack, 'Replica', { sourceDbInstanceIdentifier: 'other' })],
    ['a cache without snapshots', (stack) => void new elasticache.CfnReplicationGroup(stack, 'Cache', { replicationGroupDescription: 'c', snapshotRetentionLimit: 0 })],
    ['a memcached', raw('AWS::ElastiCache::CacheCluster', { Engine: 'memcached' })],
    ['what is imported', (stack) => void [s3.Bucket.fromBucketName(stack, 'B', 'bucket'), dynamodb.Table.fromTableName(stack, 'T', 't')]],
    ['an access log of CloudFront, of a trail and of a balancer', (stack) => {
      const [front, trail, balancer] = ['Front', 'Trail', 'Balancer'].map((id) => new s3.Bucket(stack, `${id}Logs`, { objectOwnership: s3.ObjectOwnership.OBJECT_WRITER }));
      new cloudfront.Distribution(stack, 'Site', { defaultBehavior: { origin: new origins.HttpOrigin('example.org') }, logBucket: front });
      new cloudtrail.Trail(stack, 'Trail', { bucket: trail });
      new elbv2.CfnLoadBalancer(stack, 'Lb', { loadBalancerAttributes: [{ key: 'access_logs.s3.bucket', value: balancer.bucketName }] });
    }],
  ])('%s', (_what, build) => {
    expect(unprotected(build)).toEqual([]);
  });

  test('a bucket that another one logs to, but of that other one', () => {
    expect(unprotected((stack) => void new s3.Bucket(stack, 'Uploads', { serverAccessLogsBucket: new s3.Bucket(stack, 'Logs') }))).toEqual(['S/Uploads/Resource']);
  });

  test('a bucket that logs to itself is data all the same', () => {
    expect(unprotected((stack) => void new s3.Bucket(stack, 'Uploads', { serverAccessLogsPrefix: 'logs/' }))).toEqual(['S/Uploads/Resource']);
  });
});

describe('a database is protected when a source leads to it', () => {
  const protect = (declared: Declared, source: PostgresSource) => declared.policy.protect('database', protection(declared.stack, { source }));

  test.each<[string, (stack: Stack, declared: Declared) => void]>([
    ['fromInstance', (stack, declared) => protect(declared, PostgresSource.fromInstance(instance(stack)))],
    ['fromCluster', (stack, declared) => protect(declared, PostgresSource.fromCluster(cluster(stack)))],
    ['by the secret that is attached to it', (stack, declared) => protect(declared, new PostgresSource({ connection: instance(stack).secret!, flavor: PostgresFlavor.RDS }))],
    ['by its address', (stack, declared) => protect(declared, new PostgresSource({
      connection: new Secret(stack, 'Reader'), flavor: PostgresFlavor.RDS, host: instance(stack).dbInstanceEndpointAddress,
    }))],
    ['by the door it opens', (stack, declared) => protect(declared, new PostgresSource({
      connection: new Secret(stack, 'Reader'), flavor: PostgresFlavor.RDS, vpc: vpcOf(stack), opens: instance(stack),
    }))],
    ['by being named', (stack, declared) => protect(declared, new PostgresSource({
      connection: Secret.fromSecretNameV2(stack, 'Reader', 'shop/reader'), flavor: PostgresFlavor.RDS, protects: [instance(stack)],
    }))],
    ['as an L1 by its address', (stack, declared) => protect(declared, new PostgresSource({
      connection: new Secret(stack, 'Reader'), flavor: PostgresFlavor.RDS, host: new rds.CfnDBInstance(stack, 'Raw', { engine: 'postgres' }).attrEndpointAddress,
    }))],
  ])('%s', (_how, build) => {
    expect(unprotected(build)).toEqual([]);
  });

  test('in another stack and another order', () => {
    const declared = declare();
    const data = new Stack(declared.app, 'Data');
    Aspects.of(declared.app).add(new RequireBackup());
    const db = instance(data);
    instance(data, 'Forgotten');
    protect(declared, new PostgresSource({ connection: db.secret!, flavor: PostgresFlavor.RDS, host: db.dbInstanceEndpointAddress }));
    expect(said(declared.app, 'UNPROTECTED_RESOURCE')).toEqual(['Data/Forgotten/Resource']);
  });

  test('a door that is a security group, or a stranger\'s address, protects nobody', () => {
    expect(unprotected((stack, declared) => {
      instance(stack);
      protect(declared, new PostgresSource({
        connection: new Secret(stack, 'Reader'), flavor: PostgresFlavor.RDS, host: 'db.example.org', vpc: vpcOf(stack), opens: new ec2.Connections({ securityGroups: [new ec2.SecurityGroup(stack, 'Door', { vpc: vpcOf(stack) })], defaultPort: ec2.Port.POSTGRES }),
      }));
    })).toEqual(['S/Db/Resource']);
  });
});

describe('an exemption', () => {
  const table = (stack: Stack) => new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, removalPolicy: RemovalPolicy.DESTROY });

  test('of a resource or of what it is in is told with its reason, and ends no synthesis', () => {
    const inStack = (stack: Stack) => Stack.of(table(stack));
    const ways = [(stack: Stack) => table(stack), (stack: Stack) => table(stack).node.defaultChild!, inStack];
    for (const exempted of ways) {
      const declared = declare();
      const construct = exempted(declared.stack);
      RequireBackup.exempt(construct, 'a cache of the catalogue');
      Aspects.of(declared.stack).add(new RequireBackup());
      expect(said(declared.app, 'UNPROTECTED_RESOURCE', 'info')).toEqual([construct.node.path]);
      const [entry] = construct.node.metadata.filter(({ type }) => type === 'aws:cdk:info').map(({ data }) => String(data));
      expect(entry).toMatch(/1 resource that holds data.*: S\/Table\/Resource.*Acknowledged: a cache of the catalogue$/);
    }
  });

  test('that covers nothing unprotected is a finding', () => {
    const declared = declare();
    RequireBackup.exempt(new Secret(declared.stack, 'Reader'), 'it holds nothing');
    Aspects.of(declared.stack).add(new RequireBackup());
    Annotations.fromStack(declared.stack).hasWarning('/S/Reader', Match.stringLikeRegexp('ACKNOWLEDGED_IN_VAIN.*UNPROTECTED_RESOURCE'));
  });

  test('needs a reason, and is said once', () => {
    const { stack } = declare();
    expect(() => RequireBackup.exempt(stack, ' ')).toThrow(/^S: RequireBackup.exempt is without a reason/);
    RequireBackup.exempt(stack, 'a demo');
    expect(() => RequireBackup.exempt(stack, 'a demo')).toThrow(/said twice/);
  });
});

test('warnOnly warns and ends nothing', () => {
  const { app, stack } = declare();
  raw('AWS::S3::Bucket')(stack);
  Aspects.of(stack).add(new RequireBackup({ warnOnly: true }));
  Annotations.fromStack(stack).hasWarning('/S/Raw', Match.stringLikeRegexp('^\\[UNPROTECTED_RESOURCE\\] this S3 bucket holds data'));
  app.synth();
});

test('on app and stack at once it says each thing once', () => {
  const { app, stack } = declare();
  new s3.Bucket(stack, 'Uploads');
  for (const scope of [app, stack]) Aspects.of(scope).add(new RequireBackup());
  expect(said(app, 'UNPROTECTED_RESOURCE')).toEqual(['S/Uploads/Resource']);
});

test('in a stage an error ends the synthesis of the whole app', () => {
  const app = new App();
  const stage = new Stage(app, 'Production', { env: { region: 'eu-west-3', account: '123456789012' } });
  new s3.Bucket(new Stack(stage, 'Shop'), 'Uploads');
  Aspects.of(stage).add(new RequireBackup());
  expect(said(app, 'UNPROTECTED_RESOURCE')).toEqual(['Production/Shop/Uploads/Resource']);
});
