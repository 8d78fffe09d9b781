import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asSuperuser, drill, startSource, type Source } from './support/drill';
import { makeHandCopy } from './support/hand-copy';

let source: Source;

beforeAll(async () => {
  source = await startSource();
});

afterAll(() => source?.stop());

/** Tries every way up that a function has, then runs a program, reads a file and writes one. */
function attack(marks: string): string {
  return `
    CREATE FUNCTION evil.act(tag text) RETURNS boolean LANGUAGE plpgsql AS $f$
    DECLARE super text;
    BEGIN
      BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXCEPTION WHEN OTHERS THEN NULL; END;
      FOR super IN SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper OR rolname LIKE 'pg\\_%' LOOP
        BEGIN EXECUTE format('SET SESSION AUTHORIZATION %I', super); EXCEPTION WHEN OTHERS THEN NULL; END;
        BEGIN EXECUTE format('SET ROLE %I', super); EXCEPTION WHEN OTHERS THEN NULL; END;
        BEGIN EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'touch ${marks}/program-' || tag); EXCEPTION WHEN OTHERS THEN NULL; END;
        BEGIN EXECUTE format('COPY (SELECT pg_catalog.pg_read_file(%L)) TO %L', '/proc/self/environ', '${marks}/file-' || tag); EXCEPTION WHEN OTHERS THEN NULL; END;
      END LOOP;
      BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
      RETURN true;
    END $f$;
    CREATE FUNCTION evil.attack(tag text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN RETURN evil.act(tag); END $f$;`;
}

test('no code of the copy runs as a superuser: checks, defaults, indexes, partitions, views, those of a superuser included', async () => {
  const marks = join(source.folder, 'marks');
  await mkdir(marks);
  await chmod(source.folder, 0o755);
  await chmod(marks, 0o777);
  await source.createDatabase('hostile');
  await source.run('hostile', `
    CREATE ROLE mallory; CREATE SCHEMA evil AUTHORIZATION mallory; GRANT pg_execute_server_program, pg_read_server_files, pg_write_server_files TO mallory;
    SET ROLE mallory; ${attack(marks)}
    CREATE DOMAIN evil.checked AS int CHECK (evil.attack('domain'));
    CREATE TABLE evil.rows (id int PRIMARY KEY, d evil.checked, g boolean GENERATED ALWAYS AS (evil.attack('generated')) STORED, CHECK (evil.attack('check' || id)));
    INSERT INTO evil.rows SELECT i, i FROM generate_series(1, 3) i;
    CREATE INDEX ON evil.rows ((evil.attack('index' || id)));
    CREATE TABLE evil.parts (id int) PARTITION BY RANGE (id);
    CREATE TABLE evil.part (id int, CHECK (evil.attack('attach')));
    ALTER TABLE evil.parts ATTACH PARTITION evil.part FOR VALUES FROM (1) TO (9);
    INSERT INTO evil.parts VALUES (1);
    CREATE VIEW evil.view AS SELECT evil.attack('view') AS a;
    CREATE MATERIALIZED VIEW evil.mat AS SELECT evil.attack('mat') AS a;
    RESET ROLE;
    CREATE MATERIALIZED VIEW evil.super AS SELECT evil.attack('super') AS a;
    CREATE FUNCTION evil.environ() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT pg_read_file('/proc/self/stat') $$;
    CREATE MATERIALIZED VIEW evil.reads AS SELECT evil.environ() AS a;
    CREATE FUNCTION evil.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.attack('event'); END $$;
    CREATE EVENT TRIGGER seize ON ddl_command_end EXECUTE FUNCTION evil.on_ddl();`);
  // In the source, where they were superusers, the attacks succeed: the marks prove that they would show.
  expect(await readdir(marks)).toContain('program-super');
  const copy = await makeHandCopy({ superuserUrl: source.superuserUrl, bin: source.binaries.bin, databases: ['hostile'], directory: join(source.folder, 'hostile') });
  for (const mark of await readdir(marks)) await rm(join(marks, mark));

  const drilled = await drill(copy, async ({ scratch }) => {
    await scratch.query('SELECT evil.attack(\'assertion\')');
    await scratch.query('SELECT a FROM evil.view');
  });
  expect(await readdir(marks)).toEqual([]);
  expect(drilled.differences.map(({ name }) => name)).toEqual(['evil.reads']);
  expect(drilled.restored.exceptions).toEqual([{ code: 'MATERIALIZED_VIEW', name: 'hostile: materialized-view evil.reads', reason: expect.stringContaining('permission denied for function pg_read_file') as string }]);
});

test('the server and its children have nothing of the worker\'s environment', async () => {
  if (!existsSync('/proc/self/environ')) return;
  process.env.AWS_SECRET_ACCESS_KEY = 'sentinel-of-the-worker';
  try {
    await source.createDatabase('plain');
    const copy = await makeHandCopy({ superuserUrl: source.superuserUrl, bin: source.binaries.bin, databases: ['plain'], directory: join(source.folder, 'plain') });
    await drill(copy, async (drilled) => {
      const seen = await asSuperuser(drilled, 'plain', async (client) => {
        await client.query('CREATE TEMPORARY TABLE seen (line text); COPY seen FROM PROGRAM \'env\'');
        return (await client.query<{ line: string }>('SELECT line FROM seen')).rows.map(({ line }) => line).join('\n');
      });
      expect(seen).toContain('LC_COLLATE=');
      expect(seen).not.toContain('sentinel-of-the-worker');
      if (process.getuid?.() === 0) {
        const parents = asSuperuser(drilled, 'plain', (client) => client.query(`SELECT pg_read_binary_file('/proc/${process.pid}/environ')`));
        await expect(parents).rejects.toThrow('Permission denied');
      }
    });
  } finally {
    delete process.env.AWS_SECRET_ACCESS_KEY;
  }
});
