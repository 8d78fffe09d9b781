import { ALARM_KIND_NAMES, ALARM_KINDS, type AlarmKindName } from './contract/alarm-kinds';

/** The kinds of alarms; what each means and what to do stands in the runbook, one section each. */
export enum BackupAlarmKind {
  /** The newest proven copy is older than the recovery point objective. */
  RECOVERY_POINT_OLD = 'recoveryPointOld',
  /** A copy that is due is not there. */
  BACKUP_OVERDUE = 'backupOverdue',
  /** A run left no copy, or one that is not proven. */
  BACKUP_FAILED = 'backupFailed',
  /** A verification says that a copy is not good. */
  COPY_NOT_PROVEN = 'copyNotProven',
  /** A copy has no verdict although it is time. */
  COPY_UNVERIFIED = 'copyUnverified',
  /** Fewer proven copies than retention promises. */
  PROVEN_COPIES_MISSING = 'provenCopiesMissing',
  /** Too many runs of the last 30 days failed. */
  SUCCESS_RATE_LOW = 'successRateLow',
  /** A copy is far larger or smaller than those before it. */
  SIZE_ANOMALY = 'sizeAnomaly',
  /** A copy has far more or fewer rows than those before it. */
  ROWS_ANOMALY = 'rowsAnomaly',
  /** A run took longer than it should. */
  RUN_TOO_LONG = 'runTooLong',
  /** A drill was slower than the recovery time objective. */
  RESTORE_TOO_SLOW = 'restoreTooSlow',
  /** No copy has been restored for too long. */
  DRILL_OLD = 'drillOld',
  /** The copies take nearly all the room that was declared for them. */
  STORE_FILLING = 'storeFilling',
  /** A copy is not yet in the other region. */
  REPLICA_LATE = 'replicaLate',
  /** S3 could not replicate an object. */
  REPLICA_FAILED = 'replicaFailed',
  /** A manifest or verdict cannot be read. */
  COPY_UNREADABLE = 'copyUnreadable',
  /** The clock of a worker is wrong. */
  CLOCK_WRONG = 'clockWrong',
  /** Stored bytes have not been read again for too long. */
  COPY_NOT_READ = 'copyNotRead',
  /** The schedule or the state machine is not as declared. */
  SCHEDULE_CHANGED = 'scheduleChanged',
  /** Nobody watches: the sentinel says nothing. */
  SENTINEL_SILENT = 'sentinelSilent',
  /** A slot could not start its run. */
  SLOT_NOT_STARTED = 'slotNotStarted',
  /** Lock, versioning or bucket policy of the store are not as declared. */
  LOCK_CHANGED = 'lockChanged',
  /** The store's lifecycle rules are not as declared. */
  LIFECYCLE_CHANGED = 'lifecycleChanged',
  /** The store's replication is not as declared. */
  REPLICATION_CHANGED = 'replicationChanged',
  /** A key of the store is disabled, about to be deleted, or no longer rotated. */
  KEY_UNUSABLE = 'keyUnusable',
  /** A recipient has not confirmed, or is gone. */
  RECIPIENT_UNCONFIRMED = 'recipientUnconfirmed',
  /** The store has not been audited for too long. */
  AUDIT_OLD = 'auditOld',
  /** More was released than retention allows. */
  RELEASED_TOO_MANY = 'releasedTooMany',
}

/** Which kinds of alarms there are: each costs money every month, and so does the gauge that it reads. */
export class AlarmSet {
  /** Every kind that says something of what was declared. */
  public static readonly ALL = new AlarmSet(ALARM_KIND_NAMES);

  /** Those without which a loss of data may go unseen. */
  public static readonly ESSENTIAL = new AlarmSet(ALARM_KIND_NAMES.filter((kind) => ALARM_KINDS[kind].essential));

  /** None, where somebody else watches. A run that fails still tells the recipients. */
  public static readonly NONE = new AlarmSet([]);

  /** These and no other. */
  public static of(...kinds: BackupAlarmKind[]): AlarmSet {
    return new AlarmSet(kinds);
  }

  /** Every kind but these. */
  public static allBut(...kinds: BackupAlarmKind[]): AlarmSet {
    return new AlarmSet(ALARM_KIND_NAMES.filter((name) => !kinds.some((kind) => kind === name)));
  }

  private constructor(private readonly kinds: readonly AlarmKindName[]) {}

  /** @internal */
  public _has(kind: AlarmKindName): boolean {
    return this.kinds.includes(kind);
  }
}
