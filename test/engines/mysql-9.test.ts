import { dirname, join } from 'node:path';
import { mysql } from '../../lambda/engines/mysql';
import { openTarget, type TargetConnection } from '../../lambda/engines/mysql/restore-target';
import type { MySqlConfig } from '../../lib/contract/engines/mysql';
import { MYSQL_SCHEMA } from './mysql/mysql-schema';
import { configOf, PASSWORD, SECRET, secretOf, sessionsOf, startMySqlShop } from './mysql/mysql-shop';
import { mysqlFaults } from './mysql/suite-faults';
import { describeEngine } from './suite';

describeEngine<MySqlConfig>('mysql with MySQL', {
  engine: mysql,

  async start() {
    const server = await startMySqlShop(['shop', 'empty', 'disturbed']);
    for (const statement of MYSQL_SCHEMA) await server.query(statement, 'shop');
    const config = configOf('shop');
    return {
      config,
      emptyConfig: { ...config, databases: ['empty'] },
      secrets: { [SECRET]: secretOf(server) },
      wrongSecrets: { [SECRET]: secretOf(server, { password: 'wrong-90ab' }) },
      password: PASSWORD,
      faults: mysqlFaults(server, { config, secret: (change) => secretOf(server, change), tool: join(dirname(server.binaries.client), 'mysqldump') }),
      openSessions: () => sessionsOf(server),
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
