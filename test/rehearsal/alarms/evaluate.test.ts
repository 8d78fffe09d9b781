import fc from 'fast-check';
import type { Alarm, CompositeAlarm, MetricAlarm } from '../../../rehearsal/alarms/alarm';
import { AlarmError } from '../../../rehearsal/alarms/alarm';
import { alarmsIn, holds, parseRule } from '../../../rehearsal/alarms/alarm-rule';
import { type Board, evaluate, NEW_BOARD, stateOf, type TakenAction } from '../../../rehearsal/alarms/evaluate';
import type { MetricDatum } from '../../../rehearsal/endpoint';
import { MetricBook } from '../../../rehearsal/endpoint/services/metrics';

const REGION = 'eu-west-3';
const MINUTE = 60;
const START = Date.parse('2026-11-20T00:00:00Z') / 1000;
const DIMENSIONS = { Environment: 'production', Application: 'shop' };

function named(name: string) {
  const topic = (state: string): string[] => [`arn:aws:sns:${REGION}:1:${state}`];
  return {
    arn: `arn:aws:cloudwatch:${REGION}:1:alarm:${name}`, name, logicalId: name, path: `Stack/${name}`, region: REGION, description: '', actionsEnabled: true,
    actions: { ALARM: topic('page'), OK: topic('page'), INSUFFICIENT_DATA: [] },
  };
}

function metricAlarm(name: string, more: Partial<MetricAlarm> = {}): MetricAlarm {
  return {
    ...named(name), kind: 'metric', watched: 'm', periodSeconds: 15 * MINUTE, evaluationPeriods: 3, datapointsToAlarm: 2,
    queries: [{ id: 'm', statistic: 'Maximum', metric: { region: REGION, namespace: 'BackupPolicy', name: 'Age', dimensions: DIMENSIONS } }],
    comparison: 'GreaterThanThreshold', threshold: 100, missing: 'ignore', ...more,
  };
}

const composite = (name: string, rule: string, more: Partial<CompositeAlarm> = {}): CompositeAlarm => ({ ...named(name), kind: 'composite', rule, ...more });

/** Minutes on the clock, one evaluation each. */
class Clock {
  readonly book = new MetricBook(REGION);
  readonly told: TakenAction[] = [];
  board: Board = NEW_BOARD;
  minute = 0;

  constructor(readonly alarms: readonly Alarm[]) {}

  write(value: number, more: Partial<MetricDatum> = {}): void {
    const at = new Date((START + this.minute * MINUTE) * 1000);
    this.book.record({ at, region: REGION, namespace: 'BackupPolicy', name: 'Age', dimensions: DIMENSIONS, value, ...more });
  }

  pass(minutes: number, each: () => void = () => undefined): this {
    for (let i = 0; i < minutes; i++) {
      each();
      this.minute++;
      const { board, actions } = evaluate(this.alarms, this.board, this.book, START + this.minute * MINUTE);
      this.board = board;
      this.told.push(...actions);
    }
    return this;
  }

  states(): string[] {
    return this.alarms.map((alarm) => stateOf(this.board, alarm));
  }

  heard(): string[] {
    return this.told.map(({ change: { alarm, from, to }, at }) => `${(at - START) / MINUTE} ${alarm.name} ${from} ${to}`);
  }
}

/** A value each quarter of an hour. */
const every = (clock: Clock, value: () => number | undefined, more?: Partial<MetricDatum>) => (): void => {
  const now = value();
  if (clock.minute % 15 === 0 && now !== undefined) clock.write(now, more);
};

describe('a metric alarm', () => {
  test('turns with the second breaching period of three, and is told once each time', () => {
    const clock = new Clock([metricAlarm('old')]);
    const age = (): number => (clock.minute >= 120 && clock.minute < 180 ? 200 : 50);
    clock.pass(300, every(clock, age));
    expect(clock.heard()).toEqual(['1 old INSUFFICIENT_DATA OK', '136 old OK ALARM', '196 old ALARM OK']);
    expect(clock.told.map(({ targets }) => targets)).toEqual(Array(3).fill([`arn:aws:sns:${REGION}:1:page`]));
  });

  test('a silence that breaches is heard once the range has too few real data points', () => {
    const clock = new Clock([metricAlarm('silent', { comparison: 'LessThanThreshold', threshold: 1, missing: 'breaching' })]);
    clock.pass(300, every(clock, () => (clock.minute <= 120 ? 1 : undefined)));
    expect(clock.heard().at(-1)).toBe('181 silent OK ALARM');
  });

  test('a silence that is ignored changes nothing, as one that is missing does in the end', () => {
    const ignoring = metricAlarm('ignoring');
    const clock = new Clock([ignoring, metricAlarm('missing', { missing: 'missing' }), metricAlarm('good', { missing: 'notBreaching' })]);
    clock.pass(400, every(clock, () => (clock.minute < 100 ? 200 : undefined)));
    expect(clock.states()).toEqual(['ALARM', 'INSUFFICIENT_DATA', 'OK']);
  });

  test.each<[string, Partial<MetricDatum>]>([
    ['namespace', { namespace: 'BackupPolicies' }], ['name', { name: 'age' }], ['region', { region: 'eu-west-1' }],
    ['dimension too many', { dimensions: { ...DIMENSIONS, Protection: 'database' } }], ['dimension too few', { dimensions: { Application: 'shop' } }],
    ['value of a dimension', { dimensions: { ...DIMENSIONS, Environment: 'Production' } }],
  ])('a metric with another %s is none of its', (_what, more) => {
    const clock = new Clock([metricAlarm('old', { missing: 'missing' }), metricAlarm('silent', { missing: 'breaching' })]);
    clock.pass(120, every(clock, () => 1, more));
    expect(clock.states()).toEqual(['INSUFFICIENT_DATA', 'ALARM']);
  });

  test.each([['GreaterThanThreshold', 'OK'], ['GreaterThanOrEqualToThreshold', 'ALARM'], ['LessThanThreshold', 'OK'], ['LessThanOrEqualToThreshold', 'ALARM']] as const)(
    'the threshold itself: %s', (comparison, state) => {
      const clock = new Clock([metricAlarm('at', { comparison })]);
      clock.pass(60, every(clock, () => 100));
      expect(clock.states()).toEqual([state]);
    });

  test('an expression over two metrics; one that no query has is refused with the alarm\'s path', () => {
    const metric = (name: string) => ({ region: REGION, namespace: 'BackupPolicy', name, dimensions: DIMENSIONS });
    const queries: MetricAlarm['queries'] = [
      { id: 'm', statistic: 'Maximum', metric: metric('Age') }, { id: 'p', statistic: 'Maximum', metric: metric('Paused') },
      { id: 'e', expression: 'IF(p > 0, 0, m)' },
    ];
    const clock = new Clock([metricAlarm('old', { queries, watched: 'e' })]);
    clock.pass(240, () => {
      if (clock.minute % 15 !== 0) return;
      clock.write(200);
      clock.write(clock.minute < 120 ? 60 : 0, { name: 'Paused' });
    });
    expect(clock.heard()).toEqual(['1 old INSUFFICIENT_DATA OK', '136 old OK ALARM']);
    const broken = new Clock([metricAlarm('old', { queries: [{ id: 'e', expression: 'q + 1' }], watched: 'e' })]);
    expect(() => broken.pass(1)).toThrow('Stack/old has no metric q');
    const circle = new Clock([metricAlarm('old', { queries: [{ id: 'e', expression: 'e + 1' }], watched: 'e' })]);
    expect(() => circle.pass(1)).toThrow(AlarmError);
  });

  test('without actions nothing is told, and the state is known all the same', () => {
    const clock = new Clock([metricAlarm('old', { actionsEnabled: false })]);
    clock.pass(60, every(clock, () => 200));
    expect(clock.told.flatMap(({ targets }) => targets)).toEqual([]);
    expect(clock.states()).toEqual(['ALARM']);
  });

  test('whatever is measured, an action is told exactly when the state changes', () => {
    const value = fc.option(fc.constantFrom(50, 200), { nil: undefined });
    fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.constantFrom('missing', 'ignore', 'breaching', 'notBreaching'), (values, missing) => {
      const clock = new Clock([metricAlarm('any', { missing: missing as MetricAlarm['missing'] })]);
      let state = 'INSUFFICIENT_DATA';
      for (const one of values) {
        if (one !== undefined) clock.write(one);
        const before = clock.told.length;
        clock.pass(15);
        for (const { change } of clock.told.slice(before)) {
          expect(change.from).toBe(state);
          expect(change.to).not.toBe(state);
          state = change.to;
        }
        expect(clock.states()).toEqual([state]);
      }
    }), { numRuns: 50 });
  });
});

describe('the rule of a composite alarm', () => {
  const states: Record<string, 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'> = { cpu: 'ALARM', disk: 'OK', net: 'INSUFFICIENT_DATA' };
  const is = (rule: string): boolean => holds(parseRule(rule), (name) => states[name]);

  test.each([
    ['ALARM(cpu) AND ALARM(disk)', false], ['ALARM(cpu) AND NOT ALARM(disk)', true], ['(ALARM("cpu") OR ALARM("disk")) AND OK("net")', false],
    ['ALARM(cpu) OR ALARM(disk) AND FALSE', true], ['INSUFFICIENT_DATA(net)', true], ['NOT (OK(disk) AND TRUE)', false], ['not ok(cpu)', true],
  ])('%s: %s', (rule, expected) => expect(is(rule)).toBe(expected));

  test.each(['', 'ALARM(cpu', 'ALARM()', 'cpu', 'ALARM(cpu) ALARM(disk)', 'AT_LEAST(1, ALARM, (cpu, disk))', 'NOT', '(TRUE'])('"%s" is refused', (rule) => {
    expect(() => parseRule(rule)).toThrow(AlarmError);
  });

  test('names its alarms', () => expect(alarmsIn(parseRule('ALARM("a b") OR (OK(c) AND NOT ALARM(d))'))).toEqual(['a b', 'c', 'd']));
});

describe('a composite alarm', () => {
  test('follows its alarms, those of another composite too, and refuses what is not there or a circle', () => {
    const clock = new Clock([composite('outer', 'ALARM(inner)'), composite('inner', `ALARM("${named('old').arn}")`), metricAlarm('old')]);
    clock.pass(60, every(clock, () => 200));
    expect(clock.states()).toEqual(['ALARM', 'ALARM', 'ALARM']);
    const minutes = clock.told.filter(({ change }) => change.to === 'ALARM').map(({ change, at }) => [change.alarm.name, (at - START) / MINUTE]);
    expect(minutes.map(([name]) => name)).toEqual(['old', 'inner', 'outer']);
    expect(new Set(minutes.map(([, minute]) => minute)).size).toBe(1);
    expect(() => new Clock([composite('lonely', 'ALARM(nobody)')]).pass(1)).toThrow('Stack/lonely speaks of the alarm nobody');
    expect(() => new Clock([composite('a', 'ALARM(b)'), composite('b', 'ALARM(a)')]).pass(1)).toThrow('depends on itself');
  });

  /** States by the minute: of the composite's only child, and of the suppressor. */
  const run = (child: string, suppressor: string): string[] => {
    const watched = (name: string): MetricAlarm => metricAlarm(name, {
      periodSeconds: MINUTE, evaluationPeriods: 1, datapointsToAlarm: 1, actionsEnabled: false,
      queries: [{ id: 'm', statistic: 'Maximum', metric: { region: REGION, namespace: 'BackupPolicy', name, dimensions: DIMENSIONS } }],
    });
    const clock = new Clock([watched('child'), watched('stop'), composite('c', 'ALARM(child)', { suppressor: { alarm: 'stop', waitSeconds: 2 * MINUTE, extensionSeconds: 3 * MINUTE } })]);
    clock.pass(child.length, () => {
      clock.write(child[clock.minute] === 'X' ? 200 : 0, { name: 'child' });
      clock.write(suppressor[clock.minute] === 'X' ? 200 : 0, { name: 'stop' });
    });
    // An evaluation after minute n is the state at n, as the page's pictures count it; what a new alarm says at first is left out.
    return clock.told.filter(({ change }) => change.alarm.name === 'c' && change.from !== 'INSUFFICIENT_DATA')
      .map(({ change, at }) => `t${(at - START) / MINUTE - 1} ${change.to}`);
  };

  test.each([
    ['1: told after the wait', '000000XXXXXX', '000000000000', ['t8 ALARM']],
    ['2: the suppressor follows within the wait', '000000XXXXXX', '0000000XXXXX', []],
    ['3: back within the wait, which begins anew', '000000X00000', '000000000000', ['t9 OK']],
    ['4: suppressed already', '000000XXXXXX', '0000XXXXXXXX', []],
    ['5: told after the extension', '000000XXXXXXXXXX', '0000000XXX000000', ['t13 ALARM']],
    ['6: back within the extension, with a wait of its own', '000000XXXXX000000', '0000000XXX0000000', ['t13 OK']],
  ])('the examples of "Suppressing composite alarm actions": %s', (_what, child, suppressor, told) => {
    expect(run(child, suppressor)).toEqual(told);
  });
});
