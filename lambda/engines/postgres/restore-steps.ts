import type { Client } from 'pg';
import type { Part } from '../../../lib/contract/manifest';
import type { ArchiveEntry } from './archive';
import { qualified } from './copy-format';
import type { Step } from '../../runtime/step-graph';
import { splitKey } from './restore-keys';
import { SMALL_TABLE_BYTES } from './restore-rows';

/** One of the connections that the steps run on. */
export interface LoadSession {
  readonly client: Client;
}

export interface StepsProps {
  /** Post-data entries that are to be restored, in the archive's order. */
  readonly entries: readonly ArchiveEntry[];
  /** Pre-data entries, for tables and their partitions. */
  readonly structure: readonly ArchiveEntry[];
  /** Rows parts with the tables in each. */
  readonly parts: readonly { part: Part; tables: readonly string[] }[];
  bytesOf(table: string): number;
  load(session: LoadSession, part: Part): Promise<void>;
  /** Runs entries as they are, with the failures that grade a verdict told from those that end it. */
  execute(session: LoadSession, entries: readonly ArchiveEntry[], statements: string): Promise<void>;
}

export interface Steps {
  readonly steps: Step<LoadSession>[];
  /** What is not in the graph, in the archive's order: for one session, after it. */
  readonly tail: ArchiveEntry[];
}

const GRAPH_KINDS = new Set(['INDEX', 'CONSTRAINT', 'INDEX ATTACH', 'FK CONSTRAINT']);
const GROUP_ENTRIES = 100;
/** Seconds a byte costs, by what is done with it (1 GB of section 12's data on two cores); only ratios count. */
const COST = { load: 9, btree: 2, text: 7, other: 8, key: 1, foreign: 0.8, analyze: 0.3 } as const;

/**
 * The steps that load one database: each part, then each large table's indexes side by side, its keys as index and adoption, its
 * foreign keys, its statistics; what small tables need goes in groups, so that five thousand of them are a few hundred round trips.
 */
export function restoreSteps(props: StepsProps): Steps {
  return new StepsBuilder(props).build();
}

class StepsBuilder {
  private readonly steps: Step<LoadSession>[] = [];
  private readonly tables = new Map<number, string>();
  private readonly slowColumns = new Map<string, string[]>();
  private readonly partitions = new Map<string, string[]>();
  private readonly loadedBy = new Map<string, string>();
  /** Id of the step that ends an entry. */
  private readonly stepOf = new Map<number, string>();
  /** Steps that make an index of a table. */
  private readonly indexSteps = new Map<string, string[]>();
  private count = 0;

  constructor(private readonly props: StepsProps) {
    for (const { id, kind, schema, tag, definition } of props.structure) {
      if (kind !== 'TABLE' || schema === undefined) continue;
      this.tables.set(id, qualified(schema, tag));
      if (props.bytesOf(qualified(schema, tag)) >= SMALL_TABLE_BYTES) this.slowColumns.set(qualified(schema, tag), slowColumns(definition));
    }
    for (const { kind, dependencies } of props.structure) {
      const [child, parent] = kind === 'TABLE ATTACH' ? dependencies.map((id) => this.tables.get(id)) : [];
      if (child && parent) push(this.partitions, parent, child);
    }
  }

  build(): Steps {
    const { entries, parts } = this.props;
    for (const { part, tables } of parts) {
      const id = `load ${part.name}`;
      const cost = COST.load * part.rawSizeBytes;
      this.steps.push({ id, cost, after: [], excludes: tables, run: (session) => this.props.load(session, part) });
      for (const table of tables) this.loadedBy.set(table, id);
    }
    const { inGraph, tail } = this.divide(entries);
    this.addIndexes(inGraph.filter(({ kind }) => kind === 'INDEX' || kind === 'CONSTRAINT'));
    this.addGroups(inGraph.filter(({ kind }) => kind === 'INDEX ATTACH'), 'attach');
    const foreign = inGraph.filter(({ kind }) => kind === 'FK CONSTRAINT');
    const isLarge = (entry: ArchiveEntry): boolean => this.tablesOf(entry).some((table) => this.size(table) >= SMALL_TABLE_BYTES);
    for (const entry of foreign.filter(isLarge)) this.addForeignKeys([entry]);
    for (const group of chunks(foreign.filter((entry) => !isLarge(entry)))) this.addForeignKeys(group);
    this.addStatistics();
    return { steps: this.steps, tail };
  }

  /** Entries that hang on a view, a function or anything else of the tail stay in the tail. */
  private divide(entries: readonly ArchiveEntry[]): { inGraph: ArchiveEntry[]; tail: ArchiveEntry[] } {
    const late = new Set<number>();
    const inGraph: ArchiveEntry[] = [];
    const tail: ArchiveEntry[] = [];
    for (const entry of entries) {
      const fits = GRAPH_KINDS.has(entry.kind) && this.tablesOf(entry).length > 0 && !entry.dependencies.some((id) => late.has(id));
      if (fits) inGraph.push(entry);
      else {
        tail.push(entry);
        late.add(entry.id);
      }
    }
    return { inGraph, tail };
  }

  private tablesOf({ dependencies }: ArchiveEntry): string[] {
    return [...new Set(dependencies.flatMap((id) => this.tables.get(id) ?? []))];
  }

  private size(table: string): number {
    return this.props.bytesOf(table) + (this.partitions.get(table) ?? []).reduce((sum, child) => sum + this.size(child), 0);
  }

  private withPartitions(table: string): string[] {
    return [table, ...(this.partitions.get(table) ?? []).flatMap((child) => this.withPartitions(child))];
  }

  private addIndexes(entries: readonly ArchiveEntry[]): void {
    const small = new Map<string, ArchiveEntry[]>();
    for (const entry of entries) {
      const [table] = this.tablesOf(entry);
      const load = this.loadedBy.get(table);
      const bytes = this.props.bytesOf(table);
      if (bytes < SMALL_TABLE_BYTES) {
        push(small, load ?? '', entry);
        continue;
      }
      const after = load === undefined ? [] : [load];
      const key = entry.kind === 'CONSTRAINT' && !this.partitions.has(table) ? splitKey(entry) : undefined;
      const build = this.add({
        label: `index ${entry.tag}`, cost: bytes * this.indexCost(entry, table), after, entries: [entry],
        statements: key?.build ?? entry.definition, [key || isPlainIndex(entry) ? 'shares' : 'excludes']: [table],
      });
      const last = key ? this.add({ label: `key ${entry.tag}`, cost: COST.key, after: [build], entries: [entry], statements: key.attach, excludes: [table] }) : build;
      push(this.indexSteps, table, last);
      this.stepOf.set(entry.id, last);
    }
    for (const [load, group] of small) for (const some of chunks(group)) this.addSmall(load, some);
  }

  private indexCost({ definition }: ArchiveEntry, table: string): number {
    if (/ USING (?!btree)/.test(definition)) return COST.other;
    const keys = definition.slice(definition.lastIndexOf(' ('));
    return (this.slowColumns.get(table) ?? []).some((column) => keys.includes(column)) ? COST.text : COST.btree;
  }

  /** Indexes and keys of small tables that came with one part. */
  private addSmall(load: string, entries: readonly ArchiveEntry[]): void {
    const tables = [...new Set(entries.flatMap((entry) => this.tablesOf(entry).slice(0, 1)))];
    const bytes = tables.reduce((sum, table) => sum + this.props.bytesOf(table), 0);
    const id = this.add({
      label: `keys of ${tables[0]} …`, cost: bytes * COST.btree + entries.length, after: load === '' ? [] : [load], entries, excludes: tables,
      statements: entries.map(({ definition }) => definition).join('\n'),
    });
    for (const { id: entry } of entries) this.stepOf.set(entry, id);
    for (const table of tables) push(this.indexSteps, table, id);
  }

  private addGroups(entries: readonly ArchiveEntry[], label: string): void {
    for (const group of chunks(entries)) {
      const id = this.add({
        label: `${label} ${group[0].tag} …`, cost: group.length, after: this.before(group), entries: group,
        statements: group.map(({ definition }) => definition).join('\n'), excludes: [...new Set(group.flatMap((entry) => this.tablesOf(entry)))],
      });
      for (const entry of group) this.stepOf.set(entry.id, id);
    }
  }

  private addForeignKeys(group: readonly ArchiveEntry[]): void {
    const tables = [...new Set(group.flatMap((entry) => this.tablesOf(entry).flatMap((table) => this.withPartitions(table))))];
    const loads = tables.flatMap((table) => this.loadedBy.get(table) ?? []);
    const bytes = Math.max(0, ...group.map((entry) => Math.max(...this.tablesOf(entry).map((table) => this.size(table)))));
    this.add({
      label: `foreign key ${group[0].tag}`, cost: bytes * COST.foreign + group.length, after: [...new Set([...loads, ...this.before(group)])], entries: group,
      statements: group.map(({ definition }) => definition).join('\n'), excludes: tables,
    });
  }

  /** ANALYZE counts inside the RTO: a restored server without statistics is not yet one. */
  private addStatistics(): void {
    const small = new Map<string, string[]>();
    for (const [table, load] of this.loadedBy) {
      const bytes = this.props.bytesOf(table);
      if (bytes < SMALL_TABLE_BYTES) {
        push(small, load, table);
        continue;
      }
      this.add({ label: `statistics ${table}`, cost: bytes * COST.analyze, after: [load, ...(this.indexSteps.get(table) ?? [])], entries: [], statements: `ANALYZE ${table}`, excludes: [table] });
    }
    for (const [load, tables] of small) {
      for (const some of chunks(tables)) {
        const after = [...new Set([load, ...some.flatMap((table) => this.indexSteps.get(table) ?? [])])];
        this.add({ label: `statistics ${some[0]} …`, cost: some.length, after, entries: [], statements: `ANALYZE ${some.join(', ')}`, excludes: some });
      }
    }
  }

  private before(entries: readonly ArchiveEntry[]): string[] {
    return [...new Set(entries.flatMap(({ dependencies }) => dependencies.flatMap((id) => this.stepOf.get(id) ?? [])))];
  }

  private add({ label, cost, after, entries, statements, shares, excludes }: {
    label: string; cost: number; after: readonly string[]; entries: readonly ArchiveEntry[]; statements: string;
    shares?: readonly string[]; excludes?: readonly string[];
  }): string {
    const id = `${label} (${++this.count})`;
    this.steps.push({ id, cost, after, shares, excludes, run: (session) => this.props.execute(session, entries, statements) });
    return id;
  }
}

/** Columns whose values are compared by a call for each pair, under a collation or digit by digit: their index takes thrice the time. */
function slowColumns(definition: string): string[] {
  return [...definition.matchAll(/^ +("(?:[^"]|"")+"|[^\s"]+) (?:text|character|numeric|jsonb|public\.citext)/gm)].map(([, name]) => name);
}

/** An index whose entry also says CLUSTER ON or REPLICA IDENTITY would ask for more than its share of the table's lock. */
function isPlainIndex({ kind, definition }: ArchiveEntry): boolean {
  return kind === 'INDEX' && !/;\s*\n+ALTER /.test(definition);
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function chunks<Value>(values: readonly Value[]): Value[][] {
  const groups: Value[][] = [];
  for (let at = 0; at < values.length; at += GROUP_ENTRIES) groups.push(values.slice(at, at + GROUP_ENTRIES));
  return groups;
}
