import { invalidArgument } from '../errors';
import { awsEncode } from '../sigv4';
import { toXml, type XmlValue } from '../xml';
import { listPage, SortedKeys, type ListPage } from './listing';
import type { S3Call, S3Handler } from './service';
import type { ObjectVersion, Upload } from './state';

const MOST = 1000;

interface Frame { prefix: string; delimiter: string; maximum: number; encode: (text: string) => string; encoding: string | undefined }

function frameOf(call: S3Call, maximumName: string): Frame {
  const text = call.query.get(maximumName);
  const asked = text === undefined || text === '' ? MOST : Number(text);
  if (!Number.isInteger(asked) || asked < 0) throw invalidArgument(
    maximumName, text ?? '', `Argument ${maximumName} must be an integer between 0 and 2147483647`,
  );
  const encoding = call.query.get('encoding-type');
  if (encoding !== undefined && encoding !== 'url') throw invalidArgument(
    'encoding-type', encoding, 'Invalid Encoding Method specified in Request',
  );
  // S3 leaves the slash of a key as it is.
  const encode = encoding ? (key: string): string => awsEncode(key).replace(/%2F/g, '/') : (key: string): string => key;
  return {
    prefix: call.query.get('prefix') ?? '', delimiter: call.query.get('delimiter') ?? '', maximum: Math.min(asked, MOST), encode, encoding,
  };
}

function objectsPage(call: S3Call, frame: Frame, after: string): ListPage<ObjectVersion> {
  const bucket = call.bucket();
  return listPage(bucket.keys, { ...frame, after }, (key) => {
    const version = bucket.current(key);
    return version ? [version] : [];
  });
}

function contents(page: ListPage<ObjectVersion>, frame: Frame, owner: XmlValue): { Contents: XmlValue; CommonPrefixes: XmlValue } {
  const shown: XmlValue[] = [];
  const prefixes: XmlValue[] = [];
  for (const entry of page.entries) {
    if ('prefix' in entry) prefixes.push({ Prefix: frame.encode(entry.prefix) });
    else {
      const { item } = entry;
      shown.push({
        Key: frame.encode(entry.key), LastModified: new Date(item.lastModified), ETag: `"${item.etag}"`,
        ChecksumAlgorithm: item.checksum?.algorithm, ChecksumType: item.checksum?.type, Size: item.size, Owner: owner,
        StorageClass: item.storageClass,
      });
    }
  }
  return { Contents: shown, CommonPrefixes: prefixes };
}

const ownerOf = (call: S3Call): XmlValue => ({ ID: call.services.settings.account, DisplayName: 'owner' });

const listObjectsV2: S3Handler = async (call) => {
  const frame = frameOf(call, 'max-keys');
  const token = call.query.get('continuation-token');
  const startAfter = call.query.get('start-after');
  if (token === '') throw invalidArgument('continuation-token', '', 'The continuation token provided is incorrect');
  const after = token === undefined ? startAfter ?? '' : readToken(token);
  const page = objectsPage(call, frame, after);
  return {
    status: 200,
    body: toXml('ListBucketResult', {
      Name: call.bucketName, Prefix: frame.encode(frame.prefix), Delimiter: frame.delimiter ? frame.encode(frame.delimiter) : undefined,
      MaxKeys: frame.maximum, EncodingType: frame.encoding, KeyCount: page.entries.length, IsTruncated: page.truncated,
      ContinuationToken: token, NextContinuationToken: page.truncated ? writeToken(page.last!) : undefined,
      StartAfter: startAfter && frame.encode(startAfter),
      ...contents(page, frame, call.query.get('fetch-owner') === 'true' ? ownerOf(call) : undefined),
    }),
  };
};

const writeToken = (last: string): string => `1-${Buffer.from(last).toString('base64url')}`;

function readToken(token: string): string {
  const m = /^1-([\w-]+)$/.exec(token);
  if (!m) throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
  return Buffer.from(m[1], 'base64url').toString();
}

const listObjects: S3Handler = async (call) => {
  const frame = frameOf(call, 'max-keys');
  const marker = call.query.get('marker') ?? '';
  const page = objectsPage(call, frame, marker);
  return {
    status: 200,
    body: toXml('ListBucketResult', {
      Name: call.bucketName, Prefix: frame.encode(frame.prefix), Marker: frame.encode(marker),
      Delimiter: frame.delimiter ? frame.encode(frame.delimiter) : undefined,
      MaxKeys: frame.maximum, EncodingType: frame.encoding, IsTruncated: page.truncated,
      NextMarker: page.truncated && frame.delimiter ? frame.encode(page.last!) : undefined,
      ...contents(page, frame, ownerOf(call)),
    }),
  };
};

const listObjectVersions: S3Handler = async (call) => {
  const bucket = call.bucket();
  const frame = frameOf(call, 'max-keys');
  const keyMarker = call.query.get('key-marker') ?? '';
  const versionMarker = call.query.get('version-id-marker') ?? '';
  if (versionMarker && !keyMarker) throw invalidArgument(
    'version-id-marker', versionMarker, 'A version-id marker cannot be specified without a key marker.',
  );
  const page = listPage(bucket.keys, { ...frame, after: keyMarker, inclusive: versionMarker !== '' }, (key) => {
    const versions = bucket.versions.get(key) ?? [];
    if (!versionMarker || key !== keyMarker) return versions;
    return versions.slice(versions.findIndex((version) => version.versionId === versionMarker) + 1);
  });
  const items: { [name: string]: XmlValue }[] = [];
  const prefixes: XmlValue[] = [];
  let lastVersion: string | undefined;
  for (const entry of page.entries) {
    if ('prefix' in entry) {
      prefixes.push({ Prefix: frame.encode(entry.prefix) });
      lastVersion = undefined;
      continue;
    }
    const { item } = entry;
    lastVersion = item.versionId;
    const common = {
      Key: frame.encode(entry.key), VersionId: item.versionId, IsLatest: bucket.versions.get(entry.key)?.[0] === item,
      LastModified: new Date(item.lastModified), Owner: ownerOf(call),
    };
    items.push(item.deleteMarker ? { DeleteMarker: common } : {
      Version: {
        ...common, ETag: `"${item.etag}"`, ChecksumAlgorithm: item.checksum?.algorithm, ChecksumType: item.checksum?.type, Size: item.size,
        StorageClass: item.storageClass,
      },
    });
  }
  return {
    status: 200,
    body: toXml('ListVersionsResult', {
      Name: call.bucketName, Prefix: frame.encode(frame.prefix), KeyMarker: frame.encode(keyMarker), VersionIdMarker: versionMarker,
      Delimiter: frame.delimiter ? frame.encode(frame.delimiter) : undefined, MaxKeys: frame.maximum, EncodingType: frame.encoding,
      IsTruncated: page.truncated,
      NextKeyMarker: page.truncated ? frame.encode(page.last!) : undefined, NextVersionIdMarker: page.truncated ? lastVersion : undefined,
      Version: items.flatMap((item) => item.Version ?? []), DeleteMarker: items.flatMap((item) => item.DeleteMarker ?? []),
      CommonPrefixes: prefixes,
    }),
  };
};

const listMultipartUploads: S3Handler = async (call) => {
  call.bucket();
  const frame = frameOf(call, 'max-uploads');
  const keyMarker = call.query.get('key-marker') ?? '';
  const idMarker = keyMarker ? call.query.get('upload-id-marker') ?? '' : '';
  const byKey = new Map<string, Upload[]>();
  const keys = new SortedKeys();
  for (const upload of call.state.uploads.values()) {
    if (upload.bucket !== call.bucketName) continue;
    const known = byKey.get(upload.key);
    if (known) known.push(upload);
    else {
      byKey.set(upload.key, [upload]);
      keys.add(upload.key);
    }
  }
  const page = listPage(keys, { ...frame, after: keyMarker, inclusive: idMarker !== '' }, (key) => {
    const uploads = byKey.get(key)!.sort((a, b) => a.initiated - b.initiated);
    if (!idMarker || key !== keyMarker) return uploads;
    return uploads.slice(uploads.findIndex((upload) => upload.uploadId === idMarker) + 1);
  });
  const last = page.entries[page.entries.length - 1];
  return {
    status: 200,
    body: toXml('ListMultipartUploadsResult', {
      Bucket: call.bucketName, KeyMarker: frame.encode(keyMarker), UploadIdMarker: idMarker, Prefix: frame.encode(frame.prefix),
      Delimiter: frame.delimiter ? frame.encode(frame.delimiter) : undefined, MaxUploads: frame.maximum, EncodingType: frame.encoding,
      IsTruncated: page.truncated,
      NextKeyMarker: page.truncated ? frame.encode(page.last!) : undefined,
      NextUploadIdMarker: page.truncated && last && 'item' in last ? last.item.uploadId : undefined,
      Upload: page.entries.flatMap((entry) => ('prefix' in entry ? [] : [{
        Key: frame.encode(entry.key), UploadId: entry.item.uploadId, StorageClass: entry.item.storageClass,
        Initiated: new Date(entry.item.initiated),
        ...(entry.item.checksumAsked ? { ChecksumAlgorithm: entry.item.checksumAlgorithm, ChecksumType: entry.item.checksumType } : {}),
      }])),
      CommonPrefixes: page.entries.flatMap((entry) => ('prefix' in entry ? [{ Prefix: frame.encode(entry.prefix) }] : [])),
    }),
  };
};

export const listHandlers: Record<string, S3Handler> = {
  ListObjectsV2: listObjectsV2, ListObjects: listObjects, ListObjectVersions: listObjectVersions,
  ListMultipartUploads: listMultipartUploads,
};
