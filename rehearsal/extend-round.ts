import { parseExtendReport, type ExtendReport } from '../lib/contract/extend-report';
import type { ExtendRequest } from '../lib/contract/extend-request';
import { type PolicyRound, type PolicyRoundProps, runPolicyRound } from './policy-round';

export type ExtendRound = PolicyRound<ExtendReport>;

/** Runs the synthesized machine that lengthens a policy's locks once; undefined for a policy that has none. */
export async function runExtendRound(props: PolicyRoundProps<ExtendRequest>): Promise<ExtendRound | undefined> {
  const { lockExtension } = props.policy.declared;
  if (!lockExtension) return undefined;
  return runPolicyRound({ name: 'extend', stateMachine: lockExtension.stateMachine, parse: parseExtendReport }, props);
}
