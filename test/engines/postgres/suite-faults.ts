import { join } from 'node:path';
import { Client } from 'pg';
import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import type { PostgresServer } from '../../../rehearsal/servers/postgres-server';
import type { SuiteFaults } from '../suite-faults';

export interface PostgresFaultsProps {
  readonly config: PostgresConfig;
  secret(change?: { readonly port?: number; readonly dbname?: string; readonly password?: string }): string;
}

const DATABASE = 'disturbed';

export function postgresFaults(server: PostgresServer, { config, secret }: PostgresFaultsProps): SuiteFaults<PostgresConfig> {
  const connect = async (database = DATABASE): Promise<Client> => {
    const client = new Client({ host: '127.0.0.1', port: server.port, user: server.superuser, password: server.password, database });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const once = async (database: string, ...statements: string[]): Promise<void> => {
    const client = await connect(database);
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  return {
    tool: join(server.binaries.bin, 'pg_dump'),
    async prepare() {
      await once('postgres', `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`, `CREATE DATABASE ${DATABASE}`);
      await once(DATABASE, ...['alpha', 'beta', 'gamma'].map((table) => `CREATE TABLE ${table} (id int PRIMARY KEY, cents bigint NOT NULL, body varchar(2000));
        INSERT INTO ${table} SELECT i, i, repeat('x', 1500) FROM generate_series(1, 3000) i; CREATE INDEX ON ${table} (cents)`), 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO backup_reader');
      return { ...config, databases: [DATABASE] };
    },
    run: (...statements) => once(DATABASE, statements.length > 1 ? `BEGIN; ${statements.join('; ')}; COMMIT` : statements[0]),
    endSessions: () => once('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \'backup_reader\''),
    async hold() {
      const client = await connect();
      await client.query('BEGIN; LOCK TABLE gamma');
      return () => client.end();
    },
    secret: ({ database, ...change } = {}) => secret({ ...change, ...database === undefined ? {} : { dbname: database } }),
    impatient: (given) => ({ ...given, lockTimeoutSeconds: 1 }),
    withTls: (given) => ({ ...given, tls: { mode: 'verify-full' } }),
    withDatabase: (given, database) => ({ ...given, databases: [database] }),
  };
}
