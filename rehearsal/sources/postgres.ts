import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { PostgresConfig } from '../../lib/contract/engines/postgres';
import { bringDebianPackages, unpackedLibraryPath } from '../servers/debian-packages';
import { findPostgresBinaries, postgresEnvironment } from '../servers/postgres-binaries';
import { type PostgresServer, startPostgres } from '../servers/postgres-server';
import { CommandError, runCommand } from '../servers/run-command';
import { ServersError } from '../servers/servers-error';
import { SAMPLE_SCHEMA } from './sample-schema';
import { type NotRehearsed, type RehearsalSource, type SourceEngine, SourceError, type SourceRequest, type SourceTwin } from './source';
import { fullestTables } from './fullest-tables';
import { addressOf, unlikeDeclared, writeServerTls } from './stand-in';

/** Role of the backups in the throwaway server; SQL files may create it with grants of their own. */
const BACKUP_ROLE = 'backup_reader';
const LOAD_MILLISECONDS = 600_000;

export const postgresSource: SourceEngine = {
  address: 'postgres://user@host/db',
  programs: async () => {
    const { bin, libraryPath } = await findPostgresBinaries();
    // The image has it: initdb asks for the name of the worker's uid, which has none.
    const wrapper = await bringDebianPackages(['libnss-wrapper']).then(unpackedLibraryPath).catch((error: unknown) => {
      if (error instanceof ServersError) return error;
      throw error;
    });
    if (wrapper instanceof ServersError) return { path: [bin], libraryPath, needsNamedUser: wrapper.message };
    return { path: [bin], libraryPath: [libraryPath, wrapper].filter(Boolean).join(delimiter) };
  },
  start: async (request) => {
    const config = PostgresConfig.parse(request.config);
    return request.connection === undefined ? await throwaway(request, config) : await ownDatabase(request, config, request.connection);
  },
};

async function throwaway(request: SourceRequest, config: PostgresConfig): Promise<RehearsalSource> {
  const { directory, application, say } = request;
  const supabase = config.flavor === 'supabase';
  const { certificate, certificateFile, keyFile } = await writeServerTls(directory);
  const server = await startPostgres({
    directory: join(directory, 'server'),
    superuser: supabase ? 'supabase_admin' : undefined,
    settings: { ssl: 'on', ssl_cert_file: certificateFile, ssl_key_file: keyFile, wal_level: 'logical' },
  });
  try {
    const database = application.replace(/-/g, '_');
    await server.createDatabase(database);
    await load(server, database, request);
    const password = randomBytes(18).toString('base64url');
    await prepareBackupRole(server, database, password);
    say(`source: throwaway PostgreSQL ${server.version} for ${request.protection}, ${await sizeOf(server, database)} in database ${database}`);
    const checked = config.tls.mode !== 'verify-full' || config.tls.caSecretArn !== undefined;
    const secretOf = (dbname: string): Record<string, string> => (
      { [config.secretArn]: JSON.stringify({ host: '127.0.0.1', port: server.port, username: BACKUP_ROLE, password, dbname }) });
    return {
      description: `throwaway PostgreSQL ${server.version}`,
      secrets: {
        ...secretOf(database),
        ...(config.tls.caSecretArn === undefined ? {} : { [config.tls.caSecretArn]: certificate }),
      },
      adjust: (own) => atThrowaway(own, checked),
      notRehearsed: differences(config, checked),
      twin: async (name) => {
        const own = `${database}_${name}`;
        await asSuperuser(server, 'postgres', (client) => client.query(`CREATE DATABASE ${escapeIdentifier(own)} TEMPLATE ${escapeIdentifier(database)}`));
        return { secrets: secretOf(own), truncate: (share) => asSuperuser(server, own, (client) => truncate(client, share)) };
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Host and port of the declaration point at the deployed server; the throwaway one knows passwords only. */
function atThrowaway(config: Record<string, unknown>, checked: boolean): Record<string, unknown> {
  const { host: _host, port: _port, ...rest } = config;
  return { ...rest, authentication: 'password', ...(checked ? {} : { tls: { ...rest.tls as object, mode: 'require' } }) };
}

function differences(config: PostgresConfig, checked: boolean): NotRehearsed[] {
  const all: NotRehearsed[] = [{
    what: 'the server itself',
    why: 'a throwaway PostgreSQL stood for it: its version, size, network and load are not those of yours',
    how: 'rehearse with --connection PROTECTION=env:NAME against a copy of it, or against itself: it is only read',
  }];
  return [...all, ...unlikeDeclared(config, checked)];
}

async function load(server: PostgresServer, database: string, { files, directory, say, protection }: SourceRequest): Promise<void> {
  const sample = join(directory, 'sample.sql');
  if (files.length === 0) {
    await writeFile(sample, SAMPLE_SCHEMA);
    say(`source: no --source-sql for ${protection}, so a small sample stands for its data`);
  }
  for (const file of files.length > 0 ? files : [sample]) {
    await runCommand(join(server.binaries.bin, 'psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', String(server.port), '-U', server.superuser, '-d', database, '-f', file], {
      env: { ...postgresEnvironment(server.binaries), PGPASSWORD: server.password, PGOPTIONS: '-c client_min_messages=warning' },
      timeoutMilliseconds: LOAD_MILLISECONDS,
    }).catch((error: unknown) => {
      const said = error instanceof CommandError ? error.said.trim().split('\n').slice(-3).join(' | ') : String(error);
      throw new SourceError(`${file} cannot be loaded into the throwaway server (${said}): mend the file, or give the files in the order in which they build on each other`, { cause: error });
    });
  }
}

/** A role that the files made keeps its grants; one made here may read everything and nothing else. */
async function prepareBackupRole(server: PostgresServer, database: string, password: string): Promise<void> {
  await asSuperuser(server, database, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_catalog.pg_roles WHERE rolname = $1', [BACKUP_ROLE]);
    const role = escapeIdentifier(BACKUP_ROLE);
    if (!rowCount) await client.query(`CREATE ROLE ${role} LOGIN BYPASSRLS; GRANT pg_read_all_data TO ${role}`);
    await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${escapeLiteral(password)}`);
  });
}

/** What belongs to an extension stays. */
const OWN_TABLES = `
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

const truncate = async (client: Client, share: number): ReturnType<SourceTwin['truncate']> => {
  const { rows: found } = await client.query<{ name: string }>(OWN_TABLES);
  const tables = [];
  for (const { name } of found) {
    const { rows: [{ count }] } = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ONLY ${name}`);
    tables.push({ name, rows: Number(count) });
  }
  const chosen = fullestTables(tables, share);
  await client.query(`TRUNCATE ${chosen.join(', ')} CASCADE`);
  return chosen;
};

async function sizeOf(server: PostgresServer, database: string): Promise<string> {
  return await asSuperuser(server, database, async (client) =>
    (await client.query<{ size: string }>('SELECT pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(current_database())) AS size')).rows[0].size);
}

async function asSuperuser<T>(server: PostgresServer, database: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server.urlOf(database) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const TLS_OF_SSLMODE: Readonly<Record<string, PostgresConfig['tls']['mode']>> = {
  'disable': 'disable', 'allow': 'require', 'prefer': 'require', 'require': 'require', 'verify-ca': 'verify-full', 'verify-full': 'verify-full',
};

/** Somebody's own database: its secret is the address as given; nothing of the server is touched but by the dump itself, which reads. */
async function ownDatabase({ protection, say }: SourceRequest, config: PostgresConfig, connection: string): Promise<RehearsalSource> {
  const url = parseAddress(connection, protection);
  const sslMode = url.searchParams.get('sslmode');
  const rootFile = url.searchParams.get('sslrootcert');
  if (sslMode !== null && TLS_OF_SSLMODE[sslMode] === undefined) throw new SourceError(`--connection ${protection}: sslmode=${sslMode} is none of ${Object.keys(TLS_OF_SSLMODE).join(', ')}`);
  const mode = sslMode === null ? config.tls.mode : TLS_OF_SSLMODE[sslMode];
  const authority = rootFile === null ? rootCertificates.join('\n') : await readFile(rootFile, 'utf8').catch((cause: unknown) => {
    throw new SourceError(`--connection ${protection}: the certificate ${rootFile} cannot be read: name a PEM file in sslrootcert`, { cause });
  });
  const place = `${url.hostname}${url.port ? `:${url.port}` : ''}${url.pathname}`;
  say(`source: ${place} for ${protection}, read only`);
  const changed = mode !== config.tls.mode;
  return {
    description: `PostgreSQL at ${place}`,
    secrets: {
      [config.secretArn]: JSON.stringify({
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 5432), username: decodeURIComponent(url.username), password: decodeURIComponent(url.password),
        dbname: decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username),
      }),
      ...(config.tls.caSecretArn === undefined ? {} : { [config.tls.caSecretArn]: authority }),
    },
    adjust: ({ host: _host, port: _port, ...own }) => ({ ...own, authentication: 'password', tls: { ...own.tls as object, mode } }),
    notRehearsed: changed ? [{ what: 'the declared TLS', why: `the address says sslmode=${sslMode}, the policy ${config.tls.mode}`, how: 'give an address with the policy\'s own mode' }] : [],
    stop: () => Promise.resolve(),
  };
}

function parseAddress(connection: string, protection: string): URL {
  const form = `--connection ${protection}: write it as postgres://user:password@host:port/database, or env:NAME for the variable that holds it`;
  return addressOf(connection, ['postgres', 'postgresql'], new SourceError(form));
}
