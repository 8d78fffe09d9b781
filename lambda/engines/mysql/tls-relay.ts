import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import { tlsOptions } from '../../runtime/database-tls';
import type { ServerAddress } from './connection';

/** Of the capabilities (MySQL, "Protocol::HandshakeV10"): in the lower half. */
const CLIENT_SSL = 0x0800;
const HEADER_BYTES = 4;
/** Of a request for TLS: the beginning of the answer that follows it (MySQL, "Protocol::SSLRequest"). */
const SSL_REQUEST_BYTES = 32;
const [OK, FAILED] = [0x00, 0xff];

export interface TlsRelay {
  readonly socket: string;
  close(): Promise<void>;
}

/**
 * A unix socket for programs that check a certificate for the host they are told to go to, which at the near end of a tunnel is 127.0.0.1:
 * TLS is spoken and the server's own name checked here, and the programs talk to the socket as to a server of this machine. Only this
 * user may.
 */
export async function startTlsRelay(path: string, server: ServerAddress, tls: MySqlConfig['tls']): Promise<TlsRelay> {
  const open = new Set<Socket>();
  const listener: Server = createServer({ pauseOnConnect: true }, (client) => {
    open.add(client);
    client.on('error', () => undefined).once('close', () => open.delete(client));
    const { host, port } = server.through ?? server;
    relay(client, connect(port, host), server, tls).catch(() => client.end());
  });
  listener.listen(path);
  await once(listener, 'listening');
  await chmod(path, 0o600);
  return {
    socket: path,
    close: async () => {
      listener.close();
      for (const client of open) client.destroy();
      await rm(path, { force: true });
    },
  };
}

/** The server's greeting without its offer of TLS; the client's answer behind TLS; packets numbered as if nobody had asked for it. */
async function relay(client: Socket, plain: Socket, server: ServerAddress, tls: MySqlConfig['tls']): Promise<void> {
  client.once('close', () => plain.destroy());
  plain.on('error', () => client.end()).once('close', () => client.end());
  const greeting = await packet(plain);
  if (greeting[HEADER_BYTES] === FAILED) return void client.end(greeting);
  client.write(withoutTls(greeting));
  const answer = await packet(client);
  const beginning = answer.subarray(HEADER_BYTES, HEADER_BYTES + SSL_REQUEST_BYTES);
  const request = Buffer.concat([Buffer.from([SSL_REQUEST_BYTES, 0, 0, 1]), beginning]);
  for (const message of [request, answer]) message.writeUInt16LE(message.readUInt16LE(HEADER_BYTES) | CLIENT_SSL, HEADER_BYTES);
  plain.write(request);
  const options = await tlsOptions(tls, server.authority, server.host);
  const secure = connectTls({ ...options, socket: plain });
  secure.on('error', (error: Error) => {
    client.end(refusal(error.message));
  }).once('close', () => client.end());
  await once(secure, 'secureConnect');
  secure.write(numbered(answer, 1));
  for (;;) {
    const said = await packet(secure);
    client.write(numbered(said, -1));
    const kind = said[HEADER_BYTES];
    if (kind === OK || kind === FAILED) break;
    // Of the two that ask no answer one is the cache's word that the password is known.
    if (kind === 0x01 && said[HEADER_BYTES + 1] === 0x03 && said.length === HEADER_BYTES + 2) continue;
    secure.write(numbered(await packet(client), 1));
  }
  client.pipe(secure);
  secure.pipe(client);
}

/** One packet, and nothing that comes after it. */
async function packet(from: Socket): Promise<Buffer> {
  const header = await bytes(from, HEADER_BYTES);
  return Buffer.concat([header, await bytes(from, header.readUIntLE(0, 3))]);
}

async function bytes(from: Socket, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  for (;;) {
    const data = from.read(length) as Buffer | null;
    if (data !== null && data.length === length) return data;
    if (from.readableEnded || from.destroyed || data !== null) throw new Error('the connection ended before it began');
    await more(from);
  }
}

function more(from: Socket): Promise<void> {
  return new Promise((resolve) => {
    const seen = (): void => {
      from.off('readable', seen).off('close', seen);
      resolve();
    };
    from.on('readable', seen).on('close', seen);
  });
}

function numbered(message: Buffer, by: number): Buffer {
  message[3] += by;
  return message;
}

/** Behind the version's name: its thread, eight bytes of the challenge and a filler. */
function withoutTls(greeting: Buffer): Buffer {
  const at = greeting.indexOf(0, HEADER_BYTES + 1) + 1 + 4 + 8 + 1;
  const capabilities = greeting.readUInt16LE(at);
  if ((capabilities & CLIENT_SSL) === 0) throw new Error('the server offers no TLS');
  greeting.writeUInt16LE(capabilities & ~CLIENT_SSL, at);
  return greeting;
}

/** An error as a server says it, with the client library's number for TLS. */
function refusal(message: string): Buffer {
  const body = Buffer.concat([Buffer.from([FAILED, 2026 & 0xff, 2026 >> 8]), Buffer.from(`#HY000TLS/SSL error: ${message}`)]);
  return Buffer.concat([Buffer.from([body.length & 0xff, body.length >> 8, 0, 2]), body]);
}
