import type { ProtectionFacts, StoreFacts } from '../../lib/model/proof';

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const GIBIBYTE = 2 ** 30;

/** A store that nothing can be said against. */
export const GOOD_STORE: StoreFacts = {
  lock: { mode: 'GOVERNANCE', seconds: 7 * DAY },
  lockExtended: true,
  replicas: [{ timeControl: true }],
  graceSeconds: 7 * DAY,
  transitions: [],
  testEnvironment: false,
};

/** A daily dump on Lambda that nothing can be said against. */
export const GOOD: ProtectionFacts = {
  schedule: { kind: 'daily', hour: 2, minute: 0, timeZone: 'UTC' },
  rpoSeconds: 26 * HOUR,
  rtoSeconds: HOUR,
  retention: { daily: 7, weekly: 4, monthly: 12 },
  minimumVerified: 3,
  expected: { source: 'declared', sizeBytes: 4 * GIBIBYTE, dumpSeconds: 3 * MINUTE, restoreSeconds: 6 * MINUTE },
  workers: { platform: 'lambda', limitSeconds: 880, scratchBytes: 10 * GIBIBYTE },
  store: GOOD_STORE,
  drillSeconds: 0,
};
