import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CensusItem } from '../../lib/contract/census';
import { compareCensus } from '../../lambda/runtime/compare-census';
import type { Engine, EngineContext, Target } from '../../lambda/runtime/engine';
import { IntegrityError, RefusedError, type RunError } from '../../lambda/runtime/errors';
import { createLog } from '../../lambda/runtime/log';
import { MemoryCopy } from '../support/memory-copy';
import { describeFaults, type SuiteFaults } from './suite-faults';

/** A source with data in it, and what the suite must know to judge an engine by it. */
export interface SuiteSource<Config> {
  readonly config: Config;
  readonly secrets: Record<string, string>;
  /** Must appear in nothing the engine writes, says or throws. */
  readonly password: string;
  /** The same source with a password that is wrong. */
  readonly wrongSecrets: Record<string, string>;
  /** The same server with nothing in it. */
  readonly emptyConfig?: Config;
  /** Sessions of the engine that are open on the source now. */
  openSessions(): Promise<number>;
  /** What is done to it while it is copied; every engine but a fake has it. */
  readonly faults?: SuiteFaults<Config>;
  stop(): Promise<void>;
}

export interface EngineHarness<Config> {
  readonly engine: Engine<Config>;
  /** Why this machine cannot run it: the tests are then skipped, with this as their name. */
  readonly lacks?: string;
  /** A fake has neither server nor tool: nothing is done to it while it is copied. @default false */
  readonly fake?: boolean;
  start(): Promise<SuiteSource<Config>>;
  /** Changes one byte of one row of what was restored. */
  changeOneByte(target: Target): Promise<void>;
}

/** What every engine and every fake must do alike. A new engine brings a harness, and no test of its own for any of this. */
export function describeEngine<Config>(name: string, harness: EngineHarness<Config>): void {
  const { engine, lacks } = harness;
  (lacks === undefined ? describe : describe.skip)(`engine ${name}${lacks === undefined ? '' : ` (skipped: ${lacks})`}`, () => {
    let source: SuiteSource<Config>;
    let directory: string;
    const lines: string[] = [];

    beforeAll(async () => {
      source = await harness.start();
      directory = await mkdtemp(join(tmpdir(), 'bp-suite-'));
    });

    afterAll(async () => {
      await source?.stop();
      if (directory) await rm(directory, { recursive: true, force: true });
    });

    let tries = 0;
    async function context(
      overrides: { config?: Config; secrets?: Record<string, string>; signal?: AbortSignal; reader?: EngineContext<Config>['secrets']; scratchDirectory?: string } = {},
    ): Promise<EngineContext<Config>> {
      const secrets = overrides.secrets ?? source.secrets;
      return {
        config: overrides.config ?? source.config,
        runId: '20261120T020000Z',
        attempt: `attempt-${++tries}`,
        log: createLog({}, (line) => lines.push(line)),
        signal: overrides.signal ?? new AbortController().signal,
        secrets: overrides.reader ?? { read: async (arn) => secrets[arn] ?? Promise.reject(new RefusedError('SECRET_MISSING', `No ${arn}.`, 'Name a secret that exists.')) },
        scratchDirectory: overrides.scratchDirectory ?? await mkdtemp(join(directory, 'run-')),
        now: () => new Date(),
      };
    }

    async function dumped() {
      const copy = new MemoryCopy();
      const result = await engine.dump(await context(), copy);
      return { copy, result };
    }

    it('inspects: a version, at least one database, a size', async () => {
      const inspection = await engine.inspect(await context());
      expect(inspection.version).toMatch(/^\d/);
      expect(inspection.databases.length).toBeGreaterThan(0);
      expect(inspection.estimatedBytes).toBeGreaterThan(0);
    });

    it('brings back everything the census names, and finds one changed byte', async () => {
      const { copy, result } = await dumped();
      expect(result.census.length).toBeGreaterThan(0);
      for (const item of result.census) CensusItem.parse(item);
      const names = new Set(copy.parts.map((part) => part.name));
      for (const item of result.census) if (item.part !== undefined) expect(names).toContain(item.part);

      const reader = copy.reader(result, engine.name);
      const place = await context();
      const scratch = await engine.scratch(place, reader.manifest);
      try {
        await engine.restore(place, reader, scratch);
        const actual = await engine.census(place, scratch, reader.census);
        expect(compareCensus(reader.census, actual)).toEqual([]);

        await harness.changeOneByte(scratch);
        const changed = compareCensus(reader.census, await engine.census(place, scratch, reader.census));
        expect(changed).toHaveLength(1);
      } finally {
        await scratch.stop();
        await scratch.stop();
      }
    });

    it('refuses a wrong password, in a sentence without it, and a secret that is missing', async () => {
      for (const secrets of [source.wrongSecrets, {}]) {
        const refused = await engine.inspect(await context({ secrets })).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(refused).toBeInstanceOf(RefusedError);
        for (const secret of Object.values(source.wrongSecrets)) expect((refused as RunError).message).not.toContain(secret);
        expect((refused as RunError).mend.length).toBeGreaterThan(10);
      }
    });

    it('refuses an empty source, for a copy of nothing proves nothing', async () => {
      if (!source.emptyConfig) return;
      const config = source.emptyConfig;
      const attempt = async () => {
        await engine.inspect(await context({ config }));
        await engine.dump(await context({ config }), new MemoryCopy());
      };
      await expect(attempt()).rejects.toBeInstanceOf(RefusedError);
    });

    it.each([1, 2])('fails when the store goes away at part %i, and leaves no session behind', async (failAt) => {
      await expect(engine.dump(await context(), new MemoryCopy({ failAt }))).rejects.toThrow();
      await expect(settled(() => source.openSessions())).resolves.toBe(0);
    });

    it('ends soon when its time is over, and leaves no session behind', async () => {
      const deadline = new AbortController();
      const slow = new MemoryCopy();
      const write = slow.write.bind(slow);
      slow.write = async (...args) => {
        deadline.abort(new Error('time is over'));
        return write(...args);
      };
      await expect(engine.dump(await context({ signal: deadline.signal }), slow)).rejects.toThrow();
      await expect(settled(() => source.openSessions())).resolves.toBe(0);
    });

    it('does not take a part that is cut short for a whole one', async () => {
      const { copy, result } = await dumped();
      const victim = result.census.find((item) => item.part !== undefined && (item.rows ?? 0) > 0)!;
      const half = (raw: Buffer) => raw.subarray(0, Math.floor(raw.length / 2));
      const reader = copy.reader(result, engine.name, (part, raw) => (part.name === victim.part ? half(raw) : raw));
      const place = await context();
      const scratch = await engine.scratch(place, reader.manifest);
      try {
        await expect(engine.restore(place, reader, scratch)).rejects.toBeInstanceOf(IntegrityError);
      } finally {
        await scratch.stop();
      }
    });

    it('lets the password into nothing it writes or says', async () => {
      const { copy, result } = await dumped();
      const said = lines.join('\n') + JSON.stringify(result);
      expect(said).not.toContain(source.password);
      for (const part of copy.parts) expect(copy.raw(part).includes(source.password)).toBe(false);
    });

    if (harness.fake) return;
    describe('disturbed', () => describeFaults<Config>(() => ({
      engine, directory,
      faults: source.faults!,
      context: ({ secrets: reader, ...overrides }) => context({ ...overrides, reader }),
      openSessions: () => source.openSessions(),
    })));
  });
}

/** Sessions end a moment after their socket does. */
async function settled(count: () => Promise<number>): Promise<number> {
  for (let tries = 0; tries < 600; tries++) {
    if ((await count()) === 0) return 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return count();
}
