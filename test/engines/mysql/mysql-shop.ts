import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { startMySql } from '../../../rehearsal/servers/mysql-server';
import { programsOnPath } from '../../support/programs-on-path';

export const SECRET = 'arn:secret';
export const ACCOUNT = 'backup_reader@\'127.0.0.1\'';
export const PASSWORD = 'sentinel-c41d77';
/** Every right of docs/sources/mysql.md for MySQL. */
export const DATABASE_RIGHTS = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT', 'LOCK TABLES'] as const;
/** Bringing MySQL, once a machine. */
export const BRINGING_MILLISECONDS = 180_000;

/** A MySQL server with databases and the account of the backups. @throws ToolsMissingError where there is no MySQL to be had */
export async function startMySqlShop(databases: readonly string[], options: readonly string[] = []): Promise<FamilyServer> {
  const server = await startMySql({ directory: await mkdtemp(join(tmpdir(), 'bp-my-')), options: ['--log-bin-trust-function-creators=ON', ...options] });
  programsOnPath(server.binaries);
  await server.query(`CREATE USER ${ACCOUNT} IDENTIFIED BY '${PASSWORD}'`);
  for (const database of databases) {
    await server.query(`CREATE DATABASE \`${database}\``);
    await grantAll(server, database);
  }
  return server;
}

export async function grantAll(server: FamilyServer, database: string): Promise<void> {
  await server.query(`GRANT ${DATABASE_RIGHTS.join(', ')} ON \`${database}\`.* TO ${ACCOUNT}`);
  await server.query(`GRANT SHOW_ROUTINE ON *.* TO ${ACCOUNT}`);
}

export function secretOf(
  server: FamilyServer, change: { readonly port?: number; readonly dbname?: string; readonly password?: string } = {},
): string {
  return JSON.stringify({ host: '127.0.0.1', port: server.port, username: 'backup_reader', password: PASSWORD, ...change });
}

export function configOf(database: string, change: Partial<MySqlConfig> = {}): MySqlConfig {
  return {
    flavor: 'mysql', secretArn: SECRET, databases: [database], authentication: 'password', tls: { mode: 'disable' },
    tables: { exclude: [], schemaOnly: [] }, nonTransactional: 'lock', lockTimeoutSeconds: 5, compressionLevel: 1, ...change,
  };
}

export async function sessionsOf(server: FamilyServer): Promise<number> {
  return (await server.query<{ id: number }>('SELECT ID AS id FROM performance_schema.processlist WHERE USER = \'backup_reader\'')).length;
}
