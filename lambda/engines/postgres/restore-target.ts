import { Client, type QueryArrayConfig } from 'pg';
import { COPY_SETTINGS, quoteLiteral } from './copy-format';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/**
 * A server to load into or to count. In a scratch server nothing of the copy is evaluated by a superuser: `loader` owns by membership
 * what the stub roles own, `reader` reads everything, and neither may run a program or open a file.
 */
export interface TargetConnection {
  /** A host name, or the directory of a unix socket. */
  readonly host: string;
  readonly port: number;
  /** Database that is connected to when another is created. */
  readonly maintenanceDatabase: string;
  readonly administrator: Login;
  readonly loader: Login;
  readonly reader: Login;
  /** Group of all stub roles in a scratch server; absent elsewhere, where roles are the server's own. */
  readonly stubs?: string;
  /**
   * Columns of each restored table as its COPY line had them, by database and table: an inheriting table may come back with another
   * order of columns, and the census must hash the copy's. Filled by the restore.
   */
  readonly columns: Map<string, string>;
  /** What the scratch server itself is no exact likeness in. */
  readonly exceptions: { code: string; name: string; reason: string }[];
  /** Folder of the PostgreSQL programs for this server. */
  readonly tools: string;
  /** The reason behind a failure when the server's disk is full. */
  readonly diskFull?: (error: unknown) => Promise<Error | undefined>;
}

/** Key of `TargetConnection.columns`. */
export function tableKey(database: string, table: string): string {
  return `${database}\0${table}`;
}

const SETTINGS: Readonly<Record<string, string>> = {
  ...COPY_SETTINGS,
  search_path: '',
  standard_conforming_strings: 'on',
  check_function_bodies: 'off',
  client_min_messages: 'error',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  row_security: 'off',
  max_parallel_workers_per_gather: '0',
};

/** Connects as one of the target's logins, with the settings under which pg_dump writes and COPY text is equal; an abort cuts it. */
export async function connectTarget(target: TargetConnection, login: Login, database: string, signal: AbortSignal): Promise<Client> {
  signal.throwIfAborted();
  const client = new Client({ host: target.host, port: target.port, ...login, database, client_encoding: 'UTF8', application_name: 'backup-policy restore', connectionTimeoutMillis: 20_000 });
  // What ends a connection also fails the query that runs on it; without a listener it would end the process.
  client.on('error', () => undefined);
  const cut = (): void => socketOf(client)?.destroy();
  signal.addEventListener('abort', cut, { once: true });
  client.once('end', () => signal.removeEventListener('abort', cut));
  await client.connect();
  await client.query(Object.entries(SETTINGS).map(([name, value]) => `SET ${name} = ${quoteLiteral(value)}`).join(';'));
  return client;
}

function socketOf(client: Client): { destroy(): void } | undefined {
  return (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream;
}

/** Ends it, whatever state it is in. */
export async function disconnect(client: Client | undefined): Promise<void> {
  if (!client) return;
  const timer = setTimeout(() => socketOf(client)?.destroy(), 2000);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}

/** Rows as arrays of text, whatever the type. */
export async function textRows(client: Client, text: string, values: readonly unknown[] = []): Promise<(string | null)[][]> {
  const asText = { getTypeParser: () => (value: string) => value };
  const query: QueryArrayConfig & { queryMode: string } = { text, values: [...values], rowMode: 'array', queryMode: 'extended', types: asText };
  return (await client.query<(string | null)[]>(query)).rows;
}
