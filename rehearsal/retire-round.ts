import { parseRetireReport, type RetireReport } from '../lib/contract/retire-report';
import type { RetireRequest } from '../lib/contract/retire-request';
import { type PolicyRound, type PolicyRoundProps, runPolicyRound } from './policy-round';

export type RetireRoundProps = PolicyRoundProps<RetireRequest>;

export type RetireRound = PolicyRound<RetireReport>;

/** Runs the synthesized retire machine of a policy once. */
export function runRetireRound(props: RetireRoundProps): Promise<RetireRound> {
  const { stateMachine } = props.policy.declared.retirement;
  return runPolicyRound({ name: 'retire', stateMachine, parse: parseRetireReport }, props);
}
