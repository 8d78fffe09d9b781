import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PassThrough } from 'node:stream';
import { createConnection } from 'mysql2/promise';
import { mysql } from '../../../lambda/engines/mysql';
import { MySqlNotes } from '../../../lambda/engines/mysql/notes';
import { raisedLife } from '../../../lambda/engines/mysql/tidb-life';
import { compareCensus } from '../../../lambda/runtime/compare-census';
import type { EngineContext, PartDescription } from '../../../lambda/runtime/engine';
import { createLog } from '../../../lambda/runtime/log';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { loopbackCertificate } from '../../../rehearsal/sources/certificate';
import { MemoryCopy } from '../../support/memory-copy';
import { ACCOUNT, BRINGING_MILLISECONDS } from './mysql-shop';
import { TiDbServer } from './tidb/server';
import { startTiDbShop, TIDB_RIGHTS, TIDB_SCHEMA, tidbConfig, tidbSecret } from './tidb/shop';

// A scratch server of MySQL comes up in seconds, or in many where everything else runs too.
jest.setTimeout(240_000);

let tidb: TiDbServer;
let backing: FamilyServer;
let stop: () => Promise<void>;
const logged: string[] = [];

beforeAll(async () => {
  ({ tidb, backing, stop } = await startTiDbShop(['shop', 'large']));
  const owner = await createConnection({ host: '127.0.0.1', port: tidb.port, user: backing.user, password: backing.password, database: 'shop' });
  for (const statement of TIDB_SCHEMA) await owner.query(statement);
  await owner.query('CREATE SEQUENCE `numbers` start with 1 minvalue 1 maxvalue 9223372036854775806 increment by 1 cache 1000 nocycle ENGINE=InnoDB');
  await owner.query('CREATE TABLE `numbered` (\n  `id` bigint NOT NULL,\n  `n` bigint DEFAULT nextval(`shop`.`numbers`),\n  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */\n)');
  tidb.sequences.get('numbers')!.next = 1001;
  await owner.query('USE large');
  for (const table of ['one', 'two']) {
    await owner.query(`CREATE TABLE ${table} (id int PRIMARY KEY, cents bigint NOT NULL, body varchar(2000))`);
    await owner.query(`INSERT INTO ${table} WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 990) SELECT /*+ SET_VAR(cte_max_recursion_depth = 5000) */ i, i, REPEAT('x', 1900) FROM n`);
    for (const step of [1, 2, 4]) await owner.query(`INSERT INTO ${table} SELECT id + ${step} * 1000, cents, body FROM ${table}`);
  }
  await owner.end();
  await backing.query('ANALYZE TABLE one, two', 'large');
}, BRINGING_MILLISECONDS);

afterAll(() => stop?.());

beforeEach(() => {
  tidb.lifeTime = '10m0s';
  tidb.said.length = 0;
  logged.length = 0;
});

async function contextOf(change: Partial<MySqlConfig> = {}, database = 'shop'): Promise<EngineContext<MySqlConfig>> {
  const secret = tidbSecret(tidb);
  return {
    config: tidbConfig(database, change), runId: '20261120T020000Z', attempt: 'attempt-1', log: createLog({}, (line) => logged.push(line)),
    signal: new AbortController().signal, secrets: { read: () => Promise.resolve(secret) },
    scratchDirectory: await mkdtemp(join(tmpdir(), 'bp-tidb-')), now: () => new Date(),
  };
}

/** Does something once the first rows are on their way. */
class Midway extends MemoryCopy {
  constructor(private readonly act: () => unknown) {
    super();
  }

  override write(description: PartDescription, produce: (out: PassThrough) => Promise<void>) {
    return super.write(description, async (out) => {
      if (description.kind === 'rows') await this.act();
      await produce(out);
    });
  }
}

const RAISE = { tidb: { garbageCollection: 'raise', readSeconds: 3600 } } as const;
const allowSetting = () => backing.query(`GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO ${ACCOUNT}`);
const forbidSetting = () => backing.query(`REVOKE SYSTEM_VARIABLES_ADMIN ON *.* FROM ${ACCOUNT}`);

test('several tools read at one timestamp of the cluster, which is the recovery point and in the notes', async () => {
  const dumped = await mysql.dump(await contextOf({}, 'large'), new MemoryCopy());
  const { databases: [{ lanes, position }], serverVersion } = MySqlNotes.parse(dumped.engineNotes);
  const set = new Set(tidb.said.filter((sql) => /tidb_snapshot/.test(sql)));
  expect([...set]).toEqual([`SET SESSION tidb_snapshot='${position!.replace('TSO ', '')}'`]);
  expect(lanes).toEqual({ count: 2, reason: `all at ${position}` });
  expect(dumped.recoveryPoint.getTime()).toBe(Number(BigInt(position!.replace('TSO ', '')) >> 18n));
  expect(serverVersion).toBe('8.5.1');
  expect(tidb.said.filter((sql) => /^(FLUSH|LOCK)/i.test(sql))).toEqual([]);
});

test('the verdict says what MySQL could not show, and nothing more differs', async () => {
  const copy = new MemoryCopy();
  const context = await contextOf();
  const dumped = await mysql.dump(context, copy);
  const reader = copy.reader(dumped, 'mysql');
  const scratch = await mysql.scratch(context, reader.manifest);
  try {
    const { exceptions } = await mysql.restore(context, reader, scratch);
    expect(compareCensus(reader.census, await mysql.census(context, scratch, reader.census), exceptions)).toEqual([]);
    expect(exceptions).toEqual(expect.arrayContaining([
      expect.objectContaining({ code: 'OTHER_SERVER' }),
      { code: 'TIDB_ONLY', name: 'shop: orders', reason: expect.stringMatching(/AUTO_RANDOM.*clustered/) as string },
      { code: 'TIDB_ONLY', name: 'shop: customers', reason: expect.stringMatching(/AUTO_ID_CACHE.*placement policy/) as string },
      { code: 'TIDB_ONLY', name: 'shop: numbered', reason: expect.stringContaining('default from a sequence') as string },
      { code: 'TIDB_ONLY', name: 'shop: sequence numbers', reason: expect.any(String) as string },
      { code: 'TIDB_ONLY', name: 'shop: sessions', reason: expect.stringContaining('time to live') as string },
    ]));
    const schema = copy.raw(copy.parts.find(({ kind }) => kind === 'schema')!).toString('utf8');
    expect(schema).toContain('/*T![auto_rand] AUTO_RANDOM(5) */');
    expect(schema).toContain('DEFAULT nextval(`shop`.`numbers`)');
    expect(copy.raw(copy.parts.find(({ kind }) => kind === 'sequences')!).toString('utf8')).toMatch(/^CREATE SEQUENCE `numbers` start with 1 .*;\nSELECT SETVAL\(`numbers`, 1001\);\n$/);
    const guide = copy.raw(copy.parts.find(({ name }) => name.includes('restore.sh'))!).toString('utf8');
    expect(guide.indexOf('sequences.sql')).toBeLessThan(guide.indexOf('schema.sql'));
    expect(guide.indexOf('sequences.sql')).toBeGreaterThan(0);
    const rows = copy.raw(copy.parts.find(({ kind }) => kind === 'rows')!).toString('utf8');
    expect(rows).toContain('/*T! @@allow_auto_random_explicit_insert=1, */');
    expect(rows).not.toMatch(/autocommit/i);
  } finally {
    await scratch.stop();
  }
});

test.each(TIDB_RIGHTS)('without %s nothing is copied, and the sentence says what to grant', async (right) => {
  await backing.query(`REVOKE ${right} ON shop.* FROM ${ACCOUNT}`);
  try {
    await expect(mysql.inspect(await contextOf())).rejects.toMatchObject({ name: 'RefusedError', code: expect.stringMatching(/^(NO_PERMISSION|UNKNOWN_DATABASE)$/) as string });
  } finally {
    await backing.query(`GRANT ${right} ON shop.* TO ${ACCOUNT}`);
  }
});

test('a server that is no TiDB, and a TiDB that is called MySQL, are refused', async () => {
  const secret = JSON.stringify({ ...JSON.parse(tidbSecret(tidb)) as object, port: backing.port });
  await expect(mysql.inspect({ ...await contextOf(), secrets: { read: () => Promise.resolve(secret) } })).rejects.toMatchObject({ code: 'WRONG_FLAVOR' });
  await expect(mysql.inspect(await contextOf({ flavor: 'mysql' }))).rejects.toMatchObject({ code: 'WRONG_FLAVOR', message: expect.stringContaining('TiDB-v8.5.1') as string });
});

describe('garbage collection', () => {
  test('that comes before reading ends is refused before anything is written, with both numbers', async () => {
    const context = await contextOf({ tidb: { garbageCollection: 'refuse', readSeconds: 3600 } });
    for (const attempt of [() => mysql.inspect(context), () => mysql.dump(context, new MemoryCopy())]) {
      await expect(attempt()).rejects.toMatchObject({ name: 'RefusedError', code: 'GC_TOO_SHORT', message: expect.stringMatching(/60 min.*10 min/) as string });
    }
  });

  test('an open transaction is counted on where the policy says so, and not beyond what the server promises', async () => {
    await expect(mysql.dump(await contextOf({ tidb: { garbageCollection: 'hold', readSeconds: 3600 } }), new MemoryCopy())).resolves.toBeDefined();
    await expect(mysql.inspect(await contextOf({ tidb: { garbageCollection: 'hold', readSeconds: 100_000 } }))).rejects.toMatchObject({ code: 'GC_TOO_SHORT', message: expect.stringContaining('24.0 h') as string });
  });

  test('is not touched without the right to, and the sentence says which', async () => {
    await expect(mysql.dump(await contextOf(RAISE), new MemoryCopy())).rejects.toMatchObject({ code: 'NO_PERMISSION', mend: expect.stringContaining('SYSTEM_VARIABLES_ADMIN') as string });
    expect(tidb.lifeTime).toBe('10m0s');
  });

  describe('with the right to lengthen it', () => {
    beforeAll(allowSetting);
    afterAll(forbidSetting);

    test('is kept off while the dump lasts, and put back', async () => {
      const during: string[] = [];
      await mysql.dump(await contextOf(RAISE), new Midway(() => during.push(tidb.lifeTime)));
      expect(during[0]).toBe(raisedLife(5400, 600));
      expect(tidb.lifeTime).toBe('10m0s');
    });

    test('is put back after a failure, an abort and a lost connection', async () => {
      const deadline = new AbortController();
      const ends: [() => unknown, AbortSignal?][] = [
        [() => Promise.reject(new Error('the store is gone'))], [() => deadline.abort(new Error('time is over')), deadline.signal], [() => tidb.endSessions()],
      ];
      for (const [act, signal] of ends) {
        const context = await contextOf(RAISE);
        await expect(mysql.dump(signal ? { ...context, signal } : context, new Midway(act))).rejects.toThrow();
        expect(tidb.lifeTime).toBe('10m0s');
      }
    });

    test('somebody else\'s wish of the meantime stays', async () => {
      await mysql.dump(await contextOf(RAISE), new Midway(() => { tidb.lifeTime = '30m0s'; }));
      expect(tidb.lifeTime).toBe('30m0s');
    });

    test('what a killed worker left raised is seen, said and put back by the next run', async () => {
      tidb.lifeTime = raisedLife(5400, 900);
      await expect(mysql.inspect(await contextOf({ tidb: { garbageCollection: 'refuse', readSeconds: 3600 } }))).rejects.toMatchObject({ code: 'GC_TOO_SHORT', message: expect.stringContaining('15 min') as string });
      await mysql.dump(await contextOf({ tidb: { garbageCollection: 'raise' } }), new MemoryCopy());
      expect(tidb.lifeTime).toBe('15m0s');
      expect(logged.join('\n')).toContain('an earlier run left tidb_gc_life_time raised');
    });

    test('a run beside one that has raised it waits for another try', async () => {
      let beside: unknown;
      await mysql.dump(await contextOf(RAISE), new Midway(async () => {
        beside ??= await mysql.dump(await contextOf(RAISE), new MemoryCopy()).catch((error: unknown) => error);
      }));
      expect(beside).toMatchObject({ name: 'TransientError', code: 'GC_RAISED' });
      expect(tidb.lifeTime).toBe('10m0s');
    });
  });

  test('that took what is being read fails the run in a sentence', async () => {
    const midway = new Midway(() => tidb.collectGarbage());
    await expect(mysql.dump(await contextOf({}, 'large'), midway)).rejects.toMatchObject({ name: 'RefusedError', code: 'SNAPSHOT_TOO_OLD', mend: expect.stringContaining('tidb_gc_life_time') as string });
  });
});

describe('as TiDB Cloud', () => {
  let cloud: TiDbServer;
  const { certificate, key } = loopbackCertificate();

  beforeAll(async () => {
    cloud = await TiDbServer.start({
      ...tidb.props, version: '8.0.11-TiDB-v7.5.2-serverless', serverless: true, tls: { certificate, key },
    });
  });

  afterAll(() => cloud?.stop());

  async function cloudContext(change: Partial<MySqlConfig> = {}, authority = certificate): Promise<EngineContext<MySqlConfig>> {
    const context = await contextOf({ tls: { mode: 'verify-full', caSecretArn: 'arn:authority' }, ...change });
    return { ...context, secrets: { read: (arn) => Promise.resolve(arn === 'arn:authority' ? authority : tidbSecret(cloud, { host: 'localhost' })) } };
  }

  test('session and tools speak TLS, and the server\'s name is checked', async () => {
    await expect(mysql.dump(await cloudContext(), new MemoryCopy())).resolves.toMatchObject({ version: '7.5.2' });
    await expect(mysql.inspect(await cloudContext({}, loopbackCertificate().certificate))).rejects.toMatchObject({ code: 'TLS_CERTIFICATE' });
  });

  test('nobody may set the life time there, and a transaction holds for half an hour', async () => {
    const reading = (garbageCollection: 'raise' | 'hold', readSeconds: number) => cloudContext({ tidb: { garbageCollection, readSeconds } });
    await allowSetting();
    await expect(mysql.dump(await reading('raise', 1200), new MemoryCopy())).rejects.toMatchObject({ code: 'GC_TOO_SHORT', mend: expect.stringContaining('HOLD') as string });
    await forbidSetting();
    await expect(mysql.inspect(await reading('hold', 1200))).resolves.toBeDefined();
    await expect(mysql.inspect(await reading('hold', 2400))).rejects.toMatchObject({ code: 'GC_TOO_SHORT', message: expect.stringContaining('30 minutes') as string });
  });
});
