import * as fc from 'fast-check';
import { expressionOf, longestGapSeconds, parseExpression, type Schedule, shortestGapSeconds, slotsBetween, timeZoneOf } from '../../../lib/model/schedule';
import { anyDays, dailyCron } from './cron-arbitrary';

const HOUR = 3600;
const DAY = 24 * HOUR;
const FROM = Date.UTC(2026, 0, 1) / 1000;
const TO = Date.UTC(2082, 0, 1) / 1000;
const cron = (fields: string, timeZone = 'UTC'): Schedule => parseExpression(`cron(${fields})`, timeZone);
const zone = fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Tokyo', 'America/Havana', 'Pacific/Apia');

describe('the longest gap', () => {
  test.each<[string, string, number, string]>([
    ['0 2 * * ? *', 'UTC', 24 * HOUR, '24 h from 2026-01-01 02:00 UTC to 2026-01-02 02:00 UTC'],
    ['0 2 * * ? *', 'Europe/Paris', 47 * HOUR, '47 h from 2026-03-28 02:00 Europe/Paris to 2026-03-30 02:00 Europe/Paris: '
      + '2026-03-29 02:00 does not exist there, clocks go from 02:00 to 03:00'],
    ['59 2 * * ? *', 'Europe/Paris', 47 * HOUR, '47 h from 2026-03-28 02:59 Europe/Paris to 2026-03-30 02:59 Europe/Paris: '
      + '2026-03-29 02:59 does not exist there, clocks go from 02:00 to 03:00'],
    ['0 3 * * ? *', 'Europe/Paris', 25 * HOUR, '25 h from 2026-10-24 03:00 Europe/Paris to 2026-10-25 03:00 Europe/Paris: '
      + 'clocks go back 1 h in between, and a time that comes twice runs once'],
    ['59 1 * * ? *', 'Europe/Paris', 25 * HOUR, '25 h from 2026-10-25 01:59 Europe/Paris to 2026-10-26 01:59 Europe/Paris: '
      + 'clocks go back 1 h in between, and a time that comes twice runs once'],
    ['0 * * * ? *', 'Europe/Paris', 2 * HOUR, '2 h from 2026-10-25 02:00 Europe/Paris to 2026-10-25 03:00 Europe/Paris: '
      + 'clocks go back 1 h in between, and a time that comes twice runs once'],
    ['* * * * ? *', 'Europe/Paris', 61 * 60, '61 min from 2026-10-25 02:59 Europe/Paris to 2026-10-25 03:00 Europe/Paris: '
      + 'clocks go back 1 h in between, and a time that comes twice runs once'],
    ['* * * * ? *', 'UTC', 60, '1 min from 2026-01-01 00:00 UTC to 2026-01-01 00:01 UTC'],
    ['0 2 * * ? *', 'Asia/Kolkata', 24 * HOUR, '24 h from 2026-01-02 02:00 Asia/Kolkata to 2026-01-03 02:00 Asia/Kolkata'],
    ['15 2 * * ? *', 'Australia/Lord_Howe', 47.5 * HOUR, '2850 min from 2026-10-03 02:15 Australia/Lord_Howe to 2026-10-05 02:15 Australia/Lord_Howe: '
      + '2026-10-04 02:15 does not exist there, clocks go from 02:00 to 02:30'],
    ['30 2 * * ? *', 'Africa/Casablanca', 47 * HOUR, '47 h from 2026-03-21 02:30 Africa/Casablanca to 2026-03-23 02:30 Africa/Casablanca: '
      + '2026-03-22 02:30 does not exist there, clocks go from 02:00 to 03:00'],
    ['30 2 ? * SUN *', 'Europe/Paris', 14 * DAY - HOUR, '335 h from 2026-03-22 02:30 Europe/Paris to 2026-04-05 02:30 Europe/Paris: '
      + '2026-03-29 02:30 does not exist there, clocks go from 02:00 to 03:00'],
    ['0 3 28 * ? *', 'UTC', 31 * DAY, '31 days from 2026-01-28 03:00 UTC to 2026-02-28 03:00 UTC'],
    ['0 2 ? * MON-FRI *', 'UTC', 3 * DAY, '3 days from 2026-01-02 02:00 UTC to 2026-01-05 02:00 UTC'],
    ['0 2 1/2 * ? *', 'UTC', 48 * HOUR, '48 h from 2026-01-01 02:00 UTC to 2026-01-03 02:00 UTC'],
    ['0 3 31 * ? *', 'UTC', 61 * DAY, '61 days from 2026-03-31 03:00 UTC to 2026-05-31 03:00 UTC'],
    ['0 3 ? * 2#5 *', 'UTC', 119 * DAY, '119 days from 2026-11-30 03:00 UTC to 2027-03-29 03:00 UTC'],
    ['0 3 29 2 ? *', 'UTC', 1461 * DAY, '1461 days from 2028-02-29 03:00 UTC to 2032-02-29 03:00 UTC'],
    ['0 3 1 1 ? *', 'UTC', 366 * DAY, '366 days from 2028-01-01 03:00 UTC to 2029-01-01 03:00 UTC'],
    ['0 1,2,8 * * ? *', 'UTC', 17 * HOUR, '17 h from 2026-01-01 08:00 UTC to 2026-01-02 01:00 UTC'],
    ['0 1,10,12 * * ? *', 'UTC', 13 * HOUR, '13 h from 2026-01-01 12:00 UTC to 2026-01-02 01:00 UTC'],
    ['0 0,2,14,23 * * ? *', 'UTC', 12 * HOUR, '12 h from 2026-01-01 02:00 UTC to 2026-01-01 14:00 UTC'],
    ['0 0,13,23 * * ? *', 'UTC', 13 * HOUR, '13 h from 2026-01-01 00:00 UTC to 2026-01-01 13:00 UTC'],
  ])('%s in %s', (fields, timeZone, seconds, reason) => {
    expect(longestGapSeconds(cron(fields, timeZone))).toEqual({ seconds, reason });
  });

  test.each<[string, string, string]>([
    ['0 2 31 2 ? *', 'UTC', 'no day between 2026 and 2081 is one of its days'],
    ['0 2 31 4,6,9,11 ? *', 'UTC', 'no day between 2026 and 2081 is one of its days'],
    ['0 2 * * ? 2082-2199', 'UTC', 'no day between 2026 and 2081 is one of its days'],
    ['0 2 * * ? 2000-2025', 'UTC', 'no day between 2026 and 2081 is one of its days'],
    ['0 2 1 1 ? 2026', 'UTC', 'it runs once between 2026 and 2081'],
    ['0 0 1 1 ? 2025-2026', 'UTC', 'it runs once between 2026 and 2081'],
    ['0 0 1 1 ? 2081-2082', 'UTC', 'it runs once between 2026 and 2081'],
    ['0 2 31 12 ? 2081', 'UTC', 'it runs once between 2026 and 2081'],
    ['30 2 ? 3 1L *', 'Europe/Paris',
      'it runs at most once between 2026 and 2081: its times are ones that a change of the clocks leaves out, such as 2026-03-29 02:30 in Europe/Paris'],
    ['0 2 * * ? 2026-2030', 'UTC', 'after 2030-12-31 02:00 UTC it does not run again before 2082'],
    ['0 0 * * ? 1970-2080', 'Europe/Paris', 'after 2080-12-31 00:00 Europe/Paris it does not run again before 2082'],
    ['0/15 * * * ? 2026-2080', 'UTC', 'after 2080-12-31 23:45 UTC it does not run again before 2082'],
  ])('%s in %s has no end', (fields, timeZone, reason) => {
    expect(longestGapSeconds(cron(fields, timeZone))).toEqual({ seconds: Number.POSITIVE_INFINITY, reason });
    expect(shortestGapSeconds(cron('0 2 1 1 ? 2026'))).toBe(Number.POSITIVE_INFINITY);
  });

  test('the shortest gap may be any of a day, or the one over midnight', () => {
    expect(shortestGapSeconds(cron('0 0,12,13 * * ? *'))).toBe(HOUR);
    expect(shortestGapSeconds(cron('0 0,12,22 * * ? *'))).toBe(2 * HOUR);
    expect(shortestGapSeconds(cron('0 3 * * ? *', 'Europe/Paris'))).toBe(23 * HOUR);
  });

  test('a rate has one gap', () => {
    expect(longestGapSeconds({ kind: 'rate', minutes: 90 })).toEqual({ seconds: 5400, reason: 'a run every 90 min, counted from the schedule\'s creation' });
    expect(longestGapSeconds({ kind: 'every', minutes: 300 })).toEqual({ seconds: 18_000, reason: 'a run every 5 h, counted from the schedule\'s creation' });
    expect(longestGapSeconds({ kind: 'rate', minutes: 2 * 1440 }).reason).toContain('every 48 h,');
    expect(longestGapSeconds({ kind: 'rate', minutes: 3 * 1440 }).reason).toContain('every 3 days,');
    expect(shortestGapSeconds({ kind: 'rate', minutes: 90 })).toBe(5400);
  });
});

test('the longest and the shortest gap are those between the slots of all the years', () => {
  const times = fc.constantFrom('30 2', '15 0,2,23', '0/20 2');
  const some = fc.oneof(dailyCron, fc.tuple(anyDays, times).map(([{ text }, time]) => text.replace('0 0', time)));
  fc.assert(fc.property(some, zone, (fields, timeZone) => {
    const schedule = cron(fields, timeZone);
    const slots = slotsBetween(schedule, FROM, TO);
    const gaps = slots.slice(1).map((slot, index) => slot - slots[index]);
    const { seconds } = longestGapSeconds(schedule);
    const longest = gaps.reduce((most, gap) => Math.max(most, gap), 0);
    expect(seconds).toBe(gaps.length === 0 || TO - slots[slots.length - 1] > longest ? Number.POSITIVE_INFINITY : longest);
    expect(shortestGapSeconds(schedule)).toBe(gaps.reduce((least, gap) => Math.min(least, gap), Number.POSITIVE_INFINITY));
  }), { numRuns: 30 });
});

test('what expressionOf wrote is read back as a schedule with the same slots', () => {
  const time = { hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }), timeZone: zone };
  const any: fc.Arbitrary<Schedule> = fc.oneof(
    fc.record({ kind: fc.constant('daily' as const), ...time }),
    fc.record({ kind: fc.constant('weekly' as const), weekDay: fc.constantFrom('MON' as const, 'SUN' as const, 'SAT' as const), ...time }),
    fc.record({ kind: fc.constant('monthly' as const), day: fc.integer({ min: 1, max: 28 }), ...time }),
    fc.record({ kind: fc.constantFrom('every' as const, 'rate' as const), minutes: fc.integer({ min: 1, max: 3 * 1440 }) }),
    anyDays.map(({ text }) => cron(text)),
  );
  fc.assert(fc.property(any, (schedule) => {
    const back = parseExpression(expressionOf(schedule), timeZoneOf(schedule));
    expect(expressionOf(back)).toBe(expressionOf(schedule));
    expect(slotsBetween(back, FROM, FROM + 40 * DAY)).toEqual(slotsBetween(schedule, FROM, FROM + 40 * DAY));
    expect(longestGapSeconds(back)).toEqual(longestGapSeconds(schedule));
  }), { numRuns: 60 });
});
