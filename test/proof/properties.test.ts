import fc from 'fast-check';
import { type Finding, judge, type ProtectionFacts, proveProtection } from '../../lib/model/proof';
import { lifetimesOf } from '../../lib/model/proof/lifetimes';
import { type Copy, decide } from '../../lib/model/retention';
import { DAY, GIBIBYTE, GOOD, HOUR, MINUTE } from './facts';

const RPO_CODES = ['RPO_UNREACHABLE', 'RPO_NEEDS_CONTINUOUS_COPY', 'RPO_RUN_TIME_UNKNOWN'];
const WEIGHT = { error: 2, warning: 1, info: 0 };

/** How much is said against something: an error weighs more than a warning. */
function weight(findings: readonly Finding[], codes: readonly string[]): number {
  return findings.filter(({ code }) => codes.includes(code)).reduce((sum, { severity }) => sum + WEIGHT[severity], 0);
}

const seconds = (most: number) => fc.integer({ min: 1, max: most });
const expected = fc.record({
  source: fc.constant('declared'),
  sizeBytes: fc.option(fc.integer({ min: 1, max: 400 }).map((size) => size * GIBIBYTE), { nil: undefined }),
  dumpSeconds: fc.option(seconds(4 * HOUR), { nil: undefined }),
  restoreSeconds: fc.option(seconds(4 * HOUR), { nil: undefined }),
});
const count = (most: number) => fc.option(fc.integer({ min: 1, max: most }), { nil: undefined });
const counts = {
  last: count(40), hourly: count(72), daily: count(60), weekly: count(60), monthly: count(24), yearly: count(9), days: count(400),
};
const retention = fc.record(counts)
  .filter((rules) => Object.values(rules).some((one) => one !== undefined))
  .map((rules) => Object.fromEntries(Object.entries(rules).filter(([, one]) => one !== undefined)));
const schedule = fc.oneof(
  fc.constantFrom(5, 15, 30, 60, 240, 720, 1440).map((minutes) => ({ kind: 'every', minutes } as const)),
  fc.record({ kind: fc.constant('daily' as const), hour: fc.integer({ min: 0, max: 23 }), minute: fc.constantFrom(0, 30), timeZone: fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York') }),
  fc.record({ kind: fc.constant('monthly' as const), day: fc.integer({ min: 1, max: 28 }), hour: fc.constant(3), minute: fc.constant(0), timeZone: fc.constant('UTC') }),
);
const facts: fc.Arbitrary<ProtectionFacts> = fc.record({
  schedule, retention,
  rpoSeconds: fc.integer({ min: 60, max: 40 * DAY }),
  rtoSeconds: fc.integer({ min: 60, max: 7 * DAY }),
  minimumVerified: fc.integer({ min: 1, max: 5 }),
  expected: fc.option(expected, { nil: undefined }),
  floorSeconds: fc.option(seconds(3000 * DAY), { nil: undefined }),
  ceilingSeconds: fc.option(seconds(3000 * DAY), { nil: undefined }),
  tier: fc.option(fc.record({ name: fc.constant('a tier'), rpoSeconds: seconds(DAY), rtoSeconds: seconds(DAY), drillSeconds: seconds(100 * DAY), secondRegion: fc.boolean() }), { nil: undefined }),
  workers: fc.option(fc.record({ platform: fc.constantFrom('lambda' as const, 'fargate' as const), limitSeconds: fc.integer({ min: 40, max: 6 * HOUR }), scratchBytes: fc.constant(10 * GIBIBYTE) }), { nil: undefined }),
  store: fc.record({
    lock: fc.option(fc.record({ mode: fc.constantFrom('GOVERNANCE' as const, 'COMPLIANCE' as const), seconds: fc.integer({ min: 1, max: 800 }).map((days) => days * DAY) }), { nil: undefined }),
    lockExtended: fc.boolean(),
    replicas: fc.array(fc.record({ timeControl: fc.boolean() }), { maxLength: 2 }),
    graceSeconds: fc.integer({ min: 1, max: 60 }).map((days) => days * DAY),
    transitions: fc.array(fc.record({ afterDays: fc.integer({ min: 1, max: 400 }), storageClass: fc.constantFrom('STANDARD_IA' as const, 'GLACIER_IR' as const, 'GLACIER' as const, 'DEEP_ARCHIVE' as const) }), { maxLength: 2 }),
    testEnvironment: fc.boolean(),
  }),
  drillSeconds: fc.option(fc.integer({ min: 0, max: 200 * DAY }), { nil: undefined }),
  encryption: fc.option(fc.record({ drillIdentity: fc.boolean() }), { nil: undefined }),
});

/** More of the first is never judged better by any of the codes. */
function monotone(name: string, codes: readonly string[], harder: (from: ProtectionFacts, by: number) => ProtectionFacts): void {
  test(name, () => {
    fc.assert(fc.property(facts, fc.double({ min: 0.05, max: 1, noNaN: true }), (some, by) => {
      expect(weight(proveProtection(harder(some, by)), codes)).toBeGreaterThanOrEqual(weight(proveProtection(some), codes));
    }));
  });
}

describe('what is asked is harder, and no less is found', () => {
  monotone('a shorter RPO', RPO_CODES, (from, by) => ({ ...from, rpoSeconds: from.rpoSeconds * by }));
  monotone('a shorter RTO', ['RTO_UNREACHABLE', 'CLASS_SLOWER_THAN_RTO'], (from, by) => ({ ...from, rtoSeconds: from.rtoSeconds * by }));
  monotone('a lower ceiling', ['RETENTION_ABOVE_CEILING', 'RETENTION_CONTRADICTION'], (from, by) => ({ ...from, ceilingSeconds: (from.ceilingSeconds ?? 4000 * DAY) * by }));
  monotone('a higher floor', ['RETENTION_BELOW_FLOOR', 'RETENTION_CONTRADICTION'], (from, by) => ({ ...from, floorSeconds: (from.floorSeconds ?? DAY) / by }));
  monotone('a shorter lock', ['LOCK_MISSING', 'LOCK_SHORTER_THAN_RETENTION'], ({ store, ...from }, by) => ({ ...from, store: { ...store, lock: store.lock && { ...store.lock, seconds: store.lock.seconds * by } } }));
  monotone('a shorter limit of the workers', ['RUN_EXCEEDS_LIMIT'], (from, by) => ({ ...from, workers: from.workers && { ...from.workers, limitSeconds: from.workers.limitSeconds * by } }));
  monotone('drills asked for more often', ['DRILLS_TOO_RARE'], (from, by) => ({ ...from, tier: from.tier && { ...from.tier, drillSeconds: from.tier.drillSeconds * by } }));
});

test('each finding stands once, the gravest first, with figures and without a hole', () => {
  fc.assert(fc.property(facts, (some) => {
    const found = proveProtection(some);
    const weights = found.map(({ severity }) => WEIGHT[severity]);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    const repeatable = ['CLASS_SLOWER_THAN_RTO', 'CLASS_LEFT_EARLY', 'RETENTION_RULE_IDLE'];
    const once = found.map(({ code }) => code).filter((code) => !repeatable.includes(code));
    expect(new Set(once).size).toBe(once.length);
    for (const { reason, mend } of found) {
      expect(reason).toMatch(/\d/);
      expect(`${reason} ${mend}`).not.toMatch(/undefined|NaN|Infinity|\[object/);
    }
  }));
});

test('dumps never pass an RPO of minutes, however often they run', () => {
  fc.assert(fc.property(facts, fc.integer({ min: 60, max: 15 * MINUTE - 1 }), (some, rpoSeconds) => {
    const finding = proveProtection({ ...some, rpoSeconds }).find(({ code }) => code === 'RPO_NEEDS_CONTINUOUS_COPY');
    expect(finding).toMatchObject({ severity: 'error', mend: expect.stringMatching(/RDS or Aurora point-in-time.*Atlas continuous.*receiver of the server's log/) });
  }));
});

test('what passes is true: at no instant is the newest proven copy older than the RPO', () => {
  const every = fc.constantFrom(30, 60, 240, 720);
  const rpo = fc.integer({ min: 15 * MINUTE, max: 2 * DAY });
  fc.assert(fc.property(every, seconds(2 * HOUR), seconds(2 * HOUR), rpo, (minutes, dumpSeconds, restoreSeconds, rpoSeconds) => {
    const found = proveProtection({ ...GOOD, workers: undefined, schedule: { kind: 'every', minutes }, rpoSeconds, expected: { source: 'declared', dumpSeconds, restoreSeconds } });
    // A copy of a slot is proven a run later; the oldest instant of the newest one is just before.
    const worst = minutes * MINUTE + dumpSeconds + restoreSeconds;
    const overlapping = 2 * (dumpSeconds + restoreSeconds) > rpoSeconds;
    expect(weight(found, RPO_CODES) === 0).toBe(worst <= rpoSeconds && !overlapping);
  }));
});

test('a rule keeps its copies as long as it is said to: counted by retention itself', () => {
  const rules = fc.oneof(
    fc.integer({ min: 1, max: 10 }).map((last) => ({ last })), fc.integer({ min: 1, max: 30 }).map((hourly) => ({ hourly })),
    fc.integer({ min: 1, max: 10 }).map((daily) => ({ daily })),
    fc.integer({ min: 1, max: 5 }).map((weekly) => ({ weekly })), fc.integer({ min: 1, max: 3 }).map((monthly) => ({ monthly })),
    fc.integer({ min: 1, max: 40 }).map((days) => ({ days })),
  );
  fc.assert(fc.property(rules, fc.constantFrom(0.5, 6, 12, 24, 48), fc.integer({ min: 0, max: 400 }), (some, hours, startDay) => {
    const gap = hours * HOUR;
    const begin = Date.UTC(2026, 0, 1) / 1000 + startDay * DAY;
    const { longestToSeconds, longestFromSeconds, earliestReleaseSeconds } = lifetimesOf(some, 1, gap, gap);
    const eras = [{ since: begin, rules: some, timeZone: 'UTC', minimumVerified: 1, gapSeconds: gap }];
    const ages: number[] = [];
    let kept: Copy[] = [];
    for (let slot = begin; slot <= begin + longestToSeconds + (hours < 1 ? 2 : 62) * DAY; slot += gap) {
      const known = [...kept, { runId: String(slot), slot, outcome: 'proven' as const }];
      const keeps = new Set(decide(known, eras, slot).filter(({ keep }) => keep).map(({ runId }) => runId));
      kept = known.filter((copy) => keeps.has(copy.runId));
      ages.push(...known.filter((copy) => !keeps.has(copy.runId)).map((copy) => slot - copy.slot));
    }
    // Decided once a gap, a release is seen that much later.
    expect(Math.max(...ages)).toBeLessThanOrEqual(longestToSeconds + gap);
    expect(Math.max(...ages)).toBeGreaterThanOrEqual(longestFromSeconds);
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(earliestReleaseSeconds);
  }), { numRuns: 40 });
});

test('an acknowledgement changes no finding, and one in vain is one', () => {
  fc.assert(fc.property(facts, (some) => {
    const found = proveProtection(some);
    const judged = judge(found, [...new Set(found.map(({ code }) => code))].map((code) => ({ code, reason: 'known' })));
    expect(judged.map(({ acknowledged: _known, ...finding }) => finding)).toEqual(found);
    expect(judged.every(({ acknowledged }) => acknowledged === 'known')).toBe(true);
    expect(judge([], found.map(({ code }) => ({ code, reason: 'known' }))).every(({ code }) => code === 'ACKNOWLEDGED_IN_VAIN')).toBe(true);
  }));
});
