import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, GetObjectCommand, HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand, UploadPartCommand, UploadPartCopyCommand, type CompletedPart,
} from '@aws-sdk/client-s3';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { refusal, start, type Started } from './support';

const FIVE = Buffer.alloc(5 * 1024 * 1024, 1);

let at: Started;
beforeAll(async () => {
  // Without sums of the SDK's own, so that the refusals of plain uploads are seen.
  at = await start({}, { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' });
});
afterAll(() => at.stop());

const create = async (Key: string, more: object = {}): Promise<string> =>
  (await at.s3.send(new CreateMultipartUploadCommand({ Bucket: 'store', Key, ...more }))).UploadId!;
const upload = async (Key: string, UploadId: string, PartNumber: number, Body: Buffer | string): Promise<CompletedPart> =>
  ({ PartNumber, ETag: (await at.s3.send(new UploadPartCommand({ Bucket: 'store', Key, UploadId, PartNumber, Body }))).ETag });
const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) =>
  at.s3.send(new CompleteMultipartUploadCommand({ Bucket: 'store', Key, UploadId, MultipartUpload: { Parts }, ...more }));

function filesOnDisk(): number {
  const data = join(at.directory, 'data');
  return readdirSync(data).reduce((sum, folder) => sum + readdirSync(join(data, folder)).length, 0);
}

test('parts in any order, one of them twice, some left out', async () => {
  const id = await create('m', { Metadata: { kept: 'yes' }, Tagging: 'a=b' });
  const before = filesOnDisk();
  const two = await upload('m', id, 2, 'tail');
  await upload('m', id, 1, 'will be replaced');
  const one = await upload('m', id, 1, FIVE);
  await upload('m', id, 7, 'left out');
  expect(filesOnDisk()).toBe(before + 3);
  const parts = await at.s3.send(new ListPartsCommand({ Bucket: 'store', Key: 'm', UploadId: id, MaxParts: 2 }));
  expect(parts).toMatchObject({
    IsTruncated: true, NextPartNumberMarker: '2', Parts: [{ PartNumber: 1, Size: FIVE.length }, { PartNumber: 2, Size: 4 }],
  });
  const done = await complete('m', id, [one, two]);
  expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  expect(filesOnDisk()).toBe(before + 2);
  const read = await at.s3.send(new GetObjectCommand({ Bucket: 'store', Key: 'm', Range: `bytes=${FIVE.length - 2}-` }));
  expect(await read.Body!.transformToString()).toBe('\u0001\u0001tail');
  expect(read).toMatchObject({ Metadata: { kept: 'yes' }, TagCount: 1 });
  const part = await at.s3.send(new HeadObjectCommand({ Bucket: 'store', Key: 'm', PartNumber: 2 }));
  expect(part).toMatchObject({ ContentLength: 4, PartsCount: 2 });
  // The answer to a completion may have got lost: asked again, it is the same.
  expect((await complete('m', id, [one, two])).ETag).toBe(done.ETag);
  expect(at.endpoint.s3.uploads('store')).toEqual([]);
});

test('a completion is refused for', async () => {
  const id = await create('r');
  const small = await upload('r', id, 1, 'small');
  const last = await upload('r', id, 2, 'last');
  expect(await refusal(complete('r', id, [small, last]))).toMatchObject({ name: 'EntityTooSmall', status: 400 });
  expect(await refusal(complete('r', id, [last, small]))).toMatchObject({ name: 'InvalidPartOrder', status: 400 });
  expect(await refusal(complete('r', id, [{ ...small, ETag: '"0"' }]))).toMatchObject({ name: 'InvalidPart', status: 400 });
  expect(await refusal(complete('r', id, [{ PartNumber: 3, ETag: small.ETag }]))).toMatchObject({ name: 'InvalidPart', status: 400 });
  expect(await refusal(complete('r', id, []))).toMatchObject({ name: 'MalformedXML', status: 400 });
  expect(await refusal(complete('r', 'nothing', [small]))).toMatchObject({ name: 'NoSuchUpload', status: 404 });
  expect(await refusal(complete('other', id, [small]))).toMatchObject({ name: 'NoSuchUpload', status: 404 });
  expect(await refusal(complete('r', id, [small], { MpuObjectSize: 6 }))).toMatchObject({ name: 'InvalidRequest', status: 400 });
  await complete('r', id, [small], { MpuObjectSize: 5 });
});

test.each([0, 10_001, -1])('part number %s is refused', async (number) => {
  const id = await create('n');
  expect(await refusal(upload('n', id, number, 'x'))).toMatchObject({ name: 'InvalidArgument', status: 400 });
  await upload('n', id, 10_000, 'x');
});

test('an abort leaves nothing, and nothing can follow it', async () => {
  const before = filesOnDisk();
  const id = await create('a');
  await upload('a', id, 1, 'x');
  await at.s3.send(new AbortMultipartUploadCommand({ Bucket: 'store', Key: 'a', UploadId: id }));
  expect(filesOnDisk()).toBe(before);
  expect(await refusal(upload('a', id, 1, 'x'))).toMatchObject({ name: 'NoSuchUpload', status: 404 });
});

test('two completions under If-None-Match: one wins, the other is told, also when it asks again', async () => {
  const ids = [await create('w'), await create('w')];
  const parts = await Promise.all(ids.map((id) => upload('w', id, 1, 'x')));
  await complete('w', ids[0], [parts[0]], { IfNoneMatch: '*' });
  expect(await refusal(complete('w', ids[1], [parts[1]], { IfNoneMatch: '*' }))).toMatchObject({ name: 'PreconditionFailed', status: 412 });
  expect(await refusal(complete('w', ids[0], [parts[0]], { IfNoneMatch: '*' }))).toMatchObject({ name: 'PreconditionFailed', status: 412 });
  expect(at.endpoint.s3.versions('store', 'w')).toHaveLength(1);
});

test('checksums: the algorithm of the upload binds its parts and its completion', async () => {
  const id = await create('s', { ChecksumAlgorithm: 'SHA256' });
  const part = (more: object) => at.s3.send(new UploadPartCommand({
    Bucket: 'store', Key: 's', UploadId: id, PartNumber: 1, Body: 'x', ...more,
  }));
  expect(await refusal(part({ ChecksumAlgorithm: 'CRC32' }))).toMatchObject({ name: 'InvalidRequest', status: 400 });
  const { ETag, ChecksumSHA256 } = await part({ ChecksumAlgorithm: 'SHA256' });
  expect(await refusal(complete('s', id, [{ PartNumber: 1, ETag }]))).toMatchObject({ name: 'InvalidRequest', status: 400 });
  const wrong = Buffer.alloc(32).toString('base64');
  expect(await refusal(complete(
    's', id, [{ PartNumber: 1, ETag, ChecksumSHA256: wrong }],
  ))).toMatchObject({ name: 'InvalidPart', status: 400 });
  expect((await complete('s', id, [{ PartNumber: 1, ETag, ChecksumSHA256 }])).ChecksumSHA256).toMatch(/-1$/);
  const pair = { ChecksumAlgorithm: 'SHA1', ChecksumType: 'FULL_OBJECT' };
  expect(await refusal(create('s', pair))).toMatchObject({ name: 'InvalidRequest', status: 400 });
});

test('a wrong sum over the whole is refused', async () => {
  const id = await create('f', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  const { ETag } = await at.s3.send(new UploadPartCommand({
    Bucket: 'store', Key: 'f', UploadId: id, PartNumber: 1, Body: 'hello', ChecksumAlgorithm: 'CRC32',
  }));
  const done = (ChecksumCRC32: string) => complete('f', id, [{ PartNumber: 1, ETag }], { ChecksumCRC32, ChecksumType: 'FULL_OBJECT' });
  expect(await refusal(done('AAAAAA=='))).toMatchObject({ name: 'BadDigest', status: 400 });
  expect((await done('NhCmhg==')).ChecksumCRC32).toBe('NhCmhg==');
});

test('parts copied from an object', async () => {
  await at.s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'src', Body: FIVE }));
  const id = await create('c');
  const copy = async (PartNumber: number, CopySourceRange?: string): Promise<CompletedPart> => {
    const { CopyPartResult } = await at.s3.send(new UploadPartCopyCommand({
      Bucket: 'store', Key: 'c', UploadId: id, PartNumber, CopySource: 'plain/src', CopySourceRange,
    }));
    return { PartNumber, ETag: CopyPartResult!.ETag };
  };
  const parts = [await copy(1), await copy(2, 'bytes=0-9')];
  await complete('c', id, parts);
  expect(at.endpoint.s3.versions('store', 'c')[0].size).toBe(FIVE.length + 10);
  expect(await refusal(copy(1, 'bytes=0-99999999'))).toMatchObject({ status: 404 });
});
