import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheFolder } from './cache-folder';
import { runCommand } from './run-command';
import { ServersError, ToolsMissingError } from './servers-error';

/** What packages need only to be configured as root, and the JIT of PostgreSQL (22 MB): an unpacked tree runs without. */
const NEEDLESS = new RegExp('^(lib(llvm|z3)|perl|libperl|lib.*-perl$|libgdbm|postgresql-(client-)?common$|ssl-cert|openssl$|sysstat|ucf$'
  + '|sensible-utils|debconf|adduser|init-system|locales|logrotate)');

const under = new Map<string, Promise<string>>();

/**
 * Brings Debian packages, with the dependencies that this machine lacks, unpacked into a folder of the cache, without root and
 * without touching the machine's own package state. The second call finds them there.
 *
 * @returns the root of the unpacked tree; its tools are below `usr/bin`, see `unpackedEnvironment`
 * @throws ToolsMissingError where apt, dpkg or the network is missing, or a package does not exist; ServersError for what is no name of one
 */
export function bringDebianPackages(names: readonly string[]): Promise<string> {
  const wanted = [...new Set(names)].sort();
  const bad = wanted.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
  if (bad !== undefined || wanted.length === 0) {
    return Promise.reject(new ServersError(`'${bad ?? ''}' is not the name of a Debian package`, 'Give names such as zstd or bubblewrap.'));
  }
  const key = wanted.join(' ');
  let bringing = under.get(key);
  if (!bringing) {
    bringing = bring(wanted).finally(() => under.delete(key));
    under.set(key, bringing);
  }
  return bringing;
}

/** `LD_LIBRARY_PATH` for tools of an unpacked tree. */
export async function unpackedLibraryPath(root: string): Promise<string> {
  const folders: string[] = [];
  for (const lib of [join(root, 'usr/lib'), join(root, 'lib')]) {
    if (!existsSync(lib)) continue;
    for (const entry of await readdir(lib)) if (/-linux-gnu/.test(entry)) folders.push(join(lib, entry));
    folders.push(lib);
  }
  return folders.join(delimiter);
}

/** The environment in which tools of an unpacked tree run: this process's own, with the tree's folders in front. */
export async function unpackedEnvironment(root: string, env: NodeJS.ProcessEnv = process.env): Promise<NodeJS.ProcessEnv> {
  const libraryPath = [await unpackedLibraryPath(root), env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { ...env, PATH: [join(root, 'usr/bin'), join(root, 'bin'), env.PATH].join(delimiter), LD_LIBRARY_PATH: libraryPath };
}

/** Asks apt with state, lists and archives of our own; its commands stand in the archive folder, where `download` writes. */
async function withOwnApt<T>(
  hidden: readonly string[], use: (apt: (command: string, ...args: string[]) => Promise<string>, archives: string) => Promise<T>,
): Promise<T> {
  const status = await readFile('/var/lib/dpkg/status', 'utf8').catch((cause: unknown) => {
    throw new ToolsMissingError('this machine has no apt', 'Install the tools with its own package manager, or name their folder.', { cause });
  });
  const work = await mkdtemp(join(cacheFolder(), 'apt-'));
  try {
    const archives = join(work, 'cache/archives');
    await mkdir(join(archives, 'partial'), { recursive: true });
    await mkdir(join(work, 'state/lists/partial'), { recursive: true });
    await writeFile(join(work, 'status'), withoutPackages(status, hidden));
    const options = [
      `Dir::State=${work}/state`, `Dir::State::lists=${work}/state/lists`, `Dir::State::status=${work}/status`,
      `Dir::Cache=${work}/cache`, `Dir::Cache::archives=${archives}`, `Dir::Log=${work}`, 'Debug::NoLocking=1', 'APT::Sandbox::User=',
      'Acquire::Languages=none', 'Acquire::Retries=2', 'APT::Install-Recommends=0',
    ].flatMap((option) => ['-o', option]);
    const apt = (command: string, ...args: string[]): Promise<string> =>
      runCommand(command, [...options, ...args], {
        cwd: archives, env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }, timeoutMilliseconds: 300_000,
      });
    // A third party's list that does not answer is no reason to stop: what is wanted may come from the others.
    await apt('apt-get', '-q', 'update').catch(() => undefined);
    return await use(apt, archives);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function bring(names: readonly string[]): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const digest = createHash('sha256').update([process.arch, release, ...names].join('\n')).digest('hex').slice(0, 12);
  const target = join(cacheFolder(), 'debian', `${names[0]}-${digest}`);
  if (existsSync(target)) return target;
  try {
    return await withOwnApt(names, async (apt, archives) => {
      const listed = await apt('apt-get', '-qq', '-y', '--fix-broken', '--print-uris', 'install', ...names);
      const packages = [...listed.matchAll(/^'[^']+' (\S+?)_(\S+?)_\S+\.deb /gm)]
        .map(([, name, version]) => `${name}=${decodeURIComponent(version)}`);
      const needed = packages.filter((name) => !NEEDLESS.test(name) || names.includes(name.split('=')[0]));
      const tree = await mkdtemp(join(cacheFolder(), 'unpack-'));
      try {
        await runCommand('chmod', ['755', tree]);
        await apt('apt-get', '-q', 'download', ...needed);
        for (const file of await readdir(archives)) {
          if (file.endsWith('.deb')) await runCommand('dpkg', ['-x', join(archives, file), tree]);
        }
        await mkdir(join(cacheFolder(), 'debian'), { recursive: true });
        // Another process may have been faster; its tree is as good.
        await rename(tree, target).catch((error: NodeJS.ErrnoException) => {
          if (!existsSync(target)) throw error;
        });
        return target;
      } finally {
        await rm(tree, { recursive: true, force: true });
      }
    });
  } catch (error) {
    if (error instanceof ServersError) throw error;
    throw new ToolsMissingError(
      `the Debian packages ${names.join(', ')} could not be brought (${(error as Error).message})`,
      `Check the network, or install them: apt-get install ${names.join(' ')}.`, { cause: error },
    );
  }
}

/**
 * The package state without some packages, those that carry their name and a suffix (`postgresql-15` for `postgresql`), and all that
 * depends on them: apt then offers them although they count as installed.
 */
export function withoutPackages(status: string, hidden: readonly string[]): string {
  const stanzas = status.split(/\n\n+/).filter(Boolean).map((text) => ({
    text,
    name: /^Package: (.+)$/m.exec(text)?.[1] ?? '',
    needs: [...text.matchAll(/^(?:Pre-)?Depends: (.+)$/gm)]
      .flatMap(([, list]) => list.split(',').map((one) => one.split('|').map((name) => name.trim().split(/[ :(]/)[0]))),
  }));
  const names = stanzas.map((stanza) => stanza.name);
  const gone = new Set(names.filter((name) => hidden.some((one) => name === one || name.startsWith(`${one}-`))));
  for (let before = -1; before !== gone.size;) {
    before = gone.size;
    for (const stanza of stanzas) {
      if (stanza.needs.some((choices) => choices.every((name) => gone.has(name)))) gone.add(stanza.name);
    }
  }
  return stanzas.filter((stanza) => !gone.has(stanza.name)).map((stanza) => stanza.text).join('\n\n') + '\n';
}
