import { ApiError, invalidArgument, invalidRequest } from '../errors';
import type { S3Call } from './service';
import { lockHeaders, lockOf } from './locks';
import { parseTagHeader } from './tags';
import type { Bucket, Encryption, ObjectAttributes, ObjectVersion } from './state';

const KEPT_HEADERS = ['content-type', 'content-encoding', 'content-disposition', 'content-language', 'cache-control', 'expires',
  'x-amz-website-redirect-location'];
const STORAGE_CLASSES = [
  'STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE', 'REDUCED_REDUNDANCY',
];
const LARGEST_METADATA_BYTES = 2048;

export const DEFAULT_ENCRYPTION: Encryption = { algorithm: 'AES256' };

/** Metadata of a write, checked. `source` gives what a copy keeps. */
export function keptHeaders(headers: Record<string, string | undefined>): Record<string, string> {
  const kept: Record<string, string> = {};
  let metadataBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (name.startsWith('x-amz-meta-')) {
      metadataBytes += name.length - 'x-amz-meta-'.length + Buffer.byteLength(value);
      kept[name] = value;
    } else if (name === 'content-encoding') {
      const rest = value.split(',').map((word) => word.trim()).filter((word) => word && word !== 'aws-chunked');
      if (rest.length) kept[name] = rest.join(',');
    } else if (KEPT_HEADERS.includes(name)) {
      kept[name] = value;
    }
  }
  if (metadataBytes > LARGEST_METADATA_BYTES) {
    throw new ApiError('MetadataTooLarge', 400, 'Your metadata headers exceed the maximum allowed metadata size', {
      Size: String(metadataBytes), MaxSizeAllowed: String(LARGEST_METADATA_BYTES),
    });
  }
  kept['content-type'] ??= 'binary/octet-stream';
  return kept;
}

/** The encryption a write asks for, or the bucket's. @throws ApiError InvalidArgument */
export function encryptionOf(call: S3Call, bucket: Bucket): Encryption {
  const { headers } = call;
  const algorithm = headers['x-amz-server-side-encryption'];
  const keyArn = headers['x-amz-server-side-encryption-aws-kms-key-id'];
  if (algorithm === undefined) {
    if (keyArn !== undefined) throw invalidArgument(
      'x-amz-server-side-encryption', '',
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
    return { ...bucket.settings.encryption };
  }
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidArgument('x-amz-server-side-encryption', algorithm, 'The encryption method specified is not supported');
  }
  if (algorithm === 'AES256') {
    if (keyArn !== undefined) throw invalidArgument(
      'x-amz-server-side-encryption', algorithm,
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
    return { algorithm };
  }
  const bucketKey = headers['x-amz-server-side-encryption-bucket-key-enabled']?.toLowerCase() === 'true' || undefined;
  return {
    algorithm, keyArn: call.services.keys.arnOf(keyArn ?? 'alias/aws/s3'), bucketKey: bucketKey ?? bucket.settings.encryption.bucketKey,
  };
}

export function attributesOf(call: S3Call, bucket: Bucket): ObjectAttributes {
  const storageClass = call.headers['x-amz-storage-class'] ?? 'STANDARD';
  if (!STORAGE_CLASSES.includes(storageClass)) {
    throw new ApiError('InvalidStorageClass', 400, 'The storage class you specified is not valid', { StorageClassRequested: storageClass });
  }
  if (call.headers['x-amz-acl'] !== undefined && !['private', 'bucket-owner-full-control'].includes(call.headers['x-amz-acl'])) {
    throw new ApiError('AccessControlListNotSupported', 400, 'The bucket does not allow ACLs');
  }
  return {
    headers: keptHeaders(call.headers), tags: parseTagHeader(call.headers['x-amz-tagging']), storageClass,
    encryption: encryptionOf(call, bucket), ...lockOf(call, bucket),
  };
}

export function encryptionHeaders(encryption: Encryption): Record<string, string | undefined> {
  return {
    'x-amz-server-side-encryption': encryption.algorithm,
    'x-amz-server-side-encryption-aws-kms-key-id': encryption.keyArn,
    'x-amz-server-side-encryption-bucket-key-enabled': encryption.keyArn && encryption.bucketKey ? 'true' : undefined,
  };
}

export function versionHeader(bucket: Bucket, version: { versionId: string }): Record<string, string | undefined> {
  return { 'x-amz-version-id': bucket.settings.versioning ? version.versionId : undefined };
}

export function checksumHeaders(version: Pick<ObjectVersion, 'checksum'>): Record<string, string | undefined> {
  const { checksum } = version;
  return checksum ? { [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value, 'x-amz-checksum-type': checksum.type } : {};
}

/** Headers of a GET or HEAD, but those of the range and of the checksum. */
export function objectHeaders(
  bucket: Bucket, version: ObjectVersion, query: ReadonlyMap<string, string>,
): Record<string, string | undefined> {
  const tagCount = Object.keys(version.tags).length;
  const headers: Record<string, string | undefined> = {
    ...version.headers,
    'etag': `"${version.etag}"`,
    'last-modified': new Date(version.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    'x-amz-storage-class': version.storageClass === 'STANDARD' ? undefined : version.storageClass,
    'x-amz-tagging-count': tagCount ? String(tagCount) : undefined,
    'x-amz-replication-status': version.replication,
    ...encryptionHeaders(version.encryption), ...versionHeader(bucket, version), ...lockHeaders(version),
  };
  for (const [name, value] of query) if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value;
  return headers;
}

/** S3 takes no lock without a sum over the body. @throws ApiError InvalidRequest */
export function assertSummedForLock(call: S3Call, attributes: ObjectAttributes, hasSum: boolean): void {
  if ((attributes.retention || attributes.legalHold !== undefined) && !hasSum && call.headers['content-md5'] === undefined) {
    throw invalidRequest('Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters');
  }
}
