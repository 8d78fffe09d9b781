import { createHash } from 'node:crypto';
import type { RunError } from '../../runtime/errors';
import { quoteIdent, type Session } from './connection';
import type { DatabaseNotes } from './notes';
import type { Digest } from './row-digest';

/** How a large table is cut: into ranges of the first column of its primary key, which is an integer. */
export interface Cuts {
  /** Unquoted. */
  readonly column: string;
  /** Where each slice but the first begins, in decimal text and rising: the first slice has no lower end and the last one no upper. */
  readonly bounds: readonly string[];
}

/** The values of a key's first column. */
export interface KeyRange {
  readonly column: string;
  readonly least: bigint;
  readonly most: bigint;
}

const INTEGERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];
/** Both ends of a key are read at once; a table that somebody holds is left whole, and met by the tool that reads it. */
const PATIENCE = 'lock_wait_timeout = 1, max_statement_time = 5';

/**
 * The range of a table's key where it can be cut by it; MariaDB.
 *
 * @returns undefined for a table without rows, without a primary key that begins with an integer, or one that is partitioned: its rows lie
 *   in the order of the partitions, not of the key
 */
export async function keyRangeOf(session: Session, database: string, table: string): Promise<KeyRange | undefined> {
  const [key] = await session.rows<{ column: string; type: string }>(
    `SELECT k.COLUMN_NAME AS \`column\`, c.DATA_TYPE AS type FROM information_schema.STATISTICS AS k
     JOIN information_schema.COLUMNS AS c ON c.TABLE_SCHEMA = k.TABLE_SCHEMA AND c.TABLE_NAME = k.TABLE_NAME AND c.COLUMN_NAME = k.COLUMN_NAME
     JOIN information_schema.TABLES AS t ON t.TABLE_SCHEMA = k.TABLE_SCHEMA AND t.TABLE_NAME = k.TABLE_NAME
     WHERE k.TABLE_SCHEMA = ? AND k.TABLE_NAME = ? AND c.TABLE_SCHEMA = ? AND c.TABLE_NAME = ? AND t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?
       AND k.INDEX_NAME = 'PRIMARY' AND k.SEQ_IN_INDEX = 1 AND t.CREATE_OPTIONS NOT LIKE '%partitioned%'`,
    [database, table, database, table, database, table],
  );
  // The tool repeats the condition in a comment of one line.
  if (!key || !INTEGERS.includes(key.type.toLowerCase()) || /[\r\n]/.test(key.column)) return undefined;
  const { column } = key;
  const [ends] = await session.rows<{ least: string | number | null; most: string | number | null }>(
    `SET STATEMENT ${PATIENCE} FOR SELECT MIN(${quoteIdent(column)}) AS least, MAX(${quoteIdent(column)}) AS most FROM ${quoteIdent(database)}.${quoteIdent(table)}`,
  ).catch((error: RunError) => {
    if (error.code === 'CONNECTION_LOST') throw error;
    return [];
  });
  if (!ends || ends.least === null || ends.most === null) return undefined;
  return { column, least: BigInt(ends.least), most: BigInt(ends.most) };
}

/** Cuts a range into slices of equal width; undefined when it has no two values. */
export function cut({ column, least, most }: KeyRange, slices: number): Cuts | undefined {
  const width = most - least + 1n;
  const wanted = Array.from({ length: slices - 1 }, (_, index) => least + width * BigInt(index + 1) / BigInt(slices));
  const bounds = wanted.filter((bound, index) => bound > least && bound !== wanted[index - 1]);
  return bounds.length > 0 ? { column, bounds: bounds.map(String) } : undefined;
}

/** The conditions of the slices, in the order of the key: every row meets one of them, whatever is written meanwhile. */
export function conditionsOf({ column, bounds }: Cuts): string[] {
  const name = quoteIdent(column);
  return [undefined, ...bounds].map((from, index) => (
    [...from === undefined ? [] : [`${name} >= ${from}`], ...index < bounds.length ? [`${name} < ${bounds[index]}`] : []].join(' AND ')));
}

/** Options by which a tool reads one slice, in the order of the key: with a condition the server might take another index. */
export function sliceOptions(condition: string): string[] {
  return [`--where=${condition}`, '--order-by-primary'];
}

/** The sums of a table that was read in slices: its SHA-256 is that of the slices' own, as bytes, in the order of the key. */
export function joinDigests(slices: readonly Digest[]): Digest {
  const hash = createHash('sha256');
  for (const { sha256 } of slices) hash.update(sha256, 'hex');
  const sum = (of: 'rows' | 'bytes'): number => slices.reduce((total, slice) => total + slice[of], 0);
  return { rows: sum('rows'), bytes: sum('bytes'), sha256: hash.digest('hex') };
}

/** A table whose slices come in whatever order. */
export class SlicedTable {
  private readonly digests: Digest[] = [];
  private readonly parts: string[] = [];

  constructor(private readonly cuts: Cuts) {}

  /** @param index of the slice in the order of the key */
  add(index: number, digest: Digest, part: string): void {
    this.digests[index] = digest;
    this.parts[index] = part;
  }

  digest(): Digest {
    return joinDigests(this.digests);
  }

  notes(): Pick<DatabaseNotes['tables'][number], 'slices'> {
    return { slices: { column: this.cuts.column, bounds: [...this.cuts.bounds], parts: [...this.parts] } };
  }
}
