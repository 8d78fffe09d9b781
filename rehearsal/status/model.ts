import type { AlarmKindName, Severity } from '../../lib/contract/alarm-kinds';
import type { WatchedCopy, WatchNote } from '../../lib/contract/sentinel-report';
import type { AuditedDay } from '../../lib/contract/store-audit';

/** `unknown` is never well: something of it could not be read. */
export type Condition = 'well' | 'waiting' | 'paused' | 'trouble' | 'unknown';

/** A declared alarm whose value lies beyond its threshold now. */
export interface Breach {
  readonly kind: AlarmKindName;
  /** Absent for an alarm of the policy itself. */
  readonly protection?: string;
  readonly severity: Severity;
  /** Section of the runbook. */
  readonly section: string;
  readonly value: number;
  readonly threshold: number;
  /** What is wrong, in a sentence. */
  readonly sentence: string;
  /** What the sentinel saw that moved it. */
  readonly because: readonly string[];
}

/** A declared alarm, held against the report. */
export interface HeldAlarm {
  readonly kind: AlarmKindName;
  /** Absent for an alarm of the policy itself. */
  readonly protection?: string;
  /** Of the replica that watches itself; the policy's own when absent. */
  readonly region?: string;
  readonly severity: Severity;
  readonly section: string;
  readonly threshold: number;
  /** Absent where the report has none. */
  readonly value?: number;
  /** `silent` breaches, and a pause explains it. */
  readonly state: 'well' | 'breached' | 'silent' | 'unknown';
}

/** How a day of the calendar went. */
export type DayFate = 'proven' | 'partly' | 'unproven' | 'missing' | 'nothing-due';

export interface StatusDay extends AuditedDay {
  readonly fate: DayFate;
}

export interface ProtectionStatus {
  readonly protection: string;
  readonly condition: Condition;
  /** The condition in a sentence. */
  readonly sentence: string;
  readonly schedule: { readonly expression: string; readonly timeZone: string };
  readonly objectives: { readonly rpoSeconds: number; readonly rtoSeconds: number };
  readonly newestCopy?: WatchedCopy;
  readonly newestProven?: WatchedCopy;
  /** Since the recovery point of the newest proven copy; absent while there is none. */
  readonly recoveryPointAgeSeconds?: number;
  readonly provenCopies?: number;
  readonly storedBytes?: number;
  readonly ceilingBytes?: number;
  /** Days until the ceiling, where one is declared. */
  readonly daysToCeiling?: number;
  /** The newest restore; absent while there is none. */
  readonly drill?: { readonly at?: string; readonly ageSeconds: number; readonly restoreSeconds?: number; readonly ofRtoPercent?: number };
  /** Since the stored bytes of the copy were read that was read longest ago; absent where nobody reads them again. */
  readonly lastReadSeconds?: number;
  /** Copies that were not as they were written when they were last read; absent where there is none. */
  readonly damagedCopies?: number;
  readonly replicas: readonly { readonly region: string; readonly whole: boolean }[];
  readonly nextSlot?: string;
  readonly paused?: { readonly until: string; readonly reason: string };
  readonly successPercent?: number;
  readonly days: readonly StatusDay[];
  readonly breaches: readonly Breach[];
  /** What no breach explains already. */
  readonly notes: readonly WatchNote[];
  /** Values by the keys of the contract's metrics. */
  readonly gauges: Readonly<Record<string, number>>;
}

/** What watches from the region of a replica. */
export interface ReplicaStatus {
  readonly region: string;
  readonly condition: Condition;
  readonly at?: string;
  readonly breaches: readonly Breach[];
  readonly alarms: readonly HeldAlarm[];
  /** Why it could not be asked. */
  readonly error?: string;
}

export interface PolicyStatus {
  readonly application: string;
  readonly environment: string;
  readonly region: string;
  readonly condition: Condition;
  /** When the sentinel looked. */
  readonly at: string;
  /** Since when the policy is in force. */
  readonly since: string;
  /** The policy's own: lock, schedules, keys, recipients. */
  readonly breaches: readonly Breach[];
  readonly notes: readonly WatchNote[];
  /** What could not be known, and so keeps it from being well. */
  readonly unknown: readonly string[];
  readonly gauges: Readonly<Record<string, number>>;
  readonly alarms: readonly HeldAlarm[];
  readonly protections: readonly ProtectionStatus[];
  readonly replicas: readonly ReplicaStatus[];
}

/** A policy whose sentinel, or store, could not be asked. */
export interface UnreadPolicy {
  readonly application: string;
  readonly environment: string;
  readonly region?: string;
  readonly error: string;
  /** What the sentinels of its replicas say nevertheless. */
  readonly replicas: readonly ReplicaStatus[];
}

/** What `backup-policy status` shows, and prints with `--json`. */
export interface Status {
  readonly version: 1;
  readonly condition: Condition;
  readonly policies: readonly PolicyStatus[];
  readonly unread: readonly UnreadPolicy[];
}

export const GRAVEST_FIRST: readonly Condition[] = ['unknown', 'trouble', 'paused', 'waiting', 'well'];

/** The gravest of some; well where there is none. */
export function worst(conditions: readonly Condition[]): Condition {
  return GRAVEST_FIRST.find((one) => conditions.includes(one)) ?? 'well';
}
