import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheFolder } from './cache-folder';
import { unpackInto, withOwnApt } from './own-apt';
import { ServersError, ToolsMissingError } from './servers-error';

/** What packages need only to be configured as root, and a compiler's library (22 MB): an unpacked tree runs without. */
const NEEDLESS = new RegExp('^(lib(llvm|z3)|perl|libperl|lib.*-perl$|libgdbm|ssl-cert|openssl$|sysstat|ucf$'
  + '|sensible-utils|debconf|adduser|init-system|locales|logrotate)');

const PATIENCE_MILLISECONDS = 300_000;

const under = new Map<string, Promise<string>>();

/**
 * Brings Debian packages, with the dependencies that this machine lacks, unpacked into a folder of the cache, without root and
 * without touching the machine's own package state. The second call finds them there.
 *
 * @param needless dependencies that an unpacked tree runs without
 * @returns the root of the unpacked tree; its tools are below `usr/bin`, see `unpackedEnvironment`
 * @throws ToolsMissingError where apt, dpkg or the network is missing, or a package does not exist; ServersError for what is no name of one
 */
export function bringDebianPackages(names: readonly string[], needless: readonly string[] = []): Promise<string> {
  const wanted = [...new Set(names)].sort();
  const bad = wanted.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
  if (bad !== undefined || wanted.length === 0) {
    return Promise.reject(new ServersError(`'${bad ?? ''}' is not the name of a Debian package`, 'Give names such as zstd or bubblewrap.'));
  }
  const key = wanted.join(' ');
  let bringing = under.get(key);
  if (!bringing) {
    bringing = bring(wanted, needless).finally(() => under.delete(key));
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

async function bring(names: readonly string[], needless: readonly string[]): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const digest = createHash('sha256').update([process.arch, release, ...names].join('\n')).digest('hex').slice(0, 12);
  const target = join(cacheFolder(), 'debian', `${names[0]}-${digest}`);
  if (existsSync(target)) return target;
  try {
    const status = withoutPackages(await readPackageState(), names);
    await withOwnApt({ status, patienceMilliseconds: PATIENCE_MILLISECONDS }, async (apt) => {
      // A third party's list that does not answer is no reason to stop: what is wanted may come from the others.
      await apt.run('apt-get', '-q', 'update').catch(() => undefined);
      const needed = (await apt.wouldInstall(names)).filter((one) => {
        const [name] = one.split('=');
        return names.includes(name) || !NEEDLESS.test(name) && !needless.includes(name);
      });
      await unpackInto(target, await apt.download(needed));
    });
    return target;
  } catch (error) {
    if (error instanceof ServersError) throw error;
    throw new ToolsMissingError(
      `the Debian packages ${names.join(', ')} could not be brought (${(error as Error).message})`,
      `Check the network, or install them: apt-get install ${names.join(' ')}.`, { cause: error },
    );
  }
}

function readPackageState(): Promise<string> {
  return readFile('/var/lib/dpkg/status', 'utf8').catch((cause: unknown) => {
    throw new ToolsMissingError('this machine has no apt', 'Install the tools with its own package manager, or name their folder.', { cause });
  });
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
