import { spawn } from 'node:child_process';
import type { PassThrough } from 'node:stream';
import { mysql } from '../../../lambda/engines/mysql';
import { openTarget, type TargetConnection } from '../../../lambda/engines/mysql/restore-target';
import { compareCensus } from '../../../lambda/runtime/compare-census';
import type { PartDescription } from '../../../lambda/runtime/engine';
import { familyEnvironment, type FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { MemoryCopy } from '../../support/memory-copy';
import { contextOf, startShop } from './support';

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
    for (const part of copy.parts.filter(({ kind }) => ['schema', 'rows', 'after'].includes(kind)).sort((a, b) => order(a.kind) - order(b.kind))) {
      const client = spawn(server.binaries.client, ['--no-defaults', `--socket=${server.socket}`, `--user=${server.user}`, '--database=by_hand'], {
        env: { ...familyEnvironment(server.binaries), MYSQL_PWD: server.password }, stdio: ['pipe', 'ignore', 'pipe'],
      });
      client.stdin.end(copy.raw(part));
      expect(await new Promise((resolve) => client.once('close', resolve))).toBe(0);
    }
    expect(await sums('by_hand')).toEqual(await sums('shop'));
    expect(dumped.census.filter(({ kind }) => kind === 'table')).toHaveLength(3);
  } finally {
    await server.query('DROP DATABASE by_hand');
  }
}, 60_000);

function order(kind: string): number {
  return ['schema', 'rows', 'after'].indexOf(kind);
}
