import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ClientChannel } from 'ssh2';
import type { SshTunnelConfig } from '../../../lib/contract/ssh-tunnel';
import type { SecretReader } from '../engine';
import type { Log } from '../log';
import type { RunError } from '../errors';
import type { SshConnection } from './connection';
import { forwardFailure, nameOf, tunnelLost } from './failures';

/** Where a server is, as somebody sees it. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface TunnelProps {
  readonly config: SshTunnelConfig;
  /** The database, as the SSH host sees it. */
  readonly target: Place;
  readonly secrets: SecretReader;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told of what the run fails with: before any connection through the tunnel notices. */
  readonly onFailure: (error: RunError) => void;
}

/**
 * A port of 127.0.0.1 whose connections come out at the database. TCP and not a unix socket, for libpq speaks no TLS over those, and
 * drivers and tools must verify the database through it alike; who else on this machine connects finds the database's login, and a
 * worker's machine is its own.
 */
export class Tunnel {
  private readonly sockets = new Set<Socket>();
  private connection: Promise<SshConnection> | undefined;
  private closed = false;

  private constructor(private readonly props: TunnelProps, private readonly server: Server) {
    server.on('connection', (socket: Socket) => void this.forward(socket));
  }

  /** @throws RunError of the login or of the private key */
  static async open(props: TunnelProps): Promise<Tunnel> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    const tunnel = new Tunnel(props, server);
    try {
      await tunnel.connected();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return tunnel;
    } catch (error) {
      await tunnel.close();
      throw error;
    }
  }

  get local(): Place {
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    this.closed = true;
    const { connection } = this;
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await connection?.then((one) => one.close(), () => undefined);
  }

  /** One connection to the SSH host for all; a host that ended it while nobody used it is asked again. */
  private connected(): Promise<SshConnection> {
    this.connection ??= this.connect().catch((error: unknown) => {
      this.connection = undefined;
      throw error;
    });
    return this.connection;
  }

  private async connect(): Promise<SshConnection> {
    const { config, secrets, signal, log, target } = this.props;
    // The library costs time to load, and most sources have no tunnel.
    const [{ connectSsh }, { readPrivateKey }] = await Promise.all([import('./connection'), import('./private-key')]);
    const key = readPrivateKey(await secrets.read(config.keySecretArn));
    const connection = await connectSsh(config, key, signal, (why) => this.ended(why));
    log.info('ssh tunnel', { through: nameOf(config), to: `${target.host}:${target.port}`, hostKey: connection.hostKey?.fingerprint });
    return connection;
  }

  private ended(why: string): void {
    this.connection = undefined;
    if (this.closed) return;
    if (this.sockets.size === 0) this.props.log.info('the ssh host ended the idle tunnel', { why });
    else this.fail(tunnelLost(this.props.config, why));
  }

  /** The reason first: whoever reads through the tunnel would take its end for the database's. */
  private fail(error: RunError): void {
    if (!this.closed) this.props.onFailure(error);
    for (const socket of this.sockets) socket.destroy();
  }

  private async forward(socket: Socket): Promise<void> {
    const { config, target } = this.props;
    this.sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => this.sockets.delete(socket));
    socket.setNoDelay(true);
    try {
      const { client } = await this.connected();
      const channel = await new Promise<ClientChannel>((resolve, reject) => {
        client.forwardOut('127.0.0.1', socket.remotePort ?? 0, target.host, target.port, (error, opened) => {
          if (error) reject(forwardFailure(error, config, target));
          else resolve(opened);
        });
      });
      join(socket, channel);
    } catch (error) {
      this.fail(error as RunError);
    }
  }
}

/** Each side waits for the other: what one cannot take yet the other is not asked for, down to the window of the SSH channel (2 MiB). */
function join(socket: Socket, channel: ClientChannel): void {
  if (socket.destroyed) {
    channel.close();
    return;
  }
  channel.on('error', () => socket.destroy());
  socket.once('close', () => channel.close());
  // What came before it may still be on its way through the pipe.
  channel.once('close', () => {
    if (channel.readableEnded) socket.end();
    else socket.destroy();
  });
  socket.pipe(channel);
  channel.pipe(socket);
}
