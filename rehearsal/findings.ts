import type { DeclaredFinding } from '../lib/contract/declared-finding';
import type { DeclaredPolicy, DeclaredProtection } from '../lib/contract/policy-metadata';

const GRAVEST_FIRST = ['error', 'warning', 'info'] as const satisfies readonly DeclaredFinding['severity'][];

/** What the proof said of some policies, as their templates have it: open ones before acknowledged ones, the gravest first, each once. */
export function findingsOf(
  policies: readonly DeclaredPolicy[],
  protections: readonly DeclaredProtection[] = policies.flatMap((policy) => policy.protections),
): DeclaredFinding[] {
  const all = [...policies.flatMap(({ findings }) => findings), ...protections.flatMap(({ findings }) => findings)];
  // Policies of one store say the same of it.
  const once = [...new Map(all.map((finding) => [`${finding.path} ${finding.code} ${finding.reason}`, finding])).values()];
  const rank = ({ severity, acknowledged }: DeclaredFinding): number =>
    GRAVEST_FIRST.indexOf(severity) + (acknowledged === undefined ? 0 : GRAVEST_FIRST.length);
  return once.sort((a, b) => rank(a) - rank(b));
}
