import * as fc from 'fast-check';
import { instantText, periodOf, type PeriodKind } from '../../lib/model/calendar';

/** Its clocks change by half an hour: in spring an hour and the half after it are one. */
const HALF_HOUR = 'Australia/Lord_Howe';
const at = (text: string) => Date.parse(text) / 1000;
const label = (kind: PeriodKind, text: string, zone: string) => periodOf(kind, at(text), zone).label;
const instant = fc.integer({ min: at('1970-01-01T00:00:00Z'), max: at('2090-01-01T00:00:00Z') });
const zone = fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata', HALF_HOUR, 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Apia');
const DAY = 86_400;

describe('periodOf', () => {
  test.each<[PeriodKind, string, string, string]>([
    ['hour', '2026-11-20T17:59:59Z', 'Europe/Paris', '2026-11-20T18:00+01:00'],
    ['hour', '2026-11-20T17:29:59Z', 'Asia/Kolkata', '2026-11-20T22:00+05:30'],
    ['hour', '2026-11-20T03:29:59Z', 'America/St_Johns', '2026-11-19T23:00-03:30'],
    ['hour', '2026-11-20T03:30:00Z', 'America/St_Johns', '2026-11-20T00:00-03:30'],
    ['hour', '2026-11-20T00:00:00Z', 'UTC', '2026-11-20T00:00+00:00'],
    ['hour', '2026-11-20T15:00:00Z', 'America/New_York', '2026-11-20T10:00-05:00'],
    ['hour', '1970-01-01T00:00:00Z', 'America/New_York', '1969-12-31T19:00-05:00'],
    ['hour', '1971-06-01T12:00:00Z', 'Africa/Monrovia', '1971-06-01T11:00-00:44'],
    ['day', '2026-11-20T22:59:59.999Z', 'Europe/Paris', '2026-11-20'],
    ['day', '2026-11-20T22:59:59Z', 'Europe/Paris', '2026-11-20'],
    ['day', '2026-11-20T23:00:00Z', 'Europe/Paris', '2026-11-21'],
    ['day', '2026-01-01T04:59:59Z', 'America/New_York', '2025-12-31'],
    ['week', '2026-11-20T02:00:00Z', 'UTC', '2026-W47'],
    ['week', '2026-11-22T23:59:59Z', 'UTC', '2026-W47'],
    ['week', '2026-11-23T00:00:00Z', 'UTC', '2026-W48'],
    ['week', '2024-12-30T00:00:00Z', 'UTC', '2025-W01'],
    ['week', '2027-01-03T12:00:00Z', 'UTC', '2026-W53'],
    ['week', '2027-01-04T00:00:00Z', 'UTC', '2027-W01'],
    ['week', '2022-01-02T12:00:00Z', 'UTC', '2021-W52'],
    ['week', '2020-01-01T00:00:00Z', 'UTC', '2020-W01'],
    ['week', '2026-01-01T00:00:00Z', 'UTC', '2026-W01'],
    ['week', '2025-12-31T00:00:00Z', 'UTC', '2026-W01'],
    ['week', '2026-12-31T00:00:00Z', 'UTC', '2026-W53'],
    ['month', '2026-11-30T23:30:00Z', 'UTC', '2026-11'],
    ['month', '2026-11-30T23:30:00Z', 'Europe/Paris', '2026-12'],
    ['month', '2026-02-28T12:00:00Z', 'UTC', '2026-02'],
    ['year', '2026-12-31T23:30:00Z', 'UTC', '2026'],
    ['year', '2026-12-31T23:30:00Z', 'Europe/Paris', '2027'],
  ])('%s of %s in %s is %s', (kind, text, timeZone, expected) => expect(label(kind, text, timeZone)).toBe(expected));

  test('the hour that autumn repeats is two, the hour that spring leaves out is none', () => {
    const autumn = ['2026-10-24T23:30:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00Z'].map((text) => periodOf('hour', at(text), 'Europe/Paris'));
    expect(autumn.map((hour) => hour.label)).toEqual(['2026-10-25T01:00+02:00', '2026-10-25T02:00+02:00', '2026-10-25T02:00+01:00', '2026-10-25T03:00+01:00']);
    const spring = ['2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z'].map((text) => periodOf('hour', at(text), 'Europe/Paris'));
    expect(spring.map((hour) => hour.label)).toEqual(['2026-03-29T01:00+01:00', '2026-03-29T03:00+02:00']);
    expect(autumn.map(({ ordinal }) => ordinal - autumn[0].ordinal)).toEqual([0, 1, 2, 3]);
    expect(spring[1].ordinal - spring[0].ordinal).toBe(1);
  });

  test('two instants share a label exactly when they share an ordinal, and ordinals go up with time', () => {
    const kind = fc.constantFrom<PeriodKind>('hour', 'day', 'week', 'month', 'year');
    fc.assert(fc.property(kind, zone, instant, fc.integer({ min: 0, max: 40 * DAY }), (of, timeZone, first, later) => {
      fc.pre(of !== 'hour' || timeZone !== HALF_HOUR);
      const [one, other] = [periodOf(of, first, timeZone), periodOf(of, first + later, timeZone)];
      expect(one.label === other.label).toBe(one.ordinal === other.ordinal);
      expect(other.ordinal).toBeGreaterThanOrEqual(one.ordinal);
    }));
  });

  test('the next period has the next ordinal', () => {
    const next: [PeriodKind, number, number][] = [
      ['hour', 3600, 1], ['day', 36 * 3600, 2], ['week', 7 * DAY, 1], ['month', 31 * DAY, 2], ['year', 366 * DAY, 2],
    ];
    fc.assert(fc.property(fc.constantFrom(...next), instant, ([kind, seconds, most], first) => {
      const step = periodOf(kind, first + seconds, 'UTC').ordinal - periodOf(kind, first, 'UTC').ordinal;
      expect(step).toBeGreaterThanOrEqual(1);
      expect(step).toBeLessThanOrEqual(most);
    }));
  });

  test('an ISO week has the Thursday of its year, and the first has the fourth of January', () => {
    fc.assert(fc.property(instant, (seconds) => {
      const day = new Date(seconds * 1000);
      const thursday = new Date((seconds + (4 - (day.getUTCDay() || 7)) * DAY) * 1000);
      const [year, week] = label('week', day.toISOString(), 'UTC').split('-W').map(Number);
      expect(year).toBe(thursday.getUTCFullYear());
      const first = new Date(Date.UTC(year, 0, 4));
      const monday = first.getTime() / 1000 - ((first.getUTCDay() || 7) - 1) * DAY;
      expect(Math.floor((seconds - monday) / (7 * DAY))).toBe(week - 1);
    }));
  });

  test('a change by half an hour makes an hour of an hour and a half', () => {
    const spring = ['2026-10-03T14:30:00Z', '2026-10-03T15:45:00Z', '2026-10-03T16:00:00Z'].map((text) => periodOf('hour', at(text), HALF_HOUR).ordinal);
    expect(spring.map((ordinal) => ordinal - spring[0])).toEqual([0, 0, 1]);
  });

  test('is the same however often and in whatever order it is asked', () => {
    const days = Array.from({ length: 20_500 }, (_, index) => at('2000-01-01T00:00:00Z') + index * DAY);
    const labels = days.map((seconds) => periodOf('day', seconds, 'Pacific/Auckland').label);
    expect(new Set(labels).size).toBe(20_500);
    expect(days.map((seconds) => periodOf('day', seconds, 'Pacific/Auckland').label)).toEqual(labels);
  });

  test('refuses a zone that nobody knows', () => expect(() => periodOf('day', 0, 'Mars/Phobos')).toThrow('Mars/Phobos'));
});

test('instantText is ISO 8601 in UTC, without fractions', () => {
  fc.assert(fc.property(instant, fc.double({ min: 0, max: 0.999, noNaN: true }), (seconds, fraction) => {
    expect(instantText(seconds + fraction)).toBe(new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'));
  }));
});
