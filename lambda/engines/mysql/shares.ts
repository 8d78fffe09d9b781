import { groupTables, type SizedTable } from '../../runtime/group-tables';
import { conditionsOf, cut, type Cuts, type KeyRange } from './slices';

/** What one tool reads: tables, a list a part, or one slice of one table. */
export interface Share<Table extends SizedTable> {
  readonly parts: readonly (readonly Table[])[];
  readonly slice?: Slice;
}

export interface Slice {
  readonly cuts: Cuts;
  /** Its place in the order of the key, from 0. */
  readonly index: number;
  readonly condition: string;
}

/** Below it a second tool costs more than it brings. */
export const LEAST_BYTES_FOR_TWO = 8 * 1024 * 1024;
/** By how much a table must exceed a lane's fair share to be cut. */
const MUCH = 1.1;

/** Shares of about equal size: each group goes where least is. */
export function share<Table extends SizedTable>(groups: readonly Table[][], lanes: number): Table[][][] {
  const shares = Array.from({ length: lanes }, () => ({ bytes: 0, groups: [] as Table[][] }));
  for (const group of groups) {
    const least = shares.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    least.groups.push(group);
    // A table costs something even when it is empty.
    least.bytes += group.reduce((sum, { bytes }) => sum + bytes + 4096, 0);
  }
  return shares.map((one) => one.groups).filter((one) => one.length > 0);
}

/** Tables that are so large that the lane of each would be at work long after the others. */
export function dominating<Table extends SizedTable>(tables: readonly Table[], lanes: number): Table[] {
  const fair = tables.reduce((sum, { bytes }) => sum + bytes, 0) / lanes;
  return tables.filter(({ bytes }) => bytes >= LEAST_BYTES_FOR_TWO && bytes > MUCH * fair);
}

/**
 * Shares for so many tools where some tables may be cut: each further tool goes where a tool has most to read. The slices of a table come
 * first and in the order of its key.
 */
export function shareWithSlices<Table extends SizedTable>(
  tables: readonly Table[], ranges: ReadonlyMap<string, KeyRange>, tools: number,
): Share<Table>[] {
  const rest = groupTables(tables.filter(({ name }) => !ranges.has(name)), tools);
  const wholes = tables.filter(({ name }) => ranges.has(name)).map((table) => ({ table, bytes: table.bytes, most: tools, tools: 1 }));
  const together = { table: undefined, bytes: rest.flat().reduce((sum, { bytes }) => sum + bytes, 0), most: rest.length, tools: 1 };
  const readers = [...wholes, ...rest.length > 0 ? [together] : []];
  for (let left = tools - readers.length; left > 0; left--) {
    const open = readers.filter((one) => one.tools < one.most);
    if (open.length === 0) break;
    open.reduce((a, b) => (b.bytes / b.tools > a.bytes / a.tools ? b : a)).tools++;
  }
  return [
    ...wholes.flatMap(({ table, tools: slices }): Share<Table>[] => {
      const cuts = cut(ranges.get(table.name) as KeyRange, slices);
      if (!cuts) return [{ parts: [[table]] }];
      return conditionsOf(cuts).map((condition, index) => ({ parts: [[table]], slice: { cuts, index, condition } }));
    }),
    ...share(rest, together.tools).map((parts): Share<Table> => ({ parts })),
  ];
}
