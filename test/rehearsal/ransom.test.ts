import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, PutObjectCommand, PutObjectRetentionCommand, PutObjectTaggingCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { BackupLock, BackupPolicy, BackupSchedule, BackupStore, PostgresFlavor, PostgresSource, Recipient, Retention } from '../../lib';
import { Authorizer } from '../../rehearsal/cloud/authorizer';
import { bucketsOf } from '../../rehearsal/cloud/local-cloud';
import { RoleKeyring } from '../../rehearsal/cloud/role-keys';
import { startCloud } from '../../rehearsal/cloud/start-cloud';
import type { ApiCall, Endpoint } from '../../rehearsal/endpoint';
import { TaskTokens } from '../../rehearsal/machine/task-tokens';
import { ATTACKS, type Target } from './ransom-attacks';
import { synthesize, type Synthesized } from './synthesize';

const DAY = 86_400_000;
const LOCK_DAYS = 7;
const PRIMARY = 'eu-west-3';
const REPLICA = 'eu-west-1';
const RUN = '20261120T020000Z';
const OF = `staging/shop/database/${RUN}`;
/** Key and role that writes it. */
const COPY = { [`parts/${OF}/one/rows.zst`]: 'dump', [`runs/${OF}.json`]: 'dump', [`verdicts/${OF}/20261120T020100Z.json`]: 'verify' } as const;

let made: Synthesized;
let endpoint: Endpoint;
let keys: RoleKeyring;
let directory: string;
let written: number;

beforeAll(() => {
  made = synthesize((app) => {
    const stack = new Stack(app, 'Shop', { env: { region: PRIMARY } });
    const store = new BackupStore(stack, 'Store', { replicaRegions: [REPLICA], lock: BackupLock.governance(Duration.days(LOCK_DAYS)) });
    const recipients = [Recipient.email('team@example.org')];
    const policy = new BackupPolicy(stack, 'Backup', {
      application: 'shop', environment: 'staging', store, recipients, lockExtension: {}, scrub: { within: Duration.days(20) },
    });
    policy.protect('database', {
      source: new PostgresSource({ connection: new Secret(stack, 'Connection'), flavor: PostgresFlavor.SELF_HOSTED }),
      schedule: BackupSchedule.daily({ at: '02:00' }), retention: Retention.gfs({ daily: 7 }),
      objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
    });
    const retire = new Role(stack, 'Retire', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), path: store.retireRolePath });
    store.grantRetire(retire, { environment: 'staging', application: 'shop' });
  }, { region: PRIMARY });
});
afterAll(() => made.remove());

/** A fresh cloud with one proven copy in it, written by the roles that write it. */
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ransom-'));
  const authorizer = new Authorizer(made.resolver);
  endpoint = await startCloud({
    resolver: made.resolver, authorizer, tokens: new TaskTokens(), directory, runningMachine: () => undefined, faults: undefined,
  });
  keys = new RoleKeyring(({ accessKeyId, ...rest }, principal) => endpoint.addCredentials(accessKeyId, { ...rest, principal }));
  for (const [Key, role] of Object.entries(COPY)) {
    await as(role, PRIMARY, (s3) => s3.send(new PutObjectCommand({ Bucket: bucketIn(PRIMARY), Key, Body: `content of ${Key}`, IfNoneMatch: '*' })));
  }
  await endpoint.replicated();
  expect(refusals()).toEqual([]);
  written = endpoint.now().getTime();
});
afterEach(async () => {
  await endpoint.close();
  rmSync(directory, { recursive: true, force: true });
});

const ROLES = {
  dump: 'Shop/Backup/database/Dump/Role', verify: 'Shop/Backup/database/Verify/Role', retire: 'Shop/Retire',
  extend: 'Shop/Backup/Extend/Role', scrub: 'Shop/Backup/Scrub/Role',
};
const ROLE_NAMES = Object.keys(ROLES) as (keyof typeof ROLES)[];
type RoleName = keyof typeof ROLES;

function roleArn(name: RoleName): string {
  const found = made.resolver.resourcesOf('AWS::IAM::Role').find(({ path }) => path === ROLES[name]);
  return found!.identity.attributes.Arn;
}
function bucketIn(region: string): string {
  return bucketsOf(made.resolver).find((one) => one.region === region && one.lock)!.name;
}
async function as<T>(role: RoleName | 'rehearsal', region: string, work: (s3: S3Client) => Promise<T>): Promise<T> {
  const credentials = role === 'rehearsal' ? { accessKeyId: 'test', secretAccessKey: 'test' } : keys.of(roleArn(role));
  const s3 = new S3Client({ endpoint: endpoint.url, region, credentials, maxAttempts: 1 });
  try {
    return await work(s3);
  } finally {
    s3.destroy();
  }
}
function refusals(): ApiCall[] {
  return endpoint.calls.filter(({ principal, status = 0 }) => principal !== undefined && status >= 400);
}

/** What is stored of the copy in a region, by version: bytes, lock and, where asked, tags. */
async function stored(region: string, { tags = true } = {}): Promise<unknown[]> {
  const bucket = bucketIn(region);
  return Promise.all(Object.keys(COPY).map(async (key) => {
    const data = endpoint.s3.versions(bucket, key).filter(({ deleteMarker }) => !deleteMarker);
    return Promise.all(data.map(async (one) => ({
      key, versionId: one.versionId, sha256: createHash('sha256').update(await endpoint.s3.read(bucket, key, one.versionId)).digest('hex'),
      retention: one.retention, legalHold: one.legalHold, storageClass: one.storageClass, encryption: one.encryption, headers: one.headers,
      ...(tags ? { tags: one.tags } : {}),
    })));
  }));
}

async function targetAt(region: string, key: string): Promise<Target> {
  const bucket = bucketIn(region);
  const [{ versionId, etag }] = endpoint.s3.versions(bucket, key);
  // An upload that a run left open on the key itself.
  return as('rehearsal', region, async (s3) => {
    const { UploadId: uploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }));
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumber: 1, Body: 'ransom' }));
    return { bucket, key, versionId, etag: `"${etag}"`, uploadId: uploadId!, partEtag: ETag!, free: `${key}.beside` };
  });
}

interface Outcome { attack: string; key: string; refused: boolean; status: number | undefined; seen: boolean }

/** Tries everything on every object of the copy, in one region. */
async function ransom(role: RoleName, region: string): Promise<Outcome[]> {
  const all = await Promise.all(Object.keys(COPY).map((key) => targetAt(region, key)));
  return as(role, region, async (s3) => {
    const outcomes: Outcome[] = [];
    for (const target of all) {
      for (const { name, run } of ATTACKS) {
        const from = endpoint.calls.length;
        const error = await run(s3, target).then(() => undefined, (reason: Error & { $metadata?: { httpStatusCode?: number } }) => reason);
        // In the log: an answer that refuses, or, of a request for many, a permission that was refused.
        const seen = endpoint.calls.slice(from).some(({ principal, status = 0, decision }) =>
          principal === roleArn(role) && (status >= 400 || decision?.allow === false));
        outcomes.push({ attack: name, key: target.key.split('/')[0], refused: error !== undefined, status: error?.$metadata?.httpStatusCode, seen });
      }
    }
    return outcomes;
  });
}

const CONDITION = /not there/;
/** What a role may do, and does by day: none of it touches a copy. */
const ALLOWED: Record<RoleName, (outcome: Outcome) => boolean> = {
  dump: () => false,
  // Reading is its work.
  verify: ({ attack, key }) => attack === 'carry its bytes off' && key !== 'verdicts',
  // Marking versions is its work; manifests and verdicts it reads by their versions alone.
  retire: ({ attack }) => attack === 'release its version by its tag',
  // What it may do lengthens a lock, and none of these does.
  extend: () => false,
  // Reading is its work, of each object by its version.
  scrub: () => false,
};

describe.each<RoleName>(ROLE_NAMES)('with the credentials of the %s role', (role) => {
  test.each([PRIMARY, REPLICA])('nothing in %s is written over, hidden, removed or unlocked, and each attempt is seen', async (region) => {
    const before = await stored(region);
    const outcomes = await ransom(role, region);
    // Its grants are for the store, not for the replica.
    const mayDo = region === PRIMARY ? ALLOWED[role] : () => false;
    expect(outcomes.filter((one) => one.refused === mayDo(one))).toEqual([]);
    expect(outcomes.filter((one) => one.refused && !one.seen)).toEqual([]);
    const refused = outcomes.filter((one) => one.refused);
    // A write that says the key is free is allowed, and fails because it is not.
    for (const one of refused) expect(one.status).toBe(one.status === 412 && CONDITION.test(one.attack) ? 412 : 403);
    await endpoint.replicated();
    if (role !== 'retire' || region === REPLICA) expect(await stored(region)).toEqual(before);
    else expect(await stored(region, { tags: false })).toEqual(withoutTags(before));
    for (const key of Object.keys(COPY)) expect(endpoint.s3.versions(bucketIn(region), key)).toHaveLength(1);
  });
});

function withoutTags(list: unknown): unknown {
  return JSON.parse(JSON.stringify(list, (name, value: unknown) => (name === 'tags' ? undefined : value)));
}

test('the attempts are real: who is held by no policy does most of them, and the lock or a condition refuses the rest', async () => {
  endpoint.s3.createBucket({ name: 'thief', objectLock: true, region: PRIMARY });
  const refused: string[] = [];
  await as('rehearsal', PRIMARY, async (s3) => {
    for (const [index, { name, run }] of ATTACKS.entries()) {
      const Key = `parts/staging/shop/database/${index}`;
      await s3.send(new PutObjectCommand({ Bucket: bucketIn(PRIMARY), Key, Body: 'x' }));
      await run(s3, await targetAt(PRIMARY, Key)).catch(() => refused.push(name));
    }
  });
  expect(refused).toEqual([
    'write over it, saying that it is not there', 'write over it under a key of one\'s own', 'write beside it under a key of one\'s own',
    'write under somebody else\'s KMS key', 'delete its version', 'complete what was left open, saying that it is not there', 'shorten its lock',
    'stop keeping versions', 'delete the bucket',
  ]);
});

test('a year later what the dump role could not release is still there, and what was left open is not', async () => {
  const [before, beforeReplica] = [await stored(PRIMARY), await stored(REPLICA)];
  await ransom('dump', PRIMARY);
  await endpoint.advanceTo(new Date(written + 365 * DAY));
  expect([await stored(PRIMARY), await stored(REPLICA)]).toEqual([before, beforeReplica]);
  for (const key of Object.keys(COPY)) expect(endpoint.s3.keys(bucketIn(PRIMARY))).toContain(key);
  expect(endpoint.s3.uploads(bucketIn(PRIMARY))).toEqual([]);
});

test('what the retire role releases is held by the lock until its end, in both regions, and can be taken back until then', async () => {
  const bytes = async (): Promise<unknown[]> => [await stored(PRIMARY, { tags: false }), await stored(REPLICA, { tags: false })];
  const before = await bytes();
  await ransom('retire', PRIMARY);
  await endpoint.replicated();
  await endpoint.advanceTo(new Date(written + LOCK_DAYS * DAY - 60_000));
  // The rules hide what was released, and remove nothing.
  for (const region of [PRIMARY, REPLICA]) {
    for (const key of Object.keys(COPY)) {
      expect(endpoint.s3.versions(bucketIn(region), key).map(({ deleteMarker }) => deleteMarker === true)).toEqual([true, false]);
    }
  }
  expect(await bytes()).toEqual(before);
  expect(endpoint.lifecycle.filter(({ kind }) => kind === 'held')).not.toEqual([]);
  expect(endpoint.lifecycle.filter((one) => one.kind === 'remove')).toEqual([]);
  // Whoever hears of it keeps them, with the same role; the rules then leave them for good.
  await as('retire', PRIMARY, async (s3) => {
    for (const Key of Object.keys(COPY)) {
      const { versionId } = endpoint.s3.versions(bucketIn(PRIMARY), Key).find(({ deleteMarker }) => !deleteMarker)!;
      const Tagging = { TagSet: [{ Key: 'retire', Value: 'keep' }] };
      await s3.send(new PutObjectTaggingCommand({ Bucket: bucketIn(PRIMARY), Key, VersionId: versionId, Tagging }));
    }
  });
  await endpoint.replicated();
  await endpoint.advanceTo(new Date(written + 60 * DAY));
  expect(await bytes()).toEqual(before);
});

test('the log shows each release by the retire role, with what it said', async () => {
  await ransom('retire', PRIMARY);
  const tagged = endpoint.calls.filter(({ action, status }) => action === 's3:PutObjectVersionTagging' && status === 200);
  expect(tagged.map(({ principal, context }) => [principal, context['s3:RequestObjectTag/retire']]))
    .toEqual(Object.keys(COPY).map(() => [roleArn('retire'), 'expire']));
});

test.each<RoleName>(ROLE_NAMES)('the %s role has no hand on key, roles or the rules of either bucket', (role) => {
  const authorizer = new Authorizer(made.resolver);
  const key = bucketsOf(made.resolver).find(({ region }) => region === PRIMARY)!.keyArn!;
  const ask = (action: string, resource: string): boolean => authorizer.authorize({ action, resource, principal: roleArn(role) }).allow;
  for (const action of ['kms:DisableKey', 'kms:ScheduleKeyDeletion', 'kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:Decrypt']) expect([action, ask(action, key)]).toEqual([action, false]);
  for (const other of Object.keys(ROLES) as RoleName[]) {
    for (const action of ['sts:AssumeRole', 'iam:PassRole', 'iam:PutRolePolicy', 'iam:AttachRolePolicy']) expect([action, ask(action, roleArn(other))]).toEqual([action, false]);
  }
});

test('the extend role makes a lock longer, by the store\'s own at the most, of any copy of its policy and of garbage; that is all it costs', async () => {
  const bucket = bucketIn(PRIMARY);
  const garbage = `parts/${OF}/one/garbage`;
  await as('dump', PRIMARY, (s3) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: garbage, Body: 'x', IfNoneMatch: '*' })));
  const before = await stored(PRIMARY);
  const outcomeOf = async (Key: string, days: number, Mode: 'GOVERNANCE' | 'COMPLIANCE' = 'GOVERNANCE') => {
    const { versionId: VersionId } = endpoint.s3.versions(bucket, Key)[0];
    const RetainUntilDate = new Date(endpoint.now().getTime() + days * DAY);
    const put = new PutObjectRetentionCommand({ Bucket: bucket, Key, VersionId, Retention: { Mode, RetainUntilDate } });
    return as('extend', PRIMARY, (s3) => s3.send(put)).then(() => 'done', (error: Error) => error.name);
  };
  const minute = 1 / 1440;
  await endpoint.advanceTo(new Date(endpoint.now().getTime() + 60 * 60_000));
  for (const Key of [...Object.keys(COPY), garbage]) {
    expect(await outcomeOf(Key, LOCK_DAYS - minute)).toBe('done');
    // Not longer than the store's own, not for compliance, and never back.
    expect(await outcomeOf(Key, LOCK_DAYS + 1)).toBe('AccessDenied');
    expect(await outcomeOf(Key, LOCK_DAYS - minute, 'COMPLIANCE')).toBe('AccessDenied');
    expect(await outcomeOf(Key, 1)).toBe('AccessDenied');
  }
  for (const Key of ['runs/staging/forum/database/x.json', 'parts/production/shop/database/x']) {
    await as('rehearsal', PRIMARY, (s3) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' })));
    await endpoint.advanceTo(new Date(endpoint.now().getTime() + 60 * 60_000));
    expect(await outcomeOf(Key, LOCK_DAYS - minute)).toBe('AccessDenied');
  }
  const withoutLock = (list: unknown): unknown => JSON.parse(JSON.stringify(list, (name, value: unknown) => (name === 'retention' ? undefined : value)));
  expect(withoutLock(await stored(PRIMARY))).toEqual(withoutLock(before));
  for (const Key of [...Object.keys(COPY), garbage]) {
    const { retention } = endpoint.s3.versions(bucket, Key)[0];
    expect(retention).toMatchObject({ mode: 'GOVERNANCE' });
    expect(retention!.until).toBeLessThanOrEqual(endpoint.now().getTime() + LOCK_DAYS * DAY);
  }
});
