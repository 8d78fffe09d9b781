/** A table as it weighs in a dump. */
export interface SizedTable {
  readonly name: string;
  /** Bytes on disk, an estimate of what is to come. */
  readonly bytes: number;
}

const LARGEST_GROUP_BYTES = 64 * 1024 * 1024;
const SMALLEST_GROUP_BYTES = 2 * 1024 * 1024;
const MOST_TABLES_A_GROUP = 400;
/** Groups a lane should have to choose from near the end, so that all lanes end together. */
const GROUPS_A_LANE = 4;

/** Large tables alone, small ones together, largest first. */
export function groupTables<Table extends SizedTable>(tables: readonly Table[], lanes: number): Table[][] {
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const target = Math.max(SMALLEST_GROUP_BYTES, Math.min(LARGEST_GROUP_BYTES, total / (lanes * GROUPS_A_LANE)));
  const groups: Table[][] = [];
  let open: Table[] = [];
  let filled = 0;
  for (const table of [...tables].sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))) {
    if (open.length > 0 && (filled + table.bytes > target || open.length === MOST_TABLES_A_GROUP)) {
      groups.push(open);
      open = [];
      filled = 0;
    }
    open.push(table);
    filled += table.bytes;
  }
  if (open.length > 0) groups.push(open);
  return groups;
}
