import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import { trusted } from '../../runtime/database-tls';
import { IntegrityError, TransientError } from '../../runtime/errors';
import type { ServerAddress } from './connection';
import { failureOf, type FailureScene } from './failures';
import type { Family } from './flavors';
import { seriesOf } from './server-tools';
import { startTlsRelay } from './tls-relay';
import { type ClientTools, toolEnvironment } from './tools';

/** Where a program of the family connects to. */
export type ToolTarget =
  | { readonly server: ServerAddress; readonly tls: MySqlConfig['tls'] }
  | { readonly socket: string; readonly user: string; readonly password: string };

export interface DumpToolProps {
  readonly tools: ClientTools;
  readonly target: ToolTarget;
  readonly database: string;
  /** Options before the database, and what stands after it. */
  readonly options: readonly string[];
  readonly tables: readonly string[];
  readonly scratchDirectory: string;
  readonly signal: AbortSignal;
}

export interface RunningDump {
  readonly stdout: Readable;
  /** Resolves after exit code 0 and a silent stderr. @throws RunError by what the tool says */
  readonly ended: Promise<void>;
  kill(): void;
}

/** Warnings that say nothing about what the dump holds. Any other fails the run. */
const KNOWN_WARNINGS = [/^Warning: A partial dump from a server that has GTIDs/, /Using a password on the command line interface can be insecure/];
const STDERR_LIMIT = 64 * 1024;
const KILL_MILLISECONDS = 2000;

/**
 * Options of every dump. Binary columns are in hexadecimal, for BIT comes raw otherwise and no character set fits all bytes; statements of
 * a megabyte load several times faster than small ones; dates are in UTC.
 */
export const COMMON_OPTIONS = [
  '--single-transaction', '--quick', '--hex-blob', '--tz-utc', '--default-character-set=utf8mb4', '--no-tablespaces', '--skip-dump-date',
  '--net-buffer-length=1M', '--max-allowed-packet=1G',
] as const;

/** Rows and nothing else, in an order that a restore repeats: of the primary key, as InnoDB keeps them. */
export const ROW_OPTIONS = [...COMMON_OPTIONS, '--no-create-info', '--skip-triggers', '--skip-add-locks', '--skip-disable-keys', '--no-autocommit'] as const;

/** Starts the family's dump tool. Its password is in a file that only this user reads, and never in argv or environment. */
export async function startDump(props: DumpToolProps): Promise<RunningDump> {
  const { tools, target, database, options, tables, scratchDirectory, signal } = props;
  signal.throwIfAborted();
  const base = join(scratchDirectory, `client-${randomBytes(6).toString('hex')}`);
  const relay = await relayOf(base, target);
  const files = await writeOptionFile(base, relay?.target ?? target, tools.family);
  const [program, ...rest] = [...tools.before, tools.dump];
  const child = spawn(program, [...rest, `--defaults-file=${base}.cnf`, ...options, ...familyOptions(tools), '--', database, ...tables], {
    stdio: ['ignore', 'pipe', 'pipe'], env: toolEnvironment(tools.dump),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < STDERR_LIMIT) said += text;
  });
  let killer: NodeJS.Timeout | undefined;
  let ours = false;
  const kill = (): void => {
    // What it says of its end is no reason then.
    ours ||= child.exitCode === null && child.signalCode === null;
    // A child counts as ended only when nobody can read from it any more.
    child.stdout.destroy();
    child.kill('SIGTERM');
    killer ??= setTimeout(() => child.kill('SIGKILL'), KILL_MILLISECONDS);
  };
  signal.addEventListener('abort', kill, { once: true });
  const ended = new Promise<{ code: number | null; by: string | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, by) => resolve({ code, by }));
  }).finally(async () => {
    clearTimeout(killer);
    signal.removeEventListener('abort', kill);
    for (const file of files) await rm(file, { force: true });
    await relay?.close();
  }).then(({ code, by }) => {
    signal.throwIfAborted();
    if (ours) throw new TransientError('TOOL_KILLED', `The dump tool of database "${database}" was ended before its time.`, 'It is tried again.');
    judge({ tool: tools.family === 'mysql' ? 'mysqldump' : 'mariadb-dump', code, by, said }, sceneOf(target, database));
  });
  ended.catch(() => undefined);
  return { stdout: child.stdout, ended, kill };
}

/** At the near end of a tunnel the programs would check the server's certificate for that end: they are given a socket instead. */
async function relayOf(base: string, target: ToolTarget): Promise<{ readonly target: ToolTarget; close(): Promise<void> } | undefined> {
  if (!('server' in target)) return undefined;
  const { server, tls } = target;
  if (!server.through || tls.mode !== 'verify-full' || server.host === server.through.host) return undefined;
  const { socket, close } = await startTlsRelay(`${base}.sock`, server, tls);
  return { target: { socket, user: server.user, password: await server.password() }, close };
}

/** Since then the tool asks for masking policies, which are the server's and not a database's, with a right of its own. */
const MASKING_SERIES = 907;

/** Without these MySQL's tool asks for rights that a managed host gives nobody (tried by others, MySQL bug 109685). */
function familyOptions({ family, version }: ClientTools): string[] {
  if (family !== 'mysql') return [];
  return ['--set-gtid-purged=OFF', '--column-statistics=0', ...seriesOf(version) >= MASKING_SERIES ? ['--skip-masking-policies'] : []];
}

function sceneOf(target: ToolTarget, database: string): FailureScene {
  return 'server' in target
    ? { host: target.server.host, port: target.server.port, user: target.server.user, database }
    : { host: target.socket, port: 0, user: target.user, database };
}

/** Writes what every program of the family reads first; returns the files, which their user removes. */
export async function writeOptionFile(base: string, target: ToolTarget, family: Family): Promise<string[]> {
  const file = `${base}.cnf`;
  const lines: Record<string, string> = {};
  const files = [file];
  if ('server' in target) {
    const { server, tls } = target;
    const { host, port } = server.through ?? server;
    Object.assign(lines, { protocol: 'tcp', host, port: String(port), user: server.user, password: await server.password() });
    if (tls.mode === 'verify-full') {
      await writeFile(`${base}.pem`, await trusted(server.authority), { mode: 0o600 });
      files.push(`${base}.pem`);
      lines['ssl-ca'] = `${base}.pem`;
    }
    if (family === 'mysql') {
      lines['ssl-mode'] = { 'verify-full': 'VERIFY_IDENTITY', require: 'REQUIRED', disable: 'DISABLED' }[tls.mode];
      // A server that has forgotten the password's digest wants it whole, and without TLS only for its own key.
      if (tls.mode === 'disable') lines['get-server-public-key'] = '';
    }
    if (family === 'mariadb') Object.assign(lines, tls.mode === 'disable' ? { 'skip-ssl': '' } : { ssl: '', [tls.mode === 'verify-full' ? 'ssl-verify-server-cert' : 'skip-ssl-verify-server-cert']: '' });
  } else {
    Object.assign(lines, { protocol: 'socket', socket: target.socket, user: target.user, password: target.password });
    // MariaDB's client of 11.4 and newer asks for TLS on a socket too, where a relay has none to offer and it protects nothing.
    if (family === 'mariadb') lines['skip-ssl'] = '';
  }
  const text = Object.entries(lines).map(([name, value]) => (value === '' && name !== 'password' ? name : `${name}="${escaped(value)}"`)).join('\n');
  await writeFile(file, `[client]\n${text}\n`, { mode: 0o600 });
  return files;
}

/** Escapes of option files (MariaDB, "Configuring MariaDB with Option Files"). */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
}

interface ToolEnd {
  readonly tool: string;
  readonly code: number | null;
  readonly by: string | null;
  readonly said: string;
}

/** What the server's numbers are called by the client library, where the sentence depends on it. */
const NAMES: Readonly<Record<string, string>> = {
  1044: 'ER_DBACCESS_DENIED_ERROR', 1045: 'ER_ACCESS_DENIED_ERROR', 1049: 'ER_BAD_DB_ERROR', 1053: 'ER_SERVER_SHUTDOWN', 1142: 'ER_TABLEACCESS_DENIED_ERROR',
  1143: 'ER_COLUMNACCESS_DENIED_ERROR', 1146: 'ER_NO_SUCH_TABLE', 1194: 'ER_CRASHED_ON_USAGE', 1195: 'ER_CRASHED_ON_REPAIR', 1205: 'ER_LOCK_WAIT_TIMEOUT',
  1227: 'ER_SPECIFIC_ACCESS_DENIED_ERROR', 1317: 'ER_QUERY_INTERRUPTED', 1370: 'ER_PROCACCESS_DENIED_ERROR', 1412: 'ER_TABLE_DEF_CHANGED', 1927: 'ER_CONNECTION_KILLED',
  2002: 'ECONNREFUSED', 2003: 'ECONNREFUSED', 2005: 'ENOTFOUND', 2006: 'PROTOCOL_CONNECTION_LOST', 2013: 'PROTOCOL_CONNECTION_LOST', 2026: 'HANDSHAKE_SSL_ERROR',
};

function judge({ tool, code, by, said }: ToolEnd, scene: FailureScene): void {
  const lines = said.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  if (by !== null) {
    throw new TransientError('TOOL_KILLED', `${tool} of database "${scene.database}" was ended by ${by}.`, 'It is tried again; SIGKILL mostly means that the worker has too little memory.');
  }
  if (code !== 0) {
    const told = lines.slice(0, 4).join(' | ') || `it ended with exit code ${code}`;
    const number = /(?:Error:? |error: |\()(\d{4})\b/.exec(told)?.[1] ?? '';
    throw failureOf(Object.assign(new Error(`${tool}: ${told.replace(new RegExp(`^${tool}: `), '')}`), { code: NAMES[number] ?? '' }), scene);
  }
  const unknown = lines.filter((line) => !KNOWN_WARNINGS.some((known) => known.test(line)));
  if (unknown.length > 0) {
    throw new IntegrityError(
      'UNKNOWN_WARNING', `${tool} ${scene.database} exited 0 but warned: ${unknown.slice(0, 4).join(' | ')}.`,
      'Find out what the copy lacks by it; a warning that is harmless is added to the list of known ones.',
    );
  }
}
