import { existsSync } from 'node:fs';
import { readdir, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder';
import { bringDebianPackages, unpackedLibraryPath } from './debian-packages';
import { bringFromSid } from './debian-sid';
import { runCommand } from './run-command';
import { ServersError, ToolsMissingError } from './servers-error';

const TOOLS = ['initdb', 'postgres', 'pg_dump', 'pg_restore', 'psql'] as const;

/** One folder of PostgreSQL's programs, server and client of one version. */
export interface PostgresBinaries {
  readonly bin: string;
  /** `LD_LIBRARY_PATH` that the programs need. @default none: they find their libraries */
  readonly libraryPath?: string;
  readonly majorVersion: number;
  /** As the server says it, such as `15.18`. */
  readonly version: string;
  /** The folder with `postgres.bki`, the extensions' SQL and the time zone sets. */
  readonly share: string;
}

export interface PostgresBinariesProps {
  /** @default the newest that is there */
  readonly major?: number;
  /** @default the environment of this process */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Finds PostgreSQL's programs: `BACKUP_POLICY_POSTGRES_BIN` (with `LD_LIBRARY_PATH`, where that is set), then the places where packages
 * put them, then our cache folder, into which Debian's packages are unpacked where nothing else is there (about 9 s, once). A major
 * version that the machine's own release lacks is brought from Debian's unstable suite where that has it.
 *
 * @throws ServersError when there are none and none can be brought
 */
export async function findPostgresBinaries(props: PostgresBinariesProps = {}): Promise<PostgresBinaries> {
  const { major, env = process.env } = props;
  if (major !== undefined && (!Number.isInteger(major) || major < 10)) {
    throw new ServersError(`PostgreSQL ${major} is no major version`, 'Give an integer such as 15, or none for the newest.');
  }
  const named = env.BACKUP_POLICY_POSTGRES_BIN;
  if (named) {
    if (!complete(named)) {
      const reason = `BACKUP_POLICY_POSTGRES_BIN names '${named}', where not all of ${TOOLS.join(', ')} are`;
      throw new ServersError(reason, 'Name a folder with all of them.');
    }
    const binaries = await describe(named, env.LD_LIBRARY_PATH);
    if (major === undefined || binaries.majorVersion === major) return binaries;
  }
  const installed: PostgresBinaries[] = [];
  for (const bin of await installedFolders(env)) if (complete(bin)) installed.push(await describe(bin));
  const newest = installed.filter((one) => major === undefined || one.majorVersion === major)
    .sort((a, b) => b.majorVersion - a.majorVersion)[0];
  return newest ?? await unpacked('debian', major) ?? (major === undefined ? undefined : await unpacked('debian-sid', major)) ?? await bring(major);
}

/** The environment of PostgreSQL's programs and nothing of this process's own. */
export function postgresEnvironment(binaries: PostgresBinaries): Record<string, string> {
  return {
    PATH: [binaries.bin, '/usr/bin', '/bin'].join(delimiter),
    LC_ALL: 'C',
    ...(binaries.libraryPath ? { LD_LIBRARY_PATH: binaries.libraryPath } : {}),
  };
}

function complete(bin: string): boolean {
  return TOOLS.every((tool) => existsSync(join(bin, tool)));
}

async function installedFolders(env: NodeJS.ProcessEnv): Promise<string[]> {
  const below = async (parent: string, name: RegExp, inner: string): Promise<string[]> =>
    (await readdir(parent).catch(() => [])).filter((entry) => name.test(entry)).map((entry) => join(parent, entry, inner));
  return [
    ...await below('/usr/lib/postgresql', /^\d+$/, 'bin'),
    ...await below('/usr', /^pgsql-\d+$/, 'bin'),
    ...await below('/opt/homebrew/opt', /^postgresql(@\d+)?$/, 'bin'),
    ...await below('/usr/local/opt', /^postgresql(@\d+)?$/, 'bin'),
    ...await below('/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'),
    ...await below(join(homedir(), 'Applications/Postgres.app/Contents/Versions'), /^\d+$/, 'bin'),
    // Of what was unpacked the libraries are known too: see `unpacked`.
    ...(env.PATH ?? '').split(delimiter).filter((folder) => folder !== '' && !folder.startsWith(cacheFolder(env))),
  ];
}

async function describe(bin: string, libraryPath?: string): Promise<PostgresBinaries> {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...(libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {}) };
  const said: string[] = [];
  for (const tool of TOOLS) {
    said.push(await runCommand(join(bin, tool), ['--version'], { env }).catch((cause: Error) => {
      const mend = 'Install its libraries, or name another folder in BACKUP_POLICY_POSTGRES_BIN.';
      throw new ServersError(`${join(bin, tool)} does not run (${cause.message})`, mend, { cause });
    }));
  }
  const version = / (\d+[.\w]*)/.exec(said[TOOLS.indexOf('postgres')])?.[1] ?? '';
  const majorVersion = Number.parseInt(version, 10);
  if (!(majorVersion >= 10)) {
    throw new ServersError(`${join(bin, 'postgres')} says '${said[1].trim()}' of itself`, 'PostgreSQL 10 or newer is needed.');
  }
  const share = [...new Set([bin, dirname(await realpath(join(bin, 'postgres')))])].flatMap((folder) => [
    join(folder, '../share/postgresql'), join(folder, `../share/postgresql@${majorVersion}`), join(folder, '../share'),
    join(folder, `../../../../share/postgresql/${majorVersion}`), join(folder, '../share/pgsql'),
  ]).find((folder) => existsSync(join(folder, 'postgres.bki')));
  if (!share) {
    const reason = `the share folder of ${bin} (with postgres.bki) was not found`;
    throw new ServersError(reason, 'Name another folder in BACKUP_POLICY_POSTGRES_BIN.');
  }
  return { bin, ...(libraryPath ? { libraryPath } : {}), majorVersion, version, share };
}

async function unpacked(suite: 'debian' | 'debian-sid', major: number | undefined): Promise<PostgresBinaries | undefined> {
  const folder = join(cacheFolder(), suite);
  const trees = (await readdir(folder).catch(() => [])).filter((name) => /^postgresql-/.test(name)).map((name) => join(folder, name));
  const found: PostgresBinaries[] = [];
  for (const tree of trees) {
    // A tree of another machine's release, in a shared home, is not ours to complain about.
    const binaries = await unpackedBinaries(tree, suite).catch(() => undefined);
    if (binaries && (major === undefined || binaries.majorVersion === major)) found.push(binaries);
  }
  return found.sort((a, b) => b.majorVersion - a.majorVersion)[0];
}

async function unpackedBinaries(tree: string, suite: 'debian' | 'debian-sid'): Promise<PostgresBinaries | undefined> {
  const versions = join(tree, 'usr/lib/postgresql');
  const libraryPath = suite === 'debian' ? await unpackedLibraryPath(tree) : undefined;
  for (const version of (await readdir(versions).catch(() => [])).sort((a, b) => Number(b) - Number(a))) {
    const bin = join(versions, version, 'bin');
    if (!complete(bin)) continue;
    // Its LLVM is left out; without this file the server knows that it has no JIT.
    await rm(join(versions, version, 'lib/llvmjit.so'), { force: true });
    return describe(bin, libraryPath);
  }
  return undefined;
}

async function bring(major: number | undefined): Promise<PostgresBinaries> {
  const wanted = `PostgreSQL${major ? ` ${major}` : ''}`;
  const mend = `Install ${wanted} (server and client), or name the folder of its programs in BACKUP_POLICY_POSTGRES_BIN.`;
  try {
    const [tree, suite] = await bringTree(major);
    const binaries = await unpackedBinaries(tree, suite);
    if (binaries) return binaries;
    throw new ServersError(`the unpacked packages in ${tree} are incomplete`, 'Remove that folder and try again.');
  } catch (error) {
    const reason = error instanceof ServersError ? error.reason : (error as Error).message;
    const kind = error instanceof ToolsMissingError ? ToolsMissingError : ServersError;
    throw new kind(`no ${wanted} is installed here and none can be brought: ${reason}`, mend, { cause: error });
  }
}

/** Without a number it is the distribution's own choice of a major version; another one may be in the unstable suite. */
async function bringTree(major: number | undefined): Promise<[tree: string, suite: 'debian' | 'debian-sid']> {
  const packages = ['postgresql', 'postgresql-client'].map((name) => (major === undefined ? name : `${name}-${major}`));
  try {
    return [await bringDebianPackages(packages, ['postgresql-common', 'postgresql-client-common']), 'debian'];
  } catch (error) {
    if (major === undefined || !(error instanceof ToolsMissingError)) throw error;
    const programs = Object.fromEntries(TOOLS.map((tool) => [`usr/lib/postgresql/${major}/bin/${tool}`, ['--version']]));
    return [await bringFromSid({ packages, programs }), 'debian-sid'];
  }
}
