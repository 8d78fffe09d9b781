import { dirname, join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { mysql } from '../../lambda/engines/mysql';
import { openTarget, type TargetConnection } from '../../lambda/engines/mysql/restore-target';
import type { MySqlConfig } from '../../lib/contract/engines/mysql';
import { PASSWORD, SECRET } from './mysql/mysql-shop';
import { mysqlFaults } from './mysql/suite-faults';
import { startTiDbShop, TIDB_SCHEMA, tidbConfig, tidbSecret } from './mysql/tidb/shop';
import { describeEngine } from './suite';

describeEngine<MySqlConfig>('mysql with TiDB\'s double', {
  engine: mysql,

  async start() {
    const { tidb, backing, stop } = await startTiDbShop(['shop', 'empty', 'disturbed']);
    const owner = await createConnection({ host: '127.0.0.1', port: tidb.port, user: backing.user, password: backing.password, database: 'shop' });
    for (const statement of TIDB_SCHEMA) await owner.query(statement);
    await owner.end();
    const config = tidbConfig('shop');
    return {
      config,
      emptyConfig: { ...config, databases: ['empty'] },
      secrets: { [SECRET]: tidbSecret(tidb) },
      wrongSecrets: { [SECRET]: tidbSecret(tidb, { password: 'wrong-90ab' }) },
      password: PASSWORD,
      faults: mysqlFaults(backing, { config, secret: (change) => tidbSecret(tidb, change), tool: join(dirname(backing.binaries.client), 'mysqldump') }),
      openSessions: () => Promise.resolve(tidb.openSessions),
      stop,
    };
  },

  async changeOneByte({ connection }) {
    const target = connection as TargetConnection;
    const session = await openTarget(target, target.loader, 'shop', new AbortController().signal);
    await session.run('UPDATE orders SET note = CONCAT(\'x\', note) ORDER BY id LIMIT 1');
    await session.close();
  },
});
