import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { receiveSmallBody } from './body';
import { ApiError, ConnectionGone } from './errors';
import { type Gate, type Exchange, type Prepared, type Settings } from './exchange';
import { errorReply, prepareCall, protocolOf, serviceName, type Protocol } from './protocols';
import { send } from './respond';
import type { BlobFolder } from './s3/blobs';
import type { S3Service } from './s3/service';
import { prepareLambda } from './services/lambda';
import { prepareRest, type RestService } from './services/rest';
import type { Service } from './services/service';
import { sha256Hex, verify } from './sigv4';
import type { ApiCall, Credentials } from './types';

const AUTH_PARAMETERS = /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token)$/;

export interface FrontParts {
  settings: Settings;
  gate: Gate;
  credentials: Map<string, Credentials>;
  s3: S3Service;
  blobs: BlobFolder;
  services: Map<string, Service>;
  rest: Map<string, RestService>;
}

interface Reached { service: string; protocol: Protocol; exchange?: Exchange; call?: ApiCall }

/** Takes requests: who asks, what for, is it allowed, do it, answer; in that order. */
export class Front {
  readonly server: Server;
  private readonly background = new Set<Promise<unknown>>();

  constructor(private readonly parts: FrontParts) {
    const onRequest = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void => {
      void this.answer(request, response, awaitsContinue);
    };
    this.server = createServer(
      { highWaterMark: 1024 * 1024, requestTimeout: 0 }, (request, response) => onRequest(request, response, false),
    );
    // A refused upload is then refused before its body is sent.
    this.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => onRequest(request, response, true));
    this.server.keepAliveTimeout = 60_000;
  }

  /** Work that was started by a call but outlives it. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.background]);
  }

  private async answer(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Promise<void> {
    const requestId = randomUUID();
    response.on('error', () => undefined);
    response.setHeader('x-amz-request-id', requestId);
    response.setHeader('x-amzn-requestid', requestId);
    const reached: Reached = { service: 's3', protocol: 'rest-xml' };
    try {
      await this.serve(request, response, awaitsContinue, requestId, reached);
    } catch (error) {
      await this.refuse(error, request, response, requestId, reached);
    }
    if (reached.call) this.parts.settings.onAnswered?.(reached.call);
  }

  private async serve(
    request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean, requestId: string, reached: Reached,
  ): Promise<void> {
    const { settings, gate, blobs } = this.parts;
    const exchange = await this.identify(request, response, awaitsContinue, requestId, reached);
    reached.exchange = exchange;
    const prepared = await this.prepare(exchange, reached);
    const call = gate.toCall(exchange, prepared.permission);
    reached.call = call;
    const fault = settings.faults?.(call);
    exchange.fault = fault;
    if (fault?.delayMilliseconds) await sleep(fault.delayMilliseconds);
    if (fault?.status) {
      gate.remember(call);
      throw new ApiError(fault.code ?? defaultCode(fault.status), fault.status, fault.message ?? 'Please reduce your request rate.');
    }
    if (settings.lostRegions.has(call.region)) {
      gate.remember(call);
      throw new ApiError('ServiceUnavailable', 503, `Region ${call.region} does not answer.`);
    }
    await gate.decide(call, prepared.permission.unasked);
    const reply = await prepared.run();
    call.status = reply.status;
    if (fault?.loseAnswer) {
      request.socket.destroy();
      return;
    }
    await send(exchange, reply, blobs);
  }

  private async identify(
    request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean, requestId: string, reached: Reached,
  ): Promise<Exchange> {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const rawPath = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? [] : parseQuery(url.slice(mark + 1));
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(',') : value;
    const claimed = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? 's3';
    reached.service = serviceName(claimed);
    reached.protocol = protocolOf(reached.service, headers);
    try {
      decodeURIComponent(rawPath);
    } catch {
      throw new ApiError('InvalidURI', 400, 'Could not parse the specified URI.');
    }
    const signed = { method: request.method ?? 'GET', rawPath, query, headers };
    let bodyHash: string | undefined;
    let early: Buffer | undefined;
    if (reached.service !== 's3' && headers['x-amz-content-sha256'] === undefined) {
      early = await readAll(request);
      bodyHash = sha256Hex(early);
    }
    const { settings } = this.parts;
    const identity = verify({ ...signed, bodyHash }, settings.signedBy(), (id) => this.parts.credentials.get(id));
    const merged = identity.presigned ? { ...presignedHeaders(query), ...headers } : headers;
    return {
      request, response, method: signed.method, rawPath, query: new Map(query), headers: merged, requestId, identity, awaitsContinue, early,
      answeredAt: this.parts.settings.signingClock,
    };
  }

  private async prepare(exchange: Exchange, reached: Reached): Promise<Prepared> {
    const { settings, gate, s3, services, rest } = this.parts;
    if (reached.service === 's3') return s3.prepare(exchange);
    const body = exchange.early ?? (await receiveSmallBody(exchange, 8 * 1024 * 1024)).body;
    if (reached.service === 'lambda') return prepareLambda(exchange, body, settings, (work) => this.keep(work));
    const restful = rest.get(reached.service);
    if (restful) return prepareRest(exchange, body, restful, gate, settings);
    return prepareCall(exchange, services.get(reached.service), reached.service, body, gate, settings);
  }

  private keep(work: Promise<unknown>): void {
    const kept = work.catch(() => undefined).finally(() => this.background.delete(kept));
    this.background.add(kept);
  }

  private async refuse(
    error: unknown, request: IncomingMessage, response: ServerResponse, requestId: string, reached: Reached,
  ): Promise<void> {
    if (error instanceof ConnectionGone || response.destroyed) {
      if (!request.socket.destroyed) request.socket.destroy();
      return;
    }
    const known = error instanceof ApiError ? error
      : new ApiError(
        'InternalError', 500,
        `We encountered an internal error. Please try again. (${error instanceof Error ? error.message : String(error)})`,
      );
    if (!(error instanceof ApiError)) process.emitWarning(error instanceof Error ? error : String(error), 'EndpointWarning');
    if (reached.call) {
      reached.call.status = known.status;
      reached.call.errorCode = known.code;
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { service, protocol, exchange } = reached;
    const queryMode = request.headers['x-amzn-query-mode'] === 'true';
    const reply = errorReply(known, protocol, requestId, exchange?.rawPath ?? '', this.parts.services.get(service), queryMode);
    const length = typeof reply.body === 'string' ? Buffer.byteLength(reply.body) : 0;
    // The client that still waits for "100 Continue" will not send its body; the connection cannot be used again.
    const close: Record<string, string> = exchange?.awaitsContinue ? { connection: 'close' } : {};
    response.writeHead(
      reply.status,
      { ...definedOnly(reply.headers), ...close, 'content-length': length, 'date': this.parts.settings.signingClock().toUTCString() },
    );
    response.end(request.method === 'HEAD' ? undefined : reply.body);
  }
}

function definedOnly(headers: Record<string, string | undefined> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function defaultCode(status: number): string {
  return {
    403: 'AccessDenied', 409: 'ConditionalRequestConflict', 412: 'PreconditionFailed', 429: 'TooManyRequests', 500: 'InternalError',
    503: 'SlowDown',
  }[status] ?? 'InternalError';
}

function parseQuery(text: string): [string, string][] {
  return text.split('&').filter(Boolean).map((pair) => {
    const at = pair.indexOf('=');
    const decode = (part: string): string => decodeURIComponent(part.replace(/\+/g, ' '));
    return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
  });
}

/** A presigned request may carry in its query what would else be headers. */
function presignedHeaders(query: [string, string][]): Record<string, string> {
  const lower = query.map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(lower.filter(([name]) => name.startsWith('x-amz-') && !AUTH_PARAMETERS.test(name)));
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
