import type { FindingCode } from './codes';
import type { Finding } from './finding';

/** Somebody's word that a finding is known and meant. */
export interface Acknowledgement {
  readonly code: FindingCode;
  /** For whoever reads the report. */
  readonly reason: string;
}

export interface JudgedFinding extends Finding {
  /** The reason it was acknowledged with. */
  readonly acknowledged?: string;
}

/** Each finding with its acknowledgement where it has one; an acknowledgement of what was not found is a finding itself. */
export function judge(findings: readonly Finding[], acknowledgements: readonly Acknowledgement[]): JudgedFinding[] {
  const reasons = new Map(acknowledgements.map(({ code, reason }) => [code, reason]));
  const codes = new Set(findings.map(({ code }) => code));
  const judged = findings.map((finding): JudgedFinding => {
    const acknowledged = reasons.get(finding.code);
    return acknowledged === undefined ? finding : { ...finding, acknowledged };
  });
  const vain = [...reasons].filter(([code]) => !codes.has(code)).map(([code, reason]): Finding => ({
    code: 'ACKNOWLEDGED_IN_VAIN',
    severity: 'warning',
    reason: `${code} is acknowledged ("${reason}") and 0 findings of that code are there`,
    mend: `remove the acknowledgement: it would hide the next ${code}`,
  }));
  return [...judged, ...vain];
}

/** What ends a synthesis. */
export function isGrave({ severity, acknowledged }: Pick<JudgedFinding, 'severity' | 'acknowledged'>): boolean {
  return severity === 'error' && acknowledged === undefined;
}
