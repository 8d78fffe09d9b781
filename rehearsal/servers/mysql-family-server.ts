import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { isRoot } from './cache-folder';
import { endWithProcess, type LivingServer } from './living-servers';
import { freePort, letThrough, NOBODY, type ServerUser } from './server-place';
import { ServersError } from './servers-error';

const START_MILLISECONDS = 30_000;

/** Programs of one version of MariaDB or MySQL. */
export interface FamilyBinaries {
  /** Folders for PATH: of the client's programs and of the server's. */
  readonly path: readonly string[];
  readonly server: string;
  readonly client: string;
  /** The folder above `bin` and `share`. */
  readonly prefix: string;
  /** `LD_LIBRARY_PATH` that the programs need. @default none: they find their libraries */
  readonly libraryPath?: string;
  /** As the server says it, such as `10.11.19`. */
  readonly version: string;
}

export interface FamilyServer {
  readonly port: number;
  readonly socket: string;
  /** Who may do everything, from 127.0.0.1 and by the socket. */
  readonly user: string;
  readonly password: string;
  readonly version: string;
  readonly binaries: FamilyBinaries;
  readonly processId: number;
  readonly logFile: string;
  /** One statement as that user; rows where it has some. */
  query<Row extends object>(sql: string, database?: string): Promise<Row[]>;
  /** Ends the server at once and removes its directories. A second call does nothing. */
  stop(): Promise<void>;
}

/** What sets a family apart, for a server that is thrown away. */
export interface FamilyProps {
  /** For a person. */
  readonly title: string;
  readonly binaries: FamilyBinaries;
  /** A folder that this server may fill and that `stop` removes; it must be new or empty. */
  readonly directory: string;
  /** Makes the system tables in `data`; `root` has no password then. */
  makeData(data: string, user: ServerUser | undefined): Promise<void>;
  readonly options: readonly string[];
  /** Accounts that nobody asked for, as `user` and `host`. */
  readonly strayAccounts: string;
}

/** The environment of the programs and nothing of this process's own. */
export function familyEnvironment({ path, libraryPath }: Pick<FamilyBinaries, 'path' | 'libraryPath'>): Record<string, string> {
  return { PATH: [...path, '/usr/bin', '/bin'].join(delimiter), LC_ALL: 'C', TZ: 'UTC', ...libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {} };
}

/** Where the server finds its own files, when it stands elsewhere than it was built for. */
export function familyPlaces({ prefix }: Pick<FamilyBinaries, 'prefix'>): string[] {
  const there = (names: readonly string[]): string | undefined => names.map((name) => join(prefix, name)).find(existsSync);
  const messages = there(['share/mysql', 'share/mariadb', 'share']);
  const plugins = there(['lib/mysql/plugin', 'lib64/mysql/plugin', 'lib64/mariadb/plugin', 'lib/plugin']);
  return [
    `--basedir=${prefix}`, ...messages ? [`--lc-messages-dir=${messages}`, `--character-sets-dir=${join(messages, 'charsets')}`] : [],
    ...plugins ? [`--plugin-dir=${plugins}`] : [],
  ];
}

/**
 * Starts a throwaway server: 127.0.0.1 and a unix socket, a password, no promise to disk. As root it runs as `nobody`. It ends with `stop`
 * and with this process, however that ends.
 *
 * @throws ServersError when the server does not come up; the message carries the end of its log
 */
export async function startFamily(props: FamilyProps): Promise<FamilyServer> {
  const { directory, binaries } = props;
  const user = isRoot() ? NOBODY : undefined;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  if ((await readdir(directory)).length > 0) {
    throw new ServersError(`the server's folder ${directory} is not empty`, 'Give a new one: it is removed at the end.');
  }
  if (user) await letThrough(directory);
  const sockets = await mkdtemp(join(tmpdir().length < 70 ? tmpdir() : '/tmp', 'my-'));
  const socket = join(sockets, 's.sock');
  const data = join(directory, 'data');
  const logFile = join(directory, 'server.log');
  const discard = async (): Promise<void> => {
    for (const path of [directory, sockets]) await rm(path, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (const path of [sockets, directory]) if (user) await chown(path, user.uid, user.gid);
    await props.makeData(data, user);
    const port = await freePort();
    const living = await spawnServer(props, { user, sockets, socket, logFile, args: [
      '--no-defaults', ...familyPlaces(binaries), `--datadir=${data}`, `--socket=${socket}`, `--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-flush-method=nosync', '--innodb-use-native-aio=0', '--sync-binlog=0',
      '--innodb-buffer-pool-size=128M', '--default-time-zone=+00:00', ...props.options,
    ] });
    const password = randomBytes(18).toString('hex');
    const admin = 'administrator';
    const ask = async <Row extends object>(login: { user: string; password: string }, sql: string, database?: string): Promise<Row[]> => {
      const connection = await createConnection({ socketPath: socket, ...login, database, charset: 'utf8mb4', dateStrings: true, supportBigNumbers: true });
      try {
        return (await connection.query(sql))[0] as Row[];
      } finally {
        await connection.end();
      }
    };
    const root = { user: 'root', password: '' };
    for (const host of ['127.0.0.1', 'localhost']) {
      await ask(root, `CREATE USER '${admin}'@'${host}' IDENTIFIED BY '${password}'`);
      await ask(root, `GRANT ALL PRIVILEGES ON *.* TO '${admin}'@'${host}' WITH GRANT OPTION`);
    }
    for (const one of await ask<{ user: string; host: string }>(root, props.strayAccounts)) await ask(root, `DROP USER '${one.user}'@'${one.host}'`);
    await ask(root, 'ALTER USER root@localhost ACCOUNT LOCK');
    return {
      port, socket, user: admin, password, binaries, logFile, version: binaries.version, processId: living.processId,
      query: (sql, database) => ask({ user: admin, password }, sql, database),
      stop: async () => {
        await living.end();
        await discard();
      },
    };
  } catch (error) {
    await discard().catch(() => undefined);
    throw error;
  }
}

interface Spawned {
  readonly user: ServerUser | undefined;
  readonly sockets: string;
  readonly socket: string;
  readonly logFile: string;
  readonly args: readonly string[];
}

/** Starts the server with a watcher beside it that ends it when this process is gone, whatever ended that. */
async function spawnServer(
  { title, binaries, directory }: FamilyProps, { user, sockets, socket, logFile, args }: Spawned,
): Promise<LivingServer> {
  const log = openSync(logFile, 'a', 0o644);
  const watched = '(read -r end <&3; kill -KILL $$ 2>/dev/null; sleep 1; rm -rf "$SOCKETS" "$DATA"/* 2>/dev/null) & exec 3<&-; exec "$0" "$@"';
  const child = spawn('/bin/sh', ['-c', watched, binaries.server, ...args], {
    ...user, cwd: directory, detached: true, stdio: ['ignore', log, log, 'pipe'],
    // A server that starts deletes the temporary tables of every other one with the same folder.
    env: { ...familyEnvironment(binaries), TMPDIR: sockets, SOCKETS: sockets, DATA: join(directory, 'data') },
  });
  closeSync(log);
  const living = endWithProcess(child, 'SIGKILL', [directory, sockets]);
  try {
    await untilReady(child, socket);
  } catch (error) {
    await living.end();
    const said = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').filter((line) => /ERROR/.test(line)).slice(-4).join(' | ');
    throw new ServersError(`the ${title} server did not come up (${(error as Error).message}: ${said})`, 'Check its options and the free memory and disk.', { cause: error });
  }
  return living;
}

/** Its socket is there a moment before it listens. */
async function untilReady(child: ChildProcess, socket: string): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  let failed: Error | undefined;
  child.once('error', (error) => { failed = error; });
  while (!await answers(socket)) {
    if (failed) throw failed;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    if (Date.now() > deadline) throw new Error(`not ready after ${START_MILLISECONDS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connectSocket(path, () => resolve(true));
    probe.once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}
