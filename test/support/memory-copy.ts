import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CONTRACT_VERSION } from '../../lib/contract/common';
import type { Census } from '../../lib/contract/census';
import { parseManifest, type Manifest, type Part } from '../../lib/contract/manifest';
import type { CopyReader, Dumped, PartDescription, PartSink } from '../../lambda/runtime/engine';

/** A copy in memory, with the sink's promises: a part exists only when its producer resolved. */
export class MemoryCopy implements PartSink {
  readonly parts: Part[] = [];
  private readonly stored = new Map<string, Buffer>();

  /** `failAt`: the n-th part to be written (from 1) breaks after its first bytes, as a store that went away. */
  constructor(private readonly options: { readonly failAt?: number } = {}) {}

  private begun = 0;

  async write(description: PartDescription, produce: (out: PassThrough) => Promise<void>): Promise<Part> {
    const ordinal = ++this.begun;
    const out = new PassThrough({ highWaterMark: 1024 * 1024 });
    const chunks: Buffer[] = [];
    const read = (async () => {
      for await (const chunk of out) {
        chunks.push(chunk as Buffer);
        if (ordinal === this.options.failAt) {
          out.destroy(new Error('the store went away'));
          throw new Error('the store went away');
        }
      }
    })();
    const broken = new Promise<never>((_, reject) => read.catch(reject));
    broken.catch(() => undefined);
    await Promise.race([produce(out), broken]);
    if (!out.writableEnded) out.end();
    await read;
    const raw = Buffer.concat(chunks);
    const zstd = description.compression !== 'none';
    const bytes = zstd ? zstdCompressSync(raw) : raw;
    const name = zstd ? `${description.name}.zst` : description.name;
    this.stored.set(name, bytes);
    const part: Part = {
      name,
      key: `memory/${name}`,
      kind: description.kind,
      ...(description.database === undefined ? {} : { database: description.database }),
      encoding: zstd ? 'zstd' : 'none',
      sizeBytes: bytes.length,
      rawSizeBytes: raw.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
    this.parts.push(part);
    return part;
  }

  raw(part: Part): Buffer {
    const bytes = this.stored.get(part.name)!;
    return part.encoding === 'zstd' ? zstdDecompressSync(bytes) : bytes;
  }

  /** As the verify worker hands it to an engine; `damage` may change a part's raw bytes on their way. */
  reader(dumped: Dumped, engine: string, damage: (part: Part, raw: Buffer) => Buffer = (_, raw) => raw): CopyReader {
    const census: Census = { version: CONTRACT_VERSION, items: dumped.census };
    return {
      manifest: this.manifest(dumped, engine),
      census,
      open: async (part) => Readable.from([damage(part, this.raw(part))]),
    };
  }

  manifest(dumped: Dumped, engine: string): Manifest {
    const at = '2026-11-20T02:00:00Z';
    return parseManifest({
      version: CONTRACT_VERSION,
      environment: 'test',
      application: 'suite',
      protection: 'database',
      engine,
      runId: '20261120T020000Z',
      slot: at,
      attempt: 'attempt-1',
      execution: 'suite',
      startedAt: at,
      finishedAt: at,
      recoveryPoint: dumped.recoveryPoint.toISOString(),
      source: { version: dumped.version, description: dumped.description, databases: dumped.databases },
      tools: dumped.tools,
      parts: this.parts,
      census: 'census.json.zst',
      totals: { items: dumped.census.length, rows: 0, sizeBytes: 0, rawSizeBytes: 0 },
      leftOut: dumped.leftOut,
      engineNotes: dumped.engineNotes,
    });
  }
}
