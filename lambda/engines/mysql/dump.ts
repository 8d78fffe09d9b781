import type { CensusItem } from '../../../lib/contract/census';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { Dumped, EngineContext, PartSink } from '../../runtime/engine';
import { readAccounts } from './accounts';
import { type DatabaseDumped, dumpDatabase } from './database-dump';
import { readme, restoreScript } from './guide';
import { isTiDb } from './flavors';
import { describeServer, lookAt, toolVersions } from './inspect';
import { MySqlNotes } from './notes';
import { write } from './row-reader';
import { TiDbViews } from './tidb-view';

/** Reads every database, each in a view of its own, into parts. The recovery point is that of the earliest. */
export async function dump(context: EngineContext<MySqlConfig>, sink: PartSink): Promise<Dumped> {
  const { config } = context;
  const { session, server, tools, place } = await lookAt(context);
  let views: TiDbViews | undefined;
  try {
    views = isTiDb(config) ? await TiDbViews.open(context, place, server) : undefined;
    const dumped: DatabaseDumped[] = [];
    for (const [index, database] of server.databases.entries()) {
      dumped.push(await dumpDatabase({ context, session, place, server, tools, database, directory: `db${index + 1}`, sink, views }));
    }
    const accounts = await readAccounts(session);
    context.signal.throwIfAborted();

    const recoveryPoint = new Date(Math.min(...dumped.map((one) => one.recoveryPoint.getTime())));
    const { sqlMode, lowerCaseTableNames, maximumPacketBytes, characterSet, collation } = server;
    const notes = MySqlNotes.parse({
      version: 1, flavor: config.flavor, serverVersion: server.version,
      settings: { sqlMode, lowerCaseTableNames, maximumPacketBytes, characterSet, collation },
      ...server.binaryCollations ? { binaryCollations: true } : {},
      databases: dumped.map((one) => one.notes),
    } satisfies MySqlNotes);
    const leftOut = [...dumped.flatMap((one) => one.survey.leftOut), ...accounts.leftOut];
    const texts = [
      { name: 'accounts.sql', kind: 'accounts', text: accounts.sql },
      { name: 'restore.sh', kind: 'guide', text: restoreScript(notes, sink.encryption) },
      { name: 'README.md', kind: 'guide', text: readme(notes, recoveryPoint, leftOut, sink.encryption) },
    ];
    for (const { name, kind, text } of texts) await sink.write({ name, kind, compression: 'none', guide: kind === 'guide' }, (out) => write(out, text));
    return {
      recoveryPoint, version: server.version, description: describeServer(config, server), databases: [...server.databases],
      tools: toolVersions(tools), census: dumped.flatMap<CensusItem>((one) => one.census), leftOut, engineNotes: notes,
    };
  } finally {
    await views?.close();
    await session.close();
  }
}
