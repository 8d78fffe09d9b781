import { createConnection } from 'mysql2/promise';
import type { Writing } from '../../engine';

/** @param address a URI of the client library's */
export async function openWriter(address: string): Promise<Writing> {
  const connection = await createConnection(address);
  return {
    write: async (table, column, key) => {
      await connection.query('BEGIN');
      await connection.query(`UPDATE ${table} SET ${column} = CONCAT(${column}, '.') WHERE id = ?`, [key]);
      await connection.query('COMMIT');
    },
    close: () => connection.end(),
  };
}
