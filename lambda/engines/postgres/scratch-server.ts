import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { appendFile, chmod, chown, mkdir, mkdtemp, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { messageOf, RefusedError } from '../../runtime/errors';
import { bareEnvironment, type ServerTools } from './server-tools';
import { configurationText, loadingSessions, memoryBytes, scratchSettings } from './scratch-settings';
import { serverUser, type ServerUser } from './scratch-user';

const START_MILLISECONDS = 60_000;
const STOP_MILLISECONDS = 10_000;
/** A unix socket's path ends at 107 bytes, less PostgreSQL's `/.s.PGSQL.5432.lock`. */
const SOCKET_DIRECTORY_BYTES = 85;
export const SCRATCH_PORT = 5432;
/** What a server needs before a single row is there. */
const LEAST_FREE_BYTES = 96 * 1024 * 1024;

export interface ScratchServer {
  readonly socketDirectory: string;
  readonly superuser: string;
  readonly password: string;
  /** True when the server's folder has no room left: the reason behind whatever it said. */
  isFull(): Promise<boolean>;
  /** Bytes of the file system that holds it. */
  sizeBytes(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Makes a cluster below `directory` and starts it: unix socket only, password authentication, an environment without anything of the
 * worker's. It ends with `stop`, when `signal` aborts, and when this process is gone, whatever ended that.
 */
export async function startServer(tools: ServerTools, directory: string, superuser: string, signal: AbortSignal): Promise<ScratchServer> {
  await mkdir(directory, { recursive: true });
  const free = await freeBytes(directory);
  if (free < LEAST_FREE_BYTES) throw full(await fileSystemBytes(directory), new Error(`${free} bytes are free`));
  const base = await mkdtemp(join(directory, 'pg-'));
  const socketDirectory = await shortDirectory(base);
  const data = join(base, 'data');
  const logFile = join(base, 'server.log');
  const password = randomBytes(24).toString('base64url');
  let child: ChildProcess | undefined;
  const discard = async (): Promise<void> => {
    if (child) await endChild(child);
    for (const path of new Set([base, socketDirectory])) await rm(path, { recursive: true, force: true });
  };
  try {
    await letThrough(base);
    const user = await serverUser(base);
    const environment = { ...bareEnvironment(tools.folder), ...user.environment };
    for (const path of new Set([base, socketDirectory])) if (user.ids) await chown(path, user.ids.uid, user.ids.gid);
    await initialize(tools, data, { superuser, password, user, environment, signal });
    await appendFile(join(data, 'postgresql.conf'), configurationText(scratchSettings({
      memoryBytes: memoryBytes(), freeDiskBytes: free, socketDirectory, sessions: loadingSessions(),
    })));
    await writeFile(join(data, 'pg_hba.conf'), 'local all all scram-sha-256\n');
    child = spawnServer(tools, data, logFile, user, environment);
    const end = (): void => void child?.kill('SIGQUIT');
    process.once('exit', end);
    signal.addEventListener('abort', end, { once: true });
    child.once('exit', () => {
      process.off('exit', end);
      signal.removeEventListener('abort', end);
    });
    await untilReady(child, data, signal);
  } catch (error) {
    const said = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-4).join(' | ');
    const noRoom = /No space left/.test(messageOf(error) + said) || (error as { code?: string }).code === 'ENOSPC';
    const size = await fileSystemBytes(directory);
    await discard();
    if (signal.aborted) throw signal.reason;
    if (noRoom) throw full(size, error);
    if (error instanceof RefusedError) throw error;
    throw new RefusedError('SCRATCH_START', `The scratch server did not come up (${messageOf(error)}${said ? `: ${said}` : ''}).`,
      'Look at the memory and the /tmp of the worker.', { cause: error });
  }
  return {
    socketDirectory, superuser, password,
    isFull: async () => (await freeBytes(directory)) < 4 * 1024 * 1024 || /No space left/.test(await readFile(logFile, 'utf8').catch(() => '')),
    sizeBytes: () => fileSystemBytes(directory),
    stop: discard,
  };
}

/** The error of a scratch server whose disk is too small. */
export function full(sizeBytes: number, cause: unknown): RefusedError {
  return new RefusedError('SCRATCH_FULL', `The scratch server filled its disk of ${Math.round(sizeBytes / 1024 / 1024)} MiB.`,
    'Give the worker more ephemeral storage (Lambda ends at 10,240 MiB), or use Compute.fargate().', { cause });
}

interface Initialization {
  readonly superuser: string;
  readonly password: string;
  readonly user: ServerUser;
  readonly environment: Record<string, string>;
  readonly signal: AbortSignal;
}

async function initialize(tools: ServerTools, data: string, props: Initialization): Promise<void> {
  const { user, environment, signal } = props;
  // A pipe of root's cannot be opened by another uid, a file can be given to it.
  const passwordFile = join(dirname(data), 'password');
  await writeFile(passwordFile, `${props.password}\n`, { mode: 0o600 });
  if (user.ids) await chown(passwordFile, user.ids.uid, user.ids.gid);
  const child = spawn(join(tools.folder, 'initdb'), [
    '--pgdata', data, '--username', props.superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions',
  ], { ...user.ids, cwd: dirname(data), env: environment, stdio: ['ignore', 'ignore', 'pipe'], signal });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  await rm(passwordFile, { force: true });
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${said.trim().split('\n').slice(-3).join(' | ')}`);
}

/** `postgres` with a watcher beside it that ends it when the pipe of this process closes, even after a SIGKILL. */
function spawnServer(
  tools: ServerTools, data: string, logFile: string, user: ServerUser, environment: Record<string, string>,
): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn('/bin/sh', ['-c', '(read -r end <&3; kill -QUIT $$ 2>/dev/null) & exec 3<&-; exec "$0" -D "$1"', join(tools.folder, 'postgres'), data],
      { ...user.ids, cwd: dirname(data), env: environment, detached: true, stdio: ['ignore', log, log, 'pipe'] });
  } finally {
    closeSync(log);
  }
}

/** PostgreSQL writes its state into the eighth line of postmaster.pid. */
async function untilReady(child: ChildProcess, data: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  let failed: Error | undefined;
  child.once('error', (error) => {
    failed = error;
  });
  for (;;) {
    signal.throwIfAborted();
    if (failed) throw failed;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    const state = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[7]?.trim();
    if (state === 'ready') return;
    if (Date.now() > deadline) throw new Error(`it was not ready after ${START_MILLISECONDS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Immediate shutdown: nothing of it is needed any more. */
async function endChild(child: ChildProcess): Promise<void> {
  // The watcher ends with its pipe, and an open pipe would keep this process alive.
  child.once('exit', () => (child.stdio[3] as Writable | null)?.destroy());
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGQUIT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
  await ended;
  clearTimeout(timer);
}

async function shortDirectory(base: string): Promise<string> {
  if (Buffer.byteLength(base) <= SOCKET_DIRECTORY_BYTES) return base;
  return mkdtemp(join(Buffer.byteLength(tmpdir()) <= SOCKET_DIRECTORY_BYTES - 16 ? tmpdir() : '/tmp', 'pg-'));
}

/** As root the server's uid must be able to pass through the worker's own folder, not to list it. */
async function letThrough(base: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  for (let folder = dirname(base); folder.startsWith(`${tmpdir()}/`); folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) await chmod(folder, (mode & 0o7777) | 0o001);
  }
}

async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

async function fileSystemBytes(directory: string): Promise<number> {
  const { blocks, bsize } = await statfs(directory);
  return blocks * bsize;
}
