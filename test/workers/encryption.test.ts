import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { zstdDecompressSync } from 'node:zlib';
import { parseManifest, type Manifest, type Part } from '../../lib/contract/manifest';
import type { RunRequest } from '../../lib/contract/run-request';
import { parseVerdict } from '../../lib/contract/verdict';
import { NotProvenError, RefusedError, TransientError, type RunError } from '../../lambda/runtime/errors';
import { dumpWorker } from '../../lambda/workers/dump';
import { verifyWorker } from '../../lambda/workers/verify';
import { memoryEngine, memoryServers } from '../support/memory-engine';
import { BUCKET, TestStore } from '../support/store';

const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:suite-AbCdEf';
const IDENTITY = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:identity-AbCdEf';
const MANIFEST = 'runs/test/suite/database/20261120T020000Z.json';
const ROW = 'Aïcha Konan, born 1984-05-17, sentinel-3f9c';

const dump = dumpWorker(memoryEngine);
const verify = verifyWorker(memoryEngine);

let store: TestStore;
let own: { readonly identity: string; readonly recipient: string };
let other: { readonly identity: string; readonly recipient: string };
let tries = 0;
const context = () => ({ awsRequestId: `attempt-${++tries}` });

async function keyPair() {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

function request(encryption: RunRequest['encryption'], changes: Partial<RunRequest> = {}): RunRequest {
  return {
    version: 1, environment: 'test', application: 'suite', protection: 'database', engine: 'memory',
    config: { server: 'source', secretArn: SECRET },
    store: { bucket: BUCKET, region: 'us-east-1', keyArn: 'arn:aws:kms:us-east-1:000000000000:key/suite' },
    objectives: { rpoSeconds: 93_600, rtoSeconds: 3600 },
    limits: { timeoutSeconds: 300 },
    assertions: [{ name: 'there are people', query: 'people', atLeast: 2 }],
    encryption,
    slot: '2026-11-20T02:00:00Z',
    execution: 'execution-1',
    ...changes,
  };
}

const closed = (recipients: string[]) => request({ scheme: 'age', recipients });
const drilled = (recipients: string[]) => request({ scheme: 'age', recipients, identitySecretArn: IDENTITY });

async function failure(promise: Promise<unknown>): Promise<RunError> {
  return promise.then(
    () => Promise.reject(new Error('it was expected to fail')),
    (error: RunError) => error,
  );
}

async function manifest(): Promise<Manifest> {
  return parseManifest(await store.json(MANIFEST));
}

async function newestVerdict() {
  return parseVerdict(await store.json((await store.keys('verdicts/')).sort().at(-1)!));
}

async function stored(part: Part): Promise<Buffer> {
  const answer = await store.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: part.key }));
  return Buffer.from(await answer.Body!.transformToByteArray());
}

/** Stores other bytes in the place of a part; with `honest` the manifest tells the truth about them. */
async function replace(name: string, change: (bytes: Buffer) => Buffer, honest: boolean): Promise<void> {
  const found = await manifest();
  const part = found.parts.find((one) => one.name === name)!;
  const bytes = change(await stored(part));
  const { VersionId } = await store.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: part.key, Body: bytes }));
  const told = honest ? { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } : {};
  const parts = found.parts.map((one) => (one === part ? { ...one, versionId: VersionId, ...told } : one));
  await store.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: MANIFEST, Body: JSON.stringify({ ...found, parts }) }));
}

/** Every byte that the endpoint keeps on disk. */
async function everyByte(): Promise<Buffer> {
  const files = (await readdir(store.directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name)))));
}

beforeEach(async () => {
  store = await TestStore.start();
  own = await keyPair();
  other = await keyPair();
  store.endpoint.seedSecret(SECRET, 'password');
  store.endpoint.seedSecret(IDENTITY, `# created: 2026-11-20T00:00:00Z\n# public key: ${own.recipient}\n${own.identity}\n`);
  fill(2);
});

/** As many MiB do not compress below half: from 17 on an upload has two pieces. */
function fill(mebibytes: number): void {
  const lines = Array.from({ length: mebibytes }, () => randomBytes(512 * 1024).toString('hex'));
  memoryServers.set('source', { password: 'password', tables: new Map([['people', [ROW, 'Yao']], ['scans', lines]]) });
}

afterEach(async () => {
  await store.stop();
});

describe('an encrypted copy', () => {
  it('is restored and proven with the identity of a recipient, large parts and small ones', async () => {
    fill(24);
    await dump(drilled([other.recipient, own.recipient]), context());
    const { encryption, parts } = await manifest();
    expect(encryption).toEqual({ scheme: 'age', recipients: [other.recipient, own.recipient] });
    expect(parts.map(({ name, encoding, encryption: by }) => [name, encoding, by])).toEqual([
      ['rows/people.zst.age', 'zstd', 'age'],
      ['rows/scans.zst.age', 'zstd', 'age'],
      ['census.json.zst.age', 'zstd', 'age'],
      ['notes.json.zst.age', 'zstd', 'age'],
    ]);
    expect(await verify(drilled([own.recipient]), context())).toMatchObject({ outcome: 'proven' });
    expect(await newestVerdict()).toMatchObject({ outcome: 'proven', checked: { parts: 4, hashed: 2, rows: 26 }, assertions: [{ holds: true }] });
  });

  it('holds no row in the clear anywhere in the store, where one without encryption does once it is unpacked', async () => {
    await dump(closed([own.recipient]), context());
    const bytes = await everyByte();
    expect(bytes.includes('age-encryption.org/v1')).toBe(true);
    for (const text of [ROW, 'sentinel-3f9c', own.identity]) expect(bytes.includes(text)).toBe(false);
    // No frame of zstd begins in the clear either; in the large part its four bytes may come by chance.
    const small = (await manifest()).parts.filter(({ name }) => !name.includes('scans'));
    expect(small).toHaveLength(3);
    for (const part of small) expect((await stored(part)).includes(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))).toBe(false);

    await dump(request(undefined, { slot: '2026-11-21T02:00:00Z' }), context());
    const plain = parseManifest(await store.json(MANIFEST.replace('20T', '21T')));
    expect(plain.encryption).toBeUndefined();
    expect(zstdDecompressSync(await stored(plain.parts[0])).toString()).toContain(ROW);
  });

  it('is an age file to the library alone, for each of its recipients', async () => {
    await dump(closed([own.recipient, other.recipient]), context());
    const [people] = (await manifest()).parts;
    for (const { identity } of [own, other]) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      expect(zstdDecompressSync(await decrypter.decrypt(await stored(people))).toString()).toBe(`${ROW}\nYao\n\\.\n`);
    }
  });

  it('keeps its recipients when the policy goes on to others', async () => {
    await dump(drilled([own.recipient]), context());
    await dump({ ...drilled([other.recipient]), slot: '2026-11-21T02:00:00Z' }, context());
    store.endpoint.seedSecret(IDENTITY, `${own.identity}\n${other.identity}\n`);
    expect((await manifest()).encryption?.recipients).toEqual([own.recipient]);
    expect(await verify(drilled([other.recipient]), context())).toMatchObject({ outcome: 'proven' });
    expect(await verify({ ...drilled([other.recipient]), slot: '2026-11-21T02:00:00Z' }, context())).toMatchObject({ outcome: 'proven' });
  });

  it('is not encrypted by hindsight: a copy of before is drilled without the identity', async () => {
    await dump(request(undefined), context());
    store.endpoint.seedSecret(IDENTITY, 'nothing of use');
    expect(await verify(drilled([own.recipient]), context())).toMatchObject({ outcome: 'proven' });
  });
});

describe('without an identity', () => {
  it('checksums are compared, and the verdict claims no more', async () => {
    await dump(closed([own.recipient]), context());
    const metrics: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((line) => metrics.push(String(line)) > 0);
    const result = await verify(closed([own.recipient]), context()).finally(() => write.mockRestore());
    expect(result).toMatchObject({ outcome: 'checksums-only' });
    expect(result.summary).toMatch(/^Checksums only: 4 parts \(\d+ bytes\) are stored as they were written, and nothing was restored: it is encrypted/);
    expect(await newestVerdict()).toMatchObject({
      outcome: 'checksums-only', assertions: [], checked: { parts: 4, items: 0, hashed: 0, rows: 0 }, seconds: { scratch: 0, restore: 0, census: 0 },
    });
    const figures = metrics.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => '_aws' in line)!;
    expect(Object.entries(figures).filter(([name]) => /Proven/.test(name)).map(([, value]) => value)).toEqual([0, 0]);
    expect(JSON.stringify(figures)).not.toContain('Restore');
  });

  it.each([
    ['a flipped byte', (bytes: Buffer) => flipped(bytes, bytes.length >> 1), /PART_HASH_DIFFERS/],
    ['a missing end', (bytes: Buffer) => bytes.subarray(0, -100), /PART_SIZE_DIFFERS/],
  ])('%s is found all the same', async (_what, change, reason) => {
    await dump(closed([own.recipient]), context());
    await replace('rows/scans.zst.age', change, false);
    const error = await failure(verify(closed([own.recipient]), context()));
    expect(error).toBeInstanceOf(NotProvenError);
    expect(error.message).toMatch(reason);
    expect(await newestVerdict()).toMatchObject({ outcome: 'not-proven' });
  });
});

describe('a drill meets', () => {
  const HEADER = 60;

  it.each([
    ['a byte flipped in the payload', (bytes: Buffer) => flipped(bytes, bytes.length >> 1)],
    ['one flipped in the header', (bytes: Buffer) => flipped(bytes, HEADER)],
    ['a byte flipped at the very end', (bytes: Buffer) => flipped(bytes, bytes.length - 1)],
  ])('%s: the hash says it, and not a wrong identity', async (_what, change) => {
    await dump(drilled([own.recipient]), context());
    await replace('rows/scans.zst.age', change, false);
    const error = await failure(verify(drilled([own.recipient]), context()));
    expect(error).toBeInstanceOf(NotProvenError);
    expect(error.message).toContain('PART_HASH_DIFFERS');
  });

  it.each([
    ['cut at a whole chunk', (bytes: Buffer) => bytes.subarray(0, payloadStart(bytes) + 3 * (65_536 + 16))],
    ['cut within a chunk', (bytes: Buffer) => bytes.subarray(0, -1000)],
    ['cut in its header', (bytes: Buffer) => bytes.subarray(0, HEADER)],
    ['of another file\'s header', (bytes: Buffer) => flipped(bytes, HEADER)],
    ['that is no age file', () => Buffer.from('-- PostgreSQL\n')],
    ['that is empty', () => Buffer.alloc(0)],
  ])('a part %s whose hash is right: age says it', async (_what, change) => {
    await dump(drilled([own.recipient]), context());
    await replace('rows/scans.zst.age', change, true);
    const error = await failure(verify(drilled([own.recipient]), context()));
    expect(error).toBeInstanceOf(NotProvenError);
    expect(error.message).toContain('PART_NOT_DECRYPTED');
    expect(await newestVerdict()).toMatchObject({ outcome: 'not-proven' });
  });

  it('an identity of nobody: refused by name before a part is read, and the copy is not judged', async () => {
    await dump(drilled([own.recipient]), context());
    store.endpoint.seedSecret(IDENTITY, other.identity);
    const before = store.endpoint.calls.filter(({ operation }) => operation === 'GetObject').length;
    const error = await failure(verify(drilled([own.recipient]), context()));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.code).toBe('IDENTITY_DOES_NOT_FIT');
    for (const key of [own.recipient, other.recipient]) expect(error.message).toContain(key);
    expect(error.message).not.toContain('AGE-SECRET-KEY');
    expect(store.endpoint.calls.filter(({ operation }) => operation === 'GetObject').length - before).toBe(1);
    expect(await store.keys('verdicts/')).toEqual([]);
  });

  it.each([
    ['nothing', () => '\n# only a comment\n', /holds no key/],
    ['a cut identity', () => own.identity.slice(0, -4), /mistyped or cut key 1/],
    ['a mistyped one behind a good one', () => `${own.identity}\n${own.identity.slice(0, -1)}${own.identity.endsWith('Q') ? 'P' : 'Q'}`, /mistyped or cut key 2/],
    ['a recipient', () => own.recipient, /something else than an X25519 identity/],
    ['a JSON document', () => JSON.stringify({ identity: own.identity }), /something else/],
  ])('%s in the secret: refused, and no word of it is repeated', async (_what, text, reason) => {
    await dump(drilled([own.recipient]), context());
    store.endpoint.seedSecret(IDENTITY, text());
    const lines: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const error = await failure(verify(drilled([own.recipient]), context())).finally(() => write.mockRestore());
    expect(error).toMatchObject({ name: 'RefusedError', code: 'IDENTITY_INVALID' });
    expect(error.message).toMatch(reason);
    for (const said of [error.message, error.stack!, String(error.cause), ...lines]) expect(said).not.toContain(own.identity.slice(20, 40));
  });

  it('no secret: refused', async () => {
    await dump(drilled([own.recipient]), context());
    const missing = request({ scheme: 'age', recipients: [own.recipient], identitySecretArn: `${IDENTITY}-none` });
    expect(await failure(verify(missing, context()))).toMatchObject({ name: 'RefusedError', code: 'SECRET_MISSING' });
  });

  it('a store that cuts connections: the read goes on; one that is gone is no damage', async () => {
    fill(24);
    await dump(drilled([own.recipient]), context());
    let cut = 0;
    store.inject(({ operation, resource }) => (operation === 'GetObject' && resource.includes('scans') && cut++ < 3 ? { resetAfterBytes: 300_000 } : undefined));
    expect(await verify(drilled([own.recipient]), context())).toMatchObject({ outcome: 'proven' });
    expect(cut).toBeGreaterThanOrEqual(4);
    store.inject(({ operation, resource }) => (operation === 'GetObject' && resource.includes('scans') ? { resetAfterBytes: 100 } : undefined));
    expect(await failure(verify(drilled([own.recipient]), context()))).toBeInstanceOf(TransientError);
  });
});

describe('an encrypted dump', () => {
  it('that the store refuses in the middle leaves nothing, and no promise unhandled', async () => {
    fill(24);
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    store.injectTimes(Infinity, (operation) => operation === 'UploadPart', { status: 403, code: 'AccessDenied' });
    expect(await failure(dump(closed([own.recipient]), context()))).toMatchObject({ code: 'STORE_REFUSED' });
    store.inject();
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
    expect(await store.keys('runs/')).toEqual([]);
    expect(await store.openUploads()).toBe(0);
  });

  it('is refused before anything is written when a recipient is none', async () => {
    for (const recipients of [[], [own.recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'))], [own.recipient, own.recipient], ['age1pq1qqq'], [own.identity]]) {
      const error = await failure(dump(closed(recipients), context()));
      expect(error).toMatchObject({ name: 'RefusedError', code: 'REQUEST_INVALID' });
      expect(error.message).not.toContain(own.identity);
    }
    expect(await store.keys()).toEqual([]);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] ^= 1;
  return changed;
}

/** Behind the header's last line and the nonce of 16 bytes (age-encryption.org/v1, "Payload"). */
function payloadStart(bytes: Buffer): number {
  const mac = bytes.indexOf('\n--- ');
  return bytes.indexOf('\n', mac + 1) + 1 + 16;
}
