import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { familyEnvironment, type FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { withProgram } from '../../../rehearsal/servers/with-program';
import type { Measured } from '../../measured';
import { measureShell } from '../../shell';

/** Where a command reads or writes a database. */
export interface Target {
  readonly server: FamilyServer;
  readonly database: string;
}

const DUMP = '{ mariadb-dump --defaults-file="$LOGIN" --single-transaction "$DATABASE"; echo $? > "$STATUS"; }';

/** What every cron script does. */
export async function cronLine(target: Target, folder: string): Promise<Measured> {
  const file = join(folder, 'cron.sql.gz');
  const measured = await shell(`${DUMP} | gzip > "$OUT"`, target, folder, { OUT: file });
  return { ...measured, storedBytes: (await stat(file)).size };
}

/** The same with a better compressor; its file stays for `clientRestore`. */
export async function zstdLine(target: Target, folder: string): Promise<Measured> {
  const file = join(folder, 'cron.sql.zst');
  const measured = await shell(`${DUMP} | zstd -q -f -3 -o "$OUT"`, target, folder, { OUT: file });
  return { ...measured, storedBytes: (await stat(file)).size };
}

/** Into a database that is new. */
export function clientRestore(target: Target, folder: string): Promise<Measured> {
  return shell(
    'zstd -q -d -c "$IN" | { mariadb --defaults-file="$LOGIN" "$DATABASE"; echo $? > "$STATUS"; }', target, folder,
    { IN: join(folder, 'cron.sql.zst') },
  );
}

async function shell(script: string, { server, database }: Target, folder: string, env: NodeJS.ProcessEnv): Promise<Measured> {
  const login = { LOGIN: await optionFile(server, folder), DATABASE: database };
  return measureShell(script, folder, { ...await withProgram('zstd', familyEnvironment(server.binaries)), ...env, ...login });
}

/** Who may do everything, as every program of the family reads it. */
export async function optionFile({ socket, user, password, processId }: FamilyServer, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `login-${processId}.cnf`);
  await writeFile(file, `[client]\nprotocol=socket\nsocket=${socket}\nuser=${user}\npassword=${password}\nmax-allowed-packet=1G\n`, { mode: 0o600 });
  return file;
}
