import { connect as connectSocket } from 'node:net';
import { createConnection, type Connection, type ConnectionOptions, type SslOptions } from 'mysql2/promise';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import { readServer as readAnyServer, type ServerAddress } from '../../runtime/connection-secret';
import { tlsOptions } from '../../runtime/database-tls';
import type { EngineContext } from '../../runtime/engine';
import { codeOf, failureOf, type FailureScene } from './failures';
import { isTiDb } from './flavors';

export type { ServerAddress };

const CONNECT_MILLISECONDS = 20_000;
const CLOSE_MILLISECONDS = 2000;
/** MySQL 8 else tells sizes and positions of AUTO_INCREMENT as they were up to a day ago; MariaDB does not read such a comment. */
const FRESH = 'SET /*!80000 SESSION information_schema_stats_expiry = 0, */ @figures = \'fresh\'';
/** The client library's word for it. */
const LOST = 'PROTOCOL_CONNECTION_LOST';

/** @throws RefusedError SECRET_SHAPE */
export function readServer(context: EngineContext<MySqlConfig>): Promise<ServerAddress> {
  return readAnyServer(context, { schemes: ['mysql', 'mariadb'], port: isTiDb(context.config) ? 4000 : 3306 });
}

/** One connection; `lost` tells of its end once it is open, whoever ended it. */
export interface Session {
  readonly scene: FailureScene;
  /** Rows of a query, each by its columns' names; figures beyond 2^53 as text. Errors are ours (`failures.ts`). */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** One statement, without result. */
  run(sql: string): Promise<void>;
  /** Called once when the connection ends without our asking. */
  onLost(listener: (error: Error) => void): void;
  close(): Promise<void>;
}

export interface SessionPlace {
  readonly server: ServerAddress;
  readonly tls: MySqlConfig['tls'];
  readonly database?: string;
}

/** @throws RunError when the server cannot be reached, lets us in not, or has no such database */
export async function openSession(place: SessionPlace): Promise<Session> {
  const { server, database, tls } = place;
  const scene: FailureScene = { host: server.host, port: server.port, user: server.user, ...(database === undefined ? {} : { database }) };
  const connection = await connect(async () => ({
    host: server.host, port: server.port, ...through(server), user: server.user, password: await server.password(), database,
    ssl: await ssl(tls, server.authority),
  }), scene);
  return sessionOf(connection, scene);
}

/** The library checks the certificate for `host`, wherever its stream goes. */
function through({ through: place }: ServerAddress): ConnectionOptions {
  return place ? { stream: () => connectSocket(place.port, place.host) } : {};
}

/** The client library checks a certificate's name only when it is told to. */
async function ssl(tls: MySqlConfig['tls'], authority: string | undefined): Promise<SslOptions | undefined> {
  const options = await tlsOptions(tls, authority);
  return options === false ? undefined : { ca: options.ca as string | undefined, rejectUnauthorized: options.rejectUnauthorized, verifyIdentity: tls.mode === 'verify-full' };
}

/** What both a source and a scratch server are asked through. */
export function sessionOf(connection: Connection, scene: FailureScene): Session {
  let lost: Error | undefined;
  let closing = false;
  const listeners: ((error: Error) => void)[] = [];
  const losing = (error: Error): void => {
    if (lost || closing) return;
    lost = error;
    for (const listener of listeners) listener(failureOf(error, scene));
  };
  connection.on('error', losing);
  connection.on('end', () => losing(Object.assign(new Error('the server ended the connection'), { code: LOST })));
  const rows = async <Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]> => {
    try {
      const [answer] = await connection.query(sql, values as unknown[]);
      return answer as Row[];
    } catch (error) {
      throw failureOf(error, scene);
    }
  };
  return {
    scene, rows,
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
        timer = setTimeout(resolve, CLOSE_MILLISECONDS);
      });
      await Promise.race([connection.end().catch(() => undefined), late]);
      clearTimeout(timer);
      connection.destroy();
    },
  };
}

/** @throws RunError */
export async function connect(options: () => Promise<ConnectionOptions>, scene: FailureScene): Promise<Connection> {
  for (let attempt = 1; ; attempt++) {
    try {
      const connection = await createConnection({
        ...await options(), charset: 'utf8mb4', connectTimeout: CONNECT_MILLISECONDS, enableKeepAlive: true,
        // Values of the catalogue and of questions are compared as text; a date must not be bent into this machine's zone.
        dateStrings: true, supportBigNumbers: true, bigNumberStrings: false, multipleStatements: false, infileStreamFactory: undefined,
        connectAttributes: { program_name: 'backup-policy' },
      });
      await connection.query(FRESH);
      return connection;
    } catch (error) {
      // The secret may have been rotated between reading and connecting: it is read again, once.
      if (attempt === 1 && codeOf(error) === 'ER_ACCESS_DENIED_ERROR') continue;
      throw failureOf(error, scene);
    }
  }
}

/** In backticks; a backtick within is doubled. */
export function quoteIdent(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A database in a grant, where names are patterns: `%` and `_` stand for themselves behind a backslash. */
export function grantedName(database: string): string {
  return quoteIdent(database.replaceAll(/[\\%_]/g, '\\$&'));
}

/** A text literal, whatever `sql_mode` says of backslashes: in hexadecimal where one is needed. */
export function quoteLiteral(text: string): string {
  return /^[\w .:,@%$+/=-]*$/.test(text) ? `'${text}'` : `CONVERT(0x${Buffer.from(text, 'utf8').toString('hex')} USING utf8mb4)`;
}
