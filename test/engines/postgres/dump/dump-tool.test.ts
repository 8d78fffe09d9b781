import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { dump } from '../../../../lambda/engines/postgres/dump';
import { contextOf, Surroundings } from './support';

describe('pg_dump as a child', () => {
  let here: Surroundings;
  let path: string | undefined;

  beforeAll(async () => {
    here = await Surroundings.open();
    path = process.env.PATH;
    await here.database('app', 'CREATE TABLE t AS SELECT 1 AS a; CREATE TABLE "no; $(x) *" (a int)');
  });
  afterEach(() => {
    process.env.PATH = path;
  });
  afterAll(() => here?.close());

  /** A pg_dump of the right version that does `body` and may call the real one as `$real`. */
  const pretend = async (name: string, body: string): Promise<string> => {
    const bin = join(here.folder, name);
    await mkdir(bin);
    const file = join(bin, 'pg_dump');
    await writeFile(file, `#!/bin/bash
real=${join(here.server.binaries.bin, 'pg_dump')}
if [ "$1" = --version ]; then exec "$real" --version; fi
${body}
`);
    await chmod(file, 0o755);
    process.env.PATH = `${bin}${delimiter}${path}`;
    return bin;
  };
  const attempt = async (name: string) => {
    const sink = await here.sink(name);
    const scratchDirectory = join(here.folder, `scratch-${name}`);
    await mkdir(scratchDirectory);
    const error = await dump(contextOf({ secret: here.secret('app'), scratchDirectory, config: { tables: { exclude: ['public.no*'], schemaOnly: [] } } }), sink)
      .then(() => undefined, (thrown: unknown) => thrown as { name: string; code: string; message: string });
    expect(await readdir(scratchDirectory)).toEqual([]);
    expect(await here.sessions()).toBe(0);
    return { error, parts: sink.parts.map((part) => part.name) };
  };

  test('its arguments and its environment hold no password, and nothing of this process', async () => {
    process.env.BACKUP_TEST_SENTINEL = 'not for children';
    const bin = await pretend('recording', 'dir=$(dirname "$0"); printf "%s\\n" "$@" > "$dir/arguments"; env > "$dir/environment"; stat -c %a "$PGPASSFILE" > "$dir/mode"; exec "$real" "$@"');
    const { error } = await attempt('recording-copy');
    delete process.env.BACKUP_TEST_SENTINEL;
    expect(error).toBeUndefined();
    const [words, environment] = [await readFile(join(bin, 'arguments'), 'utf8'), await readFile(join(bin, 'environment'), 'utf8')];
    for (const text of [words, environment]) expect(text.includes(here.server.password)).toBe(false);
    expect(environment).not.toContain('BACKUP_TEST_SENTINEL');
    expect(environment).toMatch(/^PGAPPNAME=backup-policy\//m);
    expect(await readFile(join(bin, 'mode'), 'utf8')).toBe('600\n');
    expect(words).toContain('--exclude-table="public"."no; $(x) *"');
  });

  test('a warning that nobody knows fails the run, though it exits 0', async () => {
    await pretend('warning', 'echo "pg_dump: warning: something is not in this dump" >&2; exec "$real" "$@"');
    const { error } = await attempt('warning-copy');
    expect(error).toMatchObject({ name: 'IntegrityError', code: 'UNKNOWN_WARNING', message: expect.stringContaining('something is not') as string });
  });

  test('an exit code other than 0 after all its bytes: no schema part', async () => {
    await pretend('failing', '"$real" "$@"; echo "pg_dump: error: the end is missing" >&2; exit 1');
    const { error, parts } = await attempt('failing-copy');
    expect(error).toMatchObject({ code: 'POSTGRES_ERROR', message: expect.stringContaining('the end is missing') as string });
    expect(parts).not.toContain('db1/schema.dump');
  });

  test('killed midway: the run fails', async () => {
    await pretend('dying', '"$real" "$@" | head -c 1000; kill -9 $$');
    const { error, parts } = await attempt('dying-copy');
    expect(error).toMatchObject({ name: 'TransientError', code: 'TOOL_KILLED', message: expect.stringContaining('SIGKILL') as string });
    expect(parts).not.toContain('db1/schema.dump');
  });

  test('a session of it that the server ended is worth another try', async () => {
    await pretend('lost', 'echo "pg_dump: error: query failed: FATAL:  terminating connection due to administrator command" >&2; exit 1');
    expect((await attempt('lost-copy')).error).toMatchObject({ name: 'TransientError', code: 'CONNECTION_LOST' });
  });
});
