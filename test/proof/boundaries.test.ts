import { isGrave, proveProtection, type FindingCode, type ProtectionFacts, replicaTemplateFindings, templateFindings } from '../../lib/model/proof';
import { DAY, GIBIBYTE, GOOD, GOOD_STORE, HOUR, MINUTE } from './facts';

const every = (minutes: number) => ({ kind: 'every', minutes } as const);
const load = (dumpSeconds: number, restoreSeconds: number) => ({ source: 'declared', dumpSeconds, restoreSeconds });
const bounded = { ...GOOD, workers: undefined };
const limited = (limitSeconds: number) => ({ platform: 'lambda', limitSeconds, scratchBytes: 10 * GIBIBYTE } as const);
const lock = (seconds: number) => ({ ...GOOD_STORE, lock: { mode: 'GOVERNANCE' as const, seconds } });
const classes = (storageClass: 'STANDARD_IA' | 'GLACIER', afterDays: number) => ({ ...GOOD_STORE, transitions: [{ storageClass, afterDays }] });
const flexible = { ...GOOD, rtoSeconds: 5 * HOUR + 6 * MINUTE };

/** The last declaration that is good, and the first that is not. */
const BOUNDARIES: readonly [FindingCode, ProtectionFacts, ProtectionFacts][] = [
  ['RPO_NEEDS_CONTINUOUS_COPY', { ...bounded, schedule: every(5), expected: load(60, 60), rpoSeconds: 15 * MINUTE }, { ...bounded, schedule: every(5), expected: load(60, 60), rpoSeconds: 15 * MINUTE - 1 }],
  ['RPO_NEEDS_CONTINUOUS_COPY', { ...bounded, schedule: every(30), expected: load(900, 900), rpoSeconds: HOUR }, { ...bounded, schedule: every(30), expected: load(900, 901), rpoSeconds: HOUR }],
  ['RPO_UNREACHABLE', { ...bounded, rpoSeconds: 24 * HOUR + 9 * MINUTE }, { ...bounded, rpoSeconds: 24 * HOUR + 9 * MINUTE - 1 }],
  ['RPO_UNREACHABLE', { ...bounded, expected: undefined, rpoSeconds: 24 * HOUR + 1 }, { ...bounded, expected: undefined, rpoSeconds: 24 * HOUR }],
  ['RPO_RUN_TIME_UNKNOWN', { ...GOOD, expected: undefined, workers: limited(HOUR) }, { ...GOOD, expected: undefined, workers: limited(HOUR + 1) }],
  ['RTO_UNREACHABLE', { ...GOOD, rtoSeconds: 6 * MINUTE }, { ...GOOD, rtoSeconds: 6 * MINUTE - 1 }],
  ['SCHEDULE_OVERLAPS', { ...bounded, schedule: every(30), expected: load(900, 899) }, { ...bounded, schedule: every(30), expected: load(900, 900) }],
  ['SCHEDULE_OVERLAPS', { ...GOOD, schedule: every(30), expected: undefined, workers: limited(900) }, { ...GOOD, schedule: every(30), expected: undefined, workers: limited(901) }],
  ['RUN_EXCEEDS_LIMIT', { ...GOOD, workers: limited(6 * MINUTE) }, { ...GOOD, workers: limited(6 * MINUTE - 1) }],
  ['SCRATCH_TOO_SMALL', { ...GOOD, expected: { ...load(60, 60), sizeBytes: 10 * GIBIBYTE } }, { ...GOOD, expected: { ...load(60, 60), sizeBytes: 10 * GIBIBYTE + 1 } }],
  ['RETENTION_RULE_IDLE', { ...GOOD, retention: { daily: 27, weekly: 4 } }, { ...GOOD, retention: { daily: 28, weekly: 4 } }],
  ['RETENTION_BELOW_FLOOR', { ...GOOD, retention: { days: 90 }, floorSeconds: 90 * DAY }, { ...GOOD, retention: { days: 90 }, floorSeconds: 90 * DAY + 1 }],
  ['RETENTION_CONTRADICTION', { ...GOOD, floorSeconds: 90 * DAY, ceilingSeconds: 90 * DAY }, { ...GOOD, floorSeconds: 90 * DAY, ceilingSeconds: 90 * DAY - 1 }],
  ['RETENTION_ABOVE_CEILING', { ...GOOD, retention: { days: 90 }, ceilingSeconds: 99 * DAY }, { ...GOOD, retention: { days: 90 }, ceilingSeconds: 99 * DAY - 1 }],
  ['RETENTION_ABOVE_CEILING', { ...GOOD, retention: { days: 3 }, store: lock(97 * DAY), ceilingSeconds: 99 * DAY }, { ...GOOD, retention: { days: 3 }, store: lock(98 * DAY), ceilingSeconds: 99 * DAY }],
  ['LOCK_SHORTER_THAN_RETENTION', { ...GOOD, retention: { days: 90 }, store: { ...lock(90 * DAY), lockExtended: false } }, { ...GOOD, retention: { days: 90 }, store: { ...lock(89 * DAY), lockExtended: false } }],
  ['LOCK_LONGER_THAN_RETENTION', { ...GOOD, retention: { days: 90 }, store: lock(97 * DAY) }, { ...GOOD, retention: { days: 90 }, store: lock(98 * DAY) }],
  ['REPLICA_BEHIND_RPO', { ...bounded, rpoSeconds: 24 * HOUR + 24 * MINUTE }, { ...bounded, rpoSeconds: 24 * HOUR + 24 * MINUTE - 1 }],
  ['REPLICA_BEHIND_RPO', { ...bounded, rpoSeconds: 24 * HOUR + 9 * MINUTE - 1 }, { ...bounded, rpoSeconds: 24 * HOUR + 9 * MINUTE }],
  ['REPLICA_BEHIND_RPO', { ...bounded, schedule: every(1), expected: load(1, 1), rpoSeconds: 15 * MINUTE - 1 }, { ...bounded, schedule: every(1), expected: load(1, 1), rpoSeconds: 15 * MINUTE }],
  ['CLASS_SLOWER_THAN_RTO', { ...flexible, store: classes('GLACIER', 30) }, { ...flexible, rtoSeconds: flexible.rtoSeconds - 1, store: classes('GLACIER', 30) }],
  ['CLASS_SLOWER_THAN_RTO', { ...GOOD, retention: { days: 90 }, store: classes('GLACIER', 90) }, { ...GOOD, retention: { days: 90 }, store: classes('GLACIER', 89) }],
  ['CLASS_LEFT_EARLY', { ...GOOD, retention: { days: 53 }, store: classes('STANDARD_IA', 30) }, { ...GOOD, retention: { days: 52 }, store: classes('STANDARD_IA', 30) }],
  ['CLASS_LEFT_EARLY', { ...GOOD, retention: { days: 23 }, store: classes('STANDARD_IA', 30) }, { ...GOOD, retention: { days: 24 }, store: classes('STANDARD_IA', 30) }],
];

test.each(BOUNDARIES)('%s begins where it should', (code, last, first) => {
  const codes = (facts: ProtectionFacts) => proveProtection(facts).map((finding) => finding.code);
  expect(codes(last)).not.toContain(code);
  expect(codes(first)).toContain(code);
});

test('a template is near its limit from 401 resources on', () => {
  expect([templateFindings(400).length, templateFindings(401).length]).toEqual([0, 1]);
  expect([replicaTemplateFindings('Shop-Store-eu-west-1', 400).length, replicaTemplateFindings('Shop-Store-eu-west-1', 401).length]).toEqual([0, 1]);
});

test('only an error that nobody acknowledged ends a synthesis', () => {
  expect([isGrave({ severity: 'error' }), isGrave({ severity: 'error', acknowledged: 'known' }), isGrave({ severity: 'warning' })]).toEqual([true, false, false]);
});

describe('what is said depends on what is known', () => {
  const said = (facts: ProtectionFacts, code: FindingCode) => proveProtection(facts).find((finding) => finding.code === code);
  const fargate = { platform: 'fargate', limitSeconds: 60, scratchBytes: GIBIBYTE } as const;
  const tier = { name: 'critical', rpoSeconds: HOUR, rtoSeconds: HOUR, drillSeconds: DAY, secondRegion: true };

  test('the mend is the platform\'s own', () => {
    expect(said({ ...GOOD, workers: { ...fargate, platform: 'lambda' } }, 'RUN_EXCEEDS_LIMIT')).toMatchObject({ reason: expect.stringMatching(/Lambda ends/), mend: expect.stringMatching(/6 h/) });
    expect(said({ ...GOOD, workers: fargate }, 'RUN_EXCEEDS_LIMIT')?.mend).toMatch(/^a longer `timeout`/);
    expect(said({ ...GOOD, workers: { ...fargate, platform: 'lambda' } }, 'SCRATCH_TOO_SMALL')?.mend).toMatch(/Lambda/);
    expect(said({ ...GOOD, workers: fargate }, 'SCRATCH_TOO_SMALL')?.mend).toMatch(/^a larger `ephemeralStorage`/);
    expect(said({ ...GOOD, expected: undefined, workers: fargate }, 'LOAD_UNKNOWN')?.reason).toMatch(/on Fargate/);
  });

  test('a run\'s known time is an error where its limit is a warning', () => {
    const late = { ...GOOD, tier, rpoSeconds: 24 * HOUR + 20 * MINUTE };
    expect(said(late, 'REPLICA_BEHIND_RPO')).toMatchObject({ severity: 'error', reason: expect.not.stringMatching(/limits/) });
    expect(said({ ...late, tier: undefined }, 'REPLICA_BEHIND_RPO')?.severity).toBe('warning');
    const unknown = { ...late, expected: undefined, workers: limited(5 * MINUTE) };
    expect(said(unknown, 'REPLICA_BEHIND_RPO')).toMatchObject({ severity: 'warning', reason: expect.stringMatching(/by its workers' limits/) });
    expect(said({ ...GOOD, schedule: every(30), expected: undefined, workers: limited(901) }, 'SCHEDULE_OVERLAPS')).toMatchObject({ severity: 'warning', reason: expect.stringMatching(/may take/) });
    expect(said({ ...GOOD, schedule: every(5) }, 'SCHEDULE_OVERLAPS')?.severity).toBe('error');
  });

  test('the ceiling names rules, lock or both', () => {
    const reason = (days: number, locked: number) => said({ ...GOOD, retention: { days }, store: lock(locked * DAY), ceilingSeconds: 99 * DAY }, 'RETENTION_ABOVE_CEILING')?.reason;
    expect(reason(91, 97)).toMatch(/^days 91 and(?!.*the lock)/);
    expect(reason(90, 98)).toMatch(/^the lock keeps/);
    expect(reason(91, 98)).toMatch(/^days 91 and.*and the lock keeps/);
  });

  test('what a class left early costs is said by what is known of a copy\'s size, at the prices of the store\'s region', () => {
    // Ten days of a month of 730 hours are paid for nothing.
    const early = (region: string | undefined, expected: ProtectionFacts['expected']) =>
      said({ ...GOOD, expected, retention: { days: 43 }, store: { ...classes('STANDARD_IA', 30), ...(region ? { region } : {}) } }, 'CLASS_LEFT_EARLY')?.reason;
    const tenDays = 10 * 24 / 730;
    expect(early(undefined, { source: 'declared', copyBytes: 100 * GIBIBYTE, sizeBytes: 400 * GIBIBYTE }))
      .toMatch(new RegExp(`10 days of them for nothing: \\$${(100 * 0.0125 * tenDays).toPrecision(2)} for each copy of 100 GiB, at the prices of us-east-1$`));
    expect(early('eu-west-3', { source: 'declared', copyBytes: 1000 * GIBIBYTE })).toContain(`: $${(1000 * 0.0131 * tenDays).toFixed(2)} for each copy of 1000 GiB, at the prices of eu-west-3`);
    expect(early('eu-west-3', { source: 'declared', sizeBytes: 400 * GIBIBYTE })).toContain(`: $${(400 * 0.0131 * tenDays).toFixed(2)} for each copy if it takes as much as its 400 GiB of data, less as it compresses`);
    // A region that the table does not have is named by what stands in for it.
    expect(early('eu-north-1', undefined)).toContain(': $0.0041 for each GB of a copy, at the prices of us-east-1; how large a copy is, is not known');
    const colder = [{ storageClass: 'STANDARD_IA' as const, afterDays: 30 }, { storageClass: 'GLACIER' as const, afterDays: 50 }];
    expect(said({ ...GOOD, retention: { days: 400 }, store: { ...GOOD_STORE, transitions: colder } }, 'CLASS_LEFT_EARLY')?.reason).toMatch(/10 days of them for nothing: \$0\.016 for each/);
  });

  test('a class that holds even the newest copy is an error', () => {
    const weekly = { ...GOOD, schedule: { kind: 'weekly', weekDay: 'SUN', hour: 2, minute: 0, timeZone: 'UTC' } as const, retention: { last: 9 } };
    expect([7, 8].map((days) => said({ ...weekly, store: classes('GLACIER', days) }, 'CLASS_SLOWER_THAN_RTO')?.severity)).toEqual(['error', 'warning']);
    expect(said({ ...weekly, expected: undefined, store: classes('GLACIER', 7) }, 'CLASS_SLOWER_THAN_RTO')?.reason).not.toMatch(/a restore/);
  });
});
