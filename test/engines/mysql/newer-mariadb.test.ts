import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mysql } from '../../../lambda/engines/mysql';
import { compareCensus } from '../../../lambda/runtime/compare-census';
import type { Restored } from '../../../lambda/runtime/engine';
import { bringNewestMariaDb } from '../../../rehearsal/servers/mariadb-binaries';
import { familyEnvironment, type FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { MemoryCopy } from '../../support/memory-copy';
import { programsOnPath } from '../../support/programs-on-path';
import { contextOf, startShop } from './support';

const BRINGING_MILLISECONDS = 120_000;
const data = join(__dirname, '../../../examples/selmai/data');

/** What MariaDB 11 brought. */
const NEWS = [
  'CREATE TABLE sorted_anew (word varchar(20) COLLATE utf8mb4_uca1400_swedish_ai_ci, KEY word (word), late timestamp(6) NULL) ENGINE=InnoDB',
  'INSERT INTO sorted_anew VALUES (\'ö\', \'2100-01-01 00:00:00\'), (\'z\', NULL)',
  'CREATE TABLE near (id int PRIMARY KEY, place vector(3) NOT NULL, VECTOR INDEX (place)) ENGINE=InnoDB',
  'INSERT INTO near SELECT seq, VEC_FromText(CONCAT(\'[\', seq / 7, \',1e-30,\', -seq, \']\')) FROM seq_1_to_200',
];

let server: FamilyServer | undefined;
afterAll(() => server?.stop());

/** As a person does it: the server's own client reads a script. */
async function feed({ binaries, socket, user, password }: FamilyServer, database: string, script: Buffer): Promise<void> {
  const client = spawn(binaries.client, ['--no-defaults', `--socket=${socket}`, `--user=${user}`, `--database=${database}`], {
    env: { ...familyEnvironment(binaries), MYSQL_PWD: password }, stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  client.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
  client.stdin.on('error', () => undefined).end(script);
  const code = await new Promise((resolve) => client.once('close', resolve));
  if (code !== 0) throw new Error(`the client ended with ${String(code)}: ${said}`);
}

/** A copy of `shop`, restored into a scratch server and counted. */
async function prove(source: FamilyServer): Promise<{ copy: MemoryCopy; restored: Restored; differences: object[]; version: string }> {
  const context = await contextOf(source);
  const copy = new MemoryCopy();
  const reader = copy.reader(await mysql.dump(context, copy), 'mysql');
  const scratch = await mysql.scratch(context, reader.manifest);
  try {
    const restored = await mysql.restore(context, reader, scratch);
    const differences = compareCensus(reader.census, await mysql.census(context, scratch, reader.census));
    return { copy, restored, differences, version: scratch.version };
  } finally {
    await scratch.stop();
  }
}

test('SELMai on MariaDB of a later series, and what is new in it, is proven; the client alone restores it', async () => {
  server = await startShop(await bringNewestMariaDb());
  expect(Number.parseInt(server.version, 10)).toBeGreaterThanOrEqual(11);
  for (const file of ['schema.sql', 'seed.sql']) await feed(server, 'shop', await readFile(join(data, file)));
  for (const statement of NEWS) await server.query(statement, 'shop');
  const { copy, restored, differences, version } = await prove(server);
  expect(differences).toEqual([]);
  expect(restored.exceptions).toEqual([]);
  expect(version).toBe(server.version);

  await server.query('CREATE DATABASE by_hand');
  const order = ['schema', 'rows', 'after'];
  const parts = copy.parts.filter(({ kind }) => order.includes(kind)).sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  for (const part of parts) await feed(server, 'by_hand', copy.raw(part));
  const tables = ['members', 'services', 'messages', 'transactions', 'near', 'sorted_anew'];
  const sums = async (database: string) => (await server!.query<{ Checksum: string }>(`CHECKSUM TABLE ${tables.join(', ')}`, database)).map((row) => String(row.Checksum));
  expect(await sums('by_hand')).toEqual(await sums('shop'));
  expect(await sums('shop')).not.toContain('0');
}, BRINGING_MILLISECONDS);

test('a copy of the machine\'s own MariaDB comes up in it too, and the verdict says which it was', async () => {
  const older = await startShop();
  try {
    await feed(older, 'shop', await readFile(join(data, 'schema.sql')));
    await feed(older, 'shop', await readFile(join(data, 'seed.sql')));
    programsOnPath(await bringNewestMariaDb());
    const { restored, differences, version } = await prove(older);
    expect(differences).toEqual([]);
    const same = version.split('.').slice(0, 2).join('.') === older.version.split('.').slice(0, 2).join('.');
    expect(restored.exceptions).toEqual(same ? [] : [expect.objectContaining({ code: 'SERVER_VERSION' })]);
  } finally {
    await older.stop();
  }
}, BRINGING_MILLISECONDS);
