import fc from 'fast-check';
import type { Outcome } from '../../lib/model/copy';
import { parseExpression, longestGapSeconds, slotsBetween } from '../../lib/model/schedule';
import { expectedSlots } from '../../lib/model/watch/expected-slots';
import { deviation, growth, NEVER_DAYS } from '../../lib/model/watch/figures';
import { watch } from '../../lib/model/watch/gauges';
import { INTERVAL_MINUTES, sentinelMinutes } from '../../lib/model/watch/interval';
import { addDays, countDays, settle, settledUntil, withoutPause } from '../../lib/model/watch/settled';
import type { StoredCopy, WatchFacts } from '../../lib/model/watch/watched';
import { rateAnchorOf, windowFrom } from '../../lib/model/watch/window';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Both changes of the clocks of Paris, New York and Lord Howe lie behind it within a year. */
const START = Date.UTC(2026, 0, 1) / 1000;

const ZONES = ['UTC', 'Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
const schedules = fc.record({
  expression: fc.constantFrom(
    'cron(30 2 * * ? *)', 'cron(0 0/6 * * ? *)', 'cron(0/30 * * * ? *)', 'cron(15 1 ? * MON *)', 'cron(0 3 1 * ? *)', 'cron(0 2 ? * MON-FRI *)',
  ),
  timeZone: fc.constantFrom(...ZONES),
}).map(({ expression, timeZone }) => parseExpression(expression, timeZone));

type Schedule = ReturnType<typeof parseExpression>;

const LONGEST_RUN = 20 * 60;
const VERDICT = 10 * 60;

function copyOf(slot: number, changes: Partial<StoredCopy> = {}): StoredCopy {
  return {
    runId: String(slot), slot, outcome: 'proven', attempts: 1, recoveryPoint: slot + 60, finishedAt: slot + 300, sizeBytes: 1000, rows: 10,
    firstVerdictAt: slot + 600, verdictAt: slot + 600, restoreSeconds: 60, skewSeconds: 0, missingIn: [], ...changes,
  };
}

/** What a store of good runs looks like at an instant: what is not finished yet is not there. */
function healthy(schedule: Schedule, since: number, now: number, changes: Partial<StoredCopy> = {}): StoredCopy[] {
  return slotsBetween(schedule, since, now + 1).flatMap((slot) => {
    const copy = copyOf(slot, changes);
    if (copy.finishedAt > now) return [];
    const waits = copy.verdictAt !== undefined && copy.verdictAt > now;
    return waits ? { ...copy, outcome: 'unverified', firstVerdictAt: undefined, verdictAt: undefined, restoreSeconds: undefined } : copy;
  });
}

function factsOf(schedule: Schedule, since: number, now: number, changes: Partial<WatchFacts> = {}): WatchFacts {
  return {
    now, since, eras: [{ since, schedule }], timeZone: schedule.kind === 'cron' ? schedule.timeZone : 'UTC', windowFrom: since,
    copies: healthy(schedule, since, now), longestGapSeconds: Math.min(longestGapSeconds(schedule).seconds, 366 * DAY),
    longestRunSeconds: LONGEST_RUN, verdictSeconds: VERDICT, rtoSeconds: HOUR, minimumVerified: 3,
    damaged: [], unreadable: [], notReplicated: [], drift: [],
    ...changes,
  };
}

const instants = fc.record({ since: fc.integer({ min: 0, max: 300 * DAY }), age: fc.integer({ min: 0, max: 60 * DAY }) })
  .map(({ since, age }) => ({ since: START + since, now: START + since + age }));

describe('a healthy schedule', () => {
  test('on any zone and day is never overdue by more than a run, fails nothing, and says nothing', () => {
    fc.assert(fc.property(schedules, instants, (schedule, { since, now }) => {
      const facts = factsOf(schedule, since, now);
      const { gauges, notes, failed } = watch(facts);
      expect(gauges).toMatchObject({
        failedRuns: 0, successRate: 100, unprovenCopies: 0, missingProvenCopies: 0, sizeDeviation: 0, rowsDeviation: 0, unreadable: 0,
        clockSkew: 0,
        replicaLag: 0, scheduleDrift: 0, pausedSeconds: 0,
      });
      expect(gauges.overdueSeconds).toBeLessThanOrEqual(300);
      expect(gauges.unverifiedAge).toBeLessThanOrEqual(300);
      const [first] = slotsBetween(schedule, since, now + 1);
      const oldest = first === undefined ? now - since : facts.longestGapSeconds + 600;
      expect(gauges.recoveryPointAge).toBeLessThanOrEqual(Math.max(oldest, (first ?? now) + 600 - since));
      expect(failed).toEqual([]);
      expect(notes.filter(({ metric }) => metric !== 'overdueSeconds')).toEqual([]);
    }), { numRuns: 300 });
  });

  test('expects nothing before its first slot, and is as old as its declaration', () => {
    fc.assert(fc.property(schedules, fc.integer({ min: 0, max: 300 * DAY }), (schedule, offset) => {
      const since = START + offset;
      const [first] = slotsBetween(schedule, since, since + 366 * DAY);
      const now = Math.max(since, first - 1);
      expect(watch(factsOf(schedule, since, now)).gauges).toMatchObject({
        recoveryPointAge: now - since, drillAge: now - since, overdueSeconds: 0, failedRuns: 0, missingProvenCopies: 0, successRate: 100,
        runSeconds: 0,
      });
    }));
  });
});

describe('a slot without a copy', () => {
  const broken = fc.record({ schedule: schedules, instant: instants, pick: fc.nat() }).filter(({ schedule, instant: { since, now } }) =>
    slotsBetween(schedule, since, now - LONGEST_RUN - VERDICT).length > 0);

  test('is overdue if it is the last, and failed once its run has had its time, until a proven one comes', () => {
    fc.assert(fc.property(broken, ({ schedule, instant: { since, now }, pick }) => {
      const slots = slotsBetween(schedule, since, now - LONGEST_RUN - VERDICT);
      const missing = slots[pick % slots.length];
      const upTo = slotsBetween(schedule, missing + 1, missing + 366 * DAY)[0] ?? now;
      const at = Math.min(now, upTo - 1);
      const lost = (instant: number) => factsOf(schedule, since, instant, {
        copies: healthy(schedule, since, instant).filter(({ slot }) => slot !== missing),
      });
      expect(watch(lost(at)).gauges.overdueSeconds).toBe(at - missing);
      expect(watch(lost(at)).gauges.failedRuns).toBe(at > missing + LONGEST_RUN ? 1 : 0);
      const healed = upTo + 700;
      expect(watch(lost(healed)).gauges.failedRuns).toBe(0);
      if (healed < missing + 29 * DAY) expect(watch(lost(healed)).gauges.successRate).toBeLessThan(100);
    }), { numRuns: 200 });
  });

  test.each<[Outcome, string]>([['not-proven', 'unprovenCopies'], ['unverified', 'unverifiedAge']])('with one that is %s moves %s', (outcome, metric) => {
    fc.assert(fc.property(broken, ({ schedule, instant: { since, now } }) => {
      const last = slotsBetween(schedule, since, now - LONGEST_RUN - VERDICT).at(-1)!;
      const copies = healthy(schedule, since, now).filter(({ slot }) => slot <= last)
        .map((copy) => (copy.slot === last ? { ...copy, outcome, verdictAt: outcome === 'unverified' ? undefined : copy.verdictAt } : copy));
      const { gauges } = watch(factsOf(schedule, since, now, { copies }));
      expect(gauges[metric as 'unverifiedAge']).toBe(outcome === 'unverified' ? now - (last + 300) : 1);
      expect(gauges.failedRuns).toBeGreaterThanOrEqual(1);
    }));
  });
});

describe('ages', () => {
  test('grow with the clock as long as nothing comes, and are never negative', () => {
    const [waits, skews] = [fc.integer({ min: 0, max: 30 * DAY }), fc.integer({ min: -2 * DAY, max: 2 * DAY })];
    fc.assert(fc.property(schedules, instants, waits, skews, (schedule, { since, now }, later, skew) => {
      const copies = healthy(schedule, since, now, { skewSeconds: skew })
        .map((copy) => ({ ...copy, recoveryPoint: copy.recoveryPoint + skew }));
      const [before, after] = [now, now + later].map((instant) => watch(factsOf(schedule, since, instant, { copies })).gauges);
      for (const age of ['recoveryPointAge', 'drillAge', 'unverifiedAge', 'overdueSeconds', 'replicaLag'] as const) {
        expect(before[age]).toBeGreaterThanOrEqual(0);
        expect(after[age]).toBeGreaterThanOrEqual(before[age]);
      }
      // A clock that is ahead makes no copy younger than the store knows it to be.
      const proven = copies.filter(({ outcome }) => outcome === 'proven').at(-1);
      if (proven) expect(before.recoveryPointAge).toBeGreaterThanOrEqual(now - proven.finishedAt);
    }));
  });
});

describe('a pause', () => {
  test('of any length makes nothing fail, and what is missed after it counts', () => {
    const [lengths, waits] = [fc.integer({ min: 0, max: 31 * DAY }), fc.integer({ min: 0, max: 10 * DAY })];
    fc.assert(fc.property(schedules, instants, lengths, waits, (schedule, { since, now: from }, length, later) => {
      const pause = { from, until: from + length, reason: 'migration' };
      const now = pause.until + later;
      const resumed = healthy(schedule, since, now).filter(({ slot }) => slot < pause.from || slot >= pause.until);
      const { gauges, days } = watch(factsOf(schedule, since, now, { pause, copies: resumed }));
      const pausedSeconds = Math.max(0, pause.until - now);
      expect(gauges).toMatchObject({ failedRuns: 0, successRate: 100, missingProvenCopies: 0, pausedSeconds });
      expect(gauges.overdueSeconds).toBeLessThanOrEqual(300);
      expect(days.every(({ expected, proven }) => expected === proven)).toBe(true);
      const [missed] = slotsBetween(schedule, pause.until, now - LONGEST_RUN);
      if (missed === undefined) return;
      const none = resumed.filter(({ slot }) => slot < pause.from);
      expect(watch(factsOf(schedule, since, now, { pause, copies: none })).gauges.overdueSeconds).toBe(now - missed);
    }));
  });

  test('that an audit did not know of is left out of its days', () => {
    const schedule = parseExpression('cron(0 2 * * ? *)', 'Europe/Paris');
    const expectation = { eras: [{ since: START, schedule }], pause: { from: START + 10 * DAY, until: START + 13 * DAY, reason: 'move' } };
    const expected = slotsBetween(schedule, START, START + 20 * DAY);
    const copies = expectedSlots(expectation, START, START + 20 * DAY).map((slot) => copyOf(slot));
    const audited = countDays(settle({ expected, copies, now: START + 21 * DAY, longestRunSeconds: LONGEST_RUN, verdictSeconds: VERDICT }), 'Europe/Paris');
    const missing = (days: typeof audited) => days.filter((day) => day.expected !== day.proven).length;
    expect(missing(audited)).toBe(3);
    expect(missing(withoutPause(audited, expectation, START + 20 * DAY, 'Europe/Paris'))).toBe(0);
  });
});

describe('the window', () => {
  const facts = (schedule: Schedule, now: number) => ({
    schedule, now, minimumVerified: 3, longestGapSeconds: longestGapSeconds(schedule).seconds, graceSeconds: 7 * DAY,
  });

  test('begins where the audit ended, and has the slots that a mean needs, however long the store is there', () => {
    fc.assert(fc.property(schedules, instants, fc.integer({ min: 0, max: 3 * DAY }), (schedule, { now }, uncounted) => {
      const countedUntil = now - uncounted;
      const from = windowFrom({ ...facts(schedule, now), countedUntil });
      expect(from).toBeLessThanOrEqual(countedUntil + 1);
      const inWindow = slotsBetween(schedule, from, now).length;
      expect(inWindow).toBeGreaterThanOrEqual(10);
      expect(inWindow).toBeLessThanOrEqual(Math.max(10, slotsBetween(schedule, countedUntil, now).length));
    }));
  });

  test('cut in two by an audit counts the same days as one', () => {
    const fates = fc.array(fc.constantFrom<Outcome>('proven', 'not-proven', 'unverified'), { minLength: 1, maxLength: 7 });
    const cuts = fc.float({ min: 0, max: 1, noNaN: true });
    fc.assert(fc.property(schedules, instants, cuts, fates, (schedule, { since, now }, where, outcomes) => {
      const zone = schedule.kind === 'cron' ? schedule.timeZone : 'UTC';
      const expected = slotsBetween(schedule, Math.max(since, now - 29 * DAY), now + 1);
      const copies = expected
        .flatMap((slot, index) => (index % 5 === 4 ? [] : copyOf(slot, { outcome: outcomes[index % outcomes.length] })));
      const slots = settle({ expected, copies, now, longestRunSeconds: LONGEST_RUN, verdictSeconds: VERDICT });
      const until = settledUntil(slots.slice(0, Math.floor(slots.length * where)));
      const old = slots.filter(({ slot }) => until !== undefined && slot <= until);
      const young = slots.filter(({ slot }) => until === undefined || slot > until);
      expect(old.every(({ state }) => state !== 'waiting')).toBe(true);
      expect(addDays(countDays(old, zone), countDays(young, zone), now, zone)).toEqual(addDays([], countDays(slots, zone), now, zone));
    }));
  });

  test('of a rate finds its slots by its copies, whatever somebody started in between', () => {
    const schedule = parseExpression('rate(7 hours)', 'UTC');
    fc.assert(fc.property(fc.nat({ max: 7 * HOUR }), fc.integer({ min: 3, max: 20 }), fc.nat({ max: 6 * HOUR }), (first, runs, byHand) => {
      const slots = Array.from({ length: runs }, (_, index) => START + first + index * 7 * HOUR);
      expect(rateAnchorOf(schedule, [...slots, START + first + 7 * HOUR + byHand])! % (7 * HOUR)).toBe(slots[0] % (7 * HOUR));
    }));
    expect(rateAnchorOf(schedule, [])).toBeUndefined();
    expect(rateAnchorOf(parseExpression('cron(0 2 * * ? *)', 'UTC'), [START])).toBeUndefined();
    expect(expectedSlots({ eras: [{ since: START, schedule }] }, START, START + DAY)).toEqual([]);
  });
});

describe('figures', () => {
  test('a mean of fewer than three is none, nor one of nothing', () => {
    expect([deviation(5, [10, 10]), deviation(5, [0, 0, 0]), deviation(undefined, [1, 2, 3])]).toEqual([0, 0, 0]);
    expect([deviation(5, [10, 10, 10]), deviation(15, [10, 10, 10])]).toEqual([50, 50]);
    expect(deviation(0, [...Array<number>(8).fill(10), 1_000_000])).toBe(100);
  });

  test('a ceiling is reached by the growth since an earlier count', () => {
    const earlier = { at: START, storedBytes: 100 };
    expect(growth({ now: START + 10 * DAY, storedBytes: 200, ceilingBytes: 300, earlier })).toBe(10);
    expect(growth({ now: START + 10 * DAY, storedBytes: 90, ceilingBytes: 300, earlier })).toBe(NEVER_DAYS);
    expect(growth({ now: START + 10 * DAY, storedBytes: 400, ceilingBytes: 300, earlier })).toBe(0);
    expect(growth({ now: START + HOUR, storedBytes: 200, ceilingBytes: 300, earlier })).toBe(NEVER_DAYS);
    expect(growth({ now: START, storedBytes: 200 })).toBe(NEVER_DAYS);
  });

  test('the audit\'s figures and what came since', () => {
    const schedule = parseExpression('cron(0 2 * * ? *)', 'UTC');
    const now = START + 10 * DAY + 3 * HOUR;
    const until = START + 8 * DAY + 2 * HOUR;
    const audit = { at: until + 3 * HOUR, provenCopies: 7, storedBytes: 50_000, damaged: [], until, days: [] };
    const { gauges } = watch(factsOf(schedule, START, now, { audit, ceilingBytes: 100_000, earlier: { at: START, storedBytes: 2_000 } }));
    expect(gauges).toMatchObject({ provenCopies: 9, storedBytes: 52_000, storeFill: 52 });
    expect(gauges.daysToCeiling).toBe(9);
  });

  test('the sentinel looks within a third of any objective that the scheduler can follow', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 60, max: 366 * DAY }), { maxLength: 5 }), (objectives) => {
      const minutes = sentinelMinutes(objectives);
      expect(INTERVAL_MINUTES).toContain(minutes);
      expect(minutes * 60).toBeLessThanOrEqual(Math.max(60, Math.min(900, ...objectives.map((seconds) => seconds / 3))));
    }));
  });
});
