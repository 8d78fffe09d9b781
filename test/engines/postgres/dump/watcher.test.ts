import fc from 'fast-check';
import type { Session } from '../../../../lambda/engines/postgres/connection';
import { Stop } from '../../../../lambda/runtime/stop';
import { watch } from '../../../../lambda/engines/postgres/watcher';

interface Scene {
  /** From when till when somebody waits, milliseconds on the dump's clock. */
  readonly waits: readonly (readonly [from: number, until: number])[];
  readonly coordinatorEnds: number;
  readonly ends: number;
}

/** Watches on a clock of its own, which only pauses move; gives when it let go, if it did, and why. */
async function watched(
  maximumBlockingSeconds: number, { waits, coordinatorEnds, ends }: Scene,
): Promise<{ at: number; code: string | undefined }> {
  let now = 0;
  const done = new AbortController();
  const stop = new Stop(new AbortController().signal);
  stop.pause = (milliseconds) => {
    now += milliseconds;
    if (now >= ends) done.abort();
    return Promise.resolve();
  };
  const rows = (sql: string): Promise<unknown[]> => Promise.resolve(sql.includes('AS alive')
    ? [{ alive: now < coordinatorEnds }]
    : waits.some(([from, until]) => now >= from && now < until) ? [{ pid: 7, mode: 'AccessExclusiveLock', relation: 'public.late' }] : []);
  const props = { session: { rows } as unknown as Session, applicationName: 'a', coordinatorPid: 3, maximumBlockingSeconds, stop, clock: () => now };
  const code = await watch(props, done.signal).then(() => undefined, (error: { code?: string }) => error.code);
  return { at: now, code };
}

const never = Number.POSITIVE_INFINITY;
const seconds = fc.integer({ min: 1, max: 3600 });

test('who waits is let go at the longest wait allowed, to a look', async () => {
  await fc.assert(fc.asyncProperty(seconds, fc.integer({ min: 0, max: 100_000 }), async (maximum, from) => {
    const { at, code } = await watched(maximum, { waits: [[from, never]], coordinatorEnds: never, ends: never });
    expect(code).toBe('BLOCKED_SOMEBODY');
    // It is seen at the next look, at most a second after its begin or a quarter of what is allowed.
    const look = Math.min(1000, maximum * 250);
    expect(at - from).toBeLessThanOrEqual(maximum * 1000 + look);
    expect(at - from).toBeGreaterThan(maximum * 1000 - 2 * look);
  }), { numRuns: 50 });
});

test('who waits less is no reason to stop, and a second wait counts anew', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 4, max: 600 }), async (maximum) => {
    const length = maximum * 1000 - 3000;
    const waits = [[5000, 5000 + length], [7000 + length, 7000 + 2 * length]] as const;
    expect(await watched(maximum, { waits, coordinatorEnds: never, ends: 10_000 + 2 * length })).toMatchObject({ code: undefined });
  }), { numRuns: 50 });
});

test('the end of the coordinator is seen at the next look', async () => {
  const { at, code } = await watched(30, { waits: [], coordinatorEnds: 10_500, ends: never });
  expect({ at, code }).toEqual({ at: 11_000, code: 'SNAPSHOT_LOST' });
});
