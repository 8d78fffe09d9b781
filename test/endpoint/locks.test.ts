import {
  DeleteObjectCommand, GetObjectLockConfigurationCommand, GetObjectRetentionCommand, HeadObjectCommand, PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand, PutObjectLockConfigurationCommand, PutObjectRetentionCommand, DeleteObjectsCommand,
} from '@aws-sdk/client-s3';
import { refusal, start, type Started } from './support';

const DAY = 86_400_000;
let at: Started;
let days = 0;
const now = (): Date => new Date(Date.now() + days * DAY);

beforeAll(async () => {
  at = await start({ now });
  at.endpoint.s3.createBucket({ name: 'locked', objectLock: true });
  at.endpoint.s3.createBucket({ name: 'standard', objectLock: true, defaultRetention: { mode: 'COMPLIANCE', days: 7 } });
});
afterAll(() => at.stop());
beforeEach(() => {
  days = 0;
});

const put = async (Key: string, more: object = {}): Promise<string> =>
  (await at.s3.send(new PutObjectCommand({ Bucket: 'locked', Key, Body: 'x', ...more }))).VersionId!;
const remove = (
  Key: string, VersionId: string, more: object = {},
) => at.s3.send(new DeleteObjectCommand({ Bucket: 'locked', Key, VersionId, ...more }));
const until = (inDays: number): Date => new Date(Date.now() + inDays * DAY);

test('governance gives way to the bypass only, compliance to nothing, both to time', async () => {
  const governed = await put('g', { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: until(10) });
  const complied = await put('c', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until(10) });
  expect(await refusal(remove('g', governed))).toMatchObject({
    name: 'AccessDenied', status: 403, message: expect.stringContaining('object lock') as string,
  });
  expect(await refusal(remove('c', complied, { BypassGovernanceRetention: true }))).toMatchObject({ name: 'AccessDenied', status: 403 });
  // A delete marker over a locked version is allowed, and takes nothing away.
  await at.s3.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'c' }));
  expect((await at.endpoint.s3.read('locked', 'c', complied)).toString()).toBe('x');
  await remove('g', governed, { BypassGovernanceRetention: true });
  const many = await at.s3.send(new DeleteObjectsCommand({ Bucket: 'locked', Delete: { Objects: [{ Key: 'c', VersionId: complied }] } }));
  expect(many.Errors).toMatchObject([{ Key: 'c', Code: 'AccessDenied' }]);
  days = 11;
  await remove('c', complied);
  expect(at.endpoint.s3.versions('locked', 'c').filter((version) => !version.deleteMarker)).toEqual([]);
});

test('retention can be lengthened, shortened only with the bypass, never in compliance', async () => {
  const VersionId = await put('r', { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: until(5) });
  const change = (Mode: 'GOVERNANCE' | 'COMPLIANCE', inDays: number, more: object = {}) =>
    at.s3.send(new PutObjectRetentionCommand({
      Bucket: 'locked', Key: 'r', VersionId, Retention: { Mode, RetainUntilDate: until(inDays) }, ...more,
    }));
  await change('GOVERNANCE', 8);
  expect(await refusal(change('GOVERNANCE', 2))).toMatchObject({ name: 'AccessDenied', status: 403 });
  await change('GOVERNANCE', 2, { BypassGovernanceRetention: true });
  await change('COMPLIANCE', 3, { BypassGovernanceRetention: true });
  expect(await refusal(change('COMPLIANCE', 1, { BypassGovernanceRetention: true }))).toMatchObject({ name: 'AccessDenied', status: 403 });
  expect(await refusal(change('GOVERNANCE', 9, { BypassGovernanceRetention: true }))).toMatchObject({ name: 'AccessDenied', status: 403 });
  await change('COMPLIANCE', 9);
  const kept = await at.s3.send(new GetObjectRetentionCommand({ Bucket: 'locked', Key: 'r' }));
  expect(kept.Retention!.Mode).toBe('COMPLIANCE');
  expect(await refusal(change('COMPLIANCE', -1))).toMatchObject({ name: 'InvalidArgument', status: 400 });
});

test('a legal hold holds without a date, whatever the bypass', async () => {
  const VersionId = await put('h', { ObjectLockLegalHoldStatus: 'ON' });
  expect(await refusal(remove('h', VersionId, { BypassGovernanceRetention: true }))).toMatchObject({ name: 'AccessDenied', status: 403 });
  days = 4000;
  expect(await refusal(remove('h', VersionId))).toMatchObject({ name: 'AccessDenied', status: 403 });
  await at.s3.send(new PutObjectLegalHoldCommand({ Bucket: 'locked', Key: 'h', LegalHold: { Status: 'OFF' } }));
  await remove('h', VersionId);
});

test('the default of the bucket', async () => {
  const written = await at.s3.send(new PutObjectCommand({ Bucket: 'standard', Key: 'd', Body: 'x' }));
  const head = await at.s3.send(new HeadObjectCommand({ Bucket: 'standard', Key: 'd' }));
  expect(head.ObjectLockMode).toBe('COMPLIANCE');
  expect(Math.abs(head.ObjectLockRetainUntilDate!.getTime() - until(7).getTime())).toBeLessThan(3_600_000);
  expect(await refusal(at.s3.send(new DeleteObjectCommand({
    Bucket: 'standard', Key: 'd', VersionId: written.VersionId,
  })))).toMatchObject({ status: 403 });
  const rule = await at.s3.send(new GetObjectLockConfigurationCommand({ Bucket: 'standard' }));
  expect(rule.ObjectLockConfiguration).toEqual({
    ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 7 } },
  });
});

test('what is refused', async () => {
  const lock = { ObjectLockMode: 'GOVERNANCE' as const, ObjectLockRetainUntilDate: until(1) };
  expect(await refusal(at.s3.send(new PutObjectCommand({
    Bucket: 'store', Key: 'x', Body: 'x', ...lock,
  })))).toMatchObject({ name: 'InvalidRequest', status: 400 });
  expect(await refusal(put(
    'p', { ...lock, ObjectLockRetainUntilDate: until(-1) },
  ))).toMatchObject({ name: 'InvalidArgument', status: 400 });
  expect(await refusal(put('p', { ObjectLockMode: 'GOVERNANCE' }))).toMatchObject({ name: 'InvalidArgument', status: 400 });
  const suspend = new PutBucketVersioningCommand({ Bucket: 'locked', VersioningConfiguration: { Status: 'Suspended' } });
  expect(await refusal(at.s3.send(suspend))).toMatchObject({ name: 'InvalidBucketState', status: 409 });
  const unversioned = new PutObjectLockConfigurationCommand({ Bucket: 'plain', ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } });
  expect(await refusal(at.s3.send(unversioned))).toMatchObject({ name: 'InvalidBucketState', status: 409 });
});

test('a lock wants a sum over the body', async () => {
  const bare = await start({ now }, { requestChecksumCalculation: 'WHEN_REQUIRED' });
  bare.endpoint.s3.createBucket({ name: 'standard', objectLock: true, defaultRetention: { mode: 'GOVERNANCE', days: 1 } });
  const write = (more: object) => bare.s3.send(new PutObjectCommand({ Bucket: 'standard', Key: 'k', Body: 'hello', ...more }));
  try {
    expect(await refusal(write({}))).toMatchObject({ name: 'InvalidRequest', message: expect.stringContaining('Content-MD5') as string });
    await write({ ContentMD5: 'XUFAKrxLKna5cZ2REBfFkg==' });
  } finally {
    await bare.stop();
  }
});
