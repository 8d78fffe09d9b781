import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { CensusItem } from '../../../lib/contract/census';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { EngineContext, PartSink } from '../../runtime/engine';
import { IntegrityError, RunError, TransientError } from '../../runtime/errors';
import { Stop } from '../../runtime/stop';
import { quoteIdent, type Session, type SessionPlace } from './connection';
import { type ChosenLanes, chooseLanes, keyRanges } from './choose-lanes';
import { COMMON_OPTIONS, type RunningDump, startDump } from './dump-tool';
import type { Lane } from './lanes';
import { watchLocks } from './lock-watch';
import { isTiDb } from './flavors';
import type { DatabaseNotes } from './notes';
import type { ServerFacts } from './preflight';
import { type PassedTable, type RowReader, write } from './row-reader';
import type { Slice } from './shares';
import { type KeyRange, SlicedTable } from './slices';
import { readRelations, type Relation, type Survey, survey } from './survey';
import { sequenceStatements, toolOptions } from './tidb-dump';
import type { TiDbView, TiDbViews } from './tidb-view';
import type { ClientTools } from './tools';

export interface DatabaseDumpProps {
  readonly context: EngineContext<MySqlConfig>;
  readonly session: Session;
  readonly place: SessionPlace;
  readonly server: ServerFacts;
  readonly tools: ClientTools;
  readonly database: string;
  readonly directory: string;
  readonly sink: PartSink;
  /** Of TiDB, where any number of tools may read at one timestamp. */
  readonly views?: TiDbViews;
}

export interface DatabaseDumped {
  readonly recoveryPoint: Date;
  readonly census: readonly CensusItem[];
  readonly survey: Survey;
  readonly notes: DatabaseNotes;
}

/** What each part of rows begins with, so that `zstd -d | mariadb` loads it alone, whatever the other server's settings. */
export const PREAMBLE = [
  '/*!40101 SET NAMES utf8mb4 */;',
  'SET time_zone=\'+00:00\', sql_mode=\'NO_AUTO_VALUE_ON_ZERO\', unique_checks=0, foreign_key_checks=0;',
  '',
].join('\n');

/** The same for TiDB too, which else takes no values for AUTO_RANDOM (TiDB, "AUTO_RANDOM"). */
const TIDB_PREAMBLE = PREAMBLE.replace('SET time_zone', 'SET /*T! @@allow_auto_random_explicit_insert=1, */ time_zone');

/** What each part of rows ends with: without it a part is not whole. */
export const END_OF_ROWS = '-- End of these rows\n';

/** One database, by the family's own tool. Everything it started is ended when it returns or throws. */
export async function dumpDatabase(props: DatabaseDumpProps): Promise<DatabaseDumped> {
  const { context, session, database } = props;
  const stop = new Stop(context.signal);
  session.onLost((error) => stop.because(error));
  props.views?.onLost((error) => stop.because(error));
  const found = await survey(session, context.config, database);
  // A session that is lost says so itself.
  watchLocks({ session, stop, database, seconds: context.config.lockTimeoutSeconds }).catch(() => undefined);
  try {
    return await new DatabaseDump(props, stop, found).run();
  } catch (error) {
    const first = stop.reason;
    stop.because(error instanceof Error ? error : new Error(String(error)));
    throw first === undefined || error instanceof TransientError ? error : first;
  } finally {
    // Nothing of it is at work any more, however it ended.
    stop.because(new Error('the dump is over'));
    if (found.nonTransactional.length > 0) await session.run('UNLOCK TABLES').catch(() => undefined);
  }
}

class DatabaseDump {
  private readonly census: CensusItem[] = [];
  private readonly partOf = new Map<string, string>();
  private readonly sliced = new Map<string, SlicedTable>();
  private ranges: ReadonlyMap<string, KeyRange> = new Map();
  private parts = 0;
  private view: TiDbView | undefined;

  constructor(private readonly props: DatabaseDumpProps, private readonly stop: Stop, private readonly found: Survey) {}

  async run(): Promise<DatabaseDumped> {
    const { found, props: { context, database, directory } } = this;
    await this.letSecondPass();
    // A session that holds some tables may read no other.
    this.ranges = await keyRanges(this.props, found);
    await this.lockNonTransactional();
    this.view = await this.props.views?.begin();
    const recoveryPoint = this.view?.at ?? context.now();
    const lanes = await this.copy().catch((error: unknown) => this.because(error));
    await this.refuseChanges();
    for (const [name, one] of this.sliced) this.census.push({ kind: 'table', name, database, method: 'hashed', ...one.digest() });
    this.countObjects();
    return {
      recoveryPoint, census: this.census, survey: found,
      notes: {
        name: database, directory, characterSet: found.characterSet, collation: found.collation,
        tables: [...found.rows, ...found.relations.filter(({ name }) => found.schemaOnly.includes(name))]
          .map(({ name, bytes }) => ({
            name, bytes, ...this.partOf.has(name) ? { part: this.partOf.get(name) } : {}, ...this.sliced.get(name)?.notes(),
          })),
        lanes: { count: Math.max(1, lanes.lanes.length), reason: lanes.reason },
        ...lanes.position === undefined ? {} : { position: lanes.position },
      },
    };
  }

  private async copy(): Promise<ChosenLanes> {
    const { found, view, ranges } = this;
    const lanes = await chooseLanes({ ...this.props, found, view, ranges, tool: (options, tables) => this.tool(options, tables) });
    const tidb = isTiDb(this.props.context.config);
    if (tidb) await this.sequences();
    await this.objects('schema', ['--no-data', ...tidb ? [] : ['--routines'], '--skip-triggers', ...this.ignored()]);
    await this.stop.all(lanes.lanes.map((lane) => () => this.copyLane(lane).catch((error: unknown) => this.byTool(lane, error))));
    await this.objects('after', ['--no-data', '--no-create-info', ...tidb ? ['--skip-triggers'] : ['--triggers', '--events'], '--skip-routines', ...this.ignored()]);
    return lanes;
  }

  /** Create times are in whole seconds: what was created in this one would look the same after a TRUNCATE in it. */
  private async letSecondPass(): Promise<void> {
    const { session } = this.props;
    const newest = this.found.relations.reduce((latest, { createdAt }) => (createdAt > latest ? createdAt : latest), '');
    for (let tries = 0; tries < 20; tries++) {
      const [{ now }] = await session.rows<{ now: string }>('SELECT DATE_FORMAT(NOW(), \'%Y-%m-%d %H:%i:%s\') AS now');
      if (newest.slice(0, 19) < now) return;
      await pause(100, undefined, { signal: this.stop.signal });
    }
  }

  private async lockNonTransactional(): Promise<void> {
    const { found: { nonTransactional, database }, props: { session, context } } = this;
    if (nonTransactional.length === 0) return;
    await session.run(`SET SESSION lock_wait_timeout = ${context.config.lockTimeoutSeconds}`);
    await session.run(`LOCK TABLES ${nonTransactional.map(({ name }) => `${quoteIdent(database)}.${quoteIdent(name)} READ`).join(', ')}`);
  }

  /** A tool that ended within a table says why itself. */
  private async byTool({ dump, reader }: Lane, error: unknown): Promise<never> {
    if (error instanceof IntegrityError && reader.isAtEnd) await dump.ended;
    throw error;
  }

  private async copyLane({ dump, reader, parts, slice }: Lane): Promise<void> {
    const { props: { database, directory, sink, context }, stop } = this;
    for (const tables of parts) {
      const passed: PassedTable[] = [];
      const part = await sink.write(
        { name: `${directory}/rows/${this.nextPart()}.sql`, kind: 'rows', database, compression: { zstdLevel: context.config.compressionLevel } },
        async (out) => {
          passed.length = 0;
          await write(out, this.view ? TIDB_PREAMBLE : PREAMBLE);
          for (const table of tables) passed.push(await this.copyTable(table, reader, out));
          stop.check();
          await write(out, END_OF_ROWS);
        },
      );
      for (const item of passed) this.count(item, part.name, slice);
    }
    await reader.seek();
    await dump.ended;
    if (!reader.isComplete) throw new IntegrityError('DUMP_CUT', `The dump tool ended database "${database}" without its last line.`, 'It is tried again; look at the tool\'s and the server\'s log.');
  }

  private count({ name, ...digest }: PassedTable, part: string, slice: Slice | undefined): void {
    if (slice) {
      const table = this.sliced.get(name) ?? new SlicedTable(slice.cuts);
      this.sliced.set(name, table);
      table.add(slice.index, digest, part);
    } else {
      this.partOf.set(name, part);
      this.census.push({ kind: 'table', name, database: this.props.database, method: 'hashed', ...digest, part });
    }
  }

  private async copyTable(table: Relation, reader: RowReader, out: Writable): Promise<PassedTable> {
    const { database } = this.props;
    this.stop.check();
    if (reader.table !== table.name) {
      throw new IntegrityError('DUMP_CUT', `The dump tool wrote ${reader.table === undefined ? 'nothing' : `table ${reader.table}`} where table ${table.name} of "${database}" was to come.`, 'It is tried again; look at the tool\'s and the server\'s log.');
    }
    return reader.copyTable(out);
  }

  private nextPart(): string {
    this.parts++;
    return String(this.parts).padStart(5, '0');
  }

  /** Definitions: before the rows what they need, after them what would act on them. */
  private async objects(name: 'schema' | 'after', options: readonly string[]): Promise<void> {
    const { database, directory, sink, context } = this.props;
    await sink.write({ name: `${directory}/${name}.sql`, kind: name, database, compression: { zstdLevel: context.config.compressionLevel } }, async (out) => {
      const dump = await this.tool([...COMMON_OPTIONS, ...options], []);
      await Promise.all([pipeline(dump.stdout, out, { end: false }), dump.ended]);
    });
  }

  private ignored(): string[] {
    const { found, props: { database } } = this;
    const sequences = isTiDb(this.props.context.config) ? found.relations.filter(({ kind }) => kind === 'sequence').map(({ name }) => name) : [];
    return [...found.excluded, ...sequences].map((table) => `--ignore-table=${database}.${table}`);
  }

  /** MySQL's tool knows none, and tables may take their numbers from them. */
  private async sequences(): Promise<void> {
    const { found, props: { database, directory, sink, session } } = this;
    const names = found.relations.filter(({ kind }) => kind === 'sequence').map(({ name }) => name);
    if (names.length === 0) return;
    const statements = await sequenceStatements(session, database, names);
    await sink.write({ name: `${directory}/sequences.sql`, kind: 'sequences', database, compression: 'none' }, (out) => write(out, statements));
  }

  private async tool(options: readonly string[], tables: readonly string[]): Promise<RunningDump> {
    const { tools, place, database, context } = this.props;
    return startDump({
      tools, target: { server: place.server, tls: place.tls }, database, tables,
      options: this.view ? toolOptions(options, this.view) : options,
      scratchDirectory: context.scratchDirectory, signal: this.stop.signal,
    });
  }

  /** A table that is gone or another makes the tools say all kinds of things: the change is the reason behind them. */
  private async because(error: unknown): Promise<never> {
    if (error instanceof RunError && !(error instanceof TransientError)) await this.refuseChanges().catch((reason: Error) => { throw reason instanceof TransientError && reason.code === 'SOURCE_CHANGED' ? reason : error; });
    throw error;
  }

  /** A TRUNCATE or RENAME during the dump gives wrong rows and no error: what there is must be what there was. */
  private async refuseChanges(): Promise<void> {
    const { found, props: { session, database, context } } = this;
    if (found.nonTransactional.length > 0) await session.run('UNLOCK TABLES');
    const after = new Map((await readRelations(session, database, isTiDb(context.config))).map((one) => [one.name, one]));
    const before = found.relations.filter(({ name }) => !found.excluded.includes(name));
    const changed = before.find(({ name, createdAt, definition, kind }) => {
      const now = after.get(name);
      return now?.definition !== definition || kind === 'table' && now.createdAt !== createdAt;
    }) ?? [...after.values()].find(({ name }) => !found.relations.some((one) => one.name === name));
    if (!changed) return;
    throw new TransientError(
      'SOURCE_CHANGED', `${changed.kind === 'view' ? 'View' : 'Table'} ${changed.name} of database "${database}" was created, altered, renamed, truncated or dropped during the dump.`,
      'It is tried again; move the schedule away from migrations.',
    );
  }

  private countObjects(): void {
    const { found, props: { database } } = this;
    for (const { name, kind, definition } of found.relations.filter((one) => !found.excluded.includes(one.name))) {
      // What TiDB says of a definition, no scratch server repeats word for word.
      const said = this.view ? { method: 'present' as const } : { method: 'hashed' as const, sha256: definition };
      this.census.push({ kind: kind === 'table' ? 'definition' : kind, name, database, ...said });
    }
    for (const [kind, names] of [['trigger', found.triggers], ['routine', found.routines], ['event', found.events]] as const) {
      for (const name of names) this.census.push({ kind, name, database, method: 'present' });
    }
    for (const { name, autoIncrement } of found.rows) {
      if (autoIncrement !== undefined) this.census.push({ kind: 'auto-increment', name, database, method: 'present', atLeast: autoIncrement });
    }
  }
}
