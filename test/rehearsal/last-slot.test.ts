import { lastSlot } from '../../rehearsal/last-slot';

const NOW = new Date('2026-11-20T09:17:30Z');

test.each<[string, string, string]>([
  ['cron(0 2 * * ? *)', 'UTC', '2026-11-20T02:00:00Z'],
  ['cron(0 12 * * ? *)', 'UTC', '2026-11-19T12:00:00Z'],
  ['cron(0 2 * * ? *)', 'Europe/Paris', '2026-11-20T01:00:00Z'],
  ['cron(30 8 * * ? *)', 'America/New_York', '2026-11-19T13:30:00Z'],
  ['cron(0/15 * * * ? *)', 'UTC', '2026-11-20T09:15:00Z'],
  ['cron(0 0/6 * * ? *)', 'UTC', '2026-11-20T06:00:00Z'],
  ['cron(5 4 ? * SUN *)', 'UTC', '2026-11-15T04:05:00Z'],
  ['cron(5 4 ? * MON-WED *)', 'UTC', '2026-11-18T04:05:00Z'],
  ['cron(0 3 1 * ? *)', 'UTC', '2026-11-01T03:00:00Z'],
  ['cron(0 3 29 FEB ? *)', 'UTC', '2024-02-29T03:00:00Z'],
  ['rate(1 hour)', 'UTC', '2026-11-20T09:00:00Z'],
  ['rate(7 minutes)', 'UTC', '2026-11-20T09:15:00Z'],
  ['cron(0 3 L * ? *)', 'UTC', '2026-10-31T03:00:00Z'],
  ['cron(0 3 ? * 6#2 *)', 'UTC', '2026-11-13T03:00:00Z'],
  ['cron(0 3 1 1 ? 2027-2199)', 'UTC', '2026-11-20T09:17:00Z'],
])('%s in %s', (expression, zone, expected) => {
  expect(lastSlot(expression, zone, NOW)).toBe(expected);
});

test('a local time that daylight saving leaves out is the day before\'s', () => {
  expect(lastSlot('cron(30 2 * * ? *)', 'Europe/Paris', new Date('2026-03-29T12:00:00Z'))).toBe('2026-03-28T01:30:00Z');
});
