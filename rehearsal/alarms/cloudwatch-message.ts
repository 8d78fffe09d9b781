import type { Alarm, MetricAlarm, Query } from './alarm';
import type { StateChange } from './evaluate';

/** Names of regions as CloudWatch's messages have them; an unknown one by its code. */
const REGIONS: Readonly<Record<string, string>> = {
  'eu-west-1': 'EU (Ireland)', 'eu-west-2': 'EU (London)', 'eu-west-3': 'EU (Paris)', 'eu-central-1': 'EU (Frankfurt)', 'eu-north-1': 'EU (Stockholm)',
  'us-east-1': 'US East (N. Virginia)', 'us-east-2': 'US East (Ohio)', 'us-west-1': 'US West (N. California)', 'us-west-2': 'US West (Oregon)',
};

export interface AlarmMessage {
  readonly Subject: string;
  readonly Message: string;
}

/** What CloudWatch publishes of a state change (CloudWatch User Guide, "Notifying users on alarm changes"). */
export function alarmMessage({ alarm, from, to, at, reason }: StateChange): AlarmMessage {
  const region = REGIONS[alarm.region] ?? alarm.region;
  const time = new Date(at * 1000).toISOString().replace('Z', '+0000');
  return {
    Subject: `${to}: "${alarm.name}" in ${region}`.slice(0, 100),
    Message: JSON.stringify({
      AlarmName: alarm.name, AlarmDescription: alarm.description || null, AWSAccountId: alarm.arn.split(':')[4],
      AlarmConfigurationUpdatedTimestamp: time, NewStateValue: to, NewStateReason: reason, StateChangeTime: time, Region: region,
      AlarmArn: alarm.arn, OldStateValue: from, OKActions: alarm.actions.OK, AlarmActions: alarm.actions.ALARM,
      InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA, ...bodyOf(alarm),
    }),
  };
}

function bodyOf(alarm: Alarm): object {
  if (alarm.kind === 'composite') return { AlarmRule: alarm.rule };
  const { periodSeconds, evaluationPeriods, datapointsToAlarm, comparison, threshold, missing, queries } = alarm;
  return {
    Trigger: {
      ...queries.length === 1 ? singleMetric(alarm) : { Metrics: queries.map((query) => queryOf(query, alarm)) },
      Period: periodSeconds, EvaluationPeriods: evaluationPeriods, DatapointsToAlarm: datapointsToAlarm, ComparisonOperator: comparison,
      Threshold: threshold, TreatMissingData: missing, EvaluateLowSampleCountPercentile: '',
    },
  };
}

const dimensionsOf = (dimensions: Readonly<Record<string, string>>): object[] =>
  Object.entries(dimensions).map(([name, value]) => ({ value, name }));

function singleMetric({ queries: [query] }: MetricAlarm): object {
  if (!('metric' in query)) return {};
  const { metric: { name, namespace, dimensions }, statistic } = query;
  return { MetricName: name, Namespace: namespace, StatisticType: 'Statistic', Statistic: statistic.toUpperCase(), Unit: null, Dimensions: dimensionsOf(dimensions) };
}

function queryOf(query: Query, { watched, periodSeconds }: MetricAlarm): object {
  const ReturnData = query.id === watched;
  if ('expression' in query) return { Expression: query.expression, Id: query.id, Label: query.label, ReturnData };
  const { metric: { name, namespace, dimensions }, statistic } = query;
  const Metric = { Dimensions: dimensionsOf(dimensions), MetricName: name, Namespace: namespace };
  return { Id: query.id, MetricStat: { Metric, Period: periodSeconds, Stat: statistic }, ReturnData };
}
