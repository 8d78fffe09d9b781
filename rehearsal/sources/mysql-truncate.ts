import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { FamilyServer } from '../servers/mysql-family-server';
import { fullestTables } from './fullest-tables';

/** Empties the fullest tables of a database, until this share of all rows is gone; those too that others refer to. */
export async function truncateFullest({ socket, user, password }: FamilyServer, database: string, share: number): Promise<string[]> {
  const connection = await createConnection({ socketPath: socket, user, password, database });
  const rowsOf = async (sql: string): Promise<RowDataPacket[]> => (await connection.query<RowDataPacket[]>(sql))[0];
  try {
    const tables = [];
    for (const { name } of await rowsOf('SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = \'BASE TABLE\'')) {
      const [{ count }] = await rowsOf(`SELECT COUNT(*) AS count FROM \`${name}\``);
      tables.push({ name: `\`${name}\``, rows: Number(count) });
    }
    const chosen = fullestTables(tables, share);
    await connection.query('SET SESSION foreign_key_checks = 0');
    for (const name of chosen) await connection.query(`TRUNCATE TABLE ${name}`);
    return chosen;
  } finally {
    await connection.end();
  }
}
