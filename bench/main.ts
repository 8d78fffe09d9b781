import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Client, escapeLiteral } from 'pg';
import { scratchSettings } from '../lambda/engines/postgres/scratch-settings';
import { loadingSessions } from '../lambda/runtime/worker-size';
import { findPostgresBinaries } from '../rehearsal/servers/postgres-binaries';
import { startPostgres, type PostgresServer } from '../rehearsal/servers/postgres-server';
import { cronLine, type Target } from './commands';
import { nameProcess } from './cpu-clock';
import { datasetOf } from './dataset';
import { loadDataset, measureDataset } from './load-dataset';
import { parseOptions, USAGE, UsageError, type BenchOptions } from './options';
import { mediansOf, renderReport, type BenchReport } from './report';
import { measureSentinel } from './sentinel';
import { measureSynth } from './synth';
import { takeTurns } from './turns';
import { READER, Workers } from './workers';
import { writeDuring, type WriterFigures } from './writer';

const DATABASE = 'bench';
const WRITER_ALONE_MILLISECONDS = 8_000;
const SMALL_TABLE_KEYS = 20;
/** What the scratch server may think is free: its write-ahead log shall not be the limit. */
const SCRATCH_DISK_BYTES = 100e9;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  let options: BenchOptions | undefined;
  try {
    options = parseOptions(process.argv.slice(2));
    if (options) prepareFolders(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (!options) {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = mkdtempSync(join(resolve(options.folder ?? tmpdir()), 'bench-'));
  // An exit ends servers first, workers see that nobody asks any more, and the folder goes last.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  try {
    const bundled = spawnSync(process.execPath, [join(__dirname, '../scripts/bundle.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] });
    if (bundled.status !== 0) say('the workers could not be bundled');
    const report = await bench(options, folder);
    process.stdout.write(`\n${renderReport(report)}`);
    if (options.jsonFile) await writeFile(options.jsonFile, `${JSON.stringify({ ...report, medians: mediansOf(report) }, null, 2)}\n`);
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Minutes of measuring are not for a place where nothing can be written. */
function prepareFolders({ folder, jsonFile }: BenchOptions): void {
  try {
    if (folder) mkdirSync(folder, { recursive: true });
    for (const path of [folder ?? tmpdir(), ...(jsonFile ? [dirname(resolve(jsonFile))] : [])]) accessSync(path, constants.W_OK);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function bench(options: BenchOptions, folder: string): Promise<BenchReport> {
  const machine = {
    cpus: availableParallelism(), memoryBytes: totalmem(), platform: `${process.platform} ${process.arch}`, node: process.versions.node,
    postgres: undefined,
  };
  const ofDatabases = options.only.some((name) => name !== 'synth' && name !== 'sentinel');
  const report = ofDatabases
    ? await benchDatabase(machine, options, folder)
    : { machine, runs: options.runs, figures: { measured: {}, skipped: {} } };
  return {
    ...report,
    ...options.only.includes('synth') ? { synth: await measureSynth(options.runs, folder, say) } : {},
    ...options.only.includes('sentinel') ? { sentinel: await measureSentinel(options.runs, folder, say) } : {},
  };
}

async function benchDatabase(machine: BenchReport['machine'], options: BenchOptions, folder: string): Promise<BenchReport> {
  const binaries = await findPostgresBinaries();
  const settings = { max_connections: 100, shared_buffers: '1GB', max_wal_size: '16GB', checkpoint_timeout: '1d' };
  const server = await startPostgres({ binaries, directory: join(folder, 'source'), settings });
  let scratch: PostgresServer | undefined;
  let workers: Workers | undefined;
  try {
    nameProcess(server.processId, 'source server');
    const source: Target = { server, database: DATABASE };
    const { description, seconds, url, readerPassword } = await makeSource(server, options);
    const size = await measureDataset(url);
    say(`${description}: made in ${seconds.toFixed(1)} s`);
    scratch = await startScratch(binaries, folder, options);
    nameProcess(scratch.processId, 'scratch server');
    const reason = Workers.missing();
    if (!reason) workers = await Workers.start({ source, readerPassword, folder, memoryMegabytes: options.memoryMegabytes });
    const figures = await takeTurns({
      source, scratch, workers: workers ?? { reason: reason ?? '' }, folder, only: options.only, runs: options.runs, onProgress: say,
    });
    const writer = options.only.includes('writer') ? await measureWriter(url, size.rows, source, workers, options, folder) : undefined;
    return {
      machine: { ...machine, postgres: binaries.version },
      dataset: { ...size, description, seconds }, runs: options.runs, figures, writer,
    };
  } finally {
    await workers?.stop();
    await scratch?.stop();
    await server.stop();
  }
}

async function makeSource(
  server: PostgresServer, options: BenchOptions,
): Promise<{ description: string; seconds: number; url: string; readerPassword: string }> {
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
  return { description: dataset.description, seconds, url, readerPassword };
}

/** The server our own drill restores into, with a port for pg_restore. */
function startScratch(binaries: PostgresServer['binaries'], folder: string, options: BenchOptions): Promise<PostgresServer> {
  const { listen_addresses, unix_socket_directories, unix_socket_permissions, ...settings } = scratchSettings({
    memoryBytes: options.memoryMegabytes * 1024 * 1024, freeDiskBytes: SCRATCH_DISK_BYTES, socketDirectory: '', sessions: loadingSessions(),
  });
  void [listen_addresses, unix_socket_directories, unix_socket_permissions];
  return startPostgres({ binaries, directory: join(folder, 'scratch'), settings });
}

async function measureWriter(
  url: string, rows: number, source: Target, workers: Workers | undefined, options: BenchOptions, folder: string,
): Promise<Record<string, WriterFigures>> {
  const [table, keys] = options.smallTables > 0 ? ['small_1', SMALL_TABLE_KEYS] : ['events', Math.ceil(rows / 2)];
  const during = (meanwhile: () => Promise<unknown>): Promise<WriterFigures> => writeDuring(url, table, keys, meanwhile);
  say('a writer, without and with a dump …');
  return {
    'no dump': await during(() => new Promise((done) => setTimeout(done, WRITER_ALONE_MILLISECONDS))),
    ...(workers ? { 'dump worker': await during(() => workers.dump()) } : {}),
    'the cron line': await during(() => cronLine(source, join(folder, 'copies'))),
  };
}

main().then((code) => {
  process.exitCode = code;
}, (error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
