import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { ALARM_KINDS, type AlarmKindName } from '../../../lib/contract/alarm-kinds';
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, METRICS, type MetricKey } from '../../../lib/contract/metrics';
import type { NotifyConfig } from '../../../lib/contract/notify-config';
import type { PolicyFacts, ProtectionFacts } from './facts';

/** What of a protection is told when something is wrong. */
const SAFE: readonly MetricKey[] = ['recoveryPointAge', 'provenCopies', 'pausedSeconds'];

/** What of a protection the digest has. */
const DIGEST: readonly MetricKey[] = [
  ...SAFE, 'overdueSeconds', 'failedRuns', 'unprovenCopies', 'successRate', 'storedBytes', 'daysToCeiling', 'restoreOfRto', 'drillAge',
  'replicaFailures', 'unreadable', 'scheduleDrift',
];

/** Kinds of alarms of the policy itself that a digest repeats while they last: what is 0 when all is as declared. */
const DRIFTS = [
  'slotNotStarted', 'lockChanged', 'lifecycleChanged', 'replicationChanged', 'keyUnusable', 'recipientUnconfirmed', 'releasedTooMany',
] as const satisfies readonly AlarmKindName[];

/** A gauge is written every quarter of an hour at most seldom: what is older says nothing of now. */
const WINDOW_SECONDS = 3 * 3600;
/** CloudWatch's limit of queries in a call (API Reference, "GetMetricData"). */
const QUERIES_A_CALL = 500;

interface Datum {
  readonly at: Date;
  readonly value: number;
}

interface Asked {
  readonly metric: MetricKey;
  readonly protection?: string;
}

/** Reads the newest values of gauges, as of an instant. Never reads the store: the sentinel did. */
export class Measured {
  constructor(private readonly client: CloudWatchClient, private readonly config: NotifyConfig, private readonly signal: AbortSignal) {}

  /** @param protection undefined for all */
  async safe(protection: string | undefined, at: string): Promise<ProtectionFacts[]> {
    const protections = this.config.protections.filter((one) => protection === undefined || one.protection === protection);
    const found = await this.newest(protections.flatMap((one) => SAFE.map((metric) => ({ metric, protection: one.protection }))), at);
    return protections.map((one) => factsOf(one, found, at));
  }

  async policy(at: string): Promise<PolicyFacts> {
    const { protections } = this.config;
    const found = await this.newest([
      ...protections.flatMap(({ protection }) => DIGEST.map((metric) => ({ metric, protection }))),
      ...DRIFTS.map((kind) => ({ metric: ALARM_KINDS[kind].metric })),
    ], at);
    return {
      drifts: DRIFTS.filter((kind) => (found.get(keyOf({ metric: ALARM_KINDS[kind].metric }))?.value ?? 0) > 0),
      protections: protections.map((one) => factsOf(one, found, at)),
    };
  }

  /** The newest value of one gauge. */
  async value(asked: Asked, at: string): Promise<number | undefined> {
    return (await this.newest([asked], at)).get(keyOf(asked))?.value;
  }

  private async newest(asked: readonly Asked[], at: string): Promise<Map<string, Datum>> {
    const end = Math.ceil(Date.parse(at) / 60_000) * 60_000 + 60_000;
    const found = new Map<string, Datum>();
    for (let first = 0; first < asked.length; first += QUERIES_A_CALL) {
      const batch = asked.slice(first, first + QUERIES_A_CALL);
      let NextToken: string | undefined;
      do {
        const answer = await this.client.send(new GetMetricDataCommand({
          MetricDataQueries: batch.map((one, index) => this.query(one, index)), ScanBy: 'TimestampDescending', NextToken,
          StartTime: new Date(end - WINDOW_SECONDS * 1000), EndTime: new Date(end),
        }), { abortSignal: this.signal });
        for (const { Id, Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) {
          const one = batch[Number(Id?.slice(1))];
          if (one && Timestamps.length > 0 && !found.has(keyOf(one))) found.set(keyOf(one), { at: Timestamps[0], value: Values[0] });
        }
        NextToken = answer.NextToken;
      } while (NextToken !== undefined);
    }
    return found;
  }

  private query({ metric, protection }: Asked, index: number): MetricDataQuery {
    const values = [this.config.environment, this.config.application, protection];
    return {
      Id: `m${index}`,
      MetricStat: {
        Metric: {
          Namespace: METRIC_NAMESPACE, MetricName: METRICS[metric].name,
          Dimensions: METRIC_DIMENSIONS.flatMap((Name, place) => (values[place] === undefined ? [] : [{ Name, Value: values[place] }])),
        },
        Period: 60, Stat: 'Maximum',
      },
    };
  }
}

function keyOf({ metric, protection }: Asked): string {
  return `${protection ?? ''}/${metric}`;
}

function factsOf({ protection, rpoSeconds }: NotifyConfig['protections'][number], found: ReadonlyMap<string, Datum>, now: string): ProtectionFacts {
  const of = (metric: MetricKey): Datum | undefined => found.get(keyOf({ metric, protection }));
  const values = Object.fromEntries(DIGEST.flatMap((metric) => {
    const datum = metric === 'pausedSeconds' ? undefined : of(metric);
    return datum ? [[metric, datum.value]] : [];
  })) as Partial<ProtectionFacts>;
  const paused = of('pausedSeconds');
  const until = paused && paused.value > 0 ? paused.at.getTime() + paused.value * 1000 : 0;
  const age = of('recoveryPointAge') ?? [...DIGEST].map(of).find((datum) => datum !== undefined);
  return {
    protection, rpoSeconds, ...values,
    ...age ? { at: age.at.toISOString() } : {},
    ...until > Date.parse(now) ? { pausedUntil: new Date(until).toISOString() } : {},
  };
}
