import { Client, type ConnectConfig, type ParsedKey, type PublicKeyAuthMethod } from 'ssh2';
import type { SshTunnelConfig } from '../../../lib/contract/ssh-tunnel';
import { connectFailure } from './failures';
import { HostKeyCheck, type SeenHostKey } from './host-key';

const READY_MILLISECONDS = 20_000;
/** Below the idle limits of load balancers and NAT gateways (350 s); a host that is silent to three of them is gone. */
const KEEP_ALIVE_MILLISECONDS = 15_000;
const KEEP_ALIVES_UNANSWERED = 3;
const CLOSE_MILLISECONDS = 1000;

/** What OpenSSH of the last ten years has, without SHA-1, CBC and small groups. */
const ALGORITHMS = {
  kex: [
    'curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512', 'diffie-hellman-group18-sha512',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes256-ctr', 'aes128-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} satisfies ConnectConfig['algorithms'];

/** A connection to an SSH host whose key was one of those pinned. */
export interface SshConnection {
  readonly client: Client;
  readonly hostKey: SeenHostKey | undefined;
  close(): Promise<void>;
}

/**
 * @param ended called once when the connection ends, whoever ended it, with what is known of the reason
 * @throws RunError SSH_UNREACHABLE, SSH_UNKNOWN_HOST, SSH_HOST_KEY, SSH_KEY_REFUSED, SSH_ALGORITHMS, and the signal's reason
 */
export function connectSsh(
  config: SshTunnelConfig, key: ParsedKey, signal: AbortSignal, ended: (why: string) => void,
): Promise<SshConnection> {
  const check = new HostKeyCheck(config.hostKeys);
  const client = new Client();
  const login: PublicKeyAuthMethod = { type: 'publickey', username: config.user, key };
  let failed: Error | undefined;
  return new Promise<SshConnection>((resolve, reject) => {
    const stop = (): void => {
      client.destroy();
      reject(signal.reason as Error);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    let up = false;
    // It may say more than one: the first is the reason.
    client.on('error', (error: Error) => {
      failed ??= error;
      if (!up) reject(connectFailure(error, config, check));
    });
    client.on('close', () => {
      signal.removeEventListener('abort', stop);
      if (up) ended(failed?.message ?? 'the host ended the connection');
      else reject(connectFailure(failed ?? new Error('the host ended the connection'), config, check));
    });
    client.on('ready', () => {
      up = true;
      signal.removeEventListener('abort', stop);
      client.setNoDelay(true);
      resolve({ client, hostKey: check.seen, close: () => close(client) });
    });
    client.connect({
      host: config.host, port: config.port, username: config.user,
      // No other method is ever tried, and none before the host's key is known.
      authHandler: [login],
      hostVerifier: (shown: Buffer) => check.accept(shown),
      algorithms: { ...ALGORITHMS, serverHostKey: check.algorithms },
      readyTimeout: READY_MILLISECONDS, keepaliveInterval: KEEP_ALIVE_MILLISECONDS, keepaliveCountMax: KEEP_ALIVES_UNANSWERED,
    });
  });
}

/** Orderly, and by force when that takes longer. */
async function close(client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MILLISECONDS);
    client.once('close', () => resolve());
    client.end();
  });
  clearTimeout(timer);
  client.destroy();
}
