import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RefusedError } from '../../runtime/errors';
import { type PackagePlace, programFolders } from './program-folders';

const run = promisify(execFile);

/** The client programs of one PostgreSQL major version. */
export interface ClientTools {
  readonly bin: string;
  readonly major: number;
  /** As `pg_dump --version` says it, such as `15.18`. */
  readonly version: string;
}

/** Every folder that has a `pg_dump` which runs, PATH's in its order first. */
export async function findTools(path = process.env.PATH ?? '', packages?: readonly PackagePlace[]): Promise<ClientTools[]> {
  const found: ClientTools[] = [];
  const seen = new Set<string>();
  for (const folder of await programFolders(path, packages)) {
    const tool = join(folder, 'pg_dump');
    const bin = await folderOf(tool);
    if (!bin || seen.has(bin)) continue;
    seen.add(bin);
    const said = await run(tool, ['--version'], { env: toolEnvironment(bin), timeout: 10_000 }).then(({ stdout }) => stdout, () => '');
    const match = /\) (\d+)((?:\.\d+)*[a-z0-9]*)/.exec(said);
    if (match) found.push({ bin, major: Number(match[1]), version: match[1] + match[2] });
  }
  return found;
}

/** Debian's wrapper chooses a version by the machine's clusters: the programs behind it are found by their own folders. */
async function folderOf(tool: string): Promise<string | undefined> {
  try {
    await access(tool, constants.X_OK);
    const real = await realpath(tool);
    return basename(real) === 'pg_dump' ? dirname(real) : dirname(tool);
  } catch {
    return undefined;
  }
}

/**
 * The tools of the smallest major version that can read the server: a newer pg_dump's output loads into an older server less well.
 *
 * @throws RefusedError NO_TOOLS, SERVER_NEWER_THAN_TOOLS
 */
export function chooseTools(tools: readonly ClientTools[], serverMajor: number): ClientTools {
  if (tools.length === 0) {
    throw new RefusedError('NO_TOOLS', 'No pg_dump was found on this worker\'s PATH, or where PostgreSQL\'s packages put it.', 'Use the image of this engine, or install PostgreSQL\'s client programs.');
  }
  const fitting = tools.filter((tool) => tool.major >= serverMajor).sort((a, b) => a.major - b.major)[0];
  if (!fitting) {
    const newest = Math.max(...tools.map((tool) => tool.major));
    throw new RefusedError(
      'SERVER_NEWER_THAN_TOOLS',
      `The server is PostgreSQL ${serverMajor} and the newest pg_dump of this worker is ${newest}.`,
      `Use an image with the client programs of PostgreSQL ${serverMajor}; an older pg_dump refuses a newer server.`,
    );
  }
  return fitting;
}

/** The environment of PostgreSQL's programs: nothing of this process's own but where their libraries are. */
export function toolEnvironment(bin: string, extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: [bin, '/usr/bin', '/bin'].join(delimiter),
    LC_ALL: 'C',
    ...(process.env.LD_LIBRARY_PATH ? { LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH } : {}),
    ...extra,
  };
}
