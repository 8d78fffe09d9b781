import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { cronLine, customFormat, pgRestore } from '../../../bench/engines/postgres/commands';
import { nameProcess } from '../../../bench/cpu-clock';
import { datasetOf } from '../../../bench/engines/postgres/dataset';
import { loadDataset, measureDataset } from '../../../bench/engines/postgres/load-dataset';
import type { DatasetSize } from '../../../bench/engine';
import { MeasurementError } from '../../../bench/measured';
import { watchMemory } from '../../../bench/memory-sampler';
import { loadEngines } from '../../../bench/engines';
import { parseOptions as parse, type BenchOptions } from '../../../bench/options';
import { writeDuring } from '../../../bench/writer';
import { startPostgres, type PostgresServer } from '../../../rehearsal/servers/postgres-server';

const parseOptions = (args: string[]) => parse(args, loadEngines());
const folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ directory: join(folder, 'server') });
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function made(database: string, args: string[]): Promise<DatasetSize & { url: string }> {
  const url = await server.createDatabase(database);
  await loadDataset(url, datasetOf(parseOptions(args) as BenchOptions));
  return { ...await measureDataset(url), url };
}

async function sizes(url: string): Promise<{ name: string; bytes: number }[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string; bytes: string }>(`SELECT relname AS name, pg_table_size(oid) AS bytes FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC`);
  await client.end();
  return rows.map(({ name, bytes }) => ({ name, bytes: Number(bytes) }));
}

test('a data set has the size asked for, one table of 60 %, keys and a dozen others', async () => {
  const { tables, textBytes, url } = await made('sized', ['--size', '12MB', '--tables', '11']);
  expect(tables).toBe(13);
  expect(textBytes / 12e6).toBeGreaterThan(0.9);
  expect(textBytes / 12e6).toBeLessThan(1.1);
  const all = await sizes(url);
  expect(all[0].name).toBe('events');
  expect(all[0].bytes / all.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(0.5);
});

test('one table, and many small ones', async () => {
  const one = await made('one', ['--one-table', '5MB']);
  expect(one.tables).toBe(1);
  expect(one.textBytes / 5e6).toBeGreaterThan(0.9);
  expect(one.textBytes / 5e6).toBeLessThan(1.1);
  expect(await made('small', ['--small-tables', '260'])).toMatchObject({ tables: 260, rows: 5200 });
});

test('the commands do what they are measured for: what pg_restore brings back is the data set', async () => {
  const { rows, textBytes } = await made('copied', ['--size', '3MB']);
  nameProcess(server.processId, 'server');
  const target = { server, database: 'copied' };
  const cron = await cronLine(target, join(folder, 'copies'));
  const custom = await customFormat(target, join(folder, 'copies'));
  for (const { seconds, storedBytes, cpuSeconds } of [cron, custom]) {
    expect(seconds).toBeGreaterThan(0);
    if (process.platform === 'linux') expect(cpuSeconds.command + cpuSeconds.server).toBeGreaterThan(0);
    expect(storedBytes).toBeGreaterThan(100_000);
    expect(storedBytes).toBeLessThan(textBytes);
  }
  const url = await server.createDatabase('brought');
  await pgRestore({ server, database: 'brought' }, join(folder, 'copies'));
  expect(await measureDataset(url)).toMatchObject({ rows, textBytes });
  await server.dropDatabase('brought');
  await expect(pgRestore({ server, database: 'brought' }, join(folder, 'copies'))).rejects.toThrow(MeasurementError);
});

test('a dead pg_dump at the head of the pipe is no measurement', async () => {
  await expect(cronLine({ server, database: 'nowhere' }, join(folder, 'copies'))).rejects.toThrow(/database "nowhere" does not exist/);
});

test('a writer waits longer for a table that somebody locks', async () => {
  const url = await server.createDatabase('written');
  await loadDataset(url, datasetOf(parseOptions(['--small-tables', '1']) as BenchOptions));
  const watching = new Client({ connectionString: url });
  await watching.connect();
  const number = async (query: string): Promise<number> => Number((await watching.query<{ n: string }>(query)).rows[0].n);
  const place = { module: resolve(__dirname, '../../../bench/engines/postgres/writing.ts'), address: url, table: 'small_1', column: 'label', keys: 20 };
  // Each transaction makes one label longer by a dot.
  const written = 'SELECT sum(length(label)) AS n FROM small_1';
  const before = await number(written);
  const alone = await writeDuring(place, async () => {
    while (await number(written) < before + 10) await pause(20);
  });
  const locked = await writeDuring(place, async () => {
    await watching.query('BEGIN; LOCK small_1');
    while (await number('SELECT count(*) AS n FROM pg_locks WHERE NOT granted') === 0) await pause(20);
    await pause(400);
    await watching.query('COMMIT');
  });
  await watching.end();
  expect(alone.transactions).toBeGreaterThanOrEqual(10);
  expect(alone.p95Milliseconds).toBeGreaterThan(0);
  expect(locked.worstMilliseconds).toBeGreaterThan(300);
});

const whereProc = process.platform === 'linux' ? test : test.skip;
whereProc('the memory of what was started is seen, Node and others apart (needs /proc)', async () => {
  const end = watchMemory();
  const node = spawn(process.execPath, ['-e', 'const b = Buffer.alloc(150e6, 1); console.log("ready"); setTimeout(() => b.length, 600000)']);
  const other = spawn('sh', ['-c', 'x=$(head -c 40000000 /dev/zero | tr "\\0" x); echo ready; read -r end']);
  await Promise.all([node, other].map(({ stdout }) => new Promise((ready) => stdout.once('data', ready))));
  // It looks every 100 ms, on the same event loop.
  await pause(500);
  const { tree = 0, worker = 0, children = 0 } = end();
  node.kill('SIGKILL');
  other.kill('SIGKILL');
  expect(worker).toBeGreaterThan(150e6);
  expect(worker).toBeLessThan(300e6);
  expect(children).toBeGreaterThan(30e6);
  expect(tree).toBeGreaterThan(worker * 0.8);
});

test('the same options make the same rows', async () => {
  const [a, b] = [await made('again', ['--size', '2MB', '--tables', '3']), await made('and', ['--size', '2MB', '--tables', '3'])];
  expect([a.rows, a.textBytes]).toEqual([b.rows, b.textBytes]);
});

test('Ctrl-C leaves no server and no file', async () => {
  const place = mkdtempSync(join(folder, 'place-'));
  const bench = spawn(process.execPath, [resolve(__dirname, '../../../scripts/bench.mjs'), '--engine', 'postgres', '--size', '300MB', '--only', 'cron', '--folder', place], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<number | null>((done) => bench.once('exit', done));
  for (let left = 1000; left > 0 && !readdirSync(place).some((name) => existsSync(join(place, name, 'postgres/source'))); left--) await pause(50);
  await pause(500);
  bench.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(readdirSync(place)).toEqual([]);
});
