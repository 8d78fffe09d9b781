import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder';
import { bringDebianPackages } from './debian-packages';
import { unpackInto, withOwnApt } from './own-apt';
import { runCommand } from './run-command';
import { ServersError, ToolsMissingError } from './servers-error';

export interface SidPrograms {
  /** The packages that have the programs; what they depend on comes with them. */
  readonly packages: readonly string[];
  /**
   * Below the root of the unpacked tree, such as `usr/bin/mysql`, with the arguments by which each ends at once and well where it runs at
   * all. Those that one of them starts belong to it.
   */
  readonly programs: Readonly<Record<string, readonly string[]>>;
}

const KEYRING = 'usr/share/keyrings/debian-archive-keyring.gpg';
/** All of a bringing: lists, packages (60 MB for MySQL), unpacking. */
const PATIENCE_MILLISECONDS = 90_000;
/** How long a failure counts: many processes ask, and what is out of reach must not be waited for in each. */
const FAILURE_COUNTS_MILLISECONDS = 15 * 60_000;
/** Trees of another form are not taken for this one. */
const FORM = 'scripts in place';
/** What only the configuring of packages needs. */
const NEEDLESS = /^(perl|libperl|libgdbm|libdb5|debconf|libc-gconv-modules|openssl-provider|libsasl2-modules)/;

const under = new Map<string, Promise<string>>();

/**
 * Brings programs of Debian's unstable suite that the machine's own release lacks. Their libc is newer than the machine's: it comes with
 * them, as does every library down to it, and in each program's place stands a script that calls the tree's own loader: programs that
 * look for their folders from where they stand find them. The machine's system is not touched, and needs no root. Once brought, it is
 * found in the cache.
 *
 * @returns the root of the unpacked tree
 * @throws ToolsMissingError where apt or the network is missing, or the suite has not what is wanted today
 */
export function bringFromSid(wanted: SidPrograms): Promise<string> {
  const digest = createHash('sha256').update([FORM, process.arch, ...wanted.packages, ...Object.keys(wanted.programs)].join('\n')).digest('hex').slice(0, 12);
  const target = join(cacheFolder(), 'debian-sid', `${wanted.packages[0]}-${digest}`);
  let bringing = under.get(target);
  if (!bringing) {
    bringing = bring(wanted, target).finally(() => under.delete(target));
    under.set(target, bringing);
  }
  return bringing;
}

async function bring(wanted: SidPrograms, target: string): Promise<string> {
  if (existsSync(target)) return target;
  const failed = `${target}.failed`;
  const earlier = await readFile(failed, 'utf8').then((text) => JSON.parse(text) as { at: number; reason: string }, () => undefined);
  if (earlier && Date.now() - earlier.at < FAILURE_COUNTS_MILLISECONDS) throw missing(wanted, `${earlier.reason}, a while ago`);
  try {
    if (!existsSync('/usr/bin/apt-get')) throw new Error('this machine has no apt');
    await withOwnApt({ status: '', sources: await sourcesFile(), patienceMilliseconds: PATIENCE_MILLISECONDS }, async (apt) => {
      await apt.run('apt-get', '-q', '-o', 'APT::Update::Error-Mode=any', 'update');
      const needed = (await apt.wouldInstall(wanted.packages)).filter((name) => !NEEDLESS.test(name));
      await unpackInto(target, await apt.download(needed), (tree) => makePrograms(tree, wanted));
    });
    return target;
  } catch (error) {
    const reason = error instanceof ServersError ? error.reason : (error as Error).message;
    await mkdir(dirname(failed), { recursive: true });
    await writeFile(failed, JSON.stringify({ at: Date.now(), reason }));
    throw missing(wanted, reason, error);
  }
}

function missing({ packages }: SidPrograms, reason: string, cause?: unknown): ToolsMissingError {
  return new ToolsMissingError(
    `${packages.join(' and ')} of Debian's unstable suite could not be brought (${reason})`, 'Check the network, or install the programs from elsewhere.', { cause },
  );
}

/** The archive that a file of sources names, in either of apt's forms (sources.list(5)); a mirror has every suite. */
export function archiveIn(sources: string): string | undefined {
  const lines = sources.split('\n').filter((line) => /^\s*(deb(-src)?|URIs:)\s/.test(line));
  return lines.flatMap((line) => line.match(/\S+\/debian(\/|\.list)?(?=\s|$)/g) ?? [])[0];
}

/** Where this machine's own apt gets Debian from. */
async function ownArchive(): Promise<string> {
  const folder = '/etc/apt/sources.list.d';
  const further = await readdir(folder).catch(() => []);
  const files = ['/etc/apt/sources.list', ...further.filter((name) => /\.(list|sources)$/.test(name)).sort().map((name) => join(folder, name))];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const archive = texts.map(archiveIn).find((found) => found !== undefined);
  if (archive === undefined) throw new Error('this machine\'s apt names no archive of Debian');
  return archive;
}

/** The suite, signed by Debian's keys: this machine's, or those that its own system vouches for as a package. */
async function sourcesFile(): Promise<string> {
  const own = join('/', KEYRING);
  const keyring = existsSync(own) ? own : join(await bringDebianPackages(['debian-archive-keyring']), KEYRING);
  const folder = join(cacheFolder(), 'debian-sid');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'sid.sources');
  await writeFile(file, `Types: deb\nURIs: ${await ownArchive()}\nSuites: sid\nComponents: main\nSigned-By: ${keyring}\n`);
  return file;
}

/** A tree may be moved whole: the scripts look for it from where they stand. */
async function makePrograms(tree: string, { programs }: SidPrograms): Promise<void> {
  const libraries = join(tree, 'usr/lib');
  const triplet = (await readdir(libraries)).find((name) => name.endsWith('-linux-gnu'));
  const loader = triplet === undefined ? undefined : (await readdir(join(libraries, triplet))).find((name) => /^ld-linux.*\.so\.\d$/.test(name));
  if (loader === undefined) throw new Error('the unpacked packages have no loader');
  for (const program of Object.keys(programs)) {
    const script = join(tree, program);
    const root = dirname(program).replaceAll(/[^/]+/g, '..');
    await rename(script, `${script}.elf`);
    await writeFile(script, [
      '#!/bin/sh', `root=\${0%/*}/${root}`,
      `exec "$root/usr/lib/${triplet}/${loader}" --library-path "$root/usr/lib/${triplet}" --argv0 "$0" "$0.elf" "$@"`, '',
    ].join('\n'));
    await chmod(script, 0o755);
  }
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  for (const [program, probe] of Object.entries(programs)) {
    await runCommand(join(tree, program), probe, { env, timeoutMilliseconds: 20_000 });
  }
}
