import { chown, mkdtemp, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mysql } from '../../lambda/engines/mysql';
import { postgres } from '../../lambda/engines/postgres';
import type { Engine } from '../../lambda/runtime/engine';
import type { RunError } from '../../lambda/runtime/errors';
import { dumpWorker } from '../../lambda/workers/dump';
import { verifyWorker } from '../../lambda/workers/verify';
import { parseManifest } from '../../lib/contract/manifest';
import type { RunRequest } from '../../lib/contract/run-request';
import { Client } from 'pg';
import { startMariaDb } from '../../rehearsal/servers/mariadb-server';
import { startPostgres } from '../../rehearsal/servers/postgres-server';
import { type SshHost, startSshHost } from '../../rehearsal/servers/ssh-host';
import { loopbackCertificate, type Certificate } from '../../rehearsal/sources/certificate';
import { isRoot } from '../../rehearsal/servers/cache-folder';
import { NOBODY } from '../../rehearsal/servers/server-place';
import { postgresOnPath, programsOnPath } from '../support/programs-on-path';
import { type Sshd, startSshd } from '../support/sshd';
import { BUCKET, TestStore } from '../support/store';

const arn = (name: string): string => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`;
const ROWS = 40_000;
const PASSWORD = 'sentinel-5ad1f0';

interface Database {
  readonly port: number;
  readonly config: Record<string, unknown>;
  run(sql: string): Promise<Record<string, unknown>[]>;
  sessions(): Promise<number>;
  stop(): Promise<void>;
}

async function certificateFiles({ certificate, key }: Certificate): Promise<{ certificateFile: string; keyFile: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'bp-tls-'));
  const files = { certificateFile: join(folder, 'server.crt'), keyFile: join(folder, 'server.key') };
  for (const [path, text] of [[files.certificateFile, certificate], [files.keyFile, key]]) {
    await writeFile(path, text, { mode: 0o600 });
    if (isRoot()) await chown(path, NOBODY.uid, NOBODY.gid);
  }
  if (isRoot()) await chown(folder, NOBODY.uid, NOBODY.gid);
  return files;
}

async function mariadb(tls: Certificate): Promise<Database> {
  const { certificateFile, keyFile } = await certificateFiles(tls);
  const server = await startMariaDb({
    directory: await mkdtemp(join(tmpdir(), 'bp-my-')),
    options: ['--log-bin=binlog', '--server-id=1', `--ssl-cert=${certificateFile}`, `--ssl-key=${keyFile}`],
  });
  programsOnPath(server.binaries);
  await server.query('CREATE DATABASE shop');
  await server.query(`CREATE USER backup@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`);
  for (const grant of ['SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE, LOCK TABLES ON shop.*', 'SELECT ON mysql.proc', 'BINLOG MONITOR ON *.*']) await server.query(`GRANT ${grant} TO backup@'127.0.0.1'`);
  for (const table of ['accounts', 'others']) {
    await server.query(`CREATE TABLE ${table} (id int PRIMARY KEY, balance int NOT NULL, filler varchar(400) NOT NULL)`, 'shop');
    await server.query(`INSERT INTO ${table} SELECT seq, 0, CONCAT(SHA2(seq, 512), SHA2(seq + 1, 512), SHA2(seq + 2, 512)) FROM seq_1_to_${ROWS}`, 'shop');
    await server.query(`ANALYZE TABLE ${table}`, 'shop');
  }
  return {
    port: server.port, run: (sql) => server.query(sql, 'shop'), stop: () => server.stop(),
    config: { flavor: 'mariadb', tables: { exclude: [], schemaOnly: [] }, nonTransactional: 'refuse', lockTimeoutSeconds: 10 },
    sessions: async () => (await server.query('SELECT ID FROM information_schema.PROCESSLIST WHERE USER = \'backup\'')).length,
  };
}

async function postgresql(tls: Certificate): Promise<Database> {
  const { certificateFile, keyFile } = await certificateFiles(tls);
  const server = await startPostgres({ directory: await mkdtemp(join(tmpdir(), 'bp-pg-')), settings: { ssl: 'on', ssl_cert_file: certificateFile, ssl_key_file: keyFile } });
  postgresOnPath(server.binaries);
  const admin = new Client({ connectionString: await server.createDatabase('shop') });
  await admin.connect();
  await admin.query(`CREATE ROLE backup LOGIN BYPASSRLS PASSWORD '${PASSWORD}'; GRANT pg_read_all_data TO backup`);
  for (const table of ['accounts', 'others']) {
    await admin.query(`CREATE TABLE ${table} (id int PRIMARY KEY, balance int NOT NULL, filler text NOT NULL)`);
    await admin.query(`INSERT INTO ${table} SELECT n, 0, repeat(md5(n::text), 12) FROM generate_series(1, ${ROWS}) n`);
  }
  return {
    port: server.port, run: async (sql) => (await admin.query(sql)).rows as Record<string, unknown>[],
    config: { flavor: 'self-hosted', tables: { exclude: [], schemaOnly: [] }, maximumConnections: 5, maximumBlockingSeconds: 30, lockTimeoutSeconds: 10 },
    sessions: async () => Number((await admin.query('SELECT count(*) AS n FROM pg_stat_activity WHERE usename = \'backup\'')).rows[0].n),
    stop: async () => {
      await admin.end();
      await server.stop();
    },
  };
}

let store: TestStore;
let sshd: Sshd;
let sshHost: SshHost;
const tls = loopbackCertificate(undefined, ['db.internal']);
let tries = 0;
let slots = 0;

beforeAll(async () => {
  store = await TestStore.start();
  sshHost = await startSshHost({ 'db.internal': '127.0.0.1', 'other.internal': '127.0.0.1' });
  sshd = await startSshd('127.0.0.1:1');
});

afterAll(async () => {
  await sshHost?.stop();
  await sshd?.stop();
  await store?.stop();
});

/** A network between worker and SSH host that breaks for good after so many bytes towards the worker. */
async function breaking(port: number, afterBytes: number): Promise<{ server: Server; port: number }> {
  let passed = 0;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) one.on('error', () => undefined).once('close', () => other.destroy());
    far.on('data', (data: Buffer) => {
      passed += data.length;
      if (passed > afterBytes) near.destroy();
    });
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

const ENGINES: [string, Engine<never>, (certificate: Certificate) => Promise<Database>][] = [
  ['postgres', postgres as Engine<never>, postgresql], ['mysql', mysql as Engine<never>, mariadb],
];

describe.each(ENGINES)('%s through an SSH host', (name, engine, start) => {
  let database: Database;

  beforeAll(async () => {
    database = await start(tls);
    store.endpoint.seedSecret(arn('ca'), tls.certificate);
    store.endpoint.seedSecret(arn('sshd'), sshd.keys.open);
    store.endpoint.seedSecret(arn('host'), JSON.stringify({ privateKey: sshHost.privateKey }));
  });

  afterAll(async () => {
    await database?.stop();
  });

  const throughSshd = (port = sshd.port) => ({ host: '127.0.0.1', port, user: sshd.user, keySecretArn: arn('sshd'), hostKeys: [sshd.hostKeys.ed25519] });
  const throughHost = () => ({ host: '127.0.0.1', port: sshHost.port, user: 'backup', keySecretArn: arn('host'), hostKeys: [sshHost.hostKey] });

  function request(tunnel: object, host = '127.0.0.1', mode = 'verify-full'): RunRequest {
    store.endpoint.seedSecret(arn('database'), JSON.stringify({ host, port: database.port, username: 'backup', password: PASSWORD, dbname: 'shop' }));
    return {
      version: 1, environment: 'test', application: 'suite', protection: name, engine: name,
      config: {
        ...database.config, secretArn: arn('database'), authentication: 'password', compressionLevel: 1,
        tls: { mode, ...mode === 'verify-full' ? { caSecretArn: arn('ca') } : {} }, tunnel,
      },
      store: { bucket: BUCKET, region: 'us-east-1', keyArn: 'arn:aws:kms:us-east-1:000000000000:key/suite' },
      objectives: { rpoSeconds: 93_600, rtoSeconds: 3600 }, limits: { timeoutSeconds: 300 },
      assertions: [{ name: 'nothing is made or lost', query: 'SELECT SUM(balance) FROM accounts', equals: '0' }],
      slot: `2026-11-20T02:${String(slots++).padStart(2, '0')}:00Z`, execution: 'execution-1',
    };
  }

  const dump = (of: RunRequest) => dumpWorker(engine)(of, { awsRequestId: `attempt-${++tries}` });
  const fails = (of: RunRequest) => dump(of).then(() => Promise.reject(new Error('it was expected to fail')), (error: RunError) => error);
  const manifestsOf = async (of: RunRequest) => (await store.keys('runs/')).filter((key) => key.includes(`/${name}/${of.slot.replace(/[-:]/g, '')}`));

  async function sessionsEnd(): Promise<number> {
    for (let tries = 0; tries < 200 && await database.sessions() > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    return database.sessions();
  }

  test('is copied with TLS inside, while somebody writes, and proven', async () => {
    const of = request(throughSshd());
    let writing = true;
    let written = 0;
    const writer = (async () => {
      for (let n = 0; writing; n++, written++) {
        await database.run(`UPDATE accounts SET balance = balance + CASE WHEN id = ${1 + n % ROWS} THEN 7 ELSE -7 END WHERE id IN (${1 + n % ROWS}, ${1 + (n + 1) % ROWS})`);
      }
    })();
    const { manifestKey } = await dump(of).finally(() => { writing = false; });
    await writer;
    expect(written).toBeGreaterThan(0);
    const manifest = parseManifest(await store.json(manifestKey));
    expect(manifest.totals.rows).toBe(2 * ROWS);
    expect(JSON.stringify(manifest)).not.toContain(PASSWORD);
    expect(JSON.stringify(manifest)).not.toContain('tunnel');
    expect(await verifyWorker(engine)(of, { awsRequestId: `attempt-${++tries}` })).toMatchObject({ outcome: 'proven' });
    expect(await sessionsEnd()).toBe(0);
  });

  test('is copied by a name that only the SSH host knows, which its certificate must have', async () => {
    const of = request(throughHost(), 'db.internal');
    expect(await dump(of)).toMatchObject({ outcome: 'written' });
    expect(await fails(request(throughHost(), 'other.internal'))).toMatchObject({ name: 'RefusedError', code: 'TLS_CERTIFICATE', message: expect.stringContaining('other.internal') });
  });

  test('a plain way behind the SSH host is refused', async () => {
    expect(await fails(request(throughHost(), 'db.internal', 'disable'))).toMatchObject({ name: 'RefusedError', code: 'SSH_PLAIN' });
  });

  test.each([60_000, 2_000_000])('cut after %i bytes: the run fails with the tunnel\'s sentence, and there is no manifest', async (bytes) => {
    const network = await breaking(sshd.port, bytes);
    const of = request(throughSshd(network.port), '127.0.0.1', 'disable');
    const error = await fails(of);
    network.server.close();
    expect(error).toMatchObject({ name: 'TransientError', code: 'SSH_TUNNEL_LOST' });
    expect(error.message).toContain(`127.0.0.1:${network.port}`);
    expect(await manifestsOf(of)).toEqual([]);
    expect(await store.openUploads()).toBe(0);
    expect(await sessionsEnd()).toBe(0);
  });

  test('a host that shows another key, and a key that it does not let in', async () => {
    const pins = { ...throughHost(), hostKeys: [sshd.hostKeys.ed25519] };
    expect(await fails(request(pins))).toMatchObject({ code: 'SSH_HOST_KEY' });
    expect(await fails(request({ ...throughHost(), keySecretArn: arn('sshd') }))).toMatchObject({ code: 'SSH_KEY_REFUSED' });
  });
});
