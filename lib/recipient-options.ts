import type { MessageLanguage as Language } from './contract/notify-config';
import type { NotifiedSeverity } from './contract/notification';

/** Language of the messages to somebody. */
export class MessageLanguage {
  /** English */
  public static readonly ENGLISH = new MessageLanguage('en');
  /** French */
  public static readonly FRENCH = new MessageLanguage('fr');

  private constructor(
    /** @internal */
    public readonly _code: Language,
  ) {}
}

/** How soon somebody must know. */
export class NotificationSeverity {
  /** Data is at risk now: wakes somebody. Never quiet. */
  public static readonly PAGE = new NotificationSeverity('page');
  /** For the next working hour. */
  public static readonly NOTIFY = new NotificationSeverity('notify');
  /** The regular word that all is well, or not, with figures. */
  public static readonly DIGEST = new NotificationSeverity('digest');

  private constructor(
    /** @internal */
    public readonly _name: NotifiedSeverity,
  ) {}
}

/** What a recipient hears, and how it is written. */
export interface RecipientOptions {
  /**
   * What it hears.
   * @default - all three; pages alone for SMS and PagerDuty, pages and notifications for Jira Service Management
   */
  readonly severities?: NotificationSeverity[];
  /**
   * Language of its messages.
   * @default - the policy's, `notifications.language`
   */
  readonly language?: MessageLanguage;
  /**
   * Whether it hears of each run that is proven too, in a line.
   * @default false
   */
  readonly successes?: boolean;
}

/** A channel of Microsoft Teams, by the ids that its link has. */
export interface TeamsChannelProps {
  /** Id of the tenant, a UUID; `tenantId=` in the channel's link. */
  readonly tenantId: string;
  /** Id of the team, a UUID; `groupId=` in the channel's link. */
  readonly teamId: string;
  /** Id of the channel as its link has it: `19%3A…%40thread.tacv2`. */
  readonly channelId: string;
}
