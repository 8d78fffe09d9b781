import { messageOf, RefusedError, RunError, TransientError } from '../../runtime/errors';

/** What was being done and with whom, for the sentence: never a password. */
export interface FailureScene {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database?: string;
  /** Quoted table that was being read. */
  readonly table?: string;
}

/** What ends a connection, by the names of Node, of the client library and of the server (MariaDB, "MariaDB Error Code Reference"). */
const CUT = new Set([
  'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EAI_AGAIN', 'PROTOCOL_CONNECTION_LOST',
  'ER_SERVER_SHUTDOWN', 'ER_CONNECTION_KILLED', 'ER_NORMAL_SHUTDOWN', 'ER_NET_READ_INTERRUPTED', 'ER_NET_WRITE_INTERRUPTED',
]);
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_SSL|EPROTO|HANDSHAKE_SSL/;

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** The server's or the network's error in our words, with what to do. Errors that are ours already pass through. */
export function failureOf(error: unknown, scene: FailureScene): RunError {
  if (error instanceof RunError) return error;
  const code = codeOf(error);
  const message = messageOf(error);
  const server = `${scene.host}:${scene.port}`;
  const database = scene.database === undefined ? 'the server' : `database "${scene.database}"`;
  const refused = (id: string, sentence: string, mend: string): RunError => new RefusedError(id, sentence, mend, { cause: error });
  const transient = (id: string, sentence: string, mend: string): RunError => new TransientError(id, sentence, mend, { cause: error });

  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
    case 'ER_NOT_SUPPORTED_AUTH_MODE':
      return refused('WRONG_PASSWORD', `Server ${server} refused user "${scene.user}" or the password of it.`, 'Renew the secret of the connection, or give the user this password, from the address of the workers.');
    case 'ER_HOST_NOT_PRIVILEGED':
    case 'ER_HOST_IS_BLOCKED':
      return refused('NOT_LET_IN', `Server ${server} lets nobody in from the address of this worker.`, `Create the user for that address (CREATE USER '${scene.user}'@'…'), or unblock it (FLUSH HOSTS).`);
    case 'ENOTFOUND':
      return refused('UNKNOWN_HOST', `There is no host "${scene.host}" in the name service that this worker asks.`, 'Correct the host, or place the worker in the network that knows it.');
    case 'ER_BAD_DB_ERROR':
      return refused('UNKNOWN_DATABASE', `Server ${server} has no ${database}.`, 'Correct the name in "databases" or in the secret.');
    case 'ER_DBACCESS_DENIED_ERROR':
    case 'ER_TABLEACCESS_DENIED_ERROR':
    case 'ER_COLUMNACCESS_DENIED_ERROR':
    case 'ER_SPECIFIC_ACCESS_DENIED_ERROR':
    case 'ER_PROCACCESS_DENIED_ERROR':
      return refused('NO_PERMISSION', `User "${scene.user}" lacks a right on ${scene.table ?? database}: ${message}.`, 'Grant it (docs/sources/mysql.md lists the rights), or exclude what it concerns.');
    case 'ER_CON_COUNT_ERROR':
    case 'ER_TOO_MANY_USER_CONNECTIONS':
    case 'ER_USER_LIMIT_REACHED':
      return transient('TOO_MANY_CONNECTIONS', `Server ${server} has no connection left for user "${scene.user}".`, 'Raise max_connections there, or move the schedule to a quieter hour.');
    case 'ER_LOCK_WAIT_TIMEOUT':
      return transient('LOCK_TIMEOUT', `A lock on a table of ${database} was not to be had in time.`, 'It is tried again; move the schedule away from long writes, or lengthen the lock timeout.');
    case 'ER_TABLE_DEF_CHANGED':
    case 'ER_NO_SUCH_TABLE':
      return transient('SOURCE_CHANGED', `A table of ${database} was changed during the dump: ${message}.`, 'It is tried again; move the schedule away from migrations.');
    case 'ER_QUERY_INTERRUPTED':
      return transient('CANCELLED', `Somebody cancelled a query of the dump in ${database}.`, 'It is tried again; find out who cancels (KILL QUERY, a limit of the host).');
    case 'ER_CRASHED_ON_USAGE':
    case 'ER_CRASHED_ON_REPAIR':
    case 'ER_NOT_KEYFILE':
      return refused('SOURCE_DAMAGED', `The source itself is damaged: ${message}.`, 'Do not retire any older copy; look at the server\'s disk and repair or restore the table.');
  }
  // TiDB, "Error Codes and Troubleshooting": 8055 and 9006.
  if (/GC life time is shorter than transaction duration|snapshot is older than GC safe point/i.test(message)) {
    return refused('SNAPSHOT_TOO_OLD', `${database} no longer has the versions that the dump reads: ${message}.`, 'Lengthen tidb_gc_life_time, or let the source raise it (TiDbGarbageCollection.RAISE) with a readTime that is long enough.');
  }
  if (/does not support secure connection|SSL is required, but the server/.test(message)) {
    return refused('TLS_REFUSED', `Server ${server} refused TLS.`, 'Turn it on there (ssl_cert, ssl_key); only for loopback and private tests set the TLS mode to "disable".');
  }
  if (CERTIFICATE.test(code) || /certificate/i.test(message)) {
    return refused('TLS_CERTIFICATE', `The certificate of ${server} could not be verified (${code || message}).`, 'Give the certificate authority with "caSecretArn", or use the name that the certificate is made for.');
  }
  if (CUT.has(code) || /Lost connection|gone away|closed state|Connection lost/.test(message)) {
    return transient('CONNECTION_LOST', `The connection to ${server} was lost or did not come up (${code || message}).`, 'It is tried again; if it stays so, look at the server, the network\'s rules and idle limits.');
  }
  return refused('MYSQL_ERROR', `${database} answered${scene.table ? ` for ${scene.table}` : ''}: ${message}${code ? ` (${code})` : ''}.`, 'See the server\'s log for the reason.');
}
