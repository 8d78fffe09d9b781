import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mysql } from '../../lambda/engines/mysql';
import { openTarget, type TargetConnection } from '../../lambda/engines/mysql/restore-target';
import type { MySqlConfig } from '../../lib/contract/engines/mysql';
import { startMariaDb } from '../../rehearsal/servers/mariadb-server';
import { programsOnPath } from '../support/programs-on-path';
import { mysqlFaults } from './mysql/suite-faults';
import { HOSTILE_SCHEMA } from './mysql/schema';
import { describeEngine } from './suite';

const SECRET = 'arn:secret';
const PASSWORD = 'sentinel-e83f02';

describeEngine<MySqlConfig>('mysql', {
  engine: mysql,

  async start() {
    const server = await startMariaDb({ directory: await mkdtemp(join(tmpdir(), 'bp-my-')), options: ['--log-bin=binlog', '--server-id=1', '--log-bin-trust-function-creators=ON'] });
    programsOnPath(server.binaries);
    for (const database of ['shop', 'empty', 'disturbed']) await server.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    await server.query(`CREATE USER backup_reader@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`);
    for (const database of ['shop', 'empty', 'disturbed']) await server.query(`GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE, LOCK TABLES ON ${database}.* TO backup_reader@'127.0.0.1'`);
    await server.query('GRANT SELECT ON mysql.proc TO backup_reader@\'127.0.0.1\'');
    await server.query('GRANT BINLOG MONITOR ON *.* TO backup_reader@\'127.0.0.1\'');
    for (const statement of HOSTILE_SCHEMA) await server.query(statement, 'shop');
    const secret = (password: string) => JSON.stringify({ host: '127.0.0.1', port: server.port, username: 'backup_reader', password });
    const config: MySqlConfig = {
      flavor: 'mariadb', secretArn: SECRET, databases: ['shop'], authentication: 'password', tls: { mode: 'disable' },
      tables: { exclude: [], schemaOnly: [] }, nonTransactional: 'lock', lockTimeoutSeconds: 5, compressionLevel: 1,
    };
    return {
      config,
      emptyConfig: { ...config, databases: ['empty'] },
      secrets: { [SECRET]: secret(PASSWORD) },
      wrongSecrets: { [SECRET]: secret('wrong-90ab') },
      password: PASSWORD,
      faults: mysqlFaults(server, { config, secret: (change) => JSON.stringify({ host: '127.0.0.1', port: server.port, username: 'backup_reader', password: PASSWORD, ...change }) }),
      openSessions: async () => (await server.query<{ id: number }>('SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = \'backup_reader\'')).length,
      stop: () => server.stop(),
    };
  },

  async changeOneByte({ connection }) {
    const target = connection as TargetConnection;
    const session = await openTarget(target, target.loader, 'shop', new AbortController().signal);
    await session.run('UPDATE orders SET note = CONCAT(\'x\', note) ORDER BY id LIMIT 1');
    await session.close();
  },
});
