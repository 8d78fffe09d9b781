import type { Series } from '../endpoint';
import type { Statistic } from '../endpoint/services/statistics';

export const ALARM_STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

export const COMPARISONS = [
  'GreaterThanThreshold', 'GreaterThanOrEqualToThreshold', 'LessThanThreshold', 'LessThanOrEqualToThreshold',
] as const;
export type Comparison = (typeof COMPARISONS)[number];

export const MISSING_DATA = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
export type MissingData = (typeof MISSING_DATA)[number];

/** Where an action goes when a state is reached: ARNs, of topics as a rule. */
export type Actions = Readonly<Record<AlarmState, readonly string[]>>;

interface Named {
  readonly arn: string;
  readonly name: string;
  /** Of the template. */
  readonly logicalId: string;
  /** Construct path. */
  readonly path: string;
  readonly region: string;
  readonly description: string;
  readonly actionsEnabled: boolean;
  readonly actions: Actions;
}

/** What a metric alarm watches: one metric, or what an expression makes of several. */
export type Query = { readonly id: string } & (
  | { readonly metric: Series; readonly statistic: Statistic; readonly label?: string }
  | { readonly expression: string; readonly label?: string }
);

export interface MetricAlarm extends Named {
  readonly kind: 'metric';
  readonly queries: readonly Query[];
  /** Id of the query whose values are held against the threshold. */
  readonly watched: string;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly missing: MissingData;
  /** How long a new alarm is not evaluated: until its window is full of data, or `whole`, to the end. @default it is at once */
  readonly warmUp?: { readonly seconds: number; readonly whole: boolean };
}

export interface Suppressor {
  /** Name or ARN of the alarm while which is in ALARM no action is taken. */
  readonly alarm: string;
  readonly waitSeconds: number;
  readonly extensionSeconds: number;
}

export interface CompositeAlarm extends Named {
  readonly kind: 'composite';
  readonly rule: string;
  readonly suppressor?: Suppressor;
}

export type Alarm = MetricAlarm | CompositeAlarm;

/** An alarm that cannot be evaluated here: the message names it and what it has. */
export class AlarmError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AlarmError';
  }
}
