import {
  CreateBucketCommand, DeleteBucketCommand, DeleteBucketLifecycleCommand, GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand, GetBucketPolicyCommand, GetBucketReplicationCommand, GetBucketTaggingCommand, GetBucketVersioningCommand,
  GetPublicAccessBlockCommand, HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand, PutBucketPolicyCommand, PutBucketReplicationCommand, PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand, PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { startEndpoint } from '../../rehearsal/endpoint';
import { refusal, start, type Started } from './support';

let at: Started;
const Bucket = 'settings';
beforeAll(async () => {
  at = await start();
  await at.s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => at.stop());

test('buckets come and go, empty ones only', async () => {
  expect(await refusal(at.s3.send(new CreateBucketCommand({ Bucket: 'NoCapitals' })))).toMatchObject({
    name: 'InvalidBucketName', status: 400,
  });
  await at.s3.send(new CreateBucketCommand({ Bucket: 'short-lived' }));
  await at.s3.send(new PutObjectCommand({ Bucket: 'short-lived', Key: 'k', Body: 'x' }));
  expect(await refusal(at.s3.send(new DeleteBucketCommand({ Bucket: 'short-lived' }))))
    .toMatchObject({ name: 'BucketNotEmpty', status: 409 });
  const { Buckets } = await at.s3.send(new ListBucketsCommand({}));
  expect(Buckets!.map(({ Name }) => Name)).toEqual(['plain', Bucket, 'short-lived', 'store']);
  expect(await refusal(at.s3.send(new HeadBucketCommand({ Bucket: 'missing' })))).toMatchObject({ status: 404 });
  expect(await at.s3.send(new HeadBucketCommand({ Bucket }))).toMatchObject({ BucketRegion: 'us-east-1' });
  expect((await at.s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeFalsy();
});

test('versioning can be suspended: writes then take the place of the null version', async () => {
  const set = (Status: 'Enabled' | 'Suspended') => at.s3.send(new PutBucketVersioningCommand({
    Bucket, VersioningConfiguration: { Status },
  }));
  const put = (Body: string) => at.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));
  expect((await at.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
  await put('before');
  await set('Enabled');
  const { VersionId } = await put('versioned');
  await set('Suspended');
  await put('a');
  expect((await put('b')).VersionId).toBe('null');
  expect(at.endpoint.s3.versions(Bucket, 'k').map(({ versionId }) => versionId)).toEqual(['null', VersionId]);
  expect((await at.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Suspended');
});

test('what is set is given back, what is not set has its own error', async () => {
  const lifecycle = { Rules: [{
    ID: 'r', Status: 'Enabled' as const, Filter: { Tag: { Key: 'retire', Value: 'expire' } }, Expiration: { Days: 1 },
  }] };
  const missing = await refusal(at.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })));
  expect(missing).toMatchObject({ name: 'NoSuchLifecycleConfiguration', status: 404 });
  await at.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: lifecycle }));
  expect((await at.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toEqual(lifecycle.Rules);
  await at.s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
  expect(await refusal(at.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })))).toMatchObject({ status: 404 });

  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  expect(await refusal(at.s3.send(new GetBucketPolicyCommand({ Bucket })))).toMatchObject({ name: 'NoSuchBucketPolicy', status: 404 });
  expect(await refusal(at.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: 'no json' })))).toMatchObject({ name: 'MalformedPolicy' });
  await at.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  expect((await at.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);

  const block = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
  await at.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }));
  expect((await at.s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration).toEqual(block);

  const TagSet = [{ Key: 'owner', Value: 'platform' }];
  expect(await refusal(at.s3.send(new GetBucketTaggingCommand({ Bucket })))).toMatchObject({ name: 'NoSuchTagSet', status: 404 });
  await at.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  expect((await at.s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual(TagSet);

  const missingReplication = await refusal(at.s3.send(new GetBucketReplicationCommand({ Bucket })));
  expect(missingReplication).toMatchObject({ name: 'ReplicationConfigurationNotFoundError', status: 404 });
  const replication = {
    Role: 'arn:aws:iam::000000000000:role/r', Rules: [{ Status: 'Enabled' as const, Destination: { Bucket: 'arn:aws:s3:::other' } }],
  };
  const unversioned = new PutBucketReplicationCommand({ Bucket: 'plain', ReplicationConfiguration: replication });
  expect(await refusal(at.s3.send(unversioned))).toMatchObject({ name: 'InvalidRequest', status: 400 });
});

test('a damaged settings document is refused by its sum', async () => {
  const put = (ChecksumCRC32: string) => at.s3.send(new PutBucketPolicyCommand({
    Bucket: 'plain', Policy: '{"Statement":[]}', ...{ ChecksumCRC32 },
  }));
  at.s3.middlewareStack.add((next) => async (args) => {
    (args.request as { headers: Record<string, string> }).headers['content-md5'] = Buffer.alloc(16).toString('base64');
    return next(args);
  }, { step: 'build', name: 'wrong-sum' });
  const error = await refusal(put('AAAAAA=='));
  at.s3.middlewareStack.remove('wrong-sum');
  expect(error).toMatchObject({ name: 'BadDigest', status: 400 });
});

test('the encryption of a bucket is that of its objects', async () => {
  const rules = async () => (await at.s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration!.Rules!;
  expect(await rules()).toMatchObject([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }]);
  const arn = at.endpoint.seedKey('bucket-key');
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: arn }, BucketKeyEnabled: true }];
  await at.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  expect(await rules()).toMatchObject(Rules);
  await at.s3.send(new PutObjectCommand({ Bucket, Key: 'e', Body: 'x' }));
  const head = await at.s3.send(new HeadObjectCommand({ Bucket, Key: 'e' }));
  expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: arn, BucketKeyEnabled: true });
});

test('a folder belongs to one endpoint at a time', async () => {
  await expect(startEndpoint({ directory: at.directory })).rejects.toThrow(`in use by the endpoint of process ${process.pid}`);
});
