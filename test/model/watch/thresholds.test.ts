import fc from 'fast-check';
import { policyThresholds, protectionThresholds, rateAfterOneFailure, ratedSlots, type ThresholdFacts } from '../../../lib/model/watch/thresholds';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** A daily run on Lambda, as MonToit's. */
const DAILY: ThresholdFacts = {
  rpoSeconds: 26 * HOUR, longestGapSeconds: DAY, tryLimitSeconds: 880,
  longestDumpSeconds: 2 * HOUR + 14 * MINUTE, longestVerifySeconds: 2 * HOUR + 14 * MINUTE,
  restores: true, replicas: [{ timeControl: true }],
};

const seconds = (most: number) => fc.integer({ min: 1, max: most });

/** Times that fit each other: no run is longer than its limits, no retry shorter than a try. */
const facts: fc.Arbitrary<ThresholdFacts> = fc.record({
  rpoSeconds: fc.integer({ min: MINUTE, max: 40 * DAY }),
  longestGapSeconds: fc.integer({ min: MINUTE, max: 32 * DAY }),
  tryLimitSeconds: fc.integer({ min: 40, max: 6 * HOUR }),
  known: fc.boolean(),
  dumpPart: fc.double({ min: 0.01, max: 1, noNaN: true }),
  verifyPart: fc.double({ min: 0.01, max: 1, noNaN: true }),
  drillSeconds: fc.option(seconds(100 * DAY), { nil: undefined }),
  restores: fc.boolean(),
  replicas: fc.array(fc.record({ timeControl: fc.boolean() }), { maxLength: 2 }),
  scrubSeconds: fc.option(seconds(90 * DAY), { nil: undefined }),
}).map(({ known, dumpPart, verifyPart, ...rest }) => {
  const dumpSeconds = rest.tryLimitSeconds * dumpPart;
  const longest = 5 * (rest.tryLimitSeconds + 660) + 240;
  return {
    ...rest, longestDumpSeconds: longest, longestVerifySeconds: longest,
    ...known ? { dumpSeconds, runSeconds: dumpSeconds + rest.tryLimitSeconds * verifyPart } : {},
  };
});

test('of a daily run on Lambda', () => {
  expect(protectionThresholds(DAILY)).toEqual({
    recoveryPointOld: 26 * HOUR, backupOverdue: 2 * HOUR, backupFailed: 0, copyNotProven: 0, copyUnverified: 2 * HOUR + 14 * MINUTE,
    provenCopiesMissing: 0, successRateLow: 96.6, sizeAnomaly: 50, rowsAnomaly: 50,
    runTooLong: 880 + 5 * MINUTE, restoreTooSlow: 100, drillOld: 31 * DAY,
    replicaLate: 15 * MINUTE, replicaFailed: 0, copyUnreadable: 0, clockWrong: 5 * MINUTE, scheduleChanged: 0,
  });
});

test('an RPO of minutes, which no dump keeps, is not what an hourly run is held against', () => {
  const hourly = { ...DAILY, rpoSeconds: 5 * MINUTE, longestGapSeconds: HOUR };
  const unknown = protectionThresholds(hourly);
  expect(unknown).toMatchObject({ recoveryPointOld: HOUR + 5 * MINUTE + 2 * 880, backupOverdue: 880 + 5 * MINUTE, successRateLow: 99 });
  const known = protectionThresholds({ ...hourly, dumpSeconds: 60, runSeconds: 180 });
  expect(known).toMatchObject({ recoveryPointOld: HOUR + 11 * MINUTE, backupOverdue: 7 * MINUTE });
});

test('what is declared stands', () => {
  const declared = {
    recoveryPointOld: 25 * HOUR, backupOverdue: 4 * HOUR, copyUnverified: HOUR, successRateLow: 99, sizeAnomaly: 30, rowsAnomaly: 20,
    runTooLong: 30 * MINUTE, restoreTooSlow: 80, drillOld: 7 * DAY, storeFilling: 70, replicaLate: HOUR,
    clockWrong: MINUTE, copyNotRead: 60 * DAY,
  };
  fc.assert(fc.property(facts, (some) => {
    const given = { ...some, restores: true, replicas: [{ timeControl: true }], scrubSeconds: DAY };
    expect(protectionThresholds(given, { ...declared, storeCeilingBytes: 1e12 })).toMatchObject(declared);
  }));
});

test('a kind that would say nothing is left out', () => {
  const kinds = (more: Partial<ThresholdFacts>, declared = {}) => Object.keys(protectionThresholds({ ...DAILY, ...more }, declared));
  expect(kinds({ replicas: [] }).filter((kind) => kind.startsWith('replica'))).toEqual([]);
  for (const kind of ['storeFilling', 'copyNotRead']) expect(kinds({})).not.toContain(kind);
  expect(kinds({ scrubSeconds: 30 * DAY }, { storeCeilingBytes: 1 })).toEqual(expect.arrayContaining(['storeFilling', 'copyNotRead']));
  expect(kinds({ longestGapSeconds: 31 * DAY })).not.toContain('successRateLow');
  // Nothing is ever proven there: an alarm that waits for a proof would never rest.
  const ofProofs = ['recoveryPointOld', 'backupFailed', 'provenCopiesMissing', 'successRateLow', 'restoreTooSlow', 'drillOld'];
  for (const kind of ofProofs) {
    expect(kinds({ restores: false })).not.toContain(kind);
    expect(kinds({})).toContain(kind);
  }
});

test('by the defaults nothing breaches while every run succeeds', () => {
  fc.assert(fc.property(facts, (some) => {
    const thresholds = protectionThresholds(some);
    const { longestGapSeconds: gap, dumpSeconds = some.tryLimitSeconds, runSeconds = 0 } = some;
    if (some.restores) {
      expect(thresholds.recoveryPointOld).toBeGreaterThanOrEqual(gap + runSeconds);
      expect(thresholds.drillOld).toBeGreaterThanOrEqual(gap + runSeconds);
      expect(thresholds.successRateLow ?? 0).toBeLessThan(100);
    }
    expect(thresholds.backupOverdue).toBeGreaterThan(dumpSeconds);
    expect(thresholds.runTooLong).toBeGreaterThan(dumpSeconds);
    expect(thresholds.copyUnverified).toBeGreaterThanOrEqual(runSeconds - (some.runSeconds === undefined ? 0 : dumpSeconds));
    if (some.replicas.length > 0) expect(thresholds.replicaLate).toBeGreaterThanOrEqual(15 * MINUTE);
    for (const value of Object.values(thresholds)) expect(Number.isFinite(value) && value >= 0).toBe(true);
  }));
});

test('the RPO is the threshold wherever a schedule can keep it', () => {
  fc.assert(fc.property(facts, (some) => {
    const kept = some.longestGapSeconds + (some.runSeconds ?? 1) <= some.rpoSeconds;
    const { recoveryPointOld } = protectionThresholds({ ...some, restores: true });
    if (kept) expect(recoveryPointOld).toBe(some.rpoSeconds);
    else expect(recoveryPointOld).toBeGreaterThan(some.longestGapSeconds);
  }));
});

test('overdue is said once the recovery point is older than the RPO, unless a first try may still be under way', () => {
  fc.assert(fc.property(facts, (some) => {
    const { backupOverdue = 0 } = protectionThresholds(some);
    const firstTry = 5 * MINUTE + (some.dumpSeconds === undefined ? some.tryLimitSeconds : 2 * some.dumpSeconds);
    expect(backupOverdue <= Math.max(firstTry, some.rpoSeconds - some.longestGapSeconds)).toBe(true);
    expect(backupOverdue <= Math.max(firstTry, some.longestDumpSeconds)).toBe(true);
  }));
});

test('by default one failure of a month is not a low success rate, and two of a daily run are', () => {
  fc.assert(fc.property(fc.integer({ min: MINUTE, max: 7 * DAY }), (gap) => {
    const rate = protectionThresholds({ ...DAILY, longestGapSeconds: gap, rpoSeconds: 40 * DAY }).successRateLow;
    const slots = ratedSlots(gap);
    expect(rate).toBeLessThanOrEqual(99);
    expect(rateAfterOneFailure(slots)).toBeGreaterThanOrEqual(rate ?? 0);
    if (gap >= DAY) expect((slots - 2) / slots * 100).toBeLessThan(rate ?? 0);
  }));
});

test('of a policy: an audit may be missed once, and of a store that another app makes nothing is held against what was declared', () => {
  const audits = { longestAuditGapSeconds: DAY };
  const expected = { sentinelSilent: 1, replicationChanged: 0, auditOld: 49 * HOUR, keyUnusable: 0 };
  expect(policyThresholds({ ...audits, storeShown: true, replicas: 1 })).toMatchObject(expected);
  expect(policyThresholds({ ...audits, storeShown: true, replicas: 0 })).not.toHaveProperty('replicationChanged');
  expect(policyThresholds({ ...audits, storeShown: true, replicas: 0 }, HOUR)).toMatchObject({ auditOld: HOUR });
  const foreign = Object.keys(policyThresholds({ ...audits, storeShown: false, replicas: 1 }));
  expect(foreign).toEqual(['sentinelSilent', 'slotNotStarted', 'recipientUnconfirmed', 'auditOld', 'releasedTooMany']);
});
