import { CONTRACT_VERSION } from '../../lib/contract/common';
import type { Manifest } from '../../lib/contract/manifest';
import { manifestKey } from '../../lib/contract/object-keys';
import type { RunRequest } from '../../lib/contract/run-request';
import type { Verdict } from '../../lib/contract/verdict';
import { instantOf } from './clock';

/** What a drill saw. */
export interface Evidence {
  readonly failure?: string;
  /** Why the copy was not opened: its checksums alone were compared. */
  readonly unopened?: string;
  readonly exceptions: Verdict['exceptions'];
  readonly differences: Verdict['differences'];
  readonly checked: Verdict['checked'];
  readonly assertions: Verdict['assertions'];
  readonly seconds: Verdict['seconds'];
  readonly tools: Record<string, string>;
  /** Seconds of the restore by step, for the log. */
  readonly steps: Record<string, number>;
}

/** From what was seen to a verdict. Pure. */
export function judge(request: RunRequest, manifest: Manifest, evidence: Evidence, now: Date): Verdict {
  const rto = request.objectives.rtoSeconds;
  const restoreSeconds = evidence.seconds.scratch + evidence.seconds.restore;
  const failed = evidence.assertions.filter(({ holds }) => !holds);
  const reasons = [
    evidence.failure,
    evidence.differences.length > 0
      ? `${evidence.differences.length} of ${evidence.checked.items} things differ from the source, the first is ${evidence.differences[0].kind} ${evidence.differences[0].name}: expected ${evidence.differences[0].expected}, found ${evidence.differences[0].actual}`
      : undefined,
    failed.length > 0 ? `assertion "${failed[0].name}" does not hold: expected ${failed[0].expected}, found ${failed[0].actual}` : undefined,
    restoreSeconds > rto ? `the restore took ${restoreSeconds.toFixed(1)} s, the objective (RTO) is ${rto} s` : undefined,
  ].filter((reason) => reason !== undefined);
  const outcome = reasons.length > 0 ? 'not-proven' : evidence.unopened !== undefined ? 'checksums-only' : evidence.exceptions.length > 0 ? 'proven-except' : 'proven';
  const proof = `${evidence.checked.items} things compared (${evidence.checked.rows} rows), restored in ${restoreSeconds.toFixed(1)} s of ${rto} s`;
  const summary = {
    'not-proven': `Run ${manifest.runId} of ${request.application}/${request.protection} is not proven: ${reasons.join('; ')}.`,
    'proven-except': `Proven except ${evidence.exceptions.map(({ name }) => name).join(', ')}: ${proof}.`,
    'checksums-only': `Checksums only: ${evidence.checked.parts} parts (${evidence.checked.sizeBytes} bytes) are stored as they were written, and nothing was restored: ${evidence.unopened}.`,
    proven: `Proven: ${proof}.`,
  }[outcome];
  return {
    version: CONTRACT_VERSION,
    environment: request.environment,
    application: request.application,
    protection: request.protection,
    engine: request.engine,
    runId: manifest.runId,
    attempt: manifest.attempt,
    manifestKey: manifestKey(request, manifest.runId),
    verifiedAt: instantOf(now),
    outcome,
    summary,
    exceptions: evidence.exceptions,
    differences: evidence.differences.slice(0, 100),
    differenceCount: evidence.differences.length,
    checked: evidence.checked,
    assertions: evidence.assertions,
    seconds: evidence.seconds,
    rtoSeconds: rto,
    tools: evidence.tools,
  };
}
