import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdtemp, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { RefusedError } from './errors';
import type { ServerUser } from './server-user';

const STOP_MILLISECONDS = 10_000;
/** A unix socket's path ends at 107 bytes, less the longest name that a server of ours gives it. */
const SOCKET_DIRECTORY_BYTES = 85;

/** The error of a scratch server whose disk is too small. */
export function full(sizeBytes: number, cause: unknown): RefusedError {
  return new RefusedError('SCRATCH_FULL', `The scratch server filled its disk of ${Math.round(sizeBytes / 1024 / 1024)} MiB.`,
    'Give the worker more ephemeral storage (Lambda ends at 10,240 MiB), or use Compute.fargate().', { cause });
}

/** How a scratch server is started and ended. */
export interface ScratchProcess {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly logFile: string;
  readonly user: ServerUser;
  readonly environment: Record<string, string>;
  /** By which it goes at once: nothing of it is needed any more. */
  readonly endedBy: 'SIGQUIT' | 'SIGKILL';
}

/** The server with a watcher beside it that ends it when the pipe of this process closes, even after a SIGKILL. */
export function spawnScratch({ program, args, directory, logFile, user, environment, endedBy }: ScratchProcess): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  const watched = `(read -r end <&3; kill -${endedBy.slice(3)} $$ 2>/dev/null) & exec 3<&-; exec "$0" "$@"`;
  try {
    return spawn('/bin/sh', ['-c', watched, program, ...args],
      { ...user.ids, cwd: directory, env: environment, detached: true, stdio: ['ignore', log, log, 'pipe'] });
  } finally {
    closeSync(log);
  }
}

/** Ends it by its own signal, and by force where that does not do. */
export async function endScratch(child: ChildProcess, endedBy: ScratchProcess['endedBy']): Promise<void> {
  // The watcher ends with its pipe, and an open pipe would keep this process alive.
  const letWatcherGo = (): void => void (child.stdio[3] as Writable | null)?.destroy();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return letWatcherGo();
  child.once('exit', letWatcherGo);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(endedBy);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
  await ended;
  clearTimeout(timer);
}

/** A folder whose path is short enough for a unix socket. */
export async function shortDirectory(base: string): Promise<string> {
  if (Buffer.byteLength(base) <= SOCKET_DIRECTORY_BYTES) return base;
  return mkdtemp(`${Buffer.byteLength(tmpdir()) <= SOCKET_DIRECTORY_BYTES - 16 ? tmpdir() : '/tmp'}/db-`);
}

/** As root the server's uid must be able to pass through the worker's own folder, not to list it. */
export async function letThrough(base: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  for (let folder = dirname(base); folder.startsWith(`${tmpdir()}/`); folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) await chmod(folder, (mode & 0o7777) | 0o001);
  }
}

export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

export async function fileSystemBytes(directory: string): Promise<number> {
  const { blocks, bsize } = await statfs(directory);
  return blocks * bsize;
}
