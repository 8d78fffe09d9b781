import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { bringDebianPackages, unpackedEnvironment } from '../rehearsal/servers/debian-packages';
import { postgresEnvironment } from '../rehearsal/servers/postgres-binaries';
import type { PostgresServer } from '../rehearsal/servers/postgres-server';
import { watchCpu } from './cpu-clock';
import { watchMemory, type MemoryPeaks } from './memory-sampler';

export interface Measured {
  readonly seconds: number;
  readonly storedBytes?: number;
  readonly memory: MemoryPeaks;
  /** Processor seconds by who spent them; see `watchCpu`. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
}

/** A command that did not do what is measured; its figure would be a lie. */
export class MeasurementError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'MeasurementError';
  }
}

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

async function shell(script: string, { server, database }: Target, folder: string, env: NodeJS.ProcessEnv): Promise<Measured> {
  const status = join(folder, 'status');
  await mkdir(folder, { recursive: true });
  await rm(status, { force: true });
  const own = postgresEnvironment(server.binaries);
  const memory = watchMemory();
  const cpu = watchCpu();
  const began = performance.now();
  const { code, said } = await new Promise<{ code: number | null; said: string }>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', script], {
      cwd: folder, stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...own, HOME: folder, TMPDIR: folder, ...env, PATH: [own.PATH, env.PATH].filter(Boolean).join(delimiter), STATUS: status,
        PGHOST: server.socketDirectory, PGPORT: String(server.port), PGDATABASE: database,
        PGUSER: server.superuser, PGPASSWORD: server.password,
      },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });
  const seconds = (performance.now() - began) / 1000;
  const cpuSeconds = cpu();
  const peaks = memory();
  const ended = (await readFile(status, 'utf8').catch(() => 'nothing')).trim();
  if (code !== 0 || ended !== '0') throw new MeasurementError(`${script} ended with ${code} and ${ended}: ${said.trim()}`);
  return { seconds, memory: peaks, cpuSeconds };
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
