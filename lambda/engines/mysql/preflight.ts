import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import { RefusedError } from '../../runtime/errors';
import type { Session } from './connection';
import { flavorOf, isTiDb } from './flavors';
import { seriesOf } from './server-tools';

/** 6.5, as a series. */
const OLDEST_TIDB = 605;

/** What a server says of itself; a scratch server is set up alike. */
export interface ServerFacts {
  /** Such as `10.11.19`. */
  readonly version: string;
  readonly databases: readonly string[];
  readonly sqlMode: string;
  readonly lowerCaseTableNames: number;
  readonly maximumPacketBytes: number;
  readonly characterSet: string;
  readonly collation: string;
  /** Whether it writes a binary log, by which two sessions know that they see one state. */
  readonly binaryLog: boolean;
  readonly readOnly: boolean;
  /** Of TiDB: whether it compares every text by its bytes, whatever its collation is called. */
  readonly binaryCollations?: boolean;
  /** Bytes of tables and indexes, an estimate. */
  readonly bytes: number;
}

interface Variables {
  version: string;
  sqlMode: string;
  lowerCase: number;
  packet: number;
  characterSet: string;
  collation: string;
  binaryLog: number;
  readOnly: number;
}

/** @throws RefusedError WRONG_FLAVOR, SERVER_TOO_OLD, UNKNOWN_DATABASE, NO_DATABASE_NAMED, EMPTY_DATABASE */
export async function preflight(session: Session, config: MySqlConfig, named: string | undefined): Promise<ServerFacts> {
  const tidb = isTiDb(config) ? await preflightTiDb(session) : undefined;
  const [facts] = await session.rows<Variables>(
    `SELECT VERSION() AS version, @@GLOBAL.sql_mode AS sqlMode, @@lower_case_table_names AS lowerCase, @@GLOBAL.max_allowed_packet AS packet,
       @@GLOBAL.character_set_server AS characterSet, @@GLOBAL.collation_server AS collation,
       ${tidb ? '0' : '@@GLOBAL.log_bin'} AS binaryLog, ${tidb ? '0' : '@@GLOBAL.read_only'} AS readOnly`,
  );
  if (!tidb) refuseOtherFamily(facts.version, config);
  const databases = await chooseDatabases(session, config, named);
  const [{ bytes }] = await session.rows<{ bytes: string | number | null }>(
    'SELECT SUM(DATA_LENGTH + INDEX_LENGTH) AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?)', [databases],
  );
  return {
    version: tidb?.version ?? /^\d+(\.\d+)*/.exec(facts.version)?.[0] ?? facts.version,
    databases, sqlMode: facts.sqlMode, lowerCaseTableNames: Number(facts.lowerCase), maximumPacketBytes: Number(facts.packet),
    characterSet: facts.characterSet, collation: facts.collation,
    binaryLog: Number(facts.binaryLog) === 1, readOnly: Number(facts.readOnly) === 1,
    bytes: Number(bytes ?? 0), ...tidb?.binaryCollations ? { binaryCollations: true } : {},
  };
}

/** The wrong family's tool exits 0 with a dump that does not restore. */
function refuseOtherFamily(version: string, config: MySqlConfig): void {
  const { family, title } = flavorOf(config);
  const found = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
  // TiDB calls itself MySQL, and takes part in no snapshot of its tools.
  if (found === family && !/tidb/i.test(version)) return;
  throw new RefusedError(
    'WRONG_FLAVOR', `The policy says ${title}, and the server says "${version}" of itself.`,
    'Name the flavor that it is: each needs its own dump tool and scratch server, and another one\'s copy would not restore.',
  );
}

async function chooseDatabases(session: Session, config: MySqlConfig, named: string | undefined): Promise<string[]> {
  const host = new Set(flavorOf(config).hostDatabases);
  const found = await session.rows<{ name: string }>('SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME');
  const own = found.map(({ name }) => name).filter((name) => !host.has(name.toLowerCase()));
  const wanted = config.databases ?? (named === undefined ? undefined : [named]);
  if (wanted === undefined) {
    throw new RefusedError('NO_DATABASE_NAMED', 'Neither the policy nor the connection\'s secret names a database.', 'Add "dbname" to the secret, or name databases in the source.');
  }
  const chosen = wanted === 'all' ? own : [...wanted];
  const missing = chosen.filter((name) => !own.includes(name));
  if (missing.length > 0) {
    throw new RefusedError(
      'UNKNOWN_DATABASE', `The server has no database ${missing.map((name) => `"${name}"`).join(', ')} that user "${session.scene.user}" sees.`,
      'Correct the name in "databases" or in the secret, or grant the user rights on it.',
    );
  }
  if (chosen.length === 0) {
    throw new RefusedError('EMPTY_DATABASE', 'The server has no database but its own.', 'Create one, or correct the connection.');
  }
  return chosen;
}

/** What a TiDB server says of itself where it is asked in TiDB's own words. */
async function preflightTiDb(session: Session): Promise<{ version: string; binaryCollations: boolean }> {
  const [{ text }] = await session.rows<{ text: string }>('SELECT TIDB_VERSION() AS text').catch((cause: unknown) => {
    throw new RefusedError('WRONG_FLAVOR', 'The policy says TiDB, and the server does not know TIDB_VERSION().', 'Name the flavor that it is.', { cause });
  });
  // TiDB, "Information Functions": "Release Version: v8.5.1" in its first line.
  const version = /Release Version: v?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? '';
  if (seriesOf(version) < OLDEST_TIDB) {
    throw new RefusedError('SERVER_TOO_OLD', `The server is TiDB ${version || text.split('\n')[0]}.`, 'Upgrade it to 6.5 or newer: before, a transaction does not hold garbage collection back for certain.');
  }
  // TiDB, "Character Set and Collation": without the new framework every collation compares bytes.
  const [{ alike }] = await session.rows<{ alike: number | string }>('SELECT \'a\' = \'A\' COLLATE utf8mb4_general_ci AS alike');
  return { version, binaryCollations: Number(alike) === 0 };
}
