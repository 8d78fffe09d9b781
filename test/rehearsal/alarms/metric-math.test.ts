import fc from 'fast-check';
import { AlarmError } from '../../../rehearsal/alarms/alarm';
import { evaluateMath, type TimeSeries } from '../../../rehearsal/alarms/metric-math';

const _ = undefined;

function math(expression: string, series: Record<string, TimeSeries> = {}): TimeSeries {
  const length = Math.max(0, ...Object.values(series).map((one) => one.length));
  return evaluateMath(expression, {
    length, periodSeconds: 300, metrics: Object.keys(series),
    series: (id) => {
      if (!series[id]) throw new AlarmError(`no metric ${id}`);
      return series[id];
    },
  });
}

describe('the examples of "Using metric math"', () => {
  test('comparison and logical operators', () => {
    const two = { metric1: [30, 20, 0, 0], metric2: [20, _, 20, _] };
    expect(math('(metric1 < metric2)', two)).toEqual([0, 0, 1, 0]);
    expect(math('(metric1 >= 30)', two)).toEqual([1, 0, 0, 0]);
    expect(math('(metric1 > 15 AND metric2 > 15)', two)).toEqual([1, 0, 0, 0]);
  });

  test('IF of three time series, or of two and a scalar', () => {
    const three = { metric1: [1, 1, 0, 0, _], metric2: [30, _, 0, 0, 30], metric3: [0, 0, 20, _, 20] };
    expect(math('IF(metric1, metric2, metric3)', three)).toEqual([30, 0, 20, _, _]);
    expect(math('IF(metric1, 5, metric3)', three)).toEqual([5, 5, 20, _, _]);
    expect(math('IF(metric1, metric2, 5)', three)).toEqual([30, 0, 5, 5, _]);
    expect(math('IF(metric1, metric2)', three)).toEqual([30, 0, _, _, _]);
    expect(math('IF(1, metric2, metric3)', three)).toEqual([30, _, 0, 0, 30]);
    expect(math('IF(0, metric2)', three)).toEqual([_, _, _, _, _]);
  });

  test('what is missing of two is 0, a division by zero drops the data point', () => {
    const two = { m1: [6, 6, _, _], m2: [3, _, 3, _] };
    expect(math('m1 + m2', two)).toEqual([9, 6, 3, _]);
    expect(math('m1 / m2', two)).toEqual([2, _, 0, _]);
    expect(math('5 * m1', two)).toEqual([30, 30, _, _]);
    expect(math('SUM(60/[m1, m2])', two)).toEqual([30, 10, 20, _]);
    expect(math('-m1', two)).toEqual([-6, -6, _, _]);
  });

  test('functions', () => {
    const two = { m1: [-1.5, _, 4], m2: [2, 3, _] };
    expect(math('ABS(m1)', two)).toEqual([1.5, _, 4]);
    expect(math('FLOOR(m1)', two)).toEqual([-2, _, 4]);
    expect(math('FILL(m1, 10)', two)).toEqual([-1.5, 10, 4]);
    expect(math('FILL(m1, m2)', two)).toEqual([-1.5, 3, 4]);
    expect(math('FILL(m2, REPEAT)', two)).toEqual([2, 3, 3]);
    expect(math('MAX([m1, m2])', two)).toEqual([2, 3, 4]);
    expect(math('MIN(METRICS())', two)).toEqual([-1.5, 3, 4]);
    expect(math('SUM(METRICS("2"))', two)).toEqual([2, 3, _]);
    expect(math('m1 - MAX(m1)', two)).toEqual([-5.5, _, 0]);
    expect(math('TIME_SERIES(MAX(m1)) + PERIOD(m1)', two)).toEqual([304, 304, 304]);
    expect(math('MAX([m1, TIME_SERIES(1)])', two)).toEqual([1, 1, 4]);
  });
});

test('operators bind as in arithmetic', () => {
  expect(math('m1 + 2 * m1 ^ 2 - 1', { m1: [3] })).toEqual([20]);
  expect(math('-m1 ^ 2', { m1: [3] })).toEqual([-9]);
  expect(math('(m1 > 1 && m1 < 5) || m1 == 9', { m1: [0, 3, 9] })).toEqual([0, 1, 1]);
});

test.each([
  ['ANOMALY_DETECTION_BAND(m1)', 'the function ANOMALY_DETECTION_BAND of metric math is not evaluated here'],
  ['constructor(m1)', 'the function constructor of metric math'],
  ['MAX(m1)', 'yields a scalar'],
  ['[m1, m1]', 'yields several time series'],
  ['m1 +', 'cannot be read at its end'],
  ['m1 m1', 'cannot be read at "m1"'],
  ['m1 ? 1', 'cannot be read at "? 1"'],
  ['m2', 'no metric m2'],
  ['IF(m1)', 'IF is given 1 arguments'],
  ['FILL(m1, LINEAR)', 'LINEAR is not evaluated here'],
])('%s is refused', (expression, message) => {
  expect(() => math(expression, { m1: [1, 2] })).toThrow(message);
});

test('any text is an expression or refused by a typed error', () => {
  const words = fc.constantFrom('m1', 'm2', 'IF', 'MAX', 'FILL', 'ABS', '(', ')', '[', ']', ',', '+', '-', '*', '/', '^', '<', '>=', 'AND', 'OR', '3', '0.5', '"x"', 'é');
  fc.assert(fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
    try {
      expect(math(parts.join(' '), { m1: [1, _], m2: [_, 2] })).toHaveLength(2);
    } catch (error) {
      expect(error).toBeInstanceOf(AlarmError);
    }
  }), { numRuns: 500 });
});

test('a pause holds an alarm still, whatever is measured meanwhile', () => {
  const value = fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined });
  const point = fc.record({ paused: fc.option(fc.nat(3), { nil: undefined }), metric: value });
  fc.assert(fc.property(fc.array(point, { minLength: 1 }), (points) => {
    const result = math('IF(p > 0, 0, m)', { p: points.map(({ paused }) => paused), m: points.map(({ metric }) => metric) });
    points.forEach(({ paused, metric }, index) => {
      expect(result[index]).toBe(paused === undefined ? undefined : paused > 0 ? 0 : metric);
    });
  }));
});
