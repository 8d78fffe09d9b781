import type { ProtectionFacts } from '../../lib/model/proof';
import { CORRECTED_STORE, DAY, every, HOUR, MINUTE, PLAIN_STORE, reasonOf, said } from './support';

/**
 * The recovery points that the guide shows, kept 48 hours on the free plan; a restore takes 5 to 15 minutes, then the application is
 * switched over by hand.
 */
const ATLAS: ProtectionFacts = {
  schedule: { kind: 'cron', expression: '0 10,12,14,22 * * ? *', timeZone: 'UTC' }, rpoSeconds: HOUR, rtoSeconds: 2 * HOUR, retention: { days: 2 }, minimumVerified: 1,
  expected: { source: 'declared', dumpSeconds: MINUTE, restoreSeconds: 15 * MINUTE }, drillSeconds: 31 * DAY, store: PLAIN_STORE,
};

describe('guide of CERER, as declared', () => {
  test('guide: recovery points up to 12 hours apart under an RPO of 1 hour', () => {
    expect(said(ATLAS)).toEqual(['error RPO_UNREACHABLE', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING']);
    expect(reasonOf(ATLAS, 'RPO_UNREACHABLE').reason).toMatch(/^runs are up to 12 h apart \(12 h from .* 22:00 UTC to .* 10:00 UTC\), and a run takes 16 min: a copy is 12 h 16 min old/);
  });

  test('guide: the monthly export is no second copy under that RPO, and 48 hours of copies do not reach the next monthly drill', () => {
    const monthly: ProtectionFacts = { ...ATLAS, schedule: { kind: 'monthly', day: 1, hour: 2, minute: 0, timeZone: 'UTC' } };
    expect(said(monthly)).toEqual(['error RPO_UNREACHABLE', 'warning RETENTION_BELOW_MINIMUM', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING']);
    expect(reasonOf(monthly, 'RETENTION_BELOW_MINIMUM').reason).toBe('the rules keep 0 copies at times, with runs up to 31 days apart; 1 proven copy always stays, longer than the rules say');
  });

  test('guide: a restore to the minute is a continuous copy\'s', () => {
    expect(reasonOf({ ...ATLAS, rpoSeconds: MINUTE }, 'RPO_NEEDS_CONTINUOUS_COPY').mend).toMatch(/Atlas continuous backup/);
  });
});

test('guide of CERER, corrected: dumps every 20 minutes, kept for a month', () => {
  const kept = { retention: { hourly: 48, daily: 30 }, minimumVerified: 3, store: CORRECTED_STORE, drillSeconds: 0 };
  const database: ProtectionFacts = { ...ATLAS, ...kept, schedule: every(20) };
  expect(said(database)).toEqual([]);
});
