import type { FindingCode } from './codes';

export type Severity = 'error' | 'warning' | 'info';

/** What the proof says: the reason in numbers, and what mends it. An error ends the synthesis unless it is acknowledged. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly reason: string;
  readonly mend: string;
}
