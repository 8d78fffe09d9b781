import type { AlarmKindName } from '../contract/alarm-kinds';

/** What an alarm says to whoever is woken by it. */
interface AlarmWords {
  /** One sentence. */
  readonly meaning: string;
  /** What may be lost, or go unseen. */
  readonly risk: string;
}

/** By kind of alarm; they stand in its description and in docs/watching.md. */
export const ALARM_WORDS: Readonly<Record<AlarmKindName, AlarmWords>> = {
  recoveryPointOld: {
    meaning: 'The newest proven copy is older than it may be.',
    risk: 'A loss now would cost more data than the recovery point objective allows.',
  },
  backupOverdue: {
    meaning: 'A copy was due and is not there.',
    risk: 'What has changed since the last copy is nowhere else.',
  },
  backupFailed: {
    meaning: 'A run left no copy, or one that is not proven.',
    risk: 'The next run must succeed, or the recovery point gets too old.',
  },
  copyNotProven: {
    meaning: 'A copy was restored or read back, and is not what it should be.',
    risk: 'It must not be relied on, and the next one may be like it.',
  },
  copyUnverified: {
    meaning: 'A copy has been there for long and nobody has verified it.',
    risk: 'Whether it can be restored is not known: verification has stopped.',
  },
  provenCopiesMissing: {
    meaning: 'The store has fewer proven copies than retention promises.',
    risk: 'A mistake that is seen late can no longer be undone from an older copy.',
  },
  successRateLow: {
    meaning: 'Of the runs of the last 30 days too few left a proven copy.',
    risk: 'Single failures have become a habit: two in a row would miss the recovery point objective.',
  },
  sizeAnomaly: {
    meaning: 'The newest copy is far larger or smaller than the good ones before it.',
    risk: 'Data may be missing at the source, or the copy may have only a part of it.',
  },
  rowsAnomaly: {
    meaning: 'The newest copy has far more or fewer rows than the good ones before it.',
    risk: 'Tables may have been emptied at the source: retention will replace the good copies one by one.',
  },
  runTooLong: {
    meaning: 'A run took longer than it should from its slot to its copy.',
    risk: 'It grows towards the limit of its worker, at which runs fail.',
  },
  restoreTooSlow: {
    meaning: 'The last drill took longer than the recovery time objective allows.',
    risk: 'A real restore would be too late.',
  },
  drillOld: {
    meaning: 'No copy has been restored for longer than was declared.',
    risk: 'That copies can be restored is a hope and no longer known.',
  },
  storeFilling: {
    meaning: 'The copies take nearly all the room that was declared for them.',
    risk: 'Copies are never refused, but the bill is no longer the one that was agreed.',
  },
  replicaLate: {
    meaning: 'A copy is not yet in the other region.',
    risk: 'The loss of a region would cost more than one run\'s data.',
  },
  replicaFailed: {
    meaning: 'S3 could not replicate objects to the other region, and does not try again.',
    risk: 'Those copies exist in one region only.',
  },
  copyUnreadable: {
    meaning: 'A stored copy is damaged, or its manifest or verdict cannot be read.',
    risk: 'It counts as not proven, and may not restore by the usual way.',
  },
  clockWrong: {
    meaning: 'The clock of a worker lies far from the store\'s.',
    risk: 'Recovery points and ages are wrong, and S3 refuses requests from 15 minutes on.',
  },
  copyNotRead: {
    meaning: 'The stored bytes of a copy have not been read again within the declared period.',
    risk: 'Damage to it would go unseen until it is needed.',
  },
  scheduleChanged: {
    meaning: 'The schedule or the state machine of the protection is not as declared: disabled, changed or deleted.',
    risk: 'The next runs may not take place.',
  },
  sentinelSilent: {
    meaning: 'The sentinel has written nothing: nobody watches.',
    risk: 'Any other failure would go unseen.',
  },
  slotNotStarted: {
    meaning: 'EventBridge Scheduler could not start a run or a round and gave up.',
    risk: 'That slot has no copy unless somebody starts it.',
  },
  lockChanged: {
    meaning: 'Object Lock, versioning or the bucket policy of the store is not as declared.',
    risk: 'Copies may be deleted or overwritten by whoever changed it.',
  },
  lifecycleChanged: {
    meaning: 'The store\'s lifecycle rules are not as declared.',
    risk: 'A rule may delete copies that retention keeps, or keep what it releases.',
  },
  replicationChanged: {
    meaning: 'The store\'s replication is not as declared.',
    risk: 'New copies may exist in one region only.',
  },
  keyUnusable: {
    meaning: 'A key of the store is disabled, about to be deleted, no longer rotated, or its policy is not as declared.',
    risk: 'Without its key no copy can be read: a deleted key is the loss of every copy.',
  },
  recipientUnconfirmed: {
    meaning: 'A recipient has not confirmed the subscription, or is no longer subscribed.',
    risk: 'Nobody hears the next alarm.',
  },
  auditOld: {
    meaning: 'The store has not been audited for longer than two rounds of retirement.',
    risk: 'Missing, doubled or damaged older copies go unseen, and nothing is released.',
  },
  releasedTooMany: {
    meaning: 'More copies are marked for release than retention allows.',
    risk: 'They are deleted when the grace ends: somebody may be removing copies.',
  },
};
