import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { PostgresConfig } from '../../../lib/contract/engines/postgres';

/** Where the worker's image keeps the bundle of RDS's authorities (https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem). */
export const RDS_AUTHORITIES = '/opt/certificates/rds-global-bundle.pem';

type TlsConfig = PostgresConfig['tls'];

/** What node-postgres takes as `ssl`: false for none. */
export async function tlsOptions(tls: TlsConfig, authority: string | undefined): Promise<ConnectionOptions | false> {
  if (tls.mode === 'disable') return false;
  if (tls.mode === 'require') return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, ca: await trusted(authority) };
}

/** libpq's words for the same; `rootFile` is where the caller wrote `trusted()`. */
export function libpqTls(tls: TlsConfig, rootFile: string): Record<string, string> {
  if (tls.mode !== 'verify-full') return { PGSSLMODE: tls.mode };
  return { PGSSLMODE: 'verify-full', PGSSLROOTCERT: rootFile };
}

/** Only the given authority when there is one; else the public ones and RDS's. */
export async function trusted(authority: string | undefined): Promise<string> {
  if (authority !== undefined) return authority;
  const rds = await readFile(RDS_AUTHORITIES, 'utf8').catch(() => '');
  return [...rootCertificates, rds].join('\n');
}
