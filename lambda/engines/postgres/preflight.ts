import { randomBytes } from 'node:crypto';
import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import { RefusedError, RunError } from '../../runtime/errors';
import { openSession } from './connection';
import type { Session, SessionPlace } from './connection';
import { FLAVORS } from './flavors';

export interface ServerFacts {
  /** `server_version_num`, such as 150018. */
  readonly versionNum: number;
  readonly major: number;
  /** Such as `15.18`. */
  readonly version: string;
  readonly standby: boolean;
  readonly superuser: boolean;
  readonly databases: readonly string[];
  /** Bytes on disk of these databases. */
  readonly bytes: number;
}

/** Oldest major version whose catalog the queries here know. */
const OLDEST_MAJOR = 13;
const PROBE_ROUNDS = 3;
const PROBE_MILLISECONDS = 10_000;

/** The database to connect to first: the one that is asked for, or one that knows of the others. */
export function firstDatabase(config: PostgresConfig, named: string | undefined): string {
  if (Array.isArray(config.databases)) return config.databases[0];
  if (config.databases === 'all') return named ?? 'postgres';
  if (named) return named;
  throw new RefusedError('NO_DATABASE_NAMED', 'Neither the policy nor the connection\'s secret names a database.', 'Add "dbname" to the secret, or set "databases".');
}

/**
 * Looks at the server before anything is read from it.
 *
 * @throws RefusedError POOLER, UNKNOWN_DATABASE, SERVER_TOO_OLD
 */
export async function preflight(place: SessionPlace, config: PostgresConfig): Promise<ServerFacts> {
  refusePoolerByAddress(place);
  const session = await openSession(place);
  try {
    await refusePooler(session, place);
    const [facts] = await session.rows<{ num: string; version: string; standby: boolean; superuser: boolean }>(
      `SELECT pg_catalog.current_setting('server_version_num') AS num, pg_catalog.current_setting('server_version') AS version,
         pg_catalog.pg_is_in_recovery() AS standby, pg_catalog.current_setting('is_superuser') = 'on' AS superuser`,
    );
    const versionNum = Number(facts.num);
    const major = Math.floor(versionNum / 10000);
    const version = facts.version.split(' ')[0];
    if (major < OLDEST_MAJOR) {
      throw new RefusedError('SERVER_TOO_OLD', `The server is PostgreSQL ${version}; the oldest that is read is ${OLDEST_MAJOR}.`, 'Upgrade the server.');
    }
    const databases = await listDatabases(session, config, place.database);
    return { versionNum, major, version, standby: facts.standby, superuser: facts.superuser, ...databases };
  } finally {
    await session.close();
  }
}

async function listDatabases(session: Session, config: PostgresConfig, first: string): Promise<{ databases: string[]; bytes: number }> {
  const rows = await session.rows<{ name: string; bytes: string | null; connect: boolean; open: boolean; template: boolean }>(
    `SELECT d.datname::pg_catalog.text AS name, pg_catalog.has_database_privilege(d.oid, 'CONNECT') AS connect, d.datallowconn AS open,
       d.datistemplate AS template,
       CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') THEN pg_catalog.pg_database_size(d.oid)::pg_catalog.text END AS bytes
     FROM pg_catalog.pg_database d ORDER BY d.datname COLLATE "C"`,
  );
  const host = new Set(FLAVORS[config.flavor].databases);
  const names = config.databases === 'all'
    ? rows.filter((row) => row.open && !row.template && !host.has(row.name)).map((row) => row.name)
    : config.databases ?? [first];
  const byName = new Map(rows.map((row) => [row.name, row]));
  const unknown = names.filter((name) => !byName.has(name));
  if (unknown.length > 0) {
    throw new RefusedError(
      'UNKNOWN_DATABASE',
      `The server has no database ${unknown.map((name) => `"${name}"`).join(', ')}.`,
      `Correct "databases"; there are ${rows.filter((row) => row.open && !row.template).map((row) => `"${row.name}"`).join(', ')}.`,
    );
  }
  const closed = names.filter((name) => !byName.get(name)?.connect);
  if (closed.length > 0) {
    throw new RefusedError(
      'NO_PERMISSION',
      `User "${session.scene.user}" may not connect to database ${closed.map((name) => `"${name}"`).join(', ')}.`,
      'GRANT CONNECT ON DATABASE … TO the role, or name the databases to copy.',
    );
  }
  return { databases: [...new Set(names)], bytes: names.reduce((sum, name) => sum + Number(byName.get(name)?.bytes ?? 0), 0) };
}

const POOLER_MEND = 'Use the direct host, or a session pooler: Supabase\'s pooler on port 5432 (not 6543), Neon\'s host without "-pooler", PgBouncer with pool_mode=session.';

/** Addresses that are known to pool by transaction. */
function refusePoolerByAddress({ server: { host, port } }: SessionPlace): void {
  const neon = /-pooler\.[^.]+(\.[^.]+)*\.neon\.(tech|build)$/.test(host);
  const supabase = port === 6543 && /\.supabase\.(com|co)$/.test(host);
  if (neon || supabase) {
    throw new RefusedError('POOLER', `${host}:${port} is a transaction pooler, which cannot hold one snapshot.`, POOLER_MEND);
  }
}

/**
 * A transaction pooler gives each transaction any server process. While a second connection holds the process that answered last, the
 * first one must still be answered by its own, with its own settings.
 */
async function refusePooler(session: Session, place: SessionPlace): Promise<void> {
  const mark = randomBytes(8).toString('hex');
  const seen = new Set<string>();
  const ask = async (): Promise<void> => {
    const [{ pid, found }] = await session.rows<{ pid: number; found: string }>(
      'SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.current_setting(\'backup_policy.probe\', true) AS found',
    );
    seen.add(`${pid} ${found}`);
  };
  await session.rows('SELECT pg_catalog.set_config(\'backup_policy.probe\', $1, false)', [mark]);
  await ask();
  const other = await openSession(place);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), PROBE_MILLISECONDS);
  });
  const probe = async (): Promise<void> => {
    for (let round = 0; round < PROBE_ROUNDS; round++) {
      await other.run('BEGIN');
      await other.rows('SELECT pg_catalog.pg_backend_pid()');
      await ask();
      await other.run('COMMIT');
      await ask();
    }
  };
  try {
    const outcome = await Promise.race([probe(), late]);
    if (outcome === 'late' || seen.size !== 1 || ![...seen][0].endsWith(` ${mark}`)) {
      throw new RefusedError(
        'POOLER',
        `${place.server.host}:${place.server.port} answers transactions of one connection by different server processes: a transaction pooler, which cannot hold one snapshot.`,
        POOLER_MEND,
      );
    }
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RefusedError('POOLER', 'The server did not keep a session.', POOLER_MEND, { cause: error });
  } finally {
    clearTimeout(timer);
    await other.close();
  }
}
