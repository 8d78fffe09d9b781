import { spawn } from 'node:child_process';
import { createConnection } from 'mysql2/promise';
import { familyEnvironment, type FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import type { Dataset, DatasetSize } from '../../engine';
import { MeasurementError } from '../../measured';
import { optionFile } from './commands';

const CONNECTIONS = 2;

/** Runs the phases of a data set on two connections. */
export async function loadDataset({ socket, user, password }: FamilyServer, database: string, { phases }: Dataset): Promise<void> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    const connection = await createConnection({ socketPath: socket, user, password, database, multipleStatements: true, charset: 'utf8mb4' });
    await connection.query('SET sql_log_bin=0, unique_checks=0, foreign_key_checks=0, time_zone=\'+00:00\'');
    return connection;
  }));
  try {
    for (const phase of phases) {
      const waiting = [...phase];
      await Promise.all(connections.map(async (connection) => {
        for (let statement = waiting.shift(); statement !== undefined; statement = waiting.shift()) await connection.query(statement);
      }));
    }
  } finally {
    await Promise.all(connections.map((connection) => connection.end()));
  }
}

/** Reads every table once: that is the data set's size, and warms the cache for all who are measured. */
export async function measureDataset(server: FamilyServer, database: string, folder: string): Promise<DatasetSize> {
  const tables = await server.query<{ name: string; bytes: string }>(
    'SELECT TABLE_NAME AS name, DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES WHERE TABLE_TYPE = \'BASE TABLE\' AND TABLE_SCHEMA = DATABASE()', database,
  );
  let rows = 0;
  for (const { name } of tables) rows += Number((await server.query<{ n: string }>(`SELECT COUNT(*) AS n FROM ${name}`, database))[0].n);
  return {
    tables: tables.length, rows, textBytes: await dumpedBytes(server, database, folder),
    diskBytes: tables.reduce((sum, { bytes }) => sum + Number(bytes), 0),
  };
}

async function dumpedBytes(server: FamilyServer, database: string, folder: string): Promise<number> {
  const child = spawn('mariadb-dump', [`--defaults-file=${await optionFile(server, folder)}`, '--single-transaction', database], {
    env: familyEnvironment(server.binaries), stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  let bytes = 0;
  for await (const chunk of child.stdout) bytes += (chunk as Buffer).length;
  const code = await ended;
  if (code !== 0) throw new MeasurementError(`mariadb-dump ended with ${code}`);
  return bytes;
}
