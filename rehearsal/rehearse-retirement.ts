import type { RetireRequest } from '../lib/contract/retire-request';
import { runRetireRound, type RetireRound, type RetireRoundProps } from './retire-round';

/** One stored copy of the policy. */
export type StoredCopy = NonNullable<RetireRequest['keep']>[number];

/** The round of a policy, and what a person asks of the worker beside it. */
export interface RehearsedRetirement {
  readonly round: RetireRound;
  /** A copy marked as kept by a person and left to the rules again; empty where there is no copy. */
  readonly marking: readonly RetireRound[];
}

/**
 * A round over what was just stored, and its tags tried on one copy: so the right to write them is shown where nothing is old enough
 * to go.
 */
export async function rehearseRetirement(props: RetireRoundProps, copies: readonly StoredCopy[]): Promise<RehearsedRetirement> {
  const round = await runRetireRound(props);
  const marking: RetireRound[] = [];
  for (const change of copies.slice(0, 1).flatMap((copy): Partial<RetireRequest>[] => [{ keep: [copy] }, { unkeep: [copy] }])) {
    marking.push(await runRetireRound({ ...props, change }));
  }
  return { round, marking };
}
