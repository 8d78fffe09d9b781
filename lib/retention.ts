import type { IConstruct } from 'constructs';
import { PropRefused, requireInteger } from './refusal';

const MAXIMUM = 10_000;

/** How many copies are kept of each kind; a copy may be kept for several reasons. */
export interface GfsRetentionProps {
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

/** Which copies are kept. */
export class Retention {
  /** Grandfather, father, son: the newest copy of each of the last hours, days, weeks, months, years. Counts from 1 to 10000. */
  public static gfs(props: GfsRetentionProps): Retention {
    const { last, hourly, daily, weekly, monthly, yearly } = props;
    return new Retention({ last, hourly, daily, weekly, monthly, yearly });
  }

  /** Every copy younger than so many days, from 1 to 10000. */
  public static days(days: number): Retention {
    return new Retention({ days });
  }

  /** The newest copies, from 1 to 10000, whatever their age. */
  public static count(count: number): Retention {
    return new Retention({ last: count });
  }

  private constructor(private readonly rules: { readonly [rule: string]: number | undefined }) {}

  /** @internal */
  public _bind(scope: IConstruct): Record<string, number> {
    const rules: Record<string, number> = {};
    for (const [rule, count] of Object.entries(this.rules)) {
      if (count !== undefined) rules[rule] = requireInteger(scope, `retention.${rule}`, count, 1, MAXIMUM);
    }
    if (Object.keys(rules).length === 0) throw new PropRefused(scope, 'retention', 'empty', 'at least one of last, hourly, daily, weekly, monthly, yearly');
    return rules;
  }
}
