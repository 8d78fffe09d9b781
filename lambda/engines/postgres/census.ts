import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import type { Census, CensusItem } from '../../../lib/contract/census';
import { CONTRACT_VERSION } from '../../../lib/contract/common';
import type { EngineContext, Target } from '../../runtime/engine';
import { qualified, quoteIdent } from './copy-format';
import { CopyStream } from './copy-stream';
import { runGraph, type Step } from '../../runtime/step-graph';
import { LARGE_OBJECTS_COUNT, LARGE_OBJECTS_HASH } from './large-objects';
import { restoreError } from './restore-errors';
import { connectTarget, disconnect, tableKey, textRows, type TargetConnection } from './restore-target';
import { loadingSessions } from '../../runtime/worker-size';

/** Sequences read by one query. */
const SEQUENCES_A_QUERY = 200;
/** Small tables read by one step. */
const STEP_BYTES = 4 * 1024 * 1024;
const STEP_TABLES = 100;

/**
 * Counts what a server holds as the dump counted it: the SHA-256 of each table's COPY text, in the same columns under the same settings,
 * on several sessions. What is not there is not in the answer.
 */
export async function takeCensus(context: EngineContext<unknown>, target: Target, expected: Census): Promise<Census> {
  const connection = target.connection as TargetConnection;
  const found = new Map<CensusItem, CensusItem>();
  try {
    for (const database of new Set(expected.items.map((item) => item.database))) {
      if (database === undefined) continue;
      const items = expected.items.filter((item) => item.database === database);
      await countDatabase(context, connection, database, items, found);
    }
  } catch (error) {
    throw await restoreError(error, connection, context.signal);
  }
  // In the order of what was expected, so that two counts of the same are the same text.
  return { version: CONTRACT_VERSION, items: expected.items.flatMap((item) => found.get(item) ?? []) };
}

async function countDatabase(
  context: EngineContext<unknown>, connection: TargetConnection, database: string, items: readonly CensusItem[],
  found: Map<CensusItem, CensusItem>,
): Promise<void> {
  const sessions: Client[] = [];
  try {
    const count = Math.min(loadingSessions(), Math.max(1, items.length));
    for (let made = 0; made < count; made++) sessions.push(await connectTarget(connection, connection.reader, database, context.signal));
    const relations = await readRelations(sessions[0]);
    const note = (item: CensusItem, figures: Partial<CensusItem>): void => {
      const { part, ...rest } = item;
      found.set(item, { ...(part === undefined ? rest : { ...rest, part }), ...figures });
    };
    const steps = [
      ...tableSteps(connection, database, items, relations, note),
      ...sequenceSteps(items.filter(({ kind, name }) => kind === 'sequence' && relations.get(name)?.kind === 'S'), note),
      ...items.filter(({ kind }) => kind === 'large-objects').map((item): Step<Client> => ({
        id: 'large objects', cost: item.bytes ?? 0, after: [], run: async (client) => note(item, await countLargeObjects(client, item)),
      })),
    ];
    await runGraph(steps, sessions, () => void Promise.all(sessions.map(disconnect)));
    for (const item of items) {
      if (item.kind === 'materialized-view' && relations.get(item.name)?.populated) note(item, {});
    }
  } finally {
    await Promise.all(sessions.map(disconnect));
  }
}

interface Relation {
  readonly kind: string;
  readonly populated: boolean;
  readonly columns: string;
  /** What an extension says of its own table. */
  readonly condition: string;
}

async function readRelations(client: Client): Promise<Map<string, Relation>> {
  const rows = await textRows(client, `SELECT n.nspname, c.relname, c.relkind, c.relispopulated,
      (SELECT pg_catalog.json_agg(a.attname ORDER BY a.attnum)::pg_catalog.text FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
      coalesce((SELECT e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)] FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig)), '')
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`);
  return new Map(rows.map(([schema, name, kind, populated, columns, condition]) => {
    const list = columns === null ? '' : (JSON.parse(columns) as string[]).map(quoteIdent).join(', ');
    return [qualified(schema ?? '', name ?? ''), { kind: kind ?? '', populated: populated === 't', columns: list && `(${list})`, condition: condition ?? '' }];
  }));
}

type Note = (item: CensusItem, figures: Partial<CensusItem>) => void;

/** Large tables alone, small ones together. */
function tableSteps(
  connection: TargetConnection, database: string, items: readonly CensusItem[], relations: ReadonlyMap<string, Relation>, note: Note,
): Step<Client>[] {
  const steps: Step<Client>[] = [];
  let group: { item: CensusItem; statement: string }[] = [];
  let bytes = 0;
  const close = (): void => {
    const tables = group;
    if (tables.length === 0) return;
    steps.push({
      id: `count ${steps.length}`, cost: bytes + tables.length, after: [],
      run: async (client) => {
        for (const { item, statement } of tables) note(item, { method: 'hashed', ...await hashRows(client, statement) });
      },
    });
    group = [];
    bytes = 0;
  };
  for (const item of items) {
    const relation = relations.get(item.name);
    if (item.kind !== 'table' || !relation || !'rpf'.includes(relation.kind)) continue;
    if (item.method === 'present') {
      note(item, {});
      continue;
    }
    if (group.length > 0 && (group.length >= STEP_TABLES || bytes + (item.bytes ?? 0) > STEP_BYTES)) close();
    const columns = connection.columns.get(tableKey(database, item.name)) ?? relation.columns;
    group.push({ item, statement: statementOf(item.name, columns, relation.condition) });
    bytes += item.bytes ?? 0;
  }
  close();
  return steps;
}

/** As the dump's own (`copyOut`), from columns that are quoted already. */
function statementOf(table: string, columns: string, condition: string): string {
  if (condition.trim() === '' || columns === '') return `COPY ${table} ${columns} TO STDOUT`;
  return `COPY (SELECT ${columns.slice(1, -1)} FROM ONLY ${table} ${condition}) TO STDOUT`;
}

async function hashRows(client: Client, statement: string): Promise<{ rows: number; bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const copy = new CopyStream(statement, undefined, (data) => hash.update(data));
  client.query(copy);
  const rows = await copy.done;
  return { rows, bytes: copy.bytes, sha256: hash.digest('hex') };
}

function sequenceSteps(items: readonly CensusItem[], note: Note): Step<Client>[] {
  const steps: Step<Client>[] = [];
  for (let at = 0; at < items.length; at += SEQUENCES_A_QUERY) {
    const some = items.slice(at, at + SEQUENCES_A_QUERY);
    steps.push({
      id: `sequences ${at}`, cost: some.length, after: [],
      run: async (client) => {
        const rows = await textRows(client, some.map(({ name }, index) => `SELECT ${index} AS at, last_value FROM ${name}`).join(' UNION ALL '));
        for (const [index, value] of rows) note(some[Number(index)], { atLeast: value ?? '0' });
      },
    });
  }
  return steps;
}

async function countLargeObjects(client: Client, item: CensusItem): Promise<Partial<CensusItem>> {
  if (item.method === 'counted') {
    const [[count]] = await textRows(client, LARGE_OBJECTS_COUNT);
    return { rows: Number(count) };
  }
  const [[count, bytes, sha256]] = await textRows(client, LARGE_OBJECTS_HASH);
  return { rows: Number(count), bytes: Number(bytes), sha256: sha256 ?? '' };
}
