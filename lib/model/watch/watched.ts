import type { AuditedCopy } from '../run-audit';
import type { Expectation } from './expected-slots';
import type { CountedDay } from './settled';

/** A copy, as the store holds it. Instants are in seconds since 1970, and by the store's clock but for the recovery point. */
export interface StoredCopy extends AuditedCopy {
  readonly recoveryPoint: number;
  readonly sizeBytes: number;
  /** 0 of a source without rows. */
  readonly rows: number;
  /** When its first verdict was written, and its newest. */
  readonly firstVerdictAt?: number;
  readonly verdictAt?: number;
  /** Scratch and restore of its newest verdict; absent where nothing was restored. */
  readonly restoreSeconds?: number;
  /** How far the clock of the worker that made it lay ahead of the store's. */
  readonly skewSeconds: number;
  /** Its verdict says so, and it was found damaged since. */
  readonly provenBefore?: boolean;
  /** Regions of replicas that have not all of it. */
  readonly missingIn: readonly string[];
}

/** What the last audit of the whole store left. */
export interface LastAudit {
  readonly at: number;
  readonly provenCopies: number;
  readonly storedBytes: number;
  /** Copies that were damaged then; `proven` are those that were left out of `provenCopies` for it. */
  readonly damaged: readonly { readonly runId: string; readonly proven: boolean }[];
  /** Every slot up to this one is in `days`. */
  readonly until?: number;
  readonly days: readonly CountedDay[];
}

/** Something that is not as it should be, in one sentence, and the gauge it moves. */
export interface Note {
  readonly metric: string;
  readonly text: string;
  readonly about?: string;
}

/** All that the gauges of one protection come from. */
export interface WatchFacts extends Expectation {
  readonly now: number;
  /** Since when the protection is known to be in force. */
  readonly since: number;
  readonly timeZone: string;
  /** From here on every copy is among `copies`. */
  readonly windowFrom: number;
  readonly copies: readonly StoredCopy[];
  readonly audit?: LastAudit;
  /** The oldest audit of the last 30 days. */
  readonly earlier?: { readonly at: number; readonly storedBytes: number };
  readonly longestGapSeconds: number;
  readonly longestRunSeconds: number;
  readonly verdictSeconds: number;
  readonly rtoSeconds: number;
  readonly minimumVerified: number;
  readonly ceilingBytes?: number;
  /** Copies that are not as they were written, in the window or before it, and when that was last seen. */
  readonly damaged: readonly { readonly runId: string; readonly seenAt: number }[];
  /** What cannot be read, each with its sentence. */
  readonly unreadable: readonly Omit<Note, 'metric'>[];
  /** Objects that S3 could not replicate. */
  readonly notReplicated: readonly Omit<Note, 'metric'>[];
  /** How schedule and machine are not as declared. */
  readonly drift: readonly Omit<Note, 'metric'>[];
  /** When the copy was last read that was read longest ago. */
  readonly readAt?: number;
}
