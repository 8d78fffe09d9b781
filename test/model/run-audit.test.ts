import * as fc from 'fast-check';
import { auditRuns, type AuditedCopy } from '../../lib/model/run-audit';
import { seeded } from './seed';

const HOUR = 3600;
const DAY = 86_400;
const slot = Date.UTC(2026, 10, 20, 2) / 1000;
const copy = (rest: Partial<AuditedCopy> = {}): AuditedCopy =>
  ({ runId: '20261120T020000Z', slot, outcome: 'proven', finishedAt: slot + 600, attempts: 1, ...rest });
const audit = (expected: number[], copies: AuditedCopy[], now = slot + DAY) =>
  auditRuns({ expected, copies, now, dueSeconds: HOUR, verdictSeconds: 2 * HOUR });
const said = (...given: Parameters<typeof audit>) => audit(...given).map(({ kind, reason }) => `${kind}: ${reason}`);

test('a run that came in time and is proven is no issue', () => {
  expect(audit([slot], [copy()])).toEqual([]);
  expect(audit([slot], [copy({ outcome: 'proven-except' })])).toEqual([]);
});

test('a slot without a copy is missing once it is due', () => {
  expect(audit([slot], [], slot + HOUR)).toEqual([]);
  expect(audit([slot, slot], [], slot + HOUR + 1)).toEqual([{ kind: 'missing', slot, reason: 'no copy of 2026-11-20T02:00:00Z, due 1 s ago' }]);
  expect(audit([slot + 10 * DAY], [])).toEqual([]);
});

test('a copy that came after it was due is late', () => {
  expect(audit([slot], [copy({ finishedAt: slot + HOUR })])).toEqual([]);
  expect(said([slot], [copy({ finishedAt: slot + HOUR + 5400 })])).toEqual(['late: the copy of 2026-11-20T02:00:00Z came 1.5 h after it was due']);
});

test('a copy without a proof is unproven: at once with a verdict that is none, and without a verdict once that is due', () => {
  expect(said([slot], [copy({ outcome: 'not-proven' })])).toEqual(['unproven: the copy of 2026-11-20T02:00:00Z is not proven']);
  expect(said([slot], [copy({ outcome: 'checksums-only' })])).toEqual(['unproven: the copy of 2026-11-20T02:00:00Z is proven by checksums only']);
  expect(said([slot], [copy({ outcome: 'unverified' })], slot + 600 + 2 * HOUR)).toEqual([]);
  expect(said([slot], [copy({ outcome: 'unverified' })], slot + 600 + 2 * HOUR + 60)).toEqual(['unproven: the copy of 2026-11-20T02:00:00Z has no verdict, due 1 min ago']);
});

test('a slot with several attempts or copies is doubled; one of them in time and proven is enough', () => {
  expect(said([slot], [copy({ attempts: 2 })])).toEqual(['doubled: 2 attempts at 2026-11-20T02:00:00Z have left objects in the store, 1 of them a copy']);
  const other = copy({ runId: 'other', outcome: 'not-proven', finishedAt: slot + DAY + 1 });
  const doubled = ['doubled: 2 attempts at 2026-11-20T02:00:00Z have left objects in the store, 2 of them a copy'];
  expect(said([slot], [copy(), other])).toEqual(doubled);
  expect(said([slot], [other, copy()])).toEqual(doubled);
  const waiting = copy({ outcome: 'unverified', finishedAt: slot + DAY });
  for (const both of [[other, waiting], [waiting, other]]) {
    expect(said([slot], both)).toEqual(['late: the copy of 2026-11-20T02:00:00Z came 23 h after it was due', ...doubled]);
  }
});

test('the second after it was due is too late, for a copy and for a verdict', () => {
  expect(said([slot], [copy({ finishedAt: slot + HOUR + 1 })])).toEqual(['late: the copy of 2026-11-20T02:00:00Z came 1 s after it was due']);
  expect(said([slot], [copy({ outcome: 'unverified' })], slot + 600 + 2 * HOUR + 1)).toEqual(['unproven: the copy of 2026-11-20T02:00:00Z has no verdict, due 1 s ago']);
});

test('of several copies without a verdict the first that was there is waited for', () => {
  const [early, late] = [copy({ outcome: 'unverified' }), copy({ outcome: 'unverified', runId: 'late', finishedAt: slot + HOUR })];
  for (const both of [[early, late], [late, early]]) {
    expect(audit([slot], both, slot + 600 + 2 * HOUR + 1).map(({ kind }) => kind)).toEqual(['unproven', 'doubled']);
  }
});

test('a copy that nobody expected is asked what any copy is asked', () => {
  expect(audit([], [copy()])).toEqual([]);
  expect(said([], [copy({ outcome: 'not-proven' })])).toEqual(['unproven: the copy of 2026-11-20T02:00:00Z is not proven']);
});

test('the oldest slot comes first', () => {
  expect(audit([slot + DAY, slot], [copy({ slot: slot - DAY, finishedAt: slot - DAY, outcome: 'not-proven' })], slot + 3 * DAY).map(({ slot: of }) => of)).toEqual([slot - DAY, slot, slot + DAY]);
});

test.each([[59, '59 s'], [60, '1 min'], [3599, '59.9 min'], [3600, '1 h'], [DAY - 1, '23.9 h'], [DAY, '1 d'], [2.55 * DAY, '2.5 d']])('%i seconds are %s', (seconds, text) => {
  expect(said([slot], [], slot + HOUR + seconds)).toEqual([`missing: no copy of 2026-11-20T02:00:00Z, due ${text} ago`]);
});

const { seed, name } = seeded();

test(name('each slot that is due has a copy or is missing, and no issue is of a slot that nobody knows'), () => {
  const run = fc.record({
    slot: fc.integer({ min: 0, max: 20 }).map((day) => slot + day * DAY), finishedAt: fc.integer({ min: 0, max: 3 * HOUR }),
    attempts: fc.integer({ min: 1, max: 2 }),
    outcome: fc.constantFrom<AuditedCopy['outcome']>('proven', 'proven-except', 'checksums-only', 'not-proven', 'unverified'),
  }).map((rest, index?: number): AuditedCopy => ({ ...rest, finishedAt: rest.slot + rest.finishedAt, runId: `${rest.slot} ${index}` }));
  fc.assert(fc.property(fc.array(run, { maxLength: 25 }), fc.integer({ min: 0, max: 25 * DAY }), (copies, later) => {
    const expected = Array.from({ length: 21 }, (_, day) => slot + day * DAY);
    const issues = audit(expected, copies, slot + later);
    for (const day of expected) {
      const of = issues.filter((issue) => issue.slot === day).map(({ kind }) => kind);
      const there = copies.filter((one) => one.slot === day);
      expect(of.includes('missing')).toBe(there.length === 0 && later > day - slot + HOUR);
      expect(of.includes('doubled')).toBe(there.length > 1 || there.some(({ attempts }) => attempts > 1));
      expect(of.includes('late')).toBe(there.length > 0 && there.every(({ finishedAt }) => finishedAt > day + HOUR));
      if (there.some(({ outcome }) => outcome.startsWith('proven'))) expect(of).not.toContain('unproven');
      expect(new Set(of).size).toBe(of.length);
    }
    expect(issues.every((issue) => expected.includes(issue.slot))).toBe(true);
  }), { seed });
});
