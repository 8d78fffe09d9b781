import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, TimeZone } from 'aws-cdk-lib';
import { BackupSchedule } from '../../../lib';
import { ExpressionRefused, longestGapSeconds, parseExpression, slotsBetween } from '../../../lib/model/schedule';

const from = Date.UTC(2027, 0, 1) / 1000;
const stack = new Stack(new App(), 'S');

/** The first slots of 2027 in UTC, whose January begins on a Friday and whose February has 28 days. */
const ACCEPTED: readonly [given: string, deployed: string, ...slots: string[]][] = [
  ['0 2 * * ? *', '0 2 * * ? *', '01-01 02:00', '01-02 02:00'],
  ['0 2 * * ?', '0 2 * * ? *', '01-01 02:00', '01-02 02:00'],
  ['0 2 ? * MON-FRI *', '0 2 ? * MON-FRI *', '01-01 02:00', '01-04 02:00', '01-05 02:00'],
  ['0 2 ? * 2-6 *', '0 2 ? * 2-6 *', '01-01 02:00', '01-04 02:00', '01-05 02:00'],
  ['0 2 ? * 1 *', '0 2 ? * 1 *', '01-03 02:00', '01-10 02:00'],
  ['0 2 ? * mon *', '0 2 ? * MON *', '01-04 02:00', '01-11 02:00'],
  ['0 02 * * ? *', '0 2 * * ? *', '01-01 02:00', '01-02 02:00'],
  ['*/15 * * * ? *', '0/15 * * * ? *', '01-01 00:00', '01-01 00:15', '01-01 00:30', '01-01 00:45', '01-01 01:00'],
  ['5/20 8-10 * * ? *', '5/20 8-10 * * ? *', '01-01 08:05', '01-01 08:25', '01-01 08:45', '01-01 09:05', '01-01 09:25', '01-01 09:45', '01-01 10:05',
    '01-01 10:25', '01-01 10:45', '01-02 08:05'],
  ['0 8-18/4 * * ? *', '0 8-18/4 * * ? *', '01-01 08:00', '01-01 12:00', '01-01 16:00', '01-02 08:00'],
  ['0 22-1 * * ? *', '0 22-23,0-1 * * ? *', '01-01 00:00', '01-01 01:00', '01-01 22:00', '01-01 23:00', '01-02 00:00'],
  ['0 2 ? * FRI-MON *', '0 2 ? * FRI-SAT,SUN-MON *', '01-01 02:00', '01-02 02:00', '01-03 02:00', '01-04 02:00', '01-08 02:00'],
  ['0 2 ? * SAT-SUN *', '0 2 ? * SAT,SUN *', '01-02 02:00', '01-03 02:00', '01-09 02:00'],
  ['0 2 1 JAN,JUL ? *', '0 2 1 JAN,JUL ? *', '01-01 02:00', '07-01 02:00', '01-01 02:00'],
  ['0 2 31 * ? *', '0 2 31 * ? *', '01-31 02:00', '03-31 02:00', '05-31 02:00', '07-31 02:00', '08-31 02:00'],
  ['0 2 29 2 ? *', '0 2 29 2 ? *', '02-29 02:00'],
  ['0 2 L * ? *', '0 2 L * ? *', '01-31 02:00', '02-28 02:00', '03-31 02:00', '04-30 02:00'],
  ['0 2 L-3 * ? *', '0 2 L-3 * ? *', '01-28 02:00', '02-25 02:00', '03-28 02:00', '04-27 02:00'],
  ['0 2 LW * ? *', '0 2 LW * ? *', '01-29 02:00', '02-26 02:00', '03-31 02:00'],
  ['0 2 15W * ? *', '0 2 15W * ? *', '01-15 02:00', '02-15 02:00', '03-15 02:00', '04-15 02:00', '05-14 02:00', '06-15 02:00'],
  ['0 2 1W * ? *', '0 2 1W * ? *', '01-01 02:00', '02-01 02:00', '03-01 02:00', '04-01 02:00', '05-03 02:00', '06-01 02:00'],
  ['0 2 28W * ? *', '0 2 28W * ? *', '01-28 02:00', '02-26 02:00', '03-29 02:00', '04-28 02:00', '05-28 02:00'],
  ['0 2 ? * L *', '0 2 ? * SAT *', '01-02 02:00', '01-09 02:00'],
  ['0 2 ? * 6L *', '0 2 ? * 6L *', '01-29 02:00', '02-26 02:00', '03-26 02:00', '04-30 02:00'],
  ['0 2 ? * friL *', '0 2 ? * 6L *', '01-29 02:00', '02-26 02:00', '03-26 02:00', '04-30 02:00'],
  ['0 2 ? * 2#1 *', '0 2 ? * 2#1 *', '01-04 02:00', '02-01 02:00', '03-01 02:00', '04-05 02:00'],
  ['0 2 ? * MON#1 *', '0 2 ? * 2#1 *', '01-04 02:00', '02-01 02:00', '03-01 02:00', '04-05 02:00'],
  ['0 2 ? * 2#5 *', '0 2 ? * 2#5 *', '03-29 02:00', '05-31 02:00', '08-30 02:00'],
  ['0 2 * * ? 2027-2199', '0 2 * * ? 2027-2199', '01-01 02:00'],
];

const SIX_FIELDS = 'six fields: minutes, hours, day of month, month, day of week, year; exactly one of day of month and day of week as ?';

const REFUSED: readonly [given: string, part: string, allowed: string][] = [
  ['0 2 * * *', '0 2 * * *', SIX_FIELDS],
  ['0 2 * * * *', '0 2 * * * *', SIX_FIELDS],
  ['0 2 ? * ? *', '0 2 ? * ? *', SIX_FIELDS],
  ['0 2 1 * MON *', '0 2 1 * MON *', SIX_FIELDS],
  ['0 0 2 * * ? *', '0 0 2 * * ? *', SIX_FIELDS],
  ['@daily', '@daily', SIX_FIELDS],
  ['61 2 * * ? *', '61', 'values from 0 to 59, ranges such as 0-59, lists with commas, steps such as 0/2 or * alone, in minutes'],
  ['0 24 * * ? *', '24', 'values from 0 to 23, ranges such as 0-23, lists with commas, steps such as 0/2 or * alone, in hours'],
  ['0 2 0 * ? *', '0', 'values from 1 to 31, ranges such as 1-31, lists with commas, steps such as 1/2 or * alone, in day of month'],
  ['0 2 32 * ? *', '32', 'values from 1 to 31, ranges such as 1-31, lists with commas, steps such as 1/2 or * alone, in day of month'],
  ['0 2 * 13 ? *', '13', 'values from 1 to 12 or JAN to DEC, ranges such as 1-12, lists with commas, steps such as 1/2 or * alone, in month'],
  ['0 2 ? * 0 *', '0', 'values from 1 to 7 or SUN to SAT, ranges such as 1-7, lists with commas or * alone, in day of week'],
  ['0 2 ? * 8 *', '8', 'values from 1 to 7 or SUN to SAT, ranges such as 1-7, lists with commas or * alone, in day of week'],
  ['0 2 ? * MONDAY *', 'MONDAY', 'values from 1 to 7 or SUN to SAT, ranges such as 1-7, lists with commas or * alone, in day of week'],
  ['0 2 * * ? 1969', '1969', 'values from 1970 to 2199, ranges such as 1970-2199, lists with commas, steps such as 1970/2 or * alone, in year'],
  ['0 2 * * ? 2200', '2200', 'values from 1970 to 2199, ranges such as 1970-2199, lists with commas, steps such as 1970/2 or * alone, in year'],
  ['0 2 * * ? 2030-2027', '2030-2027', 'a range that ascends, in year'],
  ['*/0 * * * ? *', '*/0', 'steps from 1 to 59, in minutes'],
  ['0/60 * * * ? *', '0/60', 'steps from 1 to 59, in minutes'],
  ['0 2 1/31 * ? *', '1/31', 'steps from 1 to 30, in day of month'],
  ['45-15/5 * * * ? *', '45-15/5', 'a range that ascends, when it has steps, in minutes'],
  ['*,5 * * * ? *', '*', 'values from 0 to 59, ranges such as 0-59, lists with commas, steps such as 0/2 or * alone, in minutes'],
  ['1,,2 * * * ? *', '', 'values from 0 to 59, ranges such as 0-59, lists with commas, steps such as 0/2 or * alone, in minutes'],
  ['0, 2 * * ? *', '', 'values from 0 to 59, ranges such as 0-59, lists with commas, steps such as 0/2 or * alone, in minutes'],
  ['-5 2 * * ? *', '-5', 'values from 0 to 59, ranges such as 0-59, lists with commas, steps such as 0/2 or * alone, in minutes'],
  ['0 ? * * ? *', '?', 'values from 0 to 23, ranges such as 0-23, lists with commas, steps such as 0/2 or * alone, in hours'],
  ['0 2 ? * MON/2 *', 'MON/2', 'the days one by one, such as MON,WED,FRI: AWS documents no steps, in day of week'],
  ['0 2 L-28 * ? *', 'L-28', 'L-1 to L-27, days that each month has, in day of month'],
  ['0 2 31W * ? *', '31W', '1W to 28W, days that each month has, or LW for the last working day, in day of month'],
  ['0 2 0W * ? *', '0W', '1W to 28W, days that each month has, or LW for the last working day, in day of month'],
  ['0 2 1W,15W * ? *', '1W,15W', 'L, L-3, LW or 15W, and nothing beside it, in day of month'],
  ['0 2 15,L * ? *', '15,L', 'L, L-3, LW or 15W, and nothing beside it, in day of month'],
  ['0 2 ? * 6L,2 *', '6L,2', '6L for the month\'s last Friday or 6#1 for its first (to 6#5), and nothing beside it, in day of week'],
  ['0 2 ? * 8L *', '8L', '6L for the month\'s last Friday or 6#1 for its first (to 6#5), and nothing beside it, in day of week'],
  ['0 2 ? * 3#1,6#3 *', '3#1,6#3', '6L for the month\'s last Friday or 6#1 for its first (to 6#5), and nothing beside it, in day of week'],
  ['0 2 ? * 6#6 *', '6#6', '6L for the month\'s last Friday or 6#1 for its first (to 6#5), and nothing beside it, in day of week'],
  ['0 2 ? * 6#0 *', '6#0', '6L for the month\'s last Friday or 6#1 for its first (to 6#5), and nothing beside it, in day of week'],
];

const NEVER: readonly [given: string, timeZone: TimeZone][] = [
  ['0 2 31 2 ? *', TimeZone.ETC_UTC],
  ['0 2 29 2 ? 2027', TimeZone.ETC_UTC],
  ['0 2 1 1 ? 2027', TimeZone.ETC_UTC],
  ['0 2 * * ? 2026-2030', TimeZone.ETC_UTC],
  ['15 10 ? * 6L 2022-2023', TimeZone.ETC_UTC],
  ['30 2 ? 3 1L *', TimeZone.EUROPE_PARIS],
];

const refusalOf = (expression: string): ExpressionRefused => {
  try {
    parseExpression(expression, 'UTC');
  } catch (error) {
    if (error instanceof ExpressionRefused) return error;
  }
  throw new Error(`${expression} is accepted`);
};

test.each(ACCEPTED.map(([given, ...rest]) => [given, rest] as const))('%s is accepted', (given, [deployed, ...slots]) => {
  const schedule = parseExpression(`cron(${given})`, 'UTC');
  expect(schedule).toEqual({ kind: 'cron', expression: deployed, timeZone: 'UTC' });
  const found = slotsBetween(schedule, from, from + 800 * 86_400).slice(0, slots.length);
  expect(found.map((slot) => new Date(slot * 1000).toISOString().slice(5, 16).replace('T', ' '))).toEqual(slots);
  expect(slotsBetween({ kind: 'cron', expression: given, timeZone: 'UTC' }, from, from + 800 * 86_400).slice(0, slots.length)).toEqual(found);
  expect(longestGapSeconds(schedule).seconds).toBeLessThan(Number.POSITIVE_INFINITY);
});

test.each(REFUSED)('%s is refused', (expression, given, allowed) => {
  expect(refusalOf(`cron(${expression})`)).toMatchObject({ given, allowed, name: 'ExpressionRefused' });
  expect(refusalOf(`cron(${expression})`).message).toBe(`${JSON.stringify(given)} is no schedule; allowed: ${allowed}`);
  expect(() => BackupSchedule.cron(expression)._bind(stack)).toThrow(`S: schedule.cron is ${JSON.stringify(expression)}`);
});

test.each(NEVER)('%s does not go on running, and is refused at synth', (expression, timeZone) => {
  expect(() => BackupSchedule.cron(expression, { timeZone })._bind(stack))
    .toThrow(`S: schedule.cron is ${JSON.stringify(expression)}; allowed: a schedule that goes on running; `);
});

test.each([
  ['0 2 L-1 * ? *', true], ['0 2 L-0 * ? *', false], ['0 2 L-27 * ? *', true], ['0 2 28W * ? *', true], ['0 2 29W * ? *', false],
  ['0 2 1/30 * ? *', true], ['0 2 * 1/11 ? *', true], ['0 2 * 1/12 ? *', false], ['0 0/23 * * ? *', true], ['0 0/24 * * ? *', false],
  ['0 2 * * ? 1970/229', true], ['0 2 * * ? 1970/230', false], ['0/1 * * * ? *', true], ['0 2 ? * 1L *', true], ['0 2 ? * 7L *', true], ['0 2 ? * 7#5 *', true],
  ['0 2 ? * 0L *', false], ['0 2 ? * 0#1 *', false], ['0 2 ? * XXX#1 *', false], ['0 2 ? * 1-1 *', true], ['0', false],
])('of %s it is %s that it is accepted', (given, accepted) => {
  const parse = () => parseExpression(`cron(${given})`, 'UTC');
  if (accepted) expect(parse()).toMatchObject({ kind: 'cron' });
  else expect(parse).toThrow(ExpressionRefused);
});

test('the page has each of them, and no other', () => {
  const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'policy.md'), 'utf8');
  const cron = page.slice(page.indexOf('\n### Cron\n'));
  const section = cron.slice(0, cron.search(/\n## /) < 0 ? undefined : cron.search(/\n## /));
  const rows = [...section.matchAll(/^\| `(.+?)` (?:in `(.+?)` )?\|(.*)\|$/gm)].map(([, given, zone, rest]) => ({ given, zone, rest }));
  const tested = [...ACCEPTED.map(([given]) => given), ...REFUSED.map(([given]) => given), ...NEVER.map(([given]) => given), 'at(2026-11-20T02:00:00)'];
  expect(rows.map(({ given }) => given)).toEqual(tested);
  for (const [index, [given, deployed]] of ACCEPTED.entries()) {
    expect(rows[index].rest.split(' | ')[0]).toBe(given === deployed ? ' the same' : ` \`${deployed}\``);
  }
});

test('an expression as a whole has 256 characters at most', () => {
  const years = (count: number): string => Array.from({ length: count }, (_, index) => 1970 + index).join(',');
  const tooLong = `cron(10 10 * * ? ${years(47)},2100)`;
  expect(tooLong).toHaveLength(257);
  expect(refusalOf(tooLong)).toMatchObject({ allowed: '256 characters at most, cron( ) included' });
  expect(parseExpression(tooLong.replace('10 10', '1 10'), 'UTC')).toMatchObject({ kind: 'cron' });
});

test.each([
  ['rate(1 minute)', 1], ['rate(5 minutes)', 5], ['rate(1 hour)', 60], ['rate(1 hours)', 60], ['rate(05 hours)', 300], ['rate(1 days)', 1440], ['rate( 2  days )', 2880],
])('%s is accepted', (expression, minutes) => {
  expect(parseExpression(expression, 'Europe/Paris')).toEqual({ kind: 'rate', minutes });
});

test.each([
  ['rate(0 minutes)', 'rate(<whole number> minutes|hours|days), at least 1 minute'],
  ['rate(30 seconds)', 'rate(<whole number> minutes|hours|days), at least 1 minute'],
  ['rate(1.5 hours)', 'rate(<whole number> minutes|hours|days), at least 1 minute'],
  ['rate(-1 hours)', 'rate(<whole number> minutes|hours|days), at least 1 minute'],
  ['rate(hour)', 'rate(<whole number> minutes|hours|days), at least 1 minute'],
  ['rate()', 'rate(<whole number> minutes|hours|days), at least 1 minute'],
  ['at(2026-11-20T02:00:00)', 'cron(…) or rate(…): a backup that runs once is no policy'],
  ['0 2 * * ? *', 'cron(…) or rate(…)'],
  ['cron(0 2 * * ? *', 'cron(…) or rate(…)'],
  ['xcron(0 2 * * ? *)', 'cron(…) or rate(…)'],
])('%s is refused', (expression, allowed) => expect(refusalOf(expression)).toMatchObject({ given: expression, allowed }));
