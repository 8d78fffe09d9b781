import * as fc from 'fast-check';
import { decide, type Copy, type RetentionEra, type RetentionRules } from '../../lib/model/retention';
import { keepers, keepersTold } from './retention-oracle';
import { seeded } from './seed';

const DAY = 86_400;
const START = Date.UTC(2025, 10, 20) / 1000;

const count = fc.integer({ min: 1, max: 6 });
const rules = fc.record(
  { last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count, days: fc.integer({ min: 1, max: 40 }) },
  { requiredKeys: [] },
).filter((some) => Object.keys(some).length > 0) as fc.Arbitrary<RetentionRules>;
const timeZone = fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland');
const outcome = fc.constantFrom<Copy['outcome']>('proven', 'proven', 'proven', 'proven-except', 'checksums-only', 'not-proven', 'unverified');
const hold = fc.option(fc.constantFrom('case 12', ''), { nil: undefined, freq: 15 });

/** A few copies an hour apart to a few weeks apart, a few eras, and a moment among them or after. */
const store = fc.constantFrom(3600, 6 * 3600, DAY, 8 * DAY).chain((unit) => fc.record({
  copies: fc.uniqueArray(
    fc.record({ slot: fc.integer({ min: 0, max: 60 * 4 }).map((place) => START + Math.floor(place * unit / 4)), outcome, hold, copy: fc.constantFrom('', 'a', 'b') }),
    { selector: ({ slot, copy }) => `${slot}${copy}`, maxLength: 45, size: 'max' },
  ).map((all) => all.map(({ copy, ...rest }): Copy => ({ runId: `${rest.slot}${copy}`, ...rest }))),
  eras: fc.array(fc.record({
    since: fc.integer({ min: -8, max: 64 }).map((place) => START + place * unit), rules, timeZone,
    minimumVerified: fc.integer({ min: 1, max: 4 }), gapSeconds: fc.constantFrom(unit, 3 * unit),
  }), { minLength: 1, maxLength: 4 }) as fc.Arbitrary<RetentionEra[]>,
  now: fc.integer({ min: -1, max: 90 }).map((place) => START + place * unit),
}));

const { seed, name } = seeded();
const check = <T>(property: fc.IProperty<T>, numRuns: number) => fc.assert(property, { seed, numRuns });
const kept = (copies: readonly Copy[], eras: readonly RetentionEra[], now: number) =>
  new Set(decide(copies, eras, now).filter(({ keep }) => keep).map(({ runId }) => runId));

test(name('decides as brute force does, and its reasons name the same keepers'), () => {
  check(fc.property(store, ({ copies, eras, now }) => {
    const expected = keepers(copies, eras, now);
    for (const { runId, keep, reasons } of decide(copies, eras, now)) {
      expect(keep).toBe(expected.get(runId)!.size > 0);
      expect(reasons.length).toBeGreaterThan(0);
      if (keep) expect(keepersTold(reasons)).toEqual(expected.get(runId));
    }
  }), 150);
});

test(name('answers in the order asked, and the order changes nothing'), () => {
  check(fc.property(store, fc.infiniteStream(fc.nat()), ({ copies, eras, now }, numbers) => {
    const decisions = decide(copies, eras, now);
    expect(decisions.map(({ runId }) => runId)).toEqual(copies.map(({ runId }) => runId));
    const shuffled = copies.map((copy) => ({ copy, place: numbers.next().value as number }))
      .sort((one, other) => one.place - other.place).map(({ copy }) => copy);
    const byId = (all: typeof decisions) => new Map(all.map((decision) => [decision.runId, decision]));
    expect(byId(decide(shuffled, eras, now))).toEqual(byId(decisions));
  }), 100);
});

test(name('what is left is kept again when it is decided again'), () => {
  check(fc.property(store, ({ copies, eras, now }) => {
    const once = kept(copies, eras, now);
    expect(kept(copies.filter(({ runId }) => once.has(runId)), eras, now)).toEqual(once);
  }), 150);
});

test(name('time alone brings nothing back: what is retired stays so while nothing new is known'), () => {
  check(fc.property(store, fc.integer({ min: 1, max: 500 * DAY }), ({ copies, eras, now }, later) => {
    const known = copies.filter(({ slot }) => slot <= now);
    const begun = eras.filter(({ since }) => since <= now);
    fc.pre(begun.length > 0);
    const before = kept(known, begun, now);
    for (const runId of kept(known, begun, now + later)) expect(before).toContain(runId);
  }), 150);
});

test(name('the newest proven copies are kept, as many as the minimum in force, or all there are'), () => {
  check(fc.property(store, ({ copies, eras, now }) => {
    const proven = copies.filter((copy) => copy.slot <= now && copy.outcome.startsWith('proven')).map(({ slot }) => slot)
      .sort((one, other) => other - one);
    const ordered = [...eras].sort((one, other) => one.since - other.since);
    const { minimumVerified } = ordered.findLast(({ since }) => since <= Math.max(now, ordered[0].since))!;
    const keeps = kept(copies, eras, now);
    const keptSlots = copies.filter((copy) => keeps.has(copy.runId) && copy.outcome.startsWith('proven')).map(({ slot }) => slot);
    for (const slot of proven.slice(0, minimumVerified)) expect(keptSlots).toContain(slot);
    expect(keptSlots.filter((slot) => slot <= now).length).toBeGreaterThanOrEqual(Math.min(minimumVerified, proven.length));
  }), 200);
});

test(name('a copy that is not proven displaces none that is'), () => {
  check(fc.property(store, ({ copies, eras, now }) => {
    const proven = copies.filter((copy) => copy.outcome.startsWith('proven'));
    const [alone, among] = [kept(proven, eras, now), kept(copies, eras, now)];
    // An ended era ages up to the newest good copy, so good copies of other grades may stand for time that has passed.
    fc.pre(!copies.some((copy) => copy.outcome === 'checksums-only'));
    for (const runId of alone) expect(among).toContain(runId);
  }), 200);
});

test(name('a policy declared now changes nothing about the copies that are there but for a greater minimum'), () => {
  check(fc.property(store, rules, timeZone, ({ copies, eras, now }, newRules, newZone) => {
    const known = copies.filter(({ slot }) => slot < now);
    const begun = eras.filter(({ since }) => since < now);
    fc.pre(begun.length > 0);
    const changed = [...begun, { since: now, rules: newRules, timeZone: newZone, minimumVerified: 1, gapSeconds: DAY }];
    const [before, after] = [kept(known, begun, now), kept(known, changed, now)];
    const inForce = Math.max(...begun.map(({ minimumVerified }) => minimumVerified));
    const difference = [...before].filter((runId) => !after.has(runId));
    // A minimum that was in force for older eras' copies too is given up for those; each copy keeps its own era's.
    expect(difference.length).toBeLessThan(inForce);
    for (const runId of after) expect(before).toContain(runId);
  }), 200);
});

test(name('what was declared before ends when its own count has passed, whatever the rules are since'), () => {
  const lengths = { last: DAY, hourly: 3600, daily: DAY, weekly: 7 * DAY, monthly: 31 * DAY, yearly: 366 * DAY, days: DAY };
  check(fc.property(rules, rules, timeZone, fc.integer({ min: 2, max: 90 }), (before, since, zone, days) => {
    const old = Array.from({ length: days }, (_, day): Copy => ({ runId: String(day), slot: START + day * DAY, outcome: 'proven' }));
    const change = START + days * DAY;
    const declared = { timeZone: zone, minimumVerified: 1, gapSeconds: DAY };
    const eras = [{ ...declared, since: START, rules: before }, { ...declared, since: change, rules: since }];
    const reach = Math.max(...Object.entries(before).map(([rule, most]) => most * lengths[rule as keyof typeof lengths]));
    const newest: Copy = { runId: 'newest', slot: change + reach + DAY, outcome: 'proven' };
    expect(kept([...old, newest], eras, newest.slot)).toEqual(new Set(['newest']));
    expect(kept(old, eras, change).size).toBeGreaterThanOrEqual(1);
  }), 150);
});
