import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CopyObjectCommand, CreateMultipartUploadCommand, DeleteObjectsCommand,
  GetObjectCommand,
  GetBucketWebsiteCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, PutObjectLegalHoldCommand, PutObjectRetentionCommand,
  PutObjectTaggingCommand, S3Client, UploadPartCommand,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { ApiCall, Decision } from '../../rehearsal/endpoint';
import { refusal, start, type Started } from './support';

const KEY = 'arn:aws:kms:us-east-1:000000000000:key/one';
const ROLE = 'arn:aws:iam::000000000000:role/dump';

let at: Started;
let dump: S3Client;
let denied: (call: ApiCall) => string | undefined = () => undefined;
const decide = (call: ApiCall): Decision => {
  const reason = call.principal === undefined ? undefined : denied(call);
  return reason === undefined ? { allow: true } : { allow: false, reason };
};

beforeAll(async () => {
  at = await start({
    authorize: decide, credentials: { test: { secretAccessKey: 'test' }, dump: { secretAccessKey: 's', principal: ROLE } },
  });
  at.endpoint.s3.createBucket({ name: 'sealed', versioning: true, kmsKeyArn: KEY });
  dump = new S3Client({ ...at.client, credentials: { accessKeyId: 'dump', secretAccessKey: 's' } });
});
afterAll(() => at.stop());
beforeEach(() => {
  denied = () => undefined;
});

const since = async (work: () => Promise<unknown>): Promise<ApiCall[]> => {
  const from = at.endpoint.calls.length;
  await work().catch(() => undefined);
  return at.endpoint.calls.slice(from);
};
const actions = async (work: () => Promise<unknown>): Promise<string[]> => (await since(work)).map(({ action }) => action);

test('a refused call says who, what, on what and why', async () => {
  denied = (call) => (call.action === 's3:PutObject' ? 'no identity-based policy allows the s3:PutObject action' : undefined);
  const error = await refusal(dump.send(new PutObjectCommand({ Bucket: 'store', Key: 'a/b', Body: 'x' })));
  expect(error).toEqual({
    name: 'AccessDenied', status: 403,
    message: `User: ${ROLE} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::store/a/b because `
      + 'no identity-based policy allows the s3:PutObject action',
  });
  expect(at.endpoint.s3.versions('store', 'a/b')).toEqual([]);
  expect(at.endpoint.calls.at(-1)).toMatchObject({
    operation: 'PutObject', principal: ROLE, status: 403, errorCode: 'AccessDenied', decision: { allow: false },
  });
});

test('the condition keys of a write', async () => {
  const [put] = await since(() => dump.send(new PutObjectCommand({
    Bucket: 'store', Key: 'k', Body: 'x', IfNoneMatch: '*', Tagging: 'retire=keep', ServerSideEncryption: 'AES256',
  })));
  expect(put.context).toMatchObject({
    's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true', 'aws:SecureTransport': 'true',
    's3:x-amz-server-side-encryption': 'AES256',
    's3:RequestObjectTag/retire': 'keep', 's3:RequestObjectTagKeys': ['retire'], 'aws:PrincipalArn': ROLE,
  });
  const [create] = await since(() => dump.send(new CreateMultipartUploadCommand({ Bucket: 'store', Key: 'k2' })));
  expect(create).toMatchObject({ action: 's3:PutObject', context: { 's3:ObjectCreationOperation': 'false' } });
  expect(create.context['s3:if-none-match']).toBeUndefined();
  const [list] = await since(() => dump.send(new ListObjectsV2Command({ Bucket: 'store', Prefix: 'p/', MaxKeys: 5 })));
  expect(list).toMatchObject({
    action: 's3:ListBucket', resource: 'arn:aws:s3:::store', context: { 's3:prefix': 'p/', 's3:max-keys': '5' },
  });
});

test('every permission of a call is asked for', async () => {
  await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'src', Body: 'x', Tagging: 'a=b' }));
  const version = at.endpoint.s3.versions('store', 'src')[0].versionId;
  expect(await actions(() => dump.send(new PutObjectCommand({
    Bucket: 'store', Key: 't', Body: 'x', Tagging: 'a=b',
  })))).toEqual(['s3:PutObject', 's3:PutObjectTagging']);
  expect(await actions(() => dump.send(new GetObjectCommand({
    Bucket: 'store', Key: 'src', VersionId: version,
  })))).toEqual(['s3:GetObjectVersion']);
  expect(await actions(() => dump.send(new CopyObjectCommand({ Bucket: 'store', Key: 'dst', CopySource: 'store/src' }))))
    .toEqual(['s3:PutObject', 's3:GetObject', 's3:GetObjectTagging', 's3:PutObjectTagging']);
  const deletion = await since(() => dump.send(new DeleteObjectsCommand({
    Bucket: 'store', Delete: { Objects: [{ Key: 'dst' }, { Key: 'src', VersionId: version }] },
  })));
  expect(deletion.slice(1).map(({ action, resource }) => [action, resource])).toEqual([
    ['s3:DeleteObject', 'arn:aws:s3:::store/dst'], ['s3:DeleteObjectVersion', 'arn:aws:s3:::store/src'],
  ]);
});

test('one of many deletions refused', async () => {
  for (const Key of ['x1', 'x2']) await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key, Body: 'x' }));
  denied = (call) => (call.resource.endsWith('/x2') ? 'it says so' : undefined);
  const answer = await dump.send(new DeleteObjectsCommand({ Bucket: 'store', Delete: { Objects: [{ Key: 'x1' }, { Key: 'x2' }] } }));
  expect(answer.Deleted!.map(({ Key }) => Key)).toEqual(['x1']);
  expect(answer.Errors).toMatchObject([{ Key: 'x2', Code: 'AccessDenied' }]);
});

test('who may not list cannot find out what exists', async () => {
  denied = (call) => (call.action === 's3:ListBucket' ? 'no policy allows it' : undefined);
  expect(await refusal(dump.send(new GetObjectCommand({ Bucket: 'store', Key: 'missing' }))))
    .toMatchObject({ name: 'AccessDenied', status: 403 });
  expect(await refusal(dump.send(new HeadObjectCommand({ Bucket: 'store', Key: 'missing' })))).toMatchObject({ status: 403 });
  denied = () => undefined;
  expect(await refusal(dump.send(new GetObjectCommand({ Bucket: 'store', Key: 'missing' }))))
    .toMatchObject({ name: 'NoSuchKey', status: 404 });
});

describe('a bucket under a KMS key', () => {
  test('each step asks for the key in the caller\'s name', async () => {
    const [, put] = await since(() => dump.send(new PutObjectCommand({ Bucket: 'sealed', Key: 'k', Body: 'x' })));
    expect(put).toMatchObject({
      service: 'kms', action: 'kms:GenerateDataKey', resource: KEY, principal: ROLE, via: 's3',
      context: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::sealed' },
    });
    expect(await actions(() => dump.send(new GetObjectCommand({ Bucket: 'sealed', Key: 'k' })))).toEqual(['s3:GetObject', 'kms:Decrypt']);
  });

  test('multipart needs kms:Decrypt too', async () => {
    const { UploadId, ServerSideEncryption } = await dump.send(new CreateMultipartUploadCommand({ Bucket: 'sealed', Key: 'm' }));
    expect(ServerSideEncryption).toBe('aws:kms');
    const upload = () => dump.send(new UploadPartCommand({ Bucket: 'sealed', Key: 'm', UploadId, PartNumber: 1, Body: 'x' }));
    const { ETag, ChecksumCRC32 } = await upload();
    denied = (call) => (call.action === 'kms:Decrypt' ? 'no policy allows it' : undefined);
    expect(await refusal(upload())).toMatchObject({ name: 'AccessDenied', message: expect.stringContaining('kms:Decrypt') as string });
    const complete = () => dump.send(new CompleteMultipartUploadCommand({
      Bucket: 'sealed', Key: 'm', UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] },
    }));
    expect(await refusal(complete())).toMatchObject({ name: 'AccessDenied', status: 403 });
    denied = () => undefined;
    expect((await complete()).SSEKMSKeyId).toBe(KEY);
    expect(await refusal(dump.send(new AbortMultipartUploadCommand({ Bucket: 'sealed', Key: 'm', UploadId }))))
      .toMatchObject({ name: 'NoSuchUpload' });
  });

  test('a disabled key stops writes', async () => {
    at.endpoint.seedKey(KEY, { state: 'Disabled' });
    expect(await refusal(dump.send(new PutObjectCommand({ Bucket: 'sealed', Key: 'k', Body: 'x' })))).toMatchObject({
      name: 'KMS.DisabledException', status: 400,
    });
    at.endpoint.seedKey(KEY);
  });
});

test('a secret under a key asks for the key, and is refused in its service\'s words', async () => {
  const arn = at.endpoint.seedSecret('app/db', { username: 'u', password: 'p' }, { kmsKeyArn: KEY });
  const secrets = new SecretsManagerClient({ ...at.client, credentials: { accessKeyId: 'dump', secretAccessKey: 's' } });
  const read = () => secrets.send(new GetSecretValueCommand({ SecretId: arn }));
  expect(await actions(read)).toEqual(['secretsmanager:GetSecretValue', 'kms:Decrypt']);
  denied = (call) => (call.service === 'secretsmanager' ? 'no policy allows it' : undefined);
  expect(await refusal(read())).toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining(arn) as string });
});

test('an encrypted topic needs its key', async () => {
  const TopicArn = 'arn:aws:sns:us-east-1:000000000000:sealed';
  at.endpoint.topics.seed({ arn: TopicArn, keyArn: KEY });
  const sns = new SNSClient({ ...at.client, credentials: { accessKeyId: 'dump', secretAccessKey: 's' } });
  const publish = () => sns.send(new PublishCommand({ TopicArn, Message: 'm' }));
  expect(await actions(publish)).toEqual(['sns:Publish', 'kms:GenerateDataKey', 'kms:Decrypt']);
  denied = (call) => (call.service === 'kms' ? 'no policy allows it' : undefined);
  const sent = at.endpoint.messages.length;
  expect(await refusal(publish())).toMatchObject({ name: 'AuthorizationErrorException', status: 403 });
  expect(at.endpoint.messages).toHaveLength(sent);
});

test('a call that is not spoken here is a 501 that names it, and is recorded', async () => {
  const [call] = await since(async () => {
    const error = await refusal(dump.send(new GetBucketWebsiteCommand({ Bucket: 'store' })));
    expect(error).toMatchObject({
      name: 'NotImplemented', status: 501, message: expect.stringContaining('NotImplemented: s3 GetBucketWebsite') as string,
    });
  });
  expect(call).toMatchObject({ service: 's3', operation: 'GetBucketWebsite', status: 501 });
});

describe('conditions that only the body has', () => {
  test('the tags of a tagging request, and those that are there', async () => {
    await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'tagged', Body: 'x', Tagging: 'retire=pending' }));
    const TagSet = [{ Key: 'retire', Value: 'expire' }, { Key: 'x', Value: 'y' }];
    const [tagging] = await since(() => dump.send(new PutObjectTaggingCommand({ Bucket: 'store', Key: 'tagged', Tagging: { TagSet } })));
    expect(tagging).toMatchObject({ action: 's3:PutObjectTagging', context: {
      's3:RequestObjectTagKeys': ['retire', 'x'], 's3:RequestObjectTag/retire': 'expire', 's3:ExistingObjectTag/retire': 'pending',
    } });
    const [read] = await since(() => dump.send(new GetObjectCommand({ Bucket: 'store', Key: 'tagged' })));
    expect(read.context).toMatchObject({ 's3:ExistingObjectTag/retire': 'expire' });
    const [none] = await since(() => dump.send(new PutObjectTaggingCommand({ Bucket: 'store', Key: 'tagged', Tagging: { TagSet: [] } })));
    expect(none.context['s3:RequestObjectTagKeys']).toBeUndefined();
  });

  test('the mode and the days of a retention, the hold', async () => {
    at.endpoint.s3.createBucket({ name: 'locked', objectLock: true });
    const target = { Bucket: 'locked', Key: 'k' };
    await at.s3.send(new PutObjectCommand({ ...target, Body: 'x' }));
    const RetainUntilDate = new Date(Date.now() + 10 * 86_400_000);
    const [retention] = await since(() => dump.send(new PutObjectRetentionCommand({ ...target, Retention: { Mode: 'GOVERNANCE', RetainUntilDate } })));
    expect(retention).toMatchObject({ action: 's3:PutObjectRetention', context: {
      's3:object-lock-mode': 'GOVERNANCE', 's3:object-lock-remaining-retention-days': '10',
    } });
    const [hold] = await since(() => dump.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status: 'ON' } })));
    expect(hold.context).toMatchObject({ 's3:object-lock-legal-hold': 'ON' });
  });
});
