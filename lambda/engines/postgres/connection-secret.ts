import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import { RefusedError } from '../../runtime/errors';
import type { EngineContext } from '../../runtime/engine';

/** Where the server is and who we are there. `password` is fetched anew at every call: a rotation midway is met by the new value. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Database that the secret names. */
  readonly database?: string;
  /** PEM of the authority given by `tls.caSecretArn`. */
  readonly authority?: string;
  password(): Promise<string>;
}

interface Credentials {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

const SHAPES = 'Give JSON { "host", "port"?, "username", "password", "dbname"? } as RDS writes it, or a postgres:// URL, alone or under "url".';
const POSTGRES_PORT = 5432;

/**
 * Reads the connection's secret; fields of the config stand over those of the secret.
 *
 * @throws RefusedError SECRET_SHAPE when it is of another form: the message names fields, never values
 */
export async function readServer(context: EngineContext<PostgresConfig>): Promise<ServerAddress> {
  const { config, secrets } = context;
  const credentials = parseSecret(await secrets.read(config.secretArn));
  const host = config.host ?? credentials.host;
  const { user } = credentials;
  const missing = [
    ...(host ? [] : ['host']),
    ...(user ? [] : ['username']),
    ...(config.authentication === 'password' && !credentials.password ? ['password'] : []),
  ];
  if (!host || !user || missing.length > 0) {
    throw new RefusedError('SECRET_SHAPE', `The connection's secret lacks ${missing.join(', ')}.`, SHAPES);
  }
  const port = config.port ?? credentials.port ?? POSTGRES_PORT;
  const authority = config.tls.caSecretArn ? await secrets.read(config.tls.caSecretArn) : undefined;
  if (authority !== undefined && !authority.includes('-----BEGIN CERTIFICATE-----')) {
    throw new RefusedError('SECRET_SHAPE', 'The secret of the certificate authority holds no PEM certificate.', 'Store the PEM text, -----BEGIN CERTIFICATE----- included.');
  }
  return {
    host, port, user,
    ...(credentials.database ? { database: credentials.database } : {}),
    ...(authority ? { authority } : {}),
    password: async () => (config.authentication === 'rds-iam' ? rdsToken(host, port, user) : freshPassword(context)),
  };
}

async function freshPassword({ config, secrets }: EngineContext<PostgresConfig>): Promise<string> {
  const { password } = parseSecret(await secrets.read(config.secretArn));
  if (!password) throw new RefusedError('SECRET_SHAPE', 'The connection\'s secret lacks password.', SHAPES);
  return password;
}

/** A token is good for new connections for 15 minutes, so each connection has its own. */
async function rdsToken(hostname: string, port: number, username: string): Promise<string> {
  const { Signer } = await import('@aws-sdk/rds-signer');
  return new Signer({ hostname, port, username }).getAuthToken();
}

export function parseSecret(text: string): Credentials {
  const trimmed = text.trim();
  if (/^postgres(ql)?:\/\//i.test(trimmed)) return parseUrl(trimmed);
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    throw new RefusedError('SECRET_SHAPE', 'The connection\'s secret is neither JSON nor a postgres:// URL.', SHAPES);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RefusedError('SECRET_SHAPE', 'The connection\'s secret is JSON, but no object.', SHAPES);
  }
  const fields = value as Record<string, unknown>;
  const field = (...names: string[]): string | undefined => {
    for (const name of names) {
      const found = fields[name];
      if (found === undefined || found === null || found === '') continue;
      if (typeof found !== 'string') throw new RefusedError('SECRET_SHAPE', `Field "${name}" of the connection's secret is no text.`, SHAPES);
      return found;
    }
    return undefined;
  };
  const url = field('url');
  if (url !== undefined) return parseUrl(url.trim());
  return {
    host: field('host'), port: portOf(fields.port), user: field('username', 'user'), password: field('password'), database: field('dbname', 'database'),
  };
}

function portOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const port = typeof value === 'string' ? Number(value) : value;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RefusedError('SECRET_SHAPE', 'Field "port" of the connection\'s secret is no port number.', SHAPES);
  }
  return port;
}

function parseUrl(text: string): Credentials {
  let url: URL;
  try {
    url = new URL(text);
    if (!/^postgres(ql)?:$/.test(url.protocol)) throw new TypeError('another scheme');
    const optional = (value: string): string | undefined => (value === '' ? undefined : decodeURIComponent(value));
    return {
      host: optional(url.hostname.replace(/^\[(.*)\]$/, '$1')),
      port: portOf(url.port),
      user: optional(url.username),
      password: optional(url.password),
      database: optional(url.pathname.replace(/^\//, '')),
    };
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    // The cause would carry the address with its password.
    throw new RefusedError('SECRET_SHAPE', 'The connection\'s URL cannot be read.', `${SHAPES} Characters such as @ / : # in a password are percent-encoded.`);
  }
}
