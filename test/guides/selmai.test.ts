import type { ProtectionFacts } from '../../lib/model/proof';
import { CORRECTED_STORE, DAY, daily, every, HOUR, MINUTE, PLAIN_STORE, reasonOf, said, sunday } from './support';

/** Daily at 02:00; the script keeps the 7 newest dumps, and the table promises monthly ones for 3 months. */
const DATABASE: ProtectionFacts = {
  schedule: daily(2), rpoSeconds: 24 * HOUR, rtoSeconds: 15 * MINUTE, retention: { last: 7 }, minimumVerified: 1,
  floorSeconds: 90 * DAY, drillSeconds: 31 * DAY, store: PLAIN_STORE,
};

describe('guide of SELMai, as declared', () => {
  test('guide: the rotation deletes what the monthly tier promises', () => {
    expect(said(DATABASE)).toEqual(['error RPO_UNREACHABLE', 'error RETENTION_BELOW_FLOOR', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING', 'info LOAD_UNKNOWN']);
    expect(reasonOf(DATABASE, 'RETENTION_BELOW_FLOOR').reason).toBe('the oldest copy is surely kept 7 days (last 7); 90 days are asked for');
    expect(reasonOf(DATABASE, 'LOAD_UNKNOWN').reason).toMatch(/the RTO is 15 min$/);
  });

  test('guide: a lost server may lose 24 hours, and its configuration is copied weekly', () => {
    const weekly = { schedule: sunday(2), rtoSeconds: 4 * HOUR, retention: { weekly: 4 }, floorSeconds: undefined };
    const configuration: ProtectionFacts = { ...DATABASE, ...weekly };
    expect(said(configuration)).toEqual(['error RPO_UNREACHABLE', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING', 'info LOAD_UNKNOWN']);
    expect(reasonOf(configuration, 'RPO_UNREACHABLE').reason).toMatch(/^runs are 7 days apart/);
  });

  test('guide: copies that are encrypted with a passphrase nobody gives the drill are never restored', () => {
    expect(reasonOf({ ...DATABASE, encryption: { drillIdentity: false } }, 'DRILL_WITHOUT_IDENTITY').reason).toMatch(/0 copies are ever restored/);
  });
});

test('guide of SELMai, corrected: every 12 hours, 4 monthly copies, the restore measured', () => {
  const database: ProtectionFacts = {
    ...DATABASE, schedule: every(720), retention: { daily: 7, monthly: 5 }, minimumVerified: 3, store: CORRECTED_STORE, drillSeconds: 0,
    encryption: { drillIdentity: true }, expected: { source: 'declared', dumpSeconds: 3 * MINUTE, restoreSeconds: 9 * MINUTE },
  };
  expect(said(database)).toEqual([]);
  expect(said({ ...database, schedule: every(720), retention: { daily: 7, weekly: 4 }, floorSeconds: undefined })).toEqual([]);
});
