import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Client, utils } from 'ssh2';
import { isRoot } from '../../rehearsal/servers/cache-folder';
import { bringDebianPackages, unpackedLibraryPath } from '../../rehearsal/servers/debian-packages';
import { freePort, letThrough, NOBODY } from '../../rehearsal/servers/server-place';
import { ed25519KeyPair } from '../../rehearsal/servers/ssh-keys';
import { lacks } from './lacks';

export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** Public host keys, `<kind> <base64>`, by kind. */
  readonly hostKeys: Readonly<Record<'ed25519' | 'ecdsa' | 'rsa', string>>;
  /** Private keys that it lets in: with everything, with one way only, with none. */
  readonly keys: Readonly<Record<'open' | 'narrow' | 'closed' | 'rsa', string>>;
  readonly log: () => Promise<string>;
  /** Ends every session, as a restart of the machine does. */
  endSessions(): Promise<void>;
  stop(): Promise<void>;
}

/** OpenSSH's own server, without root: its own keys, 127.0.0.1 and a high port, one account, that of whoever runs it. */
export async function startSshd(permitted: string): Promise<Sshd> {
  for (const pam of ['yes', 'no'] as const) {
    const sshd = await start(permitted, pam);
    if (await letsIn(sshd)) return sshd;
    await sshd.stop();
  }
  return lacks('no account here is one that sshd without root lets in');
}

/** Some machines call an account locked whose password this user may not see, and some have no rules for PAM. */
function letsIn({ port, user, keys }: Sshd): Promise<boolean> {
  return new Promise((resolve) => {
    const client = new Client();
    client.once('ready', () => {
      client.once('close', () => resolve(true)).end();
    }).on('error', () => resolve(false)).connect({ host: '127.0.0.1', port, username: user, privateKey: keys.open });
  });
}

async function start(permitted: string, pam: 'yes' | 'no'): Promise<Sshd> {
  const tree = existsSync('/usr/sbin/sshd') ? '' : await bringDebianPackages(['openssh-server']);
  const program = join(tree || '/', 'usr/sbin/sshd');
  if (!existsSync(program)) lacks('no sshd here');
  const directory = await mkdtemp(join(tmpdir(), 'bp-sshd-'));
  const owner = isRoot() ? NOBODY : undefined;
  const user = owner ? 'nobody' : userInfo().username;
  const port = await freePort();
  const host = { ed25519: ed25519KeyPair(), ecdsa: utils.generateKeyPairSync('ecdsa', { bits: 256 }), rsa: utils.generateKeyPairSync('rsa', { bits: 2048 }) };
  const logins = {
    open: ed25519KeyPair(), narrow: ed25519KeyPair(), closed: ed25519KeyPair(),
    rsa: utils.generateKeyPairSync('rsa', { bits: 3072 }),
  };
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text, { mode: 0o600 });
    if (owner) await chown(path, owner.uid, owner.gid);
    return path;
  };
  const hostKeyFiles = await Promise.all(Object.entries(host).map(([kind, pair]) => file(`host_${kind}`, pair.private)));
  const authorized = await file('authorized_keys', [
    `restrict,port-forwarding ${logins.open.public}`, `restrict,port-forwarding ${logins.rsa.public}`,
    `restrict,port-forwarding,permitopen="${permitted}" ${logins.narrow.public}`, `restrict ${logins.closed.public}`, '',
  ].join('\n'));
  const inner = { SshdSessionPath: 'usr/lib/openssh/sshd-session', SshdAuthPath: 'usr/lib/openssh/sshd-auth' };
  const config = await file('sshd_config', [
    `Port ${port}`, 'ListenAddress 127.0.0.1', ...hostKeyFiles.map((path) => `HostKey ${path}`), `AuthorizedKeysFile ${authorized}`, 'StrictModes no',
    `UsePAM ${pam}`, 'PidFile none', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'AllowTcpForwarding local', 'X11Forwarding no', 'LogLevel VERBOSE',
    ...Object.entries(inner).filter(([, path]) => existsSync(join(tree || '/', path))).map(([name, path]) => `${name} ${join(tree || '/', path)}`), '',
  ].join('\n'));
  const logFile = join(directory, 'log');
  if (owner) {
    await letThrough(directory);
    await chmod(directory, 0o755);
    await chown(directory, owner.uid, owner.gid);
  }
  const child = spawn(program, ['-D', '-f', config, '-E', logFile], {
    ...owner, cwd: directory, detached: true, stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin', ...(tree ? { LD_LIBRARY_PATH: await unpackedLibraryPath(tree) } : {}) },
  });
  const log = (): Promise<string> => readFile(logFile, 'utf8').catch(() => '');
  const stop = async (): Promise<void> => {
    // Its sessions are in its group.
    if (child.pid && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  while (!await answers(port)) {
    if (child.exitCode !== null) {
      const said = await log();
      await stop();
      throw new Error(`sshd did not come up: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port, user, log, stop,
    hostKeys: publics(host),
    keys: { open: logins.open.private, narrow: logins.narrow.private, closed: logins.closed.private, rsa: logins.rsa.private },
    endSessions: async () => {
      for (const pid of await childrenOf(child.pid ?? 0)) process.kill(pid, 'SIGKILL');
    },
  };
}

function publics(pairs: Record<'ed25519' | 'ecdsa' | 'rsa', { public: string }>): Sshd['hostKeys'] {
  const of = (pair: { public: string }): string => pair.public.split(' ').slice(0, 2).join(' ');
  return { ed25519: of(pairs.ed25519), ecdsa: of(pairs.ecdsa), rsa: of(pairs.rsa) };
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => lacks('this kernel does not list the children of a process'));
  const children = text.split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(childrenOf))).flat()];
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1', () => resolve(true));
    probe.once('error', () => resolve(false)).once('connect', () => probe.destroy());
  });
}
