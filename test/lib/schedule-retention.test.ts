import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { BackupSchedule, BackupWeekDay, Retention, type RetentionOptions } from '../../lib';
import { DeclaredRetention } from '../../lib/contract/policy-metadata';
import { expressionOf, longestGapSeconds, timeZoneOf } from '../../lib/model/schedule';

const stack = new Stack(new App(), 'S');
const bind = (schedule: BackupSchedule) => schedule._bind(stack);
const expression = (schedule: BackupSchedule) => expressionOf(bind(schedule));

describe('BackupSchedule', () => {
  test.each([
    [BackupSchedule.daily({ at: '02:00' }), 'cron(0 2 * * ? *)', 86_400],
    [BackupSchedule.weekly({ at: '23:59', on: BackupWeekDay.SUNDAY }), 'cron(59 23 ? * SUN *)', 7 * 86_400],
    [BackupSchedule.monthly({ at: '00:05', day: 28 }), 'cron(5 0 28 * ? *)', 31 * 86_400],
    [BackupSchedule.every(Duration.hours(1)), 'cron(0 * * * ? *)', 3600],
    [BackupSchedule.every(Duration.hours(6)), 'cron(0 0/6 * * ? *)', 6 * 3600],
    [BackupSchedule.every(Duration.hours(24)), 'cron(0 0 * * ? *)', 86_400],
    [BackupSchedule.every(Duration.minutes(15)), 'cron(0/15 * * * ? *)', 900],
    [BackupSchedule.every(Duration.minutes(1)), 'cron(* * * * ? *)', 60],
    [BackupSchedule.every(Duration.hours(5)), 'rate(5 hours)', 5 * 3600],
    [BackupSchedule.every(Duration.minutes(90)), 'rate(90 minutes)', 90 * 60],
    [BackupSchedule.rate(Duration.days(1)), 'rate(1 day)', 86_400],
    [BackupSchedule.cron('0 2 ? * MON-FRI *'), 'cron(0 2 ? * MON-FRI *)', 3 * 86_400],
    [BackupSchedule.cron(' */15 02 ? * fri-mon '), 'cron(0/15 2 ? * FRI-SAT,SUN-MON *)', 4 * 86_400 - 45 * 60],
  ])('%#: %s', (schedule, expected, gap) => {
    expect(expression(schedule)).toBe(expected);
    expect(longestGapSeconds(bind(schedule)).seconds).toBe(gap);
  });

  test('is in UTC unless a zone is given', () => {
    expect(timeZoneOf(bind(BackupSchedule.daily({ at: '02:00' })))).toBe('UTC');
    expect(timeZoneOf(bind(BackupSchedule.daily({ at: '02:00', timeZone: TimeZone.EUROPE_PARIS })))).toBe('Europe/Paris');
    expect(timeZoneOf(bind(BackupSchedule.every(Duration.hours(6))))).toBe('UTC');
    expect(timeZoneOf(bind(BackupSchedule.daily({ at: '02:00', timeZone: TimeZone.of('US/Eastern') })))).toBe('US/Eastern');
  });

  test('every N that becomes a cron fires at even distances, midnight included', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 3000 }), (minutes) => {
      const made = expression(BackupSchedule.every(Duration.minutes(minutes)));
      const slots = slotsOfADay(made);
      if (!slots) {
        expect(made).toMatch(/^rate\(/);
        return;
      }
      expect(slots[0]).toBe(0);
      expect([...slots.slice(1), 1440].map((slot, index) => slot - slots[index])).toEqual(slots.map(() => minutes));
    }));
  });

  test('a time of the day comes back as it was given', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), (hour, minute) => {
      const at = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
      expect(expression(BackupSchedule.daily({ at }))).toBe(`cron(${minute} ${hour} * * ? *)`);
    }));
  });

  test.each([
    [() => BackupSchedule.daily({ at: '24:00' }), 'S: schedule.at is "24:00"; allowed: a time from 00:00 to 23:59, such as 02:00'],
    [() => BackupSchedule.daily({ at: '2:00' }), 'schedule.at is "2:00"'],
    [() => BackupSchedule.daily({ at: '02:00', timeZone: TimeZone.of('Mars/Phobos') }), 'schedule.timeZone is "Mars/Phobos"'],
    [() => BackupSchedule.monthly({ at: '02:00', day: 29 }), 'schedule.day is 29; allowed: a whole number from 1 to 28'],
    [() => BackupSchedule.every(Duration.seconds(90)), 'schedule.interval is 1 minute 30 seconds'],
    [() => BackupSchedule.every(Duration.days(366)), 'schedule.interval is 366 days'],
    [() => BackupSchedule.cron('0 2 * * *'), 'allowed: six fields'],
    [() => BackupSchedule.cron('0 2 * * * *'), 'exactly one of day of month and day of week as ?'],
    [() => BackupSchedule.cron('0 2 ? * ? *'), 'exactly one of'],
    [() => BackupSchedule.cron('0 2) ? * MON *'), 'S: schedule.cron is "0 2) ? * MON *", with "2)" in it; allowed: values from 0 to 23, '],
    [() => BackupSchedule.cron('61 2 * * ? *'), 'S: schedule.cron is "61 2 * * ? *", with "61" in it; allowed: values from 0 to 59, '],
    [() => BackupSchedule.cron('@daily'), 'S: schedule.cron is "@daily"; allowed: six fields'],
    [() => BackupSchedule.cron('cron(0 2 * * ? *)'), 'S: schedule.cron is "cron(0 2 * * ? *)", with "CRON(0" in it; allowed: values from 0 to 59, '],
    [() => BackupSchedule.cron('0 2 31 FEB ? *'), 'S: schedule.cron is "0 2 31 FEB ? *"; allowed: a schedule that goes on running; no day between 2026 and 2081 is one of its days'],
    [() => BackupSchedule.cron('0 2 29 2 ? 2027'), 'allowed: a schedule that goes on running; no day between'],
    [() => BackupSchedule.cron('15 10 ? * 6L 2022-2023'), 'allowed: a schedule that goes on running; no day between'],
    [() => BackupSchedule.cron('0 2 * * ? 2026-2030'), 'a schedule that goes on running; after 2030-12-31 02:00 UTC it does not run again before 2082'],
    [
      () => BackupSchedule.cron('30 2 ? 3 1L *', { timeZone: TimeZone.EUROPE_PARIS }),
      'its times are ones that a change of the clocks leaves out, such as 2026-03-29 02:30 in Europe/Paris',
    ],
    [() => BackupSchedule.daily({ at: '02:00', timeZone: TimeZone.of('europe/paris') }), 'schedule.timeZone is "europe/paris"'],
    [() => BackupSchedule.daily({ at: '02:00', timeZone: TimeZone.of('Europe/paris') }), 'schedule.timeZone is "Europe/paris"'],
    [() => BackupSchedule.daily({ at: '02:00', timeZone: TimeZone.of('+02:00') }), 'schedule.timeZone is "+02:00"'],
  ])('refuses %#', (schedule, message) => expect(() => bind(schedule())).toThrow(message));
});

/** The minutes of a day at which a cron without days fires; undefined for a rate. */
function slotsOfADay(made: string): number[] | undefined {
  const match = /^cron\((\S+) (\S+) \* \* \? \*\)$/.exec(made);
  if (!match) return undefined;
  const [minutes, hours] = [values(match[1], 60), values(match[2], 24)];
  return hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
}

function values(field: string, end: number): number[] {
  const step = field === '*' ? 1 : Number(/^0\/(\d+)$/.exec(field)?.[1] ?? Number.NaN);
  return Number.isNaN(step) ? [Number(field)] : Array.from({ length: Math.ceil(end / step) }, (_, index) => index * step);
}

describe('Retention', () => {
  const bound = (retention: Retention, timeZone = 'UTC') => retention._bind(stack, timeZone);
  const rules = (retention: Retention) => bound(retention).rules;

  test('by generations, by age, by count', () => {
    expect(rules(Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }))).toEqual({ daily: 7, weekly: 4, monthly: 12 });
    expect(rules(Retention.days(30))).toEqual({ days: 30 });
    expect(rules(Retention.count(5))).toEqual({ last: 5 });
  });

  test.each([
    ['gfs', (options: RetentionOptions) => Retention.gfs({ daily: 7, ...options })],
    ['days', (options: RetentionOptions) => Retention.days(7, options)],
    ['count', (options: RetentionOptions) => Retention.count(7, options)],
  ])('%s: three proven copies and the schedule\'s zone unless given', (_, make) => {
    expect(bound(make({}), 'Asia/Tokyo')).toMatchObject({ minimumVerified: 3, timeZone: 'Asia/Tokyo' });
    expect(bound(make({ minimumVerified: 1, timeZone: TimeZone.EUROPE_PARIS }), 'Asia/Tokyo')).toMatchObject({ minimumVerified: 1, timeZone: 'Europe/Paris' });
    expect(bound(make({ timeZone: TimeZone.ETC_UTC }), 'Asia/Tokyo')).toMatchObject({ timeZone: 'UTC' });
    for (const minimumVerified of [0, -1, 1.5, 10_001]) {
      expect(() => bound(make({ minimumVerified }))).toThrow(`S: retention.minimumVerified is ${minimumVerified}; allowed: a whole number from 1 to 10000`);
    }
    for (const name of ['Mars/Phobos', '+02:00', 'europe/paris']) {
      expect(() => bound(make({ timeZone: TimeZone.of(name) }))).toThrow(`S: retention.timeZone is "${name}"; allowed: a zone`);
    }
  });

  test('any whole count from 1 to 10000 is kept as given, any other is refused with its name and value', () => {
    const rule = fc.constantFrom('last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly');
    fc.assert(fc.property(rule, fc.integer({ min: 1, max: 10_000 }), (name, count) => {
      expect(rules(Retention.gfs({ [name]: count }))).toEqual({ [name]: count });
    }));
    const wrong = fc.oneof(fc.integer({ max: 0 }), fc.integer({ min: 10_001 }), fc.double({ noInteger: true }));
    fc.assert(fc.property(rule, wrong, (name, count) => {
      expect(() => rules(Retention.gfs({ [name]: count }))).toThrow(`S: retention.${name} is ${String(count)}; allowed: a whole number from 1 to 10000`);
    }));
  });

  test('refuses to keep nothing', () => {
    expect(() => rules(Retention.gfs({}))).toThrow('S: retention is empty; allowed: at least one of');
  });

  test('what is declared is of the contract\'s form; a rule it does not know, and no rule at all, are not', () => {
    expect(DeclaredRetention.parse(bound(Retention.gfs({ daily: 7, yearly: 2 })))).toEqual({ rules: { daily: 7, yearly: 2 }, minimumVerified: 3, timeZone: 'UTC' });
    const form = { minimumVerified: 3, timeZone: 'UTC' };
    expect(DeclaredRetention.safeParse({ ...form, rules: { fortnightly: 7 } }).success).toBe(false);
    expect(DeclaredRetention.safeParse({ ...form, rules: { daily: 0 } }).success).toBe(false);
    expect(DeclaredRetention.safeParse({ ...form, rules: {} }).success).toBe(false);
  });
});
