import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dump } from '../../../../lambda/engines/postgres/dump';
import { classOfExtension } from '../../../../lambda/engines/postgres/flavors';
import { PostgresNotes } from '../../../../lambda/engines/postgres/notes';
import { startPostgres } from '../../../../rehearsal/servers/postgres-server';
import { contextOf, Surroundings } from './support';
import { shellEnvironment } from '../../../support/shell-environment';

const run = promisify(execFile);
const SUPABASE = `
CREATE ROLE supabase_admin; CREATE ROLE supabase_auth_admin; CREATE ROLE authenticated; CREATE ROLE app_reader LOGIN PASSWORD 'x' BYPASSRLS;
CREATE SCHEMA auth AUTHORIZATION supabase_auth_admin; CREATE SCHEMA storage; CREATE SCHEMA realtime; CREATE SCHEMA vault; CREATE SCHEMA supabase_functions; CREATE SCHEMA graphql;
CREATE TABLE auth.users (id int PRIMARY KEY, email text); CREATE TABLE auth.identities (id int); CREATE TABLE auth.schema_migrations (version text);
CREATE TABLE auth.new_host_table (a int); CREATE TABLE storage.buckets (id text); CREATE TABLE storage.objects (id int); CREATE TABLE storage.migrations (id int);
CREATE TABLE realtime.messages (id int); CREATE TABLE vault.secrets (id int, secret text);
CREATE POLICY room ON realtime.messages USING (true);
INSERT INTO auth.users VALUES (1, 'somebody@example.org'); INSERT INTO auth.schema_migrations VALUES ('1'); INSERT INTO vault.secrets VALUES (1, 'sentinel-of-vault');
CREATE FUNCTION supabase_functions.http_request() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE public.profile (id int PRIMARY KEY REFERENCES auth.users); INSERT INTO public.profile VALUES (1);
GRANT USAGE ON SCHEMA auth, storage, public TO app_reader; GRANT SELECT ON ALL TABLES IN SCHEMA auth, storage, public TO app_reader; REVOKE SELECT ON auth.new_host_table FROM app_reader;`;

describe('what belongs to the host', () => {
  let here: Surroundings;

  beforeAll(async () => {
    here = await Surroundings.open();
    await here.database('supabase', SUPABASE);
  });
  afterAll(() => here?.close());

  test('Supabase: rows of auth and storage are in the copy, the host\'s schemas are named as left out', async () => {
    const secret = here.secret('supabase', { username: 'app_reader', password: 'x' });
    const sink = await here.sink('supabase');
    const { census, leftOut, engineNotes } = await dump(contextOf({ secret, config: { flavor: 'supabase' } }), sink);
    expect(census.filter(({ method }) => method === 'hashed').map(({ name, rows }) => [name, rows])).toEqual([
      ['auth.identities', 0], ['auth.users', 1], ['public.profile', 1], ['storage.buckets', 0], ['storage.objects', 0],
    ]);
    const said = leftOut.map(({ kind, name }) => `${kind} ${name}`);
    expect(said).toEqual(expect.arrayContaining([
      'schema realtime', 'schema vault', 'schema supabase_functions', 'schema graphql', 'rows auth.schema_migrations', 'rows storage.migrations',
      'table auth.new_host_table', 'policy room on realtime.messages',
    ]));
    for (const { reason } of leftOut) expect(reason.length).toBeGreaterThan(10);
    const notes = PostgresNotes.parse(engineNotes);
    expect(notes.databases[0].hostSchemas).toEqual(['graphql', 'realtime', 'supabase_functions', 'vault']);
    expect(notes.hostRoles).toContain('supabase_auth_admin');
    const { stdout } = await run(join(here.server.binaries.bin, 'pg_restore'), ['--file=-', join(sink.directory, 'db1/schema.dump')], { env: process.env });
    expect(stdout).toContain('CREATE TABLE auth.users');
    expect(stdout).not.toMatch(/CREATE (TABLE|SCHEMA) (vault|realtime)/);
    const globals = await readFile(join(sink.directory, 'globals.sql'), 'utf8');
    expect(globals).toContain('app_reader');
    expect(globals).not.toContain('supabase_admin');
  });

  test('auth.users that the role may not read is a refusal, never left out', async () => {
    await here.sql('supabase', 'REVOKE SELECT ON auth.users FROM app_reader');
    const secret = here.secret('supabase', { username: 'app_reader', password: 'x' });
    await expect(dump(contextOf({ secret, config: { flavor: 'supabase' } }), await here.sink('refused')))
      .rejects.toMatchObject({ code: 'NO_PERMISSION', message: expect.stringContaining('auth.users') as string });
  });

  test('an inert extension that something of the application\'s depends on is needed', () => {
    expect(classOfExtension('pg_cron', false)).toBe('inert');
    expect(classOfExtension('pg_cron', true)).toBe('needed');
    expect(classOfExtension('citext', false)).toBe('needed');
    expect(classOfExtension('timescaledb', true)).toBe('special');
  });

  test('extensions of a live database are classed by their use; rows of their tables follow', async () => {
    await here.database('extended', `CREATE EXTENSION pg_stat_statements; CREATE EXTENSION amcheck; CREATE EXTENSION citext; CREATE TABLE t (a citext);
      CREATE FUNCTION uses(regclass) RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT bt_index_check($1); END`);
    const { engineNotes } = await dump(contextOf({ secret: here.secret('extended') }), await here.sink('extended'));
    const classes = Object.fromEntries(PostgresNotes.parse(engineNotes).databases[0].extensions.map((one) => [one.name, one.class]));
    expect(classes).toEqual({ amcheck: 'needed', citext: 'needed', pg_stat_statements: 'inert', plpgsql: 'needed' });
  });

  test('all databases: each from its own snapshot, restored by restore.sh onto another server', async () => {
    const only = await Surroundings.open();
    const other = await startPostgres({ directory: join(here.folder, 'other') });
    try {
      const odd = 'odd $(x) "name\'s"';
      await only.database('first', 'CREATE TABLE t AS SELECT 1 AS a');
      await only.database(odd, 'CREATE TABLE t AS SELECT 2 AS a; DO $$ BEGIN EXECUTE format(\'ALTER DATABASE %I SET work_mem = \'\'9MB\'\'\', current_database()); END $$');
      const sink = await only.sink('all');
      const { host, port, username, password } = JSON.parse(only.secret('x')) as Record<string, unknown>;
      const secret = JSON.stringify({ host, port, username, password });
      const found = await dump(contextOf({ secret, config: { databases: 'all' } }), sink);
      expect(found.databases).toEqual(['first', odd, 'postgres']);
      expect(found.census.map(({ database, name }) => [database, name])).toEqual([['first', 'public.t'], [odd, 'public.t']]);

      const env = await shellEnvironment(other.binaries);
      const restore = () => run('bash', [join(sink.directory, 'restore.sh'), other.superuserUrl], { env });
      await restore();
      const session = { PGHOST: '127.0.0.1', PGPORT: String(other.port), PGUSER: other.superuser, PGPASSWORD: other.password, PGDATABASE: odd };
      const { stdout } = await run(join(other.binaries.bin, 'psql'), ['-XAtqc', 'SELECT a FROM t; SHOW work_mem'], { env: { ...env, ...session } });
      expect(stdout).toBe('2\n9MB\n');
      await expect(restore()).rejects.toMatchObject({ stderr: expect.stringContaining('database first exists and is not empty') as string });
    } finally {
      await other.stop();
      await only.close();
    }
  });
});
