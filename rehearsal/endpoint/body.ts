import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChunkDecoder } from './aws-chunked';
import { ApiError, ConnectionGone, notImplemented } from './errors';
import type { Exchange } from './exchange';

type Sink = (chunk: Buffer) => Promise<void> | void | undefined;

export interface ReceivedBody { size: number; trailers: Record<string, string> }

const HEX_HASH = /^[0-9a-f]{64}$/;
const PLAIN = 'UNSIGNED-PAYLOAD';
const FRAMED: Record<string, { signed: boolean }> = {
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true },
};

/** Bytes of the object in the body, which S3 must know before the first one. @throws ApiError MissingContentLength */
export function declaredLength(exchange: Exchange): number {
  const isFramed = exchange.identity.payloadHash in FRAMED;
  const text = exchange.headers[isFramed ? 'x-amz-decoded-content-length' : 'content-length'];
  if (text === undefined || !/^\d+$/.test(text)) throw new ApiError(
    'MissingContentLength', 411, 'You must provide the Content-Length HTTP header.',
  );
  return Number(text);
}

/**
 * Hands the body's data to the sink as it comes, frames taken off, and checks what the signature and the headers say of it.
 * @throws ApiError IncompleteBody, XAmzContentSHA256Mismatch, SignatureDoesNotMatch …
 */
export async function receiveBody(exchange: Exchange, sink: Sink): Promise<ReceivedBody> {
  const { identity, headers } = exchange;
  const length = declaredLength(exchange);
  const framing = FRAMED[identity.payloadHash];
  if (!framing && identity.payloadHash.startsWith('STREAMING-')) throw notImplemented('s3', 'request body', identity.payloadHash);
  if (!framing && identity.payloadHash !== PLAIN && !HEX_HASH.test(identity.payloadHash)) {
    throw new ApiError('InvalidArgument', 400, 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, '
      + 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER) or a valid sha256 value.');
  }
  let size = 0;
  if (framing) {
    const ready: Buffer[] = [];
    const decoder = new ChunkDecoder((data) => ready.push(data), framing.signed ? identity : undefined);
    for await (const chunk of arriving(exchange)) {
      decoder.push(chunk);
      for (const data of ready) {
        size += data.length;
        const full = sink(data);
        if (full) await full;
      }
      ready.length = 0;
    }
    decoder.finish();
    if (size !== length) throw new ApiError(
      'IncompleteBody', 400, 'You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header.',
    );
    return { size, trailers: trailersOf(decoder, headers['x-amz-trailer']) };
  }
  const hash = identity.payloadHash === PLAIN ? undefined : createHash('sha256');
  for await (const chunk of arriving(exchange)) {
    size += chunk.length;
    hash?.update(chunk);
    const full = sink(chunk);
    if (full) await full;
  }
  if (size !== length) throw new ApiError(
    'IncompleteBody', 400, 'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  );
  if (hash && hash.digest('hex') !== identity.payloadHash) {
    throw new ApiError('XAmzContentSHA256Mismatch', 400, "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return { size, trailers: {} };
}

function trailersOf(decoder: ChunkDecoder, announced: string | undefined): Record<string, string> {
  const name = announced?.trim().toLowerCase();
  if (name && decoder.trailers[name] === undefined) {
    throw new ApiError(
      'MalformedTrailerError', 400,
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    );
  }
  return decoder.trailers;
}

/** The whole of a small body. @throws ApiError 413 beyond `limit` bytes */
export async function receiveSmallBody(exchange: Exchange, limit = 4 * 1024 * 1024): Promise<{
  body: Buffer; trailers: Record<string, string>;
}> {
  const chunks: Buffer[] = [];
  let total = 0;
  const hasBody = exchange.headers['content-length'] !== undefined || exchange.headers['x-amz-decoded-content-length'] !== undefined;
  if (!hasBody) return { body: Buffer.alloc(0), trailers: {} };
  const { trailers } = await receiveBody(exchange, (chunk) => {
    total += chunk.length;
    if (total > limit) throw new ApiError('EntityTooLarge', 413, `The body is larger than ${limit} bytes.`);
    chunks.push(chunk);
  });
  return { body: Buffer.concat(chunks), trailers };
}

/** The raw bytes, after "100 Continue" where the client waits for it, at the speed and up to the byte that a fault says. */
async function* arriving(exchange: Exchange): AsyncGenerator<Buffer> {
  const { request, response, fault } = exchange;
  if (exchange.awaitsContinue) {
    exchange.awaitsContinue = false;
    response.writeContinue();
  }
  let passed = 0;
  try {
    // The answer to a refused body goes out over the same socket, so leaving early must not destroy it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const data = chunk as Buffer;
      passed += data.length;
      if (fault?.resetAfterBytes !== undefined && passed >= fault.resetAfterBytes) {
        request.socket.destroy();
        throw new ConnectionGone();
      }
      if (fault?.bytesPerSecond) await sleep((data.length / fault.bytesPerSecond) * 1000);
      yield data;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') throw new ConnectionGone();
    throw error;
  }
}
