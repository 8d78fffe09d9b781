import { createHash } from 'node:crypto';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Part } from '../../lib/contract/manifest';
import type { DrillIdentity } from './age';
import { IntegrityError, RefusedError, TransientError, messageOf } from './errors';
import { isNotFound, storeError } from './store-errors';

/** How often a body that breaks off is taken up again where it ended. */
const RESUMES = 5;

export interface StoreReaderOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly signal: AbortSignal;
}

/** What is read of a part. */
export type StoredPart = Pick<Part, 'name' | 'key' | 'versionId' | 'sizeBytes' | 'sha256'>;

/** Reads a small document whole; undefined when the key does not exist. */
export async function readDocument({ client, bucket, signal }: StoreReaderOptions, key: string): Promise<string | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
    return await answer.Body!.transformToString('utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw storeError(error, `read ${key}`);
  }
}

/**
 * The raw bytes of one part. Stored bytes are counted and hashed as they pass; the stream ends only when both agree with the manifest,
 * else it is destroyed with an IntegrityError, so that nobody can commit what came from a damaged part.
 */
export function openPart(options: StoreReaderOptions, part: Part, onVerified: (part: Part) => void, identity?: DrillIdentity): Readable {
  return Readable.from(decodedBytes(options, part, onVerified, identity), { objectMode: false, highWaterMark: 4 * 1024 * 1024 });
}

/** Reads one part to its end without opening it: stored bytes against the manifest, and nothing more. */
export async function checkPart(options: StoreReaderOptions, part: Part, onVerified: (part: Part) => void): Promise<void> {
  await pipeline(storedBytes(options, part), new StoredBytesCheck(part, onVerified), async (checked: AsyncIterable<Buffer>) => {
    for await (const chunk of checked) void chunk;
  });
}

async function* decodedBytes(
  options: StoreReaderOptions, part: Part, onVerified: (part: Part) => void, identity: DrillIdentity | undefined,
): AsyncGenerator<Buffer> {
  const check = new StoredBytesCheck(part, onVerified);
  const decoder: Transform = part.encoding === 'zstd' ? createZstdDecompress({ chunkSize: 256 * 1024 }) : new PassThrough();
  const stored = storedBytes(options, part);
  const flow = part.encryption
    ? pipeline(stored, check, identityFor(part, identity).decryption(part), decoder)
    : pipeline(stored, check, decoder);
  // Its failure is the reader's too, and is thrown there.
  flow.catch(() => undefined);
  try {
    for await (const chunk of decoder) yield chunk as Buffer;
    await flow;
  } catch (error) {
    throw damageOf(part, error);
  }
}

function identityFor(part: Part, identity: DrillIdentity | undefined): DrillIdentity {
  if (identity) return identity;
  throw new RefusedError('IDENTITY_MISSING', `Part ${part.name} is encrypted, and the worker has no identity.`, 'Give the policy\'s encryption a drillIdentity.');
}

/** zstd's own complaint is a damaged part too, met before the hash could say so. */
function damageOf(part: Part, error: unknown): Error {
  if (!/^(ZSTD_|ERR_ZSTD|Z_)/.test((error as NodeJS.ErrnoException).code ?? '')) return error as Error;
  return new IntegrityError('PART_DAMAGED', `Part ${part.name} cannot be decompressed: ${messageOf(error)}.`, MEND, { cause: error });
}

const MEND = 'Do not restore from this run; take the newest proven one, and look at who wrote to the store.';

class StoredBytesCheck extends Transform {
  private readonly sha256 = createHash('sha256');
  private bytes = 0;

  constructor(
    private readonly part: Part,
    private readonly onVerified: (part: Part) => void,
  ) {
    super({ highWaterMark: 1024 * 1024 });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null, data?: Buffer) => void): void {
    this.bytes += chunk.length;
    this.sha256.update(chunk);
    done(null, chunk);
  }

  override _flush(done: (error?: Error | null) => void): void {
    const damage = partDamage(this.part, this.bytes, this.sha256.digest('hex'));
    if (damage) return done(damage);
    this.onVerified(this.part);
    done();
  }
}

/** Whether the bytes that came are those of the manifest. */
export function partDamage({ name, sizeBytes, sha256 }: StoredPart, bytes: number, found: string): IntegrityError | undefined {
  if (bytes !== sizeBytes) return new IntegrityError('PART_SIZE_DIFFERS', `Part ${name} has ${bytes} bytes, its manifest says ${sizeBytes}.`, MEND);
  if (found !== sha256) return new IntegrityError('PART_HASH_DIFFERS', `Part ${name} has SHA-256 ${found}, its manifest says ${sha256}.`, MEND);
  return undefined;
}

/** The object's bytes from an offset on, taken up again with a range when the connection breaks off. */
export async function* storedBytes({ client, bucket, signal }: StoreReaderOptions, part: StoredPart, from = 0): AsyncGenerator<Buffer> {
  let offset = from;
  for (let resumed = 0; ; resumed++) {
    try {
      const answer = await client.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: part.key,
          VersionId: part.versionId,
          Range: offset > 0 ? `bytes=${offset}-` : undefined,
        }),
        { abortSignal: signal },
      );
      for await (const chunk of answer.Body as Readable) {
        offset += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
      if (offset >= part.sizeBytes || resumed >= RESUMES) return;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isNotFound(error)) throw new IntegrityError('PART_MISSING', `Part ${part.name} is not in the store any more.`, MEND, { cause: error });
      if ((error as { name?: string }).name === 'InvalidRange') return;
      const typed = storeError(error, `read ${part.key}`);
      if (!(typed instanceof TransientError) || resumed >= RESUMES) throw typed;
    }
  }
}
