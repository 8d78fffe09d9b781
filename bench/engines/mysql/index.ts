import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { scratchOptions } from '../../../lambda/engines/mysql/scratch-settings';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import { findMariaDbBinaries, type MariaDbBinaries } from '../../../rehearsal/servers/mariadb-binaries';
import { startMariaDb } from '../../../rehearsal/servers/mariadb-server';
import type { FamilyServer } from '../../../rehearsal/servers/mysql-family-server';
import { nameProcess } from '../../cpu-clock';
import { SMALL_TABLE_ROWS } from '../../dataset-shape';
import type { BenchEngine, BenchPlace, EngineBench } from '../../engine';
import type { Measured } from '../../measured';
import type { VerifyMeasured, WorkerSubject } from '../../workers';
import { clientRestore, cronLine, type Target, zstdLine } from './commands';
import { datasetOf } from './dataset';
import { loadDataset, measureDataset } from './load-dataset';

const DATABASE = 'bench';
const READER = 'bench_reader';
/** What the scratch server may think is free: its log shall not be the limit. */
const SCRATCH_DISK_BYTES = 100e9;

const engine: BenchEngine = {
  measurements: ['cron', 'zstd', 'dump', 'client', 'verify', 'writer'],
  needs: { client: 'zstd', verify: 'dump' },
  textName: 'SQL text',
  report: [
    {
      title: 'dump',
      against: [{ head: 'cron', line: 'cron' }],
      lines: [
        { name: 'cron', title: 'mariadb-dump | gzip (the cron line)', measurement: 'cron' },
        { name: 'zstd', title: 'mariadb-dump | zstd -3', measurement: 'zstd' },
        { name: 'dump', title: 'dump worker, store in the loop', measurement: 'dump' },
      ],
    },
    {
      title: 'restore',
      against: [{ head: 'client', line: 'client' }],
      lines: [
        { name: 'client', title: 'zstd -d | mariadb, tuned server', measurement: 'client' },
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
  const binaries = await findMariaDbBinaries();
  const server = await startMariaDb({
    binaries, directory: join(folder, 'source'),
    options: [
      '--innodb-buffer-pool-size=1G', '--innodb-log-file-size=2G', '--log-bin=binlog', '--server-id=1', '--max-allowed-packet=1G', '--table-open-cache=4000', '--table-definition-cache=4000',
    ],
  });
  let scratch: FamilyServer | undefined;
  const stop = async (): Promise<void> => {
    await scratch?.stop();
    await server.stop();
  };
  try {
    nameProcess(server.processId, 'source server');
    const { dataset, readerPassword } = await makeSource(server, place);
    const tuned = await startScratch(binaries, place);
    scratch = tuned;
    nameProcess(tuned.processId, 'scratch server');
    const source: Target = { server, database: DATABASE };
    const copies = join(folder, 'copies');
    return {
      server: `MariaDB ${binaries.version}`, dataset, skipped: {}, stop,
      measures: { cron: () => cronLine(source, copies), zstd: () => zstdLine(source, copies), client: () => restoreIntoNew(tuned, copies) },
      subject: subjectOf(server, readerPassword),
      writing: {
        module: join(__dirname, 'writing.ts'), address: `mysql://${server.user}:${server.password}@127.0.0.1:${server.port}/${DATABASE}`,
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

function subjectOf({ port, binaries }: FamilyServer, password: string): WorkerSubject {
  return {
    engine: 'mysql', path: binaries.path, libraryPath: binaries.libraryPath,
    secret: { host: '127.0.0.1', port, username: READER, password },
    config: (secretArn) => ({
      flavor: 'mariadb', secretArn, authentication: 'password', tls: { mode: 'disable' }, databases: [DATABASE], tables: { exclude: [], schemaOnly: [] },
      nonTransactional: 'refuse', lockTimeoutSeconds: 30, compressionLevel: 1,
    } satisfies MySqlConfig),
  };
}

async function makeSource(
  server: FamilyServer, { options, folder, say }: BenchPlace,
): Promise<{ dataset: EngineBench['dataset']; readerPassword: string }> {
  const made = datasetOf(options);
  say(`making ${made.description} …`);
  await server.query(`CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`);
  const began = performance.now();
  await loadDataset(server, DATABASE, made);
  const seconds = (performance.now() - began) / 1000;
  const readerPassword = randomBytes(18).toString('hex');
  const account = `${READER}@'127.0.0.1'`;
  for (const statement of [
    `CREATE USER ${account} IDENTIFIED BY '${readerPassword}'`,
    `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON ${DATABASE}.* TO ${account}`,
    `GRANT SELECT ON mysql.proc TO ${account}`,
    `GRANT BINLOG MONITOR ON *.* TO ${account}`,
    // Made fast, measured as servers are: who writes waits for the disk.
    'SET GLOBAL innodb_flush_log_at_trx_commit = 1',
    'SET GLOBAL sync_binlog = 1',
  ]) await server.query(statement);
  return { dataset: { ...await measureDataset(server, DATABASE, folder), description: made.description, seconds }, readerPassword };
}

/** The server our own drill restores into, with the administrator's login for the client. */
function startScratch(binaries: MariaDbBinaries, { folder, options }: BenchPlace): Promise<FamilyServer> {
  const own = scratchOptions({
    family: 'mariadb', memoryBytes: options.memoryMegabytes * 1024 * 1024, freeDiskBytes: SCRATCH_DISK_BYTES,
    settings: { sqlMode: '', lowerCaseTableNames: 0, maximumPacketBytes: 1024 ** 3, characterSet: 'utf8mb4', collation: 'utf8mb4_general_ci' },
  });
  return startMariaDb({ binaries, directory: join(folder, 'scratch'), options: own });
}

async function restoreIntoNew(server: FamilyServer, copies: string): Promise<Measured> {
  const database = 'restored';
  await server.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  try {
    return await clientRestore({ server, database }, copies);
  } finally {
    await server.query(`DROP DATABASE ${database}`);
  }
}
