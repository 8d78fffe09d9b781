import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { RefusedError } from './errors';

/** Under whom the scratch server runs, and what its environment needs for that. */
export interface ServerUser {
  /** Given to `spawn`; undefined where the worker is no root and the server runs as the worker does. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** `nobody` everywhere: PostgreSQL refuses to run as root, and another uid cannot read the worker's environment. */
const NOBODY = { uid: 65534, gid: 65534 };
const LIBRARIES = ['/usr/lib64', '/usr/lib', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/local/lib'];

/**
 * initdb asks the system for the name of its uid. Lambda's has none, so the image brings `libnss_wrapper`, and a passwd file in
 * `directory` answers.
 *
 * @throws RefusedError SCRATCH_USER when the uid has no name and the library is not there
 */
export async function serverUser(directory: string): Promise<ServerUser> {
  const uid = process.getuid?.() ?? NOBODY.uid;
  const ids = uid === 0 ? NOBODY : undefined;
  const effective = ids ?? { uid, gid: process.getgid?.() ?? uid };
  if (await hasName(effective.uid)) return { ids, environment: {} };
  const folders = [...(process.env.LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean), ...LIBRARIES];
  const wrapper = folders.map((folder) => join(folder, 'libnss_wrapper.so')).find((file) => existsSync(file));
  if (!wrapper) {
    throw new RefusedError('SCRATCH_USER', `The worker's uid ${effective.uid} has no name here, and initdb asks for one.`,
      'Add nss_wrapper to the image, or a line for this uid to its /etc/passwd.');
  }
  const passwd = join(directory, 'passwd');
  const group = join(directory, 'group');
  await writeFile(passwd, `scratch:x:${effective.uid}:${effective.gid}::/tmp:/bin/false\n`, { mode: 0o644 });
  await writeFile(group, `scratch:x:${effective.gid}:\n`, { mode: 0o644 });
  return { ids, environment: { LD_PRELOAD: wrapper, NSS_WRAPPER_PASSWD: passwd, NSS_WRAPPER_GROUP: group } };
}

async function hasName(uid: number): Promise<boolean> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return passwd.split('\n').some((line) => line.split(':')[2] === String(uid));
}
