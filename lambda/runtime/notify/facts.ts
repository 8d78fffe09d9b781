import type { AlarmKindName } from '../../../lib/contract/alarm-kinds';
import type { AlarmMark, FailedNotice, NotifiedSeverity } from '../../../lib/contract/notification';

/** Whose message it is. */
export interface Whose {
  readonly environment: string;
  readonly application: string;
  readonly protection?: string;
}

/** What the sentinel last measured of one protection; what it does not write, or did not, is left out. */
export interface ProtectionFacts {
  readonly protection: string;
  readonly rpoSeconds: number;
  /** Age of the newest proven copy's recovery point at `at`. */
  readonly recoveryPointAge?: number;
  readonly provenCopies?: number;
  readonly overdueSeconds?: number;
  readonly failedRuns?: number;
  readonly unprovenCopies?: number;
  readonly successRate?: number;
  readonly storedBytes?: number;
  readonly daysToCeiling?: number;
  readonly restoreOfRto?: number;
  readonly drillAge?: number;
  readonly replicaLag?: number;
  readonly replicaFailures?: number;
  readonly unreadable?: number;
  readonly scheduleDrift?: number;
  /** Instant of these figures, ISO; undefined when nothing was measured. */
  readonly at?: string;
  /** End of a declared pause that lasts. */
  readonly pausedUntil?: string;
}

export interface PolicyFacts {
  /** What of the policy itself is not as declared, by the kind of alarm that says so. */
  readonly drifts: readonly AlarmKindName[];
  readonly protections: readonly ProtectionFacts[];
}

export interface AlarmFacts {
  readonly mark: AlarmMark;
  readonly severity: NotifiedSeverity;
  readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';
  /** When the state changed, ISO. */
  readonly at: string;
  /** The newest value, in the metric's unit; undefined when there is none. */
  readonly value?: number;
  readonly threshold?: number;
  /** What is safe: the alarm's protection, or all of the policy. Undefined when it could not be asked. */
  readonly safe?: readonly ProtectionFacts[];
  readonly alarmUrl: string;
}

export interface FailedFacts {
  readonly notice: FailedNotice;
  readonly severity: NotifiedSeverity;
  readonly at: string;
  readonly safe?: readonly ProtectionFacts[];
  readonly executionsUrl: string;
}

export interface DigestFacts {
  readonly whose: Whose;
  readonly at: string;
  /** Undefined when it could not be asked. */
  readonly policy?: PolicyFacts;
  readonly alarmsUrl: string;
}

/** What is not ours, or cannot be read. */
export interface UnknownFacts {
  readonly whose: Whose;
  readonly severity: NotifiedSeverity;
  readonly at: string;
  readonly key: string;
  readonly subject?: string;
  readonly text: string;
  readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA' | 'none';
  readonly alarmUrl?: string;
}
