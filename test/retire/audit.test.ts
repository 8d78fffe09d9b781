import { GetObjectCommand } from '@aws-sdk/client-s3';
import { policyPrefix } from '../../lib/contract/object-keys';
import { parseStoreAudit, type StoreAudit } from '../../lib/contract/store-audit';
import { BUCKET, ID, morning, protectionOf, RetireStore, slot } from './support';

jest.setTimeout(60_000);

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

const keys = () => store.keys(policyPrefix('audits', ID));

async function newest(): Promise<StoreAudit> {
  const { Body } = await store.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: keys().at(-1) }));
  return parseStoreAudit(JSON.parse(await Body!.transformToString()));
}

describe('the audit that a round leaves', () => {
  it('counts what stays, what is stored and what was released', async () => {
    store.at(morning(-1));
    await store.round();
    await store.copies(0, 4);
    store.at(morning(4));
    await store.round();
    const { at, protections: [audited] } = await newest();
    expect(at).toBe(new Date(morning(4)).toISOString());
    // Three days are kept, and the two oldest copies are announced.
    expect(audited).toMatchObject({ protection: 'database', provenCopies: 3, newestProven: '20260305T020000Z', released: 0, releasesAtMost: 3 });
    expect(audited.storedBytes).toBeGreaterThan(0);
    store.at(morning(7));
    await store.round();
    expect((await newest()).protections[0]).toMatchObject({ released: 2, provenCopies: 3 });
  });

  it('carries the days on when their copies are released, and leaves what is not settled to the next', async () => {
    store.at(morning(-1));
    await store.round();
    for (let day = 0; day <= 6; day++) {
      if (day !== 2) await store.copy(slot(day), day === 3 ? 'not-proven' : 'proven');
      store.at(morning(day));
      await store.round();
    }
    await store.round({ slot: morning(6) });
    const { protections: [{ days, until }] } = await newest();
    expect(days).toEqual([
      { day: '2026-03-01', expected: 1, proven: 1, unproven: 0 }, { day: '2026-03-02', expected: 1, proven: 1, unproven: 0 },
      { day: '2026-03-03', expected: 1, proven: 0, unproven: 0 }, { day: '2026-03-04', expected: 1, proven: 0, unproven: 1 },
      { day: '2026-03-05', expected: 1, proven: 1, unproven: 0 }, { day: '2026-03-06', expected: 1, proven: 1, unproven: 0 },
      { day: '2026-03-07', expected: 1, proven: 1, unproven: 0 },
    ]);
    expect(until).toBe(new Date(slot(6)).toISOString());
    // The eighth slot: its run may still leave a copy.
    store.at(slot(7).replace('T02:00', 'T03:00'));
    await store.round();
    expect((await newest()).protections[0]).toMatchObject({ until: new Date(slot(6)).toISOString() });
  });

  it('is there of the protections that could be read, though another one could not', async () => {
    await store.copies(0, 1);
    store.at(morning(1));
    store.inject((call) => (call.resource.includes('/other/') ? { status: 403, code: 'AccessDenied' } : undefined));
    await expect(store.round({ protections: [protectionOf(), protectionOf({ protection: 'other' })] })).rejects.toThrow('STORE_REFUSED');
    expect((await newest()).protections.map(({ protection }) => protection)).toEqual(['database']);
  });

  it('that cannot be written undoes no round, and is said', async () => {
    await store.copies(0, 4);
    store.at(morning(4));
    store.inject((call) => (call.operation === 'PutObject' && call.resource.includes('/audits/') ? { status: 403, code: 'AccessDenied' } : undefined));
    expect(await store.decided()).toMatchObject({ '20260301T020000Z': 'announced' });
    expect(keys()).toEqual([]);
    expect(store.lines).toContainEqual(expect.objectContaining({ level: 'WARN', message: expect.stringContaining('the round leaves no audit: [STORE_REFUSED]') }));
  });

  it('is left by no dry run, and by nobody who only keeps a copy', async () => {
    await store.copies(0, 1);
    store.at(morning(1));
    await store.round({ dryRun: true });
    await store.round({ keep: [{ protection: 'database', runId: '20260301T020000Z' }] });
    expect(keys()).toEqual([]);
  });

  it('says nothing of days that it cannot know', async () => {
    await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    expect((await newest()).protections[0]).toMatchObject({ days: [], provenCopies: 3 });
  });
});
