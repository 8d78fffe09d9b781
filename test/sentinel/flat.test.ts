import { fillAudit, fillRuns, STEP_SECONDS, type FillProps } from '../../bench/sentinel-store';
import { BUCKET, ID } from '../retire/support';
import { HOUR, protectionOf, WatchedStore } from './support';

jest.setTimeout(120_000);

const NOW = Date.UTC(2026, 5, 20, 12, 10) / 1000;
/** The newest slot that is done. */
const LAST = Date.UTC(2026, 5, 20, 12) / 1000;
/** When the daily round was. */
const AUDITED = Date.UTC(2026, 5, 20, 5) / 1000;

const everyHalfHour = protectionOf({
  schedule: { expression: 'cron(0/30 * * * ? *)', timeZone: 'UTC', longestGapSeconds: STEP_SECONDS },
  retention: { rules: { hourly: 48 }, minimumVerified: 3, timeZone: 'UTC' }, longestRunSeconds: HOUR / 2, verdictSeconds: HOUR / 4,
});

let watched: WatchedStore;

beforeAll(async () => {
  watched = await WatchedStore.start();
});

afterAll(async () => {
  await watched.stop();
});

test('a round asks as many questions of a store with 2,000 runs as of one with 20, and of S3 nothing but the recent ones', async () => {
  await watched.store.put('seed', '{}');
  const props: FillProps = {
    endpoint: watched.endpoint, bucket: BUCKET, seed: 'seed', id: ID, setClock: (instant) => watched.at(instant.toISOString()),
  };
  const request = watched.request({ protections: [everyHalfHour] });
  const asked: { readonly list: number; readonly read: number }[] = [];
  let oldest = LAST + STEP_SECONDS;
  for (const runs of [20, 200, 2000]) {
    const from = LAST - (runs - 1) * STEP_SECONDS;
    await fillRuns(props, from, oldest);
    oldest = from;
    // A store of so many runs, audited this morning.
    if (runs === 20) {
      await fillAudit(props, AUDITED, runs);
      watched.at(new Date((LAST - 30 * STEP_SECONDS) * 1000).toISOString());
      await watched.round({ ...request, slot: undefined });
    }
    watched.at(new Date(NOW * 1000).toISOString());
    jest.resetModules();
    const { sentinel } = await import('../../lambda/workers/sentinel');
    const now = watched.store.now.toISOString();
    const { requests, protections: [{ gauges, copies }] } = await sentinel({ ...request, slot: now, rehearsedAt: now }, { awsRequestId: 'round' });
    expect(gauges).toMatchObject({ recoveryPointAge: NOW - LAST, failedRuns: 0, overdueSeconds: 0, unreadable: 0 });
    // What came since the audit, and the slot of its own instant.
    expect(copies).toHaveLength((LAST - AUDITED) / STEP_SECONDS);
    asked.push(requests);
  }
  expect(asked[0].list).toBeLessThan(12);
  // Each copy's manifest and verdict, the audit, the policy's record, and how the bucket is configured.
  expect(asked[0].read).toBeLessThan(2 * 14 + 8);
  expect(asked).toEqual([asked[0], asked[0], asked[0]]);
});
