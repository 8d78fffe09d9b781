import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mysql } from '../../../lambda/engines/mysql';
import { compareCensus } from '../../../lambda/runtime/compare-census';
import type { EngineContext } from '../../../lambda/runtime/engine';
import { createLog } from '../../../lambda/runtime/log';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import { familyEnvironment, type FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { MemoryCopy } from '../../support/memory-copy';
import { fromNumbers, MYSQL_SCHEMA } from './mysql-schema';
import { ACCOUNT, BRINGING_MILLISECONDS, configOf, DATABASE_RIGHTS, grantAll, secretOf, startMySqlShop } from './mysql-shop';

let server: FamilyServer;

beforeAll(async () => {
  server = await startMySqlShop(['shop', 'other']);
  for (const statement of MYSQL_SCHEMA) await server.query(statement, 'shop');
  await server.query('CREATE TABLE plain (id int PRIMARY KEY)', 'other');
}, BRINGING_MILLISECONDS);

afterAll(() => server?.stop());

async function contextOf(config: MySqlConfig = configOf('shop'), secret = secretOf(server)): Promise<EngineContext<MySqlConfig>> {
  return {
    config, runId: '20261120T020000Z', attempt: 'attempt-1', log: createLog({}, () => undefined), signal: new AbortController().signal,
    secrets: { read: () => Promise.resolve(secret) },
    scratchDirectory: await mkdtemp(join(tmpdir(), 'bp-my-run-')),
    now: () => new Date(),
  };
}

const dumped = async (config?: MySqlConfig, copy = new MemoryCopy()) => mysql.dump(await contextOf(config), copy);
const textOf = (copy: MemoryCopy, name: string): string => copy.raw(copy.parts.find((part) => part.name === name)!).toString('utf8');

describe('rights', () => {
  test('with all of them the dump is whole, and says that it lacks the accounts', async () => {
    const { leftOut, census } = await dumped();
    expect(leftOut).toContainEqual(expect.objectContaining({ kind: 'accounts' }));
    for (const name of ['FUNCTION doubled', 'PROCEDURE touch_orders', 'nightly', 'shout', 'whisper', 'totals']) {
      expect(census).toContainEqual(expect.objectContaining({ name }));
    }
  });

  test.each(DATABASE_RIGHTS)('without %s nothing is copied, and the sentence says what to grant', async (right) => {
    await server.query(`REVOKE ${right} ON shop.* FROM ${ACCOUNT}`);
    try {
      await expect(dumped()).rejects.toMatchObject({ name: 'RefusedError', code: 'NO_PERMISSION' });
    } finally {
      await grantAll(server, 'shop');
    }
  });

  test('without SHOW_ROUTINE nothing is copied', async () => {
    await server.query(`REVOKE SHOW_ROUTINE ON *.* FROM ${ACCOUNT}`);
    try {
      await expect(dumped()).rejects.toMatchObject({ code: 'NO_PERMISSION', mend: expect.stringContaining('SHOW_ROUTINE') as string });
    } finally {
      await grantAll(server, 'shop');
    }
  });

  test('rights on single tables are not enough: what they do not name would be left out unseen', async () => {
    await server.query(`REVOKE SELECT ON shop.* FROM ${ACCOUNT}`);
    await server.query(`GRANT SELECT ON shop.orders TO ${ACCOUNT}`);
    try {
      await expect(dumped()).rejects.toMatchObject({ code: 'NO_PERMISSION', message: expect.stringContaining('has no SELECT on') as string });
    } finally {
      await server.query(`REVOKE SELECT ON shop.orders FROM ${ACCOUNT}`);
      await grantAll(server, 'shop');
    }
  });

  test('rights of a role count while it is on, and not when it is off', async () => {
    await server.query('CREATE ROLE reading');
    await server.query('GRANT SELECT ON shop.* TO reading');
    await server.query(`GRANT reading TO ${ACCOUNT}`);
    await server.query(`REVOKE SELECT ON shop.* FROM ${ACCOUNT}`);
    try {
      await expect(dumped()).rejects.toMatchObject({ code: 'NO_PERMISSION' });
      await server.query(`ALTER USER ${ACCOUNT} DEFAULT ROLE reading`);
      await expect(dumped()).resolves.toBeDefined();
    } finally {
      await server.query('DROP ROLE reading');
      await grantAll(server, 'shop');
    }
  });

  test('a right on everything that is taken back for the database is none', async () => {
    await server.query('SET GLOBAL partial_revokes = ON');
    await server.query(`REVOKE SELECT ON shop.* FROM ${ACCOUNT}`);
    await server.query(`GRANT SELECT ON *.* TO ${ACCOUNT}`);
    await server.query(`REVOKE SELECT ON shop.* FROM ${ACCOUNT}`);
    try {
      await expect(dumped()).rejects.toMatchObject({ code: 'NO_PERMISSION', message: expect.stringContaining('has no SELECT') as string });
    } finally {
      await server.query(`REVOKE SELECT ON *.* FROM ${ACCOUNT}`);
      await server.query('SET GLOBAL partial_revokes = OFF');
      await grantAll(server, 'shop');
    }
  });
});

test('a password whose digest the server has forgotten is taken by the tool too, without TLS', async () => {
  const copy = new MemoryCopy();
  const write = copy.write.bind(copy);
  copy.write = async (...args) => {
    await server.query('FLUSH PRIVILEGES');
    return write(...args);
  };
  await expect(dumped(configOf('other', { nonTransactional: 'refuse' }), copy)).resolves.toBeDefined();
}, 60_000);

test('columns that a policy of the server masks are refused by their names: the copy would have what is shown instead', async () => {
  await server.query('CREATE TABLE secrets (id int PRIMARY KEY, card varchar(20) MASKING POLICY hidden)', 'other');
  try {
    const config = configOf('other');
    await expect(dumped(config)).rejects.toMatchObject({ name: 'RefusedError', code: 'MASKED_COLUMNS', message: expect.stringContaining('secrets.card') as string });
    await expect(dumped({ ...config, tables: { exclude: ['other.secrets'], schemaOnly: [] } })).resolves.toBeDefined();
  } finally {
    await server.query('DROP TABLE secrets', 'other');
  }
});

test('a server of the other family is refused before any tool runs', async () => {
  await expect(mysql.inspect(await contextOf(configOf('shop', { flavor: 'mariadb' })))).rejects.toMatchObject({ code: 'WRONG_FLAVOR' });
});

test('accounts come without their passwords, each before whom it is granted to, and the statements run', async () => {
  await server.query(`GRANT SELECT ON mysql.* TO ${ACCOUNT}`);
  await server.query('CREATE USER `a person`@`10.%` IDENTIFIED BY \'hidden-pass\' REQUIRE SSL');
  await server.query('CREATE ROLE `z role`');
  await server.query('GRANT SELECT ON shop.* TO `z role`');
  await server.query('GRANT `z role` TO `a person`@`10.%`');
  await server.query('GRANT INSERT (note) ON shop.orders TO `a person`@`10.%`');
  try {
    const copy = new MemoryCopy();
    const { leftOut } = await dumped(configOf('shop'), copy);
    expect(leftOut.filter(({ kind }) => kind.startsWith('account'))).toEqual([]);
    const sql = textOf(copy, 'accounts.sql');
    expect(sql).not.toMatch(/IDENTIFIED|AS '|hidden-pass|\$A\$/);
    for (const name of ['`a person`@`10.%`', '`z role`@`%`']) await server.query(`DROP USER ${name}`);
    for (const statement of sql.split('\n').filter((line) => /a person|z role/.test(line))) await server.query(statement);
    expect(await server.query('SELECT account_locked AS locked FROM mysql.user WHERE User = \'a person\'')).toEqual([{ locked: 'Y' }]);
    const grants = (await server.query<Record<string, string>>('SHOW GRANTS FOR `a person`@`10.%`')).map((row) => Object.values(row)[0]);
    expect(grants).toEqual(expect.arrayContaining([expect.stringContaining('INSERT (`note`)'), expect.stringContaining('GRANT `z role`@`%`')]));
  } finally {
    for (const name of ['`a person`@`10.%`', '`z role`@`%`']) await server.query(`DROP USER IF EXISTS ${name}`);
    await server.query(`REVOKE SELECT ON mysql.* FROM ${ACCOUNT}`);
  }
}, 60_000);

test('numbers of FLOAT columns, of which the tool writes six digits, are named as left out', async () => {
  await server.query('CREATE TABLE measures (id int PRIMARY KEY, depth float, wide double)', 'other');
  try {
    const { leftOut } = await dumped(configOf('other'));
    expect(leftOut.filter(({ kind }) => kind === 'digits')).toEqual([expect.objectContaining({ database: 'other', name: 'measures.depth' })]);
  } finally {
    await server.query('DROP TABLE measures', 'other');
  }
});

test('a position of AUTO_INCREMENT is the one of now, not the one that the catalogue remembers', async () => {
  await server.query('CREATE TABLE counted (id int AUTO_INCREMENT PRIMARY KEY)', 'other');
  await server.query('INSERT INTO counted VALUES (NULL)', 'other');
  // This fills what MySQL remembers for a day.
  await server.query('SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_NAME = \'counted\'');
  await server.query('ALTER TABLE counted AUTO_INCREMENT = 9000', 'other');
  await server.query('INSERT INTO counted VALUES (NULL)', 'other');
  try {
    expect((await dumped(configOf('other'))).census).toContainEqual(expect.objectContaining({ kind: 'auto-increment', name: 'counted', atLeast: '9001' }));
  } finally {
    await server.query('DROP TABLE counted', 'other');
  }
});

test('a copy restores by the client alone, and gives the same sums', async () => {
  const copy = new MemoryCopy();
  await dumped(configOf('shop'), copy);
  await server.query('CREATE DATABASE by_hand');
  const sums = (database: string) => server.query(
    'SELECT COUNT(*) AS n, SUM(total) AS t, SUM(CRC32(note)) AS c, SUM(CRC32(raw)) AS r, SUM(CRC32(ST_AsText(place))) AS p, SUM(words) AS w, SUM(hidden) AS h FROM orders', database,
  );
  try {
    const order = ['schema', 'rows', 'after'];
    const parts = copy.parts.filter(({ kind }) => order.includes(kind)).sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    for (const part of parts) {
      const client = spawn(server.binaries.client, ['--no-defaults', `--socket=${server.socket}`, `--user=${server.user}`, '--database=by_hand'], {
        env: { ...familyEnvironment(server.binaries), MYSQL_PWD: server.password }, stdio: ['pipe', 'ignore', 'pipe'],
      });
      client.stdin.end(copy.raw(part));
      expect(await new Promise((resolve) => client.once('close', resolve))).toBe(0);
    }
    expect(await sums('by_hand')).toEqual(await sums('shop'));
    const zeros = 'SELECT * FROM zeros ORDER BY id';
    expect(await server.query(zeros, 'by_hand')).toEqual(await server.query(zeros, 'shop'));
  } finally {
    await server.query('DROP DATABASE by_hand');
  }
}, 60_000);

test('without GTIDs the same copy proves itself', async () => {
  for (const mode of ['ON_PERMISSIVE', 'OFF_PERMISSIVE', 'OFF']) await server.query(`SET GLOBAL gtid_mode = ${mode}`);
  const copy = new MemoryCopy();
  const context = await contextOf();
  const result = await mysql.dump(context, copy);
  const reader = copy.reader(result, 'mysql');
  const scratch = await mysql.scratch(context, reader.manifest);
  try {
    expect(await mysql.restore(context, reader, scratch)).toMatchObject({ exceptions: [] });
    expect(compareCensus(reader.census, await mysql.census(context, scratch, reader.census))).toEqual([]);
    expect(await scratch.query('SELECT CONCAT_WS(\' \', @@GLOBAL.mysqlx_port IS NULL, @@GLOBAL.skip_networking, @@GLOBAL.event_scheduler, @@GLOBAL.local_infile)').catch(() => 'no mysqlx'))
      .toMatch(/no mysqlx|1 OFF 0/);
  } finally {
    await scratch.stop();
    for (const mode of ['OFF_PERMISSIVE', 'ON_PERMISSIVE', 'ON']) await server.query(`SET GLOBAL gtid_mode = ${mode}`);
  }
}, 120_000);

test('a scratch server takes names as the source does, which MySQL decides once and for all', async () => {
  const copy = new MemoryCopy();
  const context = await contextOf(configOf('other'));
  const result = await mysql.dump(context, copy);
  const notes = result.engineNotes as { settings: object };
  const lower = { ...result, engineNotes: { ...notes, settings: { ...notes.settings, lowerCaseTableNames: 1 } } };
  const scratch = await mysql.scratch(context, copy.manifest(lower, 'mysql'));
  try {
    expect(await scratch.query('SELECT @@lower_case_table_names')).toBe('1');
  } finally {
    await scratch.stop();
  }
}, 60_000);

test('one tool reads a large database, and the copy says why', async () => {
  for (const table of ['large', 'second']) {
    await server.query(`CREATE TABLE ${table} (id int PRIMARY KEY, body varchar(2000))`, 'other');
    await server.query(fromNumbers(table, 'n, REPEAT(\'x\', 1500)', 8000), 'other');
  }
  await server.query('ANALYZE TABLE large, second', 'other');
  const lanes = async () => (await dumped(configOf('other'))).engineNotes as { databases: { lanes: object; position?: string }[] };
  expect((await lanes()).databases[0].lanes).toEqual({ count: 1, reason: expect.stringContaining('MySQL tells no session') as string });
}, 60_000);
