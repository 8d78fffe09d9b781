import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** @internal */
export interface AccessLogsProps {
  readonly of: s3.Bucket;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * S3's access log of a bucket, in a bucket of its own, for a year.
 * Written by hand: the CDK's own property grants by ACL unless an application sets a feature flag, and a library cannot ask for one.
 *
 * @internal
 */
export class AccessLogs extends Construct {
  constructor(scope: Construct, id: string, props: AccessLogsProps) {
    super(scope, id);
    const logs = new s3.Bucket(this, 'Bucket', {
      // Log delivery writes with the bucket's default encryption and cannot use a key of ours without opening it to the service.
      encryption: s3.BucketEncryption.S3_MANAGED,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [{ id: 'a-year', expiration: Duration.days(366), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy: props.removalPolicy,
    });
    logs.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [logs.arnForObjects('*')],
      conditions: { ArnLike: { 'aws:SourceArn': props.of.bucketArn }, StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    }));
    logs.policy?.applyRemovalPolicy(props.removalPolicy);
    (props.of.node.defaultChild as s3.CfnBucket).loggingConfiguration = { destinationBucketName: logs.bucketName };
  }
}
