import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

/** Where the worker's image keeps the bundle of RDS's authorities (https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem). */
export const RDS_AUTHORITIES = '/opt/certificates/rds-global-bundle.pem';

export interface DatabaseTls {
  /** `require` encrypts and believes whoever answers; `verify-full` checks certificate and name. */
  readonly mode: 'verify-full' | 'require' | 'disable';
}

/** Options of a TLS socket: false for none. */
export async function tlsOptions(tls: DatabaseTls, authority: string | undefined): Promise<ConnectionOptions | false> {
  if (tls.mode === 'disable') return false;
  if (tls.mode === 'require') return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, ca: await trusted(authority) };
}

/** Only the given authority when there is one; else the public ones and RDS's. */
export async function trusted(authority: string | undefined): Promise<string> {
  if (authority !== undefined) return authority;
  const rds = await readFile(RDS_AUTHORITIES, 'utf8').catch(() => '');
  return [...rootCertificates, rds].join('\n');
}
