import type { SshTunnelConfig } from '../../../lib/contract/ssh-tunnel';
import { messageOf, RefusedError, type RunError, TransientError } from '../errors';
import type { HostKeyCheck } from './host-key';

/** What the client library says of its own errors. */
interface SshError {
  readonly level?: string;
  readonly code?: unknown;
  readonly message?: string;
  /** Of a channel that was not opened (RFC 4254, section 5.1). */
  readonly reason?: unknown;
}

const PROHIBITED = 1;

export function nameOf({ user, host, port }: SshTunnelConfig): string {
  return `${user}@${host}${port === 22 ? '' : `:${port}`}`;
}

/** Why no connection to the SSH host came up. */
export function connectFailure(error: unknown, config: SshTunnelConfig, check: HostKeyCheck): RunError {
  const { level, code } = error as SshError;
  const message = messageOf(error);
  const { host, port, user } = config;
  const options = { cause: error };
  if (check.differs) return hostKeyDiffers(config, check);
  if (code === 'ENOTFOUND') {
    return new RefusedError('SSH_UNKNOWN_HOST', `There is no SSH host "${host}" in the name service that this worker asks.`, 'Correct the host of the tunnel, or place the worker in the network that knows it.', options);
  }
  if (level === 'client-authentication') {
    return new RefusedError(
      'SSH_KEY_REFUSED', `SSH host ${host}:${port} refused the key of user "${user}".`,
      'Add its public key to that account\'s authorized_keys (restrict,port-forwarding before it), and look at the host\'s log: owner and mode of the file, AllowUsers, PubkeyAcceptedAlgorithms.', options,
    );
  }
  if (/no matching/i.test(message)) {
    return new RefusedError(
      'SSH_ALGORITHMS', `SSH host ${host}:${port} and this worker have no algorithm in common (${message}).`,
      'Pin a host key of a kind that the host has (ssh-keyscan HOST), and let it use curve25519-sha256 and aes256-gcm@openssh.com or chacha20-poly1305@openssh.com.', options,
    );
  }
  return new TransientError(
    'SSH_UNREACHABLE', `No SSH connection to ${host}:${port} came up (${typeof code === 'string' ? code : message}).`,
    'It is tried again; if it stays so, look at the host and its sshd, and at the firewalls in between: the worker\'s address must be let in at that port.', options,
  );
}

function hostKeyDiffers({ host, port }: SshTunnelConfig, check: HostKeyCheck): RunError {
  const pinned = check.fingerprints.join(', ');
  return new RefusedError(
    'SSH_HOST_KEY', `SSH host ${host}:${port} showed the ${check.seen?.kind} key ${check.seen?.fingerprint}, and ${pinned} is pinned: nothing was sent to it.`,
    'Somebody may stand in its place. Ask who runs it; if the key was renewed, compare on its console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add it to hostKeys.',
  );
}

/** Why the SSH host did not open a way from itself to the database. */
export function forwardFailure(
  error: unknown, config: SshTunnelConfig, target: { readonly host: string; readonly port: number },
): RunError {
  const place = `${target.host}:${target.port}`;
  if ((error as SshError).reason === PROHIBITED) {
    return new RefusedError(
      'SSH_FORWARDING_REFUSED', `SSH host ${config.host}:${config.port} does not let user "${config.user}" through to ${place}.`,
      `Allow it there: AllowTcpForwarding local in sshd_config, and port-forwarding,permitopen="${place}" before the key in authorized_keys.`, { cause: error },
    );
  }
  return new TransientError(
    'SSH_TARGET_UNREACHABLE', `SSH host ${config.host}:${config.port} reached nothing at ${place} (${messageOf(error)}).`,
    'It is tried again; if it stays so, look whether the database listens there: the address is as the SSH host sees it.', { cause: error },
  );
}

export function tunnelLost(config: SshTunnelConfig, why: string): RunError {
  return new TransientError(
    'SSH_TUNNEL_LOST', `The SSH tunnel through ${nameOf(config)} was lost while the database was being read (${why}).`,
    'It is tried again; if it stays so, look at the SSH host (a restart, a full memory) and at what ends long connections in between.',
  );
}
