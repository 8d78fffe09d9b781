import { chmod, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { sep } from 'node:path';
import { closedAncestors } from './cache-folder';
import { ServersError } from './servers-error';

/** Who a server runs as; undefined is this process's own user. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody`: database servers refuse to run as root, and some want a uid that has a name. */
export const NOBODY: ServerUser = { uid: 65534, gid: 65534 };

/** Folders that we made below the temporary folder are closed to others; the server's uid must pass through, not look into them. */
export async function letThrough(directory: string): Promise<void> {
  for (const closed of closedAncestors(directory)) {
    const { mode, uid } = await stat(closed);
    if (!closed.startsWith(tmpdir() + sep) || uid !== 0) {
      const reason = `a server started by root runs as nobody, who cannot pass through ${closed}`;
      throw new ServersError(reason, 'Give a directory below the temporary folder.');
    }
    await chmod(closed, (mode & 0o7777) | 0o011);
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}
