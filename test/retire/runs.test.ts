import { randomUUID } from 'node:crypto';
import { manifestKey, runIdOf } from '../../lib/contract/object-keys';
import type { RetireFinding } from '../../lib/contract/retire-report';
import { ID, morning, protectionOf, RetireStore, slot } from './support';

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

const EVENING = { longestRunSeconds: 3600, retention: { rules: { daily: 9 }, minimumVerified: 2, timeZone: 'UTC' } };

async function findings(changes: Parameters<typeof protectionOf>[0] = {}): Promise<RetireFinding[]> {
  return (await store.round({ protections: [protectionOf({ ...EVENING, ...changes })] })).findings;
}

const finding = (kind: string, day: number, text: string): RetireFinding =>
  ({ kind: `run-${kind}`, key: manifestKey(ID, runIdOf(slot(day))), text: expect.stringContaining(text) as string }) as RetireFinding;

test('a run that did not come is missed once it is due, and no longer than a copy of it could be there', async () => {
  await store.copy(slot(0));
  store.at(morning(0));
  expect(await findings()).toEqual([]);
  await store.copy(slot(2));
  store.at(morning(2));
  expect(await findings()).toEqual([finding('missing', 1, 'no copy of 2026-03-02T02:00:00Z')]);
  // A copy of day 1 could have been released by now, and the run of day 3 has its hour still.
  store.now = new Date(Date.parse(slot(3)) + 1800_000);
  expect(await findings()).toEqual([]);
  store.at(morning(4));
  expect(await findings()).toEqual([finding('missing', 3, ''), finding('missing', 4, '')]);
});

test('what was before the policy was met is nobody\'s fault, and a rate\'s slots are not known', async () => {
  store.at(morning(5));
  expect(await findings()).toEqual([]);
  store.at(morning(7));
  expect(await findings({ schedule: { expression: 'rate(12 hours)', timeZone: 'UTC', longestGapSeconds: 43_200 } })).toEqual([
    // Of the days under the daily schedule.
    finding('missing', 6, ''), finding('missing', 7, ''),
  ]);
  store.at(morning(9));
  expect(await findings({ schedule: { expression: 'rate(12 hours)', timeZone: 'UTC', longestGapSeconds: 43_200 } })).toEqual([]);
});

test('copies without a proof, without a verdict in time, late ones, and two attempts at one run', async () => {
  const orders = protectionOf({ ...EVENING, protection: 'orders' });
  store.at(morning(-1));
  await findings();
  await store.round({ protections: [orders] });
  await store.copy(slot(0), 'not-proven');
  await store.copy(slot(1), 'unverified');
  await store.parts(slot(1));
  store.at(morning(1));
  expect(await findings()).toEqual([
    finding('unproven', 0, 'is not proven'), finding('unproven', 1, 'has no verdict'), finding('doubled', 1, '2 attempts'),
  ]);

  store.at(morning(2));
  const other = { ...ID, protection: 'orders' };
  const attempt = randomUUID();
  const parts = await store.parts(slot(2), attempt, other);
  await store.put(manifestKey(other, runIdOf(slot(2))), JSON.stringify({
    version: 1, ...other, engine: 'memory', runId: runIdOf(slot(2)), slot: slot(2), attempt, execution: 'execution-1', startedAt: slot(2), finishedAt: slot(2),
    recoveryPoint: slot(2), source: { version: '1', description: 'memory', databases: [] }, tools: {}, parts, census: 'census.json',
    totals: { items: 0, rows: 0, sizeBytes: 0, rawSizeBytes: 0 }, leftOut: [], engineNotes: {},
  }));
  const report = await store.round({ protections: [orders] });
  expect(report.findings.filter(({ key }) => key.includes('/orders/'))).toContainEqual(
    { kind: 'run-late', key: manifestKey(other, runIdOf(slot(2))), text: expect.stringContaining('after it was due') as string },
  );
});
