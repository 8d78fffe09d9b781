import { existsSync } from 'node:fs';
import {
  CreateMultipartUploadCommand, DeleteBucketLifecycleCommand, GetBucketLifecycleConfigurationCommand, GetObjectCommand, HeadObjectCommand,
  ListMultipartUploadsCommand, ListObjectVersionsCommand, PutBucketLifecycleConfigurationCommand, PutBucketVersioningCommand,
  PutObjectCommand, PutObjectLegalHoldCommand, PutObjectTaggingCommand, type LifecycleRule,
} from '@aws-sdk/client-s3';
import { refusal, start, type Started } from './support';

const at = (text: string): Date => new Date(`${text}Z`);
let on: Started;

beforeEach(async () => {
  on = await start();
  on.endpoint.s3.createBucket({ name: 'locked', objectLock: true, defaultRetention: { mode: 'GOVERNANCE', days: 7 } });
  on.endpoint.setClock(at('2026-11-01T02:00:00'));
});
afterEach(() => on.stop());

const setRules = (Bucket: string, ...Rules: LifecycleRule[]) =>
  on.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
const put = async (Bucket: string, Key: string, more: object = {}): Promise<string> =>
  (await on.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...more }))).VersionId!;
const retire = (Key: string) => on.s3.send(new PutObjectTaggingCommand({ Bucket: 'locked', Key, Tagging: { TagSet: [{ Key: 'retire', Value: 'expire' }] } }));
const stack = (bucket: string, key: string): string[] =>
  on.endpoint.s3.versions(bucket, key).map(({ versionId, deleteMarker }) => (deleteMarker ? 'marker' : versionId));
const events = (): string[] => on.endpoint.lifecycle.map((one) => `${one.at.toISOString().slice(0, 16)} ${one.kind} ${one.key} by ${one.rule}`);

const RETIRED = { Tag: { Key: 'retire', Value: 'expire' } };
/** The rules that a backup store declares. */
const STORE: LifecycleRule[] = [
  { ID: 'expire-retired', Status: 'Enabled', Filter: RETIRED, Expiration: { Days: 1 } },
  { ID: 'remove-retired-versions', Status: 'Enabled', Filter: RETIRED, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
  { ID: 'remove-lone-delete-markers', Status: 'Enabled', Filter: {}, Expiration: { ExpiredObjectDeleteMarker: true } },
  { ID: 'abort-incomplete-uploads', Status: 'Enabled', Filter: {}, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
];

test('a retired copy: marked at the next midnight, removed when its lock is over, and its marker after it', async () => {
  await setRules('locked', ...STORE);
  const old = await put('locked', 'parts/old');
  const [{ retention }] = on.endpoint.s3.versions('locked', 'parts/old');
  const kept = await put('locked', 'parts/kept');
  await on.endpoint.advanceTo(at('2026-11-03T10:00:00'));
  expect(on.endpoint.lifecycle).toEqual([]);
  await retire('parts/old');
  await on.endpoint.advanceTo(at('2026-11-04T00:00:00'));
  expect(stack('locked', 'parts/old')).toEqual(['marker', old]);
  expect(await refusal(on.s3.send(new GetObjectCommand({ Bucket: 'locked', Key: 'parts/old' })))).toMatchObject({ status: 404 });
  // Under its marker the copy can still be read, and brought back.
  expect((await on.s3.send(new GetObjectCommand({ Bucket: 'locked', Key: 'parts/old', VersionId: old }))).ContentLength).toBe(1);
  await on.endpoint.advanceTo(at('2026-11-08T01:59:00'));
  expect(stack('locked', 'parts/old')).toEqual(['marker', old]);
  await on.endpoint.advanceTo(at('2026-11-30T00:00:00'));
  expect(stack('locked', 'parts/old')).toEqual([]);
  expect(stack('locked', 'parts/kept')).toEqual([kept]);
  expect(events()).toEqual([
    '2026-11-04T00:00 expire parts/old by expire-retired',
    '2026-11-06T00:00 held parts/old by remove-retired-versions',
    '2026-11-09T00:00 remove parts/old by remove-retired-versions',
    '2026-11-10T00:00 remove parts/old by remove-lone-delete-markers',
  ]);
  expect(on.endpoint.lifecycle[1]).toMatchObject({ until: retention!.until });
});

test('a legal hold outlasts every rule until it is lifted', async () => {
  await setRules('locked', ...STORE);
  await put('locked', 'k', { ObjectLockLegalHoldStatus: 'ON' });
  await retire('k');
  const VersionId = on.endpoint.s3.versions('locked', 'k')[0].versionId;
  await on.endpoint.advanceTo(at('2027-11-01T00:00:00'));
  expect(stack('locked', 'k')).toEqual(['marker', VersionId]);
  await on.s3.send(new PutObjectLegalHoldCommand({ Bucket: 'locked', Key: 'k', VersionId, LegalHold: { Status: 'OFF' } }));
  await on.endpoint.advanceTo(at('2027-11-03T00:00:00'));
  expect(stack('locked', 'k')).toEqual([]);
});

test('uploads that were left are aborted, and their parts are gone', async () => {
  await setRules('store', ...STORE);
  await on.s3.send(new CreateMultipartUploadCommand({ Bucket: 'store', Key: 'left' }));
  await on.endpoint.advanceTo(at('2026-11-02T12:00:00'));
  await on.s3.send(new CreateMultipartUploadCommand({ Bucket: 'store', Key: 'young' }));
  await on.endpoint.advanceTo(at('2026-11-03T00:00:00'));
  const { Uploads } = await on.s3.send(new ListMultipartUploadsCommand({ Bucket: 'store' }));
  expect(Uploads!.map(({ Key }) => Key)).toEqual(['young']);
});

test('classes change with age, and an archived object cannot be read as it is', async () => {
  await setRules('store', { ID: 'age', Status: 'Enabled', Filter: { Prefix: 'parts/' }, Transitions: [{ Days: 30, StorageClass: 'STANDARD_IA' }, { Days: 90, StorageClass: 'GLACIER' }] });
  await put('store', 'parts/large', { Body: Buffer.alloc(200_000) });
  await put('store', 'parts/small');
  await put('store', 'runs/large', { Body: Buffer.alloc(200_000) });
  const classOf = async (Key: string): Promise<string | undefined> => (await on.s3.send(new HeadObjectCommand({ Bucket: 'store', Key }))).StorageClass;
  await on.endpoint.advanceTo(at('2026-12-02T00:00:00'));
  expect([await classOf('parts/large'), await classOf('parts/small'), await classOf('runs/large')]).toEqual(['STANDARD_IA', undefined, undefined]);
  await on.endpoint.advanceTo(at('2027-02-01T00:00:00'));
  expect(await classOf('parts/large')).toBe('GLACIER');
  expect(await refusal(on.s3.send(new GetObjectCommand({ Bucket: 'store', Key: 'parts/large' })))).toMatchObject({ name: 'InvalidObjectState', status: 403 });
});

test('without versions an object goes; with suspended ones the marker takes the null version\'s place', async () => {
  await setRules('plain', { ID: 'all', Status: 'Enabled', Filter: {}, Expiration: { Days: 1 } });
  await put('plain', 'k');
  on.endpoint.s3.createBucket({ name: 'suspended', versioning: true });
  await setRules('suspended', { ID: 'all', Status: 'Enabled', Filter: {}, Expiration: { Days: 1 } });
  const older = await put('suspended', 'k');
  await on.s3.send(new PutBucketVersioningCommand({ Bucket: 'suspended', VersioningConfiguration: { Status: 'Suspended' } }));
  await put('suspended', 'k');
  const [file] = on.endpoint.s3.files('suspended', 'k');
  await on.endpoint.advanceTo(at('2026-11-03T00:00:00'));
  expect(stack('plain', 'k')).toEqual([]);
  expect(stack('suspended', 'k')).toEqual(['marker', older]);
  expect(existsSync(file)).toBe(false);
});

test('what was set is given back with its ids, and what S3 refuses is refused', async () => {
  const get = () => on.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'store' }));
  expect(await refusal(get())).toMatchObject({ name: 'NoSuchLifecycleConfiguration', status: 404 });
  const rules: LifecycleRule[] = [
    ...STORE,
    { ID: 'and', Status: 'Disabled', Filter: { And: { Prefix: 'a/', Tags: [{ Key: 'x', Value: 'y' }], ObjectSizeGreaterThan: 5 } }, Expiration: { Date: at('2027-01-01T00:00:00') } },
    { ID: 'old form', Status: 'Enabled', Prefix: 'b/', NoncurrentVersionTransitions: [{ NoncurrentDays: 1, NewerNoncurrentVersions: 2, StorageClass: 'GLACIER' }] },
  ];
  await setRules('store', ...rules);
  const { Rules, TransitionDefaultMinimumObjectSize } = await get();
  expect(Rules).toEqual(rules);
  expect(TransitionDefaultMinimumObjectSize).toBe('all_storage_classes_128K');
  await setRules('store', { Status: 'Enabled', Filter: {}, Expiration: { Days: 1 } });
  expect((await get()).Rules![0].ID).toMatch(/^[0-9a-f-]{36}$/);
  expect(await refusal(setRules('store', { ID: 'r', Status: 'Enabled', Filter: RETIRED, Expiration: { ExpiredObjectDeleteMarker: true } })))
    .toMatchObject({ name: 'InvalidRequest', status: 400 });
  expect(await refusal(setRules('store', { ID: 'r', Status: 'Enabled', Filter: {}, Expiration: { Days: 0 } }))).toMatchObject({ name: 'InvalidArgument', status: 400 });
  await on.s3.send(new DeleteBucketLifecycleCommand({ Bucket: 'store' }));
  expect(await refusal(get())).toMatchObject({ status: 404 });
});

describe('the clock', () => {
  test('everything stored has its time; signatures do not', async () => {
    await put('store', 'k');
    const head = await on.s3.send(new HeadObjectCommand({ Bucket: 'store', Key: 'k' }));
    expect(Math.abs(head.LastModified!.getTime() - at('2026-11-01T02:00:00').getTime())).toBeLessThan(3_600_000);
    const { Versions } = await on.s3.send(new ListObjectVersionsCommand({ Bucket: 'store' }));
    expect(Versions![0].LastModified!.toISOString()).toMatch(/^2026-11-01T02:0/);
    on.endpoint.setClock(at('2040-01-01T00:00:00'));
    await put('store', 'k');
    const retention = await on.s3.send(new HeadObjectCommand({ Bucket: 'locked', Key: (await put('locked', 'k'), 'k') }));
    expect(retention.ObjectLockRetainUntilDate!.toISOString()).toMatch(/^2040-01-08T00:0/);
  });

  test('it goes on by itself, and only setClock turns it back', async () => {
    const before = on.endpoint.now().getTime();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(on.endpoint.now().getTime()).toBeGreaterThan(before);
    await expect(on.endpoint.advanceTo(at('2026-10-01T00:00:00'))).rejects.toThrow(RangeError);
    on.endpoint.setClock(at('2026-10-01T00:00:00'));
    await on.endpoint.advanceTo(at('2026-10-02T00:00:00'));
    expect(on.endpoint.now().toISOString()).toMatch(/^2026-10-02T00:00:0/);
  });

  test('each midnight is seen, not only the last', async () => {
    await setRules('store', { ID: 'daily', Status: 'Enabled', Filter: {}, Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } });
    await put('store', 'k');
    await on.endpoint.advanceTo(at('2026-12-01T00:00:00'));
    expect(events()).toEqual(['2026-11-03T00:00 expire k by daily', '2026-11-05T00:00 remove k by daily', '2026-11-06T00:00 remove k by daily']);
  });
});
