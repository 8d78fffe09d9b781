import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { BackupPolicy, Protection } from '../../lib';
import { METRIC_NAMESPACE, METRICS, metricsBy } from '../../lib/contract/metrics';
import { declare, protection } from './fixture';

/** What each `metric…()` of a construct gives, by the metric's name. */
function given(of: BackupPolicy | Protection): Map<string, Metric> {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(Object.getPrototypeOf(of))).filter((name) => name.startsWith('metric'));
  const metrics = methods.map((name) => (of as unknown as Record<string, () => Metric>)[name]());
  expect(new Set(metrics.map(({ metricName }) => metricName)).size).toBe(methods.length);
  return new Map(metrics.map((metric) => [metric.metricName, metric]));
}

const { policy, stack } = declare();
const database = policy.protect('database', protection(stack));
const names = (keys: readonly (keyof typeof METRICS)[]): string[] => keys.map((key) => METRICS[key].name).sort();

test('a protection gives each of its gauges and each metric of its runs', () => {
  const metrics = given(database);
  expect([...metrics.keys()].sort()).toEqual([...names(metricsBy('sentinel', 'protection')), ...names(metricsBy('run', 'protection'))].sort());
  for (const { namespace, dimensions } of metrics.values()) {
    expect(namespace).toBe(METRIC_NAMESPACE);
    expect(dimensions).toEqual({ Environment: 'production', Application: 'shop', Protection: 'database' });
  }
});

test('a policy gives each of its own gauges', () => {
  const metrics = given(policy);
  expect([...metrics.keys()].sort()).toEqual(names(metricsBy('sentinel', 'policy')));
  for (const { dimensions } of metrics.values()) expect(dimensions).toEqual({ Environment: 'production', Application: 'shop' });
});

test('the worst value of a period is the one that counts, unless somebody wants another', () => {
  expect(database.metricRecoveryPointAge().statistic).toBe('Maximum');
  expect(database.metricSuccessRate().statistic).toBe('Minimum');
  expect(database.metricProven().statistic).toBe('Sum');
  expect(database.metricSuccessRate({ statistic: 'Average', label: 'rate' })).toMatchObject({ statistic: 'Average', label: 'rate' });
});
