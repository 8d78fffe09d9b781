import type { ProtectionFacts } from '../../lib/model/proof';
import { CORRECTED_STORE, DAY, daily, every, HOUR, MINUTE, PLAIN_STORE, reasonOf, said, YEAR } from './support';

const CRITICAL = { name: 'critique', rpoSeconds: 5 * MINUTE, rtoSeconds: HOUR, drillSeconds: 7 * DAY, secondRegion: true };

/**
 * `0 0/4` with `-mtime +2`, to one bucket in STANDARD_IA by `sync --delete`; tax data for 7 years and personal data for 3 in one
 * database.
 */
const DATABASE: ProtectionFacts = {
  schedule: every(240), rpoSeconds: 5 * MINUTE, rtoSeconds: HOUR, retention: { days: 2 }, minimumVerified: 1,
  floorSeconds: 7 * YEAR, ceilingSeconds: 3 * YEAR, tier: CRITICAL, drillSeconds: 7 * DAY,
  store: { ...PLAIN_STORE, transitions: [{ afterDays: 0, storageClass: 'STANDARD_IA' }] },
};

describe('guide of Kamba Lhains, as declared', () => {
  test('guide: the database promises an RPO of 5 minutes by dumps every 4 hours', () => {
    expect(said(DATABASE)).toEqual([
      'error RPO_NEEDS_CONTINUOUS_COPY', 'error RETENTION_BELOW_FLOOR', 'error RETENTION_CONTRADICTION', 'error SECOND_REGION_MISSING',
      'warning LOCK_MISSING', 'warning CLASS_LEFT_EARLY', 'info LOAD_UNKNOWN',
    ]);
    expect(reasonOf(DATABASE, 'RPO_NEEDS_CONTINUOUS_COPY')).toMatchObject({
      reason: 'the RPO is 5 min; runs are 4 h apart, and no schedule of dumps meets it: dumps are no means below 15 min',
      mend: expect.stringMatching(/RDS or Aurora point-in-time recovery, Atlas continuous backup, or a receiver of the server's log/),
    });
    expect(reasonOf(DATABASE, 'RETENTION_BELOW_FLOOR').reason).toBe('the oldest copy is surely kept 48 h (days 2); 2555 days are asked for');
    expect(reasonOf(DATABASE, 'RETENTION_CONTRADICTION').reason).toBe('copies must be kept 2555 days and must be gone after 1095 days');
    expect(reasonOf(DATABASE, 'CLASS_LEFT_EARLY').reason).toMatch(/leave it 48 h later \(days 2\); 30 days are paid for in any case, 28 days of them for nothing/);
  });

  test('guide: users\' data in that database have an RPO of 1 hour', () => {
    expect(reasonOf({ ...DATABASE, rpoSeconds: HOUR }, 'RPO_UNREACHABLE').reason).toMatch(/^runs are 4 h apart, .*; the RPO is 1 h$/);
  });

  test('guide: the daily full dump is kept 7 days, which is no 7 years either', () => {
    const full = { ...DATABASE, schedule: daily(3), retention: { days: 7 } };
    expect(said(full)).toEqual(said(DATABASE));
    expect(reasonOf(full, 'RETENTION_BELOW_FLOOR').reason).toBe('the oldest copy is surely kept 7 days (days 7); 2555 days are asked for');
  });

  test('guide: static files under an RPO of 24 hours are copied once a day, and the run takes time too', () => {
    const files: ProtectionFacts = {
      ...DATABASE, schedule: daily(3), rpoSeconds: 24 * HOUR, rtoSeconds: 4 * HOUR, retention: { days: 30 },
      tier: undefined, floorSeconds: undefined, ceilingSeconds: undefined,
    };
    expect(said(files)).toEqual(['error RPO_UNREACHABLE', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING', 'info LOAD_UNKNOWN']);
  });

  test('guide: drills once a month are too rare for its own critical tier, whose restores are weekly', () => {
    expect(reasonOf({ ...DATABASE, drillSeconds: 31 * DAY }, 'DRILLS_TOO_RARE').reason).toBe('a copy is restored every 31 days; the tier "critique" asks for every 7 days');
  });
});

describe('guide of Kamba Lhains, corrected', () => {
  const load = { source: 'declared', dumpSeconds: 4 * MINUTE, restoreSeconds: 12 * MINUTE };
  const orders: ProtectionFacts = {
    schedule: every(60), rpoSeconds: 2 * HOUR, rtoSeconds: HOUR,
    retention: { hourly: 48, daily: 7, weekly: 5, monthly: 12, yearly: 8 }, minimumVerified: 3,
    floorSeconds: 7 * YEAR, drillSeconds: 0, store: { ...CORRECTED_STORE, lock: { mode: 'GOVERNANCE', seconds: 7 * DAY } }, expected: load,
  };

  test('guide: orders and payments with their tax data, dumped every hour for an RPO of 2 hours, have no finding', () => {
    expect(said(orders)).toEqual([]);
  });

  test('guide: for 5 minutes only the continuous copy is left to be named', () => {
    const critical = { ...orders, rpoSeconds: 5 * MINUTE, tier: CRITICAL };
    expect(said(critical)).toEqual(['error RPO_NEEDS_CONTINUOUS_COPY']);
    expect(said({ ...critical, schedule: every(1), expected: { source: 'declared', dumpSeconds: 1, restoreSeconds: 1 } })).toEqual(['error RPO_NEEDS_CONTINUOUS_COPY']);
  });

  test('guide: personal data, apart from them, are gone after 3 years', () => {
    const people: ProtectionFacts = {
      ...orders, schedule: every(30), rpoSeconds: HOUR + 5 * MINUTE, retention: { hourly: 48, daily: 30, monthly: 34 },
      floorSeconds: undefined, ceilingSeconds: 3 * YEAR,
    };
    expect(said(people)).toEqual([]);
  });

  test('guide: static files, twice a day', () => {
    const files: ProtectionFacts = {
      ...orders, schedule: every(720), rpoSeconds: 24 * HOUR, rtoSeconds: 4 * HOUR, floorSeconds: undefined, retention: { days: 30 },
    };
    expect(said(files)).toEqual([]);
  });
});
