import { Client } from 'pg';
import type { Writing } from '../../engine';

export async function openWriter(address: string): Promise<Writing> {
  const client = new Client({ connectionString: address });
  await client.connect();
  return {
    write: async (table, column, key) => {
      await client.query('BEGIN');
      await client.query(`UPDATE ${table} SET ${column} = ${column} || '.' WHERE id = $1`, [key]);
      await client.query('COMMIT');
    },
    close: () => client.end(),
  };
}
