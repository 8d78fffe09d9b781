import type { TimeZone } from 'aws-cdk-lib';
import type { BackupSchedule } from './backup-schedule';
import type { QuietHours } from './quiet-hours';
import type { MessageLanguage } from './recipient-options';

/** How the recipients of a policy are told. */
export interface NotificationsProps {
  /**
   * Language of recipients that do not say theirs.
   * @default MessageLanguage.ENGLISH
   */
  readonly language?: MessageLanguage;
  /**
   * Zone of the times in messages, and of the digest that is not declared.
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
  /**
   * When alarms that wake nobody are kept until later.
   * @default - never
   */
  readonly quietHours?: QuietHours;
  /**
   * When it is said that all is well, or what is not, with figures: a silent system is not trusted.
   * @default - Mondays at 08:00 of `timeZone`
   */
  readonly digest?: BackupSchedule;
  /**
   * Leaves the digest out.
   * @default false
   */
  readonly withoutDigest?: boolean;
  /**
   * When a marked test goes through every channel, so that one which is broken is known before it is needed.
   * @default - only when somebody asks for one
   */
  readonly test?: BackupSchedule;
}
