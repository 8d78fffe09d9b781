import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ALARM_KINDS, type AlarmKindName } from '../contract/alarm-kinds';
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, type MetricKey, METRICS } from '../contract/metrics';

/** The worse of two values of a period is the one to go by. */
const LEAST: readonly MetricKey[] = ['successRate', 'provenCopies', 'daysToCeiling', 'sentinelRounds'];

/** Counted: a day has as many as it has runs. */
const SUMS: readonly MetricKey[] = ['proven', 'notProven'];

export function statisticOf(key: MetricKey): string {
  if (SUMS.includes(key)) return cloudwatch.Stats.SUM;
  return LEAST.includes(key) ? cloudwatch.Stats.MINIMUM : cloudwatch.Stats.MAXIMUM;
}

/** A metric of ours, by default over 15 minutes and of the worst value of each. */
export function metricOf(key: MetricKey, dimensionsMap: Record<string, string>, props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
  return new cloudwatch.Metric({
    period: Duration.minutes(15), statistic: statisticOf(key), ...props,
    namespace: METRIC_NAMESPACE, metricName: METRICS[key].name, dimensionsMap,
  });
}

/**
 * What an alarm of the kind looks at. The gauges are honest: a pause makes no copy younger, and mends no run that failed before it; so one
 * that a pause silences looks at both.
 *
 * @param gauge of the kind's owner
 */
export function watchedMetric(kind: AlarmKindName, gauge: (key: MetricKey) => cloudwatch.Metric): cloudwatch.IMetric {
  const { metric: key, paused } = ALARM_KINDS[kind];
  const value = gauge(key);
  if (!paused) return value;
  return new cloudwatch.MathExpression({
    expression: 'IF(paused > 0, 0, value)', usingMetrics: { paused: gauge('pausedSeconds'), value }, label: METRICS[key].name, period: value.period,
  });
}

/** Of a protection's metrics; of the policy's own where there is none. */
export function dimensionsOf(environment: string, application: string, protection?: string): Record<string, string> {
  const values = [environment, application, protection];
  return Object.fromEntries(METRIC_DIMENSIONS.flatMap((name, index) => {
    const value = values[index];
    return value === undefined ? [] : [[name, value]];
  }));
}
