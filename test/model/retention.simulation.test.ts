import * as fc from 'fast-check';
import { decide, type Copy, type RetentionEra, type RetentionRules } from '../../lib/model/retention';
import { keepers } from './retention-oracle';
import { seeded } from './seed';

const DAY = 86_400;
const DAYS = 800;
const START = Date.UTC(2024, 8, 1) / 1000;
/** Brute force on every day would take minutes. */
const ORACLE_EVERY = 53;

interface Stored { readonly runId: string; readonly slot: number; readonly verdictAt: number; readonly verdict: Copy['outcome']; hold?: string; pendingSince?: number }

interface World {
  readonly hoursApart: number;
  readonly eras: readonly RetentionEra[];
  readonly graceDays: number;
  /** Of a hundred runs, so many fail, come twice, have a clock that is wrong, are put under hold. */
  readonly failing: number;
  readonly doubled: number;
  readonly shifted: number;
  readonly held: number;
  readonly outages: readonly { readonly from: number; readonly days: number; readonly verifyOnly: boolean }[];
  readonly luck: number;
}

const rules: fc.Arbitrary<RetentionRules> = fc.constantFrom<RetentionRules>(
  { daily: 7, weekly: 4, monthly: 12 },
  { last: 5, hourly: 24, daily: 14, yearly: 3 },
  { days: 30 },
  { last: 12 },
  { weekly: 6 },
  { days: 10, monthly: 6 },
  { hourly: 12, weekly: 2, yearly: 1 },
);
const era = (since: fc.Arbitrary<number>) => fc.record({
  since: since.map((day) => START + Math.floor(day * DAY)),
  rules,
  timeZone: fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'),
  minimumVerified: fc.integer({ min: 1, max: 5 }),
});
const world: fc.Arbitrary<World> = fc.record({
  hoursApart: fc.constantFrom(6, 12, 24, 24, 7 * 24),
  graceDays: fc.integer({ min: 0, max: 14 }),
  failing: fc.constantFrom(0, 5, 30),
  doubled: fc.constantFrom(0, 5),
  shifted: fc.constantFrom(0, 3),
  held: fc.constantFrom(0, 1),
  outages: fc.array(fc.record({
    from: fc.integer({ min: 0, max: DAYS }), days: fc.integer({ min: 1, max: 60 }), verifyOnly: fc.boolean(),
  }), { maxLength: 4 }),
  luck: fc.nat(),
}).chain((rest) => fc.tuple(era(fc.constant(-400)), fc.array(era(fc.double({ min: 0, max: DAYS, noNaN: true })), { maxLength: 5 }))
  .map(([first, changes]) => ({ ...rest, eras: [first, ...changes].map((one) => ({ ...one, gapSeconds: rest.hoursApart * 3600 })) })));

/** Numbers from 0 to 1, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The most that the rules of one era can keep: a proven copy of each period, and one that is not. */
const mostOf = ({ rules: { days = 0, ...counts } }: RetentionEra, slotsADay: number) =>
  2 * Object.values(counts).reduce((sum, count) => sum + count, 0) + days * slotsADay;

function runsOfADay(plan: World, day: number, random: () => number): Stored[] {
  const outage = plan.outages.find(({ from, days }) => day >= from && day < from + days);
  if (outage && !outage.verifyOnly) return [];
  const chance = (percent: number) => random() * 100 < percent;
  const slots = Array.from({ length: 24 }, (_, hour) => day * 24 + hour).filter((hour) => hour % plan.hoursApart === 2 % plan.hoursApart);
  return slots.flatMap((hour): Stored[] => {
    if (chance(plan.failing)) return [];
    const on = START + hour * 3600 + (chance(plan.shifted) ? Math.floor((random() * 20 - 5) * DAY) : 0);
    return (chance(plan.doubled) ? [on, on + 1 + Math.floor(random() * 600)] : [on]).map((slot): Stored => {
      const fate = random() * 100;
      const verdict = outage || fate < 4 ? 'unverified' : fate < 10 ? 'not-proven' : fate < 13 ? 'checksums-only' : fate < 20 ? 'proven-except' : 'proven';
      return { runId: String(slot), slot, verdict, verdictAt: START + hour * 3600 + random() ** 4 * 5 * DAY, ...(chance(plan.held) ? { hold: 'case' } : {}) };
    });
  });
}

/** What `expect` does, a thousand times faster. */
function insist(holds: boolean, what: string, day: number): void {
  if (!holds) throw new Error(`day ${day}: ${what}`);
}

interface Life { readonly everStored: number; readonly most: number; readonly deleted: number }

/** Lives through the days: every day the runs, then a decision, then what the retire worker does with it. */
function live(plan: World): Life {
  const random = numbers(plan.luck);
  const store = new Map<string, Stored>();
  const slotsADay = Math.max(1, 24 / plan.hoursApart) * (plan.doubled ? 2 : 1);
  let [everStored, most, deleted] = [0, 0, 0];
  for (let day = 0; day < DAYS; day += 1) {
    for (const run of runsOfADay(plan, day, random)) {
      if (store.has(run.runId)) continue;
      store.set(run.runId, run);
      everStored += 1;
    }
    for (const held of store.values()) if (held.hold !== undefined && random() < 0.02) delete held.hold;
    const clock = START + (day + 1) * DAY;
    const now = clock + (plan.shifted && random() < 0.02 ? Math.floor((random() * 8 - 4) * DAY) : 0);
    const copies = [...store.values()].map(({ runId, slot, verdict, verdictAt, hold }): Copy => ({ runId, slot, outcome: verdictAt <= clock ? verdict : 'unverified', hold }));
    const decisions = new Map(decide(copies, plan.eras, now).map((decision) => [decision.runId, decision]));
    insist([...decisions.values()].every(({ reasons }) => reasons.length > 0), 'a decision is not explained', day);
    if (day % ORACLE_EVERY === 0) {
      for (const [runId, by] of keepers(copies, plan.eras, now)) insist(decisions.get(runId)!.keep === by.size > 0, `${runId} is kept by ${[...by].join(' ')}`, day);
    }

    const proven = copies.filter((copy) => copy.outcome.startsWith('proven') && copy.slot <= now).sort((one, other) => other.slot - one.slot);
    const inForce = plan.eras.reduce((found, one) => (one.since <= Math.max(now, START) && one.since >= found.since ? one : found));
    const mustStay = [...proven.slice(0, inForce.minimumVerified), ...copies.filter((copy) => copy.hold !== undefined || copy.slot > now)];
    for (const { runId } of mustStay) insist(decisions.get(runId)!.keep, `${runId} must stay`, day);

    let gone = 0;
    for (const [runId, { keep }] of decisions) {
      const stored = store.get(runId)!;
      if (keep) delete stored.pendingSince;
      else if (clock - (stored.pendingSince ??= clock) >= plan.graceDays * DAY) {
        store.delete(runId);
        gone += 1;
      }
    }
    deleted += gone;
    insist(proven.filter(({ runId }) => store.has(runId)).length >= Math.min(inForce.minimumVerified, proven.length), 'fewer proven copies than the minimum', day);

    const outside = copies.filter((copy) => copy.hold !== undefined || copy.slot > clock - 4 * DAY).length;
    const waiting = [...store.values()].filter(({ pendingSince }) => pendingSince !== undefined).length;
    const begun = plan.eras.filter(({ since }) => since <= clock);
    const bound = begun.reduce((sum, one) => sum + mostOf(one, slotsADay), 0) + 5 + 1 + 7 * slotsADay + outside + waiting;
    insist(store.size <= bound, `${store.size} copies, and the rules explain ${bound}`, day);
    most = Math.max(most, store.size - waiting - outside);
  }
  return { everStored, most, deleted };
}

const { seed, name } = seeded();

test(name(`${DAYS} days with failures, gaps, doubles, holds, wrong clocks, changed zones and policies`), () => {
  fc.assert(fc.property(world, (plan) => {
    const { everStored, deleted } = live(plan);
    fc.pre(everStored > 0);
    expect(deleted).toBeLessThan(everStored);
  }), { seed, numRuns: 7 });
});

test(name('under one policy the store is as large after two years as its rules say, however many copies were made'), () => {
  const steady = world.map((plan): World => ({
    ...plan, hoursApart: 6, eras: plan.eras.slice(0, 1), failing: 0, held: 0, shifted: 0, outages: [],
  }));
  fc.assert(fc.property(steady, (plan) => {
    const { everStored, most, deleted } = live(plan);
    expect(everStored).toBeGreaterThanOrEqual(4 * DAYS - 1);
    expect(most).toBeLessThanOrEqual(mostOf(plan.eras[0], plan.doubled ? 8 : 4) + 40);
    expect(deleted).toBeGreaterThan(everStored * 0.7);
  }), { seed, numRuns: 2 });
});
