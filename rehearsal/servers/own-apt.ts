import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder';
import { runCommand } from './run-command';

export interface OwnAptProps {
  /** What counts as installed, in dpkg's form. */
  readonly status: string;
  /** A file of sources instead of the machine's own. @default the machine's sources */
  readonly sources?: string;
  /** The end of all that is asked of it, in milliseconds from now. */
  readonly patienceMilliseconds: number;
}

export interface OwnApt {
  /** Any of apt's programs; it stands in the archive folder, where `download` writes. */
  run(command: string, ...args: string[]): Promise<string>;
  /** What an installation of these would bring, each as `name=version`. */
  wouldInstall(names: readonly string[]): Promise<string[]>;
  /** Brings packages given as `name=version`, which apt verifies; paths of their files, valid while `use` lasts. */
  download(packages: readonly string[]): Promise<string[]>;
}

/** apt with state, lists and archives of our own: without root, and without touching what the machine's own package state says. */
export async function withOwnApt<T>({ status, sources, patienceMilliseconds }: OwnAptProps, use: (apt: OwnApt) => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMilliseconds;
  const work = await mkdtemp(join(cacheFolder(), 'apt-'));
  try {
    const archives = join(work, 'cache/archives');
    await mkdir(join(archives, 'partial'), { recursive: true });
    await mkdir(join(work, 'state/lists/partial'), { recursive: true });
    await writeFile(join(work, 'status'), status);
    const options = [
      `Dir::State=${work}/state`, `Dir::State::lists=${work}/state/lists`, `Dir::State::status=${work}/status`,
      `Dir::Cache=${work}/cache`, `Dir::Cache::archives=${archives}`, `Dir::Log=${work}`, 'Debug::NoLocking=1', 'APT::Sandbox::User=',
      'Acquire::Languages=none', 'Acquire::Retries=2', 'Acquire::http::Timeout=20', 'APT::Install-Recommends=0',
      ...sources === undefined ? [] : [`Dir::Etc::sourcelist=${sources}`, 'Dir::Etc::sourceparts=-', 'Dir::Etc::preferences=-', 'Dir::Etc::preferencesparts=-'],
    ].flatMap((option) => ['-o', option]);
    const run = (command: string, ...args: string[]): Promise<string> => runCommand(command, [...options, ...args], {
      cwd: archives, env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }, timeoutMilliseconds: Math.max(1, deadline - Date.now()),
    });
    return await use({
      run,
      wouldInstall: async (names) => {
        const listed = await run('apt-get', '-qq', '-y', '--fix-broken', '--print-uris', 'install', ...names);
        return [...listed.matchAll(/^'[^']+' (\S+?)_(\S+?)_\S+\.deb /gm)].map(([, name, version]) => `${name}=${decodeURIComponent(version)}`);
      },
      download: async (packages) => {
        await run('apt-get', '-q', 'download', ...packages);
        return (await readdir(archives)).filter((name) => name.endsWith('.deb')).map((name) => join(archives, name));
      },
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Unpacks packages into a new folder, whole or not at all.
 *
 * @param finish what is done to the tree before it counts
 */
export async function unpackInto(
  target: string, files: readonly string[], finish: (tree: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const tree = await mkdtemp(join(cacheFolder(), 'unpack-'));
  try {
    await runCommand('chmod', ['755', tree]);
    for (const file of files) await runCommand('dpkg', ['-x', file, tree]);
    await finish(tree);
    await mkdir(dirname(target), { recursive: true });
    // Another process may have been faster; its tree is as good.
    await rename(tree, target).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}
