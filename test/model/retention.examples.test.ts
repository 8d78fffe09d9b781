import { decide, type Copy, type RetentionEra, type RetentionRules } from '../../lib/model/retention';

const DAY = 86_400;
const at = (text: string) => Date.parse(text) / 1000;
const runId = (slot: number) => new Date(slot * 1000).toISOString().replace(/[-:]|\.000/g, '');
const copy = (slot: string | number, outcome: Copy['outcome'] = 'proven', hold?: string): Copy => {
  const seconds = typeof slot === 'number' ? slot : at(slot);
  return { runId: runId(seconds), slot: seconds, outcome, ...(hold === undefined ? {} : { hold }) };
};
const daily = (from: string, days: number, outcome: Copy['outcome'] = 'proven') => Array.from({ length: days }, (_, day) => copy(at(from) + day * DAY, outcome));
const era = (rules: RetentionRules, rest: Partial<RetentionEra> = {}): RetentionEra =>
  ({ since: 0, rules, timeZone: 'UTC', minimumVerified: 1, gapSeconds: DAY, ...rest });

/** What is said of each copy that is kept, by the day (and hour) of its slot. */
const kept = (copies: Copy[], eras: RetentionEra[], now: string) => Object.fromEntries(decide(copies, eras, at(now))
  .filter(({ keep }) => keep).map((decision) => [decision.runId.replace(/T020000Z$/, ''), decision.reasons]));
const days = (copies: Copy[], eras: RetentionEra[], now: string) => Object.keys(kept(copies, eras, now)).sort();
const retired = (copies: Copy[], eras: RetentionEra[], now: string, id: string) =>
  decide(copies, eras, at(now)).find((decision) => !decision.keep && decision.runId === id)?.reasons;

describe('generations', () => {
  test('seven days, four ISO weeks, twelve months, in sentences', () => {
    const copies = daily('2026-09-20T02:00:00Z', 62);
    expect(kept(copies, [era({ daily: 3, weekly: 2, monthly: 3 }, { minimumVerified: 2 })], '2026-11-20T05:00:00Z')).toEqual({
      20260930: ['newest proven copy of 2026-09 (monthly 3 of 3)'],
      20261031: ['newest proven copy of 2026-10 (monthly 2 of 3)'],
      20261115: ['newest proven copy of 2026-W46 (weekly 2 of 2)'],
      20261118: ['newest proven copy of 2026-11-18 (daily 3 of 3)'],
      20261119: ['proven, and fewer are never kept (minimum 2 of 2)', 'newest proven copy of 2026-11-19 (daily 2 of 3)'],
      20261120: [
        'newest proven copy of all', 'newest proven copy of 2026-11-20 (daily 1 of 3)', 'newest proven copy of 2026-W47 (weekly 1 of 2)',
        'newest proven copy of 2026-11 (monthly 1 of 3)',
      ],
    });
  });

  test('what is retired is told why by every rule', () => {
    const copies = [...daily('2026-11-01T02:00:00Z', 20), copy('2026-11-20T20:00:00Z')];
    const rules = { last: 1, daily: 2, weekly: 2, days: 5 };
    expect(retired(copies, [era(rules)], '2026-11-21T00:00:00Z', '20261110T020000Z')).toEqual([
      'beyond the 1 that last keeps', '2026-11-10 is beyond the 2 that daily keeps', '20261115T020000Z stands for 2026-W46 (weekly)',
      '10 days old, beyond the 5 that days keeps', '1 better or newer copies make up the minimum',
    ]);
    expect(retired(copies, [era({ daily: 2 })], '2026-11-21T00:00:00Z', '20261120T020000Z')).toEqual([
      '20261120T200000Z stands for 2026-11-20 (daily)', '1 better or newer copies make up the minimum',
    ]);
  });

  test('each rule on its own', () => {
    const copies = Array.from({ length: 400 * 4 }, (_, index) => copy(at('2025-10-18T02:00:00Z') + index * 6 * 3600));
    const now = '2026-11-21T23:00:00Z';
    const only = (rules: RetentionRules) => days(copies, [era(rules)], now);
    expect(only({ last: 3 })).toEqual(['20261121T080000Z', '20261121T140000Z', '20261121T200000Z']);
    expect(only({ hourly: 2 })).toEqual(['20261121T140000Z', '20261121T200000Z']);
    expect(only({ daily: 2 })).toEqual(['20261120T200000Z', '20261121T200000Z']);
    expect(only({ weekly: 2 })).toEqual(['20261115T200000Z', '20261121T200000Z']);
    expect(only({ monthly: 2 })).toEqual(['20261031T200000Z', '20261121T200000Z']);
    expect(only({ yearly: 2 })).toEqual(['20251231T200000Z', '20261121T200000Z']);
    expect(only({ days: 1 })).toEqual(['20261121', '20261121T080000Z', '20261121T140000Z', '20261121T200000Z']);
  });

  test('a week that begins in one year and ends in the next is one week', () => {
    expect(days(daily('2026-12-25T02:00:00Z', 13), [era({ weekly: 3 })], '2027-01-06T12:00:00Z')).toEqual(['20261227', '20270103', '20270106']);
  });

  test('the calendar is the time zone\'s', () => {
    const copies = [copy('2026-11-20T22:30:00Z'), copy('2026-11-20T23:30:00Z'), copy('2026-11-21T22:30:00Z')];
    expect(days(copies, [era({ daily: 2 })], '2026-11-22T00:00:00Z')).toEqual(['20261120T233000Z', '20261121T223000Z']);
    expect(days(copies, [era({ daily: 2 }, { timeZone: 'Europe/Paris' })], '2026-11-22T00:00:00Z')).toEqual(['20261120T223000Z', '20261121T223000Z']);
  });

  test('of two copies of one slot always the same is the newer, in whatever order they are given', () => {
    const twins = ['a', 'b', 'c'].map((name): Copy => ({ runId: name, slot: at('2026-11-20T02:00:00Z'), outcome: 'proven' }));
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]) {
      expect(days(order.map((index) => twins[index]), [era({ last: 1 })], '2026-11-20T12:00:00Z')).toEqual(['c']);
    }
  });

  test('an outage makes nothing older', () => {
    const copies = [...daily('2026-01-01T02:00:00Z', 10), copy('2026-11-20T02:00:00Z')];
    expect(days(copies, [era({ daily: 4 })], '2026-11-20T12:00:00Z')).toEqual(['20260108', '20260109', '20260110', '20261120']);
  });

  test('an age is counted in days of 24 hours, up to and without its last second', () => {
    const [one] = [copy('2026-11-10T02:00:00Z')];
    const newer = copy('2026-11-20T02:00:00Z');
    expect(kept([one, newer], [era({ days: 10 })], '2026-11-20T01:59:59Z')).toMatchObject({ 20261110: ['newest proven copy of all', 'younger than 10 days (days)'] });
    expect(days([one, newer], [era({ days: 10 })], '2026-11-20T02:00:00Z')).toEqual(['20261120']);
  });
});

describe('copies that are not proven', () => {
  test('a proven copy stands for its day before a newer one that is not', () => {
    const copies = [copy('2026-11-20T02:00:00Z'), copy('2026-11-20T08:00:00Z', 'not-proven'), copy('2026-11-20T14:00:00Z', 'checksums-only')];
    expect(kept(copies, [era({ daily: 1 })], '2026-11-20T20:00:00Z')).toEqual({
      '20261120': ['newest proven copy of all', 'newest proven copy of 2026-11-20 (daily 1 of 1)'],
      '20261120T140000Z': ['newest copy of all whose checksums are right'],
    });
    expect(retired(copies, [era({ daily: 1 })], '2026-11-20T20:00:00Z', '20261120T080000Z')).toEqual(['20261120T020000Z stands for 2026-11-20 (daily)']);
  });

  test('of a day without a proof the best known is kept: right checksums, then no verdict, then a bad one', () => {
    const day = (...outcomes: Copy['outcome'][]) => outcomes.map((outcome, index) => copy(at('2026-11-01T02:00:00Z') + index * 3600, outcome));
    const said = (...outcomes: Copy['outcome'][]) => kept([...day(...outcomes), copy('2026-11-20T02:00:00Z')], [era({ daily: 5 })], '2026-11-20T12:00:00Z');
    expect(said('checksums-only', 'unverified', 'not-proven')).toMatchObject({ 20261101: ['newest copy of 2026-11-01 whose checksums are right, none proven by a restore (daily 2 of 5)'] });
    expect(said('unverified', 'not-proven')).toMatchObject({ 20261101: ['newest copy of 2026-11-01, none verified (daily 2 of 5)'] });
    expect(said('not-proven')).toMatchObject({ 20261101: ['newest copy of 2026-11-01, none proven (daily 2 of 5)'] });
    expect(said('proven-except', 'not-proven')).toMatchObject({ 20261101: ['newest copy of 2026-11-01 proven with exceptions (daily 2 of 5)'] });
  });

  test('a proof with exceptions is a proof: the newer of the two stands for the day', () => {
    const copies = [copy('2026-11-20T02:00:00Z'), copy('2026-11-20T08:00:00Z', 'proven-except')];
    expect(days(copies, [era({ daily: 1 })], '2026-11-20T20:00:00Z')).toEqual(['20261120T080000Z']);
  });

  test('a week of bad copies pushes no proven day out, and is kept itself only as far as the rule counts', () => {
    const copies = [...daily('2026-11-01T02:00:00Z', 10), ...daily('2026-11-11T02:00:00Z', 7, 'not-proven')];
    expect(days(copies, [era({ daily: 4 })], '2026-11-17T12:00:00Z'))
      .toEqual(['20261107', '20261108', '20261109', '20261110', '20261114', '20261115', '20261116', '20261117']);
    expect(kept(copies, [era({ last: 2 })], '2026-11-17T12:00:00Z')).toEqual({
      20261109: ['among the newest proven copies (last 2 of 2)'],
      20261110: ['newest proven copy of all', 'among the newest proven copies (last 1 of 2)'],
      20261116: ['among the newest copies, none proven (last 2 of 2)'],
      20261117: ['among the newest copies, none proven (last 1 of 2)'],
    });
  });

  test('one without a verdict is kept until a newer one is proven, or for seven days', () => {
    const first = copy('2026-11-10T02:00:00Z');
    const waiting = copy('2026-11-10T08:00:00Z', 'unverified');
    const newer = copy('2026-11-10T14:00:00Z');
    const rules = [era({ daily: 3 })];
    expect(kept([first, waiting], rules, '2026-11-17T07:59:59Z')).toMatchObject({
      '20261110T080000Z': ['no verdict yet: kept until a newer copy is proven, at most until 2026-11-17T08:00:00Z'],
    });
    expect(retired([first, waiting], rules, '2026-11-17T08:00:00Z', waiting.runId)).toEqual(['20261110T020000Z stands for 2026-11-10 (daily)', 'no verdict in 7 days']);
    expect(retired([first, waiting, newer], rules, '2026-11-10T15:00:00Z', waiting.runId)).toEqual(['20261110T140000Z stands for 2026-11-10 (daily)']);
    expect(days([first, waiting, copy('2026-11-10T14:00:00Z', 'not-proven')], rules, '2026-11-10T15:00:00Z')).toContain(waiting.runId);
    expect(days([first, copy('2026-11-10T08:00:00Z', 'not-proven')], rules, '2026-11-10T09:00:00Z')).toEqual(['20261110']);
  });
});

describe('the minimum', () => {
  test('so many proven copies are kept whatever their age, three of them here, and no fourth', () => {
    const copies = [...daily('2020-01-01T02:00:00Z', 5), ...daily('2020-02-01T02:00:00Z', 3, 'not-proven')];
    expect(kept(copies, [era({ days: 7 }, { minimumVerified: 3 })], '2026-11-20T12:00:00Z')).toEqual({
      20200103: ['proven, and fewer are never kept (minimum 3 of 3)'],
      20200104: ['proven, and fewer are never kept (minimum 2 of 3)'],
      20200105: ['newest proven copy of all'],
    });
  });

  test('while fewer are proven, copies whose checksums are right take their place, the newest first', () => {
    const copies = [copy('2020-01-01T02:00:00Z'), ...daily('2020-02-01T02:00:00Z', 4, 'checksums-only')];
    expect(kept(copies, [era({ days: 7 }, { minimumVerified: 3 })], '2026-11-20T12:00:00Z')).toEqual({
      20200101: ['newest proven copy of all'],
      20200203: ['its checksums are right, and fewer than 3 copies are proven (minimum 3 of 3)'],
      20200204: ['newest copy of all whose checksums are right', 'its checksums are right, and fewer than 3 copies are proven (minimum 2 of 3)'],
    });
    expect(retired(copies, [era({ days: 7 }, { minimumVerified: 3 })], '2026-11-20T12:00:00Z', '20200202T020000Z'))
      .toEqual(['2483 days old, beyond the 7 that days keeps', '3 better or newer copies make up the minimum']);
  });

  test('a raised minimum protects at once, a lowered one gives up old copies when newer ones are proven', () => {
    const copies = daily('2026-11-01T02:00:00Z', 10);
    const since = at('2026-11-10T12:00:00Z');
    const changed = (before: number, after: number) =>
      [era({ last: 1 }, { minimumVerified: before }), era({ last: 1 }, { since, minimumVerified: after })];
    expect(days(copies, changed(1, 4), '2026-11-10T13:00:00Z')).toEqual(['20261107', '20261108', '20261109', '20261110']);
    expect(days(copies, changed(1, 4), '2026-11-10T11:00:00Z')).toEqual(['20261110']);
    expect(days(copies, changed(4, 1), '2026-11-10T13:00:00Z')).toEqual(['20261107', '20261108', '20261109', '20261110']);
    expect(days([...copies, copy('2026-11-11T02:00:00Z')], changed(4, 1), '2026-11-11T03:00:00Z')).toEqual(['20261108', '20261109', '20261110', '20261111']);
    expect(days([...copies, ...daily('2026-11-11T02:00:00Z', 4)], changed(4, 1), '2026-11-14T03:00:00Z')).toEqual(['20261114']);
  });
});

describe('holds and wrong clocks', () => {
  test('a copy under legal hold stays, for the reason given', () => {
    const copies = [copy('2020-01-01T02:00:00Z', 'not-proven', 'case 12'), copy('2020-01-02T02:00:00Z', 'proven', ''), ...daily('2026-11-18T02:00:00Z', 3)];
    expect(kept(copies, [era({ days: 2 })], '2026-11-20T12:00:00Z')).toMatchObject({ 20200101: ['legal hold: case 12'], 20200102: ['legal hold'] });
  });

  test('a copy from the future is kept and named, and takes no other\'s place', () => {
    const copies = [copy('2026-11-20T02:00:00Z'), copy('2027-06-01T02:00:00Z', 'proven', 'case 12'), copy('2026-11-20T12:00:01Z', 'not-proven')];
    expect(kept(copies, [era({ last: 1 })], '2026-11-20T12:00:00Z')).toEqual({
      '20261120': ['newest proven copy of all', 'among the newest proven copies (last 1 of 1)'],
      '20261120T120001Z': ['its slot is after 2026-11-20T12:00:00Z, the time of this decision: a clock is wrong'],
      '20270601': ['legal hold: case 12', 'its slot is after 2026-11-20T12:00:00Z, the time of this decision: a clock is wrong'],
    });
    expect(days([copy('2026-11-20T02:00:00Z'), copy('2026-11-20T12:00:00Z')], [era({ last: 1 })], '2026-11-20T12:00:00Z')).toEqual(['20261120T120000Z']);
  });
});

describe('a changed policy', () => {
  const change = at('2026-11-11T00:00:00Z');
  const changed = (before: RetentionRules, after: RetentionRules, rest: Partial<RetentionEra> = {}) =>
    [era(before, rest), era(after, { since: change })];

  test('shortened: what was promised longer stays its time, and then goes though no rule of now knows it', () => {
    const eras = changed({ daily: 5 }, { daily: 2 });
    const until = (day: number) => daily('2026-11-01T02:00:00Z', day);
    expect(days(until(10), eras, '2026-11-11T00:00:00Z')).toEqual(['20261106', '20261107', '20261108', '20261109', '20261110']);
    expect(kept(until(12), eras, '2026-11-12T12:00:00Z')).toMatchObject({
      20261108: ['newest proven copy of 2026-11-08 (daily 5 of 5 by the rules until 2026-11-11T00:00:00Z)'],
      20261112: ['newest proven copy of all', 'newest proven copy of 2026-11-12 (daily 1 of 2)'],
    });
    expect(days(until(14), eras, '2026-11-14T12:00:00Z')).toEqual(['20261110', '20261113', '20261114']);
    expect(days(until(15), eras, '2026-11-15T12:00:00Z')).toEqual(['20261114', '20261115']);
    // What has gone meanwhile counts no less.
    expect(days(until(14).slice(9), eras, '2026-11-14T12:00:00Z')).toEqual(['20261110', '20261113', '20261114']);
    expect(retired(until(15), eras, '2026-11-15T12:00:00Z', '20261110T020000Z'))
      .toEqual(['2026-11-10 is beyond the 5 that daily keeps by the rules until 2026-11-11T00:00:00Z', '1 better or newer copies make up the minimum']);
  });

  test('lengthened: nothing is released sooner, and what was made before goes as declared then', () => {
    const eras = changed({ daily: 2 }, { daily: 5 });
    expect(days(daily('2026-11-01T02:00:00Z', 10), eras, '2026-11-11T00:00:00Z')).toEqual(['20261109', '20261110']);
    expect(days(daily('2026-11-01T02:00:00Z', 11), eras, '2026-11-11T12:00:00Z')).toEqual(['20261110', '20261111']);
    expect(days(daily('2026-11-01T02:00:00Z', 16), eras, '2026-11-16T12:00:00Z')).toEqual(['20261112', '20261113', '20261114', '20261115', '20261116']);
  });

  test('an ended era does not age while no good copy comes', () => {
    const eras = changed({ daily: 3 }, { last: 1 });
    const before = daily('2026-11-01T02:00:00Z', 10);
    const bad = daily('2026-11-11T02:00:00Z', 20, 'not-proven');
    expect(days([...before, ...bad], eras, '2026-12-01T00:00:00Z')).toEqual(['20261108', '20261109', '20261110', '20261130']);
    expect(days([...before, ...bad, copy('2026-12-01T02:00:00Z', 'checksums-only')], eras, '2026-12-01T12:00:00Z')).toEqual(['20261110', '20261201']);
  });

  test('the first period that passes is the one after the era\'s last second', () => {
    const until = (since: number) => [era({ daily: 2 }), era({ daily: 9 }, { since })];
    const before = daily('2026-11-01T02:00:00Z', 10);
    expect(days([...before, copy(change)], until(change), '2026-11-12T00:00:00Z')).toEqual(['20261110', '20261111T000000Z']);
    expect(days([...before, copy(change + 1)], until(change + 1), '2026-11-12T00:00:00Z')).toEqual(['20261109', '20261110', '20261111T000001Z']);
    expect(days([...before, copy(change - 1, 'checksums-only')], until(change), '2026-11-12T00:00:00Z')).toEqual(['20261109', '20261110', '20261110T235959Z']);
  });

  test('last counts the slots that the schedule of its time would have had', () => {
    const eras = changed({ last: 4 }, { daily: 1 }, { gapSeconds: 2 * DAY });
    const from = (day: number) => [...daily('2026-11-05T02:00:00Z', 6), copy(change + day * DAY)];
    expect(days(from(0), eras, '2026-12-01T00:00:00Z')).toEqual(['20261107', '20261108', '20261109', '20261110', '20261111T000000Z']);
    expect(days([...from(2).slice(0, -1), copy(change + 2 * DAY - 1)], eras, '2026-12-01T00:00:00Z').length).toBe(5);
    expect(days(from(2), eras, '2026-12-01T00:00:00Z')).toEqual(['20261108', '20261109', '20261110', '20261113T000000Z']);
    expect(days(from(8), eras, '2026-12-01T00:00:00Z')).toEqual(['20261119T000000Z']);
  });

  test('of a week that crosses the change each era keeps its own', () => {
    const eras = changed({ weekly: 2 }, { weekly: 2 });
    expect(kept(daily('2026-11-01T02:00:00Z', 15), eras, '2026-11-15T12:00:00Z')).toEqual({
      20261108: ['newest proven copy of 2026-W45 (weekly 2 of 2 by the rules until 2026-11-11T00:00:00Z)'],
      20261110: ['newest proven copy of 2026-W46 (weekly 1 of 2 by the rules until 2026-11-11T00:00:00Z)'],
      20261115: ['newest proven copy of all', 'newest proven copy of 2026-W46 (weekly 1 of 2)'],
    });
  });

  test('an age goes on by the era\'s own count', () => {
    const eras = changed({ days: 5 }, { days: 1 });
    expect(kept([copy('2026-11-10T02:00:00Z'), copy('2026-11-11T02:00:00Z'), copy('2026-11-14T02:00:00Z')], eras, '2026-11-14T12:00:00Z')).toEqual({
      20261110: ['younger than 5 days (days by the rules until 2026-11-11T00:00:00Z)'],
      20261114: ['newest proven copy of all', 'younger than 1 days (days)'],
    });
    expect(retired([copy('2026-11-10T02:00:00Z'), copy('2026-11-14T02:00:00Z')], eras, '2026-11-15T02:00:00Z', '20261110T020000Z'))
      .toEqual(['5 days old, beyond the 5 that days keeps by the rules until 2026-11-11T00:00:00Z', '1 better or newer copies make up the minimum']);
  });

  test('each era has its own zone', () => {
    const eras = [era({ daily: 1 }, { timeZone: 'Pacific/Auckland' }), era({ daily: 1 }, { since: change })];
    const copies = [copy('2026-11-10T10:30:00Z'), copy('2026-11-10T11:30:00Z'), copy('2026-11-10T12:30:00Z')];
    expect(days(copies, eras, '2026-11-10T23:00:00Z')).toEqual(['20261110T123000Z']);
    expect(days([copies[0], ...daily('2026-11-10T10:45:00Z', 1)], eras, '2026-11-10T23:00:00Z')).toEqual(['20261110T104500Z']);
    // 10 November 23:30 in Auckland is over at 11:00 UTC: the first copy of the new era lies on the next day there.
    expect(days([copies[0], copy(change)], eras, '2026-11-11T02:00:00Z')).toEqual(['20261110T103000Z', '20261111T000000Z']);
  });

  test('copies older than the first declaration are judged by it, one not yet in force judges nobody', () => {
    const copies = daily('2026-11-01T02:00:00Z', 10);
    const first = era({ daily: 2 }, { since: at('2026-11-09T12:00:00Z') });
    expect(days(copies, [first], '2026-11-10T12:00:00Z')).toEqual(['20261109', '20261110']);
    const later = era({ daily: 9 }, { since: at('2026-11-10T13:00:00Z'), minimumVerified: 5 });
    expect(days(copies, [later, first], '2026-11-10T12:59:59Z')).toEqual(['20261109', '20261110']);
    expect(days(copies, [later, first], '2026-11-10T13:00:00Z').length).toBe(5);
    expect(days(copies, [later], '2026-11-10T12:59:59Z').length).toBe(9);
    expect(kept(copies, [later, first], '2026-11-10T12:59:59Z')).toMatchObject({ 20261109: ['newest proven copy of 2026-11-09 (daily 2 of 2)'] });
  });

  test('of two declarations since the same instant the later in the list is in force', () => {
    const copies = daily('2026-11-01T02:00:00Z', 20);
    expect(days(copies, changed({ daily: 1 }, { daily: 3 }).concat(era({ daily: 4 }, { since: change })), '2026-11-20T12:00:00Z').length).toBe(4);
    expect(days(copies, [era({ daily: 1 }, { since: at('2027-01-01T00:00:00Z') }), era({ daily: 3 }, { since: at('2027-01-01T00:00:00Z') })], '2026-11-20T12:00:00Z').length).toBe(3);
    expect(days(copies.slice(0, 9), [era({ daily: 1 }, { since: change }), era({ daily: 3 }, { since: change })], '2026-11-20T12:00:00Z').length).toBe(3);
  });
});

describe('what is given', () => {
  test('without a declaration nothing is retired', () => {
    expect(decide([copy('2020-01-01T02:00:00Z', 'not-proven')], [], at('2026-11-20T12:00:00Z')))
      .toEqual([{ runId: '20200101T020000Z', keep: true, reasons: ['nothing is known of what was declared'] }]);
    expect(decide([], [era({ daily: 1 })], 0)).toEqual([]);
  });

  test('a copy in the year 1970 is a copy', () => expect(days([copy(0)], [era({ daily: 1 })], '1970-01-01T00:00:00Z')).toEqual(['19700101T000000Z']));

  test.each<[string, Copy[], RetentionEra[], number, string]>([
    ['a slot', [{ runId: 'a', slot: Number.NaN, outcome: 'proven' }], [era({ daily: 1 })], 0, 'the slot of a is NaN; allowed: seconds since 1970'],
    ['now', [], [era({ daily: 1 })], Number.POSITIVE_INFINITY, 'now is Infinity'],
    ['an era\'s beginning', [], [era({ daily: 1 }, { since: Number.NaN })], 0, 'an era\'s beginning is NaN'],
    ['a copy twice', [copy(0), copy(1), copy(0)], [era({ daily: 1 })], 0, '19700101T000000Z is given twice; allowed: each copy once'],
    ['no rule', [], [era({})], 0, 'an era has no rule; allowed: at least one of last'],
    ['no rule but its name', [], [era({ daily: undefined })], 0, 'an era has no rule'],
    ['a count of none', [], [era({ daily: 1, weekly: 0 })], 0, 'weekly is 0; allowed: from 1'],
    ['a count that is no number', [], [era({ daily: Number.NaN })], 0, 'daily is NaN'],
    ['no minimum', [], [era({ daily: 1 }, { minimumVerified: 0 })], 0, 'minimumVerified is 0'],
    ['no gap', [], [era({ daily: 1 }), era({ daily: 1 }, { gapSeconds: 0 })], 0, 'gapSeconds is 0'],
  ])('refuses %s', (_, copies, eras, now, message) => {
    expect(() => decide(copies, eras, now)).toThrow(RangeError);
    expect(() => decide(copies, eras, now)).toThrow(message);
  });

  test('an unused rule may be named', () => expect(days(daily('2026-11-01T02:00:00Z', 3), [era({ daily: 1, weekly: undefined })], '2026-11-20T12:00:00Z')).toEqual(['20261103']));
});
