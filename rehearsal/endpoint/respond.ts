import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionGone } from './errors';
import type { Exchange, Reply } from './exchange';
import type { BlobFolder } from './s3/blobs';
import type { Fault } from './types';

/** Turns a checksum or ETag into another valid-looking one. */
function lie(value: string): string {
  return value.replace(/[0-9A-Za-z]/, (c) => (c === '0' || c === 'A' ? 'B' : /[0-9]/.test(c) ? '0' : 'A'));
}

function headersOf(reply: Reply, fault: Fault | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    if (value === undefined) continue;
    const isSum = name === 'etag' || (name.startsWith('x-amz-checksum-') && name !== 'x-amz-checksum-type');
    const lies = fault?.corrupt === 'checksum' && isSum;
    headers[name] = lies ? lie(value) : value;
  }
  return headers;
}

/** Sends the answer; data streams from its files, damaged or cut where a fault says so. @throws ConnectionGone */
export async function send(exchange: Exchange, reply: Reply, blobs: BlobFolder): Promise<void> {
  const { response, fault } = exchange;
  const headers = headersOf(reply, fault);
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const isHead = exchange.method === 'HEAD';
  if (body) {
    headers['content-type'] ??= 'application/xml';
    headers['content-length'] = String(body.length);
  } else if (!reply.data && !isHead && reply.status !== 204 && reply.status !== 304) {
    headers['content-length'] = '0';
  }
  headers.date = exchange.answeredAt().toUTCString();
  response.writeHead(reply.status, headers);
  if (reply.data && !isHead) {
    await sendData(response, reply.data, blobs, fault);
    return;
  }
  response.end(isHead ? undefined : body);
}

async function sendData(
  response: ServerResponse, data: NonNullable<Reply['data']>, blobs: BlobFolder, fault: Fault | undefined,
): Promise<void> {
  const length = data.end - data.start + 1;
  const flipAt = fault?.corrupt === 'body' ? fault.corruptAt ?? Math.floor(length / 2) : -1;
  // Nothing of the request was read for a download, so the fault's byte is one of the answer.
  const cutAt = Math.min(fault?.resetAfterBytes ?? Infinity, fault?.corrupt === 'truncate' ? Math.ceil(length / 2) : Infinity);
  let sent = 0;
  for await (const chunk of blobs.read(data.segments, data.start, data.end)) {
    const piece = sent + chunk.length > cutAt ? chunk.subarray(0, cutAt - sent) : chunk;
    if (flipAt >= sent && flipAt < sent + piece.length) piece[flipAt - sent] ^= 1;
    sent += piece.length;
    if (fault?.bytesPerSecond) await sleep((piece.length / fault.bytesPerSecond) * 1000);
    if (response.destroyed) throw new ConnectionGone();
    if (piece.length && !response.write(piece)) await drained(response);
    if (sent >= cutAt) {
      // What was written so far shall arrive before the cut.
      await sleep(20);
      response.destroy();
      throw new ConnectionGone();
    }
  }
  response.end();
}

async function drained(response: ServerResponse): Promise<void> {
  const stop = new AbortController();
  const gone = once(response, 'close', { signal: stop.signal }).then(() => true, () => false);
  const drain = once(response, 'drain', { signal: stop.signal }).then(() => false, () => false);
  const closed = await Promise.race([gone, drain]);
  stop.abort();
  if (closed) throw new ConnectionGone();
}
