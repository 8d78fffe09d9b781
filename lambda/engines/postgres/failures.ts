import { messageOf, RefusedError, RunError, TransientError } from '../../runtime/errors';

/** What was being done and with whom, for the sentence: never a password. */
export interface FailureScene {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database?: string;
  /** Quoted and qualified table that was being read. */
  readonly table?: string;
}

const CUT = new Set(['57P01', '57P02', '57P03', '57P05', '08000', '08001', '08003', '08006', '25P03', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ENETDOWN']);
const CERTIFICATE = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_SIGNATURE_FAILURE', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_UNTRUSTED', 'CERT_REVOKED',
]);

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
  const database = scene.database === undefined ? 'the database' : `database "${scene.database}"`;
  const refused = (id: string, sentence: string, mend: string): RunError => new RefusedError(id, sentence, mend, { cause: error });
  const transient = (id: string, sentence: string, mend: string): RunError => new TransientError(id, sentence, mend, { cause: error });

  if (code === '28P01' || code === '28000') {
    if (/no pg_hba\.conf entry/.test(message)) {
      return refused('NOT_LET_IN', `Server ${server} does not let user "${scene.user}" into ${database} from this address or without TLS (pg_hba.conf).`, 'Add a line for it to pg_hba.conf, or use TLS mode "require" or "verify-full".');
    }
    return refused('WRONG_PASSWORD', `Server ${server} refused the password of user "${scene.user}".`, 'Renew the secret of the connection, or give the role this password.');
  }
  if (code === '28P02' || /password must be a string|client password/.test(message)) {
    return refused('WRONG_PASSWORD', `Server ${server} asks for a password and the secret of user "${scene.user}" has none.`, 'Add it to the secret of the connection.');
  }
  if (code === 'ENOTFOUND') {
    return refused('UNKNOWN_HOST', `There is no host "${scene.host}" in the name service that this worker asks.`, `Correct the host, or place the worker in the network that knows it.${addressHint(scene.host)}`);
  }
  if (code === '3D000') {
    return refused('UNKNOWN_DATABASE', `Server ${server} has no ${database}.`, 'Correct the name in "databases" or in the secret.');
  }
  if (/does not support SSL connections/.test(message)) {
    return refused('TLS_REFUSED', `Server ${server} refused TLS.`, 'Turn on ssl there; only for loopback and private tests set the TLS mode to "disable".');
  }
  if (CERTIFICATE.has(code) || /establishing an SSL connection/.test(message) || code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return refused('TLS_CERTIFICATE', `The certificate of ${server} could not be verified (${code || message}).`, 'Give the certificate authority with "caSecretArn", or use the name that the certificate is made for.');
  }
  if (code === '42501' && scene.table !== undefined) {
    return refused('NO_PERMISSION', `User "${scene.user}" may not read ${scene.table} in ${database}.`, `GRANT SELECT ON ${scene.table} TO the role, with USAGE on its schema, or exclude the table.`);
  }
  if (code === '42501') {
    return refused('NO_PERMISSION', `User "${scene.user}" lacks a right in ${database}: ${message}.`, 'Grant it, or exclude what it concerns.');
  }
  if (code === '55P03') {
    return transient('LOCK_TIMEOUT', `A lock on a table of ${database} was not to be had in time: somebody holds it exclusively.`, 'Trying again in a quieter minute helps; if not, lengthen the lock timeout or move the schedule away from migrations.');
  }
  if (code === '53300') {
    return transient('TOO_MANY_CONNECTIONS', `Server ${server} has no connection left.`, 'Lower "maximumConnections" or raise max_connections there.');
  }
  if (code === '53200' && /shared memory/.test(message)) {
    return refused('TOO_FEW_LOCKS', `Server ${server} has too few lock entries for the tables of ${database}.`, 'Raise max_locks_per_transaction there (64 a connection by default: the product with max_connections must exceed the number of tables).');
  }
  if (code === '40001' || code === '40P01' || code === '72000') {
    return transient('CONFLICT_WITH_RECOVERY', `Server ${server} cancelled a read of ${database}: ${message}.`, 'On a standby lengthen max_standby_streaming_delay or turn on hot_standby_feedback; it is tried again.');
  }
  if (code === '57014') {
    return transient('CANCELLED', `Somebody cancelled a query of the dump in ${database}.`, 'It is tried again; find out who cancels (pg_cancel_backend, a limit of the host).');
  }
  if (CUT.has(code) || code.startsWith('08') || /Connection terminated|timeout expired|terminating connection|ended the connection/.test(message)) {
    return transient('CONNECTION_LOST', `The connection to ${server} was lost or did not come up (${code || message}).`, `It is tried again; if it stays so, look at the server, the network's rules and idle limits.${addressHint(scene.host)}`);
  }
  if (code === 'XX001' || code === 'XX002') {
    return refused('SOURCE_DAMAGED', `The source itself is damaged: ${message}.`, 'Do not retire any older copy; look at the server\'s disk and restore what is lost.');
  }
  return refused('POSTGRES_ERROR', `${database} answered${scene.table ? ` for ${scene.table}` : ''}: ${message}${code ? ` (${code})` : ''}.`, 'See the server\'s log for the reason.');
}

function addressHint(host: string): string {
  return /^db\.[a-z0-9]+\.supabase\.co$/.test(host)
    ? ' Supabase\'s direct host has an IPv6 address only: use the session pooler\'s host, port 5432, or a dual-stack network.'
    : '';
}
