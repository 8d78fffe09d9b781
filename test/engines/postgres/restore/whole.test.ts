import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compareCensus } from '../../../../lambda/runtime/compare-census';
import { takeCensus } from '../../../../lambda/engines/postgres/census';
import { asSuperuser, drill, startSource, type Source } from './support/drill';
import { makeHandCopy, type HandCopy } from './support/hand-copy';

const DATABASE = 'tri"cky\' db';

let source: Source;
let copy: HandCopy;

beforeAll(async () => {
  source = await startSource();
  await source.createDatabase(DATABASE);
  await source.run(DATABASE, await readFile(join(__dirname, 'support/tricky.sql'), 'utf8'));
  copy = await makeHandCopy({ superuserUrl: source.superuserUrl, bin: source.binaries.bin, databases: [DATABASE, 'postgres'], directory: join(source.folder, 'copy'),
    notes: (notes) => ({ ...notes, settings: ['search_path="$user", sales, public', 'log_statement=all', '[app] search_path=nowhere'] }) });
});

afterAll(() => source?.stop());

test('everything of a database with odd names and every kind of object comes back, byte by byte', async () => {
  await drill(copy, async (drilled) => {
    expect(drilled.differences).toEqual([]);
    expect(drilled.restored.exceptions).toEqual([]);
    expect(copy.census.items.filter(({ method }) => method === 'hashed').length).toBeGreaterThan(15);
    expect(copy.census.items.find(({ kind }) => kind === 'large-objects')?.rows).toBe(3);

    const schemaOf = async (url: readonly string[], env: Record<string, string>): Promise<string[]> => {
      const { stdout } = await promisify(execFile)(join(source.binaries.bin, 'pg_dump'), ['--schema-only', ...url], { env: { ...process.env, ...env }, maxBuffer: 1e8 });
      return stdout.split('\n').filter((line) => !/^-- Dumped|^\\(un)?restrict|stubs_[0-9a-f]+/.test(line));
    };
    const there = await schemaOf([source.urlOf(DATABASE)], {});
    const { host, port, administrator } = drilled.connection;
    const here = await schemaOf(['-h', host, '-p', String(port), '-U', administrator.user, '-d', `dbname='${DATABASE.replace("'", "\\'")}'`], { PGPASSWORD: administrator.password });
    const ours = new Set(here);
    // Event triggers are in the copy and stay out of the scratch server; only a superuser may own a publication of all tables.
    expect(there.filter((line) => !ours.has(line) && !/EVENT TRIGGER|on_ddl\(\);$|^-- Name: watch_ddl|PUBLICATION/.test(line))).toEqual([]);
    expect(drilled.context.lines.flatMap(({ details }) => details?.skipped)).toContain('event trigger watch_ddl');

    await asSuperuser(drilled, DATABASE, async (client) => {
      const one = async (sql: string): Promise<unknown> => Object.values((await client.query<Record<string, unknown>>(sql)).rows[0])[0];
      expect(await one('SELECT nextval(\'sales.loose\')')).toBe('110');
      expect(await one('SELECT nextval(\'sales.untouched\')')).toBe('42');
      expect(await one('SELECT count(*) FROM pg_event_trigger')).toBe('0');
      expect(await one('SELECT count(*) FROM pg_constraint WHERE NOT convalidated')).toBe('1');
      expect(await one('SELECT count(*) FROM pg_index WHERE NOT indisvalid')).toBe('0');
      expect(await one('SELECT total IS NOT NULL FROM sales.a_total')).toBe(true);
      expect(await one('SELECT count(*) FROM pg_stats WHERE schemaname = \'sales\'')).not.toBe('0');
      expect(await one('SELECT indisclustered FROM pg_index WHERE indexrelid = \'sales.people_pkey\'::regclass')).toBe(true);
      expect(await one('SELECT count(*) FROM pg_roles WHERE rolsuper')).toBe('1');
      await expect(client.query('INSERT INTO sales.people (name) VALUES (\'x\')')).rejects.toThrow('a trigger fired');
    });

    expect(await drilled.scratch.query('SELECT count(*) FROM sales.secrets')).toBe('2');
    // By the database's own search path.
    expect(await drilled.scratch.query('SELECT count(*) FROM people')).toBe('500');
    expect(await drilled.scratch.query('SELECT NULL::int WHERE false')).toBeNull();
    await expect(drilled.scratch.query('DELETE FROM sales.secrets')).rejects.toThrow(/read-only|permission denied/);
    await expect(drilled.scratch.query('COMMIT; DELETE FROM sales.secrets')).rejects.toThrow('multiple commands');
    await expect(drilled.scratch.query('SELECT pg_read_file(\'/etc/passwd\')')).rejects.toThrow('permission denied');
  });
});

test('one changed byte in one row, and one lost row, are differences', async () => {
  await drill(copy, async (drilled) => {
    await asSuperuser(drilled, DATABASE, async (client) => {
      await client.query('UPDATE sales.lines SET n = 2 WHERE ctid = (SELECT ctid FROM sales.lines LIMIT 1)');
      await client.query('DELETE FROM sales.node WHERE id = 3');
      await client.query('SELECT setval(\'sales.loose\', 100)');
      await client.query('SELECT lo_put((SELECT min(oid) FROM pg_largeobject_metadata), 0, \'x\')');
    });
    const differences = compareCensus(copy.census, await takeCensus(drilled.context, drilled.scratch, copy.census));
    expect(differences.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual(['large-objects large objects', 'sequence sales.loose', 'table sales.lines', 'table sales.node']);
  });
});
