import { firstInstantOf, localText, offsetAt, stretchesBetween } from '../../../lib/model/time-zone';

const at = (iso: string): number => Date.parse(iso) / 1000;
const [BEGINNING, END] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

test.each<[string, string, string, readonly [string, number][]]>([
  ['Europe/Paris', '2025-06-01', '2026-06-01', [['', 3600], ['2025-03-30T01:00:00Z', 7200], ['2025-10-26T01:00:00Z', 3600], ['2026-03-29T01:00:00Z', 7200],
    ['2026-10-25T01:00:00Z', 3600]]],
  ['Africa/Sao_Tome', '2017-06-01', '2019-06-01', [['', 0], ['2018-01-01T01:00:00Z', 3600], ['2019-01-01T01:00:00Z', 0]]],
  ['Africa/Sao_Tome', '2018-01-01T00:30:00Z', '2018-01-01T00:40:00Z', [['', 0], ['2018-01-01T01:00:00Z', 3600]]],
  ['Asia/Singapore', '1981-12-31T20:00:00Z', '1981-12-31T21:00:00Z', [['', 7.5 * 3600], ['1981-12-31T16:00:00Z', 8 * 3600]]],
  ['Africa/Casablanca', '2024-05-01', '2024-06-01', [['', 3600], ['2024-03-10T02:00:00Z', 0], ['2024-04-14T02:00:00Z', 3600]]],
  ['America/Recife', '2000-05-01', '2000-06-01', [['', -7200], ['2000-02-27T02:00:00Z', -10_800], ['2000-10-08T03:00:00Z', -7200], ['2000-10-15T02:00:00Z', -10_800]]],
  ['Africa/Monrovia', '1972-03-01', '1972-04-01', [['', -2670], ['1972-01-07T00:44:30Z', 0]]],
  ['America/St_Johns', '2026-01-01', '2026-02-01', [['', -12_600], ['2026-03-08T05:30:00Z', -9000], ['2026-11-01T04:30:00Z', -12_600]]],
  ['UTC', '2026-01-01', '2028-01-01', [['', 0]]],
])('the stretches of %s from %s to %s', (timeZone, from, to, expected) => {
  const starts = expected.map(([start]) => (start ? at(start) : BEGINNING));
  const stretches = expected.map(([, offset], index) => ({ from: starts[index], to: starts[index + 1] ?? END, offset }));
  expect(stretchesBetween(timeZone, at(from), at(to))).toEqual(stretches);
  for (const { from: first, to: last, offset } of stretches) {
    if (first !== BEGINNING) expect([offsetAt(timeZone, first), offsetAt(timeZone, first - 1) === offset]).toEqual([offset, false]);
    if (last !== END) expect(offsetAt(timeZone, last - 1)).toBe(offset);
  }
});

test('a local time is the first instant that shows it, from a stretch\'s first second to its last', () => {
  const paris = stretchesBetween('Europe/Paris', at('2026-01-01'), at('2026-12-31'));
  const instant = (local: string): string | undefined => {
    const found = firstInstantOf(at(`${local}Z`), paris);
    return found === undefined ? undefined : new Date(found * 1000).toISOString().slice(0, 19);
  };
  expect(instant('2026-03-29T01:59:59')).toBe('2026-03-29T00:59:59');
  expect(instant('2026-03-29T02:00:00')).toBeUndefined();
  expect(instant('2026-03-29T02:59:59')).toBeUndefined();
  expect(instant('2026-03-29T03:00:00')).toBe('2026-03-29T01:00:00');
  expect(instant('2026-10-25T02:00:00')).toBe('2026-10-25T00:00:00');
  expect(instant('2026-10-25T02:59:59')).toBe('2026-10-25T00:59:59');
  expect(instant('2026-10-25T03:00:00')).toBe('2026-10-25T02:00:00');
});

test('a local time as text', () => {
  expect(localText(at('2026-03-09T00:00:59Z'))).toBe('2026-03-09 00:00');
  expect(localText(at('2026-12-31T23:59:00Z'))).toBe('2026-12-31 23:59');
  expect(localText(at('2026-10-10T09:10:00Z'))).toBe('2026-10-10 09:10');
});
