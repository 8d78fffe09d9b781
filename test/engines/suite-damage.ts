import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCensus } from '../../lambda/runtime/compare-census';
import type { CopyReader, Dumped } from '../../lambda/runtime/engine';
import { RunError } from '../../lambda/runtime/errors';
import { MemoryCopy } from '../support/memory-copy';
import { type FaultScene, ROWS } from './suite-faults';

/** What a drill may meet, whatever the engine: a copy that is no longer whole, a disk that is too small, an end of its time. */
export function describeDamage<Config>(scene: () => FaultScene<Config>, config: () => Config): void {
  describe('a copy that is no longer what was written', () => {
    let copy: MemoryCopy;
    let dumped: Dumped;

    beforeEach(async () => {
      copy = new MemoryCopy();
      dumped = await scene().engine.dump(await scene().context({ config: config() }), copy);
    });

    /** Restores into a scratch server; what it says, and what the comparison finds. */
    async function outcome(reader: CopyReader): Promise<{ error?: unknown; differences: unknown[] }> {
      const { engine, context } = scene();
      const place = await context({ config: config() });
      const scratch = await engine.scratch(place, reader.manifest);
      try {
        await engine.restore(place, reader, scratch);
        return { differences: compareCensus(reader.census, await engine.census(place, scratch, reader.census)) };
      } catch (error) {
        return { error, differences: [] };
      } finally {
        await scratch.stop();
      }
    }

    it('a part that is missing, or fewer rows than were counted, is never taken for whole', async () => {
      const whole = copy.reader(dumped, scene().engine.name);
      const victim = whole.census.items.find(({ name }) => name.endsWith('alpha'))!;
      const without = { ...whole, manifest: { ...whole.manifest, parts: whole.manifest.parts.filter(({ name }) => name !== victim.part) } };
      const items = whole.census.items.map((item) => (item === victim ? { ...item, rows: ROWS + 1 } : item));
      const more = { ...whole, census: { ...whole.census, items } };
      for (const damaged of [without, more]) {
        const { error, differences } = await outcome(damaged);
        expect(error === undefined ? differences.length : error).toEqual(error === undefined ? 1 : expect.any(RunError));
      }
    }, 60_000);

    const itMounts = canMount() ? it : it.skip;
    itMounts('a full disk is said with its size and the mend, and leaves no file (needs root, to mount a small file system)', async () => {
      const { engine, context, directory } = scene();
      const small = await mkdtemp(join(directory, 'small-'));
      for (const [size, fillMidway] of [[40, false], [640, true]] as const) {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m,mode=755`, 'tmpfs', small]);
        try {
          const whole = copy.reader(dumped, engine.name);
          // Fills the rest, so that the rows find no room whatever the server itself takes.
          const fill = (): void => {
            try {
              execFileSync('dd', ['if=/dev/zero', `of=${join(small, 'filler')}`, 'bs=256k'], { stdio: 'ignore' });
            } catch {
              // Full, as it should be.
            }
          };
          const reader = { ...whole, open: (part: Parameters<CopyReader['open']>[0]) => {
            if (fillMidway && part.kind === 'rows') fill();
            return whole.open(part);
          } };
          const place = await context({ config: config(), scratchDirectory: small });
          const full = (async () => {
            const scratch = await engine.scratch(place, reader.manifest);
            try {
              await engine.restore(place, reader, scratch);
            } finally {
              await scratch.stop();
            }
          })();
          await expect(full).rejects.toMatchObject({
            name: 'RefusedError', code: 'SCRATCH_FULL', message: expect.stringContaining(`${size} MiB`) as string,
          });
          expect((await readdir(small)).filter((name) => name !== 'filler')).toEqual([]);
        } finally {
          execFileSync('umount', [small]);
        }
      }
    }, 60_000);

    it('an abort ends the restore and the server, and leaves no file', async () => {
      const { engine, context } = scene();
      const [abort, reason] = [new AbortController(), new Error('time is over')];
      const place = await context({ config: config(), signal: abort.signal });
      const whole = copy.reader(dumped, engine.name);
      const scratch = await engine.scratch(place, whole.manifest);
      const started = processesBelow(place.scratchDirectory);
      expect(started.length).toBeGreaterThan(0);
      const reader = { ...whole, open: (part: Parameters<CopyReader['open']>[0]) => {
        if (part.kind === 'rows') setImmediate(() => abort.abort(reason));
        return whole.open(part);
      } };
      await expect(engine.restore(place, reader, scratch)).rejects.toBe(reason);
      await scratch.stop();
      // Who watched over it goes a moment later.
      for (let tries = 0; tries < 100 && processesBelow(place.scratchDirectory).length > 0; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(processesBelow(place.scratchDirectory)).toEqual([]);
      expect(await readdir(place.scratchDirectory)).toEqual([]);
    }, 60_000);
  });
}

/** Ids of the processes whose arguments name the folder. A small Linux has no `ps`, other systems have no `/proc`. */
function processesBelow(directory: string): string[] {
  if (!existsSync('/proc/self/cmdline')) {
    return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\n')
      .filter((line) => line.includes(directory)).map((line) => line.trim().split(' ')[0]);
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory);
    } catch {
      // It ended in between.
      return false;
    }
  });
}

/** Whether this user may mount a file system of memory here. */
function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    execFileSync('umount', ['/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
