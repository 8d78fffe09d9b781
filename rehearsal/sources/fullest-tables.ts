export interface CountedTable {
  /** Quoted as the engine wants it. */
  readonly name: string;
  readonly rows: number;
}

/** The fullest tables, until they have this share of all rows; 1 is every table. */
export function fullestTables(tables: readonly CountedTable[], share: number): string[] {
  const wanted = share * tables.reduce((sum, { rows }) => sum + rows, 0);
  const chosen: string[] = [];
  let rows = 0;
  for (const table of [...tables].sort((one, other) => other.rows - one.rows)) {
    if (share < 1 && rows >= wanted) break;
    chosen.push(table.name);
    rows += table.rows;
  }
  return chosen;
}
