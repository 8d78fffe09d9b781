import fc from 'fast-check';
import { METRICS, type MetricKey, metricsBy } from '../../../lib/contract/metrics';
import { prometheusName, prometheusText } from '../../../rehearsal/status/prometheus';
import { mixed, policy, status } from './fixture';
import { parsePrometheus } from './prometheus-parser';

const gauges = [...metricsBy('sentinel', 'protection'), ...metricsBy('sentinel', 'policy')];

test('every gauge is there once, in base units, with what it says', () => {
  const families = parsePrometheus(prometheusText(status([mixed()])));
  for (const metric of gauges) {
    const family = families.find(({ name }) => name === prometheusName(metric));
    expect(family).toMatchObject({ type: 'gauge', help: expect.stringMatching(/\.$/) });
    expect(family?.help).not.toBe(METRICS[metric].name);
  }
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
});

test('values are the report\'s: percents as ratios, days as seconds', () => {
  const families = parsePrometheus(prometheusText(status([policy()])));
  const value = (metric: MetricKey): number => families.find(({ name }) => name === prometheusName(metric))!.samples[0].value;
  const of = policy().protections[0].gauges;
  expect([value('recoveryPointAge'), value('successRate'), value('daysToCeiling'), value('storedBytes')])
    .toEqual([of.recoveryPointAge, of.successRate / 100, of.daysToCeiling * 86_400, of.storedBytes]);
  expect(prometheusName('recoveryPointAge')).toBe('backup_policy_recovery_point_age_seconds');
  expect(prometheusName('overdueSeconds')).toBe('backup_policy_overdue_seconds');
  expect(prometheusName('storedBytes')).toBe('backup_policy_stored_bytes');
});

test('an alarm that breaches is 1, any other 0', () => {
  const breached = parsePrometheus(prometheusText(status([mixed()]))).find(({ name }) => name === 'backup_policy_alarm_breached')!;
  const late = breached.samples.filter(({ value }) => value === 1);
  expect(late.every(({ labels }) => labels.protection === 'documents')).toBe(true);
  expect(late.map(({ labels }) => labels.alarm)).toContain('recovery-point-old');
  expect(breached.samples.length).toBe(mixed().alarms.length);
});

test('what cannot be read is not readable and not well, and has no stale gauge', () => {
  const text = prometheusText(status([], [{ application: 'shop', environment: 'staging', error: 'denied', replicas: [] }]));
  expect(parsePrometheus(text).map(({ name, samples }) => [name, samples[0].value])).toEqual([['backup_policy_readable', 0], ['backup_policy_well', 0]]);
});

test('whatever a label holds comes back as it was', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (application, environment) => {
    const [family] = parsePrometheus(prometheusText(status([{ ...policy(), application, environment }])));
    expect(family.samples[0].labels).toEqual({ environment, application });
  }));
});

test.each(['a 1', '# TYPE a gauge\na 1\n', '# HELP a x\n# TYPE a gauge\na 1\na 1\n', '# HELP a x\n# TYPE a gauge\na{b="c"d="e"} 1\n', '# HELP a x\n# TYPE a gauge\na one\n'])(
  'the parser refuses %j', (text) => {
    expect(() => parsePrometheus(text)).toThrow();
  },
);
