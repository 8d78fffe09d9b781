import { mysql } from '../../../lambda/engines/mysql';
import { MySqlNotes } from '../../../lambda/engines/mysql/notes';
import type { FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { MemoryCopy } from '../../support/memory-copy';
import { HOSTILE_SCHEMA } from './schema';
import { ACCOUNT, contextOf, DATABASE_RIGHTS, grantAll, startShop } from './support';

let server: FamilyServer;

beforeAll(async () => {
  server = await startShop();
  for (const statement of HOSTILE_SCHEMA) await server.query(statement, 'shop');
}, 60_000);

afterAll(() => server?.stop());

const dumped = async () => mysql.dump(await contextOf(server), new MemoryCopy());

test('with all of them the dump is whole', async () => {
  await expect(dumped()).resolves.toMatchObject({ leftOut: expect.arrayContaining([expect.objectContaining({ kind: 'accounts' })]) });
});

test.each(DATABASE_RIGHTS)('without %s nothing is copied, and the sentence says what to grant', async (right) => {
  await server.query(`REVOKE ${right} ON shop.* FROM ${ACCOUNT}`);
  try {
    await expect(dumped()).rejects.toMatchObject({ name: 'RefusedError', code: 'NO_PERMISSION' });
  } finally {
    await grantAll(server);
  }
});

test('without the routines\' definitions nothing is copied', async () => {
  await server.query(`REVOKE SELECT ON mysql.proc FROM ${ACCOUNT}`);
  try {
    await expect(dumped()).rejects.toMatchObject({ code: 'NO_PERMISSION', mend: expect.stringContaining('mysql.proc') });
  } finally {
    await grantAll(server);
  }
});

test('rights on single tables are not enough: what they do not name would be left out unseen', async () => {
  await server.query(`REVOKE SELECT ON shop.* FROM ${ACCOUNT}`);
  await server.query(`GRANT SELECT ON shop.orders TO ${ACCOUNT}`);
  try {
    await expect(dumped()).rejects.toMatchObject({ code: 'NO_PERMISSION', message: expect.stringContaining('has no SELECT on database "shop"') });
  } finally {
    await server.query(`REVOKE SELECT ON shop.orders FROM ${ACCOUNT}`);
    await grantAll(server);
  }
});

test('without BINLOG MONITOR one tool reads, and the copy says why', async () => {
  await server.query('CREATE TABLE IF NOT EXISTS large (id int AUTO_INCREMENT PRIMARY KEY, body varchar(2000)) SELECT seq AS id, REPEAT(\'x\', 1500) AS body FROM seq_1_to_8000', 'shop');
  await server.query('CREATE TABLE IF NOT EXISTS second LIKE large', 'shop');
  await server.query('INSERT IGNORE INTO second SELECT * FROM large', 'shop');
  await server.query('ANALYZE TABLE large, second', 'shop');
  const lanes = async () => MySqlNotes.parse((await dumped()).engineNotes).databases[0].lanes;
  const several = await lanes();
  expect(several).toMatchObject({ reason: expect.stringMatching(/^all at binlog\.\d+:\d+$/) as string });
  expect(several.count).toBeGreaterThan(1);
  await server.query(`REVOKE BINLOG MONITOR ON *.* FROM ${ACCOUNT}`);
  expect(await lanes()).toEqual({ count: 1, reason: 'the user may not ask for the position of the binary log (BINLOG MONITOR)' });
  await grantAll(server);
}, 60_000);
