import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompressSync } from 'node:zlib';
import { dump } from '../../../lambda/engines/postgres/dump';
import type { CopyReader } from '../../../lambda/runtime/engine';
import { postgresEnvironment } from '../../../rehearsal/servers/postgres-binaries';
import { startPostgres } from '../../../rehearsal/servers/postgres-server';
import { MemoryCopy } from '../../support/memory-copy';
import { shellEnvironment } from '../../support/shell-environment';
import { contextOf, Surroundings } from './dump/support';
import { drill } from './restore/support/drill';

/** The newest that Debian's unstable suite has, whatever the machine's own release has. */
const MAJOR = 18;
const PATIENCE_MILLISECONDS = 120_000;
const run = promisify(execFile);
const data = join(__dirname, '../../../examples/montoit/data');

/** What PostgreSQL 16 to 18 brought, beside what every version has of the same. */
const NEWS = `
CREATE ROLE owner_of_news; CREATE ROLE reader_of_news; CREATE ROLE deputy NOINHERIT;
GRANT owner_of_news TO deputy WITH INHERIT TRUE, SET FALSE; GRANT pg_maintain TO owner_of_news;
CREATE EXTENSION btree_gist;
CREATE TABLE prices (
  id uuid DEFAULT uuidv7() PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, net numeric NOT NULL,
  gross numeric GENERATED ALWAYS AS (net * 1.2) VIRTUAL, label text GENERATED ALWAYS AS ('n' || number) STORED,
  CONSTRAINT cheap CHECK (net < 100) NOT ENFORCED, CONSTRAINT named_not_null NOT NULL number);
INSERT INTO prices (net) SELECT i FROM generate_series(1, 500) i;
CREATE TABLE stays (room int, during daterange, PRIMARY KEY (room, during WITHOUT OVERLAPS));
CREATE TABLE parts_of_stays (room int, during daterange, FOREIGN KEY (room, PERIOD during) REFERENCES stays (room, PERIOD during));
INSERT INTO stays VALUES (1, '[2026-01-01,2026-02-01)'), (1, '[2026-02-01,2026-03-01)');
INSERT INTO parts_of_stays VALUES (1, '[2026-01-20,2026-02-10)');
CREATE TABLE rooms (id int PRIMARY KEY);
CREATE TABLE holes (a int, b int REFERENCES rooms NOT ENFORCED);
INSERT INTO holes VALUES (NULL, 7);
ALTER TABLE holes ADD CONSTRAINT a_is_there NOT NULL a NOT VALID;
CREATE TABLE measures (at date NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE measures_all PARTITION OF measures DEFAULT;
INSERT INTO measures SELECT '2026-01-01'::date + i, i FROM generate_series(1, 50) i;
CREATE TABLE base (a int CONSTRAINT a_no_inherit NOT NULL NO INHERIT); CREATE TABLE derived () INHERITS (base);
INSERT INTO derived VALUES (NULL);
CREATE VIEW cheap_ones WITH (security_invoker = true) AS SELECT id, gross FROM prices WHERE net < 10;
CREATE MATERIALIZED VIEW sums AS SELECT sum(gross) AS gross FROM prices;
ALTER TABLE prices OWNER TO owner_of_news; ALTER TABLE stays OWNER TO owner_of_news;
GRANT MAINTAIN ON prices TO reader_of_news;
SELECT lo_from_bytea(700000 + i, ('object ' || i)::bytea) FROM generate_series(1, 30) i;
DO $$ BEGIN FOR i IN 700001..700020 LOOP EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO reader_of_news', i); EXECUTE format('ALTER LARGE OBJECT %s OWNER TO owner_of_news', i); END LOOP; END $$;
COMMENT ON LARGE OBJECT 700003 IS 'the third';
ANALYZE;`;

const OLDER = `
CREATE ROLE clerk; GRANT pg_read_all_data TO clerk;
CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL, size int GENERATED ALWAYS AS (length(text)) STORED);
INSERT INTO notes (text) SELECT repeat('x', i % 300) FROM generate_series(1, 2000) i;
CREATE TABLE dated (at date) PARTITION BY RANGE (at); CREATE TABLE dated_all PARTITION OF dated DEFAULT;
INSERT INTO dated SELECT '2026-01-01'::date + i FROM generate_series(1, 50) i;
CREATE VIEW long_ones AS SELECT * FROM notes WHERE size > 100; CREATE MATERIALIZED VIEW total AS SELECT sum(size) AS size FROM long_ones;
ALTER TABLE notes OWNER TO clerk; GRANT SELECT ON notes TO PUBLIC;
SELECT lo_from_bytea(700001, 'one'), lo_from_bytea(700002, 'two');`;

let here: Surroundings;
let copy: CopyReader;
let folder: string;
/** Lines of pg_dump of each database before it was copied. */
const source: Record<string, string[]> = {};

beforeAll(async () => {
  here = await Surroundings.open({}, MAJOR);
  await here.sql('postgres', 'CREATE DATABASE news TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE \'PG_UNICODE_FAST\'');
  await here.sql('news', NEWS);
  await here.database('montoit');
  const files = ['host.sql', 'schema.sql', 'seed.sql'].flatMap((file) => ['-f', join(data, file)]);
  const env = postgresEnvironment(here.server.binaries);
  await run(join(here.server.binaries.bin, 'psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...files, here.server.urlOf('montoit')], { env });
  for (const database of ['news', 'montoit']) source[database] = await wholeOf([`--dbname=${here.server.urlOf(database)}`]);
  const sink = new MemoryCopy();
  const dumped = await dump(contextOf({ secret: here.secret('news'), config: { databases: ['news', 'montoit'] } }), sink);
  copy = sink.reader(dumped, 'postgres');
  folder = join(here.folder, 'copy');
  await write(sink, folder);
}, PATIENCE_MILLISECONDS);
afterAll(() => here?.close());

/** The parts as the store has them, for tools that read files. */
async function write(sink: MemoryCopy, into: string): Promise<void> {
  for (const part of sink.parts) {
    await mkdir(dirname(join(into, part.name)), { recursive: true });
    await writeFile(join(into, part.name), part.encoding === 'zstd' ? zstdCompressSync(sink.raw(part)) : sink.raw(part));
  }
}

/** What acts on other servers or watches statements stays out of a scratch server, and a publication's owner may have no right to it. */
const NOT_IN_SCRATCH = /PUBLICATION|EVENT TRIGGER|pgrst_ddl_watch\(\);$/;

/** What pg_dump says of a database, rows and large objects included, as lines. */
async function wholeOf(words: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const { binaries } = here.server;
  const { stdout } = await run(join(binaries.bin, 'pg_dump'), ['--no-sync', ...words], { env: { ...postgresEnvironment(binaries), ...env }, maxBuffer: 1 << 28 });
  return stdout.split('\n').filter((line) => !/^-- Dumped|^\\(un)?restrict|stubs_[0-9a-f]+/.test(line));
}

test('the copy is made by the newer server\'s own tools', () => {
  expect(here.server.binaries.majorVersion).toBe(MAJOR);
  expect(copy.manifest.tools.pg_dump).toMatch(new RegExp(`^${MAJOR}\\b`));
  expect(copy.census.items).toContainEqual(expect.objectContaining({ database: 'news', kind: 'large-objects', rows: 30, method: 'hashed' }));
  expect(copy.census.items.filter(({ database, method }) => database === 'montoit' && method === 'hashed').length).toBeGreaterThan(10);
});

test('it comes back in a scratch server of that version, to the letter', async () => {
  await drill(copy, async (drilled) => {
    expect(drilled.restored.exceptions).toEqual([]);
    expect(drilled.differences).toEqual([]);
    const { host, port, administrator } = drilled.connection;
    for (const database of ['news', 'montoit']) {
      const ours = new Set(await wholeOf(['-h', host, '-p', String(port), '-U', administrator.user, database], { PGPASSWORD: administrator.password }));
      expect(source[database].filter((line) => !ours.has(line) && !NOT_IN_SCRATCH.test(line))).toEqual([]);
    }
  });
}, PATIENCE_MILLISECONDS);

test('restore.sh does the same with the tools alone', async () => {
  const other = await startPostgres({ directory: join(here.folder, 'other'), major: MAJOR });
  try {
    const server = other.superuserUrl.replace(/\/[^/]*$/, '');
    await run('bash', [join(folder, 'restore.sh'), server], { env: await shellEnvironment(other.binaries) });
    for (const database of ['news', 'montoit']) {
      expect(await wholeOf([`--dbname=${other.urlOf(database)}`])).toEqual(source[database]);
    }
    const ask = async (url: string, sql: string): Promise<string> => (
      await run(join(other.binaries.bin, 'psql'), ['-XAtqc', sql, url], { env: postgresEnvironment(other.binaries) })).stdout;
    const members = 'SELECT roleid::regrole, member::regrole, inherit_option, set_option, admin_option FROM pg_auth_members WHERE member > 16000 ORDER BY roleid::regrole::text, member::regrole::text';
    expect(await ask(other.superuserUrl, members)).toBe(await ask(here.server.superuserUrl, members));
    expect(await ask(other.superuserUrl, members)).toContain('owner_of_news|deputy|t|f|f');
    expect(await ask(other.superuserUrl, 'SELECT datlocprovider, datlocale FROM pg_database WHERE datname = \'news\'')).toBe('b|PG_UNICODE_FAST\n');
  } finally {
    await other.stop();
  }
}, PATIENCE_MILLISECONDS);

test('a copy of the machine\'s own PostgreSQL comes up in it too, and the verdict says which it was', async () => {
  const older = await Surroundings.open();
  try {
    const secret = await older.database('older', OLDER);
    const sink = new MemoryCopy();
    const dumped = await dump(contextOf({ secret }), sink);
    const { majorVersion } = older.server.binaries;
    const reader = sink.reader(dumped, 'postgres');
    // A worker's image has not every version: it takes the next one.
    const lacking = { ...reader, manifest: { ...reader.manifest, source: { ...reader.manifest.source, version: `${Math.min(majorVersion + 1, MAJOR)}.0` } } };
    await drill(lacking, async ({ scratch, restored, differences }) => {
      expect(differences).toEqual([]);
      expect(restored.exceptions.filter(({ code }) => code !== 'SERVER_VERSION')).toEqual([]);
      expect(scratch.version).toMatch(new RegExp(`^${MAJOR}\\b`));
    });
  } finally {
    await older.close();
  }
}, PATIENCE_MILLISECONDS);
