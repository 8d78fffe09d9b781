import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { MySqlConfig } from '../../lib/contract/engines/mysql';
import { bringDebianPackages, unpackedLibraryPath } from '../servers/debian-packages';
import { findMariaDbBinaries } from '../servers/mariadb-binaries';
import { startMariaDb } from '../servers/mariadb-server';
import { findMySqlBinaries } from '../servers/mysql-binaries';
import { type FamilyBinaries, familyEnvironment, type FamilyServer } from '../servers/mysql-family-server';
import { startMySql } from '../servers/mysql-server';
import { CommandError, runCommand } from '../servers/run-command';
import { ServersError, ToolsMissingError } from '../servers/servers-error';
import { MYSQL_SAMPLE } from './mysql-sample';
import { truncateFullest } from './mysql-truncate';
import { type NotRehearsed, type RehearsalSource, type SourceEngine, SourceError, type SourceRequest } from './source';
import { addressOf, unlikeDeclared, writeServerTls } from './stand-in';

/** Account of the backups in the throwaway server. */
const BACKUP_USER = 'backup_reader';
const LOAD_MILLISECONDS = 600_000;
/** Rights of a dump on its database (docs/sources/mysql.md). */
const RIGHTS = 'SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE, LOCK TABLES';

export const mysqlSource: SourceEngine = {
  address: 'mysql://user@host/db',
  programs: async (configs) => {
    const stages = await Promise.all(configs.map((config) => stagedFor(MySqlConfig.parse(config).flavor)));
    const path = [...new Set(stages.flatMap(({ binaries }) => binaries.path))];
    const libraryPath = [...new Set(stages.flatMap(({ binaries }) => binaries.libraryPath ?? []))].join(delimiter);
    // The image has it: a uid without a name has none for the server's script either.
    const wrapper = await bringDebianPackages(['libnss-wrapper']).then(unpackedLibraryPath).catch((error: unknown) => {
      if (error instanceof ServersError) return error;
      throw error;
    });
    if (wrapper instanceof ServersError) return { path, ...libraryPath ? { libraryPath } : {}, needsNamedUser: wrapper.message };
    return { path, libraryPath: [libraryPath, wrapper].filter(Boolean).join(delimiter) };
  },
  start: async (request) => {
    const config = MySqlConfig.parse(request.config);
    return request.connection === undefined ? await throwaway(request, config) : ownDatabase(request, config, request.connection);
  },
};

/** The server that stands for a declared one. */
interface Stage {
  readonly title: string;
  readonly binaries: FamilyBinaries;
  /** As which the worker meets it. */
  readonly flavor: MySqlConfig['flavor'];
  /** Flavors that it is a likeness of. */
  readonly kinds: readonly MySqlConfig['flavor'][];
  /** Of a dump, beside those on its database. */
  readonly rights: readonly string[];
  /** Why the declared kind of server is not there. */
  readonly why?: string;
  start(directory: string, options: readonly string[]): Promise<FamilyServer>;
}

/** A server of the declared family; where no MySQL is to be had MariaDB stands for it, and the report says so. */
async function stagedFor(flavor: MySqlConfig['flavor']): Promise<Stage> {
  const maria = async (why?: string): Promise<Stage> => {
    const binaries = await findMariaDbBinaries();
    return {
      title: 'MariaDB', binaries, flavor: 'mariadb', kinds: ['mariadb', 'rds-mariadb'], rights: ['SELECT ON mysql.proc', 'BINLOG MONITOR ON *.*'],
      ...why === undefined ? {} : { why }, start: (directory, options) => startMariaDb({ directory, binaries, options }),
    };
  };
  if (flavor === 'mariadb' || flavor === 'rds-mariadb') return maria();
  try {
    const binaries = await findMySqlBinaries();
    return {
      title: 'MySQL', binaries, flavor: 'mysql', kinds: ['mysql', 'rds-mysql', 'aurora-mysql'], rights: ['SHOW_ROUTINE ON *.*'],
      start: (directory, options) => startMySql({ directory, binaries, options }),
    };
  } catch (error) {
    if (error instanceof ToolsMissingError) return maria(error.reason);
    throw error;
  }
}

async function throwaway(request: SourceRequest, config: MySqlConfig): Promise<RehearsalSource> {
  const { directory, application, say } = request;
  const { certificate, certificateFile, keyFile } = await writeServerTls(directory);
  const stage = await stagedFor(config.flavor);
  const server = await stage.start(join(directory, 'server'), [
    `--ssl-cert=${certificateFile}`, `--ssl-key=${keyFile}`, '--log-bin=binlog', '--server-id=1',
    '--log-bin-trust-function-creators=ON', '--character-set-server=utf8mb4', '--collation-server=utf8mb4_unicode_ci',
  ]);
  try {
    const database = application.replace(/-/g, '_');
    await server.query(`CREATE DATABASE \`${database}\``);
    await load(server, database, request);
    const password = randomBytes(18).toString('hex');
    await server.query(`DROP USER IF EXISTS ${BACKUP_USER}@'127.0.0.1'`);
    await server.query(`CREATE USER ${BACKUP_USER}@'127.0.0.1' IDENTIFIED BY '${password}'`);
    const grant = (name: string) => server.query(`GRANT ${RIGHTS} ON \`${name.replaceAll('_', '\\_')}\`.* TO ${BACKUP_USER}@'127.0.0.1'`);
    await grant(database);
    for (const right of stage.rights) await server.query(`GRANT ${right} TO ${BACKUP_USER}@'127.0.0.1'`);
    const [{ bytes }] = await server.query<{ bytes: string }>(`SELECT SUM(DATA_LENGTH + INDEX_LENGTH) AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}'`);
    say(`source: throwaway ${stage.title} ${server.version} for ${request.protection}, ${(Number(bytes) / 1e6).toFixed(1)} MB in database ${database}`);
    const checked = config.tls.mode !== 'verify-full' || config.tls.caSecretArn !== undefined;
    const secretOf = (dbname: string): Record<string, string> => (
      { [config.secretArn]: JSON.stringify({ host: '127.0.0.1', port: server.port, username: BACKUP_USER, password, dbname }) });
    return {
      description: `throwaway ${stage.title} ${server.version}`,
      secrets: {
        ...secretOf(database),
        ...(config.tls.caSecretArn === undefined ? {} : { [config.tls.caSecretArn]: certificate }),
      },
      adjust: ({ host: _host, port: _port, ...own }) => (
        { ...own, flavor: stage.flavor, authentication: 'password', ...(checked ? {} : { tls: { ...own.tls as object, mode: 'require' } }) }),
      notRehearsed: differences(config, checked, stage),
      twin: async (name) => {
        const own = `${database}_${name}`;
        await server.query(`CREATE DATABASE \`${own}\``);
        await load(server, own, request);
        await grant(own);
        return { secrets: secretOf(own), truncate: (share) => truncateFullest(server, own, share) };
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function differences(config: MySqlConfig, checked: boolean, { title, kinds, why }: Stage): NotRehearsed[] {
  const other = !kinds.includes(config.flavor);
  const all: NotRehearsed[] = [{
    what: 'the server itself',
    why: other
      ? `a throwaway ${title} stood for the declared ${config.flavor}: schema, data, dump tool and scratch server were ${title}'s, and what sets the two apart was not met${why ? ` (${why})` : ''}`
      : `a throwaway ${title} stood for it: its version, size, network and load are not those of yours`,
    how: other
      ? `run the protection once against a ${config.flavor} server of a test account`
      : 'rehearse with --connection PROTECTION=env:NAME against a copy of it, or against itself: it is only read',
  }];
  return [...all, ...unlikeDeclared(config, checked)];
}

/** The files run as the administrator, by the client they are written for. */
async function load(server: FamilyServer, database: string, { files, directory, say, protection }: SourceRequest): Promise<void> {
  const sample = join(directory, 'sample.sql');
  if (files.length === 0) {
    await writeFile(sample, MYSQL_SAMPLE);
    say(`source: no --source-sql for ${protection}, so a small sample stands for its data`);
  }
  const options = join(directory, 'load.cnf');
  await writeFile(options, `[client]\nsocket="${server.socket}"\nuser="${server.user}"\npassword="${server.password}"\n`, { mode: 0o600 });
  for (const file of files.length > 0 ? files : [sample]) {
    await runCommand(server.binaries.client, [`--defaults-file=${options}`, '--batch', '--default-character-set=utf8mb4', `--database=${database}`], {
      env: familyEnvironment(server.binaries), timeoutMilliseconds: LOAD_MILLISECONDS, inputFile: file,
    }).catch((error: unknown) => {
      const said = error instanceof CommandError ? error.said.trim().split('\n').slice(-3).join(' | ') : String(error);
      throw new SourceError(`${file} cannot be loaded into the throwaway server (${said}): mend the file, or give the files in the order in which they build on each other`, { cause: error });
    });
  }
}

/** Somebody's own database: its secret is the address as given; nothing of the server is touched but by the dump itself, which reads. */
function ownDatabase({ protection, say }: SourceRequest, config: MySqlConfig, connection: string): RehearsalSource {
  const url = parseAddress(connection, protection);
  const place = `${url.hostname}${url.port ? `:${url.port}` : ''}${url.pathname}`;
  say(`source: ${place} for ${protection}, read only`);
  const secret = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 3306),
    username: decodeURIComponent(url.username), password: decodeURIComponent(url.password),
    dbname: decodeURIComponent(url.pathname.slice(1)),
  };
  return {
    description: `${config.flavor} at ${place}`,
    secrets: { [config.secretArn]: JSON.stringify(secret) },
    adjust: ({ host: _host, port: _port, ...own }) => ({ ...own, authentication: 'password' }),
    notRehearsed: [],
    stop: () => Promise.resolve(),
  };
}

function parseAddress(connection: string, protection: string): URL {
  const form = `--connection ${protection}: write it as mysql://user:password@host:port/database, or env:NAME for the variable that holds it`;
  const url = addressOf(connection, ['mysql', 'mariadb'], new SourceError(form));
  if (url.pathname.length < 2) throw new SourceError(form);
  return url;
}
