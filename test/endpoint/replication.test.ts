import { readFileSync, rmSync } from 'node:fs';
import {
  CompleteMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand, DeleteObjectCommand,
  GetBucketLocationCommand,
  GetBucketReplicationCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, PutBucketReplicationCommand, PutObjectCommand,
  PutObjectLegalHoldCommand, PutObjectRetentionCommand, PutObjectTaggingCommand, S3Client, UploadPartCommand, type HeadObjectCommandOutput,
  type ReplicationRule,
} from '@aws-sdk/client-s3';
import type { ApiCall, Decision } from '../../rehearsal/endpoint';
import { refusal, start, type Started } from './support';

const SOURCE_KEY = 'arn:aws:kms:us-east-1:000000000000:key/source';
const REPLICA_KEY = 'arn:aws:kms:eu-west-1:000000000000:key/replica';
const ROLE = 'arn:aws:iam::000000000000:role/replication';
const at = (text: string): Date => new Date(`${text}Z`);

let on: Started;
let west: S3Client;
let denied: (call: ApiCall) => string | undefined;

beforeEach(async () => {
  denied = () => undefined;
  const authorize = (call: ApiCall): Decision => {
    const reason = denied(call);
    return reason === undefined ? { allow: true } : { allow: false, reason };
  };
  on = await start({ authorize });
  on.endpoint.s3.createBucket({ name: 'primary', objectLock: true, kmsKeyArn: SOURCE_KEY });
  on.endpoint.s3.createBucket({ name: 'replica', objectLock: true, kmsKeyArn: REPLICA_KEY, region: 'eu-west-1' });
  west = new S3Client({ ...on.client, region: 'eu-west-1' });
  await replicate();
});
afterEach(async () => {
  west.destroy();
  await on.stop();
  rmSync(on.directory, { recursive: true, force: true });
});

const RULE: ReplicationRule = {
  ID: 'all', Status: 'Enabled', Priority: 1, Filter: {}, DeleteMarkerReplication: { Status: 'Enabled' },
  SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
  Destination: { Bucket: 'arn:aws:s3:::replica', EncryptionConfiguration: { ReplicaKmsKeyID: REPLICA_KEY } },
};
const replicate = (...rules: ReplicationRule[]) =>
  on.s3.send(new PutBucketReplicationCommand({ Bucket: 'primary', ReplicationConfiguration: { Role: ROLE, Rules: rules.length ? rules : [RULE] } }));
const put = async (Key: string, more: object = {}): Promise<string> =>
  (await on.s3.send(new PutObjectCommand({ Bucket: 'primary', Key, Body: 'hello', ...more }))).VersionId!;
const head = (Key: string): Promise<HeadObjectCommandOutput> => on.s3.send(new HeadObjectCommand({ Bucket: 'primary', Key }));
const headReplica = (Key: string): Promise<HeadObjectCommandOutput> => west.send(new HeadObjectCommand({ Bucket: 'replica', Key }));
const replicas = (key: string) => on.endpoint.s3.versions('replica', key);

test('a new version arrives in the other region: bytes, version id, time, metadata, tags, lock, and its own key', async () => {
  const until = new Date(Date.now() + 86_400_000);
  const VersionId = await put('k', {
    Metadata: { who: 'me' }, ContentType: 'text/plain', Tagging: 'a=b', ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: 'ON',
  });
  await on.endpoint.replicated();
  const [source, replica] = [await head('k'), await headReplica('k')];
  expect(source.ReplicationStatus).toBe('COMPLETED');
  expect(replica).toMatchObject({
    VersionId, ReplicationStatus: 'REPLICA', ContentType: 'text/plain', Metadata: { who: 'me' }, ETag: source.ETag, SSEKMSKeyId: REPLICA_KEY, TagCount: 1,
    ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: 'ON', LastModified: source.LastModified,
  });
  expect(await (await west.send(new GetObjectCommand({ Bucket: 'replica', Key: 'k' }))).Body!.transformToString()).toBe('hello');
  // The bytes are its own: the source's loss does not touch them.
  const [file] = on.endpoint.s3.files('replica', 'k');
  expect(on.endpoint.s3.files('primary', 'k')).not.toContain(file);
  expect(readFileSync(file, 'utf8')).toBe('hello');
});

test('a multipart object and a copy too', async () => {
  const target = { Bucket: 'primary', Key: 'multi' };
  const { UploadId } = await on.s3.send(new CreateMultipartUploadCommand(target));
  const { ETag } = await on.s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'part' }));
  await on.s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }));
  await on.s3.send(new CopyObjectCommand({ Bucket: 'primary', Key: 'copy', CopySource: 'primary/multi' }));
  await on.endpoint.replicated();
  expect((await on.endpoint.s3.read('replica', 'multi')).toString()).toBe('part');
  expect((await on.endpoint.s3.read('replica', 'copy')).toString()).toBe('part');
});

test('tags, retention and hold given later follow', async () => {
  await put('k');
  await on.endpoint.replicated();
  await on.s3.send(new PutObjectTaggingCommand({ Bucket: 'primary', Key: 'k', Tagging: { TagSet: [{ Key: 'retire', Value: 'expire' }] } }));
  expect((await head('k')).ReplicationStatus).toMatch(/PENDING|COMPLETED/);
  await on.endpoint.replicated();
  expect(replicas('k')[0].tags).toEqual({ retire: 'expire' });
  const until = new Date(Date.now() + 86_400_000);
  await on.s3.send(new PutObjectRetentionCommand({ Bucket: 'primary', Key: 'k', Retention: { Mode: 'GOVERNANCE', RetainUntilDate: until } }));
  await on.s3.send(new PutObjectLegalHoldCommand({ Bucket: 'primary', Key: 'k', LegalHold: { Status: 'ON' } }));
  await on.endpoint.replicated();
  expect(replicas('k')[0]).toMatchObject({ retention: { mode: 'GOVERNANCE', until: until.getTime() }, legalHold: true });
  expect((await head('k')).ReplicationStatus).toBe('COMPLETED');
});

test('a delete marker follows where the rule says so; the deletion of a version never does', async () => {
  const VersionId = await put('k');
  await on.endpoint.replicated();
  const { VersionId: markerId } = await on.s3.send(new DeleteObjectCommand({ Bucket: 'primary', Key: 'k' }));
  await on.endpoint.replicated();
  expect(replicas('k').map(({ versionId, deleteMarker }) => [versionId, deleteMarker])).toEqual([[markerId, true], [VersionId, undefined]]);
  for (const version of [markerId, VersionId]) await on.s3.send(new DeleteObjectCommand({ Bucket: 'primary', Key: 'k', VersionId: version }));
  await on.endpoint.replicated();
  expect(on.endpoint.s3.versions('primary', 'k')).toEqual([]);
  expect(replicas('k')).toHaveLength(2);

  await replicate({ ...RULE, DeleteMarkerReplication: { Status: 'Disabled' } });
  await put('l');
  await on.endpoint.replicated();
  await on.s3.send(new DeleteObjectCommand({ Bucket: 'primary', Key: 'l' }));
  await on.endpoint.replicated();
  expect(replicas('l').map(({ deleteMarker }) => deleteMarker)).toEqual([undefined]);
});

test('what lifecycle does stays in its bucket', async () => {
  on.endpoint.s3.createBucket({
    name: 'primary', objectLock: true, kmsKeyArn: SOURCE_KEY, lifecycle: { rules: [{ id: 'all', enabled: true, filter: {}, expiration: { days: 1 }, noncurrentExpiration: { days: 1 } }] },
  });
  on.endpoint.setClock(at('2026-11-01T02:00:00'));
  await put('k');
  await on.endpoint.advanceTo(at('2026-11-30T00:00:00'));
  expect(on.endpoint.s3.versions('primary', 'k')).toEqual([]);
  expect(replicas('k').map(({ deleteMarker }) => deleteMarker)).toEqual([undefined]);
});

test('the replica\'s own lifecycle counts from the original creation', async () => {
  await on.stop();
  on = await start({ replicationSeconds: 3 * 86_400 });
  on.endpoint.s3.createBucket({ name: 'primary', versioning: true });
  on.endpoint.s3.createBucket({ name: 'replica', versioning: true, lifecycle: { rules: [{ id: 'all', enabled: true, filter: {}, expiration: { days: 4 } }] } });
  on.endpoint.setClock(at('2026-11-01T02:00:00'));
  await replicate({ ...RULE, SourceSelectionCriteria: undefined, Destination: { Bucket: 'arn:aws:s3:::replica' } });
  await put('k');
  await on.endpoint.advanceTo(at('2026-11-04T01:00:00'));
  expect(replicas('k')).toEqual([]);
  expect((await head('k')).ReplicationStatus).toBe('PENDING');
  await on.endpoint.advanceTo(at('2026-11-05T23:00:00'));
  expect(replicas('k')).toHaveLength(1);
  await on.endpoint.advanceTo(at('2026-11-06T00:00:00'));
  expect(replicas('k').map(({ deleteMarker }) => deleteMarker ?? false)).toEqual([true, false]);
});

test('lifecycle waits for replication', async () => {
  on.endpoint.s3.createBucket({ name: 'primary', objectLock: true, lifecycle: { rules: [{ id: 'all', enabled: true, filter: {}, expiration: { days: 1 } }] } });
  on.endpoint.setClock(at('2026-11-01T02:00:00'));
  on.endpoint.loseRegion('eu-west-1');
  await put('k');
  await on.endpoint.advanceTo(at('2026-12-01T00:00:00'));
  expect(on.endpoint.s3.versions('primary', 'k').map(({ replication }) => replication)).toEqual(['PENDING']);
  on.endpoint.regainRegion('eu-west-1');
  await on.endpoint.advanceTo(at('2026-12-02T00:00:00'));
  expect(replicas('k')).toHaveLength(1);
  expect(on.endpoint.s3.versions('primary', 'k')[0].deleteMarker).toBe(true);
});

describe('what is not replicated', () => {
  test('what was there before the rule', async () => {
    on.endpoint.s3.createBucket({ name: 'late', versioning: true });
    await on.s3.send(new PutObjectCommand({ Bucket: 'late', Key: 'before', Body: 'x' }));
    await on.s3.send(new PutBucketReplicationCommand({ Bucket: 'late', ReplicationConfiguration: { Role: ROLE, Rules: [RULE] } }));
    await on.s3.send(new PutObjectTaggingCommand({ Bucket: 'late', Key: 'before', Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }));
    await on.endpoint.replicated();
    expect(replicas('before')).toEqual([]);
    expect((await on.s3.send(new HeadObjectCommand({ Bucket: 'late', Key: 'before' }))).ReplicationStatus).toBeUndefined();
  });

  test.each<[string, Partial<ReplicationRule>, object]>([
    ['another prefix', { Filter: { Prefix: 'other/' } }, {}],
    ['another tag', { Filter: { Tag: { Key: 'a', Value: 'c' } }, DeleteMarkerReplication: { Status: 'Disabled' } }, { Tagging: 'a=b' }],
    ['a rule that is off', { Status: 'Disabled' }, {}],
    ['what a key encrypts, unless asked', { SourceSelectionCriteria: undefined }, {}],
  ])('%s', async (_, change, more) => {
    await replicate({ ...RULE, ...change });
    await put('k', more);
    await on.endpoint.replicated();
    expect(replicas('k')).toEqual([]);
    expect((await head('k')).ReplicationStatus).toBeUndefined();
  });

  test('a replica, any further', async () => {
    on.endpoint.s3.createBucket({ name: 'third', objectLock: true });
    await west.send(new PutBucketReplicationCommand({
      Bucket: 'replica', ReplicationConfiguration: { Role: ROLE, Rules: [{ ...RULE, Destination: { ...RULE.Destination!, Bucket: 'arn:aws:s3:::third' } }] },
    }));
    await put('k');
    await on.endpoint.replicated();
    expect(replicas('k')).toHaveLength(1);
    expect(on.endpoint.s3.versions('third', 'k')).toEqual([]);
  });
});

test('of rules with one destination the highest priority decides, and several destinations all get it', async () => {
  on.endpoint.s3.createBucket({ name: 'third', objectLock: true });
  await replicate(
    { ...RULE, ID: 'cold', Priority: 5, Destination: { ...RULE.Destination!, Bucket: 'arn:aws:s3:::replica', StorageClass: 'GLACIER' } },
    RULE, { ...RULE, ID: 'third', Priority: 2, Destination: { ...RULE.Destination!, Bucket: 'arn:aws:s3:::third' } },
  );
  await put('k');
  await on.endpoint.replicated();
  expect(replicas('k').map(({ storageClass }) => storageClass)).toEqual(['GLACIER']);
  expect(on.endpoint.s3.versions('third', 'k')).toHaveLength(1);
});

describe('the role', () => {
  test('is asked for every permission that AWS names, each in its region', async () => {
    const from = on.endpoint.calls.length;
    await put('k', { Tagging: 'a=b' });
    await on.endpoint.replicated();
    const asked = on.endpoint.calls.slice(from).filter(({ principal }) => principal === ROLE);
    expect(asked.map(({ action, resource, region }) => [action, resource.replace(/^arn:aws:(s3|kms):[^:]*:[^:]*:/, ''), region])).toEqual([
      ['s3:GetReplicationConfiguration', 'primary', 'us-east-1'], ['s3:ListBucket', 'primary', 'us-east-1'],
      ['s3:GetObjectVersionForReplication', 'primary/k', 'us-east-1'], ['s3:GetObjectVersionAcl', 'primary/k', 'us-east-1'],
      ['s3:GetObjectVersionTagging', 'primary/k', 'us-east-1'], ['s3:GetObjectRetention', 'primary/k', 'us-east-1'],
      ['s3:GetObjectLegalHold', 'primary/k', 'us-east-1'], ['s3:ReplicateObject', 'replica/k', 'eu-west-1'], ['s3:ReplicateTags', 'replica/k', 'eu-west-1'],
      ['kms:Decrypt', 'key/source', 'us-east-1'], ['kms:Encrypt', 'key/replica', 'eu-west-1'],
    ]);
    expect(asked.at(-1)).toMatchObject({ context: {
      'kms:ViaService': 's3.eu-west-1.amazonaws.com', 'aws:RequestedRegion': 'eu-west-1', 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::replica',
    } });
  });

  test.each(['s3:GetObjectVersionForReplication', 's3:GetObjectRetention', 's3:ReplicateObject', 'kms:Decrypt', 'kms:Encrypt'])('without %s the object fails', async (action) => {
    denied = (call) => (call.principal === ROLE && call.action === action ? 'no policy allows it' : undefined);
    await put('k');
    await on.endpoint.replicated();
    expect((await head('k')).ReplicationStatus).toBe('FAILED');
    expect(replicas('k')).toEqual([]);
    expect(on.endpoint.calls).toContainEqual(expect.objectContaining({ action, principal: ROLE, status: 403, errorCode: 'AccessDenied' }));
  });

  test('must be passed by who sets it', async () => {
    denied = (call) => (call.action === 'iam:PassRole' ? 'no policy allows it' : undefined);
    expect(await refusal(replicate())).toMatchObject({ name: 'AccessDenied', status: 403 });
  });
});

test('what was set is given back; what S3 refuses is refused', async () => {
  const { ReplicationConfiguration } = await on.s3.send(new GetBucketReplicationCommand({ Bucket: 'primary' }));
  expect(ReplicationConfiguration).toEqual({ Role: ROLE, Rules: [RULE] });
  const timed: ReplicationRule = { ...RULE, Destination: {
    ...RULE.Destination!, ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } }, Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
  } };
  await replicate(timed);
  expect((await on.s3.send(new GetBucketReplicationCommand({ Bucket: 'primary' }))).ReplicationConfiguration!.Rules).toEqual([timed]);
  const to = (bucket: string): ReplicationRule => ({ ...RULE, Destination: { ...RULE.Destination!, Bucket: `arn:aws:s3:::${bucket}` } });
  for (const rule of [
    to('nowhere'), to('plain'), to('store'), to('primary'), { ...RULE, Priority: undefined }, { ...RULE, Filter: { Tag: { Key: 'a', Value: 'b' } } },
    { ...RULE, Destination: { Bucket: 'arn:aws:s3:::replica' } },
  ]) expect(await refusal(replicate(rule))).toMatchObject({ name: 'InvalidRequest', status: 400 });
  expect(await refusal(replicate(RULE, { ...RULE, ID: 'again' }))).toMatchObject({ name: 'InvalidArgument' });
});

describe('regions', () => {
  test('a bucket answers in its own only, and says where it is', async () => {
    expect(await refusal(on.s3.send(new GetObjectCommand({ Bucket: 'replica', Key: 'k' })))).toMatchObject({ name: 'PermanentRedirect', status: 301 });
    expect((await on.s3.send(new GetBucketLocationCommand({ Bucket: 'replica' }))).LocationConstraint).toBe('eu-west-1');
    expect((await west.send(new HeadBucketCommand({ Bucket: 'replica' }))).BucketRegion).toBe('eu-west-1');
    const follows = new S3Client({ ...on.client, followRegionRedirects: true, maxAttempts: 3 });
    expect((await follows.send(new HeadBucketCommand({ Bucket: 'replica' }))).BucketRegion).toBe('eu-west-1');
    follows.destroy();
  });

  test('a new one is made where the request goes', async () => {
    await west.send(new CreateBucketCommand({ Bucket: 'fresh', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
    expect((await west.send(new HeadBucketCommand({ Bucket: 'fresh' }))).BucketRegion).toBe('eu-west-1');
    expect(await refusal(west.send(new CreateBucketCommand({ Bucket: 'elsewhere', CreateBucketConfiguration: { LocationConstraint: 'eu-west-3' } })))).toMatchObject({ name: 'IllegalLocationConstraintException' });
  });

  test('when one is lost the other still answers, with all that had arrived', async () => {
    await put('k');
    await on.endpoint.replicated();
    on.endpoint.loseRegion('us-east-1');
    expect(await refusal(head('k'))).toMatchObject({ status: 503 });
    expect(on.endpoint.calls.at(-1)).toMatchObject({ action: 's3:GetObject', status: 503, region: 'us-east-1' });
    expect((await headReplica('k')).ReplicationStatus).toBe('REPLICA');
    on.endpoint.regainRegion('us-east-1');
    await head('k');
  });
});

test('what was pending when the endpoint ended goes on with the next start', async () => {
  on.endpoint.loseRegion('eu-west-1');
  await put('k');
  await on.endpoint.close();
  on = await start({ directory: on.directory });
  await on.endpoint.replicated();
  expect(replicas('k')).toHaveLength(1);
});

test('an object that is stored once more is a write: it has the bucket\'s lock, and is replicated', async () => {
  on.endpoint.s3.createBucket({
    name: 'primary', objectLock: true, kmsKeyArn: SOURCE_KEY, defaultRetention: { mode: 'GOVERNANCE', days: 3 },
  });
  await put('one', { Tagging: 'a=b', ContentType: 'text/plain' });
  on.endpoint.setClock(at('2030-01-01T00:00:00'));
  const same = await on.endpoint.s3.repeat('primary', 'one', 'two');
  await on.endpoint.s3.repeat('primary', 'one', 'three', Buffer.from('other'));
  await on.endpoint.replicated();
  const two = await on.s3.send(new GetObjectCommand({ Bucket: 'primary', Key: 'two' }));
  expect(two).toMatchObject({ VersionId: same, ContentType: 'text/plain', ReplicationStatus: 'COMPLETED', ObjectLockMode: 'GOVERNANCE' });
  expect(two.ObjectLockRetainUntilDate!.toISOString()).toMatch(/^2030-01-04T00:00/);
  expect(two.TagCount).toBeUndefined();
  expect(await two.Body!.transformToString()).toBe('hello');
  const three = await on.s3.send(new GetObjectCommand({ Bucket: 'primary', Key: 'three', ChecksumMode: 'ENABLED' }));
  expect(await three.Body!.transformToString()).toBe('other');
  expect((await on.endpoint.s3.read('replica', 'three')).toString()).toBe('other');
});
