import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import { IntegrityError, TransientError } from '../../runtime/errors';
import type { SessionPlace } from './connection';
import { failureOf } from './failures';
import { trusted } from '../../runtime/database-tls';
import type { ClientTools } from './tools';
import { toolEnvironment } from './tools';

export interface ArchiveProps {
  readonly tools: ClientTools;
  readonly place: SessionPlace;
  readonly tls: PostgresConfig['tls'];
  readonly snapshot: string;
  readonly largeObjects: boolean;
  readonly lockTimeoutSeconds: number;
  /** Quoted and qualified names. */
  readonly excluded: readonly string[];
  /** Quoted names. */
  readonly excludedSchemas: readonly string[];
  readonly scratchDirectory: string;
  readonly signal: AbortSignal;
}

/** Warnings that say nothing about what the archive holds. Any other fails the run. */
const KNOWN_WARNINGS = [
  /^pg_dump: warning: there are circular foreign-key constraints/,
  /^pg_dump: (warning|detail|hint): You might not be able to restore the dump without using --disable-triggers/,
  /^pg_dump: (hint|detail): Consider using a full dump instead of a --data-only dump/,
  /^pg_dump: (detail|hint):? *[\w".$ ]+$/,
];

const STDERR_LIMIT = 64 * 1024;
const KILL_MILLISECONDS = 2000;

/**
 * `pg_dump` without rows of the exported snapshot into `out`, large objects included. Resolves only after exit code 0 and a silent stderr.
 *
 * @throws RunError by what pg_dump says
 */
export async function writeArchive(props: ArchiveProps, out: Writable): Promise<void> {
  const { place, tools, scratchDirectory, signal } = props;
  const { server, database } = place;
  // One a database and attempt; nobody else may read it while it is there.
  const passFile = join(scratchDirectory, `pgpass-${process.pid}-${props.snapshot.replaceAll(/[^A-Za-z0-9-]/g, '')}`);
  const rootFile = `${passFile}.pem`;
  const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
  try {
    await writeFile(passFile, `*:*:*:*:${escape(await server.password())}\n`, { mode: 0o600 });
    if (props.tls.mode === 'verify-full') await writeFile(rootFile, await trusted(server.authority), { mode: 0o600 });
    const child = spawn(join(tools.bin, 'pg_dump'), arguments_(props), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: toolEnvironment(tools.bin, {
        HOME: scratchDirectory,
        PGHOST: server.host,
        ...(server.through ? { PGHOSTADDR: server.through.host } : {}),
        PGPORT: String((server.through ?? server).port),
        PGUSER: server.user,
        PGDATABASE: database,
        PGPASSFILE: passFile,
        PGAPPNAME: place.applicationName,
        PGCONNECT_TIMEOUT: '20',
        ...libpqTls(props.tls, rootFile),
      }),
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < STDERR_LIMIT) said += text;
    });
    let killer: NodeJS.Timeout | undefined;
    const kill = (): void => {
      child.kill('SIGTERM');
      killer ??= setTimeout(() => child.kill('SIGKILL'), KILL_MILLISECONDS);
    };
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, by) => resolve({ code, signal: by }));
    });
    try {
      // The part is the caller's to end: only after the exit code is it whole.
      const [flow, exit] = await Promise.allSettled([pipeline(child.stdout, out, { end: false }), ended]);
      signal.throwIfAborted();
      if (exit.status === 'rejected') throw exit.reason;
      judge(exit.value, said, place);
      if (flow.status === 'rejected') throw flow.reason;
    } finally {
      kill();
      await ended.catch(() => undefined);
      clearTimeout(killer);
      signal.removeEventListener('abort', kill);
    }
  } finally {
    await rm(passFile, { force: true });
    await rm(rootFile, { force: true });
  }
}

/** libpq's words; `rootFile` holds `trusted()`. */
function libpqTls(tls: PostgresConfig['tls'], rootFile: string): Record<string, string> {
  if (tls.mode !== 'verify-full') return { PGSSLMODE: tls.mode };
  return { PGSSLMODE: 'verify-full', PGSSLROOTCERT: rootFile };
}

function arguments_(props: ArchiveProps): string[] {
  return [
    '--format=custom', '--compress=1', '--no-password', '--no-subscriptions', '--no-security-labels',
    `--snapshot=${props.snapshot}`, `--lock-wait-timeout=${props.lockTimeoutSeconds * 1000}`,
    // --schema-only drops large objects whatever --blobs says (tried with 15): then everything is asked for, and no table's data.
    ...(props.largeObjects ? ['--blobs', '--exclude-table-data=*.*'] : ['--schema-only']),
    ...props.excludedSchemas.map((name) => `--exclude-schema=${pattern(name)}`),
    ...props.excluded.map((name) => `--exclude-table=${pattern(name)}`),
  ];
}

/** In pg_dump's patterns only what stands in double quotes is taken as it is. */
function pattern(quoted: string): string {
  return quoted.replaceAll(/"(?:[^"]|"")*"|[^".]+/g, (part) => (part.startsWith('"') ? part : `"${part}"`));
}

function judge(exit: { code: number | null; signal: string | null }, said: string, place: SessionPlace): void {
  const lines = said.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const { server, database } = place;
  if (exit.signal !== null) {
    throw new TransientError(
      'TOOL_KILLED', `pg_dump of database "${database}" was ended by ${exit.signal}.`,
      'It is tried again; SIGKILL mostly means that the worker has too little memory.',
    );
  }
  if (exit.code !== 0) {
    const told = lines.filter((line) => !/^pg_dump: (detail|hint): Query was/.test(line)).slice(0, 4).join(' | ') || `it ended with exit code ${exit.code}`;
    throw failureOf(Object.assign(new Error(`pg_dump: ${told.replace(/^pg_dump: error: /, '')}`), { code: stateOf(told) }), {
      host: server.host, port: server.port, user: server.user, database,
    });
  }
  const unknown = lines.filter((line) => !KNOWN_WARNINGS.some((known) => known.test(line)));
  if (unknown.length > 0) {
    throw new IntegrityError(
      'UNKNOWN_WARNING',
      `pg_dump ${place.database} exited 0 but warned: ${unknown.slice(0, 4).join(' | ')}.`,
      'Find out what the copy lacks by it; a warning that is harmless is added to the list of known ones.',
    );
  }
}

/** pg_dump prints no SQLSTATE: the ones that decide whether to try again are known by their words. */
function stateOf(told: string): string {
  if (/permission denied/.test(told)) return '42501';
  if (/canceling statement due to (lock|statement) timeout|could not obtain lock/.test(told)) return '55P03';
  if (/password authentication failed/.test(told)) return '28P01';
  if (/out of shared memory/.test(told)) return '53200';
  if (/conflict with recovery/.test(told)) return '40001';
  if (/terminating connection|server closed the connection|connection to server|SSL connection has been closed|could not receive data/.test(told)) return '08006';
  return '';
}
