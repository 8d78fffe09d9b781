import { parseScrubReport, type ScrubReport } from '../lib/contract/scrub-report';
import type { ScrubRequest } from '../lib/contract/scrub-request';
import { type PolicyRound, type PolicyRoundProps, runPolicyRound } from './policy-round';

export type ScrubRound = PolicyRound<ScrubReport>;

/** So short a period that every copy is read now: on the day it is made, no copy's turn would have come. */
export const EVERY_COPY_NOW: Partial<ScrubRequest> = { periodSeconds: 1 };

/** Runs the synthesized machine that reads a policy's stored copies again once; undefined for a policy that has none. */
export async function runScrubRound(props: PolicyRoundProps<ScrubRequest>): Promise<ScrubRound | undefined> {
  const { scrub } = props.policy.declared;
  if (!scrub) return undefined;
  return runPolicyRound({ name: 'scrub', stateMachine: scrub.stateMachine, parse: parseScrubReport }, props);
}
