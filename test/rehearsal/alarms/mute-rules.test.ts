import fc from 'fast-check';
import { parseExpression } from '../../../lib/model/schedule';
import type { MetricAlarm } from '../../../rehearsal/alarms/alarm';
import type { StateChange, TakenAction } from '../../../rehearsal/alarms/evaluate';
import { isMuted, type MuteRule } from '../../../rehearsal/alarms/mute-rules';
import { MutedActions } from '../../../rehearsal/alarms/muted-actions';

const HOUR = 3600;
const at = (instant: string): number => Date.parse(instant) / 1000;
const alarm = { arn: 'arn:aws:cloudwatch:eu-west-3:1:alarm:Low', name: 'Low', region: 'eu-west-3' } as MetricAlarm;
const rule = (expression: string, seconds: number): MuteRule => (
  { path: 'App/Quiet', region: 'eu-west-3', alarms: ['Low'], schedule: parseExpression(expression, 'Europe/Paris'), seconds });
const nightly = rule('cron(0 20 * * ? *)', 11 * HOUR);

describe('a mute rule', () => {
  test.each([
    ['2026-07-01T17:59:00Z', false], ['2026-07-01T18:00:00Z', true], ['2026-07-02T04:59:00Z', true], ['2026-07-02T05:00:00Z', false],
    // Eleven hours from 20:00 on, whatever the clocks do meanwhile.
    ['2026-03-29T05:59:00Z', true], ['2026-03-29T06:00:00Z', false], ['2026-10-25T04:59:00Z', true], ['2026-10-25T05:00:00Z', false],
  ])('from its minute on, for its duration: %s', (instant, muted) => {
    expect(isMuted([nightly], alarm, at(instant))).toBe(muted);
  });

  test('of others, or of another region, says nothing', () => {
    const night = at('2026-07-01T22:00:00Z');
    expect(isMuted([nightly], { ...alarm, name: 'High' }, night)).toBe(false);
    expect(isMuted([nightly], { ...alarm, region: 'eu-west-1' }, night)).toBe(false);
    expect(isMuted([{ ...nightly, alarms: [] }], alarm, night)).toBe(false);
  });
});

describe('what an alarm would tell meanwhile', () => {
  const change = (to: StateChange['to'], instant: string): StateChange => ({ alarm, from: to === 'OK' ? 'ALARM' : 'OK', to, at: at(instant), reason: '' });
  const action = (one: StateChange): TakenAction => ({ change: one, at: one.at, targets: ['arn:aws:sns:eu-west-3:1:Topic'] });
  /** What is done at each minute of a course, as state and instant. */
  const course = (rules: readonly MuteRule[], changes: readonly StateChange[], until: number): string[] => {
    const muted = new MutedActions(rules);
    const done: string[] = [];
    let state: StateChange['to'] = 'OK';
    for (let now = changes[0].at; now <= until; now += 60) {
      const these = changes.filter((one) => one.at === now);
      for (const one of these) state = one.to;
      for (const { change: { to }, mutedSeconds } of muted.pass(these, these.map(action), () => state, now)) {
        done.push(`${to} ${new Date(now * 1000).toISOString().slice(0, 16)}${mutedSeconds === undefined ? '' : ` after ${mutedSeconds / 60} min`}`);
      }
    }
    expect(muted.waiting).toBe(0);
    return done;
  };
  const noon = at('2026-07-02T12:00:00Z');

  test('outside of its hours is told at once', () => {
    expect(course([nightly], [change('ALARM', '2026-07-01T10:00:00Z')], noon)).toEqual(['ALARM 2026-07-01T10:00']);
  });

  test('within them, and still so at their end, is told then', () => {
    expect(course([nightly], [change('ALARM', '2026-07-01T22:00:00Z')], noon)).toEqual(['ALARM 2026-07-02T05:00 after 420 min']);
  });

  test('within them, and over before their end, is no alarm any more: only the state that is still so is told', () => {
    const night = [change('ALARM', '2026-07-01T22:00:00Z'), change('OK', '2026-07-02T01:00:00Z')];
    expect(course([nightly], night, noon)).toEqual(['OK 2026-07-02T05:00 after 240 min']);
  });

  test('two that overlap: told when both are over', () => {
    const later = rule('cron(0 6 * * ? *)', 3 * HOUR);
    expect(course([nightly, later], [change('ALARM', '2026-07-01T22:00:00Z')], noon)).toEqual(['ALARM 2026-07-02T07:00 after 540 min']);
  });

  test('a state that lasts is told once and never lost, whenever it begins', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 7 * 24 * 60 }), (minute) => {
      const began = at('2026-03-26T00:00:00Z') + minute * 60;
      const done = course([nightly], [{ ...change('ALARM', '2026-03-26T00:00:00Z'), at: began }], began + 24 * HOUR);
      expect(done).toEqual([expect.stringMatching(/^ALARM/)]);
    }), { numRuns: 10 });
  });
});
