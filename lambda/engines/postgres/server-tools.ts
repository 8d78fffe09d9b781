import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Exception } from '../../../lib/contract/verdict';
import { messageOf, RefusedError } from '../../runtime/errors';
import { programFolders } from './program-folders';

/** One folder with the programs of a PostgreSQL server. */
export interface ServerTools {
  readonly folder: string;
  readonly major: number;
  /** As `postgres --version` says, such as `15.18`. */
  readonly version: string;
}

const NEEDED = ['postgres', 'initdb', 'pg_restore'] as const;

/**
 * The environment of PostgreSQL's programs: what they need to be found and to load, and nothing of ours. A worker's environment holds
 * credentials, and a server's children inherit what the server has.
 */
export function bareEnvironment(folder: string): Record<string, string> {
  const { LD_LIBRARY_PATH } = process.env;
  return { PATH: [folder, '/usr/bin', '/bin'].join(delimiter), LC_ALL: 'C', TZ: 'UTC', ...(LD_LIBRARY_PATH ? { LD_LIBRARY_PATH } : {}) };
}

/** Every server in the image, by PATH first. */
async function installedServers(path: string): Promise<ServerTools[]> {
  const found: ServerTools[] = [];
  for (const folder of await programFolders(path)) {
    if (!NEEDED.every((tool) => existsSync(join(folder, tool)))) continue;
    const said = await promisify(execFile)(join(folder, 'postgres'), ['--version'], { env: bareEnvironment(folder) }).catch((cause: unknown) => {
      throw new RefusedError('SCRATCH_TOOLS', `${join(folder, 'postgres')} does not run (${messageOf(cause)}).`, 'Add the libraries it needs to the image.', { cause });
    });
    const version = / (\d+[.\w]*)/.exec(said.stdout)?.[1];
    if (version) found.push({ folder, version, major: Number.parseInt(version, 10) });
  }
  return found;
}

/**
 * The server whose major version is the copy's; else the next greater one, with an exception that says so: a newer server reads
 * an older dump, never the other way round.
 *
 * @throws RefusedError SCRATCH_TOOLS when the image has neither
 */
export async function chooseServer(sourceVersion: string, path = process.env.PATH ?? ''): Promise<{ tools: ServerTools; exceptions: Exception[] }> {
  const wanted = Number.parseInt(sourceVersion, 10);
  const servers = await installedServers(path);
  const tools = servers.filter(({ major }) => major >= wanted).sort((a, b) => a.major - b.major)[0];
  if (!tools) {
    const has = servers.length > 0 ? `it has ${servers.map(({ version }) => version).join(', ')}` : 'it has none';
    throw new RefusedError('SCRATCH_TOOLS', `The image has no PostgreSQL server ${wanted} for a scratch server (${has}).`,
      `Add postgresql${wanted}-server to the image of the worker (its Dockerfile lists the versions), and deploy again.`);
  }
  const exceptions: Exception[] = tools.major === wanted ? [] : [{
    code: 'SERVER_VERSION',
    name: `PostgreSQL ${tools.version}`,
    reason: `the copy is of ${sourceVersion}, and the image has no server of that major version`,
  }];
  return { tools, exceptions };
}
