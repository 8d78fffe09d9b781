import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const READY = 0x5a;
const IDLE = 0x49;
const TERMINATE = 0x58;

interface Backend {
  readonly socket: Socket;
  client?: Client;
  unread: Buffer;
}

interface Client {
  readonly socket: Socket;
  backend?: Backend;
  authenticated: boolean;
  waiting: Buffer[];
}

/**
 * What PgBouncer does with pool_mode=transaction, in small: a client has a server process only while a transaction runs, and the next
 * one goes to the process that became free last.
 */
export class TransactionPooler {
  private readonly free: Backend[] = [];
  private readonly all = new Set<Socket>();
  private readonly queue: Client[] = [];

  private constructor(private readonly server: Server, private readonly target: number) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async open(target: number): Promise<TransactionPooler> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new TransactionPooler(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.all) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    const client: Client = { socket, authenticated: false, waiting: [] };
    const backend: Backend = { socket: connect(this.target, '127.0.0.1'), client, unread: Buffer.alloc(0) };
    client.backend = backend;
    for (const one of [socket, backend.socket]) {
      this.all.add(one);
      one.on('error', () => undefined);
    }
    socket.on('data', (data: Buffer) => this.fromClient(client, data));
    backend.socket.on('data', (data: Buffer) => this.fromBackend(backend, data));
  }

  private fromClient(client: Client, data: Buffer): void {
    if (client.authenticated && data[0] === TERMINATE) return client.socket.destroy() && undefined;
    if (!client.backend) {
      const backend = this.free.pop();
      if (!backend) {
        client.waiting.push(data);
        this.queue.push(client);
        return;
      }
      client.backend = backend;
      backend.client = client;
    }
    client.backend.socket.write(data);
  }

  private fromBackend(backend: Backend, data: Buffer): void {
    const { client } = backend;
    client?.socket.write(data);
    backend.unread = Buffer.concat([backend.unread, data]);
    while (backend.unread.length >= 5) {
      const end = 1 + backend.unread.readUInt32BE(1);
      if (backend.unread.length < end) return;
      const message = backend.unread.subarray(0, end);
      backend.unread = backend.unread.subarray(end);
      if (message[0] === READY && message[5] === IDLE && client) this.release(backend, client);
    }
  }

  private release(backend: Backend, client: Client): void {
    client.authenticated = true;
    client.backend = undefined;
    backend.client = undefined;
    this.free.push(backend);
    const next = this.queue.shift();
    if (next) for (const data of next.waiting.splice(0)) this.fromClient(next, data);
  }
}
