import { randomBytes } from 'node:crypto';
import type { Manifest } from '../../../lib/contract/manifest';
import type { EngineContext, Scratch } from '../../runtime/engine';
import { full } from '../../runtime/scratch-process';
import { quoteIdent, quoteLiteral } from './copy-format';
import { PostgresNotes } from './notes';
import { connectTarget, disconnect, textRows, type TargetConnection } from './restore-target';
import { SCRATCH_PORT, startServer } from './scratch-server';
import { chooseServer } from './server-tools';

/** How long an assertion may run. */
const ASSERTION_MILLISECONDS = 5 * 60 * 1000;

/**
 * A throwaway server of the copy's major version, empty, with three logins: a superuser that runs nothing of the copy, a loader and a
 * reader. Where the worker is root the server has another uid; elsewhere it could read `/proc/<worker>/environ`, and what keeps it from
 * that is that no code of the copy ever runs as a superuser or as a member of a role that reads files.
 *
 * @throws RefusedError SCRATCH_TOOLS, SCRATCH_USER, SCRATCH_FULL, SCRATCH_START
 */
export async function startScratch(context: EngineContext<unknown>, manifest: Manifest): Promise<Scratch> {
  const { tools, exceptions } = await chooseServer(manifest.source.version);
  // No role of the source can have these names.
  const mark = randomBytes(6).toString('hex');
  const server = await startServer(tools, context.scratchDirectory, `scratch_${mark}`, context.signal);
  const password = (): string => randomBytes(24).toString('base64url');
  const connection: TargetConnection = {
    host: server.socketDirectory,
    port: SCRATCH_PORT,
    maintenanceDatabase: 'template1',
    administrator: { user: server.superuser, password: server.password },
    loader: { user: `loader_${mark}`, password: password() },
    reader: { user: `reader_${mark}`, password: password() },
    stubs: `stubs_${mark}`,
    columns: new Map(),
    exceptions,
    tools: tools.folder,
    diskFull: async (error) => ((await server.isFull()) ? full(await server.sizeBytes(), error) : undefined),
  };
  try {
    await createLogins(connection, tools.major, context.signal);
  } catch (error) {
    const reason = await connection.diskFull?.(error);
    await server.stop();
    throw reason ?? error;
  }
  const first = manifest.source.databases[0];
  return {
    connection,
    version: tools.version,
    tools: { postgres: tools.version },
    query: (query, database = first) => ask(connection, query, database, settingsOf(manifest, database), context.signal),
    stop: () => server.stop(),
  };
}

async function createLogins(connection: TargetConnection, major: number, signal: AbortSignal): Promise<void> {
  const { loader, reader, stubs, administrator: login, maintenanceDatabase } = connection;
  const administrator = await connectTarget(connection, login, maintenanceDatabase, signal);
  try {
    const attributes = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS';
    await administrator.query(`CREATE ROLE ${quoteIdent(stubs ?? '')} NOLOGIN;
      CREATE ROLE ${loader.user} ${attributes} PASSWORD ${quoteLiteral(loader.password)} IN ROLE ${quoteIdent(stubs ?? '')};
      CREATE ROLE ${reader.user} ${attributes} PASSWORD ${quoteLiteral(reader.password)} IN ROLE ${major >= 14 ? 'pg_read_all_data' : loader.user}`);
  } finally {
    await disconnect(administrator);
  }
}

/** `ALTER DATABASE … SET` of the source, by which a team's SQL finds its tables. */
function settingsOf({ engineNotes }: Manifest, database: string): (readonly [string, string])[] {
  const notes = PostgresNotes.safeParse(engineNotes).data?.databases.find(({ name }) => name === database);
  return (notes?.settings ?? []).flatMap((setting) => {
    const at = setting.indexOf('=');
    return setting.startsWith('[') || at < 1 ? [] : [[setting.slice(0, at), setting.slice(at + 1)] as const];
  });
}

/** One statement of the policy's own, in a read-only transaction, as a role that reads everything and may do nothing else. */
async function ask(
  connection: TargetConnection, query: string, database: string, settings: readonly (readonly [string, string])[], signal: AbortSignal,
): Promise<string | null> {
  const client = await connectTarget(connection, connection.reader, database, signal);
  try {
    await client.query('RESET search_path');
    // What this login may not set decides nothing that a question may ask.
    for (const setting of settings) await client.query('SELECT pg_catalog.set_config($1, $2, false)', [...setting]).catch(() => undefined);
    await client.query(`SET statement_timeout = ${ASSERTION_MILLISECONDS}; SET row_security = off; BEGIN READ ONLY`);
    // The extended protocol takes one statement only, so a query cannot end the transaction and go on.
    const rows = await textRows(client, query, []);
    return rows[0]?.[0] ?? null;
  } finally {
    await disconnect(client);
  }
}
