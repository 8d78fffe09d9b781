import { createHash, randomBytes } from 'node:crypto';
import { receiveSmallBody } from '../body';
import {
  announcedChecksum, checksumHeader, checksumType, CHECKSUM_NAMES, joinChecksums, parseAlgorithm, type Checksum,
} from '../checksums';
import { ApiError, invalidArgument, invalidRequest } from '../errors';
import { childNodes, childText, malformedXml, parseXml, toXml, type XmlNode } from '../xml';
import { attributesOf, encryptionHeaders, versionHeader } from './attributes';
import { demandLockPermissions } from './locks';
import type { S3Call, S3Handler } from './service';
import type { Bucket, ObjectVersion, Upload, UploadedPart } from './state';
import { needsMd5, place, receiveData, versionIdFor, WriteIntent } from './write';

export const SMALLEST_PART_BYTES = 5 * 1024 * 1024;
const MOST_PARTS = 10_000;
const LARGEST_OBJECT_BYTES = 5 * 1024 ** 4;
const REMEMBERED_COMPLETIONS = 1000;

/** @throws ApiError NoSuchUpload */
export function uploadOf(call: S3Call): Upload {
  const uploadId = call.query.get('uploadId') ?? '';
  const upload = call.state.uploads.get(uploadId);
  if (!upload || upload.bucket !== call.bucketName || upload.key !== call.key) {
    throw new ApiError('NoSuchUpload', 404, 'The specified upload does not exist. The upload ID may be invalid, or the upload may '
      + 'have been aborted or completed.',
    { UploadId: uploadId });
  }
  return upload;
}

export function partNumberOf(call: S3Call): number {
  const text = call.query.get('partNumber') ?? '';
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MOST_PARTS) {
    throw invalidArgument('partNumber', text, `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
  }
  return number;
}

const createMultipartUpload: S3Handler = async (call) => {
  const bucket = call.bucket();
  const resource = `arn:aws:s3:::${call.bucketName}/${call.key}`;
  if (call.headers['x-amz-tagging'] !== undefined) await call.demand('s3:PutObjectTagging', resource);
  await demandLockPermissions(call, resource);
  const attributes = attributesOf(call, bucket);
  await call.demandKey('GenerateDataKey', attributes.encryption);
  const asked = call.headers['x-amz-checksum-algorithm'];
  const checksumAlgorithm = asked === undefined ? 'CRC64NVME' : parseAlgorithm(asked, call.operation);
  if (asked === undefined && call.headers['x-amz-checksum-type'] !== undefined) {
    throw invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.');
  }
  const upload: Upload = {
    ...attributes, uploadId: randomBytes(48).toString('base64url'), bucket: call.bucketName, key: call.key, initiated: call.now(),
    checksumAlgorithm, checksumType: checksumType(
      checksumAlgorithm, call.headers['x-amz-checksum-type'],
    ), checksumAsked: asked !== undefined, parts: {},
  };
  call.state.saveUpload(upload);
  return {
    status: 200,
    headers: {
      ...encryptionHeaders(upload.encryption),
      'x-amz-checksum-algorithm': asked === undefined ? undefined : upload.checksumAlgorithm,
      'x-amz-checksum-type': asked === undefined ? undefined : upload.checksumType,
    },
    body: toXml('InitiateMultipartUploadResult', { Bucket: call.bucketName, Key: call.key, UploadId: upload.uploadId }),
  };
};

const uploadPart: S3Handler = async (call) => {
  call.bucket();
  const number = partNumberOf(call);
  const upload = uploadOf(call);
  await call.demandKey('GenerateDataKey', upload.encryption);
  await call.demandKey('Decrypt', upload.encryption);
  const announced = announcedChecksum(call.headers, call.operation);
  if (announced && upload.checksumAsked && announced.algorithm !== upload.checksumAlgorithm) {
    throw invalidRequest(`Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}, `
      + 'actual checksum Type: ' + announced.algorithm.toLowerCase());
  }
  const data = await receiveData(call, upload.encryption, upload.checksumAlgorithm);
  await keepPart(call, upload, { number, etag: data.etag, segment: data.segment, lastModified: call.now(), checksum: data.checksum });
  return {
    status: 200,
    headers: {
      etag: `"${data.etag}"`, ...encryptionHeaders(upload.encryption),
      ...(data.summedByCaller || upload.checksumAsked ? { [checksumHeader(data.checksum.algorithm)]: data.checksum.value } : {}),
    },
  };
};

/** The later upload of a number wins; an abort meanwhile leaves nothing behind. @throws ApiError NoSuchUpload */
export async function keepPart(call: S3Call, upload: Upload, part: UploadedPart): Promise<void> {
  if (call.state.uploads.get(upload.uploadId) !== upload) {
    await call.blobs.remove([part.segment]);
    uploadOf(call);
  }
  const replaced = upload.parts[part.number];
  call.state.savePart(upload, part);
  if (replaced) await call.blobs.remove([replaced.segment]);
}

/** The parts a completion names, in its order. @throws ApiError InvalidPartOrder, InvalidPart, EntityTooSmall, InvalidRequest */
function chosenParts(upload: Upload, named: XmlNode[]): UploadedPart[] {
  const parts: UploadedPart[] = [];
  let previous = 0;
  for (const node of named) {
    const number = Number(childText(node, 'PartNumber'));
    const etag = (childText(node, 'ETag') ?? '').replace(/^"|"$/g, '');
    if (!Number.isInteger(number) || number < 1 || number > MOST_PARTS) throw malformedXml();
    if (number <= previous) throw new ApiError(
      'InvalidPartOrder', 400, 'The list of parts was not in ascending order. Parts must be ordered by part number.',
    );
    previous = number;
    const part = upload.parts[number];
    const sum = CHECKSUM_NAMES.map((name) => ({
      name, value: childText(node, `Checksum${name}`),
    })).find(({ value }) => value !== undefined);
    const differs = sum && (part?.checksum?.algorithm !== sum.name || part.checksum.value !== sum.value);
    if (!part || part.etag !== etag || differs) {
      throw new ApiError('InvalidPart', 400, 'One or more of the specified parts could not be found.  The part may not have been '
        + 'uploaded, or the specified '
        + "entity tag may not match the part's entity tag.", { UploadId: upload.uploadId, PartNumber: String(number), ETag: etag });
    }
    if (!sum && upload.checksumAsked && upload.checksumType === 'COMPOSITE') {
      throw invalidRequest(`The upload was created using a ${upload.checksumAlgorithm.toLowerCase()} checksum. The complete request must include `
        + `the checksum for each part. It was missing for part ${number} in the request.`);
    }
    parts.push(part);
  }
  parts.slice(0, -1).forEach((part) => {
    if (part.segment.size < SMALLEST_PART_BYTES) {
      throw new ApiError('EntityTooSmall', 400, 'Your proposed upload is smaller than the minimum allowed size', {
        ProposedSize: String(part.segment.size), MinSizeAllowed: String(SMALLEST_PART_BYTES), PartNumber: String(part.number),
        ETag: part.etag,
      });
    }
  });
  return parts;
}

function wholeChecksum(call: S3Call, upload: Upload, parts: UploadedPart[]): Checksum | undefined {
  const known = parts.every((part) => part.checksum?.algorithm === upload.checksumAlgorithm);
  if (!known) return undefined;
  const whole = joinChecksums(
    upload.checksumAlgorithm, upload.checksumType, parts.map((part) => ({ value: part.checksum!.value, size: part.segment.size })),
  );
  const claimedType = call.headers['x-amz-checksum-type'];
  if (claimedType !== undefined && upload.checksumAsked && claimedType !== upload.checksumType) {
    throw invalidRequest(`The upload was created using the ${upload.checksumType} checksum mode. `
      + 'The complete request must use the same checksum mode.');
  }
  const claimed = announcedOnComplete(call);
  if (claimed) {
    if (claimed.name !== upload.checksumAlgorithm) {
      throw invalidRequest(`The upload was created using a ${upload.checksumAlgorithm.toLowerCase()} checksum, `
        + `the complete request names a ${claimed.name.toLowerCase()} one.`);
    }
    if (claimed.value.replace(/-\d+$/, '') !== whole.value.replace(/-\d+$/, '')) {
      throw new ApiError('BadDigest', 400, `The ${upload.checksumAlgorithm} you specified did not match the calculated checksum.`);
    }
  }
  return whole;
}

function announcedOnComplete(call: S3Call): { name: string; value: string } | undefined {
  return CHECKSUM_NAMES.map((name) => ({ name, value: call.headers[checksumHeader(name)] ?? '' })).find(({ value }) => value !== '');
}

const completeMultipartUpload: S3Handler = async (call) => {
  const bucket = call.bucket();
  const { body } = await receiveSmallBody(call.exchange);
  const named = childNodes(parseXml(body, 'CompleteMultipartUpload'), 'Part');
  const intent = new WriteIntent(call, bucket);
  const { completed } = call.state;
  const again = completed.get(call.query.get('uploadId') ?? '');
  if (again && again.bucket === call.bucketName && again.key === call.key) {
    const version = bucket.versions.get(call.key)?.find(({ versionId }) => versionId === again.versionId);
    if (version) return completion(call, bucket, version);
  }
  const upload = uploadOf(call);
  await call.demandKey('Decrypt', upload.encryption);
  if (named.length === 0 || named.length > MOST_PARTS) throw malformedXml();
  const parts = chosenParts(upload, named);
  const size = parts.reduce((sum, part) => sum + part.segment.size, 0);
  const claimedSize = call.headers['x-amz-mp-object-size'];
  if (claimedSize !== undefined && Number(claimedSize) !== size) {
    throw invalidRequest(`The provided 'x-amz-mp-object-size' header value ${claimedSize} does not match what was computed: ${size}`);
  }
  if (size > LARGEST_OBJECT_BYTES) throw new ApiError('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed size');
  const checksum = wholeChecksum(call, upload, parts);
  // Permissions took a moment: another call may have completed or aborted this upload, or written the key.
  uploadOf(call);
  intent.confirm();

  const { headers, tags, retention, legalHold, encryption, storageClass } = upload;
  const version: ObjectVersion = {
    headers, tags, retention, legalHold, encryption, storageClass, versionId: versionIdFor(bucket), lastModified: call.now(),
    etag: multipartEtag(upload, parts), size,
    segments: parts.map((part) => part.segment), checksum,
    parts: parts.map((part) => ({ number: part.number, size: part.segment.size, checksum: checksum && part.checksum?.value })),
  };
  call.state.removeUpload(upload.uploadId);
  if (completed.size >= REMEMBERED_COMPLETIONS) completed.delete(completed.keys().next().value!);
  completed.set(upload.uploadId, { bucket: call.bucketName, key: call.key, versionId: version.versionId });
  await place(call, bucket, call.key, version);
  await call.blobs.remove(Object.values(upload.parts).filter((part) => !parts.includes(part)).map((part) => part.segment));
  return completion(call, bucket, version);
};

function multipartEtag(upload: Upload, parts: UploadedPart[]): string {
  if (!needsMd5(upload.encryption)) return `${randomBytes(16).toString('hex')}-${parts.length}`;
  const hash = createHash('md5');
  for (const part of parts) hash.update(Buffer.from(part.etag, 'hex'));
  return `${hash.digest('hex')}-${parts.length}`;
}

function completion(call: S3Call, bucket: Bucket, version: ObjectVersion): {
  status: number; headers: Record<string, string | undefined>; body: string;
} {
  const { checksum } = version;
  return {
    status: 200,
    headers: { ...encryptionHeaders(version.encryption), ...versionHeader(bucket, version) },
    body: toXml('CompleteMultipartUploadResult', {
      Location: `http://${call.headers.host}/${call.bucketName}/${encodeURIComponent(call.key)}`, Bucket: call.bucketName, Key: call.key,
      ETag: `"${version.etag}"`, ...(checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {}),
    }),
  };
}

const abortMultipartUpload: S3Handler = async (call) => {
  call.bucket();
  const upload = uploadOf(call);
  call.state.removeUpload(upload.uploadId);
  await call.blobs.remove(Object.values(upload.parts).map((part) => part.segment));
  return { status: 204 };
};

const listParts: S3Handler = async (call) => {
  call.bucket();
  const upload = uploadOf(call);
  const maximum = Math.min(Number(call.query.get('max-parts') ?? 1000), 1000);
  const marker = Number(call.query.get('part-number-marker') ?? 0);
  const rest = Object.values(upload.parts).filter((part) => part.number > marker).sort((a, b) => a.number - b.number);
  const page = rest.slice(0, maximum);
  const truncated = rest.length > page.length;
  return {
    status: 200,
    body: toXml('ListPartsResult', {
      Bucket: call.bucketName, Key: call.key, UploadId: upload.uploadId, PartNumberMarker: marker,
      NextPartNumberMarker: truncated ? page[page.length - 1].number : undefined, MaxParts: maximum, IsTruncated: truncated,
      StorageClass: upload.storageClass,
      ...(upload.checksumAsked ? { ChecksumAlgorithm: upload.checksumAlgorithm, ChecksumType: upload.checksumType } : {}),
      Part: page.map((part) => ({
        PartNumber: part.number, LastModified: new Date(part.lastModified), ETag: `"${part.etag}"`, Size: part.segment.size,
        ...(part.checksum && upload.checksumAsked ? { [`Checksum${part.checksum.algorithm}`]: part.checksum.value } : {}),
      })),
    }),
  };
};

export const multipartHandlers: Record<string, S3Handler> = {
  CreateMultipartUpload: createMultipartUpload, UploadPart: uploadPart, CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload, ListParts: listParts,
};
