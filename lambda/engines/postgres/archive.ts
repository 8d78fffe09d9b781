import type { Readable } from 'node:stream';
import { IntegrityError, RefusedError } from '../../runtime/errors';

/** Order of the steps of a restore, as `pg_dump` numbers them. */
export type ArchiveSection = 'none' | 'pre-data' | 'data' | 'post-data';

/** One entry of the table of contents of a `pg_dump -Fc` archive: `definition` is the SQL itself, exactly one object's. */
export interface ArchiveEntry {
  readonly id: number;
  /** OID of the object in the source, of catalog `catalogOid`. */
  readonly oid: string;
  readonly tag: string;
  /** `TABLE`, `INDEX`, `FK CONSTRAINT`, `ACL` … */
  readonly kind: string;
  readonly section: ArchiveSection;
  readonly definition: string;
  readonly schema: string | undefined;
  readonly accessMethod: string | undefined;
  readonly owner: string;
  /** Ids of the entries that must come first; ids that are not in the archive are not here. */
  readonly dependencies: readonly number[];
}

export interface Archive {
  readonly entries: readonly ArchiveEntry[];
  /** Ids of the entries whose data are large objects. */
  readonly largeObjects: readonly number[];
}

const MAGIC = 'PGDMP';
const CUSTOM_FORMAT = 1;
/** Format versions that PostgreSQL 9.6 to 18 write; what comes later may have other fields. */
const OLDEST = 12;
const NEWEST = 16;
const SECTIONS: readonly ArchiveSection[] = ['none', 'none', 'pre-data', 'data', 'post-data'];

/** More bytes are needed to read on. */
class NeedMore extends Error {}

/**
 * Reads the table of contents at an archive's head. We read it ourselves because the text that `pg_restore` prints marks objects by
 * comments, which a function's body can imitate, and because the entries' dependencies are what the graph of steps is made of.
 * The stream is read to its end, so that its hash is checked before anything of it is used.
 *
 * @throws RefusedError ARCHIVE_VERSION for a format this release does not know
 * @throws IntegrityError ARCHIVE_DAMAGED for bytes that are no archive
 */
export async function readArchive(stream: Readable): Promise<Archive> {
  let head: Buffer[] = [];
  let size = 0;
  let attemptAt = 64 * 1024;
  let archive: Archive | undefined;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (archive) continue;
    head.push(chunk);
    size += chunk.length;
    // Doubling keeps a large table of contents from being parsed once a chunk.
    if (size < attemptAt) continue;
    head = [Buffer.concat(head)];
    archive = tryParse(head[0]);
    attemptAt = size * 2;
  }
  archive ??= tryParse(Buffer.concat(head));
  if (!archive) throw damaged('it ends within its table of contents');
  return archive;
}

function tryParse(bytes: Buffer): Archive | undefined {
  try {
    return parse(new Cursor(bytes));
  } catch (error) {
    if (error instanceof NeedMore) return undefined;
    throw error;
  }
}

function parse(cursor: Cursor): Archive {
  if (cursor.take(MAGIC.length).toString('latin1') !== MAGIC) throw damaged('it does not begin as one');
  const major = cursor.byte();
  const minor = cursor.byte();
  cursor.byte();
  if (major !== 1 || minor < OLDEST || minor > NEWEST) {
    throw new RefusedError('ARCHIVE_VERSION', `The schema archive has format ${major}.${minor}; this release reads 1.${OLDEST} to 1.${NEWEST}.`,
      'Use a newer release of cdk-backup-policy, or restore with pg_restore as restore.sh beside the copy does.');
  }
  cursor.integerSize = cursor.byte();
  const offsetSize = cursor.byte();
  if (cursor.byte() !== CUSTOM_FORMAT) throw damaged('it is not in pg_dump\'s custom format');
  if (minor >= 15) cursor.byte();
  else cursor.integer();
  for (let field = 0; field < 7; field++) cursor.integer();
  for (let field = 0; field < 3; field++) cursor.bytes();

  const count = cursor.integer();
  const raw: RawEntry[] = [];
  for (let index = 0; index < count; index++) raw.push(readEntry(cursor, minor, offsetSize));
  return assemble(raw);
}

interface RawEntry {
  readonly id: number;
  readonly hasData: boolean;
  readonly section: number;
  readonly texts: Record<'oid' | 'tag' | 'kind' | 'definition' | 'schema' | 'accessMethod' | 'owner', Buffer | undefined>;
  readonly dependencies: number[];
}

function readEntry(cursor: Cursor, minor: number, offsetSize: number): RawEntry {
  const id = cursor.integer();
  const hasData = cursor.integer() !== 0;
  cursor.bytes();
  const oid = cursor.bytes();
  const tag = cursor.bytes();
  const kind = cursor.bytes();
  const section = cursor.integer();
  const definition = cursor.bytes();
  cursor.bytes();
  cursor.bytes();
  const schema = cursor.bytes();
  cursor.bytes();
  const accessMethod = minor >= 14 ? cursor.bytes() : undefined;
  if (minor >= 16) cursor.integer();
  const owner = cursor.bytes();
  cursor.bytes();
  const dependencies: number[] = [];
  for (let text = cursor.bytes(); text !== undefined; text = cursor.bytes()) dependencies.push(Number(text.toString('latin1')));
  cursor.take(1 + offsetSize);
  return { id, hasData, section, texts: { oid, tag, kind, definition, schema, accessMethod, owner }, dependencies };
}

function assemble(raw: readonly RawEntry[]): Archive {
  const encoding = raw.find(({ texts }) => texts.kind?.toString('latin1') === 'ENCODING')?.texts.definition?.toString('latin1') ?? '';
  const latin = /'LATIN1'/i.test(encoding);
  const text = (bytes: Buffer | undefined): string | undefined => bytes?.toString(latin ? 'latin1' : 'utf8');
  const known = new Set(raw.map(({ id }) => id));
  const entries = raw.map(({ id, section, texts, dependencies }): ArchiveEntry => ({
    id,
    oid: text(texts.oid) ?? '0',
    tag: text(texts.tag) ?? '',
    kind: text(texts.kind) ?? '',
    section: SECTIONS[section] ?? 'none',
    definition: text(texts.definition) ?? '',
    schema: text(texts.schema) || undefined,
    accessMethod: text(texts.accessMethod) || undefined,
    owner: text(texts.owner) ?? '',
    dependencies: dependencies.filter((dependency) => known.has(dependency) && dependency !== id),
  }));
  const largeObjects = raw.filter(({ hasData, texts }) => hasData && texts.kind?.toString('latin1') === 'BLOBS').map(({ id }) => id);
  return { entries, largeObjects };
}

class Cursor {
  integerSize = 4;
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  take(length: number): Buffer {
    if (this.at + length > this.buffer.length) throw new NeedMore();
    const bytes = this.buffer.subarray(this.at, this.at + length);
    this.at += length;
    return bytes;
  }

  byte(): number {
    return this.take(1)[0];
  }

  /** A sign byte, then the size that the header says, least first. */
  integer(): number {
    const negative = this.byte() !== 0;
    let value = 0;
    const bytes = this.take(this.integerSize);
    for (let index = bytes.length - 1; index >= 0; index--) value = value * 256 + bytes[index];
    return negative ? -value : value;
  }

  /** Length and bytes; undefined for a null. */
  bytes(): Buffer | undefined {
    const length = this.integer();
    return length < 0 ? undefined : this.take(length);
  }
}

function damaged(reason: string): IntegrityError {
  return new IntegrityError('ARCHIVE_DAMAGED', `The schema archive is not whole: ${reason}.`, 'Do not count on this run; look at what wrote to the store since.');
}
