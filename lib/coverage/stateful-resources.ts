import type { CfnResource } from 'aws-cdk-lib';
import { propertiesOf } from './references';

type Properties = Record<string, unknown>;

interface Stateful {
  /** For a person. */
  readonly kind: string;
  /** Whether this one holds data of its own. @default it does */
  readonly when?: (properties: Properties) => boolean;
}

/** Neither absent nor 0; what is known only at deployment counts as set. */
const isSet = (value: unknown): boolean => value !== undefined && value !== 0 && value !== '0' && value !== '';

interface Mapping {
  readonly Ebs?: { readonly DeleteOnTermination?: unknown };
}

const keepsAVolume = ({ BlockDeviceMappings: mappings }: Properties): boolean =>
  Array.isArray(mappings) && mappings.some(({ Ebs }: Mapping) => Ebs?.DeleteOnTermination === false);

/**
 * Resource types whose loss is a loss of data.
 *
 * ElastiCache keeps what its snapshots hold; append-only files are of Redis 2.8.21 and before
 * (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/RedisAOF.html). MemoryDB is durable always
 * (https://docs.aws.amazon.com/memorydb/latest/devguide/what-is-memorydb.html).
 */
const STATEFUL: Readonly<Record<string, Stateful>> = {
  // An instance of a cluster holds nothing of its own, and a read replica what its source has.
  'AWS::RDS::DBInstance': { kind: 'RDS database instance', when: (own) => !isSet(own.DBClusterIdentifier) && !isSet(own.SourceDBInstanceIdentifier) },
  'AWS::RDS::DBCluster': { kind: 'Aurora or RDS cluster', when: (own) => !isSet(own.ReplicationSourceIdentifier) },
  'AWS::DocDB::DBCluster': { kind: 'DocumentDB cluster' },
  'AWS::Neptune::DBCluster': { kind: 'Neptune cluster' },
  'AWS::DynamoDB::Table': { kind: 'DynamoDB table' },
  'AWS::DynamoDB::GlobalTable': { kind: 'DynamoDB global table' },
  'AWS::Cassandra::Table': { kind: 'Keyspaces table' },
  'AWS::Timestream::Table': { kind: 'Timestream table' },
  'AWS::EFS::FileSystem': { kind: 'EFS file system' },
  'AWS::FSx::FileSystem': { kind: 'FSx file system' },
  'AWS::S3::Bucket': { kind: 'S3 bucket' },
  'AWS::EC2::Volume': { kind: 'EBS volume' },
  'AWS::EC2::Instance': { kind: 'EC2 instance with a volume that outlives it', when: keepsAVolume },
  'AWS::ElastiCache::ReplicationGroup': { kind: 'ElastiCache replication group with snapshots', when: (own) => isSet(own.SnapshotRetentionLimit) },
  'AWS::ElastiCache::CacheCluster': { kind: 'ElastiCache cluster with snapshots', when: (own) => isSet(own.SnapshotRetentionLimit) },
  'AWS::ElastiCache::ServerlessCache': { kind: 'ElastiCache serverless cache with snapshots', when: (own) => isSet(own.SnapshotRetentionLimit) },
  'AWS::MemoryDB::Cluster': { kind: 'MemoryDB cluster' },
  'AWS::Redshift::Cluster': { kind: 'Redshift cluster' },
  'AWS::RedshiftServerless::Namespace': { kind: 'Redshift Serverless namespace' },
  'AWS::OpenSearchService::Domain': { kind: 'OpenSearch domain' },
};

/** What a resource that holds data is called; undefined when it holds none. */
export function statefulKind(resource: CfnResource): string | undefined {
  if (!Object.hasOwn(STATEFUL, resource.cfnResourceType)) return undefined;
  const { kind, when } = STATEFUL[resource.cfnResourceType];
  return when === undefined || when(propertiesOf(resource)) ? kind : undefined;
}
