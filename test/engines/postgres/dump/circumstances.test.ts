import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { Client } from 'pg';
import { dump } from '../../../../lambda/engines/postgres/dump';
import { inspect } from '../../../../lambda/engines/postgres/inspect';
import { PostgresNotes } from '../../../../lambda/engines/postgres/notes';
import { postgresEnvironment } from '../../../../rehearsal/servers/postgres-binaries';
import type { DirectorySink } from '../../../support/directory-sink';
import { contextOf, Surroundings } from './support';

const NOBODY = 65534;
const root = process.getuid?.() === 0;
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const textOf = async (sink: DirectorySink, name: string): Promise<Buffer> => zstdDecompressSync(await readFile(join(sink.directory, name)));

describe('a dump under other circumstances', () => {
  let here: Surroundings;

  beforeAll(async () => {
    here = await Surroundings.open();
  });
  afterAll(() => here?.close());

  test('three connections are enough: the coordinator then reads the tables itself', async () => {
    await here.database('few', 'CREATE TABLE a AS SELECT i FROM generate_series(1, 1000) i; CREATE TABLE b AS SELECT 1 AS x');
    let most = 0;
    const watching = setInterval(() => void here.sessions().then((found) => {
      most = Math.max(most, found);
    }, () => undefined), 10);
    const { census } = await dump(contextOf({ secret: here.secret('few'), config: { maximumConnections: 3 } }), await here.sink('few'));
    clearInterval(watching);
    expect(census.map(({ name, rows }) => [name, rows])).toEqual([['public.a', 1000], ['public.b', 1]]);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3);
  });

  test('databases of other encodings: LATIN1 in UTF-8, and bytes without any encoding as they are', async () => {
    await here.sql('postgres', 'CREATE DATABASE latin ENCODING \'LATIN1\' LC_COLLATE \'C\' LC_CTYPE \'C\' TEMPLATE template0');
    await here.sql('postgres', 'CREATE DATABASE ascii ENCODING \'SQL_ASCII\' LC_COLLATE \'C\' LC_CTYPE \'C\' TEMPLATE template0');
    await here.sql('latin', 'CREATE TABLE "é" AS SELECT \'à\'::text AS "ü"');
    await here.sql('ascii', 'SET client_encoding = SQL_ASCII; CREATE TABLE t (v text); INSERT INTO t VALUES (E\'\\xff\\xfe\')');
    const latin = await here.sink('latin');
    const { census, engineNotes } = await dump(contextOf({ secret: here.secret('latin') }), latin);
    expect(census[0]).toMatchObject({ name: 'public."é"', rows: 1, bytes: 3 });
    expect((await textOf(latin, census[0].part!)).toString()).toContain('COPY public."é" ("ü") FROM stdin;\nà\n\\.\n');
    expect(PostgresNotes.parse(engineNotes).databases[0]).toMatchObject({ encoding: 'LATIN1', collate: 'C' });
    const ascii = await here.sink('ascii');
    const raw = await dump(contextOf({ secret: here.secret('ascii') }), ascii);
    const bytes = await textOf(ascii, raw.census[0].part!);
    expect(bytes.includes(Buffer.from([0xff, 0xfe, 0x0a]))).toBe(true);
    expect(bytes.includes('SET client_encoding = \'SQL_ASCII\'')).toBe(true);
  });

  test('of an extension\'s tables only the rows that it marks as the user\'s', async () => {
    await here.database('extension', `CREATE EXTENSION citext; CREATE TABLE conf (id int, v text); CREATE TABLE builtin (id int); CREATE TABLE t (a int);
      INSERT INTO conf SELECT i, 'v' FROM generate_series(1, 10) i; INSERT INTO builtin VALUES (1);
      ALTER EXTENSION citext ADD TABLE conf; ALTER EXTENSION citext ADD TABLE builtin;
      UPDATE pg_extension SET extconfig = ARRAY['conf'::regclass::oid], extcondition = ARRAY['WHERE id > 7'] WHERE extname = 'citext'`);
    const { census, leftOut, engineNotes } = await dump(contextOf({ secret: here.secret('extension') }), await here.sink('extension'));
    expect(census.map(({ name, rows }) => [name, rows])).toEqual([['public.conf', 3], ['public.t', 0]]);
    expect(leftOut).toContainEqual(expect.objectContaining({ kind: 'extension-rows', name: 'public.builtin' }));
    const [{ extensionTables }] = PostgresNotes.parse(engineNotes).databases;
    expect(extensionTables).toEqual([{ name: 'public.conf', extension: 'citext', condition: 'WHERE id > 7' }]);
  });

  test('a hostile search_path, settings of the role and functions that shadow the catalog\'s change nothing', async () => {
    await here.database('hostile', `CREATE SCHEMA evil; CREATE TABLE t AS SELECT 1.5::float8 AS f, '2020-01-02 03:04:05+00'::timestamptz AS at, '\\x01'::bytea AS b;
      CREATE FUNCTION evil.pg_export_snapshot() RETURNS text LANGUAGE sql AS 'SELECT ''evil''';
      CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT ''evil''';
      CREATE TABLE evil.pg_class (oid oid); CREATE ROLE odd LOGIN SUPERUSER PASSWORD 'x';
      ALTER ROLE odd SET search_path = evil, pg_catalog; ALTER ROLE odd SET statement_timeout = '1ms'; ALTER ROLE odd SET lock_timeout = '1ms';
      ALTER ROLE odd SET datestyle = 'German'; ALTER ROLE odd SET bytea_output = 'escape'; ALTER ROLE odd SET timezone = 'Asia/Tokyo';
      ALTER ROLE odd SET default_transaction_isolation = 'serializable'; ALTER ROLE odd SET row_security = on`);
    const plain = await dump(contextOf({ secret: here.secret('hostile') }), await here.sink('plain'));
    await here.sql('postgres', 'ALTER ROLE odd SET statement_timeout = \'30s\'');
    const odd = await dump(contextOf({ secret: here.secret('hostile', { username: 'odd', password: 'x' }) }), await here.sink('odd'));
    expect(odd.census).toEqual(plain.census);
  });

  test('a standby: its recovery point is what it has replayed', async () => {
    await here.database('copied', 'CREATE TABLE t AS SELECT 1 AS a; CREATE UNLOGGED TABLE u AS SELECT 1 AS a');
    const source = join(dirname(here.server.logFile), 'data');
    const folder = await mkdtemp(join(tmpdir(), 'standby-'));
    const data = join(folder, 'data');
    execFileSync('chmod', ['711', folder]);
    const backup = await here.client('postgres');
    await backup.query('SELECT pg_backup_start(\'standby\', true)');
    execFileSync('cp', ['-a', source, data]);
    await here.sql('copied', 'CREATE TABLE later AS SELECT now() AS at');
    const label = (await backup.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')).rows[0].labelfile;
    await backup.end();
    const [{ at, seen }] = await here.sql('copied', 'SELECT at, clock_timestamp() AS seen FROM later');
    execFileSync('rm', ['-rf', join(data, 'pg_wal'), join(data, 'postmaster.pid')]);
    execFileSync('cp', ['-a', join(source, 'pg_wal'), join(data, 'pg_wal')]);
    const port = await freePort();
    await writeFile(join(data, 'backup_label'), label);
    await writeFile(join(data, 'standby.signal'), '');
    await appendFile(join(data, 'postgresql.conf'), `\nport = ${port}\nhot_standby = on\nunix_socket_directories = ''\n`);
    if (root) for (const name of ['backup_label', 'standby.signal']) chownSync(join(data, name), NOBODY, NOBODY);
    const { binaries } = here.server;
    const server: ChildProcess = spawn(join(binaries.bin, 'postgres'), ['-D', data], {
      ...(root ? { uid: NOBODY, gid: NOBODY } : {}), cwd: data, stdio: 'ignore', env: postgresEnvironment(binaries),
    });
    try {
      await untilOpen(port, here.server.superuser, here.server.password);
      const context = contextOf({ secret: here.secret('copied', { port }) });
      const { recoveryPoint, leftOut, census, engineNotes, description } = await dump(context, await here.sink('standby'));
      expect(recoveryPoint.getTime()).toBeGreaterThanOrEqual((at as Date).getTime());
      expect(recoveryPoint.getTime()).toBeLessThanOrEqual((seen as Date).getTime());
      expect(leftOut).toContainEqual(expect.objectContaining({ kind: 'rows', name: 'public.u' }));
      const tables = census.filter(({ method }) => method === 'hashed').map(({ name, rows }) => [name, rows]);
      expect(tables).toEqual([['public.later', 1], ['public.t', 1]]);
      expect(PostgresNotes.parse(engineNotes).standby).toBe(true);
      expect(description).toContain('standby');
    } finally {
      server.kill('SIGQUIT');
      await new Promise((resolve) => server.once('exit', resolve));
      await rm(folder, { recursive: true, force: true });
    }
  });
});

(hasOpenssl ? describe : describe.skip)('TLS (with openssl for its certificates)', () => {
  let here: Surroundings | undefined;
  let authority = '';
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tls-'));
    execFileSync('chmod', ['711', folder]);
    const openssl = (...words: string[]): void => void execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority');
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
    await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'server.pem', '-days', '2', '-extfile', 'names');
    if (root) chownSync(join(folder, 'server.key'), NOBODY, NOBODY);
    authority = await readFile(join(folder, 'ca.pem'), 'utf8');
    here = await Surroundings.open({ ssl: 'on', ssl_cert_file: join(folder, 'server.pem'), ssl_key_file: join(folder, 'server.key') });
    await here.database('secure', 'CREATE TABLE t AS SELECT 1 AS a');
  });
  afterAll(async () => {
    await here?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const contextWith = (mode: 'verify-full' | 'require', ca?: string) => {
    const context = contextOf({ secret: here!.secret('secure'), config: { tls: { mode, ...(ca ? { caSecretArn: 'authority' } : {}) } } });
    return { ...context, secrets: { read: async (arn: string) => (arn === 'authority' ? ca! : here!.secret('secure')) } };
  };

  test('verified with the authority that is given, by pg_dump too', async () => {
    const { census } = await dump(contextWith('verify-full', authority), await here!.sink('verified'));
    expect(census[0]).toMatchObject({ name: 'public.t', rows: 1 });
  });

  test('encrypted only', async () => {
    await expect(dump(contextWith('require'), await here!.sink('required'))).resolves.toMatchObject({ databases: ['secure'] });
  });

  test('a certificate that none of the known authorities made is refused', async () => {
    await expect(inspect(contextWith('verify-full'))).rejects.toMatchObject({ name: 'RefusedError', code: 'TLS_CERTIFICATE' });
  });

  test('a secret of the authority that is no certificate is refused', async () => {
    await expect(inspect(contextWith('verify-full', 'no PEM'))).rejects.toMatchObject({ code: 'SECRET_SHAPE' });
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function untilOpen(port: number, user: string, password: string): Promise<void> {
  for (let left = 600; ; left--) {
    const client = new Client({ host: '127.0.0.1', port, user, password, database: 'postgres' });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
