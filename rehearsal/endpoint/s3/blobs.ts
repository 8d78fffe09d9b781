import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { link, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createHasher, type ChecksumName, type Hasher } from '../checksums';

/** A run of bytes in a file of the data folder. An object made by multipart has one for each part: completing copies nothing. */
export interface Segment { file: string; size: number }

export interface WrittenBlob {
  segment: Segment;
  /** Base64 by algorithm, of those that were asked for. */
  sums: Map<ChecksumName, string>;
}

/** Big enough that the thread pool's cost vanishes, small enough that many uploads side by side stay cheap. */
const FLUSH_BYTES = 1024 * 1024;
const READ_BYTES = 512 * 1024;

export class BlobFolder {
  private readonly folder: string;

  constructor(directory: string) {
    this.folder = join(directory, 'data');
    mkdirSync(this.folder, { recursive: true });
  }

  /** Removes what no object or upload names: uploads that a kill cut short. */
  async sweep(known: ReadonlySet<string>): Promise<void> {
    for (const folder of await readdir(this.folder)) {
      for (const file of await readdir(join(this.folder, folder))) if (!known.has(file)) await unlink(join(this.folder, folder, file));
    }
  }

  path(file: string): string {
    return join(this.folder, file.slice(0, 2), file);
  }

  private fresh(): string {
    const file = randomUUID();
    mkdirSync(join(this.folder, file.slice(0, 2)), { recursive: true });
    return file;
  }

  async writer(algorithms: ChecksumName[]): Promise<BlobWriter> {
    const file = this.fresh();
    return new BlobWriter(file, this.path(file), await open(this.path(file), 'wx'), algorithms);
  }

  /** A second name for the same bytes, so that either may be deleted. */
  async share(segments: Segment[]): Promise<Segment[]> {
    const shared: Segment[] = [];
    for (const segment of segments) {
      const file = this.fresh();
      await link(this.path(segment.file), this.path(file));
      shared.push({ file, size: segment.size });
    }
    return shared;
  }

  async remove(segments: Segment[]): Promise<void> {
    for (const segment of segments) await unlink(this.path(segment.file)).catch(ignoreMissing);
  }

  /** The bytes from `start` up to and including `end` of the segments in their order. */
  async* read(segments: Segment[], start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0;
    for (const { file, size } of segments) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, size - 1);
      if (from <= to) {
        for await (const chunk of createReadStream(
          this.path(file), { start: from, end: to, highWaterMark: READ_BYTES },
        )) yield chunk as Buffer;
      }
      offset += size;
      if (offset > end) return;
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** Writes while it hashes: one flush is on its way to the disk while the next one fills. */
export class BlobWriter {
  size = 0;
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private flushing: Promise<unknown> = Promise.resolve();
  private readonly hashers: Map<ChecksumName, Hasher>;

  constructor(
    private readonly file: string, private readonly path: string, private readonly handle: FileHandle, algorithms: ChecksumName[],
  ) {
    this.hashers = new Map([...new Set(algorithms)].map((name) => [name, createHasher(name)]));
  }

  write(chunk: Buffer): Promise<void> | undefined {
    for (const hasher of this.hashers.values()) hasher.update(chunk);
    this.pending.push(chunk);
    this.pendingBytes += chunk.length;
    this.size += chunk.length;
    return this.pendingBytes >= FLUSH_BYTES ? this.flush() : undefined;
  }

  private async flush(): Promise<void> {
    await this.flushing;
    if (this.pending.length === 0) return;
    const batch = this.pending;
    this.pending = [];
    this.pendingBytes = 0;
    this.flushing = this.handle.writev(batch);
    // The failure belongs to whoever awaits next; without this it would end the process before that.
    this.flushing.catch(() => undefined);
  }

  async finish(): Promise<WrittenBlob> {
    await this.flush();
    await this.flushing;
    await this.handle.close();
    const sums = new Map([...this.hashers].map(([name, hasher]) => [name, hasher.digest().toString('base64')]));
    return { segment: { file: this.file, size: this.size }, sums };
  }

  async abandon(): Promise<void> {
    await this.flushing.catch(() => undefined);
    await this.handle.close().catch(() => undefined);
    await unlink(this.path).catch(ignoreMissing);
  }
}
