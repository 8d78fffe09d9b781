import * as fc from 'fast-check';
import { lastSlotBefore, parseExpression, type Schedule, skippedSlots, slotsBetween } from '../../../lib/model/schedule';
import { anyCron, anyDays, dailyCron, type Wall } from './cron-arbitrary';

const DAY = 86_400;
const at = (iso: string): number => Date.parse(iso) / 1000;
const cron = (fields: string, timeZone = 'UTC'): Schedule => parseExpression(`cron(${fields})`, timeZone);

/** Four days each, around a change of the clocks. */
const WINDOWS: readonly [timeZone: string, from: string][] = [
  ['UTC', '2026-02-26'],
  ['Europe/Paris', '2026-03-27'],
  ['Europe/Paris', '2026-10-23'],
  ['America/New_York', '2027-03-12'],
  ['America/New_York', '2026-10-30'],
  ['Australia/Lord_Howe', '2026-04-03'],
  ['Australia/Lord_Howe', '2026-10-02'],
  ['Africa/Casablanca', '2026-02-13'],
  ['Africa/Casablanca', '2026-03-20'],
  ['America/Havana', '2026-03-06'],
  ['America/Nuuk', '2026-03-27'],
  ['America/Sao_Paulo', '2018-02-16'],
  ['Antarctica/Troll', '2026-10-23'],
  ['Asia/Kolkata', '2026-12-30'],
  ['Europe/Dublin', '2028-03-24'],
  ['Pacific/Apia', '2011-12-28'],
  ['Pacific/Kwajalein', '1993-08-19'],
];

interface Minute {
  readonly epoch: number;
  readonly wall: Wall;
  /** The clocks have shown this before. */
  readonly again: boolean;
}

const WALLS = WINDOWS.map(([timeZone, date]) => {
  const from = at(`${date}T00:00:00Z`);
  const minutes = minutesOf(timeZone, from);
  const shown = minutes.map(({ wall }) => Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute) / 1000);
  return { timeZone, from, minutes, shown: new Set(shown) };
});

/** Each minute of a window as the zone's clocks show it, and two days before it, so that what comes twice is known. */
function minutesOf(timeZone: string, from: number): Minute[] {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', weekday: 'short', hour: 'numeric', minute: 'numeric',
  });
  const seen = new Set<string>();
  const minutes: Minute[] = [];
  for (let epoch = from - 2 * DAY; epoch < from + 4 * DAY; epoch += 60) {
    const text = format.format(epoch * 1000);
    const [, weekDay, month, day, year, hour, minute] = /^(\w+), (\d+)\/(\d+)\/(\d+), (\d+):(\d+)$/.exec(text) ?? [];
    const wall = {
      year: Number(year), month: Number(month), day: Number(day), hour: Number(hour), minute: Number(minute),
      weekDay: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(weekDay) + 1,
    };
    minutes.push({ epoch, wall, again: seen.has(text) });
    seen.add(text);
  }
  return minutes;
}

const anyWindow = fc.constantFrom(...WALLS);

test('slots are the minutes whose clocks match, the first time they show it', () => {
  fc.assert(fc.property(anyCron, anyWindow, (written, { timeZone, from, minutes }) => {
    fc.pre(written.text.length < 240);
    const expected = minutes.filter(({ epoch, wall, again }) => epoch >= from && !again && written.matches(wall)).map(({ epoch }) => epoch);
    expect(slotsBetween(cron(written.text, timeZone), from, from + 4 * DAY)).toEqual(expected);
    expect(slotsBetween({ kind: 'cron', expression: written.text, timeZone }, from, from + 4 * DAY)).toEqual(expected);
  }), { numRuns: 150 });
});

test.each(WALLS.map((window) => [window.timeZone, new Date(window.from * 1000).toISOString().slice(0, 10), window] as const))(
  'each minute, each quarter of an hour and each time of the day in %s from %s',
  (timeZone, _date, { from, minutes }) => {
    const whole = minutes.filter(({ epoch, again }) => epoch >= from && !again);
    expect(slotsBetween(cron('* * * * ? *', timeZone), from, from + 4 * DAY)).toEqual(whole.map(({ epoch }) => epoch));
    const quarters = whole.filter(({ wall }) => wall.minute % 15 === 0).map(({ epoch }) => epoch);
    expect(slotsBetween(cron('0/15 * * * ? *', timeZone), from, from + 4 * DAY)).toEqual(quarters);
    for (let hour = 0; hour < 24; hour++) {
      const daily = whole.filter(({ wall }) => wall.hour === hour && wall.minute === 7).map(({ epoch }) => epoch);
      expect(slotsBetween(cron(`7 ${hour} * * ? *`, timeZone), from, from + 4 * DAY)).toEqual(daily);
    }
  },
);

test('days of the month and of the week are those of the calendar, for years', () => {
  fc.assert(fc.property(anyDays, fc.integer({ min: 1970, max: 2198 }), (written, year) => {
    const expected: number[] = [];
    for (let epoch = Date.UTC(year, 0, 1) / 1000; epoch < Date.UTC(year + 1, 0, 1) / 1000; epoch += DAY) {
      const date = new Date(epoch * 1000);
      const wall = { year, month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekDay: date.getUTCDay() + 1, hour: 0, minute: 0 };
      if (written.matches(wall)) expected.push(epoch);
    }
    expect(slotsBetween(cron(written.text), Date.UTC(year, 0, 1) / 1000, Date.UTC(year + 1, 0, 1) / 1000)).toEqual(expected);
  }), { numRuns: 150 });
});

test('an interval has its beginning and not its end, and its parts make the whole', () => {
  const schedule = cron('0 2 * * ? *');
  const [first, second] = [at('2026-11-20T02:00:00Z'), at('2026-11-21T02:00:00Z')];
  expect(slotsBetween(schedule, first, second)).toEqual([first]);
  expect(slotsBetween(schedule, first + 1, second)).toEqual([]);
  expect(slotsBetween(schedule, first, second + 1)).toEqual([first, second]);
  expect(slotsBetween(schedule, second, first)).toEqual([]);
  fc.assert(fc.property(dailyCron, anyWindow, fc.integer({ min: 0, max: 4 * DAY }), (fields, { timeZone, from }, cut) => {
    const one = cron(fields, timeZone);
    const parts = [...slotsBetween(one, from, from + cut), ...slotsBetween(one, from + cut, from + 4 * DAY)];
    expect(parts).toEqual(slotsBetween(one, from, from + 4 * DAY));
  }));
});

test('the last slot before an instant is the last of the slots before it', () => {
  fc.assert(fc.property(anyCron, anyWindow, fc.integer({ min: 0, max: 4 * DAY }), (written, { timeZone, from }, later) => {
    fc.pre(written.text.length < 240);
    const [schedule, before] = [cron(written.text, timeZone), from + later];
    const last = lastSlotBefore(schedule, before);
    const within = slotsBetween(schedule, before - 800 * DAY, before).at(-1);
    if (within !== undefined) expect(last).toBe(within);
    else expect(last ?? Number.NEGATIVE_INFINITY).toBeLessThan(before - 800 * DAY);
    if (last !== undefined) expect(slotsBetween(schedule, last, before)).toEqual([last]);
  }), { numRuns: 60 });
});

test.each([
  ['0 2 * * ? *', '2026-11-20T02:00:00Z', '2026-11-19T02:00:00Z'],
  ['0 2 * * ? *', '2026-11-20T02:00:01Z', '2026-11-20T02:00:00Z'],
  ['0 0 29 2 ? *', '2103-01-01T00:00:00Z', '2096-02-29T00:00:00Z'],
  ['0 0 1 1 ? 1970', '2026-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
  ['0 0 1 1 ? 2030-2040', '2026-01-01T00:00:00Z', undefined],
])('%s before %s is %s', (fields, before, expected) => {
  expect(lastSlotBefore(cron(fields), at(before))).toBe(expected && at(expected));
});

test('a time that the clocks leave out is skipped, and said to be: each that matches the date and was never shown', () => {
  expect(skippedSlots(cron('0,30 2 * * ? *', 'Europe/Paris'), at('2026-01-01T00:00:00Z'), at('2028-01-01T00:00:00Z'))).toEqual([
    { local: '2026-03-29 02:00', at: at('2026-03-29T01:00:00Z') },
    { local: '2026-03-29 02:30', at: at('2026-03-29T01:00:00Z') },
    { local: '2027-03-28 02:00', at: at('2027-03-28T01:00:00Z') },
    { local: '2027-03-28 02:30', at: at('2027-03-28T01:00:00Z') },
  ]);
  expect(skippedSlots(cron('5 13 * * ? *', 'Pacific/Apia'), at('2011-12-01T00:00:00Z'), at('2012-02-01T00:00:00Z')))
    .toEqual([{ local: '2011-12-30 13:05', at: at('2011-12-30T10:00:00Z') }]);
  fc.assert(fc.property(dailyCron, anyWindow, (fields, { timeZone, from, shown }) => {
    const [inMinutes, inHours] = fields.split(' ').map((field) => field.split(',').map(Number).sort((a, b) => a - b));
    const [first, last] = [Math.min(...shown), Math.max(...shown)];
    const missing: string[] = [];
    for (let day = Math.ceil(first / DAY) * DAY; day < last; day += DAY) {
      for (const local of inHours.flatMap((hour) => inMinutes.map((minute) => day + hour * 3600 + minute * 60))) {
        if (!shown.has(local) && local < last) missing.push(new Date(local * 1000).toISOString().slice(0, 16).replace('T', ' '));
      }
    }
    expect(skippedSlots(cron(fields, timeZone), from - 2 * DAY, from + 4 * DAY).map(({ local }) => local)).toEqual(missing);
  }));
});

test('a skipped time belongs to the interval that has the change of the clocks', () => {
  const [schedule, change] = [cron('30 2 * * ? *', 'Europe/Paris'), at('2026-03-29T01:00:00Z')];
  const skipped = [{ local: '2026-03-29 02:30', at: change }];
  expect(skippedSlots(schedule, change, change + 1)).toEqual(skipped);
  expect(skippedSlots(schedule, change - 1, change + 1)).toEqual(skipped);
  expect(skippedSlots(schedule, change - 1, change)).toEqual([]);
  expect(skippedSlots(schedule, change + 1, change + 2)).toEqual([]);
});

test('a change within a minute leaves out what lies before it', () => {
  // Liberia's clocks went from 00:00:00 to 00:44:30 when they left -00:44:30 for UTC.
  const schedule = cron('0,30,45 0 * * ? *', 'Africa/Monrovia');
  const slots = slotsBetween(schedule, at('1972-01-06T00:00:00Z'), at('1972-01-08T00:00:00Z')).map((slot) => new Date(slot * 1000).toISOString());
  expect(slots).toEqual(['1972-01-06T00:44:30.000Z', '1972-01-06T01:14:30.000Z', '1972-01-06T01:29:30.000Z', '1972-01-07T00:45:00.000Z']);
});

test('a rate runs at even distances from an instant that is given, and nothing skips it', () => {
  const rate: Schedule = { kind: 'rate', minutes: 7 };
  const instant = fc.integer({ min: 0, max: 2e9 });
  fc.assert(fc.property(instant, fc.integer({ min: 0, max: 10_000 }), instant, (from, length, anchor) => {
    const expected = Array.from({ length }, (_, index) => from + index).filter((second) => (second - anchor) % 420 === 0);
    expect(slotsBetween(rate, from, from + length, anchor)).toEqual(expected);
    const last = from - 1 - (((from - 1 - anchor) % 420) + 420) % 420;
    expect(lastSlotBefore(rate, from, anchor)).toBe(last < 0 ? undefined : last);
  }), { numRuns: 20 });
  expect(skippedSlots(rate, 0, 2e9)).toEqual([]);
  // Nothing is looked for before 1970, however far back the first look went.
  const monthly: Schedule = { kind: 'rate', minutes: 30 * 24 * 60 };
  for (const before of [0, 1, 2 * DAY - 1, 2 * DAY, 2 * DAY + 1, 16 * DAY]) {
    expect(lastSlotBefore(monthly, before, 25 * DAY)).toBeUndefined();
  }
  expect(lastSlotBefore(monthly, 26 * DAY, 25 * DAY)).toBe(25 * DAY);
  expect(lastSlotBefore(monthly, 2 * DAY, 0)).toBe(0);
  expect(slotsBetween(rate, 0, 421)).toEqual([0, 420]);
  expect(lastSlotBefore({ kind: 'every', minutes: 90 }, at('2026-11-20T09:17:00Z'))).toBe(at('2026-11-20T09:00:00Z'));
});
