import { chmod, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { basename, delimiter, dirname, join } from 'node:path';
import type { PassThrough } from 'node:stream';
import { compareCensus } from '../../lambda/runtime/compare-census';
import type { CopyReader, Dumped, Engine, EngineContext, PartDescription } from '../../lambda/runtime/engine';
import { RunError } from '../../lambda/runtime/errors';
import { MemoryCopy } from '../support/memory-copy';
import { describeDamage } from './suite-damage';

/** What is done to a source while it is copied. */
export interface SuiteFaults<Config> {
  /** Makes `alpha`, `beta` and `gamma` anew, ROWS of `(id int primary key, cents bigint, body varchar(2000))`, `cents` is `id`. */
  prepare(): Promise<Config>;
  /** In that database, as its owner; several statements are one transaction. */
  run(...statements: string[]): Promise<void>;
  /** Ends every session that the engine has on the source now. */
  endSessions(): Promise<void>;
  /** The dump tool's path. */
  readonly tool: string;
  /** Holds `gamma` so that nobody may read it, until what it returns is called. */
  hold(): Promise<() => Promise<void>>;
  /** The connection's secret, of another port, database or password. */
  secret(change?: { readonly port?: number; readonly database?: string; readonly password?: string }): string;
  /** With a lock timeout of a second. */
  impatient(config: Config): Config;
  /** With TLS that the server does not have, or not with a certificate of a known authority. */
  withTls(config: Config): Config;
  /** With another database named. */
  withDatabase(config: Config, database: string): Config;
}

export interface FaultScene<Config> {
  readonly engine: Engine<Config>;
  readonly faults: SuiteFaults<Config>;
  /** A new one for each try. */
  context(overrides: {
    config: Config; signal?: AbortSignal; secrets?: EngineContext<Config>['secrets']; scratchDirectory?: string;
  }): Promise<EngineContext<Config>>;
  openSessions(): Promise<number>;
  readonly directory: string;
}

/** In each table. */
export const ROWS = 3000;
const TABLES = ['alpha', 'beta', 'gamma'] as const;
const BALANCES = 'SELECT SUM(cents) FROM (SELECT cents FROM alpha UNION ALL SELECT cents FROM beta) AS both_of_them';

/** Does something once the first rows are on their way, and lets them go on when it is begun. */
class Midway extends MemoryCopy {
  private acted = false;

  constructor(private readonly act: () => Promise<unknown>) {
    super();
  }

  override write(description: PartDescription, produce: (out: PassThrough) => Promise<void>) {
    return super.write(description, async (out) => {
      if (description.kind === 'rows' && !this.acted) {
        this.acted = true;
        await this.act();
      }
      await produce(out);
    });
  }
}

/** Every fault of the first engine that another can have too; `docs/engines.md` lists those that stay one engine's own. */
export function describeFaults<Config>(scene: () => FaultScene<Config>): void {
  let config: Config;
  const attempt = async (sink: MemoryCopy, changed = config): Promise<Dumped> =>
    scene().engine.dump(await scene().context({ config: changed }), sink);

  beforeEach(async () => {
    config = await scene().faults.prepare();
  });

  /** A failure that a person can act on, and nothing left behind. */
  async function expectFailure(dump: Promise<unknown>): Promise<RunError> {
    const error: unknown = await dump.then(() => undefined, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunError);
    expect((error as RunError).mend.length).toBeGreaterThan(5);
    for (let tries = 0; tries < 300 && await scene().openSessions() > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await scene().openSessions()).toBe(0);
    return error as RunError;
  }

  async function drill<T>(copy: CopyReader, look: (query: (sql: string) => Promise<string | null>) => Promise<T>): Promise<T> {
    const { engine } = scene();
    const context = await scene().context({ config });
    const scratch = await engine.scratch(context, copy.manifest);
    try {
      await engine.restore(context, copy, scratch);
      expect(compareCensus(copy.census, await engine.census(context, scratch, copy.census))).toEqual([]);
      return await look((sql) => scratch.query(sql));
    } finally {
      await scratch.stop();
    }
  }

  it('writers go on, and the copy is one state: what moves between tables is neither lost nor doubled', async () => {
    const { faults, engine } = scene();
    let [moves, stop] = [0, false];
    const moving = (async () => {
      for (; !stop; moves++) {
        const id = 1 + moves % ROWS;
        await faults.run(`UPDATE alpha SET cents = cents - 7 WHERE id = ${id}`, `UPDATE beta SET cents = cents + 7 WHERE id = ${id}`);
      }
    })();
    const copy = new MemoryCopy();
    const dumped = await attempt(copy).finally(async () => {
      stop = true;
      await moving;
    });
    expect(moves).toBeGreaterThan(5);
    expect(await drill(copy.reader(dumped, engine.name), (query) => query(BALANCES))).toBe(String(ROWS * (ROWS + 1)));
  }, 120_000);

  it.each([
    'TRUNCATE TABLE gamma', 'ALTER TABLE gamma RENAME TO aside', 'ALTER TABLE gamma ADD COLUMN more int', 'DROP TABLE gamma', 'CREATE TABLE late (x int)',
  ])('%s midway: the run fails for it, or the copy is the state before', async (statement) => {
    const { faults, engine } = scene();
    let changing: Promise<void> = Promise.resolve();
    const copy = new Midway(() => {
      changing = faults.run(statement);
      // It either waits for the dump or is done soon.
      return Promise.race([changing, new Promise((resolve) => setTimeout(resolve, 300))]);
    });
    const outcome = await attempt(copy).then((dumped) => ({ dumped }), (error: unknown) => ({ error }));
    await changing;
    if ('error' in outcome) {
      expect(outcome.error).toMatchObject({ name: 'TransientError', code: expect.stringMatching(/^(SOURCE_CHANGED|LOCK_TIMEOUT|BLOCKED_SOMEBODY)$/) as string });
      return;
    }
    expect(outcome.dumped.census.filter(({ kind }) => kind === 'table').map(({ name, rows }) => [name.split('.').at(-1), rows])).toEqual(
      TABLES.map((table) => [table, ROWS]),
    );
    const columns = await drill(copy.reader(outcome.dumped, engine.name), (query) => query('SELECT COUNT(*) FROM information_schema.columns WHERE table_name = \'gamma\''));
    expect(columns).toBe('3');
  }, 120_000);

  it('every session is ended midway: worth another try, and none is left', async () => {
    const midway = new Midway(() => scene().faults.endSessions());
    const error = await expectFailure(attempt(midway));
    expect(error).toMatchObject({ retryable: true, code: expect.stringMatching(/^(CONNECTION_LOST|SNAPSHOT_LOST)$/) as string });
  }, 60_000);

  describe('the dump tool', () => {
    let path: string | undefined;

    /** A tool of the same name first on PATH, whose own behaviour `end` spoils. */
    async function spoil(end: string): Promise<void> {
      const { directory, faults: { tool } } = scene();
      const folder = await mkdtemp(join(directory, 'tool-'));
      for (const other of await readdir(dirname(tool))) {
        if (other !== basename(tool)) await symlink(join(dirname(tool), other), join(folder, other));
      }
      const script = join(folder, basename(tool));
      await writeFile(script, `#!/bin/sh\ncase "$*" in *--version*) exec ${tool} "$@";; esac\n${end.replaceAll('TOOL', `${tool} "$@"`)}\n`);
      await chmod(script, 0o755);
      path = process.env.PATH;
      process.env.PATH = [folder, path].join(delimiter);
    }

    afterEach(() => {
      process.env.PATH = path;
    });

    it('is killed midway: the run fails', async () => {
      await spoil('TOOL | head -c 700; kill -9 $$');
      await expectFailure(attempt(new MemoryCopy()));
    }, 60_000);

    it('ends with another exit code after all its bytes: the run fails', async () => {
      await spoil('TOOL; exit 3');
      await expectFailure(attempt(new MemoryCopy()));
    }, 60_000);

    it('says something that nobody knows and exits 0: the run fails', async () => {
      await spoil('TOOL; echo "warning: something was left behind" >&2');
      const error = await expectFailure(attempt(new MemoryCopy()));
      expect(error.message).toContain('something was left behind');
    }, 60_000);

    it('loses its end and exits 0: the run fails, or no drill takes it for whole', async () => {
      await spoil('TOOL | head -c 700; exit 0');
      const copy = new MemoryCopy();
      const proven = async () => drill(copy.reader(await attempt(copy), scene().engine.name), () => Promise.resolve());
      await expect(proven()).rejects.toBeInstanceOf(RunError);
    }, 60_000);
  });

  it('a table that somebody holds is waited for as long as allowed, and then worth another try', async () => {
    const { faults } = scene();
    const letGo = await faults.hold();
    try {
      const error = await expectFailure(attempt(new MemoryCopy(), faults.impatient(config)));
      expect(error).toMatchObject({ retryable: true, code: 'LOCK_TIMEOUT' });
    } finally {
      await letGo();
    }
  }, 60_000);

  it('an abort before anything began opens nothing', async () => {
    const { engine, context, openSessions } = scene();
    const reason = new Error('never');
    await expect(engine.dump(await context({ config, signal: AbortSignal.abort(reason) }), new MemoryCopy())).rejects.toBe(reason);
    expect(await openSessions()).toBe(0);
  });

  describe('what is asked of the connection', () => {
    const refusal = async (secret: string, changed = config): Promise<RunError> => {
      const { engine, context } = scene();
      const copy = new MemoryCopy();
      const secrets = { read: () => Promise.resolve(secret) };
      const error = await expectFailure((async () => engine.dump(await context({ config: changed, secrets }), copy))());
      expect(copy.parts).toEqual([]);
      return error;
    };

    it('a server that is not there is worth another try', async () => {
      const probe = createServer();
      const port = await new Promise<number>((resolve) => {
        probe.listen(0, '127.0.0.1', () => resolve((probe.address() as AddressInfo).port));
      });
      await new Promise((resolve) => probe.close(resolve));
      expect(await refusal(scene().faults.secret({ port }))).toMatchObject({ name: 'TransientError', code: 'CONNECTION_LOST' });
    }, 60_000);

    it('a database that is not there is refused by its name', async () => {
      const error = await refusal(scene().faults.secret({ database: 'nowhere' }), scene().faults.withDatabase(config, 'nowhere'));
      expect(error).toMatchObject({ name: 'RefusedError', code: 'UNKNOWN_DATABASE' });
      expect(error.message).toContain('nowhere');
    });

    it('TLS that cannot be had as declared is refused', async () => {
      const error = await refusal(scene().faults.secret(), scene().faults.withTls(config));
      expect(error).toMatchObject({ name: 'RefusedError', code: expect.stringMatching(/^TLS_/) as string });
    });

    it.each([
      ['no JSON', 'user:pass@host'],
      ['fields of another kind', JSON.stringify({ login: 'x', secret: 'y' })],
      ['a list', '[1]'],
      ['a port that is none', JSON.stringify({ host: 'h', username: 'u', password: 'p', port: 'x' })],
    ])('a secret of another shape is refused: %s', async (_, secret) => {
      expect(await refusal(secret)).toMatchObject({ name: 'RefusedError', code: 'SECRET_SHAPE' });
    });

    it('a password that was rotated between reading and connecting is read again', async () => {
      const { engine, context, faults } = scene();
      const secrets = [faults.secret({ password: 'the old one' }), faults.secret({ password: 'the old one' })];
      const rotating = await context({ config, secrets: { read: () => Promise.resolve(secrets.shift() ?? faults.secret()) } });
      await expect(engine.inspect(rotating)).resolves.toMatchObject({ version: expect.any(String) as string });
    });
  });

  describeDamage(scene, () => config);
}
