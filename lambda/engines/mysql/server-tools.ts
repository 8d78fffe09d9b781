import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Exception } from '../../../lib/contract/verdict';
import { RefusedError } from '../../runtime/errors';
import type { Family } from './flavors';
import { toolEnvironment } from './tools';

/** A server of the family in the image. */
export interface ServerTools {
  readonly family: Family;
  readonly server: string;
  /** MariaDB's script for the system tables; MySQL's server makes them itself. */
  readonly install?: string;
  /** Folders that the server is told of, where it was moved from where it was built for. */
  readonly prefix: string;
  /** Such as `10.11.19`. */
  readonly version: string;
}

const FOLDERS = ['/usr/sbin', '/usr/libexec', '/usr/bin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/local/bin'];

/**
 * A server of the copy's family whose version is the copy's or newer; a newer one of another series is said by an exception.
 *
 * @throws RefusedError SCRATCH_TOOLS when the image has none
 */
export async function chooseServer(family: Family, sourceVersion: string, path = process.env.PATH ?? ''): Promise<{ tools: ServerTools; exceptions: Exception[] }> {
  const title = family === 'mariadb' ? 'MariaDB' : 'MySQL';
  const tools = await findServer(family, path);
  if (!tools) {
    throw new RefusedError('SCRATCH_TOOLS', `The image has no ${title} server for a scratch server.`, `Give the source a scratchImage with ${title} ${sourceVersion}.`);
  }
  const [wanted, found] = [seriesOf(sourceVersion), seriesOf(tools.version)];
  if (found < wanted) {
    throw new RefusedError('SCRATCH_TOOLS', `The image's ${title} ${tools.version} is older than the copy's ${sourceVersion}.`, `Give the source a scratchImage with ${title} ${sourceVersion} or newer.`);
  }
  const exceptions: Exception[] = found === wanted ? [] : [{
    code: 'SERVER_VERSION', name: `${title} ${tools.version}`, reason: `the copy is of ${sourceVersion}, and the image has no server of that series`,
  }];
  return { tools, exceptions };
}

/** 10.11 as 1011: series order as numbers. */
export function seriesOf(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 100 + minor;
}

async function findServer(family: Family, path: string): Promise<ServerTools | undefined> {
  for (const folder of [...path.split(delimiter).filter(Boolean), ...FOLDERS]) {
    const server = join(folder, family === 'mariadb' ? 'mariadbd' : 'mysqld');
    if (!existsSync(server)) continue;
    const said = await promisify(execFile)(server, ['--no-defaults', '--version'], { env: toolEnvironment(server), timeout: 10_000 })
      .then(({ stdout }) => stdout, () => '');
    // MariaDB's packages have a mysqld too, which is theirs.
    const version = (family === 'mariadb' ? /Ver (\d+\.\d+\.\d+)-MariaDB/ : /Ver (\d+\.\d+\.\d+)(?!\S*MariaDB)/).exec(said)?.[1];
    const prefix = dirname(folder);
    if (version === undefined) continue;
    if (family === 'mysql') return { family, server, prefix, version };
    const install = [join(prefix, 'bin/mariadb-install-db'), join(folder, 'mariadb-install-db')].find((file) => existsSync(file));
    if (install) return { family, server, install, prefix, version };
  }
  return undefined;
}

/** Options by which a server finds its own files below another folder than it was built for. */
export function placeOptions({ prefix }: ServerTools): string[] {
  const there = (...names: string[]): string | undefined => names.map((name) => join(prefix, name)).find((folder) => existsSync(folder));
  const messages = there('share/mysql', 'share/mariadb');
  const plugins = there('lib/mysql/plugin', 'lib64/mysql/plugin', 'lib64/mariadb/plugin', 'lib/mariadb/plugin', 'lib/plugin');
  return [
    `--basedir=${prefix}`,
    ...messages === undefined ? [] : [`--lc-messages-dir=${messages}`, `--character-sets-dir=${join(messages, 'charsets')}`],
    ...plugins === undefined ? [] : [`--plugin-dir=${plugins}`],
  ];
}
