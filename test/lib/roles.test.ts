import type { Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Compute, DatabaseAuthentication, type ProtectionProps } from '../../lib';
import { actions, postgres, resource, statements, template, text, type Statement } from './fixture';

const PREFIX = 'production/shop/database/*';

const s3 = (of: Statement[]) => of.filter(({ Action }) => String(Action).includes('s3:'));
const list = (value: unknown) => (Array.isArray(value) ? value : [value]);
const resources = (of: Statement[]) => [...new Set(of.flatMap(({ Resource }) => list(Resource).map(text)))].sort();
const underBucket = (resource: string) => resource.replace(/^<StoreBucket\w+\.Arn>\//, '');

const platforms: [string, (stack: Stack) => Partial<ProtectionProps>][] = [
  ['Lambda', () => ({})],
  ['Fargate', (stack) => ({ compute: Compute.fargate({ vpc: new Vpc(stack, 'Vpc') }) })],
];

describe.each(platforms)('on %s', (_, props) => {
  const made = template(props);
  const dump = statements(made, 'databaseDumpPolicy');
  const verify = statements(made, 'databaseVerifyPolicy');

  test('a dump worker writes parts and manifests of its own protection, and reads nothing but its secret', () => {
    expect(actions(s3(dump))).toEqual(['s3:AbortMultipartUpload', 's3:PutObject']);
    expect(resources(s3(dump)).map(underBucket)).toEqual([`parts/${PREFIX}`, `runs/${PREFIX}`]);
    expect(actions(dump).filter((action) => !action.startsWith('logs:'))).toEqual([
      'kms:Decrypt', 'kms:GenerateDataKey', 's3:AbortMultipartUpload', 's3:PutObject', 'secretsmanager:GetSecretValue',
    ]);
  });

  test('a verify worker reads its own protection and writes verdicts, and has no secret', () => {
    expect(actions(verify).filter((action) => !action.startsWith('logs:'))).toEqual([
      'kms:Decrypt', 'kms:GenerateDataKey', 's3:GetObject', 's3:GetObjectVersion', 's3:PutObject',
    ]);
    expect(resources(s3(verify).filter(({ Action }) => Action.includes('s3:PutObject'))).map(underBucket)).toEqual([`verdicts/${PREFIX}`]);
    expect(resources(s3(verify).filter(({ Action }) => Action.includes('s3:GetObject'))).map(underBucket)).toEqual([`parts/${PREFIX}`, `runs/${PREFIX}`]);
  });

  test.each([['dump', dump], ['verify', verify]] as const)('%s uses the store\'s key through S3 only', (_purpose, of) => {
    const [kms, ...others] = of.filter(({ Action }) => Action.includes('kms:GenerateDataKey'));
    expect(others).toEqual([]);
    expect(text(kms.Resource)).toMatch(/^<StoreKey\w+\.Arn>$/);
    expect(text(kms.Condition?.StringEquals['kms:ViaService'])).toBe('s3.<AWS::Region>.<AWS::URLSuffix>');
  });

  test('no role has a policy that a grant could have written into it: what a pack forbids, and a mistake would hide in', () => {
    made.resourceCountIs('AWS::IAM::Policy', 0);
    for (const role of Object.values(made.findResources('AWS::IAM::Role'))) expect(role.Properties.Policies).toBeUndefined();
  });

  test('no policy allows deleting, tagging, lock bypass or a whole service', () => {
    const all = Object.keys(made.findResources('AWS::IAM::ManagedPolicy')).flatMap((id) => statements(made, id));
    const forbidden = /^\*|:\*|Delete(?!LogDelivery|NetworkInterface)|(?<!GetObjectVersion)Tagging|Bypass|PutBucket|PutLifecycle|PutObjectRetention|PutObjectLegalHold|(?<!Get)Replicat|ScheduleKey|DisableKey/;
    const retire = statements(made, 'RetirePolicy');
    const others = all.filter((statement) => !retire.some((own) => JSON.stringify(own) === JSON.stringify(statement)));
    expect(actions(others).filter((action) => forbidden.test(action))).toEqual([]);
    // Tags are the retire worker's, and of the forbidden nothing else.
    expect(actions(retire).filter((action) => forbidden.test(action))).toEqual(['s3:PutObjectVersionTagging']);
  });
});

test('a secret known by its name alone is granted with the six characters that its ARN has more', () => {
  const made = template((stack) => ({ source: postgres(stack, { connection: Secret.fromSecretNameV2(stack, 'Named', 'shop/db') as Secret }) }));
  const [secret] = statements(made, 'databaseDumpPolicy').filter(({ Action }) => Action === 'secretsmanager:GetSecretValue');
  expect(text(secret.Resource)).toBe('arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:shop/db-??????');
});

test('a secret under a key of its own is decrypted through Secrets Manager only', () => {
  const made = template((stack) => ({ source: postgres(stack, { connection: new Secret(stack, 'Own', { encryptionKey: new Key(stack, 'SecretKey') }) }) }));
  const [kms] = statements(made, 'databaseDumpPolicy').filter(({ Action }) => Action === 'kms:Decrypt');
  expect(text(kms.Resource)).toMatch(/^<SecretKey\w+\.Arn>$/);
  expect(text(kms.Condition?.StringEquals['kms:ViaService'])).toBe('secretsmanager.<AWS::Region>.<AWS::URLSuffix>');
});

test('RDS IAM authentication is the right to log in as one user of one database', () => {
  const authentication = DatabaseAuthentication.rdsIam({ databaseResourceId: 'db-ABC', databaseUser: 'backup' });
  const made = template((stack) => ({ source: postgres(stack, { authentication }) }));
  const [login] = statements(made, 'databaseDumpPolicy').filter(({ Action }) => Action === 'rds-db:connect');
  expect(text(login.Resource)).toBe('arn:<AWS::Partition>:rds-db:<AWS::Region>:<AWS::AccountId>:dbuser:db-ABC/backup');
});

test('roles are for their service in this account', () => {
  const made = template((stack) => ({ compute: Compute.fargate({ vpc: new Vpc(stack, 'Vpc') }) }));
  for (const role of ['RunRole', 'DumpRole', 'VerifyRole', 'DumpStartRole', 'SchedulerRole']) {
    const [trust] = (resource(made, 'AWS::IAM::Role', role).AssumeRolePolicyDocument as { Statement: Statement[] }).Statement;
    expect(text(trust.Condition?.StringEquals['aws:SourceAccount'])).toBe('<AWS::AccountId>');
  }
});
