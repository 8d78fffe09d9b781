import { randomBytes } from 'node:crypto';
import type { Manifest } from '../../../lib/contract/manifest';
import type { EngineContext, Scratch } from '../../runtime/engine';
import { full } from '../../runtime/scratch-process';
import { grantedName, quoteIdent } from './connection';
import { DIALECTS } from './dialect';
import { FLAVORS, isTiDb } from './flavors';
import { parseNotes } from './parse-notes';
import { openTarget, type TargetConnection } from './restore-target';
import { startServer } from './scratch-server';
import { chooseServer } from './server-tools';
import { otherServer, sqlModeForMySql } from './tidb-schema';

/** TiDB, "MySQL Compatibility": that of MySQL 8.0. */
const MYSQL_LIKE_TIDB = '8.0.11';
/** How long an assertion may run. */
const ASSERTION_SECONDS = 300;

/**
 * A throwaway server of the copy's family, empty, with two logins beside the administrator's: a loader, who may write the copy's databases
 * and name definers, and a reader. Neither may read or write a file of the server, and nothing of the copy runs as the administrator.
 *
 * @throws RefusedError SCRATCH_TOOLS, SCRATCH_USER, SCRATCH_FULL, SCRATCH_START
 */
export async function startScratch(context: EngineContext<unknown>, manifest: Manifest): Promise<Scratch> {
  const notes = parseNotes(manifest);
  const tidb = isTiDb(notes);
  const { tools, exceptions } = await chooseServer(FLAVORS[notes.flavor].family, tidb ? MYSQL_LIKE_TIDB : manifest.source.version);
  // A file system of a worker tells large letters from small ones.
  const settings = tidb ? { ...notes.settings, sqlMode: sqlModeForMySql(notes.settings.sqlMode), lowerCaseTableNames: 0 } : notes.settings;
  const server = await startServer(tools, context.scratchDirectory, settings, context.signal);
  const mark = randomBytes(6).toString('hex');
  const login = (user: string) => ({ user, password: randomBytes(24).toString('hex') });
  const connection: TargetConnection = {
    socket: server.socket, family: tools.family, serverVersion: tools.version,
    administrator: login('root'), loader: login(`loader_${mark}`), reader: login(`reader_${mark}`), exceptions: tidb ? [otherServer(tools.version)] : exceptions,
    ...tidb ? { otherServer: true } : {},
    cuts: new Map(notes.databases.map((database) => [
      database.name, new Map(database.tables.flatMap(({ name, slices }) => (slices ? [[name, slices] as const] : []))),
    ])),
    diskFull: async (error) => ((await server.isFull()) ? full(await server.sizeBytes(), error) : undefined),
  };
  try {
    await createLogins(connection, notes.databases.map(({ name }) => name), context.signal);
  } catch (error) {
    const reason = await connection.diskFull?.(error);
    await server.stop();
    throw reason ?? error;
  }
  const first = notes.databases[0].name;
  return {
    connection, version: tools.version, tools: { mariadbd: tools.version },
    query: (query, database = first) => ask(connection, query, database, context.signal),
    stop: () => server.stop(),
  };
}

async function createLogins(connection: TargetConnection, databases: readonly string[], signal: AbortSignal): Promise<void> {
  const fresh = await openTarget(connection, { user: 'root', password: '' }, undefined, signal);
  const { administrator, loader, reader } = connection;
  try {
    const dialect = DIALECTS[connection.family];
    for (const { user, host } of await fresh.rows<{ user: string; host: string }>(dialect.strayAccounts)) {
      await fresh.run(`DROP USER '${user}'@'${host.replaceAll('\'', '\\\'')}'`);
    }
    for (const { user, password } of [loader, reader]) await fresh.run(`CREATE USER '${user}'@'localhost' IDENTIFIED BY '${password}'`);
    await fresh.run(dialect.namesDefiners(`'${loader.user}'@'localhost'`));
    for (const database of databases) {
      await fresh.run(`CREATE DATABASE ${quoteIdent(database)}`);
      const exact = grantedName(database);
      await fresh.run(`GRANT ALL PRIVILEGES ON ${exact}.* TO '${loader.user}'@'localhost'`);
      await fresh.run(`GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON ${exact}.* TO '${reader.user}'@'localhost'`);
    }
    await fresh.run(dialect.readsRoutines(`'${reader.user}'@'localhost'`));
    await fresh.run(`ALTER USER 'root'@'localhost' IDENTIFIED BY '${administrator.password}'`);
  } finally {
    await fresh.close();
  }
}

/** One statement of the policy's own, in a read-only transaction, as a user that reads and may do nothing else. */
async function ask(connection: TargetConnection, query: string, database: string, signal: AbortSignal): Promise<string | null> {
  const session = await openTarget(connection, connection.reader, database, signal);
  try {
    await session.run(DIALECTS[connection.family].limitStatements(ASSERTION_SECONDS));
    await session.run('START TRANSACTION READ ONLY');
    const [row] = await session.rows<Record<string, unknown>>(query);
    const value = row === undefined ? null : Object.values(row)[0];
    return value === null || value === undefined ? null : Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
  } finally {
    await session.close();
  }
}
