import { TransientError } from '../../runtime/errors';
import type { RunningDump } from './dump-tool';
import type { RowReader } from './row-reader';
import type { Share } from './shares';
import type { Relation } from './survey';

/** A dump tool at work on its share of the tables, which come in that order. */
export interface Lane extends Share<Relation> {
  readonly dump: RunningDump;
  readonly reader: RowReader;
}

/** Tries to have all tools begin between the same two transactions. */
const TRIES = 8;

/**
 * Starts one tool a share. Each opens a snapshot of its own; they are one view of the database when all stand at the same position of the
 * binary log (design section 12: 0 of 40 trials torn), so they are begun together until they do.
 *
 * @param oneView whether they stand on one state however they begin
 * @returns undefined when they never did: too much is written for that
 */
export async function openLanes(
  shares: readonly Share<Relation>[], start: (share: Share<Relation>) => Promise<RunningDump>,
  reading: (dump: RunningDump) => RowReader, oneView = false,
): Promise<Lane[] | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const lanes = await Promise.all(shares.map(async (one): Promise<Lane> => {
      const dump = await start(one);
      return { ...one, dump, reader: reading(dump) };
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
