import type { ProtectionFacts } from '../../lib/model/proof';
import { CORRECTED_STORE, DAY, daily, HOUR, MINUTE, PLAIN_STORE, reasonOf, said } from './support';

/**
 * Daily at 02:00 for 30 days, on the server itself. It names no objectives: its alarm after 25 hours is the RPO it lives by; no RTO is 7
 * days, the longest there is.
 */
const DATABASE: ProtectionFacts = {
  schedule: daily(2), rpoSeconds: 25 * HOUR, rtoSeconds: 7 * DAY, retention: { days: 30 }, minimumVerified: 1,
  drillSeconds: 7 * DAY, store: PLAIN_STORE,
};

describe('guide of IFN Connect, as declared', () => {
  test('guide: an hour is left for a run whose time nobody knows, and all copies lie beside the database', () => {
    expect(said(DATABASE)).toEqual(['warning RPO_RUN_TIME_UNKNOWN', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING', 'info LOAD_UNKNOWN']);
    expect(reasonOf(DATABASE, 'RPO_RUN_TIME_UNKNOWN').reason).toBe('runs are 24 h apart; the RPO of 25 h leaves 1 h for a run, whose time is not known');
  });

  test('guide: a server that keeps Paris time would skip a night in March', () => {
    const paris: ProtectionFacts = { ...DATABASE, schedule: { kind: 'daily', hour: 2, minute: 0, timeZone: 'Europe/Paris' } };
    expect(said(paris)[0]).toBe('error RPO_UNREACHABLE');
    expect(reasonOf(paris, 'SCHEDULE_SKIPS_A_RUN').reason).toMatch(/^2026-03-29 02:00 does not exist .*: 47 h without a run$/);
  });
});

test('guide of IFN Connect, corrected: with a declared load, a lock and a second region', () => {
  const database: ProtectionFacts = {
    ...DATABASE, minimumVerified: 3, store: CORRECTED_STORE, drillSeconds: 0, rtoSeconds: HOUR, expected: { source: 'declared', dumpSeconds: 5 * MINUTE, restoreSeconds: 20 * MINUTE },
  };
  expect(said(database)).toEqual([]);
});
