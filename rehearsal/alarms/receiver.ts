import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What arrived at an address that is not AWS's. */
export interface Posted {
  readonly path: string;
  readonly body: unknown;
}

/** Stands for the services outside: takes whatever is posted to loopback. */
export class Receiver {
  readonly posted: Posted[] = [];
  #server: Server | undefined;

  /** @returns its URL */
  async start(): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        this.posted.push({ path: request.url ?? '/', body: parsed(text) });
        response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"success","requestId":"rehearsed"}');
      });
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
