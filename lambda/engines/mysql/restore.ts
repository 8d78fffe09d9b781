import { Readable, Transform } from 'node:stream';
import { censusLabel } from '../../../lib/contract/census';
import type { Part } from '../../../lib/contract/manifest';
import type { CopyReader, EngineContext, Restored, Target } from '../../runtime/engine';
import { IntegrityError } from '../../runtime/errors';
import { runGraph, type Step } from '../../runtime/step-graph';
import { loadingSessions } from '../../runtime/worker-size';
import { feed, type ClientProps } from './client-tool';
import { grantedName, quoteIdent, type Session } from './connection';
import { END_OF_ROWS } from './database-dump';
import type { Exception } from '../../../lib/contract/verdict';
import { DIALECTS } from './dialect';
import { isTiDb } from './flavors';
import { type ColumnForm, columnForms, loadRows } from './load-rows';
import type { DatabaseNotes } from './notes';
import { parseNotes } from './parse-notes';
import { OtherFormError } from './part-rows';
import { openTarget, restoreError, type TargetConnection, type TargetSession } from './restore-target';
import { lighten, type LightTable } from './schema-text';
import { schemaForMySql } from './tidb-schema';
import { type ClientTools, findTools } from './tools';

/** About how much longer a byte of an index takes than one that is loaded; only the order of steps counts. */
const KEY_COST = 0.3;

/**
 * Loads a copy: definitions without indexes, rows side by side, then indexes and foreign keys, then what would have acted on the rows
 * (triggers, events).
 *
 * @throws IntegrityError when the copy is damaged or does not restore; RefusedError when the target cannot take it
 */
export async function restoreCopy(context: EngineContext<unknown>, copy: CopyReader, target: Target): Promise<Restored> {
  const connection = target.connection as TargetConnection;
  const notes = parseNotes(copy.manifest);
  const tools = await findTools(connection.family);
  const seconds: Record<string, number> = {};
  const exceptions = [...connection.exceptions];
  try {
    for (const database of notes.databases) {
      const one = new DatabaseRestore({ context, copy, connection, tools, notes: database, seconds });
      await one.run();
      exceptions.push(...one.exceptions);
      context.log.info('database restored', { database: database.name, ...seconds });
    }
    return { exceptions, seconds };
  } catch (error) {
    throw await restoreError(error, connection, context.signal);
  }
}

interface DatabaseRestoreProps {
  readonly context: EngineContext<unknown>;
  readonly copy: CopyReader;
  readonly connection: TargetConnection;
  readonly tools: ClientTools;
  readonly notes: DatabaseNotes;
  readonly seconds: Record<string, number>;
}

class DatabaseRestore {
  /** What could not come up. */
  readonly exceptions: Exception[] = [];

  constructor(private readonly props: DatabaseRestoreProps) {}

  async run(): Promise<void> {
    const { schema, tables } = lighten(await this.schema());
    const after = await this.text('after');
    await this.createDefiners(new Set([...definersOf(schema), ...definersOf(after)]));
    await this.timed('schema', () => feed(() => Promise.resolve(Readable.from([schema])), this.client()));
    await this.timed('rows and keys', () => this.load(tables));
    await this.timed('after', () => feed(() => Promise.resolve(Readable.from([after])), this.client()));
  }

  /** Views, routines, triggers and events name accounts of the source: here they have no login, and may do what is in this database. */
  private async createDefiners(definers: ReadonlySet<string>): Promise<void> {
    if (definers.size === 0) return;
    const { connection, context, notes } = this.props;
    const session = await openTarget(connection, connection.administrator, undefined, context.signal);
    try {
      for (const definer of definers) {
        await session.run(`CREATE USER IF NOT EXISTS ${definer} ACCOUNT LOCK`);
        await session.run(`GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, TRIGGER, EVENT ON ${grantedName(notes.name)}.* TO ${definer}`);
      }
    } finally {
      await session.close();
    }
  }

  private async load(tables: readonly LightTable[]): Promise<void> {
    const { copy: { manifest }, connection, notes, context } = this.props;
    const parts = manifest.parts.filter(({ kind, database }) => kind === 'rows' && database === notes.name);
    const wanted = notes.tables.flatMap((table) => partsOf(table).map((part) => ({ part, name: table.name })));
    const lost = wanted.find(({ part }) => !parts.some(({ name }) => name === part));
    if (lost) throw new IntegrityError('PART_MISSING', `The copy has no part with the rows of table "${lost.name}" of database "${notes.name}".`, 'Do not count on this run.');
    const loads = loadsOf(parts, notes);
    const loadOf = new Map(loads.flatMap(({ id, tables: names }) => names.map((name) => [name, id])));
    const bytesOf = new Map(notes.tables.map(({ name, bytes }) => [name, bytes]));
    const alter = (table: LightTable, clauses: readonly string[]) => async (session: Session): Promise<void> => {
      await session.run(`ALTER TABLE ${quoteIdent(table.name)} ${clauses.map((clause) => `ADD ${clause}`).join(', ')}`);
    };
    const forms = connection.family === 'mariadb' ? formsOf(tables) : new Map<string, readonly ColumnForm[]>();
    const rows = loads.map((load): Step<TargetSession> => ({
      id: load.id, cost: load.parts.reduce((sum, { rawSizeBytes }) => sum + rawSizeBytes, 0), after: [],
      run: (session) => this.loadParts(load, session, forms),
    }));
    const keys = tables.filter((table) => table.keys.length > 0).map((table): Step<TargetSession> => {
      const load = loadOf.get(table.name);
      return {
        id: `keys ${table.name}`, cost: 1 + KEY_COST * table.keys.length * (bytesOf.get(table.name) ?? 0), after: load === undefined ? [] : [load],
        run: alter(table, table.keys),
      };
    });
    const before = [...rows, ...keys].map(({ id }) => id);
    // Each names another table, which must have its index by then.
    const foreign = tables.filter((table) => table.foreignKeys.length > 0).map((table): Step<TargetSession> => ({
      id: `foreign keys ${table.name}`, cost: 1, after: before, excludes: ['foreign keys'], run: alter(table, table.foreignKeys),
    }));
    const sessions: TargetSession[] = [];
    try {
      for (let count = 0; count < loadingSessions(); count++) {
        const session = await openTarget(connection, connection.loader, notes.name, context.signal);
        sessions.push(session);
        // The rows were consistent when they were read, and a census compares them: nothing is checked twice.
        for (const setting of ['foreign_key_checks=0', 'unique_checks=0', ...DIALECTS[connection.family].unchecked, 'sql_mode=\'NO_AUTO_VALUE_ON_ZERO\'', 'time_zone=\'+00:00\'']) {
          await session.run(`SET SESSION ${setting}`);
        }
      }
      await runGraph([...rows, ...keys, ...foreign], sessions);
    } finally {
      await Promise.all(sessions.map((session) => session.close()));
    }
  }

  private async loadParts(
    { parts, tables }: Load, session: TargetSession, forms: ReadonlyMap<string, readonly ColumnForm[]>,
  ): Promise<void> {
    const { copy, context } = this.props;
    if (tables.every((name) => forms.has(name))) {
      try {
        await loadRows(session, parts.map((part) => ({ name: part.name, open: () => copy.open(part) })), forms);
        return;
      } catch (error) {
        if (!(error instanceof OtherFormError)) throw error;
        context.log.warn('rows go in as statements', { parts: parts.map(({ name }) => name), reason: error.message });
        for (const name of tables) await session.run(`TRUNCATE TABLE ${quoteIdent(name)}`);
      }
    }
    for (const part of parts) await feed(() => copy.open(part), this.client(), new WholePart(part.name));
  }

  private client(): ClientProps {
    const { tools, connection, context, notes } = this.props;
    const { scratchDirectory, signal } = context;
    return { tools, target: { socket: connection.socket, ...connection.loader }, database: notes.name, scratchDirectory, signal };
  }

  private async schema(): Promise<string> {
    const { copy, notes } = this.props;
    const { flavor, binaryCollations = false } = parseNotes(copy.manifest);
    const text = await this.text('schema');
    if (!isTiDb({ flavor })) return text;
    const { schema, exceptions } = schemaForMySql(text, notes.name, binaryCollations);
    const sequences = copy.census.items.filter(({ kind, database }) => kind === 'sequence' && database === notes.name);
    this.exceptions.push(...exceptions, ...sequences.map((item): Exception => ({ code: 'TIDB_ONLY', name: censusLabel(item), reason: 'the scratch server is MySQL, which has no sequences' })));
    return schema;
  }

  private async text(kind: 'schema' | 'after'): Promise<string> {
    const { copy, notes } = this.props;
    const part = copy.manifest.parts.find((one) => one.kind === kind && one.database === notes.name);
    if (!part) throw new IntegrityError('PART_MISSING', `The copy has no part with the ${kind === 'schema' ? 'definitions' : 'triggers and events'} of database "${notes.name}".`, 'Do not count on this run.');
    const chunks: Buffer[] = [];
    for await (const chunk of (await copy.open(part)) as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    if (!/^-- Dump completed/m.test(text.slice(-200))) throw cut(part.name);
    return text;
  }

  private async timed(step: string, work: () => Promise<void>): Promise<void> {
    const began = performance.now();
    await work();
    const { seconds } = this.props;
    seconds[step] = Math.round((seconds[step] ?? 0) * 1000 + (performance.now() - began)) / 1000;
  }
}

/** Parts that one session loads, one behind the other: a part, or all slices of a table. */
interface Load {
  readonly id: string;
  readonly parts: readonly Part[];
  readonly tables: readonly string[];
}

/** Names of the parts that have a table's rows. */
function partsOf({ part, slices }: DatabaseNotes['tables'][number]): readonly string[] {
  return slices?.parts ?? (part === undefined ? [] : [part]);
}

function loadsOf(parts: readonly Part[], { tables }: DatabaseNotes): Load[] {
  const partNamed = (name: string): Part[] => parts.filter((part) => part.name === name);
  const sliced = tables.flatMap(({ name, slices }): Load[] => (
    slices ? [{ id: slices.parts[0], tables: [name], parts: slices.parts.flatMap(partNamed) }] : []));
  const whole = parts.filter((part) => !sliced.some((load) => load.parts.includes(part)));
  const tablesOf = (part: Part): string[] => tables.filter((table) => table.part === part.name).map(({ name }) => name);
  return [...sliced, ...whole.map((part): Load => ({ id: part.name, parts: [part], tables: tablesOf(part) }))];
}

/** Of the tables whose rows can be loaded as text. */
function formsOf(tables: readonly LightTable[]): Map<string, readonly ColumnForm[]> {
  return new Map(tables.flatMap(({ name, create }) => {
    const forms = columnForms(create);
    return forms ? [[name, forms] as const] : [];
  }));
}

/** Accounts after DEFINER, as the tools write them: two names in backticks. */
function definersOf(text: string): string[] {
  return [...text.matchAll(/DEFINER=(`(?:[^`]|``)*`@`(?:[^`]|``)*`)/g)].map(([, account]) => account).filter((account) => !account.startsWith('`root`@'));
}

/** Passes a part on, and fails at its end when its last line is not there: a client takes half a part for a whole one. */
class WholePart extends Transform {
  private tail: Buffer = Buffer.alloc(0);

  constructor(private readonly part: string) {
    super({ highWaterMark: 1024 * 1024 });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, data: Buffer) => void): void {
    const length = END_OF_ROWS.length;
    this.tail = chunk.length >= length ? chunk.subarray(-length) : Buffer.concat([this.tail, chunk]).subarray(-length);
    done(null, chunk);
  }

  override _flush(done: (error?: Error) => void): void {
    done(this.tail.toString('latin1') === END_OF_ROWS ? undefined : cut(this.part));
  }
}

function cut(part: string): IntegrityError {
  return new IntegrityError('PART_CUT', `Part ${part} ends without its last line.`, 'Do not count on this run.');
}
