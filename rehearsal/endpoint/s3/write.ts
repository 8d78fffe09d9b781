import { randomBytes } from 'node:crypto';
import { receiveBody, declaredLength } from '../body';
import { announcedChecksum, assertForm, badDigest, checksumHeader, type ChecksumName } from '../checksums';
import { ApiError } from '../errors';
import { assertWritable, isConditionalWrite } from './conditions';
import type { Segment } from './blobs';
import type { S3Call } from './service';
import type { Bucket, Encryption, ObjectVersion } from './state';

export interface ReceivedData {
  segment: Segment;
  etag: string;
  checksum: { algorithm: ChecksumName; value: string };
  /** False when S3 would have summed the data of its own accord. */
  summedByCaller: boolean;
}

const LARGEST_PUT_BYTES = 5 * 1024 ** 3;

/** ETags are the MD5 of the data, but not under a KMS key: there S3's own is opaque, and here it saves the slowest hash. */
export function needsMd5(encryption: Encryption): boolean {
  return encryption.algorithm === 'AES256';
}

/**
 * Takes the body of a PutObject or UploadPart to disk and holds it against every sum that came with it.
 * @param standard algorithm where the request announces none: the upload's, or S3's own default
 * @throws ApiError BadDigest, InvalidDigest, InvalidRequest, EntityTooLarge …; nothing is left on disk then
 */
export async function receiveData(call: S3Call, encryption: Encryption, standard: ChecksumName): Promise<ReceivedData> {
  const { headers } = call;
  const announced = announcedChecksum(headers, call.operation);
  const contentMd5 = headers['content-md5'];
  if (contentMd5 !== undefined && Buffer.from(contentMd5, 'base64').length !== 16) {
    throw new ApiError('InvalidDigest', 400, 'The Content-MD5 you specified was invalid.', { 'Content-MD5': contentMd5 });
  }
  const size = declaredLength(call.exchange);
  if (size > LARGEST_PUT_BYTES) {
    throw new ApiError('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed size', {
      ProposedSize: String(size), MaxSizeAllowed: String(LARGEST_PUT_BYTES),
    });
  }
  const algorithm = announced?.algorithm ?? standard;
  const wantsMd5 = contentMd5 !== undefined || needsMd5(encryption);
  const writer = await call.blobs.writer(wantsMd5 ? [algorithm, 'MD5'] : [algorithm]);
  try {
    const { trailers } = await receiveBody(call.exchange, (chunk) => writer.write(chunk));
    const { segment, sums } = await writer.finish();
    const value = sums.get(algorithm)!;
    const md5 = sums.get('MD5');
    if (announced) {
      const sent = announced.value ?? trailers[checksumHeader(algorithm)];
      assertForm(algorithm, sent ?? '');
      if (sent !== value) throw badDigest(algorithm, sent);
    }
    if (contentMd5 !== undefined && md5 !== contentMd5) {
      throw new ApiError(
        'BadDigest', 400, 'The Content-MD5 you specified did not match what we received.',
        { ExpectedDigest: contentMd5, CalculatedDigest: md5! },
      );
    }
    const etag = md5 && needsMd5(encryption) ? Buffer.from(md5, 'base64').toString('hex') : randomBytes(16).toString('hex');
    return { segment, etag, checksum: { algorithm, value }, summedByCaller: announced !== undefined };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

export function newVersionId(): string {
  return randomBytes(24).toString('base64url');
}

/** What a conditional write saw when it began, so that it notices what happened to its key meanwhile. */
export class WriteIntent {
  private readonly began: ObjectVersion | undefined;

  /** @throws ApiError PreconditionFailed when the condition does not hold already */
  constructor(private readonly call: S3Call, private readonly bucket: Bucket) {
    this.began = bucket.current(call.key);
    assertWritable(call.headers, this.began, call.key);
  }

  /** @throws ApiError PreconditionFailed; ConditionalRequestConflict when a delete came between */
  confirm(): void {
    const { call, bucket } = this;
    if (!isConditionalWrite(call.headers)) return;
    const lastDelete = deletions.get(bucket)?.get(call.key) ?? 0;
    if (lastDelete > this.order) {
      throw new ApiError('ConditionalRequestConflict', 409, 'The conditional request cannot succeed due to a conflicting operation '
        + 'against this resource.',
      { Condition: call.headers['if-none-match'] !== undefined ? 'If-None-Match' : 'If-Match', Key: call.key });
    }
    assertWritable(call.headers, bucket.current(call.key), call.key);
  }

  private readonly order = ++clock;
}

// A plain counter orders deletions and the beginnings of writes; times could be equal.
let clock = 0;
const deletions = new WeakMap<Bucket, Map<string, number>>();

export function noteDeletion(bucket: Bucket, key: string): void {
  const keys = deletions.get(bucket) ?? new Map<string, number>();
  deletions.set(bucket, keys);
  keys.set(key, ++clock);
}

/** Makes `version` the newest of its key; without versioning it takes the place of what was there. */
export async function place(call: S3Call, bucket: Bucket, key: string, version: ObjectVersion): Promise<void> {
  const versions = bucket.versions.get(key) ?? [];
  call.services.replicator.noteVersion(bucket, key, version);
  if (bucket.settings.versioning === 'Enabled') {
    call.state.saveVersions(bucket, key, [version, ...versions]);
    return;
  }
  const replaced = versions.filter((old) => old.versionId === 'null');
  call.state.saveVersions(bucket, key, [version, ...versions.filter((old) => old.versionId !== 'null')]);
  for (const old of replaced) await call.blobs.remove(old.segments);
}

export function versionIdFor(bucket: Bucket): string {
  return bucket.settings.versioning === 'Enabled' ? newVersionId() : 'null';
}

export function deleteMarker(versionId: string, lastModified: number): ObjectVersion {
  return {
    versionId, deleteMarker: true, lastModified, etag: '', size: 0, segments: [], headers: {}, tags: {}, encryption: { algorithm: 'AES256' },
    storageClass: 'STANDARD',
  };
}
