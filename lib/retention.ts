import type { TimeZone } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { DeclaredRetention } from './contract/policy-metadata';
import type { RetentionRules } from './model/retention';
import { PropRefused, requireInteger, requireTimeZone } from './refusal';

const MAXIMUM = 10_000;
const DEFAULT_MINIMUM_VERIFIED = 3;

/** What holds for every retention, whatever its rules. */
export interface RetentionOptions {
  /**
   * So many of the newest proven copies are kept whatever their age and whatever the rules say, from 1 to 10000. A copy proven with
   * exceptions counts.
   * @default 3
   */
  readonly minimumVerified?: number;
  /**
   * Zone of the calendar: where its hours, days, ISO weeks (from Monday), months and years begin. An age in days counts 24 hours each.
   * @default - the schedule's; UTC for a schedule without one
   */
  readonly timeZone?: TimeZone;
}

/**
 * How many copies are kept of each kind; a copy may be kept for several reasons. A period without a copy does not count, so an
 * outage makes nothing older. In each period a proven copy goes before one that is not.
 */
export interface GfsRetentionProps extends RetentionOptions {
  /**
   * The newest copies, whatever their age.
   * @default - none for this reason
   */
  readonly last?: number;
  /**
   * The newest copy of each of so many hours.
   * @default - none for this reason
   */
  readonly hourly?: number;
  /**
   * The newest copy of each of so many days.
   * @default - none for this reason
   */
  readonly daily?: number;
  /**
   * The newest copy of each of so many ISO weeks.
   * @default - none for this reason
   */
  readonly weekly?: number;
  /**
   * The newest copy of each of so many months.
   * @default - none for this reason
   */
  readonly monthly?: number;
  /**
   * The newest copy of each of so many years.
   * @default - none for this reason
   */
  readonly yearly?: number;
}

/** Which copies are kept. A changed retention speaks of the copies made since: older ones stay under what was declared at their slot. */
export class Retention {
  /** Grandfather, father, son: the newest copy of each of the last hours, days, weeks, months, years. Counts from 1 to 10000. */
  public static gfs(props: GfsRetentionProps): Retention {
    const { last, hourly, daily, weekly, monthly, yearly } = props;
    return new Retention({ last, hourly, daily, weekly, monthly, yearly }, props);
  }

  /** Every copy younger than so many days of 24 hours, from 1 to 10000. */
  public static days(days: number, options: RetentionOptions = {}): Retention {
    return new Retention({ days }, options);
  }

  /** The newest copies, from 1 to 10000, whatever their age. */
  public static count(count: number, options: RetentionOptions = {}): Retention {
    return new Retention({ last: count }, options);
  }

  private constructor(private readonly given: RetentionRules, private readonly options: RetentionOptions) {}

  /** @internal */
  public _bind(scope: IConstruct, scheduleTimeZone: string): DeclaredRetention {
    const rules: Record<string, number> = {};
    for (const [rule, count] of Object.entries(this.given)) {
      if (count !== undefined) rules[rule] = requireInteger(scope, `retention.${rule}`, count, 1, MAXIMUM);
    }
    if (Object.keys(rules).length === 0) throw new PropRefused(scope, 'retention', 'empty', 'at least one of last, hourly, daily, weekly, monthly, yearly');
    const { minimumVerified = DEFAULT_MINIMUM_VERIFIED, timeZone } = this.options;
    return {
      rules,
      minimumVerified: requireInteger(scope, 'retention.minimumVerified', minimumVerified, 1, MAXIMUM),
      timeZone: timeZone ? requireTimeZone(scope, 'retention.timeZone', timeZone) : scheduleTimeZone,
    };
  }
}
