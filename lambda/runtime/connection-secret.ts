import type { SshTunnelConfig } from '../../lib/contract/ssh-tunnel';
import type { EngineContext } from './engine';
import { RefusedError } from './errors';

/** Where the server is and who we are there. `password` is fetched anew at every call: a rotation midway is met by the new value. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Database that the secret names. */
  readonly database?: string;
  /** Where a connection is opened instead: the near end of a tunnel. Certificates are made for `host`. @default the server itself */
  readonly through?: { readonly host: string; readonly port: number };
  /** PEM of the authority given by `tls.caSecretArn`. */
  readonly authority?: string;
  password(): Promise<string>;
}

/** What a configuration says of a connection. */
export interface ConnectionConfig {
  readonly secretArn: string;
  readonly host?: string;
  readonly port?: number;
  readonly authentication: 'password' | 'rds-iam';
  readonly tls: { readonly mode: string; readonly caSecretArn?: string };
  readonly tunnel?: SshTunnelConfig;
}

interface Credentials {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

/** Forms that an engine takes. */
export interface SecretForm {
  /** Schemes of its URLs, the usual one first, such as `postgres`. */
  readonly schemes: readonly string[];
  /** Where neither secret nor configuration names one. */
  readonly port: number;
}

/**
 * Reads the connection's secret; fields of the configuration stand over those of the secret.
 *
 * @throws RefusedError SECRET_SHAPE when it is of another form: the message names fields, never values; RunError of the tunnel
 */
export async function readServer(context: EngineContext<ConnectionConfig>, form: SecretForm): Promise<ServerAddress> {
  const { config, secrets } = context;
  const credentials = parse(await secrets.read(config.secretArn), form);
  const host = config.host ?? credentials.host;
  const { user } = credentials;
  const missing = [
    ...(host ? [] : ['host']),
    ...(user ? [] : ['username']),
    ...(config.authentication === 'password' && !credentials.password ? ['password'] : []),
  ];
  if (!host || !user || missing.length > 0) {
    throw new RefusedError('SECRET_SHAPE', `The connection's secret lacks ${missing.join(', ')}.`, shapesOf(form));
  }
  const port = config.port ?? credentials.port ?? form.port;
  const authority = config.tls.caSecretArn ? await secrets.read(config.tls.caSecretArn) : undefined;
  if (authority !== undefined && !authority.includes('-----BEGIN CERTIFICATE-----')) {
    throw new RefusedError('SECRET_SHAPE', 'The secret of the certificate authority holds no PEM certificate.', 'Store the PEM text, -----BEGIN CERTIFICATE----- included.');
  }
  const through = config.tunnel && await openTunnel(context, config.tunnel, { host, port });
  return {
    host, port, user,
    ...(through ? { through } : {}),
    ...(credentials.database ? { database: credentials.database } : {}),
    ...(authority ? { authority } : {}),
    password: async () => (config.authentication === 'rds-iam' ? rdsToken(host, port, user) : freshPassword(context, form)),
  };
}

async function openTunnel(
  { config, tunnels }: EngineContext<ConnectionConfig>, tunnel: SshTunnelConfig, target: { readonly host: string; readonly port: number },
) {
  if (!tunnels) throw new RefusedError('SSH_UNREACHABLE', 'This program opens no SSH tunnels.', 'Run the worker of this release.');
  return tunnels.to(tunnel, target, config.tls.mode !== 'disable');
}

async function freshPassword({ config, secrets }: EngineContext<ConnectionConfig>, form: SecretForm): Promise<string> {
  const { password } = parse(await secrets.read(config.secretArn), form);
  if (!password) throw new RefusedError('SECRET_SHAPE', 'The connection\'s secret lacks password.', shapesOf(form));
  return password;
}

/** A token is good for new connections for 15 minutes, so each connection has its own. */
async function rdsToken(hostname: string, port: number, username: string): Promise<string> {
  const { Signer } = await import('@aws-sdk/rds-signer');
  return new Signer({ hostname, port, username }).getAuthToken();
}

function shapesOf({ schemes: [scheme] }: SecretForm): string {
  return `Give JSON { "host", "port"?, "username", "password", "dbname"? } as RDS writes it, or a ${scheme}:// URL, alone or under "url".`;
}

function parse(text: string, form: SecretForm): Credentials {
  const shapes = shapesOf(form);
  const trimmed = text.trim();
  if (hasScheme(trimmed, form)) return parseUrl(trimmed, form);
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    throw new RefusedError('SECRET_SHAPE', `The connection's secret is neither JSON nor a ${form.schemes[0]}:// URL.`, shapes);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RefusedError('SECRET_SHAPE', 'The connection\'s secret is JSON, but no object.', shapes);
  }
  const fields = value as Record<string, unknown>;
  const field = (...names: string[]): string | undefined => {
    for (const name of names) {
      const found = fields[name];
      if (found === undefined || found === null || found === '') continue;
      if (typeof found !== 'string') throw new RefusedError('SECRET_SHAPE', `Field "${name}" of the connection's secret is no text.`, shapes);
      return found;
    }
    return undefined;
  };
  const url = field('url');
  if (url !== undefined) return parseUrl(url.trim(), form);
  return {
    host: field('host'), port: portOf(fields.port, shapes), user: field('username', 'user'), password: field('password'), database: field('dbname', 'database'),
  };
}

function hasScheme(text: string, { schemes }: SecretForm): boolean {
  return schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}://`));
}

function portOf(value: unknown, shapes: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const port = typeof value === 'string' ? Number(value) : value;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RefusedError('SECRET_SHAPE', 'Field "port" of the connection\'s secret is no port number.', shapes);
  }
  return port;
}

function parseUrl(text: string, form: SecretForm): Credentials {
  const shapes = shapesOf(form);
  try {
    const url = new URL(text);
    if (!hasScheme(text, form)) throw new TypeError('another scheme');
    const optional = (value: string): string | undefined => (value === '' ? undefined : decodeURIComponent(value));
    return {
      host: optional(url.hostname.replace(/^\[(.*)\]$/, '$1')),
      port: portOf(url.port, shapes),
      user: optional(url.username),
      password: optional(url.password),
      database: optional(url.pathname.replace(/^\//, '')),
    };
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    // The cause would carry the address with its password.
    throw new RefusedError('SECRET_SHAPE', 'The connection\'s URL cannot be read.', `${shapes} Characters such as @ / : # in a password are percent-encoded.`);
  }
}
