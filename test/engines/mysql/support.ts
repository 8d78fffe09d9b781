import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../lambda/runtime/log';
import type { EngineContext } from '../../../lambda/runtime/engine';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { MariaDbBinaries } from '../../../rehearsal/servers/mariadb-binaries';
import { startMariaDb } from '../../../rehearsal/servers/mariadb-server';
import type { FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { programsOnPath } from '../../support/programs-on-path';

const SECRET = 'arn:secret';
const PASSWORD = 'pw-3f92c1';

export const ACCOUNT = 'backup_reader@\'127.0.0.1\'';
export const DATABASE_RIGHTS = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT', 'EXECUTE', 'LOCK TABLES'] as const;

/** A server with a database `shop` and the account of the backups with every right of docs/sources/mysql.md. */
export async function startShop(binaries?: MariaDbBinaries): Promise<FamilyServer> {
  const server = await startMariaDb({ binaries, directory: await mkdtemp(join(tmpdir(), 'bp-my-')), options: ['--log-bin=binlog', '--server-id=1', '--log-bin-trust-function-creators=ON'] });
  programsOnPath(server.binaries);
  await server.query('CREATE DATABASE shop CHARACTER SET utf8mb4');
  await server.query(`CREATE USER ${ACCOUNT} IDENTIFIED BY '${PASSWORD}'`);
  await grantAll(server);
  return server;
}

export async function grantAll(server: FamilyServer): Promise<void> {
  await server.query(`GRANT ${DATABASE_RIGHTS.join(', ')} ON shop.* TO ${ACCOUNT}`);
  await server.query(`GRANT SELECT ON mysql.proc TO ${ACCOUNT}`);
  await server.query(`GRANT BINLOG MONITOR ON *.* TO ${ACCOUNT}`);
}

export async function contextOf(server: FamilyServer, change: Partial<MySqlConfig> = {}): Promise<EngineContext<MySqlConfig>> {
  const secret = JSON.stringify({ host: '127.0.0.1', port: server.port, username: 'backup_reader', password: PASSWORD, dbname: 'shop' });
  return {
    config: {
      flavor: 'mariadb', secretArn: SECRET, authentication: 'password', tls: { mode: 'disable' },
      tables: { exclude: [], schemaOnly: [] }, nonTransactional: 'lock', lockTimeoutSeconds: 5, compressionLevel: 1, ...change,
    },
    runId: '20261120T020000Z', attempt: 'attempt-1', log: createLog({}, () => undefined), signal: new AbortController().signal,
    secrets: { read: () => Promise.resolve(secret) },
    scratchDirectory: await mkdtemp(join(tmpdir(), 'bp-my-run-')),
    now: () => new Date(),
  };
}
