import type { AlarmState, MetricAlarm } from './alarm';

/** One period of the evaluation range; undefined where it has no data. */
export type Datapoint = number | undefined;

/**
 * Periods that are looked at beyond the evaluation periods. What CloudWatch really takes depends on period and resolution and is not
 * published; its examples have 5 for 3 (see `judge`).
 */
export const EXTRA_PERIODS = 2;

export type Judged = Pick<MetricAlarm, 'evaluationPeriods' | 'datapointsToAlarm' | 'missing'> & { breaches(value: number): boolean };

/**
 * The state that a range of data points leads to; undefined leaves it as it is (CloudWatch User Guide, "Configuring how CloudWatch alarms
 * treat missing data": https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
 *
 * Enough real data points decide alone, the newest first. Where there are too few, missing ones are filled in as the alarm says, as few as
 * possible. An alarm that fills nothing in still fires once the oldest of nothing but breaching points is as old as the points that it
 * takes ("Avoiding premature transitions to alarm state"); before that, which the page calls premature, the state stays.
 *
 * @param range oldest first
 */
export function judge(range: readonly Datapoint[], alarm: Judged): AlarmState | undefined {
  const { evaluationPeriods, datapointsToAlarm, missing, breaches } = alarm;
  const real = range.flatMap((value, index) => (value === undefined ? [] : [{ breach: breaches(value), age: range.length - index }]));
  const evaluated = real.slice(-evaluationPeriods);
  const breaching = evaluated.filter(({ breach }) => breach).length;
  const filled = evaluationPeriods - evaluated.length;
  const found = (count: number): AlarmState => (count >= datapointsToAlarm ? 'ALARM' : 'OK');
  if (filled === 0) return found(breaching);
  switch (missing) {
    case 'breaching': return found(breaching + filled);
    case 'notBreaching': return found(breaching);
    default:
      if (real.length === 0) return missing === 'missing' ? 'INSUFFICIENT_DATA' : undefined;
      if (breaching >= datapointsToAlarm) return 'ALARM';
      if (breaching < evaluated.length) return 'OK';
      return missing === 'missing' && real[0].age >= datapointsToAlarm ? 'ALARM' : undefined;
  }
}
