import { censusLabel, type Census, type CensusItem } from '../../lib/contract/census';
import type { Difference, Exception } from '../../lib/contract/verdict';

/**
 * Everything by which what came up differs from what the copy must contain, both ways. A thing that an exception names by its label
 * grades the verdict by that exception, and its absence is not told twice. Pure.
 */
export function compareCensus(expected: Census, actual: Census, exceptions: readonly Exception[] = []): Difference[] {
  const excused = new Set(exceptions.map(({ name }) => name));
  const found = new Map(actual.items.map((item) => [identity(item), item]));
  const differences: Difference[] = [];
  for (const item of expected.items) {
    const other = found.get(identity(item));
    found.delete(identity(item));
    if (!other) {
      if (!excused.has(censusLabel(item))) differences.push(difference(item, describe(item), 'missing'));
    } else if (!agrees(item, other)) {
      differences.push(difference(item, describe(item), describe(other)));
    }
  }
  for (const item of found.values()) differences.push(difference(item, 'nothing', describe(item)));
  return differences;
}

function agrees(expected: CensusItem, actual: CensusItem): boolean {
  if (expected.rows !== undefined && expected.rows !== actual.rows) return false;
  if (expected.bytes !== undefined && actual.bytes !== undefined && expected.bytes !== actual.bytes) return false;
  // A definition that a server of another series says in words of its own is only known to be there; rows are what they are.
  const onlyThere = actual.method === 'present' && expected.rows === undefined;
  if (expected.sha256 !== undefined && !onlyThere && expected.sha256 !== actual.sha256) return false;
  if (expected.atLeast !== undefined && (actual.atLeast === undefined || BigInt(actual.atLeast) < BigInt(expected.atLeast))) return false;
  return true;
}

function identity(item: CensusItem): string {
  return JSON.stringify([item.database ?? null, item.kind, item.name]);
}

function difference(item: CensusItem, expected: string, actual: string): Difference {
  return { kind: item.kind, name: item.name, ...(item.database === undefined ? {} : { database: item.database }), expected, actual };
}

function describe({ rows, bytes, sha256, atLeast }: CensusItem): string {
  const words = [
    rows === undefined ? undefined : `${rows} rows`,
    bytes === undefined ? undefined : `${bytes} bytes`,
    sha256 === undefined ? undefined : `SHA-256 ${sha256.slice(0, 16)}…`,
    atLeast === undefined ? undefined : `position ${atLeast}`,
  ].filter((word) => word !== undefined);
  return words.length > 0 ? words.join(', ') : 'present';
}
