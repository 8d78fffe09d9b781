import type { Client } from 'pg';
import type { Part } from '../../../lib/contract/manifest';
import { censusLabel } from '../../../lib/contract/census';
import type { Exception } from '../../../lib/contract/verdict';
import type { CopyReader, EngineContext } from '../../runtime/engine';
import { IntegrityError, messageOf } from '../../runtime/errors';
import type { Archive } from './archive';
import { runGraph } from '../../runtime/step-graph';
import type { DatabaseNotes } from './notes';
import { createDatabase, createExtensions, openToStubs, openWrappers } from './restore-database';
import { EntryRunner, isStructure } from './restore-entries';
import { loadLargeObjects } from './restore-large-objects';
import { loadRows, type TablePlan } from './restore-rows';
import { restoreSteps, type LoadSession } from './restore-steps';
import { connectTarget, disconnect, tableKey, textRows, type TargetConnection } from './restore-target';
import { loadingSessions } from '../../runtime/worker-size';

export interface DatabaseRestoreProps {
  readonly context: EngineContext<unknown>;
  readonly copy: CopyReader;
  readonly target: TargetConnection;
  readonly notes: DatabaseNotes;
  readonly archive: Archive;
  readonly archivePart: Part;
  readonly roles: ReadonlySet<string>;
  /** Connected to the maintenance database. */
  readonly administrator: Client;
}

/** One database of a copy, from nothing to ready. */
export class DatabaseRestore {
  readonly exceptions: Exception[] = [];
  /** Wall seconds of each phase. */
  readonly seconds: Record<string, number> = {};
  private readonly plans = new Map<string, TablePlan>();
  private readonly tablesOfPart = new Map<string, string[]>();
  private administrator!: Client;
  private sessions: LoadSession[] = [];

  constructor(private readonly props: DatabaseRestoreProps) {}

  async run(): Promise<void> {
    const { target, notes, administrator, context } = this.props;
    await this.timed('create', async () => {
      this.exceptions.push(...await createDatabase(administrator, target, notes));
    });
    try {
      this.administrator = await connectTarget(target, target.administrator, notes.name, context.signal);
      await openToStubs(this.administrator, target, notes.name);
      for (let count = loadingSessions(); count > 0; count--) {
        this.sessions.push({ client: await connectTarget(target, target.loader, notes.name, context.signal) });
      }
      await this.load();
    } finally {
      await Promise.all([this.administrator, ...this.sessions.map(({ client }) => client)].map(disconnect));
    }
  }

  private async load(): Promise<void> {
    const { target, notes, archive, roles } = this.props;
    const section = (name: string) => archive.entries.filter((entry) => entry.section === name);
    const structure = archive.entries.filter(isStructure);
    const schemas = structure.filter(({ kind }) => kind === 'SCHEMA');
    const loader = this.sessions[0].client;
    const common = { database: notes.name, loader, administrator: this.administrator, stubs: target.stubs, roles };

    const absent = await this.timed('extensions', async () => {
      await new EntryRunner({ ...common, entries: [], absentExtensions: new Set() }).run(schemas);
      const outcome = await createExtensions(this.administrator, notes.name, notes.extensions);
      await openWrappers(this.administrator, target);
      this.exceptions.push(...outcome.exceptions);
      return outcome.absent;
    });
    const runner = new EntryRunner({ ...common, entries: archive.entries, absentExtensions: absent });
    await this.timed('structure', () => runner.run(structure.filter(({ kind }) => kind !== 'SCHEMA')));
    await this.plan(absent);

    const tail = await this.timed('rows and keys', () => this.runSteps(runner));
    await this.timed('rest', async () => {
      await runner.run(tail);
      await runner.run(section('none'));
      await this.setSequences(loader);
    });
    await this.timed('materialized views', () => this.refresh(loader));
    this.exceptions.push(...runner.exceptions);
  }

  /** What the census says each table must get, against the tables that are there. */
  private async plan(absent: ReadonlySet<string>): Promise<void> {
    const { copy, notes } = this.props;
    const rows = await textRows(this.administrator, `SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')`);
    const there = new Set(rows.map(([name]) => name));
    const ofExtension = new Map(notes.extensionTables.map(({ name, extension }) => [name, extension]));
    for (const item of copy.census.items) {
      if (item.kind !== 'table' || item.database !== notes.name || item.part === undefined) continue;
      const extension = ofExtension.get(item.name);
      const state = there.has(item.name) ? (extension === undefined ? 'present' : 'extra') : 'missing';
      if (state === 'missing' && absent.size === 0) {
        throw new IntegrityError('TABLE_MISSING', `The schema archive of database "${notes.name}" makes no table ${item.name}, which the census names.`, 'Do not count on this run.');
      }
      if (state === 'missing' && extension !== undefined) {
        this.exceptions.push({ code: 'OBJECT_NOT_RESTORED', name: censusLabel(item), reason: `it belongs to extension ${extension}, which is not in the scratch server` });
      }
      this.plans.set(item.name, { bytes: item.bytes ?? 0, rows: item.rows, state });
      const part = item.part.replace(/\.zst$/, '');
      const tables = this.tablesOfPart.get(part) ?? [];
      if (state === 'present') tables.push(item.name);
      this.tablesOfPart.set(part, tables);
    }
  }

  private async runSteps(runner: EntryRunner): Promise<ReturnType<typeof restoreSteps>['tail']> {
    const { context, copy, target, notes, archive, archivePart } = this.props;
    const parts = copy.manifest.parts.filter(({ kind, database }) => kind === 'rows' && database === notes.name);
    const { steps, tail } = restoreSteps({
      structure: archive.entries.filter(isStructure),
      entries: archive.entries.filter((entry) => entry.section === 'post-data' && !runner.isLost(entry)),
      parts: parts.map((part) => ({ part, tables: this.tablesOfPart.get(part.name.replace(/\.zst$/, '')) ?? [] })),
      bytesOf: (table) => this.plans.get(table)?.bytes ?? 0,
      load: ({ client }, part) => loadRows(client, copy, part, {
        planOf: (table) => this.plans.get(table) ?? { bytes: 0, rows: undefined, state: 'present' },
        loaded: ({ table, columns }) => void target.columns.set(tableKey(notes.name, table), columns),
      }),
      execute: ({ client }, entries, statements) => runner.runGroup(client, entries, statements),
    });
    if (archive.largeObjects.length > 0) {
      const { largeObjects: entries } = archive;
      const load = async (): Promise<void> => {
        await loadLargeObjects(context, target, notes.name, { entries, bytes: await copy.open(archivePart) });
      };
      steps.push({ id: 'large objects', cost: archivePart.rawSizeBytes * 10, after: [], run: load });
    }
    // A session that still runs a long step would hold up the report of a failure.
    await runGraph(steps, this.sessions, () => void Promise.all(this.sessions.map(({ client }) => disconnect(client))));
    return tail;
  }

  /** Positions are set last: loading identity columns and defaults does not move them. */
  private async setSequences(loader: Client): Promise<void> {
    const { copy, notes } = this.props;
    const part = copy.manifest.parts.find(({ kind, database }) => kind === 'sequences' && database === notes.name);
    if (!part) return;
    const chunks: Buffer[] = [];
    for await (const chunk of (await copy.open(part)) as AsyncIterable<Buffer>) chunks.push(chunk);
    const script = Buffer.concat(chunks).toString('utf8');
    if (script.trim() !== '') await loader.query(script);
  }

  /** PostgreSQL refreshes a materialized view as its owner, who is no superuser here: what only a superuser may do is refused. */
  private async refresh(loader: Client): Promise<void> {
    const { notes } = this.props;
    for (const view of notes.materializedViews) {
      try {
        await loader.query(`REFRESH MATERIALIZED VIEW ${view}`);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === undefined || !/^(0|2|4)/.test(code) || code.startsWith('08')) throw error;
        this.exceptions.push({ code: 'MATERIALIZED_VIEW', name: censusLabel({ database: notes.name, kind: 'materialized-view', name: view }), reason: `it could not be refreshed: ${messageOf(error)}` });
      }
    }
  }

  private async timed<Result>(phase: string, work: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.seconds[phase] = (this.seconds[phase] ?? 0) + (performance.now() - began) / 1000;
    }
  }
}
