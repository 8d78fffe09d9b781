import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { RunError } from '../../../lambda/runtime/errors';
import { createLog } from '../../../lambda/runtime/log';
import { Tunnels } from '../../../lambda/runtime/ssh/tunnels';
import type { SshTunnelConfig } from '../../../lib/contract/ssh-tunnel';
import { ed25519KeyPair } from '../../../rehearsal/servers/ssh-keys';
import { type Sshd, startSshd } from '../../support/sshd';

/** What a database would be: each connection gets 8 MiB and is echoed. */
const PIECE = randomBytes(8 * 1024 * 1024);
let database: Server;
let port: number;
let sshd: Sshd;
const lines: string[] = [];
const all: Tunnels[] = [];

beforeAll(async () => {
  database = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(database, 'listening');
  ({ port } = database.address() as AddressInfo);
  sshd = await startSshd(`127.0.0.1:${port}`);
});

afterEach(async () => {
  await Promise.all(all.splice(0).map((tunnels) => tunnels.close()));
});

afterAll(async () => {
  database?.close();
  await sshd?.stop();
});

function made(change: Partial<SshTunnelConfig> & { secret?: string } = {}) {
  const failures: RunError[] = [];
  const { secret = sshd.keys.open, ...rest } = change;
  const config: SshTunnelConfig = {
    host: '127.0.0.1', port: sshd.port, user: sshd.user, keySecretArn: 'arn:key', hostKeys: [sshd.hostKeys.ed25519], ...rest,
  };
  const stop = new AbortController();
  const tunnels = new Tunnels({
    secrets: { read: () => Promise.resolve(secret) }, log: createLog({}, (line) => lines.push(line)),
    signal: stop.signal, onFailure: (error) => failures.push(error),
  });
  all.push(tunnels);
  return { failures, stop, tunnels, open: (to = port) => tunnels.to(config, { host: '127.0.0.1', port: to }, true) };
}

async function echo(at: { host: string; port: number }, data: Buffer): Promise<string> {
  const socket = connect(at.port, at.host);
  const hash = createHash('sha256');
  socket.on('data', (chunk) => hash.update(chunk));
  const ended = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
  socket.end(data);
  await ended;
  return hash.digest('hex');
}

const digest = createHash('sha256').update(PIECE).digest('hex');

test.each(['ed25519', 'ecdsa', 'rsa'] as const)('goes through a host whose %s key is pinned, by key and by fingerprint of several', async (kind) => {
  const { open, failures } = made({ hostKeys: [sshd.hostKeys[kind]] });
  expect(await echo(await open(), PIECE)).toBe(digest);
  expect(failures).toEqual([]);
});

test('a fingerprint is enough, and the second of two while a key is replaced', async () => {
  const print = `SHA256:${createHash('sha256').update(Buffer.from(sshd.hostKeys.ed25519.split(' ')[1], 'base64')).digest('base64').replace(/=+$/, '')}`;
  const { open } = made({ hostKeys: [`SHA256:${'A'.repeat(43)}`, print] });
  expect(await echo(await open(), PIECE)).toBe(digest);
});

test('an RSA key logs in with SHA-2', async () => {
  const { open } = made({ secret: sshd.keys.rsa });
  expect(await echo(await open(), PIECE)).toBe(digest);
});

test('several connections go side by side through one SSH connection', async () => {
  const { open } = made();
  const before = (await sshd.log()).match(/Accepted publickey/g)?.length ?? 0;
  const place = await open();
  expect(await open()).toEqual(place);
  expect(await Promise.all([1, 2, 3, 4].map(() => echo(place, PIECE)))).toEqual([digest, digest, digest, digest]);
  expect((await sshd.log()).match(/Accepted publickey/g)).toHaveLength(before + 1);
});

test('another host key: nothing is proven to the host, and the sentence has both fingerprints', async () => {
  const pinned = `SHA256:${'A'.repeat(43)}`;
  const before = (await sshd.log()).match(/Accepted|Failed/g)?.length ?? 0;
  const error = await made({ hostKeys: [pinned] }).open().catch((reason: unknown) => reason as RunError);
  const seen = createHash('sha256').update(Buffer.from(sshd.hostKeys.ed25519.split(' ')[1], 'base64')).digest('base64').replace(/=+$/, '');
  expect(error).toMatchObject({ name: 'RefusedError', code: 'SSH_HOST_KEY', message: expect.stringContaining(`SHA256:${seen}`) });
  expect(error).toMatchObject({ message: expect.stringContaining(pinned) });
  expect((await sshd.log()).match(/Accepted|Failed/g)?.length ?? 0).toBe(before);
});

test('a key that the account does not have is refused', async () => {
  await expect(made({ secret: ed25519KeyPair().private }).open()).rejects.toMatchObject({ name: 'RefusedError', code: 'SSH_KEY_REFUSED' });
});

test.each(['closed', 'narrow'] as const)('an account that may not forward there (%s) says so, and where to allow it', async (key) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const target = key === 'closed' ? port : (other.address() as AddressInfo).port;
  const { open, failures } = made({ secret: sshd.keys[key] });
  await echo(await open(target), Buffer.from('x'));
  other.close();
  expect(failures).toMatchObject([{ name: 'RefusedError', code: 'SSH_FORWARDING_REFUSED', message: expect.stringContaining(`permitopen="127.0.0.1:${target}"`) }]);
});

test('an account that may forward to this database alone is enough', async () => {
  const { open } = made({ secret: sshd.keys.narrow });
  expect(await echo(await open(), PIECE)).toBe(digest);
});

test('a database that is down is told apart from a host that is', async () => {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port: free } = gone.address() as AddressInfo;
  gone.close();
  const target = made();
  await echo(await target.open(free), Buffer.from('x'));
  expect(target.failures).toMatchObject([{ name: 'TransientError', code: 'SSH_TARGET_UNREACHABLE' }]);
  await expect(made({ port: free }).open()).rejects.toMatchObject({ name: 'TransientError', code: 'SSH_UNREACHABLE' });
  await expect(made({ host: 'no-such-host.invalid' }).open()).rejects.toMatchObject({ code: expect.stringMatching(/SSH_UNKNOWN_HOST|SSH_UNREACHABLE/) });
});

test('lost in the middle: the reason comes before the end of the connection', async () => {
  const { open, failures } = made();
  const place = await open();
  const socket = connect(place.port, place.host);
  socket.on('error', () => undefined).write('x');
  await once(socket, 'data');
  const failuresAtEnd = new Promise((resolve) => socket.once('close', () => resolve(failures.length)));
  await sshd.endSessions();
  expect(await failuresAtEnd).toBe(1);
  expect(failures).toMatchObject([{ name: 'TransientError', code: 'SSH_TUNNEL_LOST' }]);
});

test('lost while nobody used it: the next connection opens it anew', async () => {
  const { open, failures } = made();
  const place = await open();
  expect(await echo(place, PIECE)).toBe(digest);
  const logins = async () => (await sshd.log()).match(/Accepted publickey/g)?.length ?? 0;
  const before = await logins();
  await sshd.endSessions();
  while (!lines.some((line) => line.includes('ended the idle tunnel'))) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await echo(place, PIECE)).toBe(digest);
  expect(failures).toEqual([]);
  expect(await logins()).toBe(before + 1);
});

test('who reads slowly holds the database up: no more than the windows are in between', async () => {
  let sent = 0;
  const sockets: Socket[] = [];
  const endless = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    const more = (): void => {
      while (socket.write(PIECE.subarray(0, 65_536), () => { sent += 65_536; })) if (sent > 256 * 1024 * 1024) return;
    };
    socket.on('drain', more);
    more();
  }).listen(0, '127.0.0.1');
  await once(endless, 'listening');
  const { open } = made();
  const place = await open((endless.address() as AddressInfo).port);
  const reader = connect(place.port, place.host).pause();
  await once(reader, 'connect');
  let before = -1;
  while (sent === 0 || sent !== before) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  // The channel's window twice, and what three kernels' socket buffers hold.
  expect(sent).toBeLessThan(64 * 1024 * 1024);
  reader.destroy();
  for (const socket of sockets) socket.destroy();
  endless.close();
});

test('says nothing of the private key', () => {
  expect(lines.length).toBeGreaterThan(0);
  for (const key of Object.values(sshd.keys)) for (const part of key.split('\n').slice(1, -2)) expect(lines.join('\n')).not.toContain(part);
});
