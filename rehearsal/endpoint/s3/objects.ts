import { announcedChecksum, checksumHeader } from '../checksums';
import { ApiError, invalidRequest } from '../errors';
import type { Reply } from '../exchange';
import { childNodes, childText, malformedXml, parseXml, toXml, type XmlValue } from '../xml';
import { assertSummedForLock, attributesOf, checksumHeaders, encryptionHeaders, objectHeaders, versionHeader } from './attributes';
import { isUnmodified } from './conditions';
import { receiveDocument } from './document';
import { assertDeletable, demandLockPermissions } from './locks';
import type { S3Call, S3Handler } from './service';
import type { Bucket, ObjectVersion } from './state';
import { deleteMarker, noteDeletion, place, receiveData, versionIdFor, WriteIntent } from './write';

const putObject: S3Handler = async (call) => {
  const bucket = call.bucket();
  const resource = `arn:aws:s3:::${call.bucketName}/${call.key}`;
  if (call.headers['x-amz-tagging'] !== undefined) await call.demand('s3:PutObjectTagging', resource);
  await demandLockPermissions(call, resource);
  const attributes = attributesOf(call, bucket);
  await call.demandKey('GenerateDataKey', attributes.encryption);
  assertSummedForLock(call, attributes, announcedChecksum(call.headers, call.operation) !== undefined);
  const intent = new WriteIntent(call, bucket);
  const data = await receiveData(call, attributes.encryption, 'CRC64NVME');
  try {
    intent.confirm();
  } catch (error) {
    await call.blobs.remove([data.segment]);
    throw error;
  }
  const version: ObjectVersion = {
    ...attributes, versionId: versionIdFor(bucket), lastModified: call.now(), etag: data.etag, size: data.segment.size,
    segments: [data.segment],
    checksum: { ...data.checksum, type: 'FULL_OBJECT' },
  };
  await place(call, bucket, call.key, version);
  return {
    status: 200,
    headers: {
      'etag': `"${version.etag}"`,
      ...checksumHeaders(version), ...encryptionHeaders(version.encryption), ...versionHeader(bucket, version),
    },
  };
};

interface Range { start: number; end: number }

/** @returns undefined for no range or one S3 ignores (several, malformed). @throws ApiError InvalidRange */
export function parseRange(header: string | undefined, size: number): Range | undefined {
  const m = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!m || (m[1] === '' && m[2] === '')) return undefined;
  const start = m[1] === '' ? Math.max(size - Number(m[2]), 0) : Number(m[1]);
  const end = m[1] === '' || m[2] === '' ? size - 1 : Math.min(Number(m[2]), size - 1);
  if (m[1] !== '' && m[2] !== '' && Number(m[2]) < start) return undefined;
  if (start >= size || (m[1] === '' && Number(m[2]) === 0)) {
    throw new ApiError('InvalidRange', 416, 'The requested range is not satisfiable', {
      RangeRequested: header!, ActualObjectSize: String(size),
    },
    { 'content-range': `bytes */${size}` });
  }
  return { start, end };
}

function partRange(version: ObjectVersion, partNumber: number): Range {
  const count = version.segments.length;
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > Math.max(count, 1)) {
    throw new ApiError(
      'InvalidPartNumber', 416, 'The requested partnumber is not satisfiable',
      { ActualPartCount: String(count), PartNumberRequested: String(partNumber) },
    );
  }
  const start = version.segments.slice(0, partNumber - 1).reduce((sum, segment) => sum + segment.size, 0);
  return { start, end: start + version.segments[partNumber - 1].size - 1 };
}

async function read(call: S3Call, withBody: boolean): Promise<Reply> {
  const bucket = call.bucket();
  const version = await call.version(bucket);
  const wantsChecksum = call.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
  if (withBody || wantsChecksum) await call.demandKey('Decrypt', version.encryption);
  const headers = objectHeaders(bucket, version, call.query);
  if (isUnmodified(call.headers, version)) {
    const { etag, 'last-modified': modified, 'x-amz-version-id': id } = headers;
    return { status: 304, headers: { etag, 'last-modified': modified, 'x-amz-version-id': id } };
  }
  if ((version.storageClass === 'GLACIER' || version.storageClass === 'DEEP_ARCHIVE') && withBody) {
    throw new ApiError(
      'InvalidObjectState', 403, "The operation is not valid for the object's storage class", { StorageClass: version.storageClass },
    );
  }
  const partNumber = call.query.get('partNumber');
  const range = partNumber !== undefined ? partRange(version, Number(partNumber)) : parseRange(call.headers.range, version.size);
  if (partNumber !== undefined && version.parts) headers['x-amz-mp-parts-count'] = String(version.parts.length);
  // A sum is over the whole: S3 sends none with a range, and a part's own with a part.
  if (wantsChecksum && !range) Object.assign(headers, checksumHeaders(version));
  const part = wantsChecksum && partNumber !== undefined ? version.parts?.[Number(partNumber) - 1] : undefined;
  if (part?.checksum && version.checksum) headers[checksumHeader(version.checksum.algorithm)] = part.checksum;
  const { start, end } = range ?? { start: 0, end: version.size - 1 };
  headers['content-length'] = String(end - start + 1);
  if (range) headers['content-range'] = `bytes ${start}-${end}/${version.size}`;
  return { status: range ? 206 : 200, headers, ...(withBody ? { data: { segments: version.segments, start, end } } : {}) };
}

interface Deleted { versionId?: string; markerId?: string; marker: boolean }

async function deleteOne(call: S3Call, bucket: Bucket, key: string, versionId: string | undefined, ifMatch?: string): Promise<Deleted> {
  const versions = bucket.versions.get(key) ?? [];
  const resource = `arn:aws:s3:::${bucket.settings.name}/${key}`;
  if (ifMatch !== undefined) {
    const current = bucket.current(key);
    if (!current) throw new ApiError('NoSuchKey', 404, 'The specified key does not exist.', { Key: key });
    if (ifMatch !== '*' && ifMatch.replace(/"/g, '') !== current.etag) {
      throw new ApiError(
        'PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold', { Condition: 'If-Match' },
      );
    }
  }
  if (versionId !== undefined) {
    const found = versions.find((version) => version.versionId === versionId);
    if (!found) return { versionId, marker: false };
    await assertDeletable(call, found, resource);
    // Asking for permission took a moment; another call may have changed the list.
    call.state.saveVersions(bucket, key, (bucket.versions.get(key) ?? []).filter((version) => version !== found));
    noteDeletion(bucket, key);
    await call.blobs.remove(found.segments);
    return { versionId, marker: found.deleteMarker === true, ...(found.deleteMarker ? { markerId: versionId } : {}) };
  }
  noteDeletion(bucket, key);
  if (!bucket.settings.versioning) {
    call.state.saveVersions(bucket, key, []);
    for (const version of versions) await call.blobs.remove(version.segments);
    return { marker: false };
  }
  const marker = deleteMarker(versionIdFor(bucket), call.now());
  await place(call, bucket, key, marker);
  return { marker: true, markerId: marker.versionId };
}

const deleteObject: S3Handler = async (call) => {
  const bucket = call.bucket();
  const done = await deleteOne(call, bucket, call.key, call.query.get('versionId'), call.headers['if-match']);
  return {
    status: 204, headers: { 'x-amz-version-id': done.versionId ?? done.markerId, 'x-amz-delete-marker': done.marker ? 'true' : undefined },
  };
};

const deleteObjects: S3Handler = async (call) => {
  const bucket = call.bucket();
  if (!announcedChecksum(call.headers, call.operation) && call.headers['content-md5'] === undefined) {
    throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  }
  const node = parseXml(await receiveDocument(call), 'Delete');
  const objects = childNodes(node, 'Object');
  if (objects.length === 0 || objects.length > 1000) throw malformedXml();
  const quiet = childText(node, 'Quiet') === 'true';
  const gone: XmlValue[] = [];
  const failed: XmlValue[] = [];
  for (const object of objects) {
    const key = childText(object, 'Key') ?? '';
    const versionId = childText(object, 'VersionId');
    try {
      await call.demand(versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', `arn:aws:s3:::${call.bucketName}/${key}`,
        versionId === undefined ? {} : { 's3:VersionId': versionId });
      const done = await deleteOne(call, bucket, key, versionId, childText(object, 'ETag'));
      gone.push({ Key: key, VersionId: versionId, DeleteMarker: done.marker ? true : undefined, DeleteMarkerVersionId: done.markerId });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed.push({ Key: key, VersionId: versionId, Code: error.code, Message: error.message });
    }
  }
  return { status: 200, body: toXml('DeleteResult', { Deleted: quiet ? [] : gone, Error: failed }) };
};

const getObjectAttributes: S3Handler = async (call) => {
  const bucket = call.bucket();
  const version = await call.version(bucket);
  const wanted = new Set((call.headers['x-amz-object-attributes'] ?? '').split(',').map((name) => name.trim()));
  const { checksum, parts } = version;
  const algorithm = checksum ? `Checksum${checksum.algorithm}` : '';
  const body: Record<string, XmlValue> = {};
  if (wanted.has('ETag')) body.ETag = version.etag;
  if (wanted.has('Checksum') && checksum) body.Checksum = { [algorithm]: checksum.value, ChecksumType: checksum.type };
  if (wanted.has('ObjectParts') && parts) {
    body.ObjectParts = {
      PartsCount: parts.length, IsTruncated: false, MaxParts: 1000,
      Part: parts.map((part) => ({ PartNumber: part.number, Size: part.size, ...(part.checksum ? { [algorithm]: part.checksum } : {}) })),
    };
  }
  if (wanted.has('StorageClass')) body.StorageClass = version.storageClass;
  if (wanted.has('ObjectSize')) body.ObjectSize = version.size;
  const headers = { 'last-modified': new Date(version.lastModified).toUTCString(), ...versionHeader(bucket, version) };
  return { status: 200, headers, body: toXml('GetObjectAttributesResponse', body) };
};

export const objectHandlers: Record<string, S3Handler> = {
  PutObject: putObject, GetObject: (call) => read(call, true), HeadObject: (call) => read(call, false), DeleteObject: deleteObject,
  DeleteObjects: deleteObjects, GetObjectAttributes: getObjectAttributes,
};
