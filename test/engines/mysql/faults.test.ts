import { spawn } from 'node:child_process';
import type { PassThrough } from 'node:stream';
import { mysql } from '../../../lambda/engines/mysql';
import { openSession } from '../../../lambda/engines/mysql/connection';
import { MySqlNotes } from '../../../lambda/engines/mysql/notes';
import { openTarget, type TargetConnection } from '../../../lambda/engines/mysql/restore-target';
import { cut, keyRangeOf } from '../../../lambda/engines/mysql/slices';
import { compareCensus } from '../../../lambda/runtime/compare-census';
import type { CopyReader, PartDescription, Scratch } from '../../../lambda/runtime/engine';
import type { Part } from '../../../lib/contract/manifest';
import { familyEnvironment, type FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { MemoryCopy } from '../../support/memory-copy';
import { ACCOUNT, contextOf, DATABASE_RIGHTS, startShop } from './support';

let server: FamilyServer;

beforeAll(async () => {
  server = await startShop();
}, 60_000);

afterAll(() => server?.stop());

beforeEach(async () => {
  await server.query('DROP DATABASE shop');
  await server.query('CREATE DATABASE shop CHARACTER SET utf8mb4');
  for (const table of ['alpha', 'beta', 'gamma']) {
    await server.query(`CREATE TABLE ${table} (id int AUTO_INCREMENT PRIMARY KEY, cents bigint NOT NULL, body varchar(2000), KEY cents (cents))`, 'shop');
    await server.query(`INSERT INTO ${table} (cents, body) SELECT seq, REPEAT('x', 1500) FROM seq_1_to_4000`, 'shop');
  }
  await server.query('ANALYZE TABLE alpha, beta, gamma', 'shop');
});

/** Does something once the first rows are on their way: the tools wait meanwhile, for a pipe holds little. */
class Midway extends MemoryCopy {
  private done = false;

  constructor(private readonly act: () => Promise<unknown>) {
    super();
  }

  override write(description: PartDescription, produce: (out: PassThrough) => Promise<void>) {
    return super.write(description, async (out) => {
      if (description.kind === 'rows' && !this.done) {
        this.done = true;
        await this.act();
      }
      await produce(out);
    });
  }
}

test('a swap of names during the dump fails the run, and it is tried again', async () => {
  // In the middle of a tool's transaction it waits for its lock, as long as the tool reads that very table.
  const statement = 'RENAME TABLE alpha TO aside, beta TO alpha, aside TO beta';
  const act = () => server.query(`SET STATEMENT lock_wait_timeout = 2 FOR ${statement}`, 'shop').catch(() => server.query(statement, 'shop'));
  let acting: Promise<unknown> = Promise.resolve();
  const midway = new Midway(() => { acting = act(); return Promise.resolve(); });
  await expect(mysql.dump(await contextOf(server), midway)).rejects.toMatchObject({ name: 'TransientError', code: 'SOURCE_CHANGED' });
  await acting;
}, 60_000);

test('tables without transactions are refused by their names, unless the policy lets them be locked', async () => {
  await server.query('CREATE TABLE legacy (x int) ENGINE=MyISAM', 'shop');
  await expect(mysql.dump(await contextOf(server, { nonTransactional: 'refuse' }), new MemoryCopy())).rejects.toMatchObject({ code: 'NON_TRANSACTIONAL', message: expect.stringContaining('legacy (myisam)') });
  await expect(mysql.dump(await contextOf(server), new MemoryCopy())).resolves.toBeDefined();
}, 60_000);

test('a drill on a server of the next series says so, and compares rows by content and definitions by name', async () => {
  const context = await contextOf(server);
  const copy = new MemoryCopy();
  const dumped = { ...await mysql.dump(context, copy), version: '10.6.20' };
  const reader = copy.reader(dumped, 'mysql');
  const scratch = await mysql.scratch(context, reader.manifest);
  try {
    const { exceptions } = await mysql.restore(context, reader, scratch);
    expect(exceptions).toMatchObject([{ code: 'SERVER_VERSION' }]);
    const census = () => mysql.census(context, scratch, reader.census);
    expect(compareCensus(reader.census, await census(), exceptions)).toEqual([]);
    const without = { ...reader.census, items: [...reader.census.items, { ...reader.census.items[0], name: 'nowhere' }] };
    expect(compareCensus(without, await census(), exceptions)).toMatchObject([{ name: 'nowhere', actual: 'missing' }]);
    const target = scratch.connection as TargetConnection;
    const session = await openTarget(target, target.loader, 'shop', context.signal);
    await session.run('UPDATE alpha SET cents = cents + 1 WHERE id = 7');
    await session.close();
    expect(compareCensus(reader.census, await census(), exceptions)).toMatchObject([{ kind: 'table', name: 'alpha' }]);
  } finally {
    await scratch.stop();
  }
}, 60_000);

test('a server of another flavor is refused', async () => {
  await expect(mysql.inspect(await contextOf(server, { flavor: 'mysql' }))).rejects.toMatchObject({ code: 'WRONG_FLAVOR' });
});

test('a part restores by the client alone, and gives the same sums', async () => {
  const copy = new MemoryCopy();
  const dumped = await mysql.dump(await contextOf(server), copy);
  await server.query('CREATE DATABASE by_hand CHARACTER SET utf8mb4');
  const sums = (database: string) => server.query(`SELECT COUNT(*) AS n, SUM(cents) AS s, SUM(CRC32(body)) AS c FROM (SELECT * FROM alpha UNION ALL SELECT * FROM beta UNION ALL SELECT * FROM gamma) x`, database);
  try {
    for (const part of copy.parts.filter(({ kind }) => ['schema', 'rows', 'after'].includes(kind)).sort((a, b) => order(a.kind) - order(b.kind))) await byHand(copy, part);
    expect(await sums('by_hand')).toEqual(await sums('shop'));
    expect(dumped.census.filter(({ kind }) => kind === 'table')).toHaveLength(3);
  } finally {
    await server.query('DROP DATABASE by_hand');
  }
}, 60_000);

/** As a person does it, into a database `by_hand`. */
async function byHand(copy: MemoryCopy, part: Part): Promise<void> {
  const client = spawn(server.binaries.client, ['--no-defaults', `--socket=${server.socket}`, `--user=${server.user}`, '--database=by_hand'], {
    env: { ...familyEnvironment(server.binaries), MYSQL_PWD: server.password }, stdio: ['pipe', 'ignore', 'pipe'],
  });
  client.stdin.end(copy.raw(part));
  expect(await new Promise((resolve) => client.once('close', resolve))).toBe(0);
}

function order(kind: string): number {
  return ['schema', 'rows', 'after'].indexOf(kind);
}

describe('a table that dominates its database', () => {
  const CUT = ['cut_negative', 'cut_unsigned', 'cut_mostly_empty'];
  const KEY = '`odd ``id` ';
  const FILLER = 'REPEAT(CHAR(97 + seq % 26), 1500)';

  beforeAll(async () => {
    for (const database of CUT) {
      await server.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
      await server.query(`GRANT ${DATABASE_RIGHTS.join(', ')} ON ${database}.* TO ${ACCOUNT}`);
    }
    const make = async (database: string, key: string, columns: string, value: string): Promise<void> => {
      await server.query(`CREATE TABLE large (${key}, ${columns}, body varchar(2000))`, database);
      await server.query(`INSERT INTO large SELECT ${value}, ${FILLER} FROM seq_1_to_8000`, database);
      await server.query('CREATE TABLE small (x int)', database);
      await server.query('INSERT INTO small VALUES (1)', database);
      await server.query('ANALYZE TABLE large, small', database);
    };
    await make('cut_negative', 'tenant int NOT NULL, n varchar(20) NOT NULL', 'PRIMARY KEY (tenant, n), KEY body (body(20), tenant)', 'CAST(seq AS signed) - 4000, HEX(seq)');
    await make('cut_unsigned', 'id bigint unsigned NOT NULL', 'k int, PRIMARY KEY (id), KEY k (k)', '18446744073709551615 - 8000 + seq, seq % 5');
    // One row at each end, and nearly all in one slice.
    await make('cut_mostly_empty', 'id bigint NOT NULL', 'k int, PRIMARY KEY (id)', 'CASE seq WHEN 1 THEN -9223372036854775808 WHEN 2 THEN 9223372036854775807 ELSE CAST(seq AS signed) END, seq');
  }, 60_000);

  afterAll(async () => {
    for (const database of CUT) await server.query(`DROP DATABASE ${database}`);
  });

  beforeEach(async () => {
    await server.query('DROP TABLE alpha, beta', 'shop');
    await server.query(`CREATE TABLE large (${KEY} int NOT NULL AUTO_INCREMENT, cents bigint NOT NULL, words int AS (CHAR_LENGTH(body)) STORED, hidden int INVISIBLE DEFAULT 7, body varchar(2000),
      PRIMARY KEY (${KEY}), KEY cents (cents))`, 'shop');
    await server.query(`INSERT INTO large (cents, body) SELECT seq, REPEAT('),\\n(', 400) FROM seq_1_to_9000`, 'shop');
    await server.query('ANALYZE TABLE large', 'shop');
  });

  const notesOf = ({ engineNotes }: { readonly engineNotes: object }) => MySqlNotes.parse(engineNotes).databases;
  const sums = `SELECT CONCAT_WS(' ', COUNT(*), SUM(cents), BIT_XOR(CRC32(CONCAT_WS(',', ${KEY}, cents, words, hidden, body)))) AS sums FROM large`;

  async function drill<T>(copy: CopyReader, look: (scratch: Scratch) => Promise<T>): Promise<T> {
    const context = await contextOf(server);
    const scratch = await mysql.scratch(context, copy.manifest);
    try {
      await mysql.restore(context, copy, scratch);
      expect(compareCensus(copy.census, await mysql.census(context, scratch, copy.census))).toEqual([]);
      return await look(scratch);
    } finally {
      await scratch.stop();
    }
  }

  test('it is read in slices on one state while it is written, and comes back byte for byte', async () => {
    const [before] = await server.query<{ sums: string }>(sums, 'shop');
    let [moves, stop] = [0, false];
    let moving: Promise<unknown> = Promise.resolve();
    // From one end of the key to the other, with rows before the first slice's and behind the last one's ends.
    const copy = new Midway(async () => {
      moving = (async () => {
        for (; !stop; moves++) {
          await server.query(`UPDATE large SET cents = CASE ${KEY} WHEN ${1 + moves} THEN cents - 7 ELSE cents + 7 END WHERE ${KEY} IN (${1 + moves}, ${9000 - moves})`, 'shop');
          await server.query(`INSERT INTO large (${KEY}, cents) VALUES (${-1 - moves}, 1), (${20_000 + moves}, 1)`, 'shop');
          await server.query(`DELETE FROM large WHERE ${KEY} = ${4000 + moves}`, 'shop');
        }
      })();
      while (moves < 20) await new Promise((resolve) => setTimeout(resolve, 10));
    });
    const dumped = await mysql.dump(await contextOf(server), copy).finally(async () => {
      stop = true;
      await moving;
    });
    const [{ tables, lanes }] = notesOf(dumped);
    const { slices, part } = tables.find(({ name }) => name === 'large')!;
    expect(part).toBeUndefined();
    expect(slices).toMatchObject({ column: KEY.trim().slice(1, -1).replaceAll('``', '`') });
    expect(slices!.parts.length).toBe(slices!.bounds.length + 1);
    expect(lanes.count).toBeLessThanOrEqual(4);
    expect(dumped.census.filter(({ kind }) => kind === 'table').map(({ name, rows }) => [name, rows])).toEqual(expect.arrayContaining([['large', 9000], ['gamma', 4000]]));
    expect(await drill(copy.reader(dumped, 'mysql'), (scratch) => scratch.query(sums))).toBe(before.sums);
    expect((await server.query<{ sums: string }>(sums, 'shop'))[0].sums).not.toBe(before.sums);
  }, 120_000);

  test('keys below nothing, near 2^64, and with nothing between; a part for each slice, which the client alone takes', async () => {
    const copy = new MemoryCopy();
    const dumped = await mysql.dump(await contextOf(server, { databases: CUT }), copy);
    const reader = copy.reader(dumped, 'mysql');
    const cuts = notesOf(dumped).map(({ tables }) => tables.find(({ name }) => name === 'large')!.slices!);
    for (const { bounds, parts } of cuts) expect(parts.length).toBe(bounds.length + 1);
    expect(cuts[0].bounds.some((bound) => bound.startsWith('-')) || cuts[0].bounds.length === 1).toBe(true);
    expect(cuts[1].bounds.every((bound) => BigInt(bound) > 2n ** 64n - 8001n)).toBe(true);
    const rowsIn = (part: string): number => copy.raw(copy.parts.find(({ name }) => name === part)!).toString('latin1').split('\n(').length - 1;
    expect(cuts[2].parts.map(rowsIn).reduce((sum, rows) => sum + rows, 0)).toBe(8000);
    expect(Math.max(...cuts[2].parts.map(rowsIn))).toBeGreaterThan(7900);
    await drill(reader, () => Promise.resolve());

    const checksum = async (database: string) => (await server.query<{ Checksum: number }>('CHECKSUM TABLE large', database))[0].Checksum;
    await server.query('CREATE DATABASE by_hand CHARACTER SET utf8mb4');
    try {
      const own = copy.parts.filter((part) => part.database === CUT[2] && ['schema', 'rows', 'after'].includes(part.kind));
      for (const part of own.sort((a, b) => order(a.kind) - order(b.kind) || (a.name < b.name ? -1 : 1))) await byHand(copy, part);
      expect(await checksum('by_hand')).toBe(await checksum(CUT[2]));
    } finally {
      await server.query('DROP DATABASE by_hand');
    }
  }, 120_000);

  test('a slice that is missing, or has a row less, is never taken for whole', async () => {
    const copy = new MemoryCopy();
    const dumped = await mysql.dump(await contextOf(server), copy);
    const { parts } = notesOf(dumped)[0].tables.find(({ name }) => name === 'large')!.slices!;
    const whole = copy.reader(dumped, 'mysql');
    const last = whole.manifest.parts.find(({ name }) => name === parts.at(-1))!;
    const shorter = (raw: Buffer): Buffer => Buffer.from(raw.toString('latin1').replace(/,\n\(9000,.*\);\n/, ';\n'), 'latin1');
    const without = { ...whole, manifest: { ...whole.manifest, parts: whole.manifest.parts.filter((part) => part !== last) } };
    const less = copy.reader(dumped, 'mysql', (part, raw) => (part.name === last.name ? shorter(raw) : raw));
    const context = await contextOf(server);
    const scratch = await mysql.scratch(context, whole.manifest);
    try {
      await expect(mysql.restore(context, without, scratch)).rejects.toMatchObject({ name: 'IntegrityError', code: 'PART_MISSING' });
      await mysql.restore(context, less, scratch);
      expect(compareCensus(less.census, await mysql.census(context, scratch, less.census))).toMatchObject([{ kind: 'table', name: 'large' }]);
    } finally {
      await scratch.stop();
    }
  }, 120_000);

  test('a tool of its slices is ended midway: the run fails', async () => {
    // More than the buffers between server, tool and worker hold.
    for (let doubled = 0; doubled < 2; doubled++) await server.query('INSERT INTO large (cents, body) SELECT cents, body FROM large', 'shop');
    const act = async (): Promise<void> => {
      const sessions = await server.query<{ id: number }>('SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = \'backup_reader\' AND INFO LIKE \'%`large` WHERE%\'');
      expect(sessions.length).toBeGreaterThan(0);
      await server.query(`KILL ${sessions[0].id}`);
    };
    await expect(mysql.dump(await contextOf(server), new Midway(act))).rejects.toMatchObject({ name: 'TransientError', code: 'CONNECTION_LOST' });
  }, 60_000);

  test('it is emptied midway: the run fails, or the copy is the state before', async () => {
    let emptying: Promise<unknown> = Promise.resolve();
    const midway = new Midway(() => { emptying = server.query('TRUNCATE TABLE large', 'shop'); return Promise.resolve(); });
    const outcome = await mysql.dump(await contextOf(server, { lockTimeoutSeconds: 60 }), midway).catch((error: unknown) => ({ error }));
    await emptying;
    if ('error' in outcome) expect(outcome.error).toMatchObject({ name: 'TransientError', code: 'SOURCE_CHANGED' });
    else expect(outcome.census).toContainEqual(expect.objectContaining({ kind: 'table', name: 'large', rows: 9000 }));
  }, 60_000);

  test('what cannot be cut by its key is read whole, and a table that somebody holds is not waited for', async () => {
    const session = await openSession({ server: { host: '127.0.0.1', port: server.port, user: server.user, password: () => Promise.resolve(server.password) }, tls: { mode: 'disable' } });
    try {
      for (const [name, create] of Object.entries({
        nokey: '(id int)', by_text: '(id varchar(9) PRIMARY KEY)', by_digits: '(id decimal(9) PRIMARY KEY)', second: '(a int, id varchar(9), PRIMARY KEY (id, a))', nothing: '(id int PRIMARY KEY)',
        parted: '(id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2', two_lines: '(`i\nd` int PRIMARY KEY)', one: '(id int PRIMARY KEY)', filled: '(id bigint(20) unsigned zerofill PRIMARY KEY)',
      })) {
        await server.query(`CREATE TABLE ${name} ${create}`, 'shop');
        if (name !== 'nothing') await server.query(name === 'second' ? 'INSERT INTO second VALUES (1, 2), (2, 3)' : `INSERT INTO ${name} VALUES (1)${name === 'one' ? '' : ', (2)'}`, 'shop');
      }
      for (const name of ['nokey', 'by_text', 'by_digits', 'second', 'nothing', 'parted', 'two_lines', 'nowhere']) expect([name, await keyRangeOf(session, 'shop', name)]).toEqual([name, undefined]);
      expect(await keyRangeOf(session, 'shop', 'filled')).toEqual({ column: 'id', least: 1n, most: 2n });
      expect(cut((await keyRangeOf(session, 'shop', 'one'))!, 4)).toBeUndefined();
      const holder = await openSession({ server: { host: '127.0.0.1', port: server.port, user: server.user, password: () => Promise.resolve(server.password) }, tls: { mode: 'disable' } });
      await holder.run('LOCK TABLES shop.filled WRITE');
      try {
        expect(await keyRangeOf(session, 'shop', 'filled')).toBeUndefined();
      } finally {
        await holder.close();
      }
    } finally {
      await session.close();
    }
  }, 60_000);
});
