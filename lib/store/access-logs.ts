import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeRegulations } from '../acknowledgements';

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
      // Who deletes a line of the trail only hides it.
      versioned: true,
      lifecycleRules: [
        { id: 'a-year', expiration: Duration.days(366), noncurrentVersionExpiration: Duration.days(90), abortIncompleteMultipartUploadAfter: Duration.days(1) },
        { id: 'remove-lone-delete-markers', expiredObjectDeleteMarker: true },
      ],
      removalPolicy: props.removalPolicy,
    });
    logs.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [logs.arnForObjects('*')],
      conditions: { ArnLike: { 'aws:SourceArn': props.of.bucketArn }, StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    }));
    acknowledgeRegulations(logs, 'S3BucketReplicationEnabled', 'An access log stays in its region; the copies it speaks of are replicated, and have a log in each region.');
    acknowledgeRegulations(logs, 'S3DefaultEncryptionKMS', 'S3 delivers access logs to buckets with its own encryption, and a key would have to be open to the service; no copy is in them.');
    logs.policy?.applyRemovalPolicy(props.removalPolicy);
    (props.of.node.defaultChild as s3.CfnBucket).loggingConfiguration = { destinationBucketName: logs.bucketName };
  }
}
