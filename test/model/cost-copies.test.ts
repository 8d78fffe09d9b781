import fc from 'fast-check';
import { storedCopies, type StoredCopiesProps } from '../../lib/model/cost-copies';
import { STORAGE_CLASSES, type StorageClass } from '../../lib/model/prices';
import type { RetentionRules } from '../../lib/model/retention';

const DAY = 86_400;
const FROM = Date.UTC(2026, 10, 21) / 1000;

/** Every so many hours, as a rate. */
function every(hours: number): StoredCopiesProps['slots'] {
  const step = hours * 3600;
  return (from, to) => {
    const slots = [];
    for (let slot = Math.ceil(from / step) * step; slot < to; slot += step) slots.push(slot);
    return slots;
  };
}

function stored(rules: RetentionRules, more: Partial<StoredCopiesProps> = {}) {
  return storedCopies({ slots: every(24), from: FROM, rules, timeZone: 'UTC', minimumVerified: 1, graceSeconds: 0, lockSeconds: 0, transitions: [], ...more });
}

test.each<[string, RetentionRules, number, number]>([
  // A day more than the rule: decided once a day, a copy goes in the round after it is no longer kept.
  ['the newest ten', { last: 10 }, 24, 10],
  ['thirty days', { days: 30 }, 24, 30],
  // 7 days; of 4 weeks and 12 months those whose newest copy is older: 3 weeks (or 4), 11 months.
  ['seven days, four weeks, twelve months', { daily: 7, weekly: 4, monthly: 12 }, 24, 21],
  ['thirty days, four times a day', { days: 30 }, 6, 120],
  ['three years', { yearly: 3 }, 24, 3],
])('%s keep about as many copies', (_, rules, hours, expected) => {
  const found = stored(rules, { slots: every(hours) });
  expect(found.runsAMonth).toBeCloseTo(30.4375 * 24 / hours, 2);
  expect(found.kept).toBeGreaterThan(expected - 0.6);
  expect(found.kept).toBeLessThan(expected + 1.1 * Math.max(1, 24 / hours));
  expect(found.endless).toBe(false);
});

test('a released copy stays for the grace, or until its lock ends, and two days of lifecycle', () => {
  const base = stored({ days: 30 });
  expect(base.released).toBeCloseTo(2, 1);
  expect(stored({ days: 30 }, { graceSeconds: 7 * DAY }).released).toBeCloseTo(9, 1);
  // Of 30 days kept and 35 locked, the lock adds 5 less what the daily decision took.
  expect(stored({ days: 30 }, { lockSeconds: 35 * DAY }).released).toBeCloseTo(35 - base.kept + 2, 1);
  // Every copy is locked 60 days though retention keeps three.
  expect(stored({ last: 3 }, { lockSeconds: 60 * DAY }).byClass.STANDARD).toBeCloseTo(62, 1);
});

test('classes by age: thirty days here, sixty there, and the minimum of what goes early', () => {
  const found = stored({ days: 100 }, { transitions: [{ afterDays: 90, storageClass: 'GLACIER' }, { afterDays: 30, storageClass: 'STANDARD_IA' }] });
  const life = found.kept + found.released;
  expect(found.byClass.STANDARD).toBeCloseTo(30, 1);
  expect(found.byClass.STANDARD_IA).toBeCloseTo(60, 1);
  expect(found.byClass.GLACIER).toBeCloseTo(life - 90, 1);
  expect(found.goneButPaid.GLACIER).toBeCloseTo(90 - (life - 90), 1);
  expect(found.goneButPaid.STANDARD_IA).toBe(0);
  expect(found.moves.GLACIER).toBeCloseTo(30.4375, 1);
  expect(found.moves.STANDARD).toBe(0);
});

test('a transition after a copy\'s life moves nothing', () => {
  expect(stored({ days: 10 }, { transitions: [{ afterDays: 365, storageClass: 'DEEP_ARCHIVE' }] }).moves.DEEP_ARCHIVE).toBe(0);
});

test('copies that outlive thirty years are counted up to there, and said', () => {
  const found = stored({ yearly: 100 });
  expect(found.endless).toBe(true);
  expect(found.kept).toBeGreaterThan(28);
  expect(found.kept).toBeLessThan(33);
});

const rules = fc.record({
  last: fc.integer({ min: 1, max: 40 }), daily: fc.integer({ min: 1, max: 40 }), weekly: fc.integer({ min: 1, max: 20 }),
  monthly: fc.integer({ min: 1, max: 15 }), days: fc.integer({ min: 1, max: 120 }),
}, { requiredKeys: ['daily'] });

test('the classes hold every copy, nothing is below zero, and at least the newest is kept', () => {
  const transitions = fc.array(
    fc.record({ afterDays: fc.integer({ min: 1, max: 400 }), storageClass: fc.constantFrom(...STORAGE_CLASSES.slice(1)) }),
    { maxLength: 3 });
  const days = fc.integer({ min: 0, max: 90 });
  fc.assert(fc.property(rules, transitions, days, days, (given, moves, grace, lock) => {
    const found = stored(given, { transitions: moves, graceSeconds: grace * DAY, lockSeconds: lock * DAY });
    const sum = STORAGE_CLASSES.reduce((total, name: StorageClass) => total + found.byClass[name], 0);
    expect(sum).toBeCloseTo(found.kept + found.released, 6);
    expect(found.kept).toBeGreaterThanOrEqual(0.9);
    expect(sum).toBeGreaterThanOrEqual(Math.max(lock, found.kept + grace) - 1e-6);
    for (const figures of [found.byClass, found.goneButPaid, found.moves]) {
      expect(Math.min(...Object.values(figures))).toBeGreaterThanOrEqual(0);
    }
  }), { numRuns: 8 });
});

test('a rule that keeps more never stores less', () => {
  fc.assert(fc.property(rules, fc.constantFrom('daily', 'weekly', 'monthly', 'days', 'last'), fc.integer({ min: 1, max: 12 }), (given, rule, more) => {
    const longer = { ...given, [rule]: ((given as RetentionRules)[rule as keyof RetentionRules] ?? 0) + more };
    // Steps of several days stand for their middle: a hundredth is their grain.
    expect(stored(longer).kept).toBeGreaterThanOrEqual(stored(given).kept * 0.98 - 0.1);
  }), { numRuns: 5 });
});
