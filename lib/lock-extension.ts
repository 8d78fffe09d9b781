import type { BackupSchedule } from './backup-schedule';

/** How the lock of copies that are kept is lengthened. */
export interface LockExtensionProps {
  /**
   * When the round is. It gives each kept copy whose lock ends soon the store's whole lock anew, and leaves the lock of every other one to
   * end. The store's lock must last three times as long as the longest time between two rounds, so that one of them may be lost.
   * @default BackupSchedule.daily({ at: '06:15' })
   */
  readonly schedule?: BackupSchedule;
}
