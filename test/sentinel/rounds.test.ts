import { after, DAY_SECONDS, HOUR, slotOf, WatchedStore } from './support';

let watched: WatchedStore;

beforeEach(async () => {
  watched = await WatchedStore.start();
});

afterEach(async () => {
  await watched.stop();
});

describe('a healthy policy', () => {
  it('moves no gauge, says nothing, and writes each gauge in each round', async () => {
    watched.at(after(-1, 12));
    await watched.round();
    await watched.copies(0, 4);
    watched.at(after(4, 3));
    const { gauges, notes, protections: [protection], since } = await watched.round();
    expect(notes).toEqual([]);
    expect(protection.notes).toEqual([]);
    expect(since).toBe(after(-1, 12));
    expect(gauges).toEqual({
      sentinelRounds: 1, deadLetters: 0, lockDrift: 0, lifecycleDrift: 0, replicationDrift: 0, keyTrouble: 0, unconfirmedRecipients: 0,
      auditAge: 4 * DAY_SECONDS + 15 * HOUR, releasedTooMany: 0,
    });
    expect(protection.gauges).toEqual({
      recoveryPointAge: 3 * HOUR, overdueSeconds: 0, failedRuns: 0, successRate: 100, unprovenCopies: 0, unverifiedAge: 0, provenCopies: 5,
      missingProvenCopies: 0, sizeDeviation: 0, rowsDeviation: 0, runSeconds: HOUR / 2, restoreOfRto: 0, drillAge: 2.5 * HOUR,
      storedBytes: 25_000, storeFill: 0, daysToCeiling: 3650, replicaLag: 0, replicaFailures: 0, unreadable: 0, clockSkew: 0,
      lastReadAge: 0, scheduleDrift: 0, pausedSeconds: 0,
    });
    expect(protection.newestProven).toMatchObject({ runId: '20260305T020000Z', outcome: 'proven' });
    expect(protection.nextSlot).toBe(new Date(slotOf(5)).toISOString());
    expect(watched.written('sentinelRounds')).toEqual([1, 1]);
    expect(watched.written('recoveryPointAge')).toEqual([0, 3 * HOUR]);
  });
});
