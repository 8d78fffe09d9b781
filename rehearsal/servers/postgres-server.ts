import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { appendFile, chown, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { isRoot } from './cache-folder';
import { endWithProcess, type LivingServer } from './living-servers';
import { findPostgresBinaries, type PostgresBinaries, postgresEnvironment } from './postgres-binaries';
import { clusterTemplate } from './postgres-template';
import { runCommand } from './run-command';
import { freePort, letThrough, NOBODY, type ServerUser } from './server-place';
import { ServersError } from './servers-error';

const START_MILLISECONDS = 30_000;

/** Longest path of a unix socket, less PostgreSQL's `/.s.PGSQL.65535`. */
const SOCKET_DIRECTORY_LIMIT = 85;

const THROWAWAY: PostgresSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: 60,
  shared_buffers: '128MB',
  jit: 'off',
  timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%u@%d %a ',
};

export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

export interface PostgresServerProps {
  /** A folder that this server may fill and that `stop` removes; it must be new or empty. */
  readonly directory: string;
  /** @default what `findPostgresBinaries` finds */
  readonly binaries?: PostgresBinaries;
  /** Major version looked for when no binaries are given. @default the newest */
  readonly major?: number;
  /** Lines of `postgresql.conf`, over those of a server that is thrown away. @default none */
  readonly settings?: PostgresSettings;
  /** @default postgres */
  readonly superuser?: string;
}

export interface PostgresServer {
  readonly port: number;
  readonly socketDirectory: string;
  /** `postgres://…@127.0.0.1:port/postgres`, with the password. */
  readonly superuserUrl: string;
  readonly superuser: string;
  readonly password: string;
  readonly version: string;
  readonly binaries: PostgresBinaries;
  readonly processId: number;
  readonly logFile: string;
  /** The superuser's URL of another database. A name with any of `/?#;:@&=+$,` must be given to the `pg` package apart. */
  urlOf(database: string): string;
  /** Creates a database and resolves with `urlOf` it. */
  createDatabase(name: string): Promise<string>;
  /** Drops a database, whoever is connected to it. */
  dropDatabase(name: string): Promise<void>;
  /** Ends the server at once and removes its directories. A second call does nothing. */
  stop(): Promise<void>;
}

/**
 * Starts a throwaway PostgreSQL server: 127.0.0.1 and a unix socket, password authentication, no promise to disk. As root it runs as
 * `nobody`. It ends with `stop`, with this process however that ends, and on SIGINT and SIGTERM.
 *
 * @throws ServersError when there are no binaries or the server does not come up; the message carries the end of its log
 */
export async function startPostgres(props: PostgresServerProps): Promise<PostgresServer> {
  const { directory, superuser = 'postgres' } = props;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(superuser) || superuser.startsWith('pg_')) {
    throw new ServersError(`'${superuser}' is no name for the superuser`, 'Use lower case letters, digits and underscores, not pg_….');
  }
  const binaries = props.binaries ?? await findPostgresBinaries({ major: props.major });
  const user = isRoot() ? NOBODY : undefined;
  const template = await clusterTemplate(binaries, superuser, user);

  await mkdir(directory, { recursive: true, mode: 0o755 });
  if ((await readdir(directory)).length > 0) {
    throw new ServersError(`the server's folder ${directory} is not empty`, 'Give a new one: it is removed at the end.');
  }
  if (user) await letThrough(directory);
  const socketDirectory = await mkdtemp(join(tmpdir().length < SOCKET_DIRECTORY_LIMIT - 12 ? tmpdir() : '/tmp', 'pg-'));
  const data = join(directory, 'data');
  const logFile = join(directory, 'server.log');
  const discard = async (): Promise<void> => {
    for (const path of [directory, socketDirectory]) await rm(path, { recursive: true, force: true });
  };
  try {
    if (user) await chown(socketDirectory, user.uid, user.gid);
    await runCommand('cp', ['-a', template.data, data]);
    const port = await freePort();
    await appendFile(join(data, 'postgresql.conf'), configuration({
      ...THROWAWAY, ...props.settings, port, listen_addresses: '127.0.0.1', unix_socket_directories: socketDirectory,
    }));
    await writeFile(join(data, 'pg_hba.conf'), 'local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n');
    const living = await spawnServer(binaries, data, logFile, user, directory, socketDirectory);
    const password = randomBytes(18).toString('base64url');
    const url = (database: string, secret: string): string =>
      `postgres://${superuser}:${secret}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
    const superuserSays = async (connectionString: string, sql: string): Promise<void> => {
      const client = new Client({ connectionString });
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    };
    const change = `ALTER ROLE ${escapeIdentifier(superuser)} PASSWORD ${escapeLiteral(password)}`;
    await superuserSays(url('postgres', template.password), change);
    return {
      port, socketDirectory, superuser, password, binaries, logFile,
      version: binaries.version,
      processId: living.processId,
      superuserUrl: url('postgres', password),
      urlOf: (database) => url(database, password),
      createDatabase: async (name) => {
        await superuserSays(url('postgres', password), `CREATE DATABASE ${escapeIdentifier(name)}`);
        return url(name, password);
      },
      dropDatabase: (name) => superuserSays(url('postgres', password), `DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`),
      stop: async () => {
        await living.end();
        await discard();
      },
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

function configuration(settings: PostgresSettings): string {
  return Object.entries(settings).map(([name, value]) => {
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name) || /[\n\r]/.test(String(value))) {
      throw new ServersError(`'${name}' = '${value}' is no line of postgresql.conf`, 'Give names and one-line values.');
    }
    return `\n${name} = '${String(value).replaceAll('\'', '\'\'')}'`;
  }).join('') + '\n';
}

/** Starts `postgres` with a watcher beside it that ends it when this process is gone, whatever ended that. */
async function spawnServer(
  binaries: PostgresBinaries, data: string, logFile: string, user: ServerUser | undefined, directory: string, socketDirectory: string,
): Promise<LivingServer> {
  const log = openSync(logFile, 'a', 0o644);
  const watched = '(read -r end <&3; kill -QUIT $$ 2>/dev/null; sleep 1; rm -rf "$SOCKETS" "$DATA"/* 2>/dev/null) & exec 3<&-; exec "$0" "$@"';
  const child = spawn('/bin/sh', ['-c', watched, join(binaries.bin, 'postgres'), '-D', data], {
    ...user, cwd: dirname(data), detached: true, stdio: ['ignore', log, log, 'pipe'],
    env: { ...postgresEnvironment(binaries), SOCKETS: socketDirectory, DATA: data },
  });
  closeSync(log);
  const living = endWithProcess(child, 'SIGQUIT', [directory, socketDirectory]);
  try {
    await untilReady(child, data);
  } catch (error) {
    await living.end();
    const said = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-4).join(' | ');
    const reason = `the PostgreSQL server did not come up (${(error as Error).message}: ${said})`;
    throw new ServersError(reason, 'Check its settings and the free memory and disk.', { cause: error });
  }
  return living;
}

/** PostgreSQL writes its state into the eighth line of postmaster.pid. */
async function untilReady(child: ChildProcess, data: string): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  let failed: Error | undefined;
  child.once('error', (error) => { failed = error; });
  for (;;) {
    if (failed) throw failed;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    const state = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[7]?.trim();
    if (state === 'ready') return;
    if (Date.now() > deadline) throw new Error(`not ready after ${START_MILLISECONDS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
