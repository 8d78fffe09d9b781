import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { EngineContext, Inspection } from '../../runtime/engine';
import { RefusedError } from '../../runtime/errors';
import { openSession, readServer, type Session, type SessionPlace } from './connection';
import { flavorOf, isTiDb } from './flavors';
import { preflight, type ServerFacts } from './preflight';
import { survey } from './survey';
import { readingSeconds, readLife, refuseShortLife } from './tidb-life';
import { requireInitCommand } from './tidb-dump';
import { type ClientTools, findTools } from './tools';

export interface Looked {
  readonly session: Session;
  readonly server: ServerFacts;
  readonly tools: ClientTools;
  readonly place: SessionPlace;
}

/**
 * Looks at the server and at every database, so that what cannot be copied whole is refused before anything is written. The session is
 * the caller's to close.
 *
 * @throws RefusedError WRONG_FLAVOR, NO_TOOLS, NO_PERMISSION, NON_TRANSACTIONAL, EMPTY_DATABASE, GC_TOO_SHORT and those of the connection
 */
export async function lookAt(context: EngineContext<MySqlConfig>): Promise<Looked> {
  const { config, signal } = context;
  signal.throwIfAborted();
  const address = await readServer(context);
  const place: SessionPlace = { server: address, tls: config.tls };
  const session = await openSession(place);
  try {
    const server = await preflight(session, config, address.database);
    const tools = await findTools(flavorOf(config).family);
    if (isTiDb(config)) {
      await requireInitCommand(tools);
      refuseShortLife(config, await readLife(session), readingSeconds(config, server));
    }
    const empty: string[] = [];
    for (const database of server.databases) {
      signal.throwIfAborted();
      const found = await survey(session, config, database);
      if (found.relations.length === 0 && found.routines.length === 0) empty.push(database);
      else if (found.rows.length === 0 && found.excluded.length > 0) {
        throw new RefusedError('NOTHING_SELECTED', `The policy's table patterns leave no table of database "${database}" with rows.`, 'Correct "tables": patterns are database.table, * for any characters.');
      }
    }
    // Of all databases some may be empty; one that somebody named, or all of them, means a wrong address or a loss.
    if (empty.length > 0 && (config.databases !== 'all' || empty.length === server.databases.length)) {
      throw new RefusedError(
        'EMPTY_DATABASE', `Database ${empty.map((name) => `"${name}"`).join(', ')} has no table, view or routine of an application.`,
        'Check that it is the right database; if its content was lost, restore it from an earlier copy.',
      );
    }
    return { session, server, tools, place };
  } catch (error) {
    await session.close();
    throw error;
  }
}

export async function inspect(context: EngineContext<MySqlConfig>): Promise<Inspection> {
  const { session, server, tools } = await lookAt(context);
  await session.close();
  return {
    version: server.version, description: describeServer(context.config, server), databases: [...server.databases],
    estimatedBytes: server.bytes, tools: toolVersions(tools),
  };
}

export function describeServer(config: MySqlConfig, server: ServerFacts): string {
  return `${flavorOf(config).title} ${server.version}${server.readOnly ? ' (read only)' : ''}`;
}

export function toolVersions({ family, version }: ClientTools): Record<string, string> {
  return { [family === 'mysql' ? 'mysqldump' : 'mariadb-dump']: version };
}
