import fc from 'fast-check';
import { type AlarmFacts, type ProtectionFacts, proveProtection } from '../../lib/model/proof';
import { protectionThresholds } from '../../lib/model/watch/thresholds';
import { DAY, GIBIBYTE, GOOD, HOUR, MINUTE } from './facts';

const CODES = ['ALARM_NEVER_RESTS', 'ALARMS_CONTRADICT', 'SUCCESS_RATE_ALLOWS_NO_FAILURE'];

function found(facts: Partial<ProtectionFacts>): string[] {
  return proveProtection({ ...GOOD, ...facts }).map(({ code }) => code).filter((code) => CODES.includes(code));
}

function thresholds(given: AlarmFacts['thresholds']): Partial<ProtectionFacts> {
  return { alarms: { thresholds: given } };
}

test('the defaults never have one, whatever the schedule, the objectives and the time of a run', () => {
  const seconds = (most: number) => fc.integer({ min: 1, max: most });
  const times = fc.record({ dump: seconds(800), restore: seconds(800), minutes: fc.constantFrom(15, 30, 60, 720, 1440, 4 * 1440) });
  fc.assert(fc.property(times, seconds(30 * DAY), seconds(7 * DAY), fc.boolean(), ({ dump, restore, minutes }, rpo, rto, known) => {
    const schedule = { kind: 'every', minutes } as const;
    const longest = 5 * 1560 + 240;
    const defaults = protectionThresholds({
      rpoSeconds: rpo, longestGapSeconds: minutes * MINUTE,
      tryLimitSeconds: 880, longestDumpSeconds: longest, longestVerifySeconds: longest,
      ...known ? { dumpSeconds: dump, runSeconds: dump + restore } : {}, restores: true, replicas: [],
    });
    const expected = known ? { source: 'declared', dumpSeconds: dump, restoreSeconds: restore } : undefined;
    expect(found({ schedule, rpoSeconds: rpo, rtoSeconds: rto, expected, alarms: { thresholds: defaults } })).toEqual([]);
  }));
});

describe('at their borders', () => {
  // Daily, a dump of 3 min and a verification of 6.
  test.each<[keyof AlarmFacts['thresholds'], number]>([
    ['recoveryPointOld', DAY + 9 * MINUTE], ['drillOld', DAY + 9 * MINUTE], ['backupOverdue', 3 * MINUTE], ['runTooLong', 3 * MINUTE],
    ['copyUnverified', 6 * MINUTE], ['restoreTooSlow', 10],
  ])('%s %d', (kind, reached) => {
    expect(found(thresholds({ [kind]: reached }))).toEqual([]);
    expect(found(thresholds({ [kind]: reached - 1 }))).toEqual(['ALARM_NEVER_RESTS']);
  });

  test('several are one finding that names each', () => {
    const [finding] = proveProtection({ ...GOOD, ...thresholds({ recoveryPointOld: 24 * HOUR, backupOverdue: MINUTE }) });
    expect(finding).toMatchObject({ code: 'ALARM_NEVER_RESTS', severity: 'error' });
    expect(finding.reason).toContain('recoveryPointOld is said after 24 h, and runs are up to 24 h apart and take 9 min');
    expect(finding.reason).toContain('backupOverdue is said after 1 min, and a dump takes 3 min');
    expect(finding.mend).toBe('recoveryPointOld after more than 24 h 9 min; backupOverdue after more than 3 min');
  });

  test('a time that is not known is not guessed, and a gap is known always', () => {
    const unknown = thresholds({ backupOverdue: MINUTE, runTooLong: MINUTE, copyUnverified: MINUTE });
    expect(found({ ...unknown, expected: undefined })).toEqual([]);
    expect(found({ ...thresholds({ recoveryPointOld: 23 * HOUR }), expected: undefined })).toEqual(['ALARM_NEVER_RESTS']);
  });

  test('the ceiling holds what retention keeps', () => {
    const ceiling = (storeCeilingBytes: number): Partial<ProtectionFacts> => ({
      retention: { daily: 30 }, expected: { source: 'declared', copyBytes: GIBIBYTE },
      alarms: { thresholds: { storeFilling: 80, provenCopiesMissing: 0 }, storeCeilingBytes },
    });
    expect(found(ceiling(37.5 * GIBIBYTE))).toEqual([]);
    expect(found(ceiling(37.4 * GIBIBYTE))).toEqual(['ALARMS_CONTRADICT']);
    expect(found({ ...ceiling(GIBIBYTE), ...thresholds({ storeFilling: 80 }) })).toEqual([]);
  });

  test('a rate leaves room for a failure', () => {
    expect(found(thresholds({ successRateLow: 96.6 }))).toEqual([]);
    expect(found(thresholds({ successRateLow: 96.7 }))).toEqual(['SUCCESS_RATE_ALLOWS_NO_FAILURE']);
    expect(found({ ...thresholds({ successRateLow: 99 }), schedule: { kind: 'every', minutes: 60 } })).toEqual([]);
  });
});
