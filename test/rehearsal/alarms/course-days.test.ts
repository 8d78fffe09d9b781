import { coursesOf } from '../../../rehearsal/alarms/course-days';
import type { World } from '../../../rehearsal/alarms/world';
import { zoneChanges } from '../../../rehearsal/alarms/zone-change';

const DAY = 86_400;
const at = (instant: string): number => Date.parse(instant) / 1000;
const world = (...schedules: [expression: string, timeZone: string][]): World =>
  ({ protections: schedules.map(([expression, timeZone]) => ({ schedule: { expression, timeZone } })) }) as unknown as World;

test('changes of a zone, to the minute', () => {
  const said = zoneChanges('Europe/Paris', at('2026-01-01T00:00:00Z'), at('2027-01-01T00:00:00Z'));
  expect(said.map(({ at: instant, kind }) => [new Date(instant * 1000).toISOString(), kind]))
    .toEqual([['2026-03-29T01:00:00.000Z', 'hour-skipped'], ['2026-10-25T01:00:00.000Z', 'hour-twice']]);
  expect(zoneChanges('Africa/Abidjan', at('2020-01-01T00:00:00Z'), at('2027-01-01T00:00:00Z'))).toEqual([]);
});

describe.each(['2026-01-15', '2026-04-02', '2026-07-01', '2026-11-21'])('courses, asked on %s', (today) => {
  const now = at(`${today}T12:34:00Z`);
  const kindsIn = (from: number, days: number, zone: string): string[] =>
    zoneChanges(zone, from, from + days * DAY).map(({ kind }) => kind);

  test.each([true, false])('of a zone with summer time have both changes, and lie behind (short: %s)', (short) => {
    const { month, changes } = coursesOf(world(['cron(30 2 * * ? *)', 'Europe/Paris']), now, short);
    expect(month.days).toBe(short ? 6 : 31);
    expect(kindsIn(month.at, month.days, 'Europe/Paris')).toEqual(['hour-skipped']);
    expect(changes.flatMap((one) => kindsIn(one.at, one.days, 'Europe/Paris'))).toContain('hour-twice');
    // Faults begin six days in, and last for 80 at most.
    expect(month.at + 87 * DAY).toBeLessThan(now);
    for (const one of changes) expect(one.at + one.days * DAY).toBeLessThan(now);
  });

  test('of zones without: another\'s clocks stand in, of which no hour of the schedules is left out', () => {
    const { changes } = coursesOf(world(['cron(0 2 * * ? *)', 'UTC'], ['cron(0 2 * * ? *)', 'Africa/Abidjan']), now, true);
    expect(changes.map(({ standIn }) => standIn)).toEqual(['Europe/Lisbon', 'Europe/Lisbon']);
    expect(changes.flatMap((one) => kindsIn(one.at, one.days, 'Europe/Lisbon')).sort()).toEqual(['hour-skipped', 'hour-twice']);
    const { changes: [early] } = coursesOf(world(['cron(30 1 * * ? *)', 'UTC']), now, true);
    expect(early.standIn).not.toBe('Europe/Lisbon');
  });
});
