import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client, escapeLiteral } from 'pg';
import { scratchSettings } from '../../../lambda/engines/postgres/scratch-settings';
import { loadingSessions } from '../../../lambda/runtime/worker-size';
import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import { findPostgresBinaries } from '../../../rehearsal/servers/postgres-binaries';
import { type PostgresServer, startPostgres } from '../../../rehearsal/servers/postgres-server';
import { nameProcess } from '../../cpu-clock';
import { SMALL_TABLE_ROWS } from '../../dataset-shape';
import type { BenchEngine, BenchPlace, EngineBench } from '../../engine';
import type { Measured } from '../../measured';
import type { VerifyMeasured, WorkerSubject } from '../../workers';
import { cronLine, customFormat, findRestic, pgRestore, type PgRestoreMeasured, restic, type Target } from './commands';
import { datasetOf } from './dataset';
import { loadDataset, measureDataset } from './load-dataset';

const DATABASE = 'bench';
const READER = 'bench_reader';
/** What the scratch server may think is free: its write-ahead log shall not be the limit. */
const SCRATCH_DISK_BYTES = 100e9;

const engine: BenchEngine = {
  measurements: ['cron', 'custom', 'restic', 'dump', 'pg_restore', 'verify', 'writer'],
  needs: { pg_restore: 'custom', verify: 'dump' },
  textName: 'COPY text',
  report: [
    {
      title: 'dump',
      against: [{ head: 'cron', line: 'cron' }, { head: '-Fc', line: 'custom' }],
      lines: [
        { name: 'cron', title: 'pg_dump | gzip (the cron line)', measurement: 'cron' },
        { name: 'custom', title: 'pg_dump -Fc', measurement: 'custom' },
        { name: 'restic', title: 'pg_dump | restic --stdin', measurement: 'restic' },
        { name: 'dump', title: 'dump worker, store in the loop', measurement: 'dump' },
      ],
    },
    {
      title: 'restore',
      against: [{ head: 'pg_restore', line: 'pg_restore' }, { head: 'both', line: 'analyzed' }],
      lines: [
        { name: 'pg_restore', title: 'pg_restore -j2, tuned server', measurement: 'pg_restore', against: ['pg_restore'] },
        {
          name: 'analyzed', title: '  and vacuumdb --analyze-only -j2', measurement: 'pg_restore', against: ['analyzed'],
          seconds: (one) => one.seconds + (one as PgRestoreMeasured).analyzeSeconds,
        },
        { name: 'restore', title: '  of which restore', measurement: 'verify', seconds: (one) => (one as VerifyMeasured).restoreSeconds },
        { name: 'verify', title: 'verify worker, the whole drill', measurement: 'verify' },
      ],
    },
  ],
  start,
};
export default engine;

async function start(place: BenchPlace): Promise<EngineBench> {
  const { options, folder } = place;
  const binaries = await findPostgresBinaries();
  const settings = { max_connections: 100, shared_buffers: '1GB', max_wal_size: '16GB', checkpoint_timeout: '1d' };
  const server = await startPostgres({ binaries, directory: join(folder, 'source'), settings });
  let scratch: PostgresServer | undefined;
  const stop = async (): Promise<void> => {
    await scratch?.stop();
    await server.stop();
  };
  try {
    nameProcess(server.processId, 'source server');
    const { dataset, url, readerPassword } = await makeSource(server, place);
    scratch = await startScratch(binaries, place);
    nameProcess(scratch.processId, 'scratch server');
    const source: Target = { server, database: DATABASE };
    const { measures, skipped } = await ownMeasures(source, scratch, place);
    return {
      server: `PostgreSQL ${binaries.version}`, dataset, measures, skipped, stop,
      subject: subjectOf(server, readerPassword),
      writing: {
        module: join(__dirname, 'writing.ts'), address: url,
        ...options.smallTables > 0
          ? { table: 'small_1', column: 'label', keys: SMALL_TABLE_ROWS }
          : { table: 'events', column: 'note', keys: Math.ceil(dataset.rows / 2) },
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function subjectOf(server: PostgresServer, password: string): WorkerSubject {
  return {
    engine: 'postgres', path: [server.binaries.bin], libraryPath: server.binaries.libraryPath,
    secret: { host: '127.0.0.1', port: server.port, username: READER, password, dbname: DATABASE },
    config: (secretArn) => ({
      flavor: 'self-hosted', secretArn, authentication: 'password', tls: { mode: 'disable' },
      databases: [DATABASE], tables: { exclude: [], schemaOnly: [] },
      maximumConnections: 6, maximumBlockingSeconds: 30, lockTimeoutSeconds: 30, compressionLevel: 1,
    } satisfies PostgresConfig),
  };
}

async function ownMeasures(
  source: Target, scratch: PostgresServer, { options: { only }, folder }: BenchPlace,
): Promise<Pick<EngineBench, 'measures' | 'skipped'>> {
  const copies = join(folder, 'copies');
  const own = {
    cron: () => cronLine(source, copies),
    custom: () => customFormat(source, copies),
    pg_restore: () => restoreIntoNew(scratch, copies),
  };
  if (!only.includes('restic')) return { measures: own, skipped: {} };
  const found = await findRestic();
  if ('reason' in found) return { measures: own, skipped: { restic: found.reason } };
  return { measures: { ...own, restic: () => restic(source, copies, found.environment) }, skipped: {} };
}

async function makeSource(
  server: PostgresServer, { options, say }: BenchPlace,
): Promise<{ dataset: EngineBench['dataset']; url: string; readerPassword: string }> {
  const dataset = datasetOf(options);
  say(`making ${dataset.description} …`);
  const url = await server.createDatabase(DATABASE);
  const began = performance.now();
  await loadDataset(url, dataset);
  const seconds = (performance.now() - began) / 1000;
  const readerPassword = randomBytes(18).toString('base64url');
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE ROLE ${READER} LOGIN BYPASSRLS PASSWORD ${escapeLiteral(readerPassword)}`);
    await client.query(`GRANT pg_read_all_data TO ${READER}`);
    // Made fast, measured as servers are: who writes waits for the disk.
    for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) await client.query(`ALTER SYSTEM SET ${setting} = on`);
    await client.query('SELECT pg_reload_conf()');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
  const size = await measureDataset(url);
  return { dataset: { ...size, description: dataset.description, seconds }, url, readerPassword };
}

/** The server our own drill restores into, with a port for pg_restore. */
function startScratch(binaries: PostgresServer['binaries'], { folder, options }: BenchPlace): Promise<PostgresServer> {
  const { listen_addresses, unix_socket_directories, unix_socket_permissions, ...settings } = scratchSettings({
    memoryBytes: options.memoryMegabytes * 1024 * 1024, freeDiskBytes: SCRATCH_DISK_BYTES, socketDirectory: '', sessions: loadingSessions(),
  });
  void [listen_addresses, unix_socket_directories, unix_socket_permissions];
  return startPostgres({ binaries, directory: join(folder, 'scratch'), settings });
}

async function restoreIntoNew(server: PostgresServer, copies: string): Promise<Measured> {
  const database = 'restored';
  await server.createDatabase(database);
  try {
    return await pgRestore({ server, database }, copies);
  } finally {
    await server.dropDatabase(database);
  }
}
