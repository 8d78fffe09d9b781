import type { LeftOut } from '../../../lib/contract/manifest';
import { RefusedError } from '../../runtime/errors';
import type { Session } from './connection';
import type { Relation } from './survey';

interface Column { table: string; name: string; masked: number }

/**
 * Columns whose values the tools do not write as they are: those of a masking policy (MySQL Enterprise, from 9.7), which are shown to most
 * users as something else, and FLOAT, of which text has six digits (1234567 comes as 1234570; tried on MySQL 9.7 and MariaDB 10.11).
 *
 * @returns what the copy lacks by the latter
 * @throws RefusedError MASKED_COLUMNS
 */
export async function columnTraps(session: Session, database: string, rows: readonly Relation[]): Promise<LeftOut[]> {
  const copied = new Set(rows.map(({ name }) => name));
  const columns = (await session.rows<Column>(
    `SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS name, EXTRA LIKE '%MASKING POLICY%' AS masked FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND (DATA_TYPE = 'float' OR EXTRA LIKE '%MASKING POLICY%') ORDER BY TABLE_NAME, ORDINAL_POSITION`, [database],
  )).filter(({ table }) => copied.has(table)).map(({ table, name, masked }) => ({ name: `${table}.${name}`, masked: Number(masked) === 1 }));
  const masked = columns.filter((column) => column.masked).map(({ name }) => name);
  if (masked.length > 0) {
    throw new RefusedError(
      'MASKED_COLUMNS', `Of database "${database}" ${masked.slice(0, 5).join(', ')}${masked.length > 5 ? ', …' : ''} ${masked.length === 1 ? 'is' : 'are'} under a masking policy: what the user is shown may not be what is stored.`,
      'Take the policies off (ALTER TABLE … ALTER COLUMN … DROP MASKING POLICY), or exclude the tables and copy them otherwise.',
    );
  }
  return columns.map(({ name }): LeftOut => ({ database, kind: 'digits', name, reason: 'of a FLOAT the dump tool writes six digits; DOUBLE and DECIMAL keep all of theirs' }));
}
