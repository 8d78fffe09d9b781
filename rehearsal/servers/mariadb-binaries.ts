import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder';
import { bringDebianPackages, unpackedLibraryPath } from './debian-packages';
import { bringFromSid } from './debian-sid';
import type { FamilyBinaries } from './mysql-family-server';
import { runCommand } from './run-command';
import { ServersError, ToolsMissingError } from './servers-error';

/** MariaDB's programs, server and client of one version. */
export interface MariaDbBinaries extends FamilyBinaries {
  readonly install: string;
}

const PLACES = ['/usr', '/usr/local', '/opt/homebrew', '/usr/local/opt/mariadb', '/opt/homebrew/opt/mariadb'];

/**
 * Finds MariaDB's programs: `BACKUP_POLICY_MARIADB_PREFIX`, then where packages put them, then our cache folder, into which Debian's
 * packages are unpacked where nothing else is there (about 6 s, once).
 *
 * @throws ServersError when there are none and none can be brought
 */
export async function findMariaDbBinaries(env: NodeJS.ProcessEnv = process.env): Promise<MariaDbBinaries> {
  const named = env.BACKUP_POLICY_MARIADB_PREFIX;
  if (named) {
    const binaries = await describe(named);
    if (binaries) return binaries;
    throw new ServersError(`BACKUP_POLICY_MARIADB_PREFIX names '${named}', where not all of mariadbd, mariadb, mariadb-dump and mariadb-install-db are`, 'Name the folder above bin and sbin.');
  }
  for (const place of PLACES) {
    const binaries = await describe(place);
    if (binaries) return binaries;
  }
  return await unpacked() ?? await bring();
}

async function describe(prefix: string, libraryPath?: string): Promise<MariaDbBinaries | undefined> {
  const find = (name: string): string | undefined => ['bin', 'sbin', 'libexec'].map((folder) => join(prefix, folder, name)).find((file) => existsSync(file));
  const [server, client, dump, install] = ['mariadbd', 'mariadb', 'mariadb-dump', 'mariadb-install-db'].map(find);
  if (!server || !client || !dump || !install) return undefined;
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...(libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {}) };
  const said = await runCommand(server, ['--no-defaults', '--version'], { env }).catch((cause: Error) => {
    throw new ServersError(`${server} does not run (${cause.message})`, 'Install its libraries, or name another folder in BACKUP_POLICY_MARIADB_PREFIX.', { cause });
  });
  const version = /Ver (\d+\.\d+\.\d+)-MariaDB/.exec(said)?.[1];
  if (version === undefined) return undefined;
  const path = [...new Set([dirname(client), dirname(server)])];
  return { path, server, client, install, prefix, version, ...libraryPath ? { libraryPath } : {} };
}

async function unpacked(): Promise<MariaDbBinaries | undefined> {
  const folder = join(cacheFolder(), 'debian');
  for (const name of (await readdir(folder).catch(() => [])).filter((one) => one.startsWith('mariadb-'))) {
    // A tree of another machine's release, in a shared home, is not ours to complain about.
    const binaries = await ofTree(join(folder, name)).catch(() => undefined);
    if (binaries) return binaries;
  }
  return undefined;
}

async function ofTree(tree: string): Promise<MariaDbBinaries | undefined> {
  return describe(join(tree, 'usr'), await unpackedLibraryPath(tree));
}

async function bring(): Promise<MariaDbBinaries> {
  try {
    const tree = await bringDebianPackages(['mariadb-server', 'mariadb-client']);
    const binaries = await ofTree(tree);
    if (binaries) return binaries;
    throw new ServersError(`the unpacked packages in ${tree} are incomplete`, 'Remove that folder and try again.');
  } catch (error) {
    const reason = error instanceof ServersError ? error.reason : (error as Error).message;
    throw new ServersError(
      `no MariaDB is installed here and none can be brought: ${reason}`,
      'Install MariaDB (server and client), or name the folder above its programs in BACKUP_POLICY_MARIADB_PREFIX.', { cause: error },
    );
  }
}

/**
 * MariaDB's programs of Debian's unstable suite, whatever this machine has of its own.
 *
 * @throws ToolsMissingError where they cannot be brought
 */
export async function bringNewestMariaDb(): Promise<MariaDbBinaries> {
  const said = ['--no-defaults', '--version'];
  const tree = await bringFromSid({
    packages: ['mariadb-server-core', 'mariadb-client-core', 'mariadb-server', 'mariadb-client'],
    // The installing script is one already; these are what it calls.
    programs: { 'usr/sbin/mariadbd': said, 'usr/bin/mariadb': said, 'usr/bin/mariadb-dump': said, 'usr/bin/my_print_defaults': said, 'usr/bin/resolveip': ['--version'] },
  });
  const binaries = await describe(join(tree, 'usr'));
  if (binaries) return binaries;
  throw new ToolsMissingError(`the programs in ${tree} do not run`, 'Remove that folder and try again.');
}
