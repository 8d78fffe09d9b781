import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { bringDebianPackages, unpackedEnvironment } from '../../../rehearsal/servers/debian-packages';
import { postgresEnvironment } from '../../../rehearsal/servers/postgres-binaries';
import type { PostgresServer } from '../../../rehearsal/servers/postgres-server';
import type { Measured } from '../../measured';
import { measureShell } from '../../shell';

/** Where a command reads or writes a database. */
export interface Target {
  readonly server: PostgresServer;
  readonly database: string;
}

/** What every cron script does. */
export async function cronLine(target: Target, folder: string): Promise<Measured> {
  const file = join(folder, 'cron.sql.gz');
  const measured = await shell('{ pg_dump; echo $? > "$STATUS"; } | gzip > "$OUT"', target, folder, { OUT: file });
  return { ...measured, storedBytes: (await stat(file)).size };
}

/** What dumpers in Lambda do; its file stays for `pgRestore`. */
export async function customFormat(target: Target, folder: string): Promise<Measured> {
  const file = customFile(folder);
  const measured = await shell('pg_dump -Fc -f "$OUT"; echo $? > "$STATUS"', target, folder, { OUT: file });
  return { ...measured, storedBytes: (await stat(file)).size };
}

export interface PgRestoreMeasured extends Measured {
  /** The statistics that a restored database lacks until somebody asks for them, and that our restore has. */
  readonly analyzeSeconds: number;
}

/** With two parallel connections, into a database that is new. */
export async function pgRestore(target: Target, folder: string): Promise<PgRestoreMeasured> {
  const restored = await shell('pg_restore -j2 -d "$PGDATABASE" "$IN"; echo $? > "$STATUS"', target, folder, { IN: customFile(folder) });
  const analyzed = await shell('vacuumdb -q --analyze-only -j2; echo $? > "$STATUS"', target, folder, {});
  return { ...restored, analyzeSeconds: analyzed.seconds };
}

function customFile(folder: string): string {
  return join(folder, 'custom.dump');
}

/** A new repository every time: the first backup is what is compared. */
export async function restic(target: Target, folder: string, environment: NodeJS.ProcessEnv): Promise<Measured> {
  const repository = join(folder, 'restic');
  await rm(repository, { recursive: true, force: true });
  const env = { ...environment, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: 'bench', RESTIC_CACHE_DIR: join(folder, 'restic-cache') };
  await shell('restic init -q; echo $? > "$STATUS"', target, folder, env);
  const script = '{ pg_dump; echo $? > "$STATUS"; } | restic backup -q --stdin --stdin-filename database.sql || echo 1 > "$STATUS"';
  const measured = await shell(script, target, folder, env);
  return { ...measured, storedBytes: await sizeOf(repository) };
}

/** The environment in which there is a restic, or why there is none. */
export async function findRestic(): Promise<{ environment: NodeJS.ProcessEnv } | { reason: string }> {
  const { PATH: path = '' } = process.env;
  if (path.split(delimiter).some((folder) => existsSync(join(folder, 'restic')))) return { environment: { PATH: path } };
  try {
    const { PATH, LD_LIBRARY_PATH } = await unpackedEnvironment(await bringDebianPackages(['restic']));
    return { environment: { PATH, LD_LIBRARY_PATH } };
  } catch (error) {
    return { reason: `no restic on PATH, and it cannot be brought: ${(error as Error).message}` };
  }
}

function shell(script: string, { server, database }: Target, folder: string, env: NodeJS.ProcessEnv): Promise<Measured> {
  const own = postgresEnvironment(server.binaries);
  return measureShell(script, folder, {
    ...own, ...env, PATH: [own.PATH, env.PATH].filter(Boolean).join(delimiter),
    PGHOST: server.socketDirectory, PGPORT: String(server.port), PGDATABASE: database,
    PGUSER: server.superuser, PGPASSWORD: server.password,
  });
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
