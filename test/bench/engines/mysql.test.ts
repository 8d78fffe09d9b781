import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DatasetSize } from '../../../bench/engine';
import { loadEngines } from '../../../bench/engines';
import { clientRestore, cronLine, zstdLine } from '../../../bench/engines/mysql/commands';
import { datasetOf } from '../../../bench/engines/mysql/dataset';
import { loadDataset, measureDataset } from '../../../bench/engines/mysql/load-dataset';
import { MeasurementError } from '../../../bench/measured';
import { parseOptions, type BenchOptions } from '../../../bench/options';
import { writeDuring } from '../../../bench/writer';
import { startMariaDb } from '../../../rehearsal/servers/mariadb-server';
import type { FamilyServer } from '../../../rehearsal/servers/mysql-family-server';

const folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
const copies = join(folder, 'copies');
let server: FamilyServer;
beforeAll(async () => {
  server = await startMariaDb({ directory: join(folder, 'server') });
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function made(database: string, args: string[]): Promise<DatasetSize> {
  await server.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await loadDataset(server, database, datasetOf(parseOptions(args, loadEngines()) as BenchOptions));
  return measureDataset(server, database, folder);
}

test('a data set has the size asked for, one table of 60 %, and what copies are lost by', async () => {
  const { tables, textBytes } = await made('sized', ['--size', '12MB', '--tables', '11']);
  expect(tables).toBe(13);
  expect(textBytes / 12e6).toBeGreaterThan(0.9);
  expect(textBytes / 12e6).toBeLessThan(1.1);
  const sizes = await server.query<{ name: string; bytes: string }>('SELECT TABLE_NAME AS name, DATA_LENGTH AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = \'sized\' ORDER BY 2 DESC');
  expect(sizes[0].name).toBe('events');
  expect(Number(sizes[0].bytes) / sizes.reduce((sum, { bytes }) => sum + Number(bytes), 0)).toBeGreaterThan(0.45);
  const [lost] = await server.query<Record<string, string>>('SELECT SUM(flags > 0) AS flags, SUM(device IS NULL) AS noDevice, COUNT(device) AS devices, SUM(note LIKE \'%🏠%\') AS houses FROM events', 'sized');
  for (const count of Object.values(lost)) expect(Number(count)).toBeGreaterThan(1000);
});

test('one table, and many small ones; the same options make the same rows', async () => {
  const one = await made('one', ['--one-table', '5MB']);
  expect(one.tables).toBe(1);
  expect(one.textBytes / 5e6).toBeGreaterThan(0.9);
  expect(one.textBytes / 5e6).toBeLessThan(1.1);
  const again = await made('two', ['--one-table', '5MB']);
  expect([again.rows, again.textBytes]).toEqual([one.rows, one.textBytes]);
  expect(await made('small', ['--small-tables', '40'])).toMatchObject({ tables: 40, rows: 800 });
});

test('the commands do what they are measured for: what the client brings back is the data set', async () => {
  const { rows, textBytes } = await made('copied', ['--size', '3MB']);
  const target = { server, database: 'copied' };
  for (const { seconds, storedBytes } of [await cronLine(target, copies), await zstdLine(target, copies)]) {
    expect(seconds).toBeGreaterThan(0);
    expect(storedBytes).toBeGreaterThan(100_000);
    expect(storedBytes).toBeLessThan(textBytes);
  }
  await server.query('CREATE DATABASE brought CHARACTER SET utf8mb4');
  await clientRestore({ server, database: 'brought' }, copies);
  expect(await measureDataset(server, 'brought', folder)).toMatchObject({ rows, tables: 14 });
  await expect(clientRestore({ server, database: 'nowhere' }, copies)).rejects.toThrow(MeasurementError);
  await expect(cronLine({ server, database: 'nowhere' }, copies)).rejects.toThrow(/Unknown database 'nowhere'/);
});

test('a writer writes', async () => {
  await made('written', ['--small-tables', '1']);
  const length = async (): Promise<number> => Number((await server.query<{ n: string }>('SELECT SUM(LENGTH(label)) AS n FROM small_1', 'written'))[0].n);
  const before = await length();
  const place = {
    module: resolve(__dirname, '../../../bench/engines/mysql/writing.ts'), address: `mysql://${server.user}:${server.password}@127.0.0.1:${server.port}/written`,
    table: 'small_1', column: 'label', keys: 20,
  };
  const figures = await writeDuring(place, async () => {
    while (await length() < before + 10) await pause(20);
  });
  expect(figures.transactions).toBeGreaterThanOrEqual(10);
  expect(await length()).toBe(before + figures.transactions);
});
