import type { BackupSchedule } from './backup-schedule';

/** How copies that nothing keeps are released. */
export interface RetirementProps {
  /**
   * When the daily round is. A round judges, announces and releases, and audits the store against its manifests.
   * @default BackupSchedule.daily({ at: '05:15' })
   */
  readonly schedule?: BackupSchedule;
  /**
   * Copies of one protection that a round releases at most, the oldest first; the others wait for the next one. From 1 to 10000.
   * Whatever makes many copies go at once, a mistake or somebody's will, goes by small steps that are seen.
   * @default - twice the runs of a day, and at least 3
   */
  readonly releasesAtMost?: number;
}
