import { ApiError, notImplemented } from '../errors';
import type { MetricDatum } from '../types';
import { embeddedMetrics } from './embedded-metrics';
import { type AlarmBook, alarmOperations } from './alarms';
import { text, type Input, type Service, type ServiceCall } from './service';
import { type Point, type Statistic, STATISTICS, statisticsOf } from './statistics';

/** One metric: CloudWatch finds it by all of these, and by no fewer dimensions than it was written with. */
export interface Series {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** All that was measured. */
export class MetricBook {
  readonly data: MetricDatum[] = [];
  readonly #series = new Map<string, { readonly of: Series; readonly points: Point[] }>();

  constructor(private readonly region: string) {}

  record(datum: MetricDatum): void {
    this.data.push(datum);
    const { region, namespace, name, dimensions, value, values = [] } = datum;
    const key = keyOf(datum);
    const series = this.#series.get(key) ?? { of: { region, namespace, name, dimensions }, points: [] };
    this.#series.set(key, series);
    const at = datum.at.getTime() / 1000;
    const index = series.points.findLastIndex((point) => point.at <= at) + 1;
    series.points.splice(index, 0, ...[...value === undefined ? [] : [value], ...values].map((one) => ({ at, value: one })));
  }

  /**
   * Takes a line that a worker wrote to its log, as CloudWatch Logs does: one in embedded metric format becomes metrics, any other none.
   *
   * @param region whose CloudWatch gets it @default the endpoint's
   * @returns how many values it brought
   */
  recordLine(line: string, region = this.region): number {
    const found = embeddedMetrics(line);
    for (const datum of found) this.record({ ...datum, region });
    return found.length;
  }

  /** Everything measured of one metric, in order of time; none for one that nobody writes, however alike it is. */
  points(series: Series): readonly Point[] {
    return this.#series.get(keyOf(series))?.points ?? [];
  }

  series(): Series[] {
    return [...this.#series.values()].map(({ of }) => of);
  }
}

function keyOf({ region, namespace, name, dimensions }: Series): string {
  return JSON.stringify([region, namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

interface Dimension { readonly Name: string; readonly Value?: string }
interface Datum {
  readonly MetricName?: string;
  readonly Value?: number;
  readonly Values?: number[];
  readonly StatisticValues?: object;
  readonly Unit?: string;
  readonly Timestamp?: number | string;
  readonly Dimensions?: Dimension[];
}
interface Metric { readonly Namespace?: string; readonly MetricName?: string; readonly Dimensions?: Dimension[] }
interface Query {
  readonly Id: string;
  readonly Label?: string;
  readonly ReturnData?: boolean;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Metric: Metric; readonly Period: number; readonly Stat: string };
}

const NAMESPACE = /^[^:][\w.\-/#:]{0,254}$/;
/** Queries of one GetMetricData (CloudWatch API Reference). */
const MOST_QUERIES = 500;

const invalid = (message: string): ApiError => new ApiError('InvalidParameterValue', 400, message);
const record = (dimensions: readonly Dimension[] = []): Record<string, string> =>
  Object.fromEntries(dimensions.map(({ Name, Value = '' }) => [Name, Value]));
const milliseconds = (stamp: number | string): number => (typeof stamp === 'number' ? stamp * 1000 : Date.parse(stamp));

/** CloudWatch: keeps metric data and gives it back, and knows of alarms. */
export function cloudWatchService(book: MetricBook, alarms: AlarmBook): Service {
  return {
    name: 'cloudwatch', namespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
    operations: {
      ...alarmOperations(alarms),
      PutMetricData: {
        context: (input) => ({ 'cloudwatch:namespace': text(input, 'Namespace') ?? '' }),
        run: (input, call) => putMetricData(book, input, call),
      },
      GetMetricData: { run: (input, call) => getMetricData(book, input, call) },
      ListMetrics: { run: (input, call) => listMetrics(book, input, call) },
    },
  };
}

function putMetricData(book: MetricBook, input: Input, { settings, exchange }: ServiceCall): object {
  const namespace = text(input, 'Namespace') ?? '';
  const data = (input.MetricData ?? []) as Datum[];
  if (!NAMESPACE.test(namespace)) throw invalid('The value for parameter Namespace is invalid.');
  if (data.length > 1000) throw invalid('The collection MetricData must not have a size greater than 1000.');
  for (const datum of data) {
    if (!datum.MetricName) throw new ApiError('MissingParameter', 400, 'The parameter MetricData.member.N.MetricName is required.');
    if ((datum.Dimensions?.length ?? 0) > 30) throw invalid('The collection Dimensions must not have a size greater than 30.');
    if (datum.Value === undefined && !datum.Values && !datum.StatisticValues) throw invalid(`The metric ${datum.MetricName} has no value.`);
  }
  for (const { MetricName, Value, Values, Unit, Timestamp, Dimensions } of data) {
    const at = Timestamp === undefined ? settings.now() : new Date(milliseconds(Timestamp));
    const { region } = exchange.identity;
    book.record({ at, region, namespace, name: MetricName!, value: Value, values: Values, unit: Unit, dimensions: record(Dimensions) });
  }
  return {};
}

function getMetricData(book: MetricBook, input: Input, { exchange }: ServiceCall): object {
  const queries = (input.MetricDataQueries ?? []) as Query[];
  if (queries.length < 1 || queries.length > MOST_QUERIES) throw invalid(`MetricDataQueries must have 1 to ${MOST_QUERIES} items`);
  const [from, until] = [input.StartTime, input.EndTime].map((time) => milliseconds(time as number) / 1000);
  if (!(from < until)) throw invalid('The parameter StartTime must be less than the parameter EndTime.');
  const oldestFirst = input.ScanBy === 'TimestampAscending';
  const results = queries.map((query) => {
    const points = pointsOf(query, book, exchange.identity.region, from, until);
    if (!oldestFirst) points.reverse();
    return {
      Id: query.Id, Label: query.Label ?? query.MetricStat?.Metric.MetricName, StatusCode: 'Complete',
      Timestamps: points.map(({ at }) => at), Values: points.map(({ value }) => value), shown: query.ReturnData !== false,
    };
  });
  return { MetricDataResults: results.filter(({ shown }) => shown).map(({ shown: _shown, ...result }) => result), Messages: [] };
}

function pointsOf({ Id, Expression, MetricStat }: Query, book: MetricBook, region: string, from: number, until: number): Point[] {
  if (!/^[a-z]\w*$/.test(Id)) throw invalid(`The id ${Id} must start with a lowercase letter.`);
  if (Expression !== undefined || !MetricStat) {
    throw notImplemented('cloudwatch', 'GetMetricData', `of ${Expression ?? Id}: it evaluates no expression`);
  }
  const { Metric: { Namespace = '', MetricName = '', Dimensions }, Period, Stat } = MetricStat;
  if (!STATISTICS.includes(Stat as Statistic)) {
    throw notImplemented('cloudwatch', 'GetMetricData', `it has no statistic ${Stat}`);
  }
  if (!(Period >= 1) || (Period % 60 !== 0 && ![1, 5, 10, 20, 30].includes(Period))) throw invalid(`The period ${Period} is not valid.`);
  const points = book.points({ region, namespace: Namespace, name: MetricName, dimensions: record(Dimensions) });
  // The period that the start lies in counts from its beginning.
  return statisticsOf(points, Stat as Statistic, Period, Math.floor(from / Period) * Period, until);
}

function matches({ Name, Value }: Dimension, { dimensions }: Series): boolean {
  return Name in dimensions && (Value ?? dimensions[Name]) === dimensions[Name];
}

function listMetrics(book: MetricBook, input: Input, { exchange }: ServiceCall): object {
  const namespace = text(input, 'Namespace');
  const name = text(input, 'MetricName');
  const filters = (input.Dimensions ?? []) as Dimension[];
  const found = book.series().filter((one) => one.region === exchange.identity.region && (namespace ?? one.namespace) === one.namespace
    && (name ?? one.name) === one.name && filters.every((filter) => matches(filter, one)));
  return {
    Metrics: found.map((one) => ({
      Namespace: one.namespace, MetricName: one.name, Dimensions: Object.entries(one.dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
  };
}
