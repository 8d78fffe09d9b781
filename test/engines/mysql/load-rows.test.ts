import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import fc from 'fast-check';
import { columnForms, loadRows } from '../../../lambda/engines/mysql/load-rows';
import { END_OF_ROWS, PREAMBLE } from '../../../lambda/engines/mysql/database-dump';
import { ROW_OPTIONS, startDump } from '../../../lambda/engines/mysql/dump-tool';
import { OtherFormError, PartRows, type RowsOf, type StoredRows } from '../../../lambda/engines/mysql/part-rows';
import { openTarget, type TargetSession } from '../../../lambda/engines/mysql/restore-target';
import { RowReader } from '../../../lambda/engines/mysql/row-reader';
import { findTools } from '../../../lambda/engines/mysql/tools';
import { IntegrityError } from '../../../lambda/runtime/errors';
import { startMariaDb } from '../../../rehearsal/servers/mariadb-server';
import type { FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { programsOnPath } from '../../support/programs-on-path';

const chunksOf = (text: Buffer, sizes: readonly number[]): Readable => Readable.from((function* () {
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length];
    yield text.subarray(at, at + size);
    at += size;
  }
})(), { objectMode: false });

const stored = (text: Readable): StoredRows => ({ name: '00001.sql.zst', open: () => Promise.resolve(text) });

async function read(part: string, sizes: readonly number[] = [1 << 20]): Promise<(RowsOf & { rows: string })[]> {
  const reader = new PartRows([stored(chunksOf(Buffer.from(part), sizes))]);
  const found = [];
  for (let of = await reader.next(); of; of = await reader.next()) {
    const pieces: Buffer[] = [];
    for await (const piece of reader.rows()) pieces.push(Buffer.from(piece));
    found.push({ ...of, rows: Buffer.concat(pieces).toString() });
  }
  return found;
}

const name = fc.string({ unit: fc.constantFrom('a', '`', '(', ' VALUES', ')', ';', ',', '\n', 'é'), minLength: 1, maxLength: 6 });
const row = fc.array(fc.constantFrom('1', 'NULL', '\'\'', '\'),(\'', '\'INSERT INTO `t` VALUES\'', '0x00', '\'\\n\\\'\'', '\');\''), { minLength: 1, maxLength: 3 })
  .map((values) => `(${values.join(',')})`);
const few = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> => fc.array(value, { minLength: 1, maxLength: 3 });
const tableRows = fc.record({ table: name, columns: fc.option(few(name), { nil: undefined }), statements: few(few(row)) });
const tablesRows = fc.uniqueArray(tableRows, { selector: (one) => one.table, maxLength: 4 });

test('rows are cut out of a part\'s statements, table after table, wherever its chunks end', async () => {
  const quoted = (text: string): string => `\`${text.replaceAll('`', '``')}\``;
  await fc.assert(fc.asyncProperty(tablesRows, few(fc.integer({ min: 1, max: 40 })), async (tables, sizes) => {
    const text = tables.map(({ table, columns, statements }) => {
      const header = `INSERT INTO ${quoted(table)}${columns ? ` (${columns.map(quoted).join(', ')})` : ''} VALUES${columns ? ' ' : '\n'}`;
      return `set autocommit=0;\n${statements.map((rows) => `${header}${rows.join(',\n')};\n`).join('')}commit;\n`;
    }).join('');
    expect(await read(PREAMBLE + text + END_OF_ROWS, sizes)).toEqual(tables.map(({ table, columns, statements }) => (
      { table, ...columns ? { columns } : {}, rows: statements.flat().map((one) => `${one},\n`).join('') })));
  }), { numRuns: 200 });
});

test.each([
  ['its last line', `${PREAMBLE}INSERT INTO \`t\` VALUES\n(1);\n`, IntegrityError],
  ['the end of a statement', `${PREAMBLE}INSERT INTO \`t\` VALUES\n(1),\n(2`, IntegrityError],
  ['a form we know: another statement', `${PREAMBLE}DELETE FROM t;\n${END_OF_ROWS}`, OtherFormError],
  ['a form we know: something behind the end', `${PREAMBLE}${END_OF_ROWS}x`, OtherFormError],
  ['a form we know: a header', `${PREAMBLE}INSERT INTO t VALUES\n(1);\n${END_OF_ROWS}`, OtherFormError],
])('a part without %s is not loaded so', async (_what, part, error) => {
  await expect(read(part)).rejects.toThrow(error);
});

test('what a definition says of its columns, and the tables whose rows go in as statements', () => {
  const create = (...lines: string[]): string => `CREATE TABLE \`t\` (\n${lines.map((line) => `  ${line}`).join(',\n')}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`;
  expect(columnForms(create('`a` int(11) NOT NULL DEFAULT 1 COMMENT \' INVISIBLE it\\\'s GENERATED ALWAYS AS \'', '`b``c` bit(3) DEFAULT NULL', '`d` int(11) GENERATED ALWAYS AS (`a` + 1) VIRTUAL', '`e` varbinary(9) INVISIBLE DEFAULT NULL', 'PRIMARY KEY (`a`)'))).toEqual([
    { name: 'a', listed: true, written: 'plain' }, { name: 'b`c', listed: true, written: 'hexadecimal' },
    { name: 'd', listed: true, written: 'generated' }, { name: 'e', listed: false, written: 'hexadecimal' },
  ]);
  expect(columnForms(create('`a` vector(3) NOT NULL'))).toBeUndefined();
  expect(columnForms(create('`a` int(11)').replace('InnoDB', 'Aria'))).toBeUndefined();
});

test('the slices of a table are one file to the server, wherever they end, and an empty one is none', async () => {
  const loaded: { table: string; rows: string }[] = [];
  const session = {
    load: async (sql: string, file: Readable) => {
      const text: Buffer[] = [];
      for await (const chunk of file) text.push(chunk as Buffer);
      loaded.push({ table: /INTO TABLE (\S+)/.exec(sql)![1], rows: Buffer.concat(text).toString() });
      return 'Records: 1  Deleted: 0  Skipped: 0  Warnings: 0';
    },
  } as unknown as TargetSession;
  const plain = (column: string) => [{ name: column, listed: true, written: 'plain' as const }];
  const forms = new Map([['t', plain('a')], ['u', plain('a')]]);
  let opened = 0;
  const part = (...statements: string[]): StoredRows => ({ name: 'part', open: () => {
    opened++;
    return Promise.resolve(Readable.from([Buffer.from(`${PREAMBLE}set autocommit=0;\n${statements.join('')}commit;\n${END_OF_ROWS}`)]));
  } });
  const rows = (table: string, ...values: number[]): string => `INSERT INTO \`${table}\` VALUES\n${values.map((one) => `(${one})`).join(',\n')};\n`;
  await loadRows(session, [part(), part(rows('t', 1, 2), rows('t', 3)), part(), part(rows('t', 4))], forms);
  await loadRows(session, [part(rows('t', 5), rows('u', 6))], forms);
  await loadRows(session, [part(), part()], forms);
  expect(loaded).toEqual([
    { table: '`t`', rows: '(1),\n(2),\n(3),\n(4),\n' }, { table: '`t`', rows: '(5),\n' }, { table: '`u`', rows: '(6),\n' },
  ]);
  expect(opened).toBe(7);

  const cutShort = { ...part(), open: () => Promise.resolve(Readable.from([Buffer.from(`${PREAMBLE}${rows('t', 8)}`)])) };
  const gone = { ...part(), open: () => Promise.reject(new IntegrityError('PART_CUT', 'It is gone.', 'No mend.')) };
  for (const damaged of [[part(rows('t', 7)), cutShort], [cutShort, part(rows('t', 7))], [part(rows('t', 7)), gone], [part(), gone]]) {
    await expect(loadRows(session, damaged, forms)).rejects.toThrow(IntegrityError);
  }
  const named = part(rows('t', 9).replace('`t`', '`t` (`a`)'));
  loaded.length = 0;
  await loadRows(session, [part(rows('t', 7)), named], forms);
  expect(loaded.map(({ rows: text }) => text)).toEqual(['(7),\n', '(9),\n']);
});

test('of files that are loaded side by side one ends at a time: the client library ends all by one packet', async () => {
  let [open, most, loads] = [0, 0, 0];
  const session = {
    load: async (_sql: string, file: Readable) => {
      const text: Buffer[] = [];
      for await (const chunk of file) text.push(chunk as Buffer);
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 5));
      open--;
      loads++;
      if (Buffer.concat(text).includes('bad')) throw new Error('the server is gone');
      return 'Records: 1  Deleted: 0  Skipped: 0  Warnings: 0';
    },
  } as unknown as TargetSession;
  const forms = new Map([['t', [{ name: 'a', listed: true, written: 'plain' as const }]]]);
  const part = (value: string) => Buffer.from(`INSERT INTO \`t\` VALUES\n('${value}');\n-- End of these rows\n`);
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, at) =>
    loadRows(session, [stored(Readable.from([part(at === 3 ? 'bad' : 'good')]))], forms)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect([most, loads]).toEqual([1, 8]);
});

describe('on a server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bp-my-load-'));
  let server: FamilyServer;
  let session: TargetSession;
  beforeAll(async () => {
    server = await startMariaDb({ directory: join(folder, 'server'), options: ['--local-infile=ON', '--max-allowed-packet=64M'] });
    programsOnPath(server.binaries);
    for (const database of ['one', 'other']) await server.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    const login = { user: server.user, password: server.password };
    const target = { socket: server.socket, family: 'mariadb' as const, serverVersion: server.version, administrator: login, loader: login, reader: login, exceptions: [] };
    session = await openTarget(target, login, 'other', new AbortController().signal);
    for (const setting of ['foreign_key_checks=0', 'unique_checks=0', 'sql_mode=\'NO_AUTO_VALUE_ON_ZERO\'', 'time_zone=\'+00:00\'']) await session.run(`SET SESSION ${setting}`);
  });
  afterAll(async () => {
    await session?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Rows as our dump writes them, and their digest. */
  async function dumped(database: string, table: string): Promise<{ text: Buffer; sha256: string; rows: number }> {
    const dump = await startDump({
      tools: await findTools('mariadb'), target: { socket: server.socket, user: server.user, password: server.password }, database, tables: [table],
      options: ROW_OPTIONS, scratchDirectory: folder, signal: new AbortController().signal,
    });
    const pieces: Buffer[] = [];
    const reader = new RowReader(dump.stdout, 'mariadb');
    await reader.seek();
    const out = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        pieces.push(Buffer.from(chunk));
        done();
      },
    });
    const { sha256, rows } = await reader.copyTable(out);
    await dump.ended;
    return { text: Buffer.concat(pieces), sha256, rows };
  }

  async function carry(table: string): Promise<void> {
    const [shown] = await server.query<Record<string, string>>(`SHOW CREATE TABLE ${table}`, 'one');
    const create = Object.values(shown)[1];
    await session.run(`DROP TABLE IF EXISTS ${table}`);
    await session.run(create);
    const { text } = await dumped('one', table);
    const part = Buffer.concat([Buffer.from(PREAMBLE), text, Buffer.from(END_OF_ROWS)]);
    const forms = columnForms(create);
    if (!forms) throw new Error('the table is not loaded so');
    await loadRows(session, [stored(chunksOf(part, [65_536]))], new Map([[table, forms]]));
  }

  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => `0x${Buffer.from(array).toString('hex')}`).map((hex) => (hex === '0x' ? '\'\'' : hex));
  const character = fc.oneof(
    fc.constantFrom('\'', '"', '\\', '\n', '\r', '\t', '\0', '\x1a', '\b', '%', '_', ')', '(', ',', ';', '),\n(', 'N', '\\N', 'NULL', '0x41', '🏠', 'é', ' '),
    fc.string({ unit: 'binary', maxLength: 3 }).filter((text) => !/[\ud800-\udfff]/.test(text)),
  );
  const text = fc.array(character, { maxLength: 8 }).map((parts) => `CONVERT(0x${Buffer.from(parts.join('')).toString('hex')} USING utf8mb4)`).map((sql) => (sql.includes('0x ') ? '\'\'' : sql));
  const or = (...values: fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.oneof(fc.constant('NULL'), ...values);
  const number = (...values: string[]): fc.Arbitrary<string> => or(fc.constantFrom(...values));
  const COLUMNS: Readonly<Record<string, [string, fc.Arbitrary<string>]>> = {
    flag: ['bit(1)', number('b\'0\'', 'b\'1\'')],
    flags: ['bit(64)', number('0', '1', '39', '92', '18446744073709551615')],
    device: ['uuid', or(fc.uuid({ version: 4 }).map((id) => `'${id}'`))],
    address: ['inet6', number('\'::\'', '\'::ffff:1.2.3.4\'', '\'fe80::1\'')],
    address4: ['inet4', number('\'0.0.0.0\'', '\'255.1.2.3\'')],
    fixed: ['binary(5)', or(fc.uint8Array({ maxLength: 5 }).map((array) => (array.length === 0 ? '\'\'' : `0x${Buffer.from(array).toString('hex')}`)))],
    raw: ['varbinary(200)', or(bytes)], large: ['longblob', or(bytes)],
    note: ['text', or(text)], latin: ['varchar(200) CHARACTER SET latin1', or(fc.constantFrom('\'\'', '\'NULL\'', '\'\\\\N\'', '0xe9275c', '0x80ff'))],
    code: ['char(4)', number('\'\'', '\'a\'', '\'0x41\'', '\' b\'')],
    amount: ['decimal(30,10)', number('0', '-0.0000000001', '99999999999999999999.9999999999')],
    ratio: ['double', number('-0.0e0', '1e308', '5e-324', '0.1e0', '1.7976931348623157e308')], small: ['float', number('-0.0e0', '1.5', '3.4e38', '0.1')],
    whole: ['bigint unsigned', number('0', '18446744073709551615')], padded: ['int(8) zerofill', number('0', '42')],
    day: ['date', number('\'0000-00-00\'', '\'9999-12-31\'', '\'2024-00-00\'')], at: ['datetime(6)', number('\'0000-00-00\'', '\'1000-01-01 00:00:00.000001\'')],
    seen: ['timestamp(3) NULL', number('\'0000-00-00\'', '\'1970-01-01 00:00:01\'', '\'2038-01-19 03:14:07.999\'')],
    length: ['time(2)', number('\'-838:59:59\'', '\'00:00:00.01\'')], season: ['year', number('0000', '1901', '2155')],
    kind: ['enum(\'\', \'a\\\'b\', \'NULL\', \'2\')', number('1', '2', '3', '4')], tags: ['set(\'a\', \'b,c\')'.replace('b,c', 'b'), number('\'\'', '\'a,b\'')],
    payload: ['json', number('\'{}\'', '\'null\'', '\'"\\\\u0000 \\\\\\\\ \\\\""\'')],
    place: ['point', number('ST_GeomFromText(\'POINT(1 -2)\', 4326)', 'POINT(0, 0)')],
    next: ['int INVISIBLE', number('7')], doubled: ['int AS (padded * 2) VIRTUAL', fc.constant('DEFAULT')],
  };

  test('every row of every type comes back: what the dump says of both is the same', async () => {
    const names = Object.keys(COLUMNS);
    await server.query(`CREATE TABLE hostile (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, ${names.map((one) => `\`${one}\` ${COLUMNS[one][0]}`).join(', ')})`, 'one');
    const rows = fc.sample(fc.tuple(...names.map((one) => COLUMNS[one][1])), { numRuns: 400, seed: 20261121 });
    const values = rows.map((one, index) => `(${[index === 0 ? '0' : String(index), ...one].join(',')})`);
    for (let at = 0; at < values.length; at += 100) {
      await server.query(`SET STATEMENT sql_mode='NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00' FOR INSERT INTO hostile (id, ${names.map((one) => `\`${one}\``).join(', ')}) VALUES ${values.slice(at, at + 100).join(',')}`, 'one');
    }
    await carry('hostile');
    const different = [];
    for (const column of names) {
      // The dump rounds floats and shows BIT in another form than the server compares.
      const rows = await server.query<object>(`SELECT a.id, HEX(a.\`${column}\`) AS was, HEX(b.\`${column}\`) AS came FROM one.hostile AS a JOIN other.hostile AS b USING (id)
        WHERE NOT (a.\`${column}\` <=> b.\`${column}\` AND HEX(a.\`${column}\`) <=> HEX(b.\`${column}\`))`);
      different.push(...rows.slice(0, 3).map((row) => ({ column, ...row })));
    }
    expect(different).toEqual([]);
    const [before, after] = [await dumped('one', 'hostile'), await dumped('other', 'hostile')];
    expect(after.rows).toBe(400);
    const lines = (of: Buffer): string[] => of.toString('latin1').split('\n');
    expect(lines(after.text)).toEqual(lines(before.text));
    expect(after.sha256).toBe(before.sha256);
  });

  test('a value that the server only warns of is no load: the statements are to be run', async () => {
    await server.query('CREATE TABLE warned (id int PRIMARY KEY, kind varchar(9))', 'one');
    await server.query('INSERT INTO warned VALUES (1, \'fits\'), (2, \'is longer\')', 'one');
    const { text: rowsText } = await dumped('one', 'warned');
    await session.run('CREATE TABLE warned (id int PRIMARY KEY, kind varchar(4))');
    const forms = new Map([['warned', [{ name: 'id', listed: true, written: 'plain' as const }, { name: 'kind', listed: true, written: 'plain' as const }]]]);
    const part = Buffer.concat([Buffer.from(PREAMBLE), rowsText, Buffer.from(END_OF_ROWS)]);
    await expect(loadRows(session, [stored(Readable.from([part]))], forms)).rejects.toThrow(OtherFormError);
    await expect(loadRows(session, [stored(Readable.from([part]))], new Map())).rejects.toThrow(OtherFormError);
  });

  test('a part that ends within a row is an error, though the server took what there was', async () => {
    await session.run('CREATE TABLE cut (id int PRIMARY KEY)');
    const part = `${PREAMBLE}INSERT INTO \`cut\` VALUES\n(1),\n(2),\n(3`;
    const forms = new Map([['cut', [{ name: 'id', listed: true, written: 'plain' as const }]]]);
    await expect(loadRows(session, [stored(Readable.from([Buffer.from(part)]))], forms)).rejects.toThrow(IntegrityError);
    expect(await session.rows('SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  });
});
