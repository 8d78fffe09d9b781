import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEndpoint, type Endpoint } from '../../rehearsal/endpoint';
import { eventsBetween } from '../../rehearsal/month/events';
import { copiesIn, fateOf, storedBytes, unlockedCopies } from '../../rehearsal/month/fates';
import type { Planned } from '../../rehearsal/run-protection';

const at = (text: string): number => Date.parse(`${text}Z`);

test('slots, rounds and midnights in their order; at one instant the midnight first, the round last', () => {
  const policy = { declared: { retirement: { schedule: { expression: 'cron(0 0 * * ? *)', timeZone: 'UTC' } } } };
  const planned = { policy, protection: { declared: { schedule: { expression: 'cron(0 */12 * * ? *)', timeZone: 'UTC' } } } } as unknown as Planned;
  const events = eventsBetween([planned], at('2026-11-20T06:00:00'), at('2026-11-22T06:00:00'));
  expect(events.map((event) => `${new Date(event.at).toISOString().slice(0, 16)} ${event.kind}`)).toEqual([
    '2026-11-20T12:00 run', '2026-11-21T00:00 midnight', '2026-11-21T00:00 run', '2026-11-21T00:00 retire', '2026-11-21T12:00 run',
    '2026-11-22T00:00 midnight', '2026-11-22T00:00 run', '2026-11-22T00:00 retire',
  ]);
});

test('the rounds that lengthen locks come after those of retirement, where there are any', () => {
  const schedule = { expression: 'cron(0 5 * * ? *)', timeZone: 'UTC' };
  const policy = { declared: { retirement: { schedule }, lockExtension: { schedule } } };
  const planned = { policy, protection: { declared: { schedule } } } as unknown as Planned;
  const events = eventsBetween([planned], at('2026-11-20T04:00:00'), at('2026-11-20T06:00:00'));
  expect(events.map(({ kind }) => kind)).toEqual(['run', 'retire', 'extend']);
});

describe('what a place holds of a copy', () => {
  const id = { environment: 'staging', application: 'shop', protection: 'database' };
  const runId = '20261120T020000Z';
  const manifest = `runs/staging/shop/database/${runId}.json`;
  const part = `parts/staging/shop/database/${runId}/one/rows`;
  let endpoint: Endpoint;
  let directory: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'fates-'));
    endpoint = await startEndpoint({ directory });
    endpoint.setClock(new Date(at('2026-11-20T02:00:00')));
    endpoint.s3.createBucket({
      name: 'store', objectLock: true, defaultRetention: { mode: 'GOVERNANCE', days: 2 },
      lifecycle: { rules: [
        { id: 'expire', enabled: true, filter: { tags: { retire: 'expire' } }, expiration: { days: 1 } },
        { id: 'remove', enabled: true, filter: { tags: { retire: 'expire' } }, noncurrentExpiration: { days: 1 } },
      ] },
    });
    await put(manifest);
    await put(part);
  });
  afterEach(async () => {
    await endpoint.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function put(Key: string): Promise<void> {
    const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const s3 = new S3Client({ endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
    await s3.send(new PutObjectCommand({ Bucket: 'store', Key, Body: '12345' }));
    s3.destroy();
  }
  const mark = (value: string): void => {
    for (const key of [manifest, part]) endpoint.s3.versions('store', key)[0].tags.retire = value;
  };

  test('kept, announced, released, deleted: by its tags, its markers and what is left', async () => {
    const until = { lockedUntil: expect.stringMatching(/^2026-11-22T02:00/) };
    expect(fateOf(endpoint, 'store', id, runId)).toEqual({ fate: 'kept', ...until });
    expect(fateOf(endpoint, 'store', id, '20260101T000000Z')).toEqual({ fate: 'missing' });
    expect([storedBytes(endpoint.s3, 'store', id), copiesIn(endpoint.s3, 'store', id)]).toEqual([10, 1]);
    const unlocked = (instant: string): number => unlockedCopies(endpoint.s3, 'store', id, [runId, '20260101T000000Z'], at(instant));
    expect([unlocked('2026-11-22T02:00:00'), unlocked('2026-11-22T03:00:00')]).toEqual([0, 1]);
    mark('pending:20261120T051500Z');
    expect(unlocked('2026-11-22T03:00:00')).toBe(0);
    expect(fateOf(endpoint, 'store', id, runId).fate).toBe('announced');
    mark('keep');
    expect(fateOf(endpoint, 'store', id, runId).fate).toBe('kept');
    mark('expire');
    expect(fateOf(endpoint, 'store', id, runId).fate).toBe('released');
    await endpoint.advanceTo(new Date(at('2026-11-22T00:00:00')));
    expect(fateOf(endpoint, 'store', id, runId)).toEqual({ fate: 'released', ...until });
    expect([storedBytes(endpoint.s3, 'store', id), copiesIn(endpoint.s3, 'store', id)]).toEqual([10, 0]);
    await endpoint.advanceTo(new Date(at('2026-11-24T00:00:00')));
    expect(fateOf(endpoint, 'store', id, runId)).toEqual({ fate: 'deleted', deletedAt: '2026-11-24T00:00:00.000Z' });
    expect(storedBytes(endpoint.s3, 'store', id)).toBe(0);
  });
});
