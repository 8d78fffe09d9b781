import { METRICS, type MetricKey, metricsBy } from '../../lib/contract/metrics';
import type { ProtectionStatus, Status } from './model';

/** What each gauge says, for Prometheus' HELP. */
const HELP: Readonly<Partial<Record<MetricKey, string>>> = {
  recoveryPointAge: 'Age of the data in the newest proven copy; since the policy took effect while there is none.',
  overdueSeconds: 'How long an expected copy has been missing; 0 when none is.',
  failedRuns: 'Expected runs since the newest proven copy that left no proven one.',
  successRate: 'Expected runs of the last 30 days that left a proven copy, of those that are settled.',
  unprovenCopies: 'Copies newer than the newest proven one that were found not good.',
  unverifiedAge: 'How long a copy has been waiting for its verification; 0 when none is.',
  provenCopies: 'Proven copies in the store that are not on their way out.',
  missingProvenCopies: 'Proven copies that should be there and are not.',
  sizeDeviation: 'How far the newest copy\'s size lies from the mean of the good runs before it.',
  rowsDeviation: 'How far the newest copy\'s rows lie from the mean of the good runs before it.',
  runSeconds: 'From the slot to the manifest of the newest copy.',
  restoreOfRto: 'Time of the newest restore, of the objective (RTO).',
  drillAge: 'Since the newest restore, good or bad; since the policy took effect while there is none.',
  storedBytes: 'Bytes of the copies.',
  storeFill: 'Bytes of the copies, of the declared ceiling; 0 where none is declared.',
  daysToCeiling: 'Time until the declared ceiling at the growth of the last 30 days.',
  replicaLag: 'How long a replica has been lacking a copy; 0 when none does.',
  replicaFailures: 'Objects that S3 could not replicate.',
  unreadable: 'Manifests and verdicts that cannot be read.',
  clockSkew: 'How far the clock of the newest run\'s worker lay from the store\'s.',
  lastReadAge: 'Since the stored bytes of the copy were read that was read longest ago; 0 where no scrub is declared.',
  scheduleDrift: 'What of schedule and state machine is not as declared.',
  pausedSeconds: 'Until the declared pause ends; 0 without one.',
  sentinelRounds: 'Rounds of the sentinel that this report is of.',
  deadLetters: 'Slots that could not start.',
  lockDrift: 'What of lock, versioning and bucket policy is not as declared.',
  lifecycleDrift: 'Lifecycle rules that are not as declared.',
  replicationDrift: 'What of the replication is not as declared.',
  keyTrouble: 'What is wrong with the store\'s keys: disabled, about to be deleted, no longer rotated, a policy that is not as declared.',
  unconfirmedRecipients: 'Recipients that did not confirm.',
  auditAge: 'Since the store was last audited; since the policy took effect while it never was.',
  releasedTooMany: 'Copies marked for release that retention keeps, and releases beyond a round\'s limit.',
};

interface Sample { readonly labels: Readonly<Record<string, string>>; readonly value: number }
interface Family { readonly name: string; readonly help: string; readonly samples: Sample[] }

/**
 * The status in Prometheus' text exposition format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), each metric a
 * gauge in base units (https://prometheus.io/docs/practices/naming/).
 */
export function prometheusText(status: Status): string {
  const readable = [
    ...status.policies.map((one) => ({ labels: ofPolicy(one), value: one.condition === 'unknown' ? 0 : 1 })),
    ...status.unread.map((one) => ({ labels: ofPolicy(one), value: 0 })),
  ];
  const families: Family[] = [
    { name: 'backup_policy_readable', help: 'Whether everything could be read that says how the backups are.', samples: readable },
    { name: 'backup_policy_well', help: 'Whether no declared alarm breaches and everything could be read.', samples: [
      ...status.policies.map((one) => ({ labels: ofPolicy(one), value: one.condition === 'trouble' || one.condition === 'unknown' ? 0 : 1 })),
      ...status.unread.map((one) => ({ labels: ofPolicy(one), value: 0 })),
    ] },
    { name: 'backup_policy_report_timestamp_seconds', help: 'When the sentinel looked.', samples: status.policies.map((one) => ({ labels: ofPolicy(one), value: Date.parse(one.at) / 1000 })) },
    ...metricsBy('sentinel', 'policy')
      .map((metric) => gauge(metric, status.policies.map((one) => ({ labels: ofPolicy(one), value: one.gauges[metric] })))),
    ...objectives(status),
    ...metricsBy('sentinel', 'protection').map((metric) => gauge(metric, eachProtection(status, ({ gauges }) => gauges[metric]))),
    {
      name: 'backup_policy_alarm_breached', help: 'Whether the value of a declared alarm lies beyond its threshold.',
      samples: status.policies.flatMap((policy) => [policy, ...policy.replicas].flatMap(({ alarms }) => alarms)
        .filter(({ state }) => state !== 'unknown')
        .map(({ protection, region, section, severity, state }) => (
          { labels: given({ ...ofPolicy(policy), protection, region, alarm: section, severity }), value: state === 'breached' ? 1 : 0 }))),
    },
  ];
  return families.filter(({ samples }) => samples.length > 0).map(written).join('');
}

/** Prometheus' name of a gauge: base units, the unit last. */
export function prometheusName(metric: MetricKey): string {
  // Days are no base unit.
  if (metric === 'daysToCeiling') return 'backup_policy_time_to_ceiling_seconds';
  const { name, unit } = METRICS[metric];
  const base = `backup_policy_${name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()}`;
  const suffix = { Seconds: '_seconds', Bytes: '_bytes', Percent: '_ratio', Count: '' }[unit];
  return base.endsWith(suffix) ? base : `${base}${suffix}`;
}

function inBaseUnits(metric: MetricKey, value: number): number {
  if (metric === 'daysToCeiling') return value * 86_400;
  return METRICS[metric].unit === 'Percent' ? value / 100 : value;
}

function gauge(metric: MetricKey, values: readonly { labels: Sample['labels']; value: number | undefined }[]): Family {
  return {
    name: prometheusName(metric), help: HELP[metric] ?? METRICS[metric].name,
    samples: values.flatMap(({ labels, value }) => (value === undefined ? [] : [{ labels, value: inBaseUnits(metric, value) }])),
  };
}

function objectives(status: Status): Family[] {
  return [
    { name: 'backup_policy_recovery_point_objective_seconds', help: 'The declared RPO.', samples: eachProtection(status, ({ objectives: { rpoSeconds } }) => rpoSeconds) },
    { name: 'backup_policy_recovery_time_objective_seconds', help: 'The declared RTO.', samples: eachProtection(status, ({ objectives: { rtoSeconds } }) => rtoSeconds) },
  ];
}

function eachProtection<Value extends number | undefined>(
  status: Status, value: (one: ProtectionStatus) => Value,
): { labels: Sample['labels']; value: Value }[] {
  return status.policies.flatMap((policy) => policy.protections.map((one) => (
    { labels: { ...ofPolicy(policy), protection: one.protection }, value: value(one) })));
}

function given(labels: Readonly<Record<string, string | undefined>>): Sample['labels'] {
  return Object.fromEntries(Object.entries(labels).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function ofPolicy({ environment, application }: { readonly environment: string; readonly application: string }): Sample['labels'] {
  return { environment, application };
}

function written({ name, help, samples }: Family): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`);
    return `${name}{${pairs.join(',')}} ${number(value)}\n`;
  });
  return `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(Number(value.toPrecision(15)));
}
