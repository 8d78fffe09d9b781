import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Transform } from 'node:stream';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import type { Part } from '../../lib/contract/manifest';
import type { PartDescription, PartSink } from '../../lambda/runtime/engine';

/** Parts as files of a folder: a store without a store, for engines alone. A part that fails leaves no file. */
export class DirectorySink implements PartSink {
  readonly parts: Part[] = [];

  constructor(readonly directory: string) {}

  async write(description: PartDescription, produce: (out: Writable) => Promise<void>): Promise<Part> {
    const zstd = description.compression === 'none' ? undefined : description.compression.zstdLevel;
    const name = zstd === undefined ? description.name : `${description.name}.zst`;
    const file = join(this.directory, name);
    await mkdir(dirname(file), { recursive: true });
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let rawSizeBytes = 0;
    const raw = new Transform({ highWaterMark: 1 << 20, transform: (chunk: Buffer, _, done) => {
      rawSizeBytes += chunk.length;
      done(null, chunk);
    } });
    const hashed = new Transform({ transform: (chunk: Buffer, _, done) => {
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    } });
    const encode = zstd === undefined
      ? new PassThrough()
      : createZstdCompress({ chunkSize: 256 * 1024, params: { [constants.ZSTD_c_compressionLevel]: zstd } });
    const flow = pipeline(raw, encode, hashed, createWriteStream(file));
    const broken = new Promise<never>((_, reject) => flow.catch(reject));
    broken.catch(() => undefined);
    try {
      await Promise.race([produce(raw), broken]);
      raw.end();
      await flow;
    } catch (error) {
      raw.destroy();
      await flow.catch(() => undefined);
      await rm(file, { force: true });
      throw error;
    }
    const part: Part = {
      name, key: file, kind: description.kind, encoding: zstd === undefined ? 'none' : 'zstd', sizeBytes, rawSizeBytes, sha256: hash.digest('hex'),
      ...(description.database === undefined ? {} : { database: description.database }),
    };
    this.parts.push(part);
    return part;
  }
}
