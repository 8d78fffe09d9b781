import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RefusedError } from '../../runtime/errors';
import type { Family } from './flavors';

/** The programs of one family, found on PATH. */
export interface ClientTools {
  readonly family: Family;
  /** Path of the dump tool. */
  readonly dump: string;
  /** Path of the command-line client. */
  readonly client: string;
  /** What stands before the dump tool's path when it is started. */
  readonly before: readonly string[];
  /** As the dump tool says it, such as `10.11.19-MariaDB` or `8.4.3`. */
  readonly version: string;
}

const NAMES: Readonly<Record<Family, { readonly dump: string; readonly client: string; readonly version: RegExp }>> = {
  mariadb: { dump: 'mariadb-dump', client: 'mariadb', version: /Distrib (\d[\w.]*-MariaDB)|from (\d[\w.]*-MariaDB)/ },
  mysql: { dump: 'mysqldump', client: 'mysql', version: /^(?!.*MariaDB).* Ver (\d+\.\d+\.\d+)/ },
};

/**
 * The family's own dump tool: MariaDB's exits 0 on MySQL 8 with tables that do not restore (generated columns), and MySQL's names
 * collations that MariaDB lacks (tried).
 *
 * @throws RefusedError NO_TOOLS
 */
export async function findTools(family: Family, path = process.env.PATH ?? ''): Promise<ClientTools> {
  const names = NAMES[family];
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const dump = join(folder, names.dump);
    const client = join(folder, names.client);
    if (!await isProgram(dump) || !await isProgram(client)) continue;
    // Debian's mysqldump is MariaDB's under another name.
    const version = names.version.exec((await versionOf([dump])).stdout)?.slice(1).find((one) => one !== undefined);
    if (version) return { family, dump, client, version, before: await bufferedBy(dump, version) };
  }
  throw new RefusedError('NO_TOOLS', `No ${names.dump} of its own family was found on this worker's PATH.`, `Use the image of this engine, or install ${family === 'mysql' ? 'MySQL' : 'MariaDB'}'s client programs.`);
}

/**
 * The tools write four kilobytes at a time, and each such piece costs both ends: through `stdbuf` (one of every GNU system) it is
 * 64, as much as Node reads at once, which is a sixth of the dump's processor time. Where it is not there, or says a word, it is left away.
 */
async function bufferedBy(dump: string, version: string): Promise<string[]> {
  const before = ['stdbuf', '-o65536'];
  const { stdout, stderr } = await versionOf([...before, dump]);
  return stdout.includes(version) && stderr === '' ? before : [];
}

async function versionOf([program, ...rest]: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const env = toolEnvironment(rest.at(-1) ?? program);
  return promisify(execFile)(program, [...rest, '--no-defaults', '--version'], { env, timeout: 10_000 }).catch(() => ({ stdout: '', stderr: '' }));
}

/** The environment of the programs: nothing of this process's own but where their libraries are. */
export function toolEnvironment(program: string): Record<string, string> {
  const { LD_LIBRARY_PATH } = process.env;
  return { PATH: [dirname(program), '/usr/bin', '/bin'].join(delimiter), LC_ALL: 'C', TZ: 'UTC', ...(LD_LIBRARY_PATH ? { LD_LIBRARY_PATH } : {}) };
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}
