import { AlarmError } from './alarm';
import { parseExpression, type Node } from './metric-math-parser';
import type { Datapoint } from './missing-data';

/** Values of the same periods, oldest first. */
export type TimeSeries = readonly Datapoint[];

/** What an expression is made of: a scalar, a time series, or several. */
type Value = { readonly scalar: number } | { readonly series: TimeSeries } | { readonly list: readonly TimeSeries[] };

export interface MathScope {
  /** Periods of every series. */
  readonly length: number;
  readonly periodSeconds: number;
  /** Values of another query by its id. @throws AlarmError where there is none */
  series(id: string): TimeSeries;
  /** Ids of the metrics, expressions left out. */
  readonly metrics: readonly string[];
}

/**
 * The time series that an expression yields (CloudWatch User Guide, "Using metric math":
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html). Only what is known for sure is evaluated.
 *
 * @throws AlarmError for what cannot be read, a function that is not known here, or a scalar as the result
 */
export function evaluateMath(expression: string, scope: MathScope): TimeSeries {
  const value = valueOf(parseExpression(expression), scope);
  if ('series' in value) return value.series;
  const what = 'list' in value ? 'several time series' : 'a scalar';
  throw new AlarmError(`the expression ${expression} yields ${what}: an alarm watches one time series`);
}

function valueOf(node: Node, scope: MathScope): Value {
  switch (node.kind) {
    case 'number': return { scalar: node.value };
    case 'name': return { series: scope.series(node.name) };
    case 'text': throw new AlarmError(`"${node.text}" stands where no text may be`);
    case 'list': return { list: node.items.flatMap((item) => seriesIn(valueOf(item, scope))) };
    case 'negative': return each(valueOf(node.of, scope), (value) => -value);
    case 'operator': return operate(node.operator, valueOf(node.left, scope), valueOf(node.right, scope));
    case 'call': return call(node.name, node.args, scope);
  }
}

function seriesIn(value: Value): readonly TimeSeries[] {
  if ('list' in value) return value.list;
  if ('series' in value) return [value.series];
  throw new AlarmError('a list holds time series, and a scalar is in it');
}

function each(value: Value, change: (value: number) => number): Value {
  const ofSeries = (series: TimeSeries): TimeSeries => series.map((one) => (one === undefined ? undefined : change(one)));
  if ('scalar' in value) return { scalar: change(value.scalar) };
  return 'series' in value ? { series: ofSeries(value.series) } : { list: value.list.map(ofSeries) };
}

const truth = (value: boolean): number => (value ? 1 : 0);

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '^': (a, b) => a ** b,
  '==': (a, b) => truth(a === b), '!=': (a, b) => truth(a !== b), '<': (a, b) => truth(a < b), '<=': (a, b) => truth(a <= b),
  '>': (a, b) => truth(a > b), '>=': (a, b) => truth(a >= b),
  'AND': (a, b) => truth(a !== 0 && b !== 0), 'OR': (a, b) => truth(a !== 0 || b !== 0),
};

/** Of two series, what one lacks at an instant counts as 0; a division by zero drops the data point. */
function operate(operator: string, left: Value, right: Value): Value {
  const of = (a: number, b: number): Datapoint => {
    const result = OPERATORS[operator](a, b);
    return Number.isFinite(result) ? result : undefined;
  };
  if ('scalar' in left && 'scalar' in right) return { scalar: of(left.scalar, right.scalar) ?? NaN };
  const both = (a: TimeSeries, b: TimeSeries): TimeSeries =>
    a.map((value, index) => (value === undefined && b[index] === undefined ? undefined : of(value ?? 0, b[index] ?? 0)));
  const one = (a: TimeSeries | number, b: TimeSeries | number): TimeSeries => {
    if (typeof a === 'number') return (b as TimeSeries).map((value) => (value === undefined ? undefined : of(a, value)));
    return typeof b === 'number' ? a.map((value) => (value === undefined ? undefined : of(value, b))) : both(a, b);
  };
  const plain = (value: Value): TimeSeries | number | undefined => ('scalar' in value ? value.scalar : 'series' in value ? value.series : undefined);
  const [a, b] = [plain(left), plain(right)];
  if (a !== undefined && b !== undefined) return { series: one(a, b) };
  if ('list' in left && b !== undefined) return { list: left.list.map((series) => one(series, b)) };
  if ('list' in right && a !== undefined) return { list: right.list.map((series) => one(a, series)) };
  throw new AlarmError(`${operator} stands between two lists of time series`);
}

type Function = (args: readonly Node[], scope: MathScope) => Value;

/** Of one series the scalar of its data points, of several the series of each instant's. */
const collapse = (of: (values: readonly number[]) => number): Function => ([arg], scope) => {
  const value = valueOf(arg, scope);
  const known = (values: readonly Datapoint[]): number[] => values.filter((one): one is number => one !== undefined);
  if ('series' in value) return { scalar: of(known(value.series)) };
  if (!('list' in value)) throw new AlarmError('a function of time series is given a scalar');
  return {
    series: Array.from({ length: scope.length }, (_, index) => {
      const values = known(value.list.map((series) => series[index]));
      return values.length === 0 ? undefined : of(values);
    }),
  };
};

const map = (change: (value: number) => number): Function => ([arg], scope) => each(valueOf(arg, scope), change);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const FUNCTIONS: Readonly<Record<string, { readonly least: number; readonly most: number; readonly run: Function }>> = {
  ABS: { least: 1, most: 1, run: map(Math.abs) },
  CEIL: { least: 1, most: 1, run: map(Math.ceil) },
  FLOOR: { least: 1, most: 1, run: map(Math.floor) },
  MAX: { least: 1, most: 1, run: collapse((values) => Math.max(...values)) },
  MIN: { least: 1, most: 1, run: collapse((values) => Math.min(...values)) },
  SUM: { least: 1, most: 1, run: collapse(sum) },
  FILL: { least: 2, most: 2, run: fill },
  IF: { least: 2, most: 3, run: choose },
  PERIOD: { least: 1, most: 1, run: (_args, { periodSeconds }) => ({ scalar: periodSeconds }) },
  METRICS: { least: 0, most: 1, run: metrics },
  TIME_SERIES: { least: 1, most: 1, run: timeSeries },
};

function call(name: string, args: readonly Node[], scope: MathScope): Value {
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known) throw new AlarmError(`the function ${name} of metric math is not evaluated here; ${Object.keys(FUNCTIONS).join(', ')} are`);
  if (args.length < known.least || args.length > known.most) throw new AlarmError(`${name} is given ${args.length} arguments`);
  return known.run(args, scope);
}

/** A condition that has no value at an instant yields none there; a chosen metric without one counts as 0, the other as none. */
function choose([condition, yes, no]: readonly Node[], scope: MathScope): Value {
  const when = valueOf(condition, scope);
  const at = (node: Node): ((index: number) => Datapoint) => {
    const value = valueOf(node, scope);
    if ('list' in value) throw new AlarmError('IF chooses between lists of time series');
    return 'scalar' in value ? () => value.scalar : (index) => value.series[index];
  };
  const [chosen, other] = [at(yes), no === undefined ? () => undefined : at(no)];
  if ('list' in when) throw new AlarmError('the condition of IF is a list of time series');
  const always = 'scalar' in when;
  return {
    series: Array.from({ length: scope.length }, (_, index) => {
      const value = always ? when.scalar : when.series[index];
      if (value === undefined) return undefined;
      if (value === 0) return other(index);
      return chosen(index) ?? (always ? undefined : 0);
    }),
  };
}

function fill([of, filler]: readonly Node[], scope: MathScope): Value {
  const value = valueOf(of, scope);
  const change = (series: TimeSeries): TimeSeries => {
    if (filler.kind === 'name' && filler.name === 'REPEAT') return repeated(series);
    if (filler.kind === 'name' && filler.name === 'LINEAR') throw new AlarmError('FILL with LINEAR is not evaluated here');
    const by = valueOf(filler, scope);
    if ('list' in by) throw new AlarmError('FILL is given a list to fill with');
    return series.map((one, index) => one ?? ('scalar' in by ? by.scalar : by.series[index]));
  };
  if ('scalar' in value) throw new AlarmError('FILL is given a scalar to fill');
  return 'series' in value ? { series: change(value.series) } : { list: value.list.map(change) };
}

function repeated(series: TimeSeries): TimeSeries {
  let last: Datapoint;
  return series.map((one) => (last = one ?? last));
}

function metrics([part]: readonly Node[], scope: MathScope): Value {
  if (part !== undefined && part.kind !== 'text') throw new AlarmError('METRICS takes a text or nothing');
  return { list: scope.metrics.filter((id) => part === undefined || id.includes(part.text)).map((id) => scope.series(id)) };
}

function timeSeries([arg]: readonly Node[], scope: MathScope): Value {
  const value = valueOf(arg, scope);
  if (!('scalar' in value)) throw new AlarmError('TIME_SERIES takes a scalar');
  return { series: Array.from({ length: scope.length }, () => value.scalar) };
}
