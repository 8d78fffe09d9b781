import { Readable } from 'node:stream';
import {
  ChecksumAlgorithm, CompleteMultipartUploadCommand, CopyObjectCommand, CreateMultipartUploadCommand, DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand, GetObjectCommand, GetObjectTaggingCommand, HeadObjectCommand, ListObjectVersionsCommand, PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { refusal, start, type Started } from './support';

let at: Started;
beforeAll(async () => {
  at = await start();
});
afterAll(() => at.stop());

const text = async (Key: string, more: object = {}): Promise<string> => {
  const answer = await at.s3.send(new GetObjectCommand({ Bucket: 'store', Key, ...more }));
  return answer.Body!.transformToString();
};

test('an object comes back with its metadata, under odd keys too', async () => {
  for (const Key of [
    'a', 'with space', 'plus+and%25', 'é/ü/漢字/😀', 'double//slash', '/leading', 'dots/../x', "quote'(!)*", 'a?b#c&d=e', '~tilde',
  ]) {
    await at.s3.send(new PutObjectCommand({
      Bucket: 'store', Key, Body: `body of ${Key}`, ContentType: 'text/plain', CacheControl: 'no-store', Metadata: { who: 'me' },
    }));
    const answer = await at.s3.send(new GetObjectCommand({ Bucket: 'store', Key }));
    expect(await answer.Body!.transformToString()).toBe(`body of ${Key}`);
    expect(answer).toMatchObject({
      ContentType: 'text/plain', CacheControl: 'no-store', Metadata: { who: 'me' }, ServerSideEncryption: 'AES256',
    });
  }
});

test('the ETag without a KMS key is the MD5', async () => {
  const { ETag } = await at.s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'md5', Body: 'hello' }));
  expect(ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
});

test('versions and delete markers', async () => {
  const put = async (Body: string) => (await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'v', Body }))).VersionId!;
  const [one, two] = [await put('one'), await put('two')];
  expect(await text('v')).toBe('two');
  expect(await text('v', { VersionId: one })).toBe('one');
  const gone = await at.s3.send(new DeleteObjectCommand({ Bucket: 'store', Key: 'v' }));
  expect(gone.DeleteMarker).toBe(true);
  expect(await refusal(text('v'))).toMatchObject({ name: 'NoSuchKey', status: 404 });
  expect(await refusal(text('v', { VersionId: gone.VersionId }))).toMatchObject({ name: 'MethodNotAllowed', status: 405 });
  const list = await at.s3.send(new ListObjectVersionsCommand({ Bucket: 'store', Prefix: 'v' }));
  expect(list.Versions!.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([[two, false], [one, false]]);
  expect(list.DeleteMarkers).toMatchObject([{ VersionId: gone.VersionId, IsLatest: true }]);
  await at.s3.send(new DeleteObjectCommand({ Bucket: 'store', Key: 'v', VersionId: gone.VersionId }));
  expect(await text('v')).toBe('two');
  await at.s3.send(new DeleteObjectCommand({ Bucket: 'store', Key: 'v', VersionId: two }));
  expect(await text('v')).toBe('one');
  expect(await refusal(text('v', { VersionId: two }))).toMatchObject({ name: 'NoSuchVersion', status: 404 });
});

test('many deletions in one call, each with its own answer', async () => {
  for (const Key of ['d/1', 'd/2']) await at.s3.send(new PutObjectCommand({ Bucket: 'plain', Key, Body: Key }));
  const answer = await at.s3.send(new DeleteObjectsCommand({
    Bucket: 'plain', Delete: { Objects: [{ Key: 'd/1' }, { Key: 'd/2' }, { Key: 'd/none' }] },
  }));
  expect(answer.Deleted!.map(({ Key }) => Key)).toEqual(['d/1', 'd/2', 'd/none']);
  expect(at.endpoint.s3.keys('plain', 'd/')).toEqual([]);
});

test('tags, with a write and after it', async () => {
  await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 't', Body: 'x', Tagging: 'retire=keep&a+b=c%2Fd' }));
  const tags = async () => (await at.s3.send(new GetObjectTaggingCommand({ Bucket: 'store', Key: 't' }))).TagSet;
  expect(await tags()).toEqual([{ Key: 'retire', Value: 'keep' }, { Key: 'a b', Value: 'c/d' }]);
  await at.s3.send(new PutObjectTaggingCommand({ Bucket: 'store', Key: 't', Tagging: { TagSet: [{ Key: 'retire', Value: 'expire' }] } }));
  expect(await tags()).toEqual([{ Key: 'retire', Value: 'expire' }]);
  expect((await at.s3.send(new HeadObjectCommand({ Bucket: 'store', Key: 't' }))).TagCount).toBe(1);
  const twice = { TagSet: [{ Key: 'a', Value: '1' }, { Key: 'a', Value: '2' }] };
  expect(await refusal(at.s3.send(new PutObjectTaggingCommand({
    Bucket: 'store', Key: 't', Tagging: twice,
  })))).toMatchObject({ name: 'InvalidTag', status: 400 });
});

test('ranges', async () => {
  await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'r', Body: '0123456789' }));
  expect(await text('r', { Range: 'bytes=2-4' })).toBe('234');
  expect(await text('r', { Range: 'bytes=7-' })).toBe('789');
  expect(await text('r', { Range: 'bytes=-3' })).toBe('789');
  expect(await text('r', { Range: 'bytes=-99' })).toBe('0123456789');
  expect(await text('r', { Range: 'bytes=5-99' })).toBe('56789');
  const answer = await at.s3.send(new GetObjectCommand({ Bucket: 'store', Key: 'r', Range: 'bytes=0-0' }));
  expect(answer).toMatchObject({ ContentRange: 'bytes 0-0/10', ContentLength: 1, $metadata: { httpStatusCode: 206 } });
  expect(await refusal(text('r', { Range: 'bytes=10-' }))).toMatchObject({ name: 'InvalidRange', status: 416 });
});

test('conditional reads', async () => {
  const { ETag } = await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'c', Body: 'x' }));
  expect(await refusal(text('c', { IfNoneMatch: ETag }))).toMatchObject({ status: 304 });
  expect(await refusal(text('c', { IfMatch: '"other"' }))).toMatchObject({ name: 'PreconditionFailed', status: 412 });
  expect(await text('c', { IfMatch: ETag })).toBe('x');
  expect(await refusal(text('c', { IfModifiedSince: new Date(Date.now() + 60_000) }))).toMatchObject({ status: 304 });
  expect(await refusal(text('c', { IfUnmodifiedSince: new Date(Date.now() - 60_000) }))).toMatchObject({ status: 412 });
});

test('conditional writes: one winner, whoever comes after is told', async () => {
  const put = (Body: string, more: object) => at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'once', Body, ...more }));
  const all = await Promise.allSettled(['a', 'b', 'c', 'd'].map((body) => put(body, { IfNoneMatch: '*' })));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of all) if (one.status === 'rejected') expect((one.reason as Error).name).toBe('PreconditionFailed');
  expect(at.endpoint.s3.versions('store', 'once')).toHaveLength(1);
  const etag = `"${at.endpoint.s3.versions('store', 'once')[0].etag}"`;
  expect(await refusal(put('x', { IfMatch: '"no"' }))).toMatchObject({ name: 'PreconditionFailed', status: 412 });
  await put('y', { IfMatch: etag });
  expect(await text('once')).toBe('y');
  expect(await refusal(at.s3.send(new PutObjectCommand({
    Bucket: 'store', Key: 'never', Body: 'x', IfMatch: etag,
  })))).toMatchObject({ name: 'NoSuchKey', status: 404 });
  // A delete marker is no object: the key may be written again.
  await at.s3.send(new DeleteObjectCommand({ Bucket: 'store', Key: 'once' }));
  await put('z', { IfNoneMatch: '*' });
});

test('a deletion during a conditional write is a conflict', async () => {
  let more: (() => void) | undefined;
  const waiting = new Promise<void>((resolve) => { more = resolve; });
  const body = Readable.from((async function* slow() {
    yield Buffer.alloc(100_000);
    await waiting;
    yield Buffer.alloc(100_000);
  })());
  const put = refusal(at.s3.send(new PutObjectCommand({
    Bucket: 'plain', Key: 'conflict', Body: body, ContentLength: 200_000, IfNoneMatch: '*',
  })));
  while (!at.endpoint.calls.some(({ resource }) => resource.endsWith('plain/conflict'))) await new Promise((resolve) => setTimeout(resolve, 10));
  await at.s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'conflict', Body: 'other' }));
  await at.s3.send(new DeleteObjectCommand({ Bucket: 'plain', Key: 'conflict' }));
  more!();
  expect(await put).toMatchObject({ name: 'ConditionalRequestConflict', status: 409 });
});

describe('checksums', () => {
  const algorithms = [
    ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32C, ChecksumAlgorithm.CRC64NVME, ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256,
  ];
  const data = Buffer.from(Array.from({ length: 300_001 }, (_, i) => (i * 7919) & 255));

  test.each(algorithms)('%s of a buffer and in the trailer of a stream agree, and are checked on reading', async (ChecksumAlgorithm) => {
    const field = `Checksum${ChecksumAlgorithm}` as 'ChecksumCRC32';
    const fromBuffer = await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'sum', Body: data, ChecksumAlgorithm }));
    const body = Readable.from([data.subarray(0, 100_000), data.subarray(100_000)]);
    const fromStream = await at.s3.send(new PutObjectCommand({
      Bucket: 'store', Key: 'sum', Body: body, ContentLength: data.length, ChecksumAlgorithm,
    }));
    expect(fromStream[field]).toBe(fromBuffer[field]);
    const read = await at.s3.send(new GetObjectCommand({ Bucket: 'store', Key: 'sum', ChecksumMode: 'ENABLED' }));
    expect(read[field]).toBe(fromBuffer[field]);
    expect(Buffer.compare(Buffer.from(await read.Body!.transformToByteArray()), data)).toBe(0);
  });

  test.each(algorithms)('a wrong %s is refused and leaves nothing', async (algorithm) => {
    const bytes = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 }[algorithm as 'CRC32'];
    const wrong = { [`Checksum${algorithm}`]: Buffer.alloc(bytes, 1).toString('base64') };
    const key = `wrong-${algorithm}`;
    expect(await refusal(at.s3.send(new PutObjectCommand({
      Bucket: 'store', Key: key, Body: data, ...wrong,
    })))).toMatchObject({ name: 'BadDigest', status: 400 });
    const short = { [`Checksum${algorithm}`]: 'AAA=' };
    expect(await refusal(at.s3.send(new PutObjectCommand({
      Bucket: 'store', Key: key, Body: data, ...short,
    })))).toMatchObject({ name: 'InvalidRequest', status: 400 });
    expect(at.endpoint.s3.versions('store', key)).toHaveLength(0);
  });

  test('Content-MD5', async () => {
    const put = (ContentMD5: string) => at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'm', Body: 'hello', ContentMD5 }));
    await put('XUFAKrxLKna5cZ2REBfFkg==');
    expect(await refusal(put('AAAAAAAAAAAAAAAAAAAAAA=='))).toMatchObject({ name: 'BadDigest', status: 400 });
    expect(await refusal(put('nonsense'))).toMatchObject({ name: 'InvalidDigest', status: 400 });
  });

  test.each([
    ['CRC32', 'FULL_OBJECT'], ['CRC32', 'COMPOSITE'], ['CRC32C', 'FULL_OBJECT'], ['CRC32C', 'COMPOSITE'], ['CRC64NVME', 'FULL_OBJECT'],
    ['SHA1', 'COMPOSITE'],
    ['SHA256', 'COMPOSITE'],
  ] as const)('multipart with %s as %s', async (ChecksumAlgorithm, ChecksumType) => {
    const field = `Checksum${ChecksumAlgorithm}` as 'ChecksumCRC32';
    const parts = [Buffer.alloc(5 * 1024 * 1024, 3), Buffer.alloc(5 * 1024 * 1024 + 17, 4), Buffer.from('the end')];
    const Key = `mp-${ChecksumAlgorithm}`;
    const { UploadId } = await at.s3.send(new CreateMultipartUploadCommand({ Bucket: 'store', Key, ChecksumAlgorithm, ChecksumType }));
    const Parts = [];
    for (const [i, Body] of parts.entries()) {
      const done = await at.s3.send(new UploadPartCommand({ Bucket: 'store', Key, UploadId, PartNumber: i + 1, Body, ChecksumAlgorithm }));
      Parts.push({ PartNumber: i + 1, ETag: done.ETag, [field]: done[field] });
    }
    const whole = Buffer.concat(parts);
    const done = await at.s3.send(new CompleteMultipartUploadCommand({
      Bucket: 'store', Key, UploadId, ChecksumType, MultipartUpload: { Parts },
    }));
    expect(done.ChecksumType).toBe(ChecksumType);
    if (ChecksumType === 'FULL_OBJECT') {
      const single = await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'single', Body: whole, ChecksumAlgorithm }));
      expect(done[field]).toBe(single[field]);
    } else {
      expect(done[field]).toMatch(/-3$/);
    }
    const read = await at.s3.send(new GetObjectCommand({ Bucket: 'store', Key, ChecksumMode: 'ENABLED' }));
    expect(Buffer.compare(Buffer.from(await read.Body!.transformToByteArray()), whole)).toBe(0);
    const about = await at.s3.send(new GetObjectAttributesCommand({
      Bucket: 'store', Key, ObjectAttributes: ['ObjectParts', 'Checksum', 'ObjectSize', 'ETag'],
    }));
    expect(about).toMatchObject({ ObjectSize: whole.length, ObjectParts: { TotalPartsCount: 3 }, Checksum: { ChecksumType } });
  });
});

test('a copy keeps data, metadata and tags', async () => {
  await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'from é', Body: 'copied', Metadata: { a: 'b' }, Tagging: 'x=y' }));
  await at.s3.send(new CopyObjectCommand({ Bucket: 'plain', Key: 'to', CopySource: `store/${encodeURIComponent('from é')}` }));
  const copy = await at.s3.send(new GetObjectCommand({ Bucket: 'plain', Key: 'to' }));
  expect(await copy.Body!.transformToString()).toBe('copied');
  expect(copy).toMatchObject({ Metadata: { a: 'b' }, TagCount: 1 });
  const toItself = new CopyObjectCommand({ Bucket: 'plain', Key: 'to', CopySource: 'plain/to' });
  expect(await refusal(at.s3.send(toItself))).toMatchObject({ name: 'InvalidRequest', status: 400 });
});

test('a bucket without versions keeps no old bytes', async () => {
  await at.s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'n', Body: 'one' }));
  await at.s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'n', Body: 'two' }));
  expect(at.endpoint.s3.versions('plain', 'n')).toMatchObject([{ versionId: 'null', size: 3 }]);
  expect((await at.endpoint.s3.read('plain', 'n')).toString()).toBe('two');
});

test('what S3 refuses', async () => {
  const put = (more: object) => at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'bad', Body: 'x', ...more }));
  expect(await refusal(put({ Bucket: 'missing' }))).toMatchObject({ name: 'NoSuchBucket', status: 404 });
  expect(await refusal(put({ Key: 'k'.repeat(1025) }))).toMatchObject({ name: 'KeyTooLongError', status: 400 });
  expect(await refusal(put({ Metadata: { big: 'x'.repeat(3000) } }))).toMatchObject({ name: 'MetadataTooLarge', status: 400 });
  expect(await refusal(put({ IfNoneMatch: '"etag"' }))).toMatchObject({ name: 'NotImplemented', status: 501 });
  expect(await refusal(put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'none' }))).toMatchObject({
    name: 'KMS.NotFoundException', status: 400,
  });
});
