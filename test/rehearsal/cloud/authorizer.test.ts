import { Stack, Duration } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, ManagedPolicy, PermissionsBoundary, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Authorizer } from '../../../rehearsal/cloud/authorizer';
import { bucketsOf, topicsOf } from '../../../rehearsal/cloud/local-cloud';
import { type Resolver } from '../../../rehearsal/assembly';
import { synthesize } from '../synthesize';

const ACCOUNT = '000000000000';
const WORKER = `arn:aws:iam::${ACCOUNT}:role/worker`;
const OBJECT = 'arn:aws:s3:::store/parts/prod/app/database/1.zst';

/** A store with a bucket policy as ours, and a worker with the given statements. */
function world(
  use: (resolver: Resolver, authorizer: Authorizer, keyArn: string) => void,
  grants: (parts: { bucket: Bucket; key: Key; role: Role }) => void,
): void {
  const made = synthesize((app) => {
    const stack = new Stack(app, 'Store');
    const key = new Key(stack, 'Key');
    const bucket = new Bucket(stack, 'Bucket', {
      bucketName: 'store', encryption: BucketEncryption.KMS, encryptionKey: key, versioned: true, enforceSSL: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(7)),
    });
    bucket.addToResourcePolicy(new PolicyStatement({
      sid: 'OnlyOnce', effect: Effect.DENY, principals: [new AnyPrincipal()], actions: ['s3:PutObject'], resources: [bucket.arnForObjects('*')],
      conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    }));
    const role = new Role(stack, 'Role', { roleName: 'worker', assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaBasicExecutionRole'));
    grants({ bucket, key, role });
  });
  try {
    const keyArn = bucketsOf(made.resolver)[0].keyArn!;
    use(made.resolver, new Authorizer(made.resolver), keyArn);
  } finally {
    made.remove();
  }
}

const ONCE = { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' };

test('what the policies grant is allowed, the key\'s by its trust in the account; what they do not is refused by name', () => {
  world((_, authorizer, keyArn) => {
    const ask = (action: string, resource: string, context = {}) => authorizer.authorize({ principal: WORKER, action, resource, context });
    expect(ask('s3:PutObject', OBJECT, ONCE)).toEqual({ allow: true });
    expect(ask('kms:GenerateDataKey', keyArn)).toEqual({ allow: true });
    expect(ask('s3:GetObject', OBJECT)).toEqual({ allow: false, reason: `Store/Role may not s3:GetObject on ${OBJECT}: no policy allows it` });
    expect(ask('s3:PutObject', 'arn:aws:s3:::store/runs/prod/app/database/1.json', ONCE)).toMatchObject({ allow: false });
    expect(ask('kms:Decrypt', keyArn)).toMatchObject({ allow: false, reason: expect.stringContaining(`Store/Role may not kms:Decrypt on ${keyArn}`) });
    expect(authorizer.refusals()).toHaveLength(3);
    expect(authorizer.refusals()[0]).toMatchObject({ role: 'Store/Role', action: 's3:GetObject', resource: OBJECT });
  }, ({ bucket, key, role }) => {
    role.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects('parts/prod/app/database/*')] }));
    role.addToPolicy(new PolicyStatement({ actions: ['kms:GenerateDataKey'], resources: [key.keyArn] }));
  });
});

test('the bucket\'s policy denies an overwrite to whom a role allows it, and the refusal names it', () => {
  world((_, authorizer) => {
    const without = authorizer.authorize({ principal: WORKER, action: 's3:PutObject', resource: OBJECT, context: { 's3:ObjectCreationOperation': 'true' } });
    expect(without).toMatchObject({ allow: false, reason: expect.stringMatching(/Store\/Bucket\/Policy denies it \(OnlyOnce\)/) });
    const plain = authorizer.authorize({ principal: WORKER, action: 's3:PutObject', resource: OBJECT, context: { ...ONCE, 'aws:SecureTransport': 'false' } });
    expect(plain).toMatchObject({ allow: false });
  }, ({ bucket, role }) => {
    role.addToPolicy(new PolicyStatement({ actions: ['s3:*'], resources: [bucket.arnForObjects('*')] }));
  });
});

test('managed policies and permissions boundaries count', () => {
  world((_, authorizer) => {
    const ask = (action: string, resource: string) => authorizer.authorize({ principal: WORKER, action, resource });
    expect(ask('s3:ListBucket', 'arn:aws:s3:::store')).toEqual({ allow: true });
    expect(ask('logs:PutLogEvents', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:x:log-stream:y`)).toMatchObject({ allow: false, reason: expect.stringContaining('boundary') });
  }, ({ bucket, role }) => {
    const stack = Stack.of(role);
    role.addManagedPolicy(new ManagedPolicy(stack, 'Reader', { statements: [new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] })] }));
    PermissionsBoundary.of(role).apply(new ManagedPolicy(stack, 'Boundary', { statements: [new PolicyStatement({ actions: ['s3:*'], resources: ['*'] })] }));
  });
});

test('a grant nobody asks for is listed, those of the platform and those in use are not', () => {
  world((_, authorizer) => {
    authorizer.authorize({ principal: WORKER, action: 's3:PutObject', resource: OBJECT, context: ONCE });
    expect(authorizer.unusedGrants()).toEqual([{ role: 'Store/Role', action: 's3:DeleteObjectVersion' }]);
  }, ({ bucket, role }) => {
    role.addToPolicy(new PolicyStatement({ actions: ['s3:Put*', 's3:DeleteObjectVersion'], resources: [bucket.arnForObjects('*')] }));
  });
});

test('calls of the rehearsal itself have full access; a role of nowhere is an error that names it', () => {
  world((_, authorizer) => {
    expect(authorizer.authorize({ principal: undefined, action: 's3:DeleteBucket', resource: '*' })).toEqual({ allow: true });
    expect(() => authorizer.authorize({ principal: 'arn:aws:iam::000000000000:role/elsewhere', action: 's3:GetObject', resource: OBJECT })).toThrow(/No stack of the assembly makes the role .*elsewhere/);
  }, () => undefined);
});

test('buckets come with versions, lock and key; topics with their ARN', () => {
  const made = synthesize((app) => {
    const stack = new Stack(app, 'Store');
    new Bucket(stack, 'Locked', { versioned: true, objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(3)) });
    new Bucket(stack, 'Plain', { bucketName: 'plain' });
    new Topic(stack, 'Topic', { masterKey: new Key(stack, 'Key') });
  });
  const [locked, plain] = bucketsOf(made.resolver);
  expect(locked).toMatchObject({ versioned: true, lock: { retention: { mode: 'COMPLIANCE', days: 3 } }, keyArn: undefined, path: 'Store/Locked' });
  expect(locked.name).toMatch(/^store-locked[0-9a-f]{8}-[0-9a-f]{8}$/);
  expect(plain).toMatchObject({ name: 'plain', versioned: false, lock: undefined });
  expect(topicsOf(made.resolver)[0].keyArn).toMatch(/^arn:aws:kms:us-east-1:000000000000:key\//);
  made.remove();
});
