import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { findPostgresBinaries } from '../../rehearsal/servers/postgres-binaries';
import { type PostgresServer, startPostgres } from '../../rehearsal/servers/postgres-server';
import { ServersError } from '../../rehearsal/servers/servers-error';

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'servers-test-'));
  folders.push(folder);
  return join(folder, 'server');
};
// Some of these start it in a process of their own, which nobody would hear of.
beforeAll(async () => void await findPostgresBinaries());
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

async function ask(connectionString: string, sql: string): Promise<unknown[][]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][];
  } finally {
    await client.end();
  }
}

const connection = ({ port, superuser, password }: PostgresServer): ClientConfig =>
  ({ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' });

const alive = (processId: number): boolean => {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a throwaway PostgreSQL server', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ directory: newFolder(), superuser: 'house_admin', settings: { work_mem: '7MB', 'app.note': 'it\'s' } });
  });
  afterAll(() => server?.stop());

  test('answers on 127.0.0.1 with its password, its settings and accents', async () => {
    const [[user, memory, note, address, upper, superuser]] = await ask(server.superuserUrl, `SELECT current_user,
      current_setting('work_mem'), current_setting('app.note'), host(inet_server_addr()), upper('éçœ'),
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)`);
    expect([user, memory, note, address, upper, superuser]).toEqual(['house_admin', '7MB', 'it\'s', '127.0.0.1', 'ÉÇŒ', true]);
  });

  test('answers on its unix socket, and refuses who has no password, there too', async () => {
    const there = { ...connection(server), host: server.socketDirectory };
    const client = new Client(there);
    await client.connect();
    await client.end();
    await expect(new Client({ ...there, password: 'wrong' }).connect()).rejects.toMatchObject({ code: '28P01' });
    await expect(ask(server.superuserUrl.replace(server.password, 'wrong'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('creates databases of any name', async () => {
    const name = 'l\'été "2026"; DROP/%20?#';
    await server.createDatabase(name);
    const client = new Client({ ...connection(server), database: name });
    await client.connect();
    expect((await client.query('SELECT current_database() AS name')).rows).toEqual([{ name }]);
    await client.end();
    expect(await ask(await server.createDatabase('été "2026" 100%'), 'SELECT current_database()')).toEqual([['été "2026" 100%']]);
  });

  (process.getuid?.() === 0 ? test : test.skip)('started by root, runs as nobody', () => {
    expect(statSync(`/proc/${server.processId}`).uid).toBe(65534);
  });
});

test('stop ends the server and leaves nothing, twice as once', async () => {
  const directory = newFolder();
  const server = await startPostgres({ directory });
  expect(alive(server.processId)).toBe(true);
  await server.stop();
  await server.stop();
  expect(alive(server.processId)).toBe(false);
  expect([existsSync(directory), existsSync(server.socketDirectory)]).toEqual([false, false]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('a parent ended by %s takes its server along', async (signal) => {
  const directory = newFolder();
  const script = `require(${JSON.stringify(resolve(__dirname, '../../rehearsal/servers/postgres-server.ts'))})
    .startPostgres({ directory: ${JSON.stringify(directory)} })
    .then(s => { console.log(s.port, s.password); setInterval(() => {}, 1000); })`;
  const parent = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port, password] = await new Promise<string[]>((done) => parent.stdout.once('data', (data) => done(String(data).trim().split(' '))));
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  expect(await ask(url, 'SELECT 1')).toEqual([[1]]);
  const ended = new Promise((done) => parent.once('exit', (_, by) => done(by)));
  parent.kill(signal);
  expect(await ended).toBe(signal);
  const state = (): Promise<string> => ask(url, 'SELECT 1').then(() => 'up', (error: { code?: string }) => error.code ?? 'unknown');
  for (let left = 1500; left > 0 && await state() !== 'ECONNREFUSED'; left--) await new Promise((done) => setTimeout(done, 20));
  expect(await state()).toBe('ECONNREFUSED');
  if (signal !== 'SIGKILL') expect(existsSync(directory)).toBe(false);
});

test('a setting that PostgreSQL does not know is told with the server\'s own words, and nothing is left', async () => {
  const directory = newFolder();
  const starting = startPostgres({ directory, settings: { shared_bufers: '1MB' } });
  await expect(starting).rejects.toThrow(ServersError);
  await expect(starting).rejects.toThrow(/shared_bufers/);
  expect(existsSync(directory)).toBe(false);
});

test.each([['Root!'], ['pg_admin'], ['']])('the superuser name %j is refused before anything is written', async (superuser) => {
  const directory = newFolder();
  await expect(startPostgres({ directory, superuser })).rejects.toThrow(/no name for the superuser/);
  expect(existsSync(directory)).toBe(false);
});

test('a folder that holds something is refused and kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'servers-test-'));
  folders.push(folder);
  writeFileSync(join(folder, 'precious'), 'x');
  await expect(startPostgres({ directory: folder })).rejects.toThrow(/not empty/);
  expect(existsSync(join(folder, 'precious'))).toBe(true);
});
