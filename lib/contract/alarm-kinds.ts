import type { MetricKey } from './metrics';

/**
 * Who is told, and how soon: `page` wakes somebody, for data is at risk now; `notify` is for the next working hour.
 */
export type Severity = 'page' | 'notify';

export interface AlarmKind {
  /** The metric that is held against the threshold. */
  readonly metric: MetricKey;
  readonly breach: 'above' | 'below';
  readonly severity: Severity;
  /**
   * CloudWatch's `TreatMissingData`: `breaching` only where silence itself is the danger; a gauge that the sentinel does not write is told
   * by the alarms for that, and not by every other one too.
   */
  readonly missing: 'breaching' | 'ignore';
  /** Whether a policy of little criticality has it too: an alarm costs money every month. */
  readonly essential: boolean;
  /** Whether a declared pause silences it, until the pause ends. */
  readonly paused: boolean;
}

/**
 * Every kind of alarm, once: constructs, messages, runbook and rehearsal go by this table. A kind's name in kebab case is its section in
 * the runbook. Thresholds come from the policy's objectives.
 */
export const ALARM_KINDS = {
  recoveryPointOld: { metric: 'recoveryPointAge', breach: 'above', severity: 'page', missing: 'breaching', essential: true, paused: true },
  backupOverdue: { metric: 'overdueSeconds', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: true },
  backupFailed: { metric: 'failedRuns', breach: 'above', severity: 'notify', missing: 'ignore', essential: true, paused: true },
  copyNotProven: { metric: 'unprovenCopies', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  copyUnverified: { metric: 'unverifiedAge', breach: 'above', severity: 'notify', missing: 'ignore', essential: true, paused: false },
  provenCopiesMissing: { metric: 'missingProvenCopies', breach: 'above', severity: 'page', missing: 'ignore', essential: false, paused: false },
  successRateLow: { metric: 'successRate', breach: 'below', severity: 'notify', missing: 'ignore', essential: false, paused: false },
  sizeAnomaly: { metric: 'sizeDeviation', breach: 'above', severity: 'notify', missing: 'ignore', essential: true, paused: false },
  rowsAnomaly: { metric: 'rowsDeviation', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  runTooLong: { metric: 'runSeconds', breach: 'above', severity: 'notify', missing: 'ignore', essential: false, paused: false },
  restoreTooSlow: { metric: 'restoreOfRto', breach: 'above', severity: 'notify', missing: 'ignore', essential: false, paused: false },
  drillOld: { metric: 'drillAge', breach: 'above', severity: 'notify', missing: 'ignore', essential: false, paused: true },
  storeFilling: { metric: 'storeFill', breach: 'above', severity: 'notify', missing: 'ignore', essential: true, paused: false },
  replicaLate: { metric: 'replicaLag', breach: 'above', severity: 'notify', missing: 'ignore', essential: false, paused: false },
  replicaFailed: { metric: 'replicaFailures', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  copyUnreadable: { metric: 'unreadable', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  clockWrong: { metric: 'clockSkew', breach: 'above', severity: 'notify', missing: 'ignore', essential: false, paused: false },
  copyNotRead: { metric: 'lastReadAge', breach: 'above', severity: 'notify', missing: 'ignore', essential: true, paused: false },
  scheduleChanged: { metric: 'scheduleDrift', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },

  sentinelSilent: { metric: 'sentinelRounds', breach: 'below', severity: 'page', missing: 'breaching', essential: true, paused: false },
  slotNotStarted: { metric: 'deadLetters', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  lockChanged: { metric: 'lockDrift', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  lifecycleChanged: { metric: 'lifecycleDrift', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  replicationChanged: { metric: 'replicationDrift', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  keyUnusable: { metric: 'keyTrouble', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
  recipientUnconfirmed: { metric: 'unconfirmedRecipients', breach: 'above', severity: 'notify', missing: 'ignore', essential: true, paused: false },
  auditOld: { metric: 'auditAge', breach: 'above', severity: 'notify', missing: 'ignore', essential: false, paused: false },
  releasedTooMany: { metric: 'releasedTooMany', breach: 'above', severity: 'page', missing: 'ignore', essential: true, paused: false },
} as const satisfies Record<string, AlarmKind>;

export type AlarmKindName = keyof typeof ALARM_KINDS;

export const ALARM_KIND_NAMES = Object.keys(ALARM_KINDS) as [AlarmKindName, ...AlarmKindName[]];

/** Section of the runbook, and last word of an alarm's description: `recovery-point-old`. */
export function sectionOf(kind: AlarmKindName): string {
  return kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Whether a value breaches; a threshold itself does not. */
export function breaches(kind: AlarmKindName, value: number, threshold: number): boolean {
  return ALARM_KINDS[kind].breach === 'above' ? value > threshold : value < threshold;
}
