import fc from 'fast-check';
import { ALARM_KIND_NAMES, ALARM_KINDS, sectionOf } from '../../../lib/contract/alarm-kinds';
import { METRICS } from '../../../lib/contract/metrics';
import { ForeignReportError, judge, judgeReplica } from '../../../rehearsal/status/judge';
import { introduction } from '../../../rehearsal/status/html';
import { headline, statusText } from '../../../rehearsal/status/text';
import { age } from '../../../rehearsal/status/words';
import { alarms, copy, declared, instant, mixed, policy, report, state, status } from './fixture';

/** A value just beyond the threshold of each kind. */
const beyond = (kind: (typeof ALARM_KIND_NAMES)[number]): number => {
  const { threshold } = alarms().find((alarm) => alarm.kind === kind)!;
  return ALARM_KINDS[kind].breach === 'above' ? threshold + 1 : threshold - 1;
};

test('a healthy policy is well, and says how old its newest proven copy is', () => {
  const { condition, protections: [one], breaches } = policy();
  expect([condition, one.condition, breaches]).toEqual(['well', 'well', []]);
  expect(one.sentence).toBe('A proven copy, 7 h 14 min old. The next run is due at 2026-11-22 02:00 UTC.');
  expect(one.drill).toMatchObject({ restoreSeconds: 72.6, ofRtoPercent: 2.02 });
});

test.each(ALARM_KIND_NAMES)('%s beyond its threshold is trouble with a sentence and its section, and at it is none', (kind) => {
  const { metric } = ALARM_KINDS[kind];
  const of = METRICS[metric].of;
  const at = (value: number) => policy(of === 'policy' ? { gauges: { [metric]: value } } : { protections: [state({ gauges: { [metric]: value } })] });
  const found = at(beyond(kind));
  const [breach] = of === 'policy' ? found.breaches : found.protections[0].breaches;
  expect(found.condition).toBe('trouble');
  expect(breach).toMatchObject({ kind, section: sectionOf(kind), severity: ALARM_KINDS[kind].severity, sentence: expect.stringMatching(/^[A-Z0-9].*\.$/) });
  expect(breach.sentence).not.toMatch(/NaN|undefined/);
  expect(at(alarms().find((alarm) => alarm.kind === kind)!.threshold).condition).toBe('well');
});

test.each(ALARM_KIND_NAMES.filter((kind) => METRICS[ALARM_KINDS[kind].metric].of === 'protection'))('under a pause %s is silent exactly where its kind is', (kind) => {
  const paused = { until: instant(-2), reason: 'move' };
  const gauges = { [ALARM_KINDS[kind].metric]: beyond(kind), pausedSeconds: 1 };
  const { condition, alarms: held } = policy({ protections: [state({ paused, gauges })] });
  expect(condition).toBe(ALARM_KINDS[kind].paused ? 'paused' : 'trouble');
  expect(held.find((one) => one.kind === kind)?.state).toBe(ALARM_KINDS[kind].paused ? 'silent' : 'breached');
});

test('what a note speaks of is named once', () => {
  const notes = [{ metric: 'unreadable', text: 'A manifest is damaged.', about: 'runs/a.json' }, { metric: 'clockSkew', text: 'Of runs/b.json.', about: 'runs/b.json' }];
  const { protections: [one] } = policy({ protections: [state({ notes, gauges: { unreadable: 1 } })] });
  expect(one.breaches[0].because).toEqual(['A manifest is damaged. (runs/a.json)']);
  expect(one.notes.map(({ text }) => text)).toEqual(['Of runs/b.json.']);
});

test('a pause that has ended silences nothing', () => {
  const { condition } = policy({ protections: [state({ paused: { until: instant(1), reason: 'move' }, gauges: { recoveryPointAge: 1e6 } })] });
  expect(condition).toBe('trouble');
});

test('what a breach is from is said with it, and only once', () => {
  const { protections: [, late], notes } = mixed();
  expect(late.breaches.find(({ kind }) => kind === 'backupFailed')?.because).toEqual([expect.stringContaining('could not sign in')]);
  expect(late.notes).toEqual([]);
  expect(notes).toHaveLength(1);
  expect(late.breaches.map(({ severity }) => severity)).toEqual([...late.breaches.map(({ severity }) => severity)].sort().reverse());
});

test.each([
  ['a gauge that is not there', report({ protections: [{ ...state(), gauges: {} }] })],
  ['a protection that is not spoken of', report({ protections: [] })],
  ['copies that could not be read', report({ protections: [], notes: [{ metric: 'store', text: 'The copies of database cannot be read: denied.', about: 'database' }] })],
])('%s is not known, and never well', (_what, read) => {
  const found = judge({ report: read, declared: declared(), alarms: alarms() });
  expect(found.condition).toBe('unknown');
  expect([...found.unknown, ...found.protections.map(({ sentence }) => sentence)].join(' ')).toMatch(/has no|says nothing|cannot be read/);
  expect(statusText(status([found]))).not.toMatch(/✓/);
  expect(headline(status([found]))).toBe('Not everything could be read.');
});

test('the report of another policy is refused', () => {
  expect(() => judge({ report: report(), declared: { ...declared(), application: 'forum' }, alarms: [] })).toThrow(ForeignReportError);
});

test('a replica is held against the alarms of its own region alone', () => {
  const [own] = alarms().filter(({ kind }) => kind === 'sentinelSilent');
  const gauges = { sentinelRounds: 0 };
  const read = report({ region: 'eu-west-1', gauges, protections: [] });
  expect(judgeReplica({ report: read, alarms: [{ ...own, region: 'eu-west-1' }] })).toMatchObject({ condition: 'trouble', breaches: [{ kind: 'sentinelSilent' }] });
  expect(judgeReplica({ report: read, alarms: [own] })).toMatchObject({ condition: 'well', breaches: [] });
});

test('an outage of one replica\'s sentinel keeps the whole from being well', () => {
  const replicas = [{ region: 'eu-west-1', condition: 'unknown' as const, breaches: [], alarms: [], error: 'Lambda did not run it' }];
  expect(judge({ report: report(), declared: declared(), alarms: alarms(), replicas }).condition).toBe('unknown');
});

test('the calendar has each day\'s fate', () => {
  const days = [[0, 0, 0], [2, 2, 0], [2, 1, 0], [2, 1, 1], [2, 0, 0]].map(([expected, proven, unproven], index) => (
    { day: instant(4 - index).slice(0, 10), expected, proven, unproven }));
  const { protections: [one] } = policy({ protections: [state({ days })] });
  expect(one.days.map(({ fate }) => fate)).toEqual(['nothing-due', 'proven', 'partly', 'unproven', 'missing']);
  expect(statusText(status([policy({ protections: [state({ days })] })]))).toContain('·■◧▲✗  from 17 Nov');
});

test('a copy without a verdict is not the proven one, and is said to wait', () => {
  const waiting = copy(0, { outcome: undefined, verifiedAt: undefined, restoreSeconds: undefined });
  const newer = state({ copies: [waiting, copy(1)], newestCopy: waiting, newestProven: copy(1) });
  const { protections: [one] } = policy({ protections: [newer] });
  expect(one.sentence).toContain('A newer one waits for its verification.');
  expect(statusText(status([policy({ protections: [state({ copies: [waiting], newestCopy: waiting, newestProven: undefined })] })])))
    .toContain('A copy is stored and waits for its verification.');
});

test('no text of a store can move the cursor or change a colour', () => {
  const hostile = 'x\u001b[2J\u202e\u0007<script>';
  const text = statusText(status([policy({ notes: [{ metric: 'auditAge', text: hostile }], protections: [state({ paused: { until: instant(-1), reason: hostile } })] })]));
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(text).toContain('\\x1b[2J\\u202e\\x07');
});

test('colours are only where they are asked for', () => {
  expect(statusText(status([mixed()]))).not.toContain('\u001b');
  expect(statusText(status([mixed()]), { color: true })).toContain('\u001b[31m✗');
});

test('what a loss would leave is said by the oldest of the newest', () => {
  expect(introduction(status([mixed()]))).toBe('If everything were lost now, 3 protections would come back as they were at most 55 h 14 min ago. 1 protection has no proven copy yet.');
  expect(introduction(status([], [{ application: 'a', environment: 'b', error: 'e', replicas: [] }]))).toBe('1 policy could not be read, so nothing is known of it.');
});

test('ages are spoken of in hours up to three days, and never lose more than half a minute', () => {
  fc.assert(fc.property(fc.integer({ min: 86_400, max: 3 * 86_400 - 60 }), (seconds) => {
    const [, hours, minutes = '0'] = /^(\d+) h(?: (\d+) min)?$/.exec(age(seconds)) ?? [];
    expect(Math.abs(Number(hours) * 3600 + Number(minutes) * 60 - seconds)).toBeLessThanOrEqual(30);
  }));
});
