import { chmod, chown, copyFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { NODE_IN_SANDBOX, RUNTIME_DIRECTORY, TASK_ROOT, WORKER_GID, WORKER_UID } from '../sandbox';
import type { ConfinedProps } from './confined-process';
import { BOOTSTRAP_SOURCE, clockSource } from './source';

/** Where the worker sees its things. */
export interface Places {
  /** The bundle. */
  readonly root: string;
  readonly bootstrap: string;
  /** Undefined in a sandbox, where it is `/tmp` as in Lambda. */
  readonly temporary: string | undefined;
}

export interface PreparedCommand {
  readonly file: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly places: Places;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

const BOOTSTRAP_FILE = 'bootstrap.cjs';
const CLOCK_FILE = 'clock.cjs';
const SYSTEM_PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

/** Lays out `folder` for one worker and says what to start. */
export async function prepareCommand(props: ConfinedProps, folder: string): Promise<PreparedCommand> {
  const runtime = join(folder, 'runtime');
  await mkdir(runtime);
  await writeFile(join(runtime, BOOTSTRAP_FILE), BOOTSTRAP_SOURCE);
  if (props.clockAheadMilliseconds) await writeFile(join(runtime, CLOCK_FILE), clockSource(props.clockAheadMilliseconds));
  return props.sandbox ? inSandbox(props, props.sandbox, folder, runtime) : inTheOpen(props, folder, runtime);
}

async function inSandbox(
  props: ConfinedProps, sandbox: NonNullable<ConfinedProps['sandbox']>, folder: string, runtime: string,
): Promise<PreparedCommand> {
  const places = { root: TASK_ROOT, bootstrap: join(RUNTIME_DIRECTORY, BOOTSTRAP_FILE), temporary: undefined };
  const { directory: bundle, node, tmpBytes, libraryPath } = props;
  const libraries = libraryPath?.split(delimiter) ?? [];
  const wrapped = await sandbox.wrap({ bundle, node, runtime, folder, readOnly: [...props.path, ...libraries], tmpBytes, libraryPath });
  const env = { ...props.environment(places), PATH: searchPath(props, dirname(NODE_IN_SANDBOX)), ...wrapped.environment };
  const args = [...wrapped.args, NODE_IN_SANDBOX, ...clockArguments(props, RUNTIME_DIRECTORY), ...props.args(places)];
  return { file: wrapped.command, args, env, places };
}

/** Without a sandbox only the environment, the limits and the end are as in Lambda. */
async function inTheOpen(props: ConfinedProps, folder: string, runtime: string): Promise<PreparedCommand> {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  let { node, directory: root } = props;
  // Database servers refuse to run as root, and Lambda's worker is not root either.
  const unprivileged = process.getuid?.() === 0;
  if (unprivileged) {
    await chmod(folder, 0o755);
    await chown(temporary, WORKER_UID, WORKER_GID);
    if (!openToAll(node)) {
      await copyFile(node, join(folder, 'node'));
      node = join(folder, 'node');
      await chmod(node, 0o755);
    }
    if (!openToAll(root)) {
      await cp(root, join(folder, 'task'), { recursive: true });
      root = join(folder, 'task');
      await openAll(root);
    }
  }
  const places = { root, bootstrap: join(runtime, BOOTSTRAP_FILE), temporary };
  const env = {
    ...props.environment(places),
    PATH: searchPath(props, dirname(node)),
    TMPDIR: temporary,
    ...(props.libraryPath ? { LD_LIBRARY_PATH: props.libraryPath } : {}),
  };
  const user = unprivileged ? { uid: WORKER_UID, gid: WORKER_GID } : {};
  return { file: node, args: [...clockArguments(props, runtime), ...props.args(places)], env, places, cwd: root, ...user };
}

function clockArguments({ clockAheadMilliseconds }: ConfinedProps, runtime: string): string[] {
  return clockAheadMilliseconds ? ['--require', join(runtime, CLOCK_FILE)] : [];
}

function searchPath(props: ConfinedProps, nodeFolder: string): string {
  return [nodeFolder, ...props.path, ...SYSTEM_PATH].join(delimiter);
}

/** A copy keeps the modes of its origin, which the worker's user may not pass. */
async function openAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) await chmod(path, entry.isDirectory() ? 0o755 : statSync(path).mode | 0o444);
  }
}

/** Whether another user may reach and read it: every folder above it lets all pass. */
function openToAll(path: string): boolean {
  const needed = statSync(path).isDirectory() ? 0o005 : 0o004;
  if ((statSync(path).mode & needed) !== needed) return false;
  for (let above = dirname(path); ; above = dirname(above)) {
    if ((statSync(above).mode & 0o001) === 0) return false;
    if (above === dirname(above)) return true;
  }
}
