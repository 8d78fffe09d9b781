import { App, Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { MySqlConfig } from '../../../lib/contract/engines/mysql';
import { MySqlFlavor, MySqlSource, type MySqlSourceProps, NonTransactionalTables, TiDbGarbageCollection } from '../../../lib';

function bind(props: Partial<MySqlSourceProps> = {}) {
  const stack = new Stack(new App(), 'S', { env: { account: '111122223333', region: 'eu-west-3' } });
  const connection = Secret.fromSecretCompleteArn(stack, 'Secret', 'arn:aws:secretsmanager:eu-west-3:111122223333:secret:shop/db-AbCdEf');
  return new MySqlSource({ connection, flavor: MySqlFlavor.TIDB, ...props }).bind(stack);
}

test('TiDB is read and proven by MySQL\'s tools, and asks for nothing of the server', () => {
  const { engine, imageTarget, config } = bind();
  expect({ engine, imageTarget }).toEqual({ engine: 'mysql', imageTarget: 'mysql' });
  expect(MySqlConfig.parse(config)).toMatchObject({
    flavor: 'tidb', tidb: { garbageCollection: 'refuse' }, nonTransactional: 'refuse', tls: { mode: 'verify-full' },
  });
});

test.each([
  [TiDbGarbageCollection.REFUSE, 'refuse'], [TiDbGarbageCollection.RAISE, 'raise'], [TiDbGarbageCollection.HOLD, 'hold'],
])('what keeps the versions is the worker\'s to know, and for how long', (garbageCollection, word) => {
  const { config } = bind({ tidb: { garbageCollection, readTime: Duration.minutes(45) } });
  expect(config).toMatchObject({ tidb: { garbageCollection: word, readSeconds: 2700 } });
});

test('what no TiDB has, and TiDB\'s own for another server, are refused at synth', () => {
  expect(() => bind({ flavor: MySqlFlavor.MYSQL, tidb: {} })).toThrow(/source\.tidb.*MySqlFlavor\.TIDB alone/s);
  expect(() => bind({ nonTransactional: NonTransactionalTables.LOCK })).toThrow(/source\.nonTransactional.*all of its tables have transactions/s);
  expect(() => bind({ tidb: { readTime: Duration.days(8) } })).toThrow(/source\.tidb\.readTime/);
});

test('another server\'s configuration has nothing of it', () => {
  expect(bind({ flavor: MySqlFlavor.MARIADB }).config).not.toHaveProperty('tidb');
});
