import { availableParallelism } from 'node:os';
import type { CensusItem } from '../../../lib/contract/census';
import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import type { LeftOut } from '../../../lib/contract/manifest';
import type { EngineContext, PartSink } from '../../runtime/engine';
import { groupTables } from '../../runtime/group-tables';
import { refreshOrder } from './catalog';
import { openSession } from './connection';
import type { Session, SessionPlace } from './connection';
import { confirmHeld, lockView } from './coordinator';
import type { LockedView } from './coordinator';
import { qualified, quoteIdent } from './copy-format';
import { copyPart, lockPart, unlockPart, write } from './copy-out';
import type { RowsPart } from './copy-out';
import { databaseForm, listDatabaseSettings, listDependentRoles } from './database-facts';
import { writeArchive } from './dump-tool';
import { FLAVORS } from './flavors';
import { databaseScripts } from './guide';
import { countLargeObjects } from './large-objects';
import { listLeftOut } from './left-out';
import type { DatabaseNotes } from './notes';
import type { ServerFacts } from './preflight';
import { copySequences } from './sequences';
import { Stop } from '../../runtime/stop';
import type { ClientTools } from './tools';
import { endSessions, watch } from './watcher';

export interface DatabaseDumpProps {
  readonly context: EngineContext<PostgresConfig>;
  readonly place: SessionPlace;
  readonly server: ServerFacts;
  readonly tools: ClientTools;
  readonly directory: string;
  readonly sink: PartSink;
}

export interface DatabaseDumped {
  readonly recoveryPoint: Date;
  readonly census: readonly CensusItem[];
  readonly leftOut: readonly LeftOut[];
  readonly notes: DatabaseNotes;
  readonly roles: readonly string[];
}

/** Coordinator, watcher and pg_dump. */
const OTHER_CONNECTIONS = 3;
/** Each lane costs the server one busy process; more than these gained nothing in the measurements of two cores. */
const FEWEST_LANES = 2;
const MOST_LANES = 4;
const CLEAN_UP_MILLISECONDS = 3000;

/** One database, from one snapshot. Everything it opened is ended when it returns or throws. */
export async function dumpDatabase(props: DatabaseDumpProps): Promise<DatabaseDumped> {
  const { context, place } = props;
  const stop = new Stop(context.signal);
  const sessions: Session[] = [];
  const open = async (): Promise<Session> => {
    const session = await openSession(place);
    if (stop.reason) {
      // The others have been ended already, without this one.
      await session.close();
      throw stop.reason;
    }
    sessions.push(session);
    session.onLost((error) => stop.because(error));
    return session;
  };
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => (ending ??= endAll(sessions, place, stop.reason !== undefined));
  stop.signal.addEventListener('abort', () => void end(), { once: true });
  try {
    stop.check();
    const watcher = await open();
    return await new DatabaseDump(props, stop, watcher, open).run();
  } catch (error) {
    stop.because(error instanceof Error ? error : new Error(String(error)));
    throw stop.reason ?? error;
  } finally {
    await end();
  }
}

/** After a failure the server is told to end our sessions, before the sockets are cut: a process that waits there would not notice. */
async function endAll(sessions: Session[], place: SessionPlace, failed: boolean): Promise<void> {
  const [watcher] = sessions;
  if (failed && watcher) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLEAN_UP_MILLISECONDS);
    });
    await Promise.race([endSessions(watcher, place.applicationName).catch(() => undefined), late]);
    clearTimeout(timer);
  }
  await Promise.all(sessions.map((session) => session.close()));
}

class DatabaseDump {
  private readonly census: CensusItem[] = [];
  private leftOut: LeftOut[] = [];
  private roles: string[] = [];

  constructor(
    private readonly props: DatabaseDumpProps,
    private readonly stop: Stop,
    private readonly watcher: Session,
    private readonly open: () => Promise<Session>,
  ) {}

  async run(): Promise<DatabaseDumped> {
    const { stop, props: { context, place } } = this;
    const coordinator = await this.open();
    const ended = new AbortController();
    let dumped: DatabaseDumped | undefined;
    // From before the first lock: a wait for one table holds up who wants another that is locked already.
    await stop.all([
      () => watch({
        session: this.watcher, applicationName: place.applicationName, coordinatorPid: coordinator.pid,
        maximumBlockingSeconds: context.config.maximumBlockingSeconds, stop, clock: () => performance.now(),
      }, ended.signal),
      async () => {
        dumped = await this.read(coordinator);
        ended.abort();
      },
    ]);
    if (!dumped) throw stop.reason ?? new Error('a dump ended without a result');
    return dumped;
  }

  private async read(coordinator: Session): Promise<DatabaseDumped> {
    const { stop, props: { context, place, server } } = this;
    const view = await lockView(coordinator, context.config, server);
    context.log.info('snapshot', {
      database: place.database, recoveryPoint: view.recoveryPoint.toISOString(), tables: view.survey.selection.rows.length,
    });
    const notes = await this.describe(coordinator, view);
    const laneCount = Math.min(
      Math.max(0, context.config.maximumConnections - OTHER_CONNECTIONS),
      Math.max(FEWEST_LANES, Math.min(MOST_LANES, availableParallelism())),
    );
    const queue = this.parts(view, notes, Math.max(1, laneCount));
    // Parts that a lane could not lock at once, for the session that has their locks.
    const own: RowsPart[] = laneCount === 0 ? queue.splice(0) : [];
    const lanesEnded = new AbortController();
    const lanes = async (): Promise<void> => {
      await stop.all(Array.from({ length: laneCount }, () => () => this.lane(view, queue, own, notes.encoding)));
      lanesEnded.abort();
    };
    await stop.all([() => this.archive(view), lanes, () => this.coordinate(coordinator, view, notes, own, lanesEnded.signal)]);
    await confirmHeld(coordinator, view);
    await coordinator.run('COMMIT');
    const order = (item: CensusItem): string => `${item.kind} ${item.name}`;
    this.census.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    return { recoveryPoint: view.recoveryPoint, census: this.census, leftOut: this.leftOut, notes, roles: this.roles };
  }

  private async describe(session: Session, view: LockedView): Promise<DatabaseNotes> {
    const { place, directory, context } = this.props;
    const { survey } = view;
    const { selection } = survey;
    const settings = await listDatabaseSettings(session);
    const named = ({ schema, name }: { schema: string; name: string }): string => qualified(schema, name);
    const kept = new Set(selection.materializedViews.map(({ oid }) => oid));
    this.leftOut = await listLeftOut(session, survey, FLAVORS[context.config.flavor]);
    this.roles = await listDependentRoles(session);
    return {
      name: place.database,
      directory,
      ...await databaseForm(session),
      settings: settings.map(({ role, setting }) => (role === null ? setting : `[${role}] ${setting}`)),
      extensions: [...survey.extensions],
      extensionTables: selection.rows.flatMap((relation) => (relation.extension === null
        ? []
        : [{ name: named(relation), extension: relation.extension, condition: relation.condition ?? '' }])),
      materializedViews: refreshOrder(survey.relations, survey.dependencies)
        .filter(({ oid, populated }) => populated && kept.has(oid)).map(named),
      schemaOnly: selection.schemaOnly.map(named),
      hostSchemas: [...survey.hostSchemas],
      largeObjects: survey.largeObjects.count > 0 && survey.largeObjects.unreadable.length === 0,
    };
  }

  private parts(view: LockedView, notes: DatabaseNotes, lanes: number): RowsPart[] {
    const { directory, context } = this.props;
    const tables = view.survey.selection.rows.map((relation) => ({
      name: qualified(relation.schema, relation.name),
      columns: view.columns.get(relation.oid) ?? [],
      bytes: view.sizes.get(relation.oid) ?? 0,
      condition: relation.condition ?? '',
    }));
    return groupTables(tables, lanes).map((group, index) => ({
      description: {
        name: `${directory}/rows/${String(index + 1).padStart(5, '0')}.sql`,
        kind: 'rows',
        database: notes.name,
        compression: { zstdLevel: context.config.compressionLevel },
      },
      tables: group,
      bytes: group.reduce((sum, { bytes }) => sum + bytes, 0),
      clientEncoding: clientEncoding(notes.encoding),
    }));
  }

  private async archive({ snapshot, survey }: LockedView): Promise<void> {
    const { context, place, tools, directory, sink } = this.props;
    const { excluded } = survey.selection;
    const description = { name: `${directory}/schema.dump`, kind: 'schema', database: place.database, compression: 'none' } as const;
    await sink.write(description, (out) => writeArchive({
      tools, place, tls: context.config.tls, snapshot,
      largeObjects: survey.largeObjects.count > 0 && survey.largeObjects.unreadable.length === 0,
      lockTimeoutSeconds: context.config.lockTimeoutSeconds,
      excluded: excluded.map(({ schema, name }) => qualified(schema, name)),
      excludedSchemas: survey.hostSchemas.map(quoteIdent),
      scratchDirectory: context.scratchDirectory,
      signal: this.stop.signal,
    }, out));
  }

  /** One connection that takes part after part, in the coordinator's snapshot. */
  private async lane(view: LockedView, queue: RowsPart[], own: RowsPart[], encoding: string): Promise<void> {
    if (queue.length === 0) return;
    const session = await this.open();
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await session.run(`SET TRANSACTION SNAPSHOT '${view.snapshot}'`);
    await session.run(`SET LOCAL client_encoding = '${clientEncoding(encoding)}'`);
    for (let part = queue.shift(); part; part = queue.shift()) {
      this.stop.check();
      if (!await lockPart(session, part)) {
        own.push(part);
        continue;
      }
      await this.copy(session, part);
      await unlockPart(session);
    }
    await session.run('COMMIT');
  }

  private async copy(session: Session, part: RowsPart): Promise<void> {
    const { context, place, sink } = this.props;
    const since = performance.now();
    const items = await copyPart(session, part, sink);
    this.census.push(...items);
    context.log.info('rows', {
      database: place.database,
      part: part.description.name,
      tables: items.length,
      rows: items.reduce((sum, { rows = 0 }) => sum + rows, 0),
      bytes: items.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
      seconds: Math.round(performance.now() - since) / 1000,
    });
  }

  /** What needs no lane of its own, then the parts whose tables somebody waits to lock exclusively. */
  private async coordinate(
    session: Session, view: LockedView, notes: DatabaseNotes, own: RowsPart[], lanesEnded: AbortSignal,
  ): Promise<void> {
    const { context, directory, sink, server } = this.props;
    const { selection, largeObjects } = view.survey;
    const schemaPart = `${directory}/schema.dump${sink.encryption?.suffix ?? ''}`;
    const { compressionLevel } = context.config;
    this.census.push(...await copySequences(session, selection.sequences, directory, compressionLevel, sink));
    if (notes.largeObjects) this.census.push(...await countLargeObjects(session, largeObjects, schemaPart));
    const present = (kind: string) => (name: string): CensusItem => ({ kind, name, database: notes.name, method: 'present', part: schemaPart });
    this.census.push(...notes.schemaOnly.map(present('table')), ...notes.materializedViews.map(present('materialized-view')));
    for (const { name, kind, text } of databaseScripts(notes, await listDatabaseSettings(session), server)) {
      await sink.write({ name: `${directory}/${name}`, kind, database: notes.name, compression: 'none' }, (out) => write(out, text));
    }
    await session.run(`SET LOCAL client_encoding = '${clientEncoding(notes.encoding)}'`);
    for (;;) {
      this.stop.check();
      const part = own.shift();
      if (part) await this.copy(session, part);
      else if (lanesEnded.aborted) break;
      else await this.stop.pause(100, lanesEnded);
    }
  }
}

/** A server without an encoding sends bytes as they are; every other one can say all it has in UTF-8. */
function clientEncoding(encoding: string): string {
  return encoding === 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8';
}
