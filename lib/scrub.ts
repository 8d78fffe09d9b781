import type { Duration } from 'aws-cdk-lib';
import type { BackupSchedule } from './backup-schedule';

/** How the stored copies are read again. */
export interface ScrubProps {
  /**
   * Every stored byte of every copy is read again within it and held against its manifest. In whole days, from 1 to 3660, and at least
   * eight times the longest time between two rounds. A round begins with the copies that were read longest ago, and keeps a tenth of the
   * period free at its end. What is read is paid for: 90 days is four times a year.
   */
  readonly within: Duration;
  /**
   * When the rounds are. Each reads its share of the period, for 13 minutes at most.
   * @default BackupSchedule.daily({ at: '07:15' })
   */
  readonly schedule?: BackupSchedule;
}
