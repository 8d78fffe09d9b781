import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, RefusedError } from '../../runtime/errors';
import { endScratch, fileSystemBytes, freeBytes, full, letThrough, shortDirectory, spawnScratch } from '../../runtime/scratch-process';
import { bareEnvironment, type ServerTools } from './server-tools';
import { loadingSessions, memoryBytes } from '../../runtime/worker-size';
import { configurationText, scratchSettings } from './scratch-settings';
import { serverUser, type ServerUser } from '../../runtime/server-user';

const START_MILLISECONDS = 60_000;
export const SCRATCH_PORT = 5432;
const CHECKSUMS_MAJOR = 18;
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
    if (child) await endScratch(child, 'SIGQUIT');
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
    child = spawnScratch({
      program: join(tools.folder, 'postgres'), args: ['-D', data], directory: base, logFile, user, environment, endedBy: 'SIGQUIT',
    });
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
    // On by default since then, for pages that nobody reads after a crash.
    ...tools.major >= CHECKSUMS_MAJOR ? ['--no-data-checksums'] : [],
  ], { ...user.ids, cwd: dirname(data), env: environment, stdio: ['ignore', 'ignore', 'pipe'], signal });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  await rm(passwordFile, { force: true });
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${said.trim().split('\n').slice(-3).join(' | ')}`);
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
