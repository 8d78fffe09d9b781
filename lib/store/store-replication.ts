import { CfnOutput, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledgements';
import { replicationRolesUnder } from './role-paths';

/** Where S3 writes one replica. @internal */
export interface Destination {
  readonly region: string;
  /** Set where it is not the store's own. */
  readonly account?: string;
  readonly bucketName: string;
  readonly bucketArn: string;
  readonly keyArn: string;
  readonly replicationTimeControl: boolean;
}

/** @internal */
export interface StoreReplicationProps {
  readonly bucket: s3.Bucket;
  readonly keyArn: string;
  readonly rolePath: string;
  readonly destinations: readonly Destination[];
  /** Hears what could not be replicated. */
  readonly topic: sns.ITopic;
}

/** The only time S3 promises (S3 User Guide, "Meeting compliance requirements with S3 Replication Time Control"). */
const FIFTEEN_MINUTES = { minutes: 15 };

/**
 * S3's replication of a whole bucket to its replicas, with a role of our own: the CDK's has neither `GetObjectRetention` nor
 * `GetObjectLegalHold`, without which a lock is not replicated, and is allowed every key of the other region.
 *
 * Delete markers are not replicated. Retirement does not need them, for its tags are replicated and each replica has the rules that act on
 * them (and S3 replicates no marker that a rule made); a marker that anybody else makes is an attack or a mistake, and stays where it is.
 *
 * @internal
 */
export class StoreReplication extends Construct {
  constructor(scope: Construct, id: string, props: StoreReplicationProps) {
    super(scope, id);
    const role = this.role(props);
    const bucket = props.bucket.node.defaultChild as s3.CfnBucket;
    bucket.replicationConfiguration = { role: role.roleArn, rules: props.destinations.map(ruleTo) };
    bucket.notificationConfiguration = { topicConfigurations: EVENTS.map((event) => ({ event, topic: props.topic.topicArn })) };
    this.fillCommand(props);
  }

  /** As the S3 User Guide has it in "Setting up permissions for live replication" and "Replicating encrypted objects", and no more. */
  private role({ bucket, keyArn, rolePath, destinations }: StoreReplicationProps): iam.IRole {
    const { region, urlSuffix } = Stack.of(this);
    const viaS3 = (of: string) => ({ StringEquals: { 'kms:ViaService': `s3.${of}.${urlSuffix}` } });
    const owned = destinations.filter(({ account }) => account !== undefined);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('s3.amazonaws.com'),
      path: replicationRolesUnder(rolePath),
      description: `Replicates ${bucket.node.path}`,
    });
    const policy = new iam.ManagedPolicy(this, 'Policy', {
      description: `Replicates ${bucket.node.path}`,
      // This way round: the bucket waits for the role, and the policy for the bucket.
      roles: [role],
      statements: [
        new iam.PolicyStatement({ actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'], resources: [bucket.bucketArn] }),
        new iam.PolicyStatement({
          actions: ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging', 's3:GetObjectRetention', 's3:GetObjectLegalHold'],
          resources: [bucket.arnForObjects('*')],
        }),
        new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [keyArn], conditions: viaS3(region) }),
        new iam.PolicyStatement({ actions: ['s3:ReplicateObject', 's3:ReplicateTags'], resources: destinations.map(({ bucketArn }) => `${bucketArn}/*`) }),
        ...(owned.length === 0 ? [] : [new iam.PolicyStatement({
          actions: ['s3:ObjectOwnerOverrideToBucketOwner'], resources: owned.map(({ bucketArn }) => `${bucketArn}/*`),
        })]),
        ...destinations.map((destination) => new iam.PolicyStatement({
          actions: ['kms:Encrypt', 'kms:GenerateDataKey'], resources: [destination.keyArn], conditions: viaS3(destination.region),
        })),
      ],
    });
    acknowledgeWildcards(policy, (resource) => (resource.endsWith('/*') ? 'Every object of the store is replicated; the role can read only for replication, and deletes nothing.' : undefined));
    return role.withoutPolicyUpdates();
  }

  /**
   * Live replication skips what was there before it: S3 Batch Replication brings it, and this output is the command ("Configuring an IAM
   * role for S3 Batch Replication" has its role's rights).
   */
  private fillCommand({ bucket }: StoreReplicationProps): void {
    const { account, partition, region } = Stack.of(this);
    const policy = new iam.ManagedPolicy(this, 'FillPolicy', {
      description: `Fills the replicas of ${bucket.node.path}`,
      statements: [
        new iam.PolicyStatement({ actions: ['s3:GetReplicationConfiguration', 's3:PutInventoryConfiguration'], resources: [bucket.bucketArn] }),
        new iam.PolicyStatement({ actions: ['s3:InitiateReplication'], resources: [bucket.arnForObjects('*')] }),
      ],
    });
    acknowledgeWildcards(policy, (resource) => (resource.endsWith('/*') ? 'What was there before a replica is replicated by the store\'s own rules, whatever its key.' : undefined));
    const role = new iam.Role(this, 'FillRole', {
      assumedBy: new iam.ServicePrincipal('batchoperations.s3.amazonaws.com').withConditions({
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:s3:${region}:${account}:job/*` },
      }),
      description: `Fills the replicas of ${bucket.node.path}, once, by hand`,
      managedPolicies: [policy],
    }).withoutPolicyUpdates();
    const generator = {
      S3JobManifestGenerator: { SourceBucket: bucket.bucketArn, EnableManifestOutput: false, Filter: { EligibleForReplication: true } },
    };
    new CfnOutput(this, 'FillCommand', {
      description: 'Brings the copies that were there before a replica into it; once after each new replica',
      value: [
        `aws s3control create-job --account-id ${account} --region ${region} --priority 1 --no-confirmation-required`,
        `--role-arn ${role.roleArn}`,
        '--operation \'{"S3ReplicateObject":{}}\' --report \'{"Enabled":false}\'',
        `--manifest-generator '${Token.asString(Stack.of(this).toJsonString(generator))}'`,
      ].join(' '),
    });
  }
}

/** What S3 tells by its own notifications, and not by EventBridge (S3 User Guide, "Receiving replication failure events"). */
const EVENTS = [
  's3:Replication:OperationFailedReplication', 's3:Replication:OperationMissedThreshold',
  's3:Replication:OperationReplicatedAfterThreshold', 's3:Replication:OperationNotTracked',
];

function ruleTo(destination: Destination, index: number): s3.CfnBucket.ReplicationRuleProperty {
  const { region, account, bucketArn, keyArn, replicationTimeControl } = destination;
  return {
    // Not the region alone: two accounts may have a replica in one.
    id: account === undefined ? region : `${region}-${account}`,
    priority: index + 1,
    status: 'Enabled',
    filter: { prefix: '' },
    deleteMarkerReplication: { status: 'Disabled' },
    sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
    destination: {
      bucket: bucketArn,
      encryptionConfiguration: { replicaKmsKeyId: keyArn },
      metrics: replicationTimeControl ? { status: 'Enabled', eventThreshold: FIFTEEN_MINUTES } : { status: 'Enabled' },
      ...(replicationTimeControl ? { replicationTime: { status: 'Enabled', time: FIFTEEN_MINUTES } } : {}),
      ...(account === undefined ? {} : { account, accessControlTranslation: { owner: 'Destination' } }),
    },
  };
}
