import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Dataset, DatasetSize } from '../../engine';

const CONNECTIONS = 2;

/** Runs the phases of a data set on two connections. */
export async function loadDataset(connectionString: string, dataset: Dataset): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    const client = new Client({ connectionString });
    await client.connect();
    await client.query('SET maintenance_work_mem = \'512MB\'');
    return client;
  }));
  try {
    for (const phase of dataset.phases) {
      const waiting = [...phase];
      await Promise.all(clients.map(async (client) => {
        for (let statement = waiting.shift(); statement !== undefined; statement = waiting.shift()) await client.query(statement);
      }));
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** Reads every table once: that is the data set's size, and warms the cache for all who are measured. */
export async function measureDataset(connectionString: string): Promise<DatasetSize> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>('SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = \'r\' AND relnamespace = \'public\'::regnamespace');
    let rows = 0;
    let textBytes = 0;
    for (const { name } of tables) {
      const stream = client.query(copyTo(`COPY ${name} TO STDOUT`));
      for await (const chunk of stream) textBytes += (chunk as Buffer).length;
      rows += stream.rowCount ?? 0;
    }
    const { rows: [{ bytes }] } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
    return { tables: tables.length, rows, textBytes, diskBytes: Number(bytes) };
  } finally {
    await client.end();
  }
}
