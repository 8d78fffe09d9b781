import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { loopbackCertificate } from '../../rehearsal/sources/certificate';

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** Answers the next request; left to the last of a list once that is used up. */
export type Answer = (response: ServerResponse) => void;

export const status = (code: number, headers: Record<string, string> = {}): Answer => (response) => void response.writeHead(code, headers).end('a word of the service');
export const hang: Answer = () => undefined;
export const cut: Answer = (response) => void response.socket?.destroy();

/** A service as one of those that messages go to, on 127.0.0.1. */
export class Service {
  readonly received: Received[] = [];
  answers: Answer[] = [];

  static async start({ tls = false } = {}): Promise<Service> {
    const service = new Service();
    const heard: RequestListener = (request, response) => void service.answer(request, response);
    const { certificate, key } = tls ? loopbackCertificate() : { certificate: undefined, key: undefined };
    service.server = tls ? createSecureServer({ cert: certificate, key }, heard) : createServer(heard);
    await new Promise<void>((resolve) => service.server.listen(0, '127.0.0.1', resolve));
    service.url = `${tls ? 'https' : 'http'}://127.0.0.1:${(service.server.address() as AddressInfo).port}`;
    return service;
  }

  url!: string;
  private server!: Server;

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.received.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
    const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    (next ?? status(200))(response);
  }

  reset(...answers: Answer[]): void {
    this.received.length = 0;
    this.answers = answers;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}
