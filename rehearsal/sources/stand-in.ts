import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRoot } from '../servers/cache-folder';
import { NOBODY } from '../servers/server-place';
import { loopbackCertificate } from './certificate';
import type { NotRehearsed } from './source';

/** A certificate for a throwaway server, in files that its user can read. */
export interface ServerTls {
  /** PEM, which a client must trust. */
  readonly certificate: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export async function writeServerTls(directory: string): Promise<ServerTls> {
  const { certificate, key } = loopbackCertificate();
  const folder = join(directory, 'tls');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const [certificateFile, keyFile] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  for (const [file, text] of [[certificateFile, certificate], [keyFile, key]] as const) {
    await writeFile(file, text, { mode: 0o600 });
    if (isRoot()) await chown(file, NOBODY.uid, NOBODY.gid);
  }
  return { certificate, certificateFile, keyFile };
}

/** What of a declared connection a throwaway server cannot stand for. `checked`: whether its certificate was. */
export function unlikeDeclared(config: { readonly authentication: string; readonly host?: string }, checked: boolean): NotRehearsed[] {
  return [
    ...checked ? [] : [{
      what: 'the check of the server\'s certificate',
      why: 'the policy trusts the public authorities, and none of them signs a certificate for a throwaway server: the connection was encrypted and not checked (require instead of verify-full)',
      how: 'rehearse with --connection against a server of yours',
    }],
    ...config.authentication === 'rds-iam' ? [{ what: 'RDS IAM authentication', why: 'only RDS takes its tokens: a password stood for them', how: 'deploy to a test account and start a run by hand' }] : [],
    ...config.host === undefined ? [] : [{ what: 'the declared address', why: `the policy names ${config.host}; the run went to 127.0.0.1`, how: 'deploy to a test account and start a run by hand' }],
  ];
}

/** An address of somebody's own. @throws the given error for another form: its cause would quote the address, password and all */
export function addressOf(connection: string, schemes: readonly string[], refused: Error): URL {
  const url = URL.canParse(connection) ? new URL(connection) : undefined;
  if (!url || !schemes.includes(url.protocol.slice(0, -1)) || !url.hostname || !url.username) throw refused;
  return url;
}
