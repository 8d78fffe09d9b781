import { createHash } from 'node:crypto';
import { Client } from 'pg';
import type { ClientConfig } from 'pg';
import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import { readServer as readAnyServer, type ServerAddress } from '../../runtime/connection-secret';
import type { EngineContext } from '../../runtime/engine';
import { COPY_SETTINGS, quoteLiteral } from './copy-format';
import { codeOf, failureOf } from './failures';
import type { FailureScene } from './failures';
import { tlsOptions } from '../../runtime/database-tls';

export type { ServerAddress };

const CONNECT_MILLISECONDS = 20_000;
/** Below the idle limits of load balancers and NAT gateways (350 s). */
const KEEP_ALIVE_MILLISECONDS = 30_000;
/** PostgreSQL cuts `application_name` there. */
const APPLICATION_NAME_BYTES = 63;

/** @throws RefusedError SECRET_SHAPE */
export function readServer(context: EngineContext<PostgresConfig>): Promise<ServerAddress> {
  return readAnyServer(context, { schemes: ['postgres', 'postgresql'], port: 5432 });
}

/**
 * `backup-policy/<runId>/<mark>/<attempt>`: the mark tells protections of one server apart that run in the same slot. An attempt's id
 * that is too long is cut, with a digest at its end.
 */
export function applicationName(context: Pick<EngineContext<PostgresConfig>, 'runId' | 'attempt' | 'config'>): string {
  const prefix = applicationPrefix(context);
  const room = APPLICATION_NAME_BYTES - Buffer.byteLength(prefix);
  const { attempt } = context;
  if (Buffer.byteLength(attempt) <= room && /^[\x20-\x7e]*$/.test(attempt)) return prefix + attempt;
  return prefix + digest(attempt).slice(0, Math.max(8, Math.min(room, 16)));
}

/** What all attempts of this run of this protection have in common. */
export function applicationPrefix(context: Pick<EngineContext<PostgresConfig>, 'runId' | 'config'>): string {
  const { secretArn, databases, tables, host } = context.config;
  return `backup-policy/${context.runId}/${digest(JSON.stringify([secretArn, host, databases, tables])).slice(0, 8)}/`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The options of node-postgres for one database of the server: no startup parameter but the name, for poolers refuse others. */
export async function clientOptions(server: ServerAddress, tls: PostgresConfig['tls'], database: string, name: string): Promise<ClientConfig> {
  return {
    host: (server.through ?? server).host,
    port: (server.through ?? server).port,
    user: server.user,
    password: await server.password(),
    database,
    application_name: name,
    ssl: await tlsOptions(tls, server.authority, server.through && server.host),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MILLISECONDS,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    client_encoding: 'UTF8',
  };
}

/** One connection, its settings made; `lost` tells of its end once it is open, whoever ended it. */
export interface Session {
  readonly client: Client;
  readonly pid: number;
  readonly scene: FailureScene;
  /** Rows of a query, each by its columns' names. Errors are ours (`failures.ts`). */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** One statement or several, without result. */
  run(sql: string): Promise<void>;
  /** Called once when the connection ends without our asking. */
  onLost(listener: (error: Error) => void): void;
  /** Ends it: orderly, and by force when that takes longer than two seconds. */
  close(): Promise<void>;
}

/** Settings of every session of ours: nothing times out, nothing is resolved by a search path, no row is hidden silently. */
const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  search_path: '',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  standard_conforming_strings: 'on',
  client_min_messages: 'warning',
  row_security: 'off',
  ...COPY_SETTINGS,
};

export interface SessionPlace {
  readonly server: ServerAddress;
  readonly tls: PostgresConfig['tls'];
  readonly database: string;
  readonly applicationName: string;
}

/** @throws RunError when the server cannot be reached, lets us in not, or has no such database */
export async function openSession(place: SessionPlace): Promise<Session> {
  const { server, database } = place;
  const scene: FailureScene = { host: server.host, port: server.port, user: server.user, database };
  const client = await connect(place, scene);
  let lost: Error | undefined;
  let closing = false;
  const listeners: ((error: Error) => void)[] = [];
  const losing = (error: Error): void => {
    if (lost || closing) return;
    lost = error;
    for (const listener of listeners) listener(failureOf(error, scene));
  };
  client.on('error', losing);
  client.on('end', () => losing(Object.assign(new Error('the server ended the connection'), { code: '08006' })));

  const rows = async <Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]> => {
    try {
      return (await client.query<Row>(sql, values ? [...values] : undefined)).rows;
    } catch (error) {
      throw failureOf(error, scene);
    }
  };
  const session: Session = {
    client,
    scene,
    pid: 0,
    rows,
    run: async (sql) => {
      await rows(sql);
    },
    onLost: (listener) => {
      listeners.push(listener);
      if (lost) listener(failureOf(lost, scene));
    },
    close: async () => {
      closing = true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, 2000);
      });
      await Promise.race([client.end().catch(() => undefined), late]);
      clearTimeout(timer);
      destroy(client);
    },
  };
  try {
    const known = await rows<{ pid: number }>(`SELECT pg_catalog.pg_backend_pid() AS pid, ${settingCalls()}`);
    return Object.assign(session, { pid: known[0].pid });
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Settings that this server's version does not have are passed over. */
function settingCalls(): string {
  const pairs = Object.entries(SESSION_SETTINGS).map(([name, value]) => `(${quoteLiteral(name)}, ${quoteLiteral(value)})`);
  return `(SELECT pg_catalog.count(pg_catalog.set_config(s.name, v.value, false)) FROM (VALUES ${pairs.join(', ')}) AS v(name, value) `
    + 'JOIN pg_catalog.pg_settings s ON pg_catalog.lower(s.name) OPERATOR(pg_catalog.=) v.name) AS settings';
}

async function connect(place: SessionPlace, scene: FailureScene): Promise<Client> {
  const { server, tls, database } = place;
  for (let attempt = 1; ; attempt++) {
    const client = new Client(await clientOptions(server, tls, database, place.applicationName));
    // Without a listener an error after a failed connect would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      destroy(client);
      // The secret may have been rotated between reading and connecting: it is read again, once.
      if (attempt === 1 && codeOf(error) === '28P01') continue;
      throw failureOf(error, scene);
    }
  }
}

/** Cuts the socket, whatever state the protocol is in. */
export function destroy(client: Client): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } };
  connection?.stream?.destroy();
}
