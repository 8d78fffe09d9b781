import { lookup } from 'node:dns/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { dump } from '../../../../lambda/engines/postgres/dump';
import { inspect } from '../../../../lambda/engines/postgres/inspect';
import { chooseTools, findTools } from '../../../../lambda/engines/postgres/tools';
import { contextOf, Surroundings } from './support';
import type { ContextProps } from './support';
import { TransactionPooler } from './transaction-pooler';

const ROLE = 'reader';
const PASSWORD = 'sentinel-password';

describe('what is refused before anything is written', () => {
  let here: Surroundings;

  beforeAll(async () => {
    here = await Surroundings.open();
    await here.sql('postgres', `CREATE ROLE ${ROLE} LOGIN PASSWORD '${PASSWORD}'`);
    await here.database('one', 'CREATE TABLE t (a int)');
  });
  afterAll(() => here?.close());

  const reader = (database: string): string => here.secret(database, { username: ROLE, password: PASSWORD });
  const refusal = async (props: ContextProps): Promise<{ name: string; code: string; message: string }> => {
    const sink = await here.sink(`refused-${Math.random()}`);
    const error = await dump(contextOf(props), sink).then(() => undefined, (thrown: unknown) => thrown);
    expect(sink.parts).toEqual([]);
    expect(error).toBeInstanceOf(Error);
    const { name, code, message } = error as { name: string; code: string; message: string };
    expect(message).not.toContain(PASSWORD);
    expect(message).not.toContain(here.server.password);
    return { name, code, message };
  };
  const expectRefusal = async (code: string, props: ContextProps, ...words: string[]): Promise<void> => {
    const found = await refusal(props);
    expect(found).toMatchObject({ name: 'RefusedError', code });
    for (const word of words) expect(found.message).toContain(word);
  };

  test('a wrong password', async () => {
    await expectRefusal('WRONG_PASSWORD', { secret: here.secret('one', { password: 'not it' }) }, 'Renew the secret');
  });

  test('a password that was rotated between reading and connecting is read again', async () => {
    const secrets = [here.secret('one', { password: 'the old one' }), here.secret('one', { password: 'the old one' })];
    const context = contextOf({ secret: here.secret('one') });
    const rotating = { ...context, secrets: { read: async () => secrets.shift() ?? here.secret('one') } };
    await expect(inspect(rotating)).resolves.toMatchObject({ databases: ['one'] });
  });

  test('an unknown host', async () => {
    const host = 'no-such-host.invalid';
    // Where no name service answers at all, trying again may help.
    const answers = await lookup(host).then(() => '', (error: NodeJS.ErrnoException) => error.code);
    const found = await refusal({ secret: here.secret('one', { host }) });
    expect(found.code).toBe(answers === 'ENOTFOUND' ? 'UNKNOWN_HOST' : 'CONNECTION_LOST');
    expect(found.message).toContain(host);
  });

  test('an unknown database, in the secret and among those named', async () => {
    await expectRefusal('UNKNOWN_DATABASE', { secret: here.secret('nowhere') }, '"nowhere"');
    await expectRefusal('UNKNOWN_DATABASE', { secret: here.secret('one'), config: { databases: ['one', 'nowhere'] } }, '"nowhere"', '"one"');
  });

  test('TLS that the server does not speak', async () => {
    await expectRefusal('TLS_REFUSED', { secret: here.secret('one'), config: { tls: { mode: 'require' } } });
    await expectRefusal('TLS_REFUSED', { secret: here.secret('one'), config: { tls: { mode: 'verify-full' } } });
  });

  test('a server that is not there is worth another try', async () => {
    const probe = createServer();
    const port = await new Promise<number>((resolve) => {
      probe.listen(0, '127.0.0.1', () => resolve((probe.address() as AddressInfo).port));
    });
    await new Promise((resolve) => probe.close(resolve));
    expect(await refusal({ secret: here.secret('one', { port }) })).toMatchObject({ name: 'TransientError', code: 'CONNECTION_LOST' });
  });

  test.each([
    ['no JSON', 'user:pass@host', 'neither JSON nor'],
    ['fields of another kind', JSON.stringify({ login: 'x', secret: PASSWORD }), 'host, username, password'],
    ['a list', '[1]', 'no object'],
    ['a port that is none', JSON.stringify({ host: 'h', username: 'u', password: PASSWORD, port: 'x' }), '"port"'],
    ['a broken URL', `postgres://user:${PASSWORD}@[::1/x`, 'cannot be read'],
  ])('a secret of another shape: %s', (_, secret, word) => expectRefusal('SECRET_SHAPE', { secret }, word));

  test('no database named', async () => {
    const { host, port, username, password } = JSON.parse(here.secret('one')) as Record<string, unknown>;
    await expectRefusal('NO_DATABASE_NAMED', { secret: JSON.stringify({ host, port, username, password }) });
  });

  test('tables that the role may not read, all of them named', async () => {
    await here.database('closed', `CREATE TABLE open (a int); CREATE TABLE "Shut" (a int); CREATE SEQUENCE shut_too; CREATE SCHEMA hidden; CREATE TABLE hidden.t (a int);
      GRANT SELECT ON open TO ${ROLE}; GRANT SELECT ON hidden.t TO ${ROLE}`);
    await expectRefusal('NO_PERMISSION', { secret: reader('closed') }, 'public."Shut"', 'public.shut_too', 'hidden.t', 'GRANT SELECT ON');
    await here.sql('closed', `GRANT pg_read_all_data TO ${ROLE}`);
    await expect(inspect(contextOf({ secret: reader('closed') }))).resolves.toMatchObject({ databases: ['closed'] });
    await here.sql('closed', `REVOKE pg_read_all_data FROM ${ROLE}`);
  });

  test('rows that row security hides', async () => {
    await here.database('secured', `CREATE TABLE kept (a int); CREATE TABLE person (a int); ALTER TABLE person ENABLE ROW LEVEL SECURITY; INSERT INTO person VALUES (1);
      CREATE POLICY p ON person FOR SELECT TO ${ROLE} USING (false); GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${ROLE}`);
    await expectRefusal('ROW_SECURITY', { secret: reader('secured') }, 'public.person', 'BYPASSRLS');
    const found = await dump(contextOf({ secret: here.secret('secured') }), await here.sink('secured'));
    expect(found.census.find(({ name }) => name === 'public.person')).toMatchObject({ rows: 1 });
  });

  test('row security that is forced upon the owner', async () => {
    await here.database('forced', `CREATE TABLE person (a int); ALTER TABLE person ENABLE ROW LEVEL SECURITY; ALTER TABLE person FORCE ROW LEVEL SECURITY; ALTER TABLE person OWNER TO ${ROLE}`);
    await expectRefusal('ROW_SECURITY', { secret: reader('forced') });
    await here.sql('forced', 'ALTER TABLE person NO FORCE ROW LEVEL SECURITY');
    await expect(inspect(contextOf({ secret: reader('forced') }))).resolves.toBeDefined();
  });

  test('large objects of which only some may be read; all of them unreadable is said', async () => {
    await here.database('objects', `CREATE TABLE t (a int); GRANT SELECT ON t TO ${ROLE}; SELECT lo_from_bytea(4711, 'a'); SELECT lo_from_bytea(4712, 'b');`);
    const { leftOut, census } = await dump(contextOf({ secret: reader('objects') }), await here.sink('objects'));
    expect(leftOut).toContainEqual(expect.objectContaining({ kind: 'large-objects', name: '2 large objects' }));
    expect(census.some(({ kind }) => kind === 'large-objects')).toBe(false);
    await here.sql('objects', `GRANT SELECT ON LARGE OBJECT 4711 TO ${ROLE}`);
    await expectRefusal('LARGE_OBJECTS_UNREADABLE', { secret: reader('objects') }, '4712');
  });

  test('a database without anything in it, but not one among all', async () => {
    await here.database('bare');
    await expectRefusal('EMPTY_DATABASE', { secret: here.secret('bare') }, '"bare"');
    await expectRefusal('EMPTY_DATABASE', { secret: here.secret('one'), config: { databases: ['one', 'bare'] } }, '"bare"');
  });

  test('patterns that leave nothing, or break what stays', async () => {
    await here.database('chosen', `CREATE TABLE parent (a int PRIMARY KEY); CREATE TABLE child (a int REFERENCES parent); CREATE TABLE "Log.2020" (a serial);
      INSERT INTO "Log.2020" DEFAULT VALUES; CREATE VIEW seen AS SELECT * FROM "Log.2020"; INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)`);
    const secret = here.secret('chosen');
    const tables = { exclude: [] as string[], schemaOnly: [] as string[] };
    await expectRefusal('NOTHING_SELECTED', { secret, config: { tables: { ...tables, include: ['public.nothing'] } } });
    await expectRefusal('LEFT_OUT_BUT_NEEDED', { secret, config: { tables: { ...tables, exclude: ['public.parent'] } } }, 'public.child', 'public.parent');
    await expectRefusal('LEFT_OUT_BUT_NEEDED', { secret, config: { tables: { ...tables, schemaOnly: ['public.parent'] } } }, 'child_a_fkey');
    await expectRefusal('LEFT_OUT_BUT_NEEDED', { secret, config: { tables: { ...tables, exclude: ['public.Log*'] } } }, 'public.seen');

    const sink = await here.sink('chosen');
    const found = await dump(contextOf({ secret, config: { tables: { exclude: ['public.Log*', 'public.seen'], schemaOnly: ['public.child'] } } }), sink);
    expect(found.census.map(({ kind, name, method }) => [kind, name, method])).toEqual([['table', 'public.child', 'present'], ['table', 'public.parent', 'hashed']]);
    expect(found.leftOut.map(({ kind, name }) => `${kind} ${name}`)).toEqual(expect.arrayContaining([
      'table public."Log.2020"', 'view public.seen', 'rows public.child',
    ]));
    const included = await dump(contextOf({ secret, config: { tables: { ...tables, include: ['public.parent'] } } }), await here.sink('included'));
    expect(included.census.map(({ name }) => name)).toEqual(['public.parent']);
  });

  test('a lock that is not to be had is worth another try', async () => {
    await here.database('held', 'CREATE TABLE t (a int)');
    const client = await here.client('held');
    await client.query('BEGIN; LOCK TABLE t');
    expect(await refusal({ secret: here.secret('held'), config: { lockTimeoutSeconds: 1 } })).toMatchObject({ name: 'TransientError', code: 'LOCK_TIMEOUT' });
    await client.end();
  });

  test('a server newer than every tool; of several the smallest that fits is taken', async () => {
    const tools = [{ bin: '/a', major: 17, version: '17.2' }, { bin: '/b', major: 15, version: '15.1' }, { bin: '/c', major: 16, version: '16.0' }];
    expect(chooseTools(tools, 16).bin).toBe('/c');
    expect(() => chooseTools(tools, 18)).toThrow(expect.objectContaining({ code: 'SERVER_NEWER_THAN_TOOLS' }));
    expect(() => chooseTools([], 15)).toThrow(expect.objectContaining({ code: 'NO_TOOLS' }));
    expect((await findTools(here.server.binaries.bin))[0]).toMatchObject({ major: here.server.binaries.majorVersion });
  });

  test('of an image with several versions, of which PATH has one, all are known: a copy\'s archive must be readable by tools of its server', async () => {
    const image = join(here.folder, 'image');
    for (const version of ['15.19', '18.6']) {
      const bin = join(image, `pgsql-${version.slice(0, 2)}`, 'bin');
      await mkdir(bin, { recursive: true });
      await writeFile(join(bin, 'pg_dump'), `#!/bin/sh\necho 'pg_dump (PostgreSQL) ${version}'\n`, { mode: 0o755 });
    }
    const tools = await findTools(join(image, 'pgsql-18/bin'), [{ parent: image, name: /^pgsql-\d+$/ }]);
    expect(tools.map(({ major }) => major)).toEqual([18, 15]);
    expect(chooseTools(tools, 15)).toMatchObject({ version: '15.19', bin: join(image, 'pgsql-15/bin') });
    expect(chooseTools(tools, 16)).toMatchObject({ version: '18.6' });
  });

  test.each([
    ['aws-0-eu-west-3.pooler.supabase.com', 6543],
    ['ep-cool-name-123-pooler.eu-central-1.aws.neon.tech', 5432],
  ])('a transaction pooler known by its address: %s', (host, port) => expectRefusal('POOLER', { secret: here.secret('one', { host, port }) }, host));

  test('a transaction pooler that only its behaviour tells', async () => {
    const pooler = await TransactionPooler.open(here.server.port);
    try {
      await expectRefusal('POOLER', { secret: here.secret('one', { port: pooler.port }) }, 'different server processes', 'session pooler');
    } finally {
      await pooler.close();
    }
  });
});
