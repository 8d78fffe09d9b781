import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Duration, Stack } from 'aws-cdk-lib';
import { Bucket, type CfnBucket, StorageClass } from 'aws-cdk-lib/aws-s3';
import { BackupLock, BackupStore } from '../../../lib';
import { Authorizer } from '../../../rehearsal/cloud/authorizer';
import { bucketsOf } from '../../../rehearsal/cloud/local-cloud';
import { startCloud } from '../../../rehearsal/cloud/start-cloud';
import type { Endpoint } from '../../../rehearsal/endpoint';
import { TaskTokens } from '../../../rehearsal/machine/task-tokens';
import { synthesize, type Synthesized } from '../synthesize';

test('lifecycle, replication and what else a template says of a bucket', () => {
  const made = synthesize((app) => {
    const stack = new Stack(app, 'Store', { env: { region: 'eu-west-3' } });
    const bucket = new Bucket(stack, 'Rules', {
      versioned: true,
      lifecycleRules: [
        { id: 'retired', tagFilters: { retire: 'expire' }, prefix: 'runs/', expiration: Duration.days(1), noncurrentVersionExpiration: Duration.days(2), noncurrentVersionsToRetain: 3 },
        { id: 'lone', expiredObjectDeleteMarker: true },
        { id: 'uploads', abortIncompleteMultipartUploadAfter: Duration.days(4), enabled: false },
        { id: 'classes', transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) }] },
        { id: 'date', expirationDate: new Date('2027-01-01T00:00:00Z') },
      ],
    });
    (bucket.node.defaultChild as CfnBucket).replicationConfiguration = { role: 'arn:aws:iam::000000000000:role/r', rules: [
      { status: 'Enabled', id: 'old', prefix: 'a/', destination: { bucket: 'arn:aws:s3:::other' } },
    ] };
    new Bucket(stack, 'Plain');
  });
  const [rules, plain] = bucketsOf(made.resolver);
  made.remove();
  expect(plain).toMatchObject({ lifecycle: undefined, replication: undefined, region: 'eu-west-3', blocksCustomerKeys: false });
  expect(JSON.parse(JSON.stringify(rules.lifecycle))).toEqual({ rules: [
    { id: 'retired', enabled: true, filter: { prefix: 'runs/', tags: { retire: 'expire' } }, expiration: { days: 1 }, noncurrentExpiration: { days: 2, newer: 3 } },
    { id: 'lone', enabled: true, filter: {}, expiration: { lone: true } },
    { id: 'uploads', enabled: false, filter: {}, abortUploadDays: 4 },
    { id: 'classes', enabled: true, filter: {}, transitions: [{ storageClass: 'STANDARD_IA', days: 30 }] },
    { id: 'date', enabled: true, filter: {}, expiration: { date: Date.parse('2027-01-01T00:00:00Z') } },
  ] });
  expect(rules.replication).toMatchObject({ role: 'arn:aws:iam::000000000000:role/r', rules: [{ id: 'old', old: true, filter: { prefix: 'a/' }, destination: { bucket: 'other' } }] });
});

describe('a store with a replica in another region', () => {
  let made: Synthesized;
  let endpoint: Endpoint;
  const directory = mkdtempSync(join(tmpdir(), 'local-buckets-'));

  beforeAll(async () => {
    made = synthesize((app) => {
      const stack = new Stack(app, 'Shop', { env: { region: 'eu-west-3' } });
      new BackupStore(stack, 'Store', { replicaRegions: ['eu-west-1'], lock: BackupLock.governance(Duration.days(7)) });
    }, { region: 'eu-west-3' });
    endpoint = await startCloud({
      resolver: made.resolver, authorizer: new Authorizer(made.resolver), tokens: new TaskTokens(), directory,
      runningMachine: () => undefined, faults: undefined,
    });
  });
  afterAll(async () => {
    await endpoint.close();
    made.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  test('is laid out from its stacks: regions, keys, locks and rules', () => {
    const [primary, replica] = ['eu-west-3', 'eu-west-1'].map((region) => bucketsOf(made.resolver).find((one) => one.region === region && one.lock)!);
    expect(primary).toMatchObject({
      versioned: true, bucketKey: true, blocksCustomerKeys: true, lock: { retention: { mode: 'GOVERNANCE', days: 7 } }, keyArn: expect.stringMatching(/^arn:aws:kms:eu-west-3:/),
      replication: { rules: [{ destination: { bucket: replica.name, keyArn: replica.keyArn }, kmsEncrypted: true, deleteMarkers: false }] },
    });
    expect(replica).toMatchObject({ versioned: true, keyArn: expect.stringMatching(/^arn:aws:kms:eu-west-1:/), lock: { retention: { mode: 'GOVERNANCE', days: 7 } } });
    for (const { lifecycle } of [primary, replica]) {
      expect(lifecycle?.rules.filter(({ filter }) => filter.tags?.retire === 'expire').map(({ expiration, noncurrentExpiration }) => ({ expiration, noncurrentExpiration })))
        .toEqual(expect.arrayContaining([expect.objectContaining({ expiration: { days: 1 } })]));
    }
  });

  test('replicates by its own role, which is allowed what S3 asks for and nothing is refused', async () => {
    const [primary, replica] = ['eu-west-3', 'eu-west-1'].map((region) => bucketsOf(made.resolver).find((one) => one.region === region && one.lock)!);
    const s3 = new S3Client({ endpoint: endpoint.url, region: 'eu-west-3', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
    await s3.send(new PutObjectCommand({ Bucket: primary.name, Key: 'runs/x', Body: 'x', Tagging: 'a=b' }));
    await endpoint.replicated();
    expect((await s3.send(new HeadObjectCommand({ Bucket: primary.name, Key: 'runs/x' }))).ReplicationStatus).toBe('COMPLETED');
    s3.destroy();
    const role = primary.replication!.role;
    const asked = endpoint.calls.filter(({ principal }) => principal === role);
    expect(asked.filter(({ decision }) => decision?.allow === false)).toEqual([]);
    expect(asked.map(({ action }) => action)).toEqual(expect.arrayContaining(['s3:ReplicateObject', 's3:GetObjectRetention', 'kms:Decrypt', 'kms:Encrypt']));
    const [copy] = endpoint.s3.versions(replica.name, 'runs/x');
    expect(copy).toMatchObject({ replication: 'REPLICA', encryption: { keyArn: replica.keyArn }, retention: { mode: 'GOVERNANCE' } });
  });
});
