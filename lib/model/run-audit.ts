import { instantText } from './calendar';
import { gradeOf, isProven, type Copy } from './copy';

/** A copy, with what only an audit asks. */
export interface AuditedCopy extends Copy {
  /** When its manifest was written, in seconds since 1970. */
  readonly finishedAt: number;
  /** Attempts at its run that have left objects in the store, the copy's own included; from 1. */
  readonly attempts: number;
}

export interface RunAudit {
  /** The slots of the time that is looked at, in seconds since 1970. */
  readonly expected: readonly number[];
  readonly copies: readonly AuditedCopy[];
  /** In seconds since 1970. */
  readonly now: number;
  /** So long after its slot a run is to have its manifest. */
  readonly dueSeconds: number;
  /** So long after its manifest a copy is to have its verdict. */
  readonly verdictSeconds: number;
}

export interface RunIssue {
  /**
   * `missing`: no copy of an expected slot, though it is due. `late`: a copy that came after it was due. `unproven`: a verdict that is no
   * proof, or none although it is due. `doubled`: more than one attempt or copy of a slot.
   */
  readonly kind: 'missing' | 'late' | 'unproven' | 'doubled';
  readonly slot: number;
  /** One sentence for a person. */
  readonly reason: string;
}

/**
 * What is wrong with the runs of one protection, oldest slot first. A slot that is not yet due, and a copy that may still get its
 * verdict, are no issue; a copy of a slot that nobody expected (a run started by hand) is only asked what any copy is asked.
 */
export function auditRuns({ expected, copies, now, dueSeconds, verdictSeconds }: RunAudit): RunIssue[] {
  const bySlot = new Map<number, AuditedCopy[]>();
  for (const copy of copies) bySlot.set(copy.slot, [...bySlot.get(copy.slot) ?? [], copy]);
  const missing = [...new Set(expected)].filter((slot) => !bySlot.has(slot) && now > slot + dueSeconds)
    .map((slot): RunIssue => ({ kind: 'missing', slot, reason: `no copy of ${instantText(slot)}, due ${span(now - slot - dueSeconds)} ago` }));
  const found = [...bySlot].flatMap(([slot, runs]) => issuesOf(slot, runs, now, dueSeconds, verdictSeconds));
  return [...missing, ...found].sort((one, other) => one.slot - other.slot);
}

function issuesOf(slot: number, runs: readonly AuditedCopy[], now: number, dueSeconds: number, verdictSeconds: number): RunIssue[] {
  const at = instantText(slot);
  const issues: RunIssue[] = [];
  const add = (kind: RunIssue['kind'], reason: string) => issues.push({ kind, slot, reason });
  const overdue = Math.min(...runs.map(({ finishedAt }) => finishedAt)) - slot - dueSeconds;
  if (overdue > 0) add('late', `the copy of ${at} came ${span(overdue)} after it was due`);
  if (!runs.some(isProven)) {
    const grade = Math.max(...runs.map(gradeOf));
    const best = runs.filter((run) => gradeOf(run) === grade);
    const waiting = now - Math.min(...best.map(({ finishedAt }) => finishedAt)) - verdictSeconds;
    const [{ outcome }] = best;
    if (outcome !== 'unverified') add('unproven', `the copy of ${at} is ${outcome === 'not-proven' ? 'not proven' : 'proven by checksums only'}`);
    else if (waiting > 0) add('unproven', `the copy of ${at} has no verdict, due ${span(waiting)} ago`);
  }
  const attempts = runs.reduce((sum, run) => sum + run.attempts, 0);
  if (attempts > 1) add('doubled', `${attempts} attempts at ${at} have left objects in the store, ${runs.length} of them a copy`);
  return issues;
}

/** In the largest unit that leaves no fraction of more than a tenth unsaid. */
function span(seconds: number): string {
  for (const [unit, size] of [['d', 86_400], ['h', 3600], ['min', 60]] as const) {
    if (seconds >= size) return `${Math.floor(seconds / size * 10) / 10} ${unit}`;
  }
  return `${seconds} s`;
}
