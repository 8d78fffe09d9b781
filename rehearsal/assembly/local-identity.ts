import { createHash } from 'node:crypto';

/** Who a resource is in the local cloud: what `Ref` yields, and its attributes by name (those made of other resources when asked for). */
export interface LocalIdentity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What an identity is made of. Names are the resource's own where it has one, else made of stack and logical id, always the same. */
export interface IdentityContext {
  readonly stackName: string;
  readonly logicalId: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** A property, resolved; undefined where the template has none. */
  property(name: string): unknown;
  /** What it is known by where it is deployed; undefined where names are to be made up. */
  readonly physicalId?: string;
}

type Identify = (context: IdentityContext) => LocalIdentity;

/** Undefined for a type that the local cloud does not know. */
export function identify(type: string, context: IdentityContext): LocalIdentity | undefined {
  if (type.startsWith('Custom::')) return undefined;
  return Object.hasOwn(TYPES, type) ? TYPES[type](context) : undefined;
}

/** Repeatable hexadecimal digits that stand for a generated id. */
function digits(context: IdentityContext, length: number): string {
  return createHash('sha256').update(`${context.account}/${context.region}/${context.stackName}/${context.logicalId}`).digest('hex').slice(0, length);
}

function uuid(context: IdentityContext): string {
  const hex = digits(context, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function named(context: IdentityContext, property: string, longest = 64): string {
  if (context.physicalId !== undefined) return nameOf(context.physicalId);
  const given = context.property(property);
  if (typeof given === 'string' && given) return given;
  const made = `${context.stackName}-${context.logicalId}`;
  return made.length <= longest ? made : `${made.slice(0, longest - 9)}-${digits(context, 8)}`;
}

/** The name in a physical id: an ARN's and a queue URL's is its last part. */
function nameOf(physicalId: string): string {
  return /^(?:arn|https):.*[:/]([^:/]+)$/.exec(physicalId)?.[1] ?? physicalId;
}

function arn({ partition, region, account }: IdentityContext, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

function globalArn({ partition, account }: IdentityContext, service: string, resource: string): string {
  return `arn:${partition}:${service}::${account}:${resource}`;
}

/** A resource whose `Ref` is its name and whose `Arn` follows from it. */
function byName(service: string, resource: (name: string) => string, property: string): Identify {
  return (context) => {
    const name = named(context, property);
    return { ref: name, attributes: { Arn: arn(context, service, resource(name)) } };
  };
}

/** A resource whose `Ref` is its ARN. */
function byArn(
  service: string, resource: (name: string, context: IdentityContext) => string, property: string, attribute: string,
): Identify {
  return (context) => {
    const name = named(context, property);
    const ref = context.physicalId ?? arn(context, service, resource(name, context));
    return { ref, attributes: { [attribute]: ref, Arn: ref, Name: name } };
  };
}

/** A resource of a network: its id is made up, for nothing of it exists on a laptop. */
function byId(prefix: string, attribute: string, more: (context: IdentityContext) => Record<string, string> = () => ({})): Identify {
  return (context) => {
    const ref = context.physicalId ?? `${prefix}-${digits(context, 17)}`;
    return { ref, attributes: Object.defineProperties({ [attribute]: ref, Id: ref }, Object.getOwnPropertyDescriptors(more(context))) };
  };
}

function bucketName(context: IdentityContext): string {
  if (context.physicalId !== undefined) return context.physicalId;
  const given = context.property('BucketName');
  if (typeof given === 'string' && given) return given;
  const made = `${context.stackName}-${context.logicalId}`.toLowerCase().replace(/[^a-z0-9-]/g, '');
  return `${made.slice(0, 54)}-${digits(context, 8)}`;
}

const TYPES: Record<string, Identify> = {
  'AWS::S3::Bucket': (context) => {
    const name = bucketName(context);
    const domain = `${name}.s3.${context.region}.amazonaws.com`;
    return { ref: name, attributes: { Arn: `arn:${context.partition}:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com`, RegionalDomainName: domain } };
  },
  'AWS::KMS::Key': (context) => {
    const id = context.physicalId ?? (context.property('MultiRegion') === true ? `mrk-${digits(context, 32)}` : uuid(context));
    return { ref: id, attributes: { Arn: arn(context, 'kms', `key/${id}`), KeyId: id } };
  },
  'AWS::KMS::Alias': (context) => ({ ref: named(context, 'AliasName'), attributes: {} }),
  'AWS::SNS::Topic': (context) => {
    const name = named(context, 'TopicName', 256);
    const ref = arn(context, 'sns', name);
    return { ref, attributes: { TopicArn: ref, TopicName: name } };
  },
  'AWS::SQS::Queue': (context) => {
    const name = named(context, 'QueueName', 80);
    const ref = `https://sqs.${context.region}.amazonaws.com/${context.account}/${name}`;
    return { ref, attributes: { Arn: arn(context, 'sqs', name), QueueName: name, QueueUrl: ref } };
  },
  'AWS::IAM::Role': (context) => {
    const name = named(context, 'RoleName');
    return { ref: name, attributes: { Arn: globalArn(context, 'iam', `role${pathOf(context)}${name}`), RoleId: `AROA${digits(context, 17).toUpperCase()}` } };
  },
  'AWS::IAM::ManagedPolicy': (context) => {
    const ref = globalArn(context, 'iam', `policy${pathOf(context)}${named(context, 'ManagedPolicyName', 128)}`);
    return { ref, attributes: { PolicyArn: ref, Arn: ref } };
  },
  'AWS::Lambda::Function': byName('lambda', (name) => `function:${name}`, 'FunctionName'),
  'AWS::Logs::LogGroup': byName('logs', (name) => `log-group:${name}:*`, 'LogGroupName'),
  'AWS::SecretsManager::Secret': (context) => {
    const ref = context.physicalId ?? arn(context, 'secretsmanager', `secret:${named(context, 'Name', 500)}-${digits(context, 6)}`);
    return { ref, attributes: { Id: ref } };
  },
  'AWS::SecretsManager::SecretTargetAttachment': (context) => ({ ref: String(context.property('SecretId')), attributes: { Id: String(context.property('SecretId')) } }),
  'AWS::SSM::Parameter': (context) => ({
    ref: named(context, 'Name'),
    attributes: { get Type() { return String(context.property('Type')); }, get Value() { return String(context.property('Value')); } },
  }),
  'AWS::StepFunctions::StateMachine': byArn('states', (name) => `stateMachine:${name}`, 'StateMachineName', 'Arn'),
  'AWS::Scheduler::Schedule': byName('scheduler', (name) => `schedule/default/${name}`, 'Name'),
  'AWS::Scheduler::ScheduleGroup': byName('scheduler', (name) => `schedule-group/${name}`, 'Name'),
  'AWS::Events::Rule': byName('events', (name) => `rule/${name}`, 'Name'),
  'AWS::CloudWatch::Alarm': byName('cloudwatch', (name) => `alarm:${name}`, 'AlarmName'),
  'AWS::CloudWatch::CompositeAlarm': byName('cloudwatch', (name) => `alarm:${name}`, 'AlarmName'),
  'AWS::CloudWatch::Dashboard': byName('cloudwatch', (name) => `dashboard/${name}`, 'DashboardName'),
  'AWS::ECS::Cluster': byName('ecs', (name) => `cluster/${name}`, 'ClusterName'),
  'AWS::ECS::TaskDefinition': byArn('ecs', (name, context) => `task-definition/${String(context.property('Family') ?? name)}:1`, 'Family', 'TaskDefinitionArn'),
  'AWS::ECR::Repository': byName('ecr', (name) => `repository/${name}`, 'RepositoryName'),
  'AWS::EC2::VPC': byId('vpc', 'VpcId', (context) => ({ CidrBlock: String(context.property('CidrBlock') ?? '10.0.0.0/16'), DefaultSecurityGroup: `sg-${digits(context, 17)}` })),
  'AWS::EC2::Subnet': byId('subnet', 'SubnetId', (context) => ({
    get AvailabilityZone() { return String(context.property('AvailabilityZone') ?? `${context.region}a`); },
    get VpcId() { return String(context.property('VpcId')); },
  })),
  'AWS::EC2::SecurityGroup': byId('sg', 'GroupId', (context) => ({ get VpcId() { return String(context.property('VpcId')); } })),
  'AWS::EC2::VPCEndpoint': byId('vpce', 'VpcEndpointId'),
  'AWS::EFS::FileSystem': byId('fs', 'FileSystemId', (context) => ({ Arn: arn(context, 'elasticfilesystem', `file-system/fs-${digits(context, 17)}`) })),
  'AWS::RDS::DBInstance': databaseServer('db', 'DBInstanceIdentifier', 'DBInstanceArn'),
  'AWS::RDS::DBCluster': databaseServer('cluster', 'DBClusterIdentifier', 'DBClusterArn'),
};

function pathOf(context: IdentityContext): string {
  const path = context.property('Path');
  return typeof path === 'string' ? path : '/';
}

function databaseServer(kind: string, property: string, attribute: string): Identify {
  return (context) => {
    const name = named(context, property, 63).toLowerCase();
    return {
      ref: name,
      attributes: {
        [attribute]: arn(context, 'rds', `${kind}:${name}`),
        'Endpoint.Address': `${name}.${digits(context, 12)}.${context.region}.rds.amazonaws.com`,
        'Endpoint.Port': String(context.property('Port') ?? 5432),
        'MasterUserSecret.SecretArn': arn(context, 'secretsmanager', `secret:rds!${kind}-${uuid(context)}-${digits(context, 6)}`),
        'DbiResourceId': `db-${digits(context, 26).toUpperCase()}`,
        'DBClusterResourceId': `cluster-${digits(context, 26).toUpperCase()}`,
      },
    };
  };
}
