import type { CensusItem } from '../../../lib/contract/census';
import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import type { LeftOut } from '../../../lib/contract/manifest';
import type { Dumped, EngineContext, PartSink } from '../../runtime/engine';
import { applicationPrefix, openSession } from './connection';
import type { SessionPlace } from './connection';
import { write } from './copy-out';
import { dumpDatabase } from './database-dump';
import type { DatabaseDumped } from './database-dump';
import { FLAVORS } from './flavors';
import { readGlobals } from './globals';
import { readme, restoreScript } from './guide';
import { describeServer, lookAt } from './inspect';
import { listServerLeftOut } from './left-out';
import { PostgresNotes } from './notes';
import { endOrphans } from './watcher';

/** Reads every database, each from a snapshot of its own, into parts. The recovery point is that of the earliest. */
export async function dump(context: EngineContext<PostgresConfig>, sink: PartSink): Promise<Dumped> {
  const { config } = context;
  const { server, tools, place } = await lookAt(context);
  const flavor = FLAVORS[config.flavor];
  const globals = await readServerParts(context, place);

  const dumped: DatabaseDumped[] = [];
  for (const [index, database] of server.databases.entries()) {
    dumped.push(await dumpDatabase({ context, place: { ...place, database }, server, tools, directory: `db${index + 1}`, sink }));
  }
  context.signal.throwIfAborted();

  const recoveryPoint = new Date(Math.min(...dumped.map((one) => one.recoveryPoint.getTime())));
  const roles = [...new Set(dumped.flatMap((one) => one.roles))].sort();
  const notes = PostgresNotes.parse({
    version: 1,
    flavor: config.flavor,
    serverVersionNum: server.versionNum,
    standby: server.standby,
    databases: dumped.map((one) => one.notes),
    roles,
    hostRoles: roles.filter((role) => flavor.roles.includes(role)),
  } satisfies PostgresNotes);
  const leftOut = [...dumped.flatMap((one) => one.leftOut), ...globals.leftOut];
  const texts = [
    { name: 'globals.sql', kind: 'globals', text: globals.sql },
    { name: 'restore.sh', kind: 'guide', text: restoreScript(notes, sink.encryption) },
    { name: 'README.md', kind: 'guide', text: readme(notes, server.version, recoveryPoint, leftOut, flavor.sharedSchemas, sink.encryption) },
  ];
  for (const { name, kind, text } of texts) await sink.write({ name, kind, compression: 'none', guide: kind === 'guide' }, (out) => write(out, text));

  return {
    recoveryPoint,
    version: server.version,
    description: describeServer(config, server),
    databases: [...server.databases],
    tools: { pg_dump: tools.version },
    census: dumped.flatMap<CensusItem>((one) => one.census),
    leftOut,
    engineNotes: notes,
  };
}

/** Ends what an earlier attempt left on the server, and reads what lies beside its databases. */
async function readServerParts(context: EngineContext<PostgresConfig>, place: SessionPlace): Promise<{ sql: string; leftOut: LeftOut[] }> {
  const session = await openSession(place);
  try {
    const orphans = await endOrphans(session, applicationPrefix(context), place.applicationName);
    if (orphans > 0) context.log.warn('ended sessions of an earlier attempt', { sessions: orphans });
    const { sql, logins } = await readGlobals(session, FLAVORS[context.config.flavor]);
    return { sql, leftOut: await listServerLeftOut(session, logins) };
  } finally {
    await session.close();
  }
}
