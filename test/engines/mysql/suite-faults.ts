import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import type { SuiteFaults } from '../suite-faults';

export interface MySqlFaultsProps {
  readonly config: MySqlConfig;
  secret(change?: { readonly port?: number; readonly dbname?: string; readonly password?: string }): string;
  /** The account of the backups. @default 'backup_reader' */
  readonly account?: string;
  /** Path of the dump tool. @default MariaDB's, beside the client */
  readonly tool?: string;
}

const DATABASE = 'disturbed';

/** The family's side of the shared faults: the account must have its rights on a database `disturbed`. */
export function mysqlFaults(server: FamilyServer, { config, secret, account = 'backup_reader', tool }: MySqlFaultsProps): SuiteFaults<MySqlConfig> {
  const connect = () => createConnection({ host: '127.0.0.1', port: server.port, user: server.user, password: server.password, database: DATABASE });
  return {
    tool: tool ?? join(server.binaries.client, '..', 'mariadb-dump'),
    async prepare() {
      await server.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
      await server.query(`CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`);
      const connection = await connect();
      await connection.query('CREATE TABLE digits (d int)');
      await connection.query('INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)');
      for (const table of ['alpha', 'beta', 'gamma']) {
        await connection.query(`CREATE TABLE ${table} (id int PRIMARY KEY, cents bigint NOT NULL, body varchar(2000), KEY cents (cents)) ENGINE=InnoDB`);
        await connection.query(`INSERT INTO ${table} SELECT n, n, REPEAT('x', 1500) FROM
          (SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM digits a, digits b, digits c, digits e) AS numbers WHERE n <= 3000`);
      }
      await connection.query('DROP TABLE digits');
      await connection.end();
      return { ...config, databases: [DATABASE] };
    },
    async run(...statements) {
      const connection = await connect();
      try {
        if (statements.length > 1) await connection.beginTransaction();
        for (const statement of statements) await connection.query(statement);
        if (statements.length > 1) await connection.commit();
      } finally {
        await connection.end();
      }
    },
    async endSessions() {
      const sessions = await server.query<{ id: number }>(`SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '${account}'`);
      for (const { id } of sessions) await server.query(`KILL CONNECTION ${id}`).catch(() => undefined);
    },
    async hold() {
      const connection = await connect();
      await connection.query('LOCK TABLES gamma WRITE');
      return () => connection.end();
    },
    secret: ({ database, ...change } = {}) => secret({ ...change, ...database === undefined ? {} : { dbname: database } }),
    impatient: (given) => ({ ...given, lockTimeoutSeconds: 1 }),
    withTls: (given) => ({ ...given, tls: { mode: 'verify-full' } }),
    withDatabase: (given, database) => ({ ...given, databases: [database] }),
  };
}
