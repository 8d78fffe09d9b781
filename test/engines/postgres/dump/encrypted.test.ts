import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { parseManifest, type Manifest } from '../../../../lib/contract/manifest';
import type { RunRequest } from '../../../../lib/contract/run-request';
import postgres from '../../../../lambda/engines/postgres';
import { dumpWorker } from '../../../../lambda/workers/dump';
import { verifyWorker } from '../../../../lambda/workers/verify';
import { startPostgres } from '../../../../rehearsal/servers/postgres-server';
import { shellEnvironment } from '../../../support/shell-environment';
import { BUCKET, TestStore } from '../../../support/store';
import { Surroundings } from './support';

const run = promisify(execFile);
jest.setTimeout(180_000);

const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:database-AbCdEf';
const IDENTITY = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:identity-AbCdEf';

const APPLICATION = `
CREATE ROLE app_owner;
CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO person SELECT i, 'sentinel-row ' || i FROM generate_series(1, 5000) i;
CREATE TABLE paper (id bigserial PRIMARY KEY, person int REFERENCES person, scan bytea);
INSERT INTO paper (person, scan) SELECT 1 + i % 5000, decode(repeat(md5(i::text), 40), 'hex') FROM generate_series(1, 20000) i;
CREATE TABLE wide AS SELECT i, repeat('x', i % 900) AS padding FROM generate_series(1, 6000) i;
CREATE INDEX ON paper (person); ALTER TABLE person OWNER TO app_owner;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM paper;
SELECT lo_from_bytea(0, 'sentinel-large-object');
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.token = ''sentinel-setting''', current_database()); END $$;`;

let here: Surroundings;
let store: TestStore;
let manifest: Manifest;
let keys: { readonly identity: string; readonly recipient: string }[];
let request: RunRequest;
let copies = 0;

beforeAll(async () => {
  here = await Surroundings.open();
  store = await TestStore.start();
  store.endpoint.seedSecret(SECRET, await here.database('shop', APPLICATION));
  const identities = [await generateX25519Identity(), await generateX25519Identity()];
  keys = await Promise.all(identities.map(async (identity) => ({ identity, recipient: await identityToRecipient(identity) })));
  store.endpoint.seedSecret(IDENTITY, keys[1].identity);
  request = {
    version: 1, environment: 'test', application: 'shop', protection: 'database', engine: 'postgres',
    store: { bucket: BUCKET, region: 'us-east-1', keyArn: 'arn:aws:kms:us-east-1:000000000000:key/suite' },
    objectives: { rpoSeconds: 93_600, rtoSeconds: 3600 }, limits: { timeoutSeconds: 170 }, slot: '2026-11-20T02:00:00Z', execution: 'e',
    assertions: [{ name: 'people', query: 'SELECT count(*) FROM person', equals: 5000 }],
    encryption: { scheme: 'age', recipients: keys.map(({ recipient }) => recipient), identitySecretArn: IDENTITY },
    config: {
      flavor: 'self-hosted', secretArn: SECRET, authentication: 'password', tls: { mode: 'disable' }, tables: { exclude: [], schemaOnly: [] },
      maximumConnections: 6, maximumBlockingSeconds: 30, lockTimeoutSeconds: 5, compressionLevel: 1,
    },
  };
  const { manifestKey } = await dumpWorker(postgres)(request, { awsRequestId: 'attempt-1' });
  manifest = parseManifest(await store.json(manifestKey));
});

afterAll(async () => {
  await store?.stop();
  await here?.close();
});

/** The copy as a person has it: fetched from the bucket into a folder, with nothing of ours but that. */
async function fetched({ parts } = manifest): Promise<string> {
  const folder = join(here.folder, `copy ${++copies}`);
  for (const { key, name } of parts) {
    const { Body } = await store.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), await Body!.transformToByteArray());
  }
  return folder;
}

async function keyFile(index: number): Promise<string> {
  const file = join(here.folder, `key ${index}.txt`);
  await writeFile(file, `# created by a test\n${keys[index].identity}\n`, { mode: 0o600 });
  return file;
}

async function failure(promise: Promise<unknown>): Promise<{ readonly stderr: string }> {
  return promise.then(() => Promise.reject(new Error('it was expected to fail')), (error: { stderr: string }) => error);
}

const environment = () => shellEnvironment(here.server.binaries, ['zstd', 'age']);

async function schemaAndRows(database: string): Promise<string> {
  const { stdout } = await run(join(here.server.binaries.bin, 'pg_dump'), [here.server.urlOf(database)], { env: await environment(), maxBuffer: 1 << 28 });
  return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
}

test('only what says how to open the copy is in the clear, and it says nothing of rows, settings or roles\' secrets', async () => {
  const clear = manifest.parts.filter(({ encryption }) => encryption === undefined).map(({ name }) => name).sort();
  expect(clear).toEqual(['README.md', 'restore.sh']);
  const folder = await fetched();
  for (const { name, encryption } of manifest.parts) {
    const bytes = await readFile(join(folder, name));
    expect([name, name.endsWith('.age')]).toEqual([name, encryption === 'age']);
    expect([name, bytes.toString('latin1').startsWith('age-encryption.org/v1\n')]).toEqual([name, encryption === 'age']);
    expect([name, bytes.includes('sentinel')]).toEqual([name, false]);
  }
  expect(JSON.stringify(manifest)).not.toContain('sentinel');
  const page = await readFile(join(folder, 'README.md'), 'utf8');
  for (const { recipient } of keys) expect(page).toContain(recipient);
});

test('the drill with the identity of the second recipient proves it', async () => {
  const result = await verifyWorker(postgres)(request, { awsRequestId: 'attempt-2' });
  expect(result).toMatchObject({ outcome: 'proven' });
});

test('restore.sh with age, zstd and PostgreSQL\'s own tools makes the same database, and leaves nothing decrypted behind', async () => {
  const folder = await fetched();
  const temporary = join(here.folder, 'tmp');
  await mkdir(temporary);
  const url = await here.server.createDatabase('by_script');
  const env = { ...await environment(), AGE_IDENTITY: await keyFile(0), TMPDIR: temporary };
  const { stdout } = await run('bash', [join(folder, 'restore.sh'), url], { env });
  expect(stdout).toContain('restored');
  expect(await schemaAndRows('by_script')).toBe(await schemaAndRows('shop'));
  const [setting] = await here.sql('by_script', 'SELECT current_setting(\'app.token\') AS token');
  expect(setting.token).toBe('sentinel-setting');
  expect(await readdir(temporary)).toEqual([]);
});

test('restore.sh makes every database of a server, on another one', async () => {
  await here.database('second one', 'CREATE TABLE thing AS SELECT generate_series(1, 100) AS n');
  const all = { ...request, slot: '2026-11-21T02:00:00Z', config: { ...request.config, databases: 'all' } };
  const { manifestKey } = await dumpWorker(postgres)(all, { awsRequestId: 'attempt-3' });
  const folder = await fetched(parseManifest(await store.json(manifestKey)));
  const other = await startPostgres({ directory: join(here.folder, 'other') });
  try {
    await run('bash', [join(folder, 'restore.sh'), other.superuserUrl], { env: { ...await environment(), AGE_IDENTITY: await keyFile(1) } });
    for (const [database, table, rows] of [['second one', 'thing', 100], ['shop', 'paper', 20_000]] as const) {
      const count = ['-XAtq', '-c', `SELECT count(*) FROM ${table}`, other.urlOf(database)];
      expect(Number((await run(join(other.binaries.bin, 'psql'), count, { env: await environment() })).stdout)).toBe(rows);
    }
  } finally {
    await other.stop();
  }
});

test('the lines of the page do the same by hand', async () => {
  const folder = await fetched();
  const [, lines] = /```sh\n([^]*?)```/.exec(await readFile(join(folder, 'README.md'), 'utf8'))!;
  expect(lines).toMatch(/age --decrypt .*\| zstd --decompress/);
  const url = await here.server.createDatabase('by_hand');
  const env = { ...await environment(), URL: url };
  await run('bash', ['-euc', lines.replaceAll('KEYFILE', `'${await keyFile(1)}'`)], { env, cwd: folder });
  const [counted] = await here.sql('by_hand', 'SELECT (SELECT count(*) FROM person)::int AS people, (SELECT count(*) FROM paper)::int AS papers');
  expect(counted).toEqual({ people: 5000, papers: 20_000 });
});

test.each(['first', 'last'])('restore.sh writes no row when its %s part of rows is damaged', async (which) => {
  const folder = await fetched();
  const rows = manifest.parts.filter(({ kind }) => kind === 'rows').map(({ name }) => name).sort();
  expect(rows.length).toBeGreaterThan(1);
  const file = join(folder, rows.at(which === 'first' ? 0 : -1)!);
  const bytes = await readFile(file);
  bytes[bytes.length - 20] ^= 1;
  await writeFile(file, bytes);
  const url = await here.server.createDatabase(`damaged_${which}`);
  const failed = await failure(run('bash', [join(folder, 'restore.sh'), url], { env: { ...await environment(), AGE_IDENTITY: await keyFile(0) } }));
  expect(failed.stderr).toMatch(/age: error/);
  const [left] = await here.sql(`damaged_${which}`, 'SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = \'public\'::regnamespace');
  expect(left.n).toBe(0);
});

test.each([
  ['without an identity', async () => ({}), /AGE_IDENTITY: name the file/],
  ['with a file that is not there', async () => ({ AGE_IDENTITY: '/nowhere/key.txt' }), /cannot be read/],
  ['with somebody else\'s identity', async () => {
    const file = join(here.folder, 'stranger.txt');
    await writeFile(file, `${await generateX25519Identity()}\n`);
    return { AGE_IDENTITY: file };
  }, /no identity matched/],
])('restore.sh %s says so and touches nothing', async (_how, environmentOf, reason) => {
  const folder = await fetched();
  const name = `untouched_${copies}`;
  const url = await here.server.createDatabase(name);
  const failed = await failure(run('bash', [join(folder, 'restore.sh'), url], { env: { ...await environment(), ...await environmentOf() } }));
  expect(failed.stderr).toMatch(reason);
  const [left] = await here.sql(name, 'SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = \'public\'::regnamespace');
  expect(left.n).toBe(0);
});
