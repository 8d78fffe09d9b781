import type { Duration, TimeZone } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ExpressionRefused, longestGapSeconds, MINUTES_A_DAY, parseExpression, type Schedule, type WeekDayName } from './model/schedule';
import { PropRefused, requireInteger, requireTimeZone } from './refusal';

/** Options of a schedule at a time of the day. */
export interface DailyScheduleProps {
  /** Time of the day, 24 hours, such as `02:00`. */
  readonly at: string;
  /**
   * Zone of that time, by its name in the IANA database. EventBridge Scheduler skips a time that spring removes, so that a daily
   * 02:30 in Paris has 47 hours without a run each March: UTC has no such day.
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/** Options of a schedule on one day of the week. */
export interface WeeklyScheduleProps extends DailyScheduleProps {
  /** Day of the week. */
  readonly on: BackupWeekDay;
}

/** Options of a schedule on one day of the month. */
export interface MonthlyScheduleProps extends DailyScheduleProps {
  /** Day of the month, from 1 to 28: every month has it. */
  readonly day: number;
}

/** Options of a cron expression. */
export interface CronScheduleProps {
  /**
   * Zone of its times.
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/** A day of the week. */
export enum BackupWeekDay {
  /** Monday */
  MONDAY = 'MON',
  /** Tuesday */
  TUESDAY = 'TUE',
  /** Wednesday */
  WEDNESDAY = 'WED',
  /** Thursday */
  THURSDAY = 'THU',
  /** Friday */
  FRIDAY = 'FRI',
  /** Saturday */
  SATURDAY = 'SAT',
  /** Sunday */
  SUNDAY = 'SUN',
}

/** When a protection runs. The instant EventBridge Scheduler was to fire is the run's slot, and part of every key. */
export class BackupSchedule {
  /** Once a day. */
  public static daily(props: DailyScheduleProps): BackupSchedule {
    return new BackupSchedule((scope) => ({ kind: 'daily', ...timeOfDay(scope, props.at), timeZone: zone(scope, props.timeZone) }));
  }

  /** Once a week. */
  public static weekly(props: WeeklyScheduleProps): BackupSchedule {
    return new BackupSchedule((scope) => ({ kind: 'weekly', weekDay: props.on as WeekDayName, ...timeOfDay(scope, props.at), timeZone: zone(scope, props.timeZone) }));
  }

  /** Once a month. */
  public static monthly(props: MonthlyScheduleProps): BackupSchedule {
    return new BackupSchedule((scope) => ({
      kind: 'monthly',
      day: requireInteger(scope, 'schedule.day', props.day, 1, 28),
      ...timeOfDay(scope, props.at),
      timeZone: zone(scope, props.timeZone),
    }));
  }

  /**
   * At even distances. What divides the day in whole hours, or the hour in whole minutes, counts from midnight UTC;
   * anything else counts from the schedule's creation.
   *
   * @param interval whole minutes, at least 1
   */
  public static every(interval: Duration): BackupSchedule {
    return new BackupSchedule((scope) => ({ kind: 'every', minutes: wholeMinutes(scope, interval) }));
  }

  /**
   * At even distances from the schedule's creation, as EventBridge Scheduler counts a rate.
   *
   * @param interval whole minutes, at least 1
   */
  public static rate(interval: Duration): BackupSchedule {
    return new BackupSchedule((scope) => ({ kind: 'rate', minutes: wholeMinutes(scope, interval) }));
  }

  /**
   * EventBridge Scheduler's six fields: minutes, hours, day of month, month, day of week, year; one of the two days is `?`,
   * Sunday is 1, and the year may be left out. What it would refuse, and what never runs or ends, is refused here.
   *
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
   * @param expression without `cron( )`, such as `0 2 ? * MON-FRI *`
   */
  public static cron(expression: string, props: CronScheduleProps = {}): BackupSchedule {
    return new BackupSchedule((scope) => cron(scope, expression, zone(scope, props.timeZone)));
  }

  private constructor(private readonly build: (scope: IConstruct) => Schedule) {}

  /** @internal */
  public _bind(scope: IConstruct): Schedule {
    return this.build(scope);
  }
}

function timeOfDay(scope: IConstruct, at: string): { hour: number; minute: number } {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(at);
  if (!match) throw new PropRefused(scope, 'schedule.at', JSON.stringify(at), 'a time from 00:00 to 23:59, such as 02:00');
  return { hour: Number(match[1]), minute: Number(match[2]) };
}

function zone(scope: IConstruct, timeZone?: TimeZone): string {
  return requireTimeZone(scope, 'schedule.timeZone', timeZone);
}

function wholeMinutes(scope: IConstruct, interval: Duration): number {
  const minutes = interval.toMilliseconds() / 60_000;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 365 * MINUTES_A_DAY) {
    throw new PropRefused(scope, 'schedule.interval', interval.toHumanString(), 'whole minutes, from 1 minute to 365 days');
  }
  return minutes;
}

function cron(scope: IConstruct, expression: string, timeZone: string): Schedule {
  const given = JSON.stringify(expression);
  try {
    const schedule = parseExpression(`cron(${expression})`, timeZone);
    const gap = longestGapSeconds(schedule);
    if (gap.seconds === Number.POSITIVE_INFINITY) throw new PropRefused(scope, 'schedule.cron', given, `a schedule that goes on running; ${gap.reason}`);
    return schedule;
  } catch (error) {
    if (!(error instanceof ExpressionRefused)) throw error;
    throw new PropRefused(scope, 'schedule.cron', error.given === expression ? given : `${given}, with ${JSON.stringify(error.given)} in it`, error.allowed);
  }
}
