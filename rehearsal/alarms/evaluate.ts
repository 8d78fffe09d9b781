import type { Series } from '../endpoint';
import { type Point, type Statistic, statisticsOf } from '../endpoint/services/statistics';
import { type Alarm, AlarmError, type AlarmState, type Comparison, type CompositeAlarm, type MetricAlarm } from './alarm';
import { alarmsIn, holds, parseRule } from './alarm-rule';
import { evaluateMath, type TimeSeries } from './metric-math';
import { EXTRA_PERIODS, judge } from './missing-data';
import { suppress, type Suppression } from './suppression';

/** Where metrics are read; `MetricBook` of the endpoint is one. */
export interface MetricSource {
  points(series: Series): readonly Point[];
}

export interface StateChange {
  readonly alarm: Alarm;
  readonly from: AlarmState;
  readonly to: AlarmState;
  /** Epoch seconds. */
  readonly at: number;
  readonly reason: string;
}

/** A state change that is told, at its own instant or once nothing suppresses it any more. */
export interface TakenAction {
  readonly change: StateChange;
  readonly at: number;
  /** ARNs of the state's actions. */
  readonly targets: readonly string[];
  /** How long a mute rule kept it. */
  readonly mutedSeconds?: number;
}

interface Standing {
  readonly state: AlarmState;
  /** Epoch seconds of its first evaluation. */
  readonly since: number;
  /** It has ended its warm-up. */
  readonly warm?: boolean;
  readonly change?: StateChange;
  readonly suppression?: Suppression;
}

/** Where every alarm stands, by its ARN. */
export type Board = ReadonlyMap<string, Standing>;

export interface Evaluation {
  readonly board: Board;
  readonly changes: readonly StateChange[];
  readonly actions: readonly TakenAction[];
}

/** Alarms as CloudWatch makes them: nothing is known of any. */
export const NEW_BOARD: Board = new Map();

export function stateOf(board: Board, alarm: Pick<Alarm, 'arn'>): AlarmState {
  return board.get(alarm.arn)?.state ?? 'INSUFFICIENT_DATA';
}

/**
 * Evaluates all alarms once, as CloudWatch does every minute: metric alarms over windows that end now and slide (User Guide, "Alarm
 * evaluation window": https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html), composites over the
 * states of others. Actions are taken when a state changes, and only then.
 *
 * @param at epoch seconds, a whole minute
 * @throws AlarmError for an expression or a rule that is not known here
 */
export function evaluate(alarms: readonly Alarm[], board: Board, source: MetricSource, at: number): Evaluation {
  const next = new Map(board);
  const changes: StateChange[] = [];
  const actions: TakenAction[] = [];
  for (const { arn } of alarms) if (!next.has(arn)) next.set(arn, { state: 'INSUFFICIENT_DATA', since: at });
  const turn = (alarm: Alarm, to: AlarmState, reason: string): StateChange | undefined => {
    const from = stateOf(next, alarm);
    if (from === to) return undefined;
    const change = { alarm, from, to, at, reason };
    next.set(alarm.arn, { ...next.get(alarm.arn)!, state: to, change });
    changes.push(change);
    return change;
  };
  for (const alarm of alarms) {
    if (alarm.kind !== 'metric') continue;
    const range = rangeOf(alarm, source, at);
    const standing = next.get(alarm.arn)!;
    if (isWarmingUp(alarm, standing, range, at)) continue;
    if (alarm.warmUp && !standing.warm) next.set(alarm.arn, { ...standing, warm: true });
    const { state, reason } = evaluateMetricAlarm(alarm, range);
    const change = state && turn(alarm, state, reason);
    if (change) actions.push({ change, at, targets: targetsOf(change) });
  }
  const find = finder(alarms);
  for (const alarm of inOrder(alarms.filter((one): one is CompositeAlarm => one.kind === 'composite'), find)) {
    const rule = parseRule(alarm.rule);
    const change = turn(alarm, holds(rule, (name) => stateOf(next, find(name, alarm))) ? 'ALARM' : 'OK', `the rule ${alarm.rule}`);
    const told = suppress({
      change, before: next.get(alarm.arn)?.suppression, suppressor: alarm.suppressor, at,
      suppressed: alarm.suppressor !== undefined && stateOf(next, find(alarm.suppressor.alarm, alarm)) === 'ALARM',
    });
    next.set(alarm.arn, { ...next.get(alarm.arn)!, suppression: told.suppression });
    if (told.tell) actions.push({ change: told.tell, at, targets: targetsOf(told.tell) });
  }
  return { board: next, changes, actions };
}

function targetsOf({ alarm, to }: StateChange): readonly string[] {
  return alarm.actionsEnabled ? alarm.actions[to] : [];
}

function finder(alarms: readonly Alarm[]): (nameOrArn: string, of: Alarm) => Alarm {
  const known = new Map(alarms.flatMap((alarm) => [[alarm.arn, alarm], [`${alarm.region} ${alarm.name}`, alarm]] as const));
  return (nameOrArn, of) => {
    const found = known.get(nameOrArn) ?? known.get(`${of.region} ${nameOrArn}`);
    if (!found) throw new AlarmError(`${of.path} speaks of the alarm ${nameOrArn}, which no stack makes in ${of.region}`);
    return found;
  };
}

/** Composites after those they speak of. @throws AlarmError for a circle, which CloudWatch does not evaluate */
function inOrder(composites: readonly CompositeAlarm[], find: (name: string, of: Alarm) => Alarm): CompositeAlarm[] {
  const done: CompositeAlarm[] = [];
  const visit = (alarm: CompositeAlarm, above: readonly CompositeAlarm[]): void => {
    if (done.includes(alarm)) return;
    if (above.includes(alarm)) throw new AlarmError(`${alarm.path} depends on itself: CloudWatch stops evaluating such alarms`);
    for (const name of childrenOf(alarm)) {
      const child = find(name, alarm);
      if (child.kind === 'composite') visit(child, [...above, alarm]);
    }
    done.push(alarm);
  };
  for (const alarm of composites) visit(alarm, []);
  return done;
}

/** Names or ARNs of the alarms that a composite depends on. */
export function childrenOf({ rule, suppressor }: CompositeAlarm): string[] {
  return [...alarmsIn(parseRule(rule)), ...suppressor ? [suppressor.alarm] : []];
}

const BREACHES: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/**
 * Whether a new alarm is not evaluated yet (CloudWatch User Guide, "Alarm warm-up periods":
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html).
 */
function isWarmingUp({ warmUp, evaluationPeriods }: MetricAlarm, { since, warm }: Standing, range: TimeSeries, at: number): boolean {
  if (!warmUp || warm || at - since >= warmUp.seconds) return false;
  return warmUp.whole || range.slice(-evaluationPeriods).includes(undefined);
}

/** The state that the data of a metric alarm lead to; undefined leaves it. */
function evaluateMetricAlarm(alarm: MetricAlarm, range: TimeSeries): { state: AlarmState | undefined; reason: string } {
  const state = judge(range, { ...alarm, breaches: (value) => BREACHES[alarm.comparison](value, alarm.threshold) });
  const shown = range.map((value) => (value === undefined ? '-' : String(Math.round(value * 1000) / 1000))).join(' ');
  return { state, reason: `${alarm.comparison} ${alarm.threshold}, ${alarm.datapointsToAlarm} of ${alarm.evaluationPeriods}: ${shown}` };
}

/** What the alarm watches, in the periods of its evaluation range, oldest first. */
function rangeOf(alarm: MetricAlarm, source: MetricSource, at: number): TimeSeries {
  const { queries, periodSeconds, evaluationPeriods } = alarm;
  const length = evaluationPeriods + EXTRA_PERIODS;
  const known = new Map<string, TimeSeries>();
  const underway = new Set<string>();
  const metrics = queries.filter((one) => 'metric' in one).map((one) => one.id);
  const series = (id: string): TimeSeries => {
    const before = known.get(id);
    if (before) return before;
    const query = queries.find((one) => one.id === id);
    if (!query || underway.has(id)) throw new AlarmError(`${alarm.path} has no metric ${id} that an expression could take`);
    underway.add(id);
    const values = 'metric' in query
      ? windows(source.points(query.metric), query.statistic, { length, periodSeconds, at })
      : evaluateMath(query.expression, { length, periodSeconds, series, metrics });
    known.set(id, values);
    return values;
  };
  return series(alarm.watched);
}

interface Windows { readonly length: number; readonly periodSeconds: number; readonly at: number }

/** A statistic of each period, the last of which ends now. A custom metric has the resolution of a minute. */
function windows(points: readonly Point[], statistic: Statistic, { length, periodSeconds, at }: Windows): TimeSeries {
  const from = at - length * periodSeconds;
  const shifted = statisticsOf(points, statistic, periodSeconds, from, at, from);
  const values: (number | undefined)[] = Array.from({ length });
  for (const { at: start, value } of shifted) values[(start - from) / periodSeconds] = value;
  return values;
}
