import type { Session } from './connection';
import { RowDigest, type ValueKind } from './row-digest';

const KINDS: Readonly<Record<string, ValueKind>> = { json: 'json', double: 'double', float: 'float' };

/** How each table's rows are summed up whatever their order; the tools write no values of generated columns. */
export async function rowDigests(session: Session, database: string): Promise<(table: string) => RowDigest> {
  const columns = await session.rows<{ name: string; type: string }>(
    `SELECT TABLE_NAME AS name, DATA_TYPE AS type FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND GENERATION_EXPRESSION = '' ORDER BY TABLE_NAME, ORDINAL_POSITION`, [database],
  );
  const kinds = new Map<string, ValueKind[]>();
  for (const { name, type } of columns) kinds.set(name, [...kinds.get(name) ?? [], KINDS[type.toLowerCase()] ?? 'other']);
  return (table) => new RowDigest(kinds.get(table) ?? []);
}
