import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand, CreateMultipartUploadCommand, GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { ApiCall, Fault } from '../../rehearsal/endpoint';
import { refusal, start, type Started } from './support';

let at: Started;
let plan: (call: ApiCall) => Fault | undefined = () => undefined;
beforeAll(async () => {
  at = await start({ faults: (call) => plan(call) });
});
afterAll(() => at.stop());
beforeEach(() => {
  plan = () => undefined;
});

const put = (
  Key: string, Body: Buffer | string = 'x', more: object = {}, client = at.s3,
) => client.send(new PutObjectCommand({ Bucket: 'store', Key, Body, ...more }));
const read = async (Key: string): Promise<Buffer> => {
  const { Body } = await at.s3.send(new GetObjectCommand({ Bucket: 'store', Key }));
  return Buffer.from(await Body!.transformToByteArray());
};
const once = (operation: string, fault: Fault, times = 1): void => {
  let left = times;
  plan = (call) => (call.operation === operation && left-- > 0 ? fault : undefined);
};

test('503 a few times: a patient client gets through', async () => {
  once('PutObject', { status: 503 }, 2);
  const patient = new S3Client({ ...at.client, maxAttempts: 4 });
  await put('slow', 'x', {}, patient);
  expect(at.endpoint.s3.versions('store', 'slow')).toHaveLength(1);
  once('PutObject', { status: 503 });
  expect(await refusal(put('slow'))).toMatchObject({ name: 'SlowDown', status: 503 });
});

test('a lost answer: the write is done, the retry is told so', async () => {
  once('PutObject', { loseAnswer: true });
  const error = await refusal(put('lost', 'x', { IfNoneMatch: '*' }, new S3Client({ ...at.client, maxAttempts: 3 })));
  expect(error).toMatchObject({ name: 'PreconditionFailed', status: 412 });
  expect(at.endpoint.s3.versions('store', 'lost')).toHaveLength(1);
});

test('a connection cut in the middle of an upload leaves nothing', async () => {
  once('PutObject', { resetAfterBytes: 200_000 });
  const error = await refusal(put('cut', Buffer.alloc(1_000_000)));
  expect(error.status).toBeUndefined();
  expect(at.endpoint.s3.versions('store', 'cut')).toEqual([]);
});

test('reads: cut, truncated, damaged, with a lying checksum', async () => {
  const data = Buffer.alloc(1_000_000, 7);
  await put('data', data);
  once('GetObject', { resetAfterBytes: 300_000 });
  await expect(read('data')).rejects.toThrow();
  once('GetObject', { corrupt: 'truncate' });
  await expect(read('data')).rejects.toThrow();
  once('GetObject', { corrupt: 'body', corruptAt: 123 });
  await expect(read('data')).rejects.toThrow(/[Cc]hecksum/);
  once('GetObject', { corrupt: 'checksum' });
  await expect(read('data')).rejects.toThrow(/[Cc]hecksum/);
  expect((await read('data')).equals(data)).toBe(true);
});

test('slow, and late', async () => {
  const began = Date.now();
  once('PutObject', { bytesPerSecond: 500_000 });
  await put('slowly', Buffer.alloc(200_000));
  expect(Date.now() - began).toBeGreaterThan(350);
  once('GetObject', { delayMilliseconds: 200 });
  const asked = Date.now();
  await read('slowly');
  expect(Date.now() - asked).toBeGreaterThan(190);
});

test('a start on the same folder finds everything again, uploads in progress too', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'endpoint-'));
  try {
    const one = await start({ directory });
    one.endpoint.s3.createBucket({ name: 'kept', objectLock: true, kmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/k' });
    const retain = { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate: new Date(Date.now() + 86_400_000) };
    for (const Body of ['one', 'two']) await one.s3.send(new PutObjectCommand({
      Bucket: 'kept', Key: 'é/k', Body, Tagging: 'a=b', Metadata: { m: '1' }, ...retain,
    }));
    const { UploadId } = await one.s3.send(new CreateMultipartUploadCommand({ Bucket: 'kept', Key: 'm' }));
    const { ETag, ChecksumCRC32 } = await one.s3.send(new UploadPartCommand({
      Bucket: 'kept', Key: 'm', UploadId, PartNumber: 1, Body: 'part',
    }));
    const before = await one.s3.send(new ListObjectVersionsCommand({ Bucket: 'kept' }));
    await one.stop();
    // As a kill would leave it: the last line half written.
    appendFileSync(join(directory, 'index.jsonl'), '{"in":"kept","key":"é/k","ver');
    mkdirSync(join(directory, 'data', 'ff'), { recursive: true });
    const leftover = join(directory, 'data', 'ff', 'ff-cut-short');
    writeFileSync(leftover, 'half a part');

    const two = await start({ directory });
    expect(existsSync(leftover)).toBe(false);
    const after = await two.s3.send(new ListObjectVersionsCommand({ Bucket: 'kept' }));
    expect(after.Versions).toEqual(before.Versions);
    const got = await two.s3.send(new GetObjectCommand({ Bucket: 'kept', Key: 'é/k' }));
    expect(await got.Body!.transformToString()).toBe('two');
    expect(got).toMatchObject({ ObjectLockMode: 'COMPLIANCE', TagCount: 1, Metadata: { m: '1' }, ServerSideEncryption: 'aws:kms' });
    await two.s3.send(new CompleteMultipartUploadCommand({
      Bucket: 'kept', Key: 'm', UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] },
    }));
    expect((await two.endpoint.s3.read('kept', 'm')).toString()).toBe('part');
    await two.stop();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a test can damage what is stored', async () => {
  await put('stored', 'good');
  const [file] = at.endpoint.s3.files('store', 'stored');
  const bytes = readFileSync(file);
  bytes[0] ^= 1;
  writeFileSync(file, bytes);
  await expect(read('stored')).rejects.toThrow(/[Cc]hecksum/);
});
