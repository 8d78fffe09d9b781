import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { PostgresConfig } from '../../lib/contract/engines/postgres';
import { postgres } from '../../lambda/engines/postgres';
import { connectTarget, type TargetConnection } from '../../lambda/engines/postgres/restore-target';
import { postgresEnvironment, type PostgresBinaries } from '../../rehearsal/servers/postgres-binaries';
import { startPostgres } from '../../rehearsal/servers/postgres-server';
import { postgresOnPath } from '../support/programs-on-path';
import { postgresFaults } from './postgres/suite-faults';
import { describeEngine } from './suite';

const data = join(__dirname, '..', '..', 'examples', 'montoit', 'data');
const SECRET = 'arn:secret';
const PASSWORD = 'sentinel-b41c9e';

describeEngine<PostgresConfig>('postgres', {
  engine: postgres,

  async start() {
    const server = await startPostgres({ directory: await mkdtemp(join(tmpdir(), 'bp-pg-')) });
    postgresOnPath(server.binaries);
    const url = await server.createDatabase('montoit');
    await server.createDatabase('empty');
    const admin = new Client({ connectionString: url });
    await admin.connect();
    await runPsql(server.binaries, url);
    await admin.query(`alter role backup_reader password '${PASSWORD}'`);
    const secret = (password: string) => JSON.stringify({ host: '127.0.0.1', port: server.port, username: 'backup_reader', password });
    const config: PostgresConfig = {
      flavor: 'self-hosted',
      secretArn: SECRET,
      databases: ['montoit'],
      authentication: 'password',
      tls: { mode: 'disable' },
      tables: { exclude: [], schemaOnly: [] },
      maximumConnections: 5,
      maximumBlockingSeconds: 30,
      lockTimeoutSeconds: 5,
      compressionLevel: 1,
    };
    return {
      config,
      emptyConfig: { ...config, databases: ['empty'] },
      secrets: { [SECRET]: secret(PASSWORD) },
      wrongSecrets: { [SECRET]: secret('wrong-77d1') },
      password: PASSWORD,
      faults: postgresFaults(server, { config, secret: (change) => JSON.stringify({ host: '127.0.0.1', port: server.port, username: 'backup_reader', password: PASSWORD, ...change }) }),
      async openSessions() {
        const { rows } = await admin.query(`select count(*)::int as n from pg_stat_activity where application_name like 'backup-policy%' or usename = 'backup_reader'`);
        return (rows[0] as { n: number }).n;
      },
      async stop() {
        await admin.end();
        await server.stop();
      },
    };
  },

  async changeOneByte({ connection }) {
    const target = connection as TargetConnection;
    const client = await connectTarget(target, target.administrator, 'montoit', new AbortController().signal);
    await client.query(`update public.profiles set phone = 'x' || phone where id = (select min(id::text)::uuid from public.profiles)`);
    await client.end();
  },
});

/** The example's own files, by the tool they are written for. */
async function runPsql(binaries: PostgresBinaries, url: string): Promise<void> {
  const files = ['host.sql', 'schema.sql', 'seed.sql'].flatMap((file) => ['-f', join(data, file)]);
  await promisify(execFile)(join(binaries.bin, 'psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...files, url], {
    env: postgresEnvironment(binaries),
    maxBuffer: 64 * 1024 * 1024,
  });
}
