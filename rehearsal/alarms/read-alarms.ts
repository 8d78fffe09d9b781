import type { LocalResource, Resolver } from '../assembly/resolver';
import type { Series } from '../endpoint';
import { type Statistic, STATISTICS } from '../endpoint/services/statistics';
import {
  type Actions, type Alarm, AlarmError, type Comparison, COMPARISONS, type CompositeAlarm, type MetricAlarm, MISSING_DATA, type MissingData,
  type Query,
} from './alarm';

type Properties = Readonly<Record<string, unknown>>;

/**
 * Every alarm of an assembly's templates, as CloudWatch would have it.
 *
 * @throws AlarmError for one that is not evaluated here: by its path, with what is not known
 */
export function alarmsOf(resolver: Resolver): Alarm[] {
  return [
    ...resolver.resourcesOf('AWS::CloudWatch::Alarm').map((resource) => metricAlarm(resolver, resource)),
    ...resolver.resourcesOf('AWS::CloudWatch::CompositeAlarm').map((resource) => compositeAlarm(resolver, resource)),
  ];
}

function common(resolver: Resolver, resource: LocalResource, properties: Properties) {
  const { identity: { ref, attributes }, logicalId, path, stack } = resource;
  const list = (name: string): string[] => (properties[name] ?? []) as string[];
  const actions: Actions = { ALARM: list('AlarmActions'), OK: list('OKActions'), INSUFFICIENT_DATA: list('InsufficientDataActions') };
  return {
    arn: attributes.Arn, name: ref, logicalId, path, region: stack.region ?? resolver.region, actions,
    description: String(properties.AlarmDescription ?? ''), actionsEnabled: properties.ActionsEnabled !== false,
  };
}

function compositeAlarm(resolver: Resolver, resource: LocalResource): CompositeAlarm {
  const properties = resolver.properties(resource);
  const { ActionsSuppressor, ActionsSuppressorWaitPeriod = 0, ActionsSuppressorExtensionPeriod = 0 } = properties;
  return {
    ...common(resolver, resource, properties), kind: 'composite', rule: String(properties.AlarmRule),
    ...ActionsSuppressor === undefined ? {} : { suppressor: {
      alarm: String(ActionsSuppressor), waitSeconds: Number(ActionsSuppressorWaitPeriod),
      extensionSeconds: Number(ActionsSuppressorExtensionPeriod),
    } },
  };
}

/** What would need rules that are not written here. */
const NOT_EVALUATED = [
  'ExtendedStatistic', 'EvaluateLowSampleCountPercentile', 'ThresholdMetricId', 'Unit', 'EvaluationCriteria', 'EvaluationInterval',
];

function metricAlarm(resolver: Resolver, resource: LocalResource): MetricAlarm {
  const properties = resolver.properties(resource);
  const refuse = (what: string): AlarmError => new AlarmError(`${resource.path} ${what}, which the rehearsal does not evaluate`);
  const strange = NOT_EVALUATED.find((name) => properties[name] !== undefined);
  if (strange !== undefined) throw refuse(`has ${strange}`);
  if ((properties.EvaluationWindow as Properties | undefined)?.WallClockWindow !== undefined) throw refuse('has a WallClockWindow');
  const known = <T extends string>(values: readonly T[], value: unknown, what: string): T => {
    const found = values.find((one) => one === value);
    if (found === undefined) throw refuse(`has ${what} ${String(value)}`);
    return found;
  };
  const named = common(resolver, resource, properties);
  const given = (properties.Metrics ?? []) as Properties[];
  const read = (query: Properties): { query: Query; period?: number } => readQuery(query, named.region, (value) => known(STATISTICS, value, 'the statistic'));
  const watched = given.filter(({ ReturnData }) => ReturnData !== false);
  if (given.length > 0 && watched.length !== 1) throw refuse(`watches ${watched.length} of its metrics`);
  const queries = given.length > 0 ? given.map(read) : [read({ Id: 'm', MetricStat: {
    Metric: { Namespace: properties.Namespace, MetricName: properties.MetricName, Dimensions: properties.Dimensions },
    Period: properties.Period, Stat: properties.Statistic,
  } })];
  const periods = [...new Set(queries.flatMap(({ period }) => period ?? []))];
  if (periods.length !== 1) throw refuse(`has metrics of ${periods.length} periods`);
  if (periods[0] % 60 !== 0) throw refuse(`has the period ${periods[0]}`);
  const evaluationPeriods = Number(properties.EvaluationPeriods);
  return {
    ...named, kind: 'metric', queries: queries.map(({ query }) => query), watched: String(watched[0]?.Id ?? 'm'), periodSeconds: periods[0],
    evaluationPeriods, datapointsToAlarm: Number(properties.DatapointsToAlarm ?? evaluationPeriods),
    comparison: known<Comparison>(COMPARISONS, properties.ComparisonOperator, 'the comparison'), threshold: Number(properties.Threshold),
    missing: known<MissingData>(MISSING_DATA, properties.TreatMissingData ?? 'missing', 'missing data'), ...warmUpOf(properties),
  };
}

function warmUpOf({ WarmUpConfiguration }: Properties): Pick<MetricAlarm, 'warmUp'> {
  if (WarmUpConfiguration === undefined) return {};
  const { WarmUpPeriodDurationInMinutes, OnlyStartEvaluatingAfterWarmUpPeriodEnds } = WarmUpConfiguration as Properties;
  return { warmUp: { seconds: Number(WarmUpPeriodDurationInMinutes) * 60, whole: OnlyStartEvaluatingAfterWarmUpPeriodEnds === true } };
}

function readQuery(
  { Id, Expression, MetricStat, Label, Period, AccountId }: Properties, region: string, statistic: (value: unknown) => Statistic,
): { query: Query; period?: number } {
  const label = Label === undefined ? {} : { label: String(Label) };
  const id = String(Id);
  if (Expression !== undefined) {
    return { query: { id, expression: String(Expression), ...label }, ...Period === undefined ? {} : { period: Number(Period) } };
  }
  const { Metric, Period: period, Stat, Unit } = MetricStat as Properties;
  if (Unit !== undefined || AccountId !== undefined) {
    throw new AlarmError(`the metric ${id} has a unit or an account of its own, which the rehearsal does not evaluate`);
  }
  return { query: { id, metric: seriesOf(Metric as Properties, region), statistic: statistic(Stat), ...label }, period: Number(period) };
}

function seriesOf({ Namespace, MetricName, Dimensions }: Properties, region: string): Series {
  const dimensions = ((Dimensions ?? []) as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value] as const);
  return { region, namespace: String(Namespace), name: String(MetricName), dimensions: Object.fromEntries(dimensions) };
}
