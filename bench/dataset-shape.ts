import type { DatasetOptions } from './engine';

/** Share of the data set that the dominating table has. */
export const DOMINATING_SHARE = 0.6;
export const SMALL_TABLE_ROWS = 20;

/** What the options ask for, in words and numbers: how many tables are beside the dominating one, and what share that one has. */
export function describeSize({ sizeBytes, tables, oneTable }: DatasetOptions): { description: string; share: number; tables: number } {
  if (oneTable) return { description: `one table of ${gigabytes(sizeBytes)}`, share: 1, tables: 0 };
  return {
    description: `${gigabytes(sizeBytes)} of rows, one table of ${tables + 2} has ${DOMINATING_SHARE * 100} %`,
    share: DOMINATING_SHARE, tables,
  };
}

/** A fifth of what is left goes to the first table, a fifth of the rest to the next …, and the rest in equal parts. */
export function weightOf(index: number, tables: number): number {
  const weight = (i: number): number => Math.max(0.2 * 0.8 ** i, 0.02);
  return weight(index) / Array.from({ length: tables }, (_, i) => weight(i)).reduce((sum, one) => sum + one, 0);
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${bytes / 1e9} GB` : `${bytes / 1e6} MB`;
}
