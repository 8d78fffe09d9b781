import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import type { Dumped } from '../../../../lambda/runtime/engine';
import { COPY_END, copyHeader } from '../../../../lambda/engines/postgres/copy-format';
import { dump } from '../../../../lambda/engines/postgres/dump';
import { PostgresNotes } from '../../../../lambda/engines/postgres/notes';
import { startPostgres } from '../../../../rehearsal/servers/postgres-server';
import type { DirectorySink } from '../../../support/directory-sink';
import { contextOf, Surroundings } from './support';
import { shellEnvironment } from '../../../support/shell-environment';

const run = promisify(execFile);
const HOSTILE = 'odd "one"; $(touch x) \'q\'\nline é';

const APPLICATION = `
CREATE ROLE app_owner; CREATE ROLE "Reader's role" LOGIN PASSWORD 'sentinel-password-of-a-role'; GRANT app_owner TO "Reader's role" WITH ADMIN OPTION;
ALTER ROLE app_owner SET search_path = "$user", public; ALTER ROLE app_owner SET work_mem = '7MB';
CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm;
CREATE SCHEMA "${HOSTILE.replaceAll('"', '""')}" AUTHORIZATION app_owner;
CREATE TYPE mood AS ENUM ('sad', 'Happy day');
CREATE TABLE "${HOSTILE.replaceAll('"', '""')}"."${HOSTILE.replaceAll('"', '""')}" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "a;b" text, "select" mood, doubled int GENERATED ALWAYS AS (length("a;b") * 2) STORED, tags hstore, é bytea);
INSERT INTO "${HOSTILE.replaceAll('"', '""')}"."${HOSTILE.replaceAll('"', '""')}" ("a;b", "select", tags, é)
  SELECT E'tab\\t back\\\\slash \\n newline \\\\. é' || i, 'Happy day', 'a=>1', decode(md5(i::text), 'hex') FROM generate_series(1, 3000) i;
CREATE TABLE widths AS SELECT i AS id, repeat('x', (i * 7919) % 1900) AS padding FROM generate_series(1, 3000) i;
CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
CREATE TABLE numbers (f float8, n numeric, t timestamptz, i interval, j jsonb, a text[], x xml, r int4range);
INSERT INTO numbers VALUES (0.1 + 0.2, 'NaN', 'infinity', '1 mon -2 days 00:00:00.001', '{"é": [1, null]}', '{"a,b",NULL,"\\\\"}', '<a>b</a>', '[1,5)');
CREATE TABLE person (id int PRIMARY KEY, parent int REFERENCES person, name text NOT NULL); ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON person FOR SELECT TO app_owner USING (name = current_user);
INSERT INTO person SELECT i, nullif(i / 2, 0), 'name ' || i FROM generate_series(1, 500) i;
CREATE INDEX ON person USING gin (name gin_trgm_ops);
CREATE TABLE measure (at date, v int) PARTITION BY RANGE (at);
CREATE TABLE measure_a PARTITION OF measure FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE measure_b PARTITION OF measure DEFAULT;
INSERT INTO measure SELECT '2020-06-01'::date + i, i FROM generate_series(1, 400) i;
CREATE UNLOGGED TABLE passing (x int); INSERT INTO passing VALUES (1);
CREATE VIEW grown AS SELECT * FROM person WHERE id > 10;
CREATE MATERIALIZED VIEW zz_first AS SELECT count(*) AS n FROM grown; CREATE MATERIALIZED VIEW aa_second AS SELECT n + 1 AS n FROM zz_first;
CREATE UNIQUE INDEX ON aa_second (n); CREATE MATERIALIZED VIEW empty_one AS SELECT 1 AS one WITH NO DATA;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION touch();
CREATE SEQUENCE never_called START 7; CREATE SEQUENCE called; SELECT setval('called', 41);
CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER away FOREIGN DATA WRAPPER nowhere; CREATE FOREIGN TABLE far (a int) SERVER away;
CREATE SUBSCRIPTION follows CONNECTION 'host=127.0.0.1 port=1 password=sentinel-of-subscription' PUBLICATION p WITH (connect = false);
GRANT SELECT ON person TO "Reader's role"; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO app_owner;
SELECT lo_from_bytea(0, 'a large object'); SELECT lo_from_bytea(0, repeat('x', 10000)::bytea);
COMMENT ON TABLE person IS 'it''s a person';
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''17s''', current_database()); EXECUTE format('ALTER DATABASE %I SET search_path = "evil;", public', current_database()); END $$;`;

/** The first line that is not the same: two dumps as one message would be unreadable. */
function firstDifference(found: string, expected: string): string | undefined {
  if (found === expected) return undefined;
  const other = expected.split('\n');
  const at = found.split('\n').findIndex((line, index) => line !== other[index]);
  return `line ${at + 1}: ${found.split('\n')[at]?.slice(0, 200)} instead of ${other[at]?.slice(0, 200)}`;
}

describe('a whole dump', () => {
  let here: Surroundings;
  let sink: DirectorySink;
  let dumped: Dumped;

  beforeAll(async () => {
    here = await Surroundings.open();
    const secret = await here.database(HOSTILE, APPLICATION);
    sink = await here.sink('copy');
    dumped = await dump(contextOf({ secret }), sink);
  });
  afterAll(() => here?.close());

  const text = async (name: string): Promise<string> => {
    const bytes = await readFile(join(sink.directory, name));
    return (name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString();
  };
  const item = (name: string) => dumped.census.find((one) => one.name === name);

  test('each table is hashed over its COPY text, which lies in its part', async () => {
    const tables = dumped.census.filter(({ kind, method }) => kind === 'table' && method === 'hashed');
    expect(tables).toHaveLength(8);
    const client = await here.client(HOSTILE);
    try {
      const columns = { 'public.person': ['id', 'parent', 'name'], 'public.measure_a': ['at', 'v'], 'public.nothing': [] };
      for (const [name, list] of Object.entries(columns)) {
        const found = item(name)!;
        const block = (await text(found.part!)).split(copyHeader(name, list))[1];
        const data = block.startsWith(COPY_END) ? '' : block.slice(0, block.indexOf(`\n${COPY_END}`) + 1);
        expect(createHash('sha256').update(data).digest('hex')).toBe(found.sha256);
        expect(Buffer.byteLength(data)).toBe(found.bytes);
        const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${name}`);
        expect(found.rows).toBe(rows[0].n);
      }
    } finally {
      await client.end();
    }
  });

  test('generated columns, partitioned parents and foreign rows are not rows of the copy', async () => {
    const odd = dumped.census.find(({ kind, name }) => kind === 'table' && name.includes('touch'))!;
    expect(await text(odd.part!)).toContain('(id, "a;b", "select", tags, "é") FROM stdin;\n');
    expect(item('public.measure')).toBeUndefined();
    expect(item('public.far')).toBeUndefined();
    expect(dumped.leftOut).toContainEqual(expect.objectContaining({ kind: 'foreign-table-rows', name: 'public.far' }));
    expect(dumped.leftOut).toContainEqual(expect.objectContaining({ kind: 'subscription', name: 'follows' }));
    expect(dumped.leftOut).toContainEqual(expect.objectContaining({ kind: 'role-password', name: 'Reader\'s role' }));
  });

  test('sequences, large objects and materialized views are counted', () => {
    expect(item('public.called')).toMatchObject({ kind: 'sequence', method: 'present', atLeast: '41' });
    expect(item('public.never_called')).toMatchObject({ atLeast: '7' });
    expect(dumped.census.find(({ kind }) => kind === 'large-objects')).toMatchObject({ rows: 2, bytes: 10014, method: 'hashed' });
    const notes = PostgresNotes.parse(dumped.engineNotes);
    expect(notes.databases[0].materializedViews).toEqual(['public.zz_first', 'public.aa_second']);
    expect(notes.databases[0].settings).toEqual(['statement_timeout=17s', 'search_path="evil;", public']);
    expect(notes.roles).toEqual(expect.arrayContaining(['Reader\'s role', 'app_owner', 'postgres']));
  });

  test('no part and no answer holds a password', async () => {
    const answers = JSON.stringify(dumped);
    for (const { name } of sink.parts) {
      const content = await text(name);
      for (const secret of ['sentinel', here.server.password]) expect(content.includes(secret)).toBe(false);
    }
    expect(answers).not.toContain('sentinel-password');
    expect(answers).not.toContain(here.server.password);
  });

  test('restore.sh alone makes the same database on another server: pg_dump of both is the same text', async () => {
    const other = await startPostgres({ directory: join(here.folder, 'other') });
    try {
      for (const name of ['restore.sh', 'globals.sql']) expect(await text(name)).toBeTruthy();
      const url = await other.createDatabase('fresh');
      const env = await shellEnvironment(other.binaries);
      await run('bash', [join(sink.directory, 'restore.sh'), url], { env });
      const textOf = async (from: string, name: string): Promise<string> => {
        const file = join(here.folder, name);
        const { stdout } = await run(join(other.binaries.bin, 'pg_dump'), ['--no-sync', '--no-subscriptions', `--dbname=${from}`], { env, maxBuffer: 1 << 28 });
        const plain = stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
        await writeFile(file, plain);
        return plain;
      };
      const source = await textOf(here.server.urlOf(HOSTILE), 'source.sql');
      expect(source.includes('lo_create')).toBe(true);
      expect(firstDifference(await textOf(url, 'target.sql'), source)).toBeUndefined();
      const settings = 'SELECT setconfig FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = setrole WHERE setdatabase = 0 OR setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1';
      const ask = async (from: string): Promise<string> => (await run(join(other.binaries.bin, 'psql'), ['-XAtq', '-c', settings, `--dbname=${from}`], { env })).stdout;
      expect(await ask(url)).toBe(await ask(here.server.urlOf(HOSTILE)));
    } finally {
      await other.stop();
    }
  });

  test('nothing remains on the server', async () => {
    expect(await here.sessions()).toBe(0);
  });
});
