import type { TimeZone } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { BackupWeekDay } from './backup-schedule';
import { PropRefused, requireTimeZone } from './refusal';

/** Hours of every day in which what can wait is not told. */
export interface DailyQuietHoursProps {
  /** When they begin, 24 hours, such as `20:00`. */
  readonly from: string;
  /** When they end, such as `07:00`; on the next day where that is not after their beginning. */
  readonly until: string;
  /**
   * Days on which they begin.
   * @default - every day
   */
  readonly on?: BackupWeekDay[];
  /**
   * Zone of both times.
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/** From a time of one day to a time of another. */
export interface WeekendQuietHoursProps {
  /**
   * When they begin on Friday.
   * @default '18:00'
   */
  readonly from?: string;
  /**
   * When they end on Monday.
   * @default '07:00'
   */
  readonly until?: string;
  /**
   * Zone of both times.
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/** When alarms that wake nobody are kept until later. Pages are never quiet. */
export class QuietHours {
  /** The same hours of every day, or of some. */
  public static daily(props: DailyQuietHoursProps): QuietHours {
    return new QuietHours((scope) => {
      const [from, until] = [minuteOf(scope, 'from', props.from), minuteOf(scope, 'until', props.until)];
      if (from === until) throw new PropRefused(scope, 'quietHours.until', JSON.stringify(props.until), 'another time than `from`: a whole day is not quiet hours');
      if (props.on?.length === 0) throw new PropRefused(scope, 'quietHours.on', 'an empty list', 'at least one day');
      const days = props.on ? [...new Set(props.on)].join(',') : '*';
      return rule(scope, from, days, (until - from + DAY) % DAY, props.timeZone);
    });
  }

  /** From Friday evening to Monday morning. */
  public static weekend(props: WeekendQuietHoursProps = {}): QuietHours {
    return new QuietHours((scope) => {
      const [from, until] = [minuteOf(scope, 'from', props.from ?? '18:00'), minuteOf(scope, 'until', props.until ?? '07:00')];
      return rule(scope, from, BackupWeekDay.FRIDAY, 3 * DAY - from + until, props.timeZone);
    });
  }

  private constructor(private readonly build: (scope: IConstruct) => BoundQuietHours) {}

  /** @internal */
  public _bind(scope: IConstruct): BoundQuietHours {
    return this.build(scope);
  }
}

/**
 * In the words of a mute rule: five fields of cron, an ISO 8601 duration.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html
 * @internal
 */
export interface BoundQuietHours {
  readonly expression: string;
  readonly duration: string;
  readonly timezone: string;
}

const DAY = 24 * 60;

function minuteOf(scope: IConstruct, prop: string, time: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  if (!match) throw new PropRefused(scope, `quietHours.${prop}`, JSON.stringify(time), 'a time from 00:00 to 23:59, such as 07:00');
  return Number(match[1]) * 60 + Number(match[2]);
}

function rule(scope: IConstruct, from: number, days: string, minutes: number, timeZone?: TimeZone): BoundQuietHours {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return {
    expression: `cron(${from % 60} ${Math.floor(from / 60)} * * ${days})`,
    duration: `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 ? `${rest}M` : ''}`,
    timezone: requireTimeZone(scope, 'quietHours.timeZone', timeZone),
  };
}
