import { PassThrough, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CopyEncryption } from '../../lib/contract/encryption';
import type { Part } from '../../lib/contract/manifest';
import { AGE_SUFFIX, ageEncryption } from './age';
import type { PartDescription, PartEncryption, PartSink } from './engine';
import { MultipartUpload } from './multipart-upload';

/** What zlib hands on at a time. */
const CHUNK_BYTES = 256 * 1024;

const PART_NAME = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;

export interface StorePartSinkOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Every part's key begins with it. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  readonly encryption: CopyEncryption | undefined;
}

/** Parts to the store: raw bytes → zstd → age → SHA-256 → multipart upload, in constant memory and without a local disk. */
export class StorePartSink implements PartSink {
  private readonly taken = new Map<string, Part>();

  constructor(private readonly options: StorePartSinkOptions) {}

  get encryption(): PartEncryption | undefined {
    const { encryption } = this.options;
    return encryption && { suffix: AGE_SUFFIX, recipients: encryption.recipients };
  }

  /** What has been written so far, in the order of completion. */
  get parts(): Part[] {
    return [...this.taken.values()];
  }

  async write(description: PartDescription, produce: (out: Writable) => Promise<void>): Promise<Part> {
    const zstd = description.compression === 'none' ? undefined : description.compression.zstdLevel;
    const encryption = description.guide ? undefined : this.options.encryption;
    const name = `${description.name}${zstd === undefined ? '' : '.zst'}${encryption ? AGE_SUFFIX : ''}`;
    if (!PART_NAME.test(name) || name.split('/').includes('..')) {
      throw new RangeError(`part name "${name}" must be of A-Z a-z 0-9 . _ - and /`);
    }
    if (this.taken.has(name)) throw new RangeError(`part "${name}" is written twice`);

    const { client, bucket, prefix, signal } = this.options;
    const key = `${prefix}${name}`;
    const upload = new MultipartUpload({ client, bucket, key, signal });
    const raw = new RawCounter();
    const compress: Transform = zstd === undefined
      ? new PassThrough()
      : createZstdCompress({ chunkSize: CHUNK_BYTES, params: { [constants.ZSTD_c_compressionLevel]: zstd } });
    const flow = encryption
      ? pipeline(raw, compress, ageEncryption(encryption), upload, { signal })
      : pipeline(raw, compress, upload, { signal });
    // Only the flow's failure may overtake produce(): its success says nothing of an exit code that is still to come.
    const broken = new Promise<never>((_, reject) => flow.catch(reject));
    broken.catch(() => undefined);
    try {
      await Promise.race([produce(raw), broken]);
      if (!raw.writableEnded) raw.end();
      await flow;
      const done = await upload.complete();
      const part: Part = {
        name,
        key,
        ...(done.versionId ? { versionId: done.versionId } : {}),
        kind: description.kind,
        ...(description.database === undefined ? {} : { database: description.database }),
        encoding: zstd === undefined ? 'none' : 'zstd',
        ...(encryption ? { encryption: 'age' as const } : {}),
        sizeBytes: done.sizeBytes,
        rawSizeBytes: raw.bytes,
        sha256: done.sha256,
      };
      this.taken.set(name, part);
      return part;
    } catch (error) {
      raw.destroy();
      await flow.catch(() => undefined);
      await upload.abort();
      throw signal.aborted ? signal.reason : error;
    }
  }
}

/** Counts what passes, without a copy. */
class RawCounter extends Transform {
  bytes = 0;

  constructor() {
    super({ highWaterMark: 1024 * 1024 });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, data: Buffer) => void): void {
    this.bytes += chunk.length;
    done(null, chunk);
  }
}
