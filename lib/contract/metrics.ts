/** CloudWatch namespace of everything the workers measure. */
export const METRIC_NAMESPACE = 'BackupPolicy';

/** Dimensions of a protection's metrics, in this order. */
export const METRIC_DIMENSIONS = ['Environment', 'Application', 'Protection'] as const;

/** Dimensions of a policy's metrics, in this order. */
export const POLICY_METRIC_DIMENSIONS = ['Environment', 'Application'] as const;

export interface MetricDefinition {
  readonly name: string;
  readonly unit: 'Seconds' | 'Bytes' | 'Count' | 'Percent';
  /** Whose it is, and so its dimensions. */
  readonly of: 'protection' | 'policy';
  /** Who writes it: a run, a round that retires, lengthens locks or reads copies again, or the sentinel in each of its rounds (a gauge). */
  readonly by: 'run' | 'retire' | 'extend' | 'scrub' | 'sentinel';
}

/** Every metric, once: infra and workers name it by this table. Ages and times of a gauge count up to the sentinel's round. */
export const METRICS = {
  dumpSeconds: { name: 'DumpSeconds', unit: 'Seconds', of: 'protection', by: 'run' },
  sizeBytes: { name: 'SizeBytes', unit: 'Bytes', of: 'protection', by: 'run' },
  rows: { name: 'Rows', unit: 'Count', of: 'protection', by: 'run' },
  restoreSeconds: { name: 'RestoreSeconds', unit: 'Seconds', of: 'protection', by: 'run' },
  drillSeconds: { name: 'DrillSeconds', unit: 'Seconds', of: 'protection', by: 'run' },
  proven: { name: 'Proven', unit: 'Count', of: 'protection', by: 'run' },
  notProven: { name: 'NotProven', unit: 'Count', of: 'protection', by: 'run' },

  copiesAnnounced: { name: 'CopiesAnnounced', unit: 'Count', of: 'protection', by: 'retire' },
  copiesReleased: { name: 'CopiesReleased', unit: 'Count', of: 'protection', by: 'retire' },
  releasesHeldBack: { name: 'ReleasesHeldBack', unit: 'Count', of: 'protection', by: 'retire' },
  storeFindings: { name: 'StoreFindings', unit: 'Count', of: 'protection', by: 'retire' },

  /** Kept copies whose lock was lengthened. */
  locksExtended: { name: 'LocksExtended', unit: 'Count', of: 'protection', by: 'extend' },
  /** Kept copies whose lock ends soon and may not be lengthened. */
  locksEnding: { name: 'LocksEnding', unit: 'Count', of: 'protection', by: 'extend' },

  /** Copies whose stored bytes were read again, all of them. */
  copiesRead: { name: 'CopiesRead', unit: 'Count', of: 'protection', by: 'scrub' },
  /** Copies that were not as they were written when they were last read. */
  copiesDamaged: { name: 'CopiesDamaged', unit: 'Count', of: 'protection', by: 'scrub' },

  /** Since the recovery point of the newest proven copy; since the policy took effect while there is none. */
  recoveryPointAge: { name: 'RecoveryPointAge', unit: 'Seconds', of: 'protection', by: 'sentinel' },
  /** Since the oldest expected slot after the newest copy, while its copy is not there; 0 when nothing is expected. Never of a pause. */
  overdueSeconds: { name: 'OverdueSeconds', unit: 'Seconds', of: 'protection', by: 'sentinel' },
  /** Expected slots since the newest proven copy whose run can no longer leave one, or whose copy is not proven. */
  failedRuns: { name: 'FailedRuns', unit: 'Count', of: 'protection', by: 'sentinel' },
  /** Expected slots of the last 30 days that have a proven copy, of those that are settled; 100 while none is. */
  successRate: { name: 'SuccessRate', unit: 'Percent', of: 'protection', by: 'sentinel' },
  /** Copies newer than the newest proven one whose verdict says that they are not. */
  unprovenCopies: { name: 'UnprovenCopies', unit: 'Count', of: 'protection', by: 'sentinel' },
  /** Since the manifest of the oldest copy without a verdict among those that are newer than the newest proven one; 0 when each has one. */
  unverifiedAge: { name: 'UnverifiedAge', unit: 'Seconds', of: 'protection', by: 'sentinel' },
  /** Proven copies in the store that are not on their way out. */
  provenCopies: { name: 'ProvenCopies', unit: 'Count', of: 'protection', by: 'sentinel' },
  /** How many proven copies there should be by now and are not: the least that retention promises, or as many as there were slots. */
  missingProvenCopies: { name: 'MissingProvenCopies', unit: 'Count', of: 'protection', by: 'sentinel' },
  /** How far the newest copy's size lies from the mean of the good runs before it, without sign; 0 while these are fewer than three. */
  sizeDeviation: { name: 'SizeDeviation', unit: 'Percent', of: 'protection', by: 'sentinel' },
  /** The same of its rows; 0 for a source without rows. */
  rowsDeviation: { name: 'RowsDeviation', unit: 'Percent', of: 'protection', by: 'sentinel' },
  /** From the slot to the manifest of the newest copy. */
  runSeconds: { name: 'RunSeconds', unit: 'Seconds', of: 'protection', by: 'sentinel' },
  /** Scratch and restore of the newest drill, of the RTO; 0 while there is none. */
  restoreOfRto: { name: 'RestoreOfRto', unit: 'Percent', of: 'protection', by: 'sentinel' },
  /** Since the newest verdict of a restore, good or bad; since the policy took effect while there is none. */
  drillAge: { name: 'DrillAge', unit: 'Seconds', of: 'protection', by: 'sentinel' },
  /** Bytes of the protection's copies, as the last audit counted them and what came since. */
  storedBytes: { name: 'StoredBytes', unit: 'Bytes', of: 'protection', by: 'sentinel' },
  /** `storedBytes` of the declared ceiling; 0 where none is declared. */
  storeFill: { name: 'StoreFill', unit: 'Percent', of: 'protection', by: 'sentinel' },
  /** Days until the ceiling at the growth of the last 30 days, 3650 at most and where none is declared. */
  daysToCeiling: { name: 'DaysToCeiling', unit: 'Count', of: 'protection', by: 'sentinel' },
  /** Since the oldest manifest of the window that a replica lacks; 0 when all have arrived or there is no replica. */
  replicaLag: { name: 'ReplicaLag', unit: 'Seconds', of: 'protection', by: 'sentinel' },
  /** Objects of the window that S3 says it could not replicate. */
  replicaFailures: { name: 'ReplicaFailures', unit: 'Count', of: 'protection', by: 'sentinel' },
  /** Manifests and verdicts of the window that cannot be read: damaged, overwritten, newer. */
  unreadable: { name: 'Unreadable', unit: 'Count', of: 'protection', by: 'sentinel' },
  /** How far the clock of the newest run's worker lay from the store's. */
  clockSkew: { name: 'ClockSkew', unit: 'Seconds', of: 'protection', by: 'sentinel' },
  /**
   * Since the stored bytes of the copy were read that was read longest ago, from its writing and the first round on; 0 where no scrub
   * is declared.
   */
  lastReadAge: { name: 'LastReadAge', unit: 'Seconds', of: 'protection', by: 'sentinel' },
  /** Whether schedule or state machine are not as declared: disabled, changed, deleted. */
  scheduleDrift: { name: 'ScheduleDrift', unit: 'Count', of: 'protection', by: 'sentinel' },
  /** Seconds until the declared pause ends; 0 without one. */
  pausedSeconds: { name: 'PausedSeconds', unit: 'Seconds', of: 'protection', by: 'sentinel' },

  /** 1 in every round: its absence is the sentinel's silence. */
  sentinelRounds: { name: 'SentinelRounds', unit: 'Count', of: 'policy', by: 'sentinel' },
  /** Messages in the dead-letter queue: slots that could not start. */
  deadLetters: { name: 'DeadLetters', unit: 'Count', of: 'policy', by: 'sentinel' },
  /** What of the lock, of versioning and of the bucket's policy is not as declared. */
  lockDrift: { name: 'LockDrift', unit: 'Count', of: 'policy', by: 'sentinel' },
  lifecycleDrift: { name: 'LifecycleDrift', unit: 'Count', of: 'policy', by: 'sentinel' },
  replicationDrift: { name: 'ReplicationDrift', unit: 'Count', of: 'policy', by: 'sentinel' },
  /** What is wrong with the store's keys: disabled, pending deletion, not rotated, each statement of a policy that is not as declared. */
  keyTrouble: { name: 'KeyTrouble', unit: 'Count', of: 'policy', by: 'sentinel' },
  /** Subscriptions that nobody confirmed, or that were declared and are gone. */
  unconfirmedRecipients: { name: 'UnconfirmedRecipients', unit: 'Count', of: 'policy', by: 'sentinel' },
  /** Since the last retire round that audited the store; since the policy took effect while there is none. */
  auditAge: { name: 'AuditAge', unit: 'Seconds', of: 'policy', by: 'sentinel' },
  /** Newest proven copies that are marked for release, which no retention does, and releases beyond a round's limit. */
  releasedTooMany: { name: 'ReleasedTooMany', unit: 'Count', of: 'policy', by: 'sentinel' },
} as const satisfies Record<string, MetricDefinition>;

export type MetricKey = keyof typeof METRICS;

/** The metrics that one of the writers writes, of one protection or of one policy. */
export function metricsBy(by: MetricDefinition['by'], of: MetricDefinition['of']): readonly MetricKey[] {
  return (Object.keys(METRICS) as MetricKey[]).filter((key) => METRICS[key].by === by && METRICS[key].of === of);
}
