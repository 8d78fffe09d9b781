import { availableParallelism } from 'node:os';
import { groupTables } from '../../runtime/group-tables';
import type { DatabaseDumpProps } from './database-dump';
import { ROW_OPTIONS, type RunningDump } from './dump-tool';
import { isTiDb } from './flavors';
import { type Lane, openLanes } from './lanes';
import { RowReader } from './row-reader';
import { dominating, LEAST_BYTES_FOR_TWO, type Share, share, shareWithSlices } from './shares';
import { type KeyRange, keyRangeOf, sliceOptions } from './slices';
import type { Relation, Survey } from './survey';
import type { TiDbView } from './tidb-view';
import { rowDigests } from './value-kinds';

const MOST_TOOLS = 4;

export interface ChosenLanes {
  readonly lanes: readonly Lane[];
  /** Why so many. */
  readonly reason: string;
  /** `file:position` of the binary log, or TiDB's timestamp. */
  readonly position?: string;
}

export interface ChooseLanesProps extends DatabaseDumpProps {
  readonly found: Survey;
  readonly view: TiDbView | undefined;
  /** Of the tables that may be cut. */
  readonly ranges: ReadonlyMap<string, KeyRange>;
  /** Starts a tool. */
  tool(options: readonly string[], tables: readonly string[]): Promise<RunningDump>;
}

/** Tools that read side by side where nothing is cut: one a core. */
function fewTools(): number {
  return Math.min(MOST_TOOLS, Math.max(2, availableParallelism()));
}

/** The keys by which tables may be cut that else would be at work long after all others. */
export async function keyRanges(
  { session, context: { config }, tools, database }: DatabaseDumpProps, { rows }: Survey,
): Promise<Map<string, KeyRange>> {
  const ranges = new Map<string, KeyRange>();
  if (isTiDb(config) || tools.family !== 'mariadb') return ranges;
  for (const { name } of dominating(rows, fewTools()).filter(({ engine, versioned }) => engine === 'innodb' && !versioned)) {
    const range = await keyRangeOf(session, database, name);
    if (range) ranges.set(name, range);
  }
  return ranges;
}

/** Starts the tools that read the rows: several where they can know that they see one state. */
export async function chooseLanes(props: ChooseLanesProps): Promise<ChosenLanes> {
  const { found, view, tools, context, session, ranges } = props;
  const groups = groupTables(found.rows, fewTools());
  if (groups.length === 0) return { lanes: [], reason: 'there are no rows' };
  // Empty when several tools can know that they see one state, which one tool then says for the notes too.
  const hindrance = await whyOne(props);
  const start = ({ parts, slice }: Share<Relation>): Promise<RunningDump> => props.tool(
    [...ROW_OPTIONS, ...hindrance === '' && !view ? ['--master-data=2'] : [], ...slice ? sliceOptions(slice.condition) : []], parts.flat().map(({ name }) => name),
  );
  const digests = view ? await rowDigests(session, found.database) : undefined;
  const reading = (dump: RunningDump): RowReader => new RowReader(dump.stdout, tools.family, digests);
  const chosen = (lanes: readonly Lane[], reason?: string): ChosenLanes => {
    const position = view ? `TSO ${view.tso}` : lanes[0]?.reader.position;
    return { lanes, reason: reason ?? `all at ${position}`, ...position === undefined ? {} : { position } };
  };
  const plans = plansFor(found.rows, groups, ranges);
  let reason = hindrance;
  if (found.rows.reduce((sum, { bytes }) => sum + bytes, 0) < LEAST_BYTES_FOR_TWO) reason = 'one tool is as fast for so little';
  else if (hindrance === '' && plans.length === 0) reason = 'there is one table, and it cannot be cut by its key';
  else if (hindrance === '') {
    for (const plan of plans) {
      const lanes = await openLanes(plan, start, reading, view !== undefined);
      if (lanes) return chosen(lanes);
    }
    reason = 'too much was written for several tools to begin at one position of the binary log';
    context.log.warn(reason, { database: found.database });
  }
  return chosen(await openLanes(share(groups, 1).map((parts) => ({ parts })), start, reading) ?? [], reason);
}

/** Shares for several tools, the fastest first; the fewer begin together the sooner they do. */
function plansFor(rows: readonly Relation[], groups: readonly Relation[][], ranges: ReadonlyMap<string, KeyRange>): Share<Relation>[][] {
  const whole = share(groups, Math.min(fewTools(), groups.length)).map((parts) => ({ parts }));
  const sliced = ranges.size > 0 ? [MOST_TOOLS, MOST_TOOLS - 1].map((tools) => shareWithSlices(rows, ranges, tools)) : [];
  return [...sliced, whole].filter((plan) => plan.length > 1);
}

/** Why several tools could not know that they see one state; empty when they can. */
async function whyOne({ server, tools, session, view }: ChooseLanesProps): Promise<string> {
  if (view) return '';
  if (tools.family !== 'mariadb') return 'MySQL tells no session at which position of the binary log its snapshot stands';
  if (!server.binaryLog) return 'the server writes no binary log, by which several sessions would know that they see one state';
  const grants = (await session.rows<Record<string, string>>('SHOW GRANTS')).map((row) => Object.values(row)[0]);
  const may = grants.some((grant) => / ON \*\.\* /.test(grant) && /ALL PRIVILEGES|BINLOG MONITOR|REPLICATION CLIENT|\bSUPER\b/.test(grant));
  return may ? '' : 'the user may not ask for the position of the binary log (BINLOG MONITOR)';
}
