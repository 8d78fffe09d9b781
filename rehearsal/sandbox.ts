import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, lstatSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { bringDebianPackages, unpackedLibraryPath } from './servers/debian-packages';

/** Lambda's `sbx_user1051`, which an image of one's own has no entry for. */
export const WORKER_UID = 993;
export const WORKER_GID = 990;

/** Where the worker finds its code and its Node, as in Lambda. */
export const TASK_ROOT = '/var/task';
export const NODE_IN_SANDBOX = '/var/lang/bin/node';
export const RUNTIME_DIRECTORY = '/var/runtime';

/** What one worker may see; every path is of this machine. */
export interface SandboxProps {
  /** Appears as `/var/task`. */
  readonly bundle: string;
  /** The Node binary; appears as `/var/lang/bin/node`. */
  readonly node: string;
  /** Files that appear in `/var/runtime`. */
  readonly runtime: string;
  /** A folder where the sandbox's own `/etc` files may be written; must live as long as the worker. */
  readonly folder: string;
  /** Folders shown at their own place (the PostgreSQL programs), besides `/usr`; of an unpacked tree all is shown. */
  readonly readOnly: readonly string[];
  /** Exact where half of the machine's free memory can hold it; a larger `/tmp` lies on the disk and has the disk's own end. */
  readonly tmpBytes: number;
  /** `LD_LIBRARY_PATH` of the worker. @default none */
  readonly libraryPath?: string;
}

export interface SandboxedCommand {
  readonly command: string;
  /** Stand before the command that runs inside. */
  readonly args: string[];
  /** What the sandbox's own program needs; the worker does not see it. */
  readonly environment: Record<string, string>;
}

export interface Sandbox {
  /** One sentence for the report: what it shuts, and what it does not. */
  readonly description: string;
  wrap(props: SandboxProps): Promise<SandboxedCommand>;
}

/** Why this machine has no sandbox, in one sentence for the report. */
export interface NoSandbox {
  readonly reason: string;
}

export interface FindSandboxProps {
  /** The `bwrap` program. @default the first on PATH, else Debian's package unpacked into the cache */
  readonly bubblewrap?: string;
  /** `LD_LIBRARY_PATH` of that program. @default none */
  readonly libraryPath?: string;
  /** Whether it may be brought from Debian where there is none. @default true */
  readonly bring?: boolean;
}

const DESCRIPTION = 'bubblewrap, like Lambda: read-only root, uid 993 without a name, no /dev/shm, only a sized /tmp, own processes and IPC, '
  + 'no capabilities; the network is the machine\'s own, for the endpoint and the database are on its loopback';

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'];
const PROBE_MILLISECONDS = 15_000;

const ETC: Readonly<Record<string, string>> = {
  passwd: 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:Nobody:/:/sbin/nologin\n',
  group: 'root:x:0:\nnobody:x:65534:\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};
/** Certificates and no private key beside them: started by root, the worker could read it. */
const ETC_OF_THE_MACHINE = [
  'ssl/certs', 'ssl/cert.pem', 'ssl/openssl.cnf', 'pki/tls/certs', 'pki/tls/cert.pem', 'pki/tls/openssl.cnf', 'pki/ca-trust/extracted', 'crypto-policies',
  'ld.so.cache', 'alternatives', 'resolv.conf', 'hosts',
];
/** A `/tmp` in memory holds its size exactly, but takes the machine's memory as it fills. */
const TMPFS_SHARE_OF_FREE_MEMORY = 0.5;

/** Finds a sandbox that really runs here: it is tried once with a Node process in it. Never throws; the reason says why there is none. */
export async function findSandbox(props: FindSandboxProps = {}): Promise<Sandbox | NoSandbox> {
  if (process.platform !== 'linux') return { reason: `${process.platform} has no bubblewrap; workers ran without a sandbox` };
  let program = props.bubblewrap ?? onPath('bwrap');
  let libraryPath = props.libraryPath;
  if (program === undefined && props.bring !== false) {
    try {
      const root = await bringDebianPackages(['bubblewrap']);
      program = join(root, 'usr/bin/bwrap');
      libraryPath = await unpackedLibraryPath(root);
    } catch (error) {
      return { reason: `bubblewrap is not installed and could not be brought (${error instanceof Error ? error.message : String(error)}); workers ran without a sandbox` };
    }
  }
  if (program === undefined) return { reason: 'bubblewrap is not installed; workers ran without a sandbox' };
  const sandbox = bubblewrap(program, libraryPath);
  const refused = await probe(sandbox);
  return refused === undefined ? sandbox : { reason: `bubblewrap does not run here (${refused}); workers ran without a sandbox` };
}

export function isSandbox(found: Sandbox | NoSandbox): found is Sandbox {
  return 'wrap' in found;
}

function bubblewrap(program: string, ownLibraryPath: string | undefined): Sandbox {
  return {
    description: DESCRIPTION,
    wrap: async (props) => {
      const environment: Record<string, string> = ownLibraryPath ? { LD_LIBRARY_PATH: ownLibraryPath } : {};
      return { command: program, args: await bubblewrapArguments(props), environment };
    },
  };
}

async function bubblewrapArguments(props: SandboxProps): Promise<string[]> {
  const etc = join(props.folder, 'etc');
  await mkdir(etc, { recursive: true });
  for (const [name, text] of Object.entries(ETC)) await writeFile(join(etc, name), text);
  return [
    // A user namespace of its own also for root: the uid inside is then 993 and no capability reaches the machine.
    '--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--hostname', 'worker',
    '--uid', String(WORKER_UID), '--gid', String(WORKER_GID), '--cap-drop', 'ALL',
    // Session and death: nothing reaches the terminal, and nothing outlives the one who asked.
    '--new-session', '--die-with-parent',
    '--ro-bind', '/usr', '/usr', ...['bin', 'sbin', 'lib', 'lib32', 'lib64'].flatMap(systemFolder),
    ...Object.keys(ETC).flatMap((name) => ['--ro-bind', join(etc, name), `/etc/${name}`]),
    ...ETC_OF_THE_MACHINE.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    '--proc', '/proc', ...DEVICES.flatMap((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`]),
    '--symlink', '/proc/self/fd', '/dev/fd', ...['stdin', 'stdout', 'stderr'].flatMap((name, fd) => ['--symlink', `/proc/self/fd/${fd}`, `/dev/${name}`]),
    ...await temporaryFolder(props),
    ...shownFolders(props.readOnly).flatMap((folder) => ['--ro-bind', folder, folder]),
    '--ro-bind', props.node, NODE_IN_SANDBOX, '--ro-bind', props.runtime, RUNTIME_DIRECTORY, '--ro-bind', props.bundle, TASK_ROOT,
    '--remount-ro', '/', '--chdir', TASK_ROOT,
    // Values here are in argv: only what is no secret. All else comes by the environment of the process.
    ...(props.libraryPath ? ['--setenv', 'LD_LIBRARY_PATH', props.libraryPath] : ['--unsetenv', 'LD_LIBRARY_PATH']),
    '--',
  ];
}

async function temporaryFolder({ tmpBytes, folder }: SandboxProps): Promise<string[]> {
  if (tmpBytes <= freemem() * TMPFS_SHARE_OF_FREE_MEMORY) return ['--perms', '1777', '--size', String(tmpBytes), '--tmpfs', '/tmp'];
  const onDisk = join(folder, 'tmp');
  await mkdir(onDisk, { recursive: true });
  return ['--bind', onDisk, '/tmp'];
}

/** `/bin` and its like are links into `/usr` on most systems, and folders of their own on some. */
function systemFolder(name: string): string[] {
  const path = `/${name}`;
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

/**
 * The folders to show so that programs in these find what lies beside them: of an unpacked tree its root, of a `<prefix>/bin` with a
 * `lib` or `share` beside it the prefix. What `/usr` shows already is left out.
 */
export function shownFolders(paths: readonly string[]): string[] {
  const shown = new Set<string>();
  for (const path of paths) {
    if (path === '' || !existsSync(path) || /^\/(usr|bin|sbin|lib|lib32|lib64)(\/|$)/.test(path)) continue;
    const tree = /^(\/.+?)\/(?:usr|lib)\//.exec(`${path}/`)?.[1];
    const prefix = dirname(path);
    if (tree !== undefined && existsSync(join(tree, 'usr'))) shown.add(tree);
    else if (prefix !== '/' && ['lib', 'share'].some((beside) => existsSync(join(prefix, beside)))) shown.add(prefix);
    else shown.add(path);
  }
  return [...shown].filter((one) => ![...shown].some((other) => one !== other && one.startsWith(`${other}/`)));
}

function onPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    try {
      accessSync(join(folder, program), constants.X_OK);
      return join(folder, program);
    } catch {
      continue;
    }
  }
  return undefined;
}

/** What it says when it does not run; undefined when it does. */
async function probe(sandbox: Sandbox): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'backup-policy-sandbox-'));
  try {
    const wrapped = await sandbox.wrap({
      bundle: folder, node: process.execPath, runtime: folder, folder, readOnly: [], tmpBytes: 1 << 20,
    });
    return await new Promise((resolve) => {
      const inside = [NODE_IN_SANDBOX, '-e', 'process.exit(process.getuid() === 993 ? 0 : 1)'];
      const options = { env: wrapped.environment, timeout: PROBE_MILLISECONDS };
      execFile(wrapped.command, [...wrapped.args, ...inside], options, (error, _stdout, stderr) => {
        resolve(error ? stderr.trim().split('\n')[0] || error.message.split('\n')[0] : undefined);
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
