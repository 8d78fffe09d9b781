import { ApiError, invalidRequest } from '../errors';
import { parseAlgorithm, type ChecksumName } from '../checksums';
import { toXml } from '../xml';
import { attributesOf, encryptionHeaders, keptHeaders, versionHeader } from './attributes';
import { isUnmodified } from './conditions';
import { demandLockPermissions } from './locks';
import { keepPart, partNumberOf, uploadOf } from './multipart';
import type { S3Call, S3Handler } from './service';
import type { Encryption, ObjectVersion } from './state';
import { needsMd5, place, versionIdFor, WriteIntent } from './write';
import type { WrittenBlob } from './blobs';
import { randomBytes } from 'node:crypto';

const LARGEST_COPY_BYTES = 5 * 1024 ** 3;

interface Source { bucket: string; key: string; version: ObjectVersion; resource: string }

/** The object that x-amz-copy-source names, if the caller may read it. */
async function sourceOf(call: S3Call): Promise<Source> {
  const [path, search = ''] = (call.headers['x-amz-copy-source'] ?? '').replace(/^\//, '').split('?');
  const versionId = new URLSearchParams(search).get('versionId') ?? undefined;
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1) throw new ApiError(
    'InvalidArgument', 400, 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
  );
  const bucket = decodeURIComponent(path.slice(0, slash));
  const key = decodeURIComponent(path.slice(slash + 1));
  const resource = `arn:aws:s3:::${bucket}/${key}`;
  await call.demand(versionId ? 's3:GetObjectVersion' : 's3:GetObject', resource, versionId ? { 's3:VersionId': versionId } : {});
  const version = await call.version(call.bucket(bucket), key, versionId);
  await call.demandKey('Decrypt', version.encryption, bucket, key);
  isUnmodified(call.headers, version, 'x-amz-copy-source-');
  return { bucket, key, version, resource };
}

/** Reads through the bytes once, because the copy needs sums of its own. */
async function rewrite(call: S3Call, source: ObjectVersion, start: number, end: number, algorithms: ChecksumName[]): Promise<WrittenBlob> {
  const writer = await call.blobs.writer(algorithms);
  try {
    for await (const chunk of call.blobs.read(source.segments, start, end)) await writer.write(chunk);
    return await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function etagOf(blob: WrittenBlob, encryption: Encryption): string {
  return needsMd5(encryption) ? Buffer.from(blob.sums.get('MD5')!, 'base64').toString('hex') : randomBytes(16).toString('hex');
}

const copyObject: S3Handler = async (call) => {
  const bucket = call.bucket();
  const source = await sourceOf(call);
  const { version: from } = source;
  if (from.size > LARGEST_COPY_BYTES) {
    throw invalidRequest(`The specified copy source is larger than the maximum allowable size for a copy source: ${LARGEST_COPY_BYTES}`);
  }
  const replacesMetadata = call.headers['x-amz-metadata-directive'] === 'REPLACE';
  const replacesTags = call.headers['x-amz-tagging-directive'] === 'REPLACE';
  const resource = `arn:aws:s3:::${call.bucketName}/${call.key}`;
  const changes = replacesMetadata || ['x-amz-storage-class', 'x-amz-server-side-encryption'].some((name) => call.headers[name] !== undefined);
  const isCurrent = call.bucket(source.bucket).current(source.key) === from;
  if (source.resource === resource && isCurrent && !changes) {
    throw invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, "
      + 'storage class, website redirect location or encryption attributes.');
  }
  if (!replacesTags && Object.keys(from.tags).length) await call.demand('s3:GetObjectTagging', source.resource);
  if (replacesTags || Object.keys(from.tags).length) await call.demand('s3:PutObjectTagging', resource);
  await demandLockPermissions(call, resource);
  const attributes = attributesOf(call, bucket);
  await call.demandKey('GenerateDataKey', attributes.encryption);
  const intent = new WriteIntent(call, bucket);
  const asked = call.headers['x-amz-checksum-algorithm'];
  const algorithm = asked === undefined ? from.checksum?.algorithm ?? 'CRC64NVME' : parseAlgorithm(asked, call.operation);
  const blob = await rewrite(call, from, 0, from.size - 1, needsMd5(attributes.encryption) ? [algorithm, 'MD5'] : [algorithm]);
  try {
    intent.confirm();
  } catch (error) {
    await call.blobs.remove([blob.segment]);
    throw error;
  }
  const version: ObjectVersion = {
    ...attributes, headers: replacesMetadata ? keptHeaders(call.headers) : from.headers, tags: replacesTags ? attributes.tags : from.tags,
    versionId: versionIdFor(bucket), lastModified: call.now(), etag: etagOf(blob, attributes.encryption), size: blob.segment.size,
    segments: [blob.segment],
    checksum: { algorithm, type: 'FULL_OBJECT', value: blob.sums.get(algorithm)! },
  };
  await place(call, bucket, call.key, version);
  return {
    status: 200,
    headers: {
      ...encryptionHeaders(version.encryption), ...versionHeader(bucket, version),
      'x-amz-copy-source-version-id': call.bucket(source.bucket).settings.versioning ? from.versionId : undefined,
    },
    body: toXml('CopyObjectResult', {
      ETag: `"${version.etag}"`, LastModified: new Date(version.lastModified), [`Checksum${algorithm}`]: version.checksum!.value,
      ChecksumType: 'FULL_OBJECT',
    }),
  };
};

function copyRange(header: string | undefined, size: number): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: size - 1 };
  const m = /^bytes=(\d+)-(\d+)$/.exec(header);
  if (!m || Number(m[2]) < Number(m[1])) {
    throw new ApiError('InvalidArgument', 400, 'The x-amz-copy-source-range value must be of the form bytes=first-last where first and '
      + 'last are the zero-based offsets of the first and last bytes to '
      + 'copy', { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header });
  }
  if (Number(m[2]) >= size) {
    throw new ApiError('InvalidArgument', 400, `Range specified is not valid for source object of size: ${size}`,
      { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header });
  }
  return { start: Number(m[1]), end: Number(m[2]) };
}

const uploadPartCopy: S3Handler = async (call) => {
  call.bucket();
  const number = partNumberOf(call);
  const upload = uploadOf(call);
  const { version: from } = await sourceOf(call);
  await call.demandKey('GenerateDataKey', upload.encryption);
  await call.demandKey('Decrypt', upload.encryption);
  const { start, end } = copyRange(call.headers['x-amz-copy-source-range'], from.size);
  const algorithm = upload.checksumAlgorithm;
  const blob = await rewrite(call, from, start, end, needsMd5(upload.encryption) ? [algorithm, 'MD5'] : [algorithm]);
  const etag = etagOf(blob, upload.encryption);
  const value = blob.sums.get(algorithm)!;
  await keepPart(call, upload, { number, etag, segment: blob.segment, lastModified: call.now(), checksum: { algorithm, value } });
  return {
    status: 200,
    headers: {
      'x-amz-copy-source-version-id': from.versionId === 'null' ? undefined : from.versionId, ...encryptionHeaders(upload.encryption),
    },
    body: toXml('CopyPartResult', {
      ETag: `"${etag}"`, LastModified: new Date(call.now()), ...(upload.checksumAsked ? { [`Checksum${algorithm}`]: value } : {}),
    }),
  };
};

export const copyHandlers: Record<string, S3Handler> = { CopyObject: copyObject, UploadPartCopy: uploadPartCopy };
