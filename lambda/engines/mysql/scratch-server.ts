import { spawn, type ChildProcess } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { basename, join } from 'node:path';
import { messageOf, RefusedError } from '../../runtime/errors';
import { endScratch, fileSystemBytes, freeBytes, full, letThrough, shortDirectory, spawnScratch } from '../../runtime/scratch-process';
import { serverUser, type ServerUser } from '../../runtime/server-user';
import { memoryBytes } from '../../runtime/worker-size';
import { DIALECTS } from './dialect';
import type { MySqlNotes } from './notes';
import { scratchOptions } from './scratch-settings';
import { placeOptions, type ServerTools } from './server-tools';
import { toolEnvironment } from './tools';

const START_MILLISECONDS = 60_000;
/** What a server needs before a single row is there: system tables, logs. */
const LEAST_FREE_BYTES = 384 * 1024 * 1024;
const MEBIBYTE = 1024 * 1024;

export interface ScratchServer {
  readonly socket: string;
  isFull(): Promise<boolean>;
  sizeBytes(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Makes system tables below `directory` and starts the server: unix socket only, an environment without anything of the worker's, no files
 * read or written by statements, no events. It ends with `stop`, when `signal` aborts, and when this process is gone, whatever ended that.
 */
export async function startServer(tools: ServerTools, directory: string, settings: MySqlNotes['settings'], signal: AbortSignal): Promise<ScratchServer> {
  await mkdir(directory, { recursive: true });
  const free = await freeBytes(directory);
  if (free < LEAST_FREE_BYTES) throw full(await fileSystemBytes(directory), new Error(`${free} bytes are free`));
  const base = await mkdtemp(join(directory, 'my-'));
  const sockets = await shortDirectory(base);
  const socket = join(sockets, 'server.sock');
  const data = join(base, 'data');
  const files = join(base, 'files');
  const logFile = join(base, 'server.log');
  let child: ChildProcess | undefined;
  const discard = async (): Promise<void> => {
    if (child) await endScratch(child, 'SIGKILL');
    for (const path of new Set([base, sockets])) await rm(path, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await letThrough(base);
    const user = await serverUser(base);
    const environment = { ...toolEnvironment(tools.server), ...user.environment };
    await mkdir(files, { mode: 0o700 });
    for (const path of new Set([base, sockets, files])) if (user.ids) await chown(path, user.ids.uid, user.ids.gid);
    await initialize(tools, data, user, environment, settings, signal);
    child = spawnScratch({
      program: tools.server, directory: base, logFile, user, environment, endedBy: 'SIGKILL',
      args: ['--no-defaults', ...placeOptions(tools), `--datadir=${data}`, `--socket=${socket}`, `--secure-file-priv=${files}`, ...scratchOptions({ family: tools.family, settings, freeDiskBytes: free, memoryBytes: memoryBytes() })],
    });
    const end = (): void => void child?.kill('SIGKILL');
    process.once('exit', end);
    signal.addEventListener('abort', end, { once: true });
    child.once('exit', () => {
      process.off('exit', end);
      signal.removeEventListener('abort', end);
    });
    await untilReady(child, socket, signal);
  } catch (error) {
    const said = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').filter((line) => /ERROR/i.test(line)).slice(-4).join(' | ');
    const noRoom = /No space left|errno: 28|\b28 "No space/.test(messageOf(error) + said) || (error as { code?: string }).code === 'ENOSPC';
    const size = await fileSystemBytes(directory);
    await discard();
    if (signal.aborted) throw signal.reason;
    if (noRoom) throw full(size, error);
    if (error instanceof RefusedError) throw error;
    throw new RefusedError('SCRATCH_START', `The scratch server did not come up (${messageOf(error)}${said ? `: ${said}` : ''}).`, 'Look at the memory and the /tmp of the worker.', { cause: error });
  }
  return {
    socket,
    isFull: async () => (await freeBytes(directory)) < 16 * MEBIBYTE || /No space left|errno: 28/.test(await readFile(logFile, 'utf8').catch(() => '')),
    sizeBytes: () => fileSystemBytes(directory),
    stop: discard,
  };
}

async function initialize(
  tools: ServerTools, data: string, user: ServerUser, environment: Record<string, string>, settings: MySqlNotes['settings'], signal: AbortSignal,
): Promise<void> {
  const [program, ...options] = tools.install === undefined
    ? [tools.server, '--no-defaults', ...placeOptions(tools), '--initialize-insecure', ...DIALECTS[tools.family].initialization(settings)]
    : [tools.install, '--no-defaults', `--basedir=${tools.prefix}`, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
  const child = spawn(program, [...options, `--datadir=${data}`, '--innodb-buffer-pool-size=8M', '--innodb-use-native-aio=0'], {
    ...user.ids, cwd: join(data, '..'), env: environment, stdio: ['ignore', 'pipe', 'pipe'], signal,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${basename(program)} ended with ${code}: ${said.trim().split('\n').slice(-3).join(' | ')}`);
}

/** Its socket is there a moment before it listens. */
async function untilReady(child: ChildProcess, socket: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  let failed: Error | undefined;
  child.once('error', (error) => {
    failed = error;
  });
  while (!await answers(socket)) {
    signal.throwIfAborted();
    if (failed) throw failed;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    if (Date.now() > deadline) throw new Error(`it was not ready after ${START_MILLISECONDS / 1000} s`);
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
