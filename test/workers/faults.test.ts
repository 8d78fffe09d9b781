import { randomBytes } from 'node:crypto';
import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { parseManifest, type Manifest } from '../../lib/contract/manifest';
import type { RunRequest } from '../../lib/contract/run-request';
import { parseVerdict } from '../../lib/contract/verdict';
import { IntegrityError, NotProvenError, OutOfTimeError, RefusedError, TransientError } from '../../lambda/runtime/errors';
import { dumpWorker } from '../../lambda/workers/dump';
import { verifyWorker } from '../../lambda/workers/verify';
import { memoryEngine, memoryServers } from '../support/memory-engine';
import { BUCKET, TestStore } from '../support/store';

const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:suite-AbCdEf';
const MANIFEST = 'runs/test/suite/database/20261120T020000Z.json';

const dump = dumpWorker(memoryEngine);
const verify = verifyWorker(memoryEngine);

let store: TestStore;
let tries = 0;
const context = () => ({ awsRequestId: `attempt-${++tries}` });

function request(changes: Partial<RunRequest> = {}): RunRequest {
  return {
    version: 1,
    environment: 'test',
    application: 'suite',
    protection: 'database',
    engine: 'memory',
    config: { server: 'source', secretArn: SECRET },
    store: { bucket: BUCKET, region: 'us-east-1', keyArn: 'arn:aws:kms:us-east-1:000000000000:key/suite' },
    objectives: { rpoSeconds: 93_600, rtoSeconds: 3600 },
    limits: { timeoutSeconds: 300 },
    assertions: [{ name: 'there are people', query: 'people', atLeast: 2 }],
    slot: '2026-11-20T02:00:00Z',
    execution: 'execution-1',
    ...changes,
  };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => Promise.reject(new Error('it was expected to fail')),
    (error: Error) => error,
  );
}

async function manifest(): Promise<Manifest> {
  return parseManifest(await store.json(MANIFEST));
}

async function newestVerdict() {
  const keys = await store.keys('verdicts/');
  return parseVerdict(await store.json(keys.sort().at(-1)!));
}

/** Puts a manifest in the place of the one that is there, as only somebody with rights beyond ours could. */
async function forge(change: (manifest: Manifest) => unknown): Promise<void> {
  const forged = change(await manifest());
  await store.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: MANIFEST, Body: JSON.stringify(forged) }));
}

/** Makes the manifest name another version of one part's object. */
async function forgePart(name: string, versionId: string | undefined): Promise<void> {
  await forge((found) => ({ ...found, parts: found.parts.map((part) => (part.name === name ? { ...part, versionId } : part)) }));
}

beforeEach(async () => {
  store = await TestStore.start();
  store.endpoint.seedSecret(SECRET, 'sentinel-7a1f');
  // 24 MiB that do not compress below two upload pieces, and a small table beside.
  const lines = Array.from({ length: 24 }, () => randomBytes(512 * 1024).toString('hex'));
  memoryServers.set('source', { password: 'sentinel-7a1f', tables: new Map([['people', ['Aïcha', 'Konan']], ['scans', lines]]) });
});

afterEach(async () => {
  await store.stop();
});

describe('a run', () => {
  it('is written once and proven', async () => {
    const dumped = await dump(request(), context());
    expect(dumped).toMatchObject({ outcome: 'written', manifestKey: MANIFEST });
    const verdict = await verify(request(), context());
    expect(verdict.outcome).toBe('proven');
    expect(await newestVerdict()).toMatchObject({ outcome: 'proven', differenceCount: 0, attempt: dumped.attempt, assertions: [{ holds: true }] });
  });

  it('is refused before anything is written when the request, engine or configuration is not of the contract', async () => {
    for (const bad of [
      { ...request(), version: 2 },
      { ...request(), slot: 'yesterday' },
      { ...request(), surprise: true },
      request({ engine: 'other' }),
      request({ config: { server: 'source' } }),
    ]) {
      const error = await failure(dump(bad, context()));
      expect(error).toBeInstanceOf(RefusedError);
    }
    expect(await store.keys()).toEqual([]);
  });

  it('that is asked for twice at once has one winner, and parts of the two never mix', async () => {
    const results = await Promise.all([dump(request(), context()), dump(request(), context())]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['already-there', 'written']);
    const winner = results.find(({ outcome }) => outcome === 'written')!;
    const stands = await manifest();
    expect(stands.attempt).toBe(winner.attempt);
    for (const part of stands.parts) expect(part.key).toContain(`/${winner.attempt}/`);
    await verify(request(), context());
    expect((await newestVerdict()).attempt).toBe(winner.attempt);
  });

  it('whose answer to the manifest was lost goes on to be verified', async () => {
    store.injectTimes(1, (operation, resource) => operation === 'PutObject' && resource.endsWith(MANIFEST), { loseAnswer: true });
    const dumped = await dump(request(), context());
    store.inject();
    expect(dumped.outcome).toBe('already-there');
    await verify(request(), context());
    expect(await newestVerdict()).toMatchObject({ outcome: 'proven', attempt: dumped.attempt });
  });

  it.each(['PutObject', 'UploadPart', 'CompleteMultipartUpload', 'CreateMultipartUpload'])('survives a lost answer to %s', async (lost) => {
    store.injectTimes(1, (operation, resource) => operation === lost && !resource.endsWith(MANIFEST), { loseAnswer: true });
    expect((await dump(request(), context())).outcome).toBe('written');
    store.inject();
    expect((await verify(request(), context())).outcome).toBe('proven');
  });
});

describe('a store in trouble', () => {
  it.each(['PutObject', 'UploadPart', 'CompleteMultipartUpload'])('that answers 503 twice to %s is asked again', async (troubled) => {
    store.injectTimes(2, (operation) => operation === troubled, { status: 503, code: 'SlowDown' });
    expect((await dump(request(), context())).outcome).toBe('written');
  });

  it('that answers 503 for good fails the attempt, and nothing looks like a backup', async () => {
    store.injectTimes(Infinity, (operation) => operation === 'UploadPart', { status: 503, code: 'SlowDown' });
    expect(await failure(dump(request(), context()))).toBeInstanceOf(TransientError);
    store.inject();
    expect(await store.keys('runs/')).toEqual([]);
    expect(await store.openUploads()).toBe(0);
  });

  it('that refuses is no reason to try again', async () => {
    store.injectTimes(Infinity, (operation) => operation === 'PutObject', { status: 403, code: 'AccessDenied' });
    const error = await failure(dump(request(), context()));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.message).toContain('STORE_REFUSED');
  });

  it('that cuts connections both ways costs a piece, not the run', async () => {
    store.injectTimes(2, (operation) => operation === 'UploadPart', { resetAfterBytes: 100_000 });
    expect((await dump(request(), context())).outcome).toBe('written');
    let cut = 0;
    store.inject(({ operation, resource }) => (operation === 'GetObject' && resource.includes('scans') && cut++ < 3 ? { resetAfterBytes: 300_000 } : undefined));
    expect((await verify(request(), context())).outcome).toBe('proven');
    expect(cut).toBeGreaterThanOrEqual(4);
  });

  it('that is too slow ends the worker typed, with no upload left open', async () => {
    store.injectTimes(Infinity, (operation) => operation === 'UploadPart', { bytesPerSecond: 50_000 });
    expect(await failure(dump(request({ limits: { timeoutSeconds: 11 } }), context()))).toBeInstanceOf(OutOfTimeError);
    store.inject();
    expect(await store.keys('runs/')).toEqual([]);
    expect(await store.openUploads()).toBe(0);
  });

  it.each(['PutObject', 'UploadPart'])('that lies about a checksum in its answer to %s is not believed', async (lying) => {
    store.injectTimes(Infinity, (operation, resource) => operation === lying && resource.includes('/parts/'), { corrupt: 'checksum' });
    expect(await failure(dump(request(), context()))).toBeInstanceOf(IntegrityError);
    store.inject();
    expect(await store.keys('runs/')).toEqual([]);
  });
});

describe('verification of a copy that', () => {
  const scans = (parts: Manifest['parts']) => parts.find(({ name }) => name.includes('scans'))!;

  async function expectNotProven(reason: RegExp): Promise<void> {
    const error = await failure(verify(request(), context()));
    expect(error).toBeInstanceOf(NotProvenError);
    expect(error.message).toMatch(reason);
    expect(await newestVerdict()).toMatchObject({ outcome: 'not-proven' });
  }

  it('has a damaged part', async () => {
    await dump(request(), context());
    const { key } = scans((await manifest()).parts);
    store.injectTimes(Infinity, (operation, resource) => operation === 'GetObject' && resource.endsWith(key), { corrupt: 'body' });
    await expectNotProven(/PART_(HASH_DIFFERS|DAMAGED)/);
  });

  it('has a part cut short', async () => {
    await dump(request(), context());
    const part = scans((await manifest()).parts);
    const half = await store.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: part.key, Body: Buffer.alloc(1000) }));
    await forgePart(part.name, half.VersionId);
    await expectNotProven(/PART_(SIZE_DIFFERS|DAMAGED)/);
  });

  it('has a part in the place of another', async () => {
    await dump(request(), context());
    const { parts } = await manifest();
    const [one, other] = parts.filter(({ kind }) => kind === 'rows');
    const copied = await store.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: one.key, CopySource: `${BUCKET}/${encodeURIComponent(other.key)}?versionId=${other.versionId}` }));
    await forgePart(one.name, copied.VersionId);
    await expectNotProven(/PART_(SIZE|HASH)_DIFFERS/);
  });

  it('was overwritten reads the version its manifest names', async () => {
    await dump(request(), context());
    await store.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: scans((await manifest()).parts).key, Body: 'overwritten' }));
    expect((await verify(request(), context())).outcome).toBe('proven');
  });

  it('lacks a part', async () => {
    await dump(request(), context());
    const { key, versionId } = scans((await manifest()).parts);
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key, VersionId: versionId }));
    await expectNotProven(/PART_MISSING/);
  });

  it('lost a line that its census counted', async () => {
    await dump(request(), context());
    const { parts, census } = await manifest();
    await forge((found) => ({ ...found, parts: parts.filter(({ name }) => !name.includes('people')), census }));
    await expectNotProven(/table people: expected 2 rows.*found missing/);
  });

  it('answers an assertion otherwise than the policy expects', async () => {
    await dump(request(), context());
    const error = await failure(verify(request({ assertions: [{ name: 'three people', query: 'people', equals: 3 }] }), context()));
    expect(error.message).toContain('assertion "three people" does not hold: expected = 3, found 2');
  });

  it('has a manifest of a newer release names both versions', async () => {
    await dump(request(), context());
    await forge((found) => ({ ...found, version: 7 }));
    const error = await failure(verify(request(), context()));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.message).toMatch(/version 7.*up to version 1/);
  });

  it('has the manifest of another run', async () => {
    await dump(request(), context());
    await forge((found) => ({ ...found, application: 'somebody-else' }));
    expect((await failure(verify(request(), context()))).message).toContain('MANIFEST_SWAPPED');
  });

  it('does not exist says so', async () => {
    expect((await failure(verify(request(), context()))).message).toContain('NO_MANIFEST');
  });
});

it('a password rotated between the two steps is met by the new one', async () => {
  await dump(request(), context());
  store.endpoint.seedSecret(SECRET, 'rotated-5b2e');
  memoryServers.set('source', { ...memoryServers.get('source')!, password: 'rotated-5b2e' });
  expect((await dump(request({ slot: '2026-11-21T02:00:00Z' }), context())).outcome).toBe('written');
});
