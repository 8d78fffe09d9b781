import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { dump } from '../../../../lambda/engines/postgres/dump';
import { contextOf, GatedSink, Surroundings } from './support';
import type { ContextProps } from './support';

const rowsOf = (data: string): string[] => data.split('\n');
interface Outcome<T> {
  value?: T;
  error?: Error & { code?: string };
}
const settled = <T>(promise: Promise<T>): Promise<Outcome<T>> => promise.then((value) => ({ value }), (error: Error) => ({ error }));
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Larger than what sockets and streams hold, so that a stopped part stops its COPY. */
const LARGE = 'CREATE TABLE large AS SELECT i AS id, repeat(md5(i::text), 8) AS text FROM generate_series(1, 100000) i; CREATE TABLE late AS SELECT i AS id FROM generate_series(1, 1000) i;';

describe('a dump that is disturbed', () => {
  let here: Surroundings;
  let count = 0;

  beforeAll(async () => {
    here = await Surroundings.open();
  });
  afterAll(() => here?.close());

  /** Begins a dump of a new database and stops its first rows part (the largest table) in the middle. */
  const begin = async (content: string, props: Partial<ContextProps> = {}) => {
    const database = `faults_${++count}`;
    const secret = await here.database(database, content);
    const directory = await here.sink(`copy-${database}`);
    const sink = new GatedSink(directory, ({ name }) => name.endsWith('rows/00001.sql'));
    const running = settled(dump(contextOf({ secret, ...props }), sink));
    await Promise.race([sink.reached, running.then(({ error }) => {
      if (error) throw error;
    })]);
    // pg_dump locks the tables by itself, a moment after the coordinator.
    for (let left = 1200; left > 0 && !directory.parts.some(({ kind }) => kind === 'schema'); left--) await pause(50);
    return { database, sink, directory, running };
  };
  const end = async (database: string, where: string) => {
    const sessions = `application_name LIKE 'backup-policy/%' AND datname = '${database}' AND ${where}`;
    // On a busy machine a session comes to its statement a moment later.
    for (let left = 600; left > 0; left--) {
      const ended = await here.sql('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${sessions}`);
      if (ended.length > 0) return ended;
      await pause(50);
    }
    return [];
  };
  const nothingRemains = async (): Promise<void> => {
    for (let left = 600; left > 0 && await here.sessions() > 0; left--) await pause(100);
    expect(await here.sessions()).toBe(0);
  };

  test('its coordinator is ended: the run fails at once, and for that reason', async () => {
    const { database, running, directory } = await begin(LARGE);
    expect(await end(database, 'state = \'idle in transaction\'')).toHaveLength(1);
    // The part that was stopped is never let go on: nobody waits for it.
    const { error } = await running;
    expect(error).toMatchObject({ name: 'TransientError', retryable: true });
    expect(error?.code).toMatch(/^(CONNECTION_LOST|SNAPSHOT_LOST)$/);
    expect(await readdir(join(directory.directory, 'db1/rows')).catch(() => [])).not.toContain('00001.sql.zst');
    await nothingRemains();
  });

  test('a session is ended in the middle of its COPY: the run fails, its part is gone', async () => {
    const { database, running, directory, sink } = await begin(LARGE);
    expect(await end(database, 'query LIKE \'COPY public.large%\'')).toHaveLength(1);
    sink.release();
    expect((await running).error).toMatchObject({ name: 'TransientError', code: 'CONNECTION_LOST' });
    expect(directory.parts.map(({ name }) => name)).not.toContain('db1/rows/00001.sql.zst');
    await nothingRemains();
  });

  test.each([
    ['TRUNCATE late'],
    ['ALTER TABLE late ALTER COLUMN id TYPE bigint'],
    ['DROP TABLE late'],
  ])('%s waits until the copy has all rows', async (statement) => {
    const { database, running, sink } = await begin(LARGE);
    const client = await here.client(database);
    let done = false;
    const changed = client.query(statement).then(() => {
      done = true;
    });
    await pause(300);
    expect(done).toBe(false);
    sink.release();
    const { value, error } = await running;
    expect(error).toBeUndefined();
    expect(value?.census.find(({ name }) => name === 'public.late')).toMatchObject({ rows: 1000, method: 'hashed' });
    await changed;
    await client.end();
    await nothingRemains();
  });

  test.each([
    ['TRUNCATE late; INSERT INTO late SELECT generate_series(1, 5)', [['public.large', 100000], ['public.late', 5]]],
    ['LOCK TABLE late; CREATE TABLE fresh AS SELECT 1 AS a', [['public.fresh', 1], ['public.large', 100000], ['public.late', 1000]]],
    ['DROP TABLE late', [['public.large', 100000]]],
    ['ALTER TABLE large RENAME TO old; ALTER TABLE late RENAME TO large', [['public.large', 1000], ['public.old', 100000]]],
  ])('while it waits for its locks, somebody commits %s: the copy has the state after it', async (change, tables) => {
    const database = `faults_${++count}`;
    const secret = await here.database(database, LARGE);
    const client = await here.client(database);
    await client.query(`BEGIN; ${change}`);
    const running = settled(dump(contextOf({ secret }), await here.sink(`copy-${database}`)));
    const waits = 'SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT granted AND application_name LIKE \'backup-policy/%\'';
    for (let left = 1200; left > 0 && (await here.sql(database, waits)).length === 0; left--) await pause(50);
    await client.query('COMMIT');
    await client.end();
    const { value, error } = await running;
    expect(error).toBeUndefined();
    expect(value?.census.map(({ name, rows }) => [name, rows])).toEqual(tables);
  });

  test('a table that appears between the two lists is locked like every other', async () => {
    const database = `faults_${++count}`;
    const secret = await here.database(database, LARGE);
    const client = await here.client(database);
    await client.query('BEGIN; LOCK TABLE late; CREATE TABLE fresh AS SELECT 1 AS a');
    const sink = new GatedSink(await here.sink(`copy-${database}`), ({ name }) => name.endsWith('rows/00001.sql'));
    const running = settled(dump(contextOf({ secret }), sink));
    await pause(500);
    await client.query('COMMIT');
    await client.end();
    await sink.reached;
    const held = await here.sql(database, `SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation
      WHERE a.state = 'idle in transaction' AND application_name LIKE 'backup-policy/%' AND c.relname IN ('fresh', 'late', 'large') ORDER BY 1`);
    sink.release();
    expect((await running).error).toBeUndefined();
    expect(held.map(({ relname }) => relname)).toEqual(['fresh', 'large', 'late']);
  });

  test('a lock asked for before a lane reads its table does not stop the lane: the coordinator reads it', async () => {
    const content = `${LARGE} CREATE TABLE early AS SELECT i AS id, repeat('y', 400) AS text FROM generate_series(1, 20000) i;`;
    // With one lane, and that one stopped, the other tables are read only after the lock was asked for.
    const { database, running, sink } = await begin(content, { config: { maximumConnections: 4 } });
    const client = await here.client(database);
    const changed = client.query('ALTER TABLE early ADD COLUMN more int DEFAULT 7; TRUNCATE late');
    await pause(300);
    sink.release();
    const { value, error } = await running;
    expect(error).toBeUndefined();
    expect(value?.census.find(({ name }) => name === 'public.early')).toMatchObject({ rows: 20000 });
    expect(value?.census.find(({ name }) => name === 'public.late')).toMatchObject({ rows: 1000 });
    await changed;
    await client.end();
  });

  test('somebody waits longer than allowed: the dump lets go', async () => {
    const { database, running } = await begin(LARGE, { config: { maximumBlockingSeconds: 2 } });
    const client = await here.client(database);
    // Nothing else lets the lock go: the part that was stopped never goes on.
    await client.query('TRUNCATE late');
    expect((await running).error).toMatchObject({ name: 'TransientError', code: 'BLOCKED_SOMEBODY' });
    await client.end();
    await nothingRemains();
  });

  test('an abort in the middle leaves no session, no child and no part', async () => {
    const controller = new AbortController();
    const { running, directory } = await begin(LARGE, { signal: controller.signal });
    controller.abort(new Error('out of time'));
    const { error } = await running;
    expect(error?.message).toBe('out of time');
    expect(directory.parts.map(({ name }) => name)).not.toContain('db1/rows/00001.sql.zst');
    await nothingRemains();
  });

  test('an abort before anything began opens nothing', async () => {
    const secret = await here.database('untouched', LARGE);
    const { error } = await settled(dump(contextOf({ secret, signal: AbortSignal.abort(new Error('never')) }), await here.sink('untouched')));
    expect(error?.message).toBe('never');
  });

  test('the store fails midway: its error is the reason, nothing remains', async () => {
    const secret = await here.database('store_fails', LARGE);
    const directory = await here.sink('store-fails');
    const { error } = await settled(dump(contextOf({ secret }), {
      write: (part, produce) => (part.kind === 'rows' ? Promise.reject(new Error('store says 503')) : directory.write(part, produce)),
    }));
    expect(error?.message).toBe('store says 503');
    await nothingRemains();
  });

  test('a connection that comes up after the failure is ended too', async () => {
    const secret = await here.database('late_session', LARGE);
    // Each connection asks for the password: how often, a dump without trouble tells.
    let calls = 0;
    await dump({ ...contextOf({ secret }), secrets: { read: async () => (calls++, secret) } }, await here.sink('early-session'));
    let failed: () => void = () => undefined;
    const failure = new Promise<void>((resolve) => {
      failed = resolve;
    });
    let left = calls;
    const secrets = { read: async () => {
      // The last ones (a lane, pg_dump) come only after the failure.
      if (left-- <= 2) await Promise.race([failure, pause(1000)]).then(() => pause(300));
      return secret;
    } };
    const directory = await here.sink('late-session');
    const { error } = await settled(dump({ ...contextOf({ secret }), secrets }, {
      write: async (part, produce) => {
        if (part.kind !== 'rows') return directory.write(part, produce);
        failed();
        throw new Error('store says 503');
      },
    }));
    expect(left).toBe(0);
    expect(error?.message).toBe('store says 503');
    expect(await here.sessions()).toBe(0);
  });

  test('an orphan of an earlier attempt is ended, another run\'s session is not', async () => {
    const { running } = await begin(LARGE, { attempt: 'first', config: { secretArn: 'of-the-orphan' } });
    const secret = here.secret(`faults_${count}`);
    const warnings: string[] = [];
    await dump(contextOf({ secret, attempt: 'second', config: { secretArn: 'of-the-orphan' }, warn: (message) => warnings.push(message) }), await here.sink('second'));
    expect((await running).error).toMatchObject({ retryable: true });
    expect(warnings).toContain('ended sessions of an earlier attempt');
    await nothingRemains();
  });

  test('balances that move between tables while it runs stay balanced in the copy', async () => {
    const database = 'bank';
    const secret = await here.database(database, Array.from({ length: 4 }, (_, n) => `CREATE TABLE account_${n} AS
      SELECT i AS id, 100 AS balance, repeat('x', 200) AS text FROM generate_series(1, 5000) i; CREATE INDEX ON account_${n} (id);`).join('\n'));
    let moving = true;
    const move = async (seed: number): Promise<number> => {
      const client = await here.client(database);
      let moves = 0;
      for (; moving; moves++) {
        const [from, to] = [(moves + seed) % 4, (moves + seed + 1 + (moves % 3)) % 4];
        await client.query(`BEGIN; UPDATE account_${from} SET balance = balance - 7 WHERE id = ${1 + (moves % 5000)};
          UPDATE account_${to} SET balance = balance + 7 WHERE id = ${1 + ((moves * 31) % 5000)}; COMMIT`).catch(() => client.query('ROLLBACK'));
      }
      await client.end();
      return moves;
    };
    const movers = [move(0), move(1)];
    await pause(200);
    const sums: number[] = [];
    for (let round = 0; round < 3; round++) {
      const sink = await here.sink(`bank-${round}`);
      const { census } = await dump(contextOf({ secret }), sink);
      expect(census.filter(({ kind }) => kind === 'table').map(({ rows }) => rows)).toEqual([5000, 5000, 5000, 5000]);
      const data = sink.parts.filter(({ kind }) => kind === 'rows').map(({ key }) => zstdDecompressSync(readFileSync(key)).toString());
      sums.push(data.flatMap(rowsOf).filter((line) => line.includes('\txxx')).reduce((sum, line) => sum + Number(line.split('\t')[1]), 0));
    }
    moving = false;
    expect(Math.min(...await Promise.all(movers))).toBeGreaterThan(20);
    expect(sums).toEqual([2_000_000, 2_000_000, 2_000_000]);
  });
});
