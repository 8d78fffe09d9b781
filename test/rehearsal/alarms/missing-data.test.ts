import fc from 'fast-check';
import { type AlarmState, MISSING_DATA, type MissingData } from '../../../rehearsal/alarms/alarm';
import { judge } from '../../../rehearsal/alarms/missing-data';

/** As CloudWatch's pages write a range: 0 within the threshold, X beyond it, - missing; the newest on the right. */
function read(range: string): (number | undefined)[] {
  return [...range.replaceAll(' ', '')].map((sign) => (sign === '-' ? undefined : sign === 'X' ? 1 : 0));
}

const KEEPS = undefined;
const found = (range: string, datapointsToAlarm: number, missing: MissingData): AlarmState | undefined =>
  judge(read(range), { evaluationPeriods: 3, datapointsToAlarm, missing, breaches: (value) => value > 0 });

describe('the examples of "Configuring how CloudWatch alarms treat missing data"', () => {
  test.each<[string, ...(AlarmState | undefined)[]]>([
    ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
    ['- - - - 0', 'OK', 'OK', 'OK', 'OK'],
    ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
    ['- - - - -', 'INSUFFICIENT_DATA', KEEPS, 'ALARM', 'OK'],
    ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['- - X - -', 'ALARM', KEEPS, 'ALARM', 'OK'],
  ])('3 of 3: %s', (range, ...states) => {
    expect(MISSING_DATA.map((missing) => found(range, 3, missing))).toEqual(states);
  });

  test.each<[string, ...(AlarmState | undefined)[]]>([
    ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - X -', 'ALARM', KEEPS, 'ALARM', 'OK'],
  ])('2 of 3: %s', (range, ...states) => {
    expect(MISSING_DATA.map((missing) => found(range, 2, missing))).toEqual(states);
  });

  test.each(['- - - - X', '- - - X -'])('no premature alarm of 3 of 3: %s', (range) => {
    expect([found(range, 3, 'missing'), found(range, 3, 'ignore')]).toEqual([KEEPS, KEEPS]);
  });
});

describe('of any range', () => {
  const sign = fc.constantFrom('0', 'X', '-');
  const arbitrary = fc.record({
    range: fc.array(sign, { minLength: 3, maxLength: 12 }), evaluationPeriods: fc.integer({ min: 1, max: 6 }),
    m: fc.integer({ min: 1, max: 6 }),
    missing: fc.constantFrom(...MISSING_DATA),
  }).filter(({ range, evaluationPeriods, m }) => m <= evaluationPeriods && evaluationPeriods <= range.length);
  interface Given { range: string[]; evaluationPeriods: number; m: number; missing: MissingData }
  const state = ({ range, evaluationPeriods, m, missing }: Given) =>
    judge(read(range.join('')), { evaluationPeriods, datapointsToAlarm: m, missing, breaches: (value) => value > 0 });

  test('enough real data points decide alone, however missing ones are treated', () => {
    fc.assert(fc.property(arbitrary, (given) => {
      const real = given.range.filter((one) => one !== '-');
      fc.pre(real.length >= given.evaluationPeriods);
      const breaching = real.slice(-given.evaluationPeriods).filter((one) => one === 'X').length;
      expect(state(given)).toBe(breaching >= given.m ? 'ALARM' : 'OK');
    }));
  });

  test('a data point that breaches instead never takes an alarm back', () => {
    fc.assert(fc.property(arbitrary, fc.nat(11), (given, index) => {
      fc.pre(given.range[index] === '0' && state(given) === 'ALARM');
      expect(state({ ...given, range: given.range.with(index, 'X') })).toBe('ALARM');
    }));
  });

  test('nothing but missing ones is what the alarm says of them; filling in always finds a state', () => {
    fc.assert(fc.property(arbitrary, (given) => {
      const none = { ...given, range: given.range.map(() => '-') };
      expect(state(none)).toBe({ missing: 'INSUFFICIENT_DATA', ignore: undefined, breaching: 'ALARM', notBreaching: 'OK' }[given.missing]);
      if (given.missing === 'breaching' || given.missing === 'notBreaching') expect(['OK', 'ALARM']).toContain(state(given));
    }));
  });
});
