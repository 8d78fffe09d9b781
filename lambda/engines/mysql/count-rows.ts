import { Writable } from 'node:stream';
import type { CensusItem } from '../../../lib/contract/census';
import type { EngineContext } from '../../runtime/engine';
import { IntegrityError } from '../../runtime/errors';
import { groupTables } from '../../runtime/group-tables';
import { loadingSessions } from '../../runtime/worker-size';
import { ROW_OPTIONS, startDump } from './dump-tool';
import type { TargetConnection } from './restore-target';
import { type PassedTable, RowReader } from './row-reader';
import { share, type Share } from './shares';
import { conditionsOf, type Cuts, joinDigests, sliceOptions } from './slices';
import type { Relation } from './survey';
import type { ClientTools } from './tools';
import type { rowDigests } from './value-kinds';

export interface CountRowsProps {
  readonly context: EngineContext<unknown>;
  readonly connection: TargetConnection;
  readonly tools: ClientTools;
  readonly database: string;
  readonly tables: readonly Relation[];
  /** Where rows come in no order. */
  readonly digests: Awaited<ReturnType<typeof rowDigests>> | undefined;
}

/**
 * The rows of tables by the dump tool, side by side: nobody writes there, so all see one state. What was copied in slices is counted in the
 * same.
 */
export async function countRows(props: CountRowsProps): Promise<CensusItem[]> {
  const { connection: { cuts }, database, tables } = props;
  const cutsOf = (table: Relation): Cuts | undefined => cuts?.get(database)?.get(table.name);
  const sliced = tables.flatMap((table) => {
    const how = cutsOf(table);
    return how ? [{ table, how, passed: [] as PassedTable[] }] : [];
  });
  const passed: PassedTable[] = [];
  const groups = groupTables(tables.filter((table) => !cutsOf(table)), loadingSessions());
  const wholes = share(groups, loadingSessions()).map((parts): Share<Relation> => ({ parts }));
  const works = [
    ...sliced.flatMap(({ table, how, passed: slices }) => conditionsOf(how).map((condition, index) => async () => {
      [slices[index]] = await readShare(props, { parts: [[table]], slice: { cuts: how, index, condition } });
    })),
    ...wholes.map((one) => async () => void passed.push(...await readShare(props, one))),
  ];
  await Promise.all(Array.from({ length: loadingSessions() }, async () => {
    for (let work = works.shift(); work; work = works.shift()) await work();
  }));
  return [...passed, ...sliced.map(({ table: { name }, passed: slices }) => ({ name, ...joinDigests(slices) }))]
    .map(({ name, rows, bytes, sha256 }) => ({ kind: 'table', name, database, method: 'hashed', rows, bytes, sha256 }));
}

async function readShare(
  { context, connection: { socket, reader: login }, tools, database, digests }: CountRowsProps, { parts, slice }: Share<Relation>,
): Promise<PassedTable[]> {
  const ordered = parts.flat();
  const dump = await startDump({
    tools, target: { socket, ...login }, database,
    options: [...ROW_OPTIONS, ...slice ? sliceOptions(slice.condition) : []], tables: ordered.map(({ name }) => name),
    scratchDirectory: context.scratchDirectory, signal: context.signal,
  });
  try {
    const reader = new RowReader(dump.stdout, tools.family, digests);
    const passed: PassedTable[] = [];
    await reader.seek();
    for (const { name } of ordered) {
      if (reader.table !== name) throw new IntegrityError('DUMP_CUT', `The count of database "${database}" met ${reader.table ?? 'its end'} where table ${name} was to come.`, 'Look at the scratch server\'s log.');
      passed.push(await reader.copyTable(nowhere()));
    }
    await reader.seek();
    await dump.ended;
    return passed;
  } finally {
    dump.kill();
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
