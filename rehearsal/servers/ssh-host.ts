import { timingSafeEqual } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Connection, type PublicKeyAuthContext, Server, utils } from 'ssh2';
import { ed25519KeyPair } from './ssh-keys';

export interface SshHost {
  readonly port: number;
  /** As `ssh-keyscan` prints it, without the host: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** Private key that the host lets in, as `ssh-keygen` writes it. */
  readonly privateKey: string;
  /** Connections that it has passed on. */
  readonly forwarded: () => number;
  stop(): Promise<void>;
}

/**
 * A throwaway SSH host on 127.0.0.1 with keys of its own: it lets one key in, whoever shows it, and does nothing but pass connections on,
 * as an sshd does for an account with `restrict,port-forwarding`.
 *
 * @param names addresses of names that this host alone knows
 */
export async function startSshHost(names: Readonly<Record<string, string>> = {}): Promise<SshHost> {
  const host = ed25519KeyPair();
  const login = ed25519KeyPair();
  const allowed = utils.parseKey(login.public);
  if (allowed instanceof Error) throw allowed;
  const connections = new Set<Connection>();
  const sockets = new Set<Socket>();
  let forwarded = 0;
  const ssh = new Server({ hostKeys: [host.private] }, (connection) => {
    connections.add(connection);
    connection.on('error', () => undefined).on('close', () => connections.delete(connection));
    connection.on('authentication', (context) => {
      if (context.method === 'publickey' && isAllowed(context)) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (_accept, reject) => void reject());
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const socket = connect(destPort, names[destIP] ?? destIP).setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.once('error', () => void reject());
      socket.once('connect', () => {
        forwarded++;
        const channel = accept();
        socket.removeAllListeners('error').on('error', () => channel.close());
        channel.on('error', () => socket.destroy()).on('close', () => socket.destroy());
        socket.on('close', () => channel.close());
        socket.pipe(channel).pipe(socket);
      });
    });
  });
  const isAllowed = ({ key, signature, blob, hashAlgo }: PublicKeyAuthContext): boolean => {
    const own = allowed.getPublicSSH();
    if (key.algo !== allowed.type || key.data.length !== own.length || !timingSafeEqual(key.data, own)) return false;
    return !signature || !blob || allowed.verify(blob, signature, hashAlgo) === true;
  };
  // The library's own listener lets small packets wait for one another: a database's answers come in such.
  const server = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket));
  await new Promise<void>((resolve, reject) => void server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: host.public.split(' ').slice(0, 2).join(' '),
    privateKey: login.private,
    forwarded: () => forwarded,
    stop: async () => {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const connection of connections) connection.end();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
