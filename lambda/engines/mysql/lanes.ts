import { TransientError } from '../../runtime/errors';
import type { RunningDump } from './dump-tool';
import type { RowReader } from './row-reader';
import type { Relation } from './survey';

/** A dump tool at work on its share of the tables. */
export interface Lane {
  readonly dump: RunningDump;
  readonly reader: RowReader;
  /** Its tables in the order in which they come, a list a part. */
  readonly parts: readonly (readonly Relation[])[];
}

/** Tries to have both tools begin between the same two transactions. */
const TRIES = 8;

/** Shares of about equal size: each group goes where least is. */
export function share(groups: readonly Relation[][], lanes: number): Relation[][][] {
  const shares = Array.from({ length: lanes }, () => ({ bytes: 0, groups: [] as Relation[][] }));
  for (const group of groups) {
    const least = shares.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    least.groups.push(group);
    // A table costs something even when it is empty.
    least.bytes += group.reduce((sum, { bytes }) => sum + bytes + 4096, 0);
  }
  return shares.map((one) => one.groups).filter((one) => one.length > 0);
}

/**
 * Starts one tool a share. Each opens a snapshot of its own; they are one view of the database when all stand at the same position of the
 * binary log (design section 12: 0 of 40 trials torn), so they are begun together until they do.
 *
 * @param oneView whether they stand on one state however they begin
 * @returns undefined when they never did: too much is written for that
 */
export async function openLanes(
  shares: readonly (readonly Relation[][])[], start: (tables: readonly string[]) => Promise<RunningDump>,
  reading: (dump: RunningDump) => RowReader, oneView = false,
): Promise<Lane[] | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const lanes = await Promise.all(shares.map(async (parts): Promise<Lane> => {
      const dump = await start(parts.flat().map(({ name }) => name));
      return { dump, parts, reader: reading(dump) };
    }));
    const begun = await Promise.allSettled(lanes.map(({ reader }) => reader.seek()));
    const failed = begun.find((one) => one.status === 'rejected');
    const positions = new Set(lanes.map(({ reader }) => reader.position));
    const together = oneView || shares.length === 1 || positions.size === 1 && !positions.has(undefined);
    if (!failed && together) return lanes;
    for (const { dump } of lanes) dump.kill();
    const ends = await Promise.allSettled(lanes.map(({ dump }) => dump.ended));
    if (failed) throw failed.reason;
    // A tool that failed of itself says why; one that was ended here only says so.
    const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
    const reason = reasons.find((error) => !(error instanceof TransientError && error.code === 'TOOL_KILLED'));
    if (reason) throw reason;
  }
  return undefined;
}
