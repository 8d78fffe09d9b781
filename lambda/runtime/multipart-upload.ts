import { Writable } from 'node:stream';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import { IntegrityError } from './errors';
import { isPreconditionFailed, storeError } from './store-errors';

/** 8 MiB: above S3's minimum of 5 MiB (S3 User Guide, "Multipart upload limits"), small enough for several side by side in 250 MB. */
export const FIRST_PART_BYTES = 8 * 1024 * 1024;

/**
 * A part's size once `uploadedBytes` have gone. S3 ends at 10,000 parts, so a constant size ends at 78 GiB; growing by 1/1250 of what
 * has gone reaches S3's 5 TiB with about 9,000 parts, and stays at 8 MiB for the first 10 GB.
 */
export function nextPartBytes(uploadedBytes: number): number {
  return Math.max(FIRST_PART_BYTES, Math.ceil(uploadedBytes / 1250));
}

export interface Uploaded {
  readonly versionId?: string;
  readonly sizeBytes: number;
  /** SHA-256 of the stored bytes, hexadecimal. */
  readonly sha256: string;
}

export interface UploadTarget {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly signal?: AbortSignal;
}

/**
 * Writes one object that must not exist yet: a single put when it is small, else a multipart upload with one piece under way while the
 * next fills. Nothing is visible before `complete()`; `abort()` leaves nothing behind. S3 checks a CRC-32 of each piece and of the whole.
 */
export class MultipartUpload extends Writable {
  private chunks: Buffer[] = [];
  private pending = 0;
  private uploaded = 0;
  private readonly sha256 = createHash('sha256');
  private crc = 0;
  private uploadId?: string;
  private readonly parts: CompletedPart[] = [];
  private underWay: Promise<void> = Promise.resolve();

  constructor(private readonly target: UploadTarget) {
    super({ highWaterMark: 1024 * 1024 });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.sha256.update(chunk);
    this.crc = crc32(chunk, this.crc);
    this.chunks.push(chunk);
    this.pending += chunk.length;
    if (this.pending < nextPartBytes(this.uploaded)) return done();
    this.flushPiece().then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    // A multipart upload's last piece may be small; an object that never filled one is put whole by complete().
    (this.uploadId && this.pending > 0 ? this.flushPiece() : Promise.resolve())
      .then(() => this.underWay)
      .then(() => done(), done);
  }

  /** Makes the object visible. Call it only when the source has said that everything was sent, after the stream has finished. */
  async complete(): Promise<Uploaded> {
    const { client, bucket, key, signal } = this.target;
    const sha256 = this.sha256.digest();
    const checksum = base64Of(this.crc);
    const sizeBytes = this.uploaded + this.pending;
    try {
      if (!this.uploadId) {
        const body = Buffer.concat(this.chunks, this.pending);
        const answer = await client.send(
          new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, IfNoneMatch: '*', ChecksumCRC32: checksum }),
          { abortSignal: signal },
        );
        this.compare(answer.ChecksumCRC32, checksum);
        return { versionId: answer.VersionId, sizeBytes, sha256: sha256.toString('hex') };
      }
      const answer = await client.send(
        new CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          UploadId: this.uploadId,
          MultipartUpload: { Parts: this.parts },
          IfNoneMatch: '*',
          ChecksumCRC32: checksum,
          ChecksumType: 'FULL_OBJECT',
          MpuObjectSize: sizeBytes,
        }),
        { abortSignal: signal },
      );
      this.compare(answer.ChecksumCRC32, checksum);
      this.uploadId = undefined;
      return { versionId: answer.VersionId, sizeBytes, sha256: sha256.toString('hex') };
    } catch (error) {
      // The key holds the attempt's id, so an object that is already there is this one: the answer to an earlier send was lost.
      if (isPreconditionFailed(error)) return { sizeBytes, sha256: sha256.toString('hex') };
      throw storeError(error, `write ${key}`);
    }
  }

  /** Ends an upload that must not count. Never throws: the lifecycle rule sweeps what a dead network leaves. */
  async abort(): Promise<void> {
    this.destroy();
    await this.underWay.catch(() => undefined);
    if (!this.uploadId) return;
    const { client, bucket, key } = this.target;
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: this.uploadId })).catch(() => undefined);
    this.uploadId = undefined;
  }

  /** Starts sending what is pending once the piece before it has arrived, so that at most two are in memory. */
  private async flushPiece(): Promise<void> {
    await this.underWay;
    const { client, bucket, key, signal } = this.target;
    if (!this.uploadId) {
      const created = await client
        .send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }), {
          abortSignal: signal,
        })
        .catch((error: unknown) => Promise.reject(storeError(error, `begin ${key}`)));
      this.uploadId = created.UploadId;
    }
    const body = Buffer.concat(this.chunks, this.pending);
    this.chunks = [];
    this.pending = 0;
    this.uploaded += body.length;
    const number = this.parts.push({}) - 1;
    const checksum = base64Of(crc32(body));
    this.underWay = client
      .send(
        new UploadPartCommand({
          Bucket: bucket,
          Key: key,
          UploadId: this.uploadId,
          PartNumber: number + 1,
          Body: body,
          ContentLength: body.length,
          ChecksumCRC32: checksum,
        }),
        { abortSignal: signal },
      )
      .then((answer) => {
        this.compare(answer.ChecksumCRC32, checksum);
        this.parts[number] = { PartNumber: number + 1, ETag: answer.ETag, ChecksumCRC32: checksum };
      })
      .catch((error: unknown) => Promise.reject(storeError(error, `write piece ${number + 1} of ${key}`)));
    // A failure is met by whoever awaits next; until then it must not count as unhandled.
    this.underWay.catch(() => undefined);
  }

  private compare(answered: string | undefined, sent: string): void {
    if (answered === undefined || answered === sent) return;
    throw new IntegrityError(
      'STORE_CHECKSUM_DIFFERS',
      `The store says it holds ${this.target.key} with CRC-32 ${answered}, what was sent has ${sent}.`,
      'Run again; if it repeats, the path between worker and bucket changes bytes: look for a proxy.',
    );
  }
}

function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}
