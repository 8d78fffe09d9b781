import type { ProtectionFacts } from '../../lib/model/proof';
import { CORRECTED_STORE, DAY, daily, every, HOUR, MINUTE, PLAIN_STORE, reasonOf, said, sunday } from './support';

/** Daily, weekly and monthly at 02:00 UTC, 30 minutes at most; the restore of a lost database takes 1 to 2 hours. */
const DATABASE: ProtectionFacts = {
  schedule: daily(2), rpoSeconds: 24 * HOUR, rtoSeconds: HOUR, retention: { daily: 7, weekly: 4, monthly: 12 }, minimumVerified: 1,
  expected: { source: 'declared', dumpSeconds: 30 * MINUTE, restoreSeconds: 2 * HOUR }, drillSeconds: 31 * DAY, store: PLAIN_STORE,
};

/** Sundays at 03:00 UTC, 2 hours at most; a restore takes 2 to 4 hours. */
const STORAGE: ProtectionFacts = {
  ...DATABASE, schedule: sunday(3), rtoSeconds: 4 * HOUR, retention: { weekly: 4, monthly: 12 },
  expected: { source: 'declared', dumpSeconds: 2 * HOUR, restoreSeconds: 4 * HOUR },
};

describe('guide of MonToit, as declared', () => {
  test('guide: the database\'s RPO is its schedule\'s 24 hours, without the run; its restore takes longer than the RTO', () => {
    expect(said(DATABASE)).toEqual(['error RPO_UNREACHABLE', 'error RTO_UNREACHABLE', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING']);
    expect(reasonOf(DATABASE, 'RPO_UNREACHABLE').reason).toBe('runs are 24 h apart, and a run takes 2 h 30 min: a copy is 26 h 30 min old when the next one is proven; the RPO is 24 h');
    expect(reasonOf(DATABASE, 'RTO_UNREACHABLE').reason).toBe('a restore takes 2 h (declared); the RTO is 1 h');
  });

  test('guide: the storage is copied weekly under an RPO of 24 hours', () => {
    expect(said(STORAGE)).toEqual(['error RPO_UNREACHABLE', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING']);
    expect(reasonOf(STORAGE, 'RPO_UNREACHABLE')).toMatchObject({
      reason: 'runs are 7 days apart, and a run takes 6 h: a copy is 7 days 6 h old when the next one is proven; the RPO is 24 h',
      mend: 'run more often than every 18 h, or declare an RPO above 7 days 6 h',
    });
  });
});

describe('guide of MonToit, corrected', () => {
  const kept = { store: CORRECTED_STORE, minimumVerified: 3, drillSeconds: 0 };

  test('guide: the database twice a day, restored within its hour', () => {
    const database: ProtectionFacts = { ...DATABASE, ...kept, schedule: every(720), expected: { source: 'declared', dumpSeconds: 10 * MINUTE, restoreSeconds: 40 * MINUTE } };
    expect(said(database)).toEqual([]);
  });

  test('guide: the storage twice a day', () => {
    expect(said({ ...STORAGE, ...kept, schedule: every(720), retention: { daily: 7, weekly: 4, monthly: 12 } })).toEqual([]);
  });
});
