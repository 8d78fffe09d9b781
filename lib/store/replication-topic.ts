import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/**
 * Where S3 says that an object could not be replicated, or late. S3 tries the topic when it gets the bucket's configuration, so the bucket
 * waits for the topic's policy; that names the account and not the bucket, which would make a circle.
 *
 * @internal
 */
export class ReplicationTopic extends Construct {
  public readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, bucket: s3.Bucket) {
    super(scope, id);
    const s3Service = new iam.ServicePrincipal('s3.amazonaws.com');
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const key = new kms.Key(this, 'Key', {
      description: `Replication events of ${bucket.node.path}`, enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY,
    });
    // An encrypted topic takes nothing from a service that may not use its key (SNS Developer Guide, "Enable compatibility between event
    // sources").
    key.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'EventsOfS3', principals: [s3Service], actions: ['kms:GenerateDataKey*', 'kms:Decrypt'], resources: ['*'], conditions: ofThisAccount,
    }));
    this.topic = new sns.Topic(this, 'Topic', { displayName: 'Backup replication', masterKey: key, enforceSSL: true });
    const { policyDependable } = this.topic.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'EventsOfS3', principals: [s3Service], actions: ['sns:Publish'], resources: [this.topic.topicArn], conditions: ofThisAccount,
    }));
    if (policyDependable) bucket.node.defaultChild?.node.addDependency(policyDependable);
  }
}
