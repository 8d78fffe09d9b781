import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

/** Where the worker's image keeps the bundle of RDS's authorities (https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem). */
export const RDS_AUTHORITIES = '/opt/certificates/rds-global-bundle.pem';

export interface DatabaseTls {
  /** `require` encrypts and believes whoever answers; `verify-full` checks certificate and name. */
  readonly mode: 'verify-full' | 'require' | 'disable';
}

/** Options of a TLS socket: false for none. `name` is the server's own where the socket goes elsewhere, to a tunnel. */
export async function tlsOptions(tls: DatabaseTls, authority: string | undefined, name?: string): Promise<ConnectionOptions | false> {
  if (tls.mode === 'disable') return false;
  if (tls.mode === 'require') return { rejectUnauthorized: false };
  // An address has no place in TLS's server name.
  const named = name === undefined ? {} : { host: name, ...(isIP(name) ? {} : { servername: name }) };
  return { rejectUnauthorized: true, ca: await trusted(authority), ...named };
}

/** Only the given authority when there is one; else the public ones and RDS's. */
export async function trusted(authority: string | undefined): Promise<string> {
  if (authority !== undefined) return authority;
  const rds = await readFile(RDS_AUTHORITIES, 'utf8').catch(() => '');
  return [...rootCertificates, rds].join('\n');
}
