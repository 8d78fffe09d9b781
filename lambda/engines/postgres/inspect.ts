import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import type { EngineContext, Inspection } from '../../runtime/engine';
import { RefusedError } from '../../runtime/errors';
import { applicationName, openSession, readServer } from './connection';
import type { SessionPlace } from './connection';
import { firstDatabase, preflight } from './preflight';
import type { ServerFacts } from './preflight';
import { isEmpty, refuseWhatIsHidden, survey } from './survey';
import { chooseTools, findTools } from './tools';
import type { ClientTools } from './tools';

export interface Looked {
  readonly server: ServerFacts;
  readonly tools: ClientTools;
  /** The first database's place; others differ by name. */
  readonly place: SessionPlace;
}

const FLAVOR_NAMES: Readonly<Record<PostgresConfig['flavor'], string>> = {
  'self-hosted': 'PostgreSQL', rds: 'RDS for PostgreSQL', aurora: 'Aurora PostgreSQL', supabase: 'Supabase', neon: 'Neon',
};

/**
 * Looks at the server and at every database, so that what cannot be copied whole is refused before anything is written.
 *
 * @throws RefusedError POOLER, SERVER_NEWER_THAN_TOOLS, NO_PERMISSION, ROW_SECURITY, EMPTY_DATABASE and those of the connection
 */
export async function lookAt(context: EngineContext<PostgresConfig>): Promise<Looked> {
  const { config, signal, log } = context;
  signal.throwIfAborted();
  const address = await readServer(context);
  const place: SessionPlace = {
    server: address, tls: config.tls, database: firstDatabase(config, address.database), applicationName: applicationName(context),
  };
  const server = await preflight(place, config);
  const tools = chooseTools(await findTools(), server.major);
  if (config.majorVersion !== undefined && config.majorVersion !== server.major) {
    log.warn('the server has another major version than declared', { declared: config.majorVersion, found: server.major });
  }
  if (server.databases.length === 0) {
    throw new RefusedError('EMPTY_DATABASE', 'The server has no database but templates and the host\'s own.', 'Create one, or correct the connection.');
  }
  const empty: string[] = [];
  for (const database of server.databases) {
    signal.throwIfAborted();
    const session = await openSession({ ...place, database });
    try {
      const found = await survey(session, config, server);
      refuseWhatIsHidden(found, session);
      if (isEmpty(found)) empty.push(database);
      else if (found.selection.rows.length === 0 && found.selection.excluded.length > 0) {
        throw new RefusedError(
          'NOTHING_SELECTED', `The policy's table patterns leave no table of database "${database}" with rows.`, 'Correct "tables": patterns are schema.table, * for any characters.',
        );
      }
    } finally {
      await session.close();
    }
  }
  // Of all databases some may be empty; one that somebody named, or all of them, means a wrong address or a loss.
  if (empty.length > 0 && (config.databases !== 'all' || empty.length === server.databases.length)) {
    throw new RefusedError(
      'EMPTY_DATABASE',
      `Database ${empty.map((name) => `"${name}"`).join(', ')} has no table, view or other object of an application.`,
      'Check that it is the right database; if its content was lost, restore it from an earlier copy.',
    );
  }
  return { server, tools, place };
}

export async function inspect(context: EngineContext<PostgresConfig>): Promise<Inspection> {
  const { server, tools } = await lookAt(context);
  return {
    version: server.version,
    description: describeServer(context.config, server),
    databases: [...server.databases],
    estimatedBytes: server.bytes,
    tools: { pg_dump: tools.version },
  };
}

export function describeServer(config: PostgresConfig, server: ServerFacts): string {
  return `${FLAVOR_NAMES[config.flavor]} ${server.version}${server.standby ? ' (standby)' : ''}`;
}
