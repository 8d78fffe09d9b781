import { App, Duration, Stack } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Template } from 'aws-cdk-lib/assertions';
import {
  BackupLock, BackupPolicy, BackupStore, Recipient, StorageTransition, type BackupStoreAttributes, type BackupTeamProps, type IBackupStore,
} from '../../lib';
import { actions, protection, resource, statements, text, type Statement } from './fixture';

const OWNER = { account: '111111111111', region: 'eu-west-3' };
const TEAM = { account: '222222222222', region: 'eu-west-3' };
const KEY = 'arn:aws:kms:eu-west-3:111111111111:key/0123-4567';

function imported(attributes: Partial<BackupStoreAttributes> = {}, env = TEAM) {
  const stack = new Stack(new App(), 'Team', { env });
  return { stack, store: BackupStore.fromAttributes(stack, 'Store', { bucketName: 'central', keyArn: KEY, ...attributes }) };
}

function owner(teams: BackupTeamProps[], replicaRegions: string[] = [], lock?: BackupLock) {
  const stack = new Stack(new App(), 'Owner', { env: OWNER });
  const store = new BackupStore(stack, 'Store', { replicaRegions, lock });
  teams.forEach((team) => store.allowTeam(team));
  return { stack, store, template: Template.fromStack(stack) };
}

function bucketStatements(template: Template): (Statement & { Sid?: string; Principal: unknown })[] {
  return (resource(template, 'AWS::S3::BucketPolicy', 'StoreBucket').PolicyDocument as { Statement: (Statement & { Sid?: string; Principal: unknown })[] }).Statement;
}

describe('a store of another account, from its attributes', () => {
  test('has its place from the key and its promises from its owner', () => {
    const { store } = imported({
      lock: BackupLock.compliance(Duration.days(30)), gracePeriod: Duration.days(14), replicaRegions: ['eu-west-1'],
      transitions: [StorageTransition.glacierDeepArchive(Duration.days(90))],
    });
    expect(store).toMatchObject({ region: 'eu-west-3', bucketArn: 'arn:aws:s3:::central', keyArn: KEY, env: { account: '111111111111', region: 'eu-west-3' } });
    expect(store).toMatchObject({
      _lock: { mode: 'COMPLIANCE', retentionSeconds: 30 * 86_400 }, _graceSeconds: 14 * 86_400, _replicas: [{ region: 'eu-west-1' }],
      _transitions: [{ storageClass: 'DEEP_ARCHIVE', afterDays: 90 }],
    });
  });

  test('promises nothing that nobody said', () => {
    expect(imported().store).toMatchObject({ _lock: undefined, _replicas: [], _transitions: [], _graceSeconds: 7 * 86_400 });
  });

  test('a policy writes there by grants of its own account', () => {
    const { stack, store } = imported();
    const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store, recipients: [Recipient.email('a@example.org')] });
    policy.protect('database', protection(stack));
    const template = Template.fromStack(stack);
    const dump = statements(template, 'BackupdatabaseDumpPolicy');
    expect(dump.find(({ Action }) => Action === 's3:PutObject')!.Resource)
      .toEqual(['arn:aws:s3:::central/parts/production/shop/database/*', 'arn:aws:s3:::central/runs/production/shop/database/*']);
    expect(dump.find(({ Action }) => [Action].flat().includes('kms:GenerateDataKey'))).toMatchObject({ Resource: KEY });
    expect(template.findResources('AWS::S3::Bucket')).toEqual({});
  });

  test('a name that its owner does not let in is refused at synth', () => {
    const { stack, store } = imported({ applications: ['shop'] });
    const policy = new BackupPolicy(stack, 'Backup', { application: 'till', store, recipients: [Recipient.email('a@example.org')] });
    expect(() => policy.protect('database', protection(stack))).toThrow(/^Team\/Backup: application is "till" in the store Team\/Store; allowed: "shop", which its owner/);
  });

  test.each<[Partial<BackupStoreAttributes>, RegExp]>([
    [{ keyArn: 'alias/backup' }, /keyArn is "alias\/backup"; allowed: the ARN of a key as it stands/],
    [{ keyArn: 'arn:aws:kms:eu-west-3:1:key/0' }, /keyArn, its account, is "1"/],
    [{ keyArn: 'arn:aws:kms:paris:111111111111:key/0' }, /keyArn, its region, is "paris"/],
    [{ replicaRegions: ['eu-west-0'] }, /replicaRegions is "eu-west-0"/],
    [{ gracePeriod: Duration.days(0) }, /gracePeriod is 0 days/],
    [{ rolePath: '/' }, /rolePath is "\/"; allowed: a path of its own/],
    [{ applications: ['Shop'] }, /applications is "Shop"/],
  ])('refuses %j', (attributes, message) => expect(() => imported(attributes)).toThrow(message));
});

describe('a team that a store lets in', () => {
  const { template } = owner([{ account: TEAM.account, applications: ['shop', 'till'], environments: ['production', 'staging'] }]);
  const allowed = bucketStatements(template).filter(({ Effect }) => Effect === 'Allow');

  test('may do in the bucket what its roles may be granted, and nothing that deletes, unlocks or configures', () => {
    expect(actions(allowed)).toEqual([
      's3:AbortMultipartUpload', 's3:GetObject', 's3:GetObjectLegalHold', 's3:GetObjectRetention', 's3:GetObjectVersion', 's3:GetObjectVersionTagging',
      's3:ListBucket', 's3:ListBucketVersions', 's3:PutObject', 's3:PutObjectRetention', 's3:PutObjectVersionTagging',
    ]);
    for (const { Principal } of allowed) expect(text((Principal as { AWS: unknown }).AWS)).toBe('arn:<AWS::Partition>:iam::222222222222:root');
  });

  test('under its applications\' names only', () => {
    const prefixes = ['production/shop', 'production/till', 'staging/shop', 'staging/till'];
    for (const { Sid, Resource } of allowed.filter(({ Sid }) => !Sid!.startsWith('List'))) {
      for (const one of [Resource].flat()) expect({ Sid, key: text(one).replace(/^<\w+\.Arn>\/\w+\//, '') }).toEqual({ Sid, key: expect.stringMatching(new RegExp(`^(${prefixes.join('|')})/\\*$`)) });
    }
    const list = allowed.find(({ Sid }) => Sid!.startsWith('List'))!;
    expect(list.Condition!.StringLike['s3:prefix']).toHaveLength(6 * 4);
  });

  test('lengthens locks by the store\'s own at the most, and in its mode', () => {
    const { Action, Condition } = allowed.find(({ Sid }) => Sid!.startsWith('Lock'))!;
    expect(Action).toEqual(['s3:GetObjectRetention', 's3:PutObjectRetention']);
    expect(Condition).toEqual({
      NumericLessThanEqualsIfExists: { 's3:object-lock-remaining-retention-days': 7 }, StringEqualsIfExists: { 's3:object-lock-mode': 'GOVERNANCE' },
    });
    const unlocked = owner([{ account: TEAM.account, applications: ['shop'] }], [], BackupLock.none());
    expect(bucketStatements(unlocked.template).filter(({ Sid }) => Sid?.startsWith('Lock'))).toEqual([]);
  });

  test('tags by its retire roles alone, which the refusal of all others leaves out', () => {
    const roles = 'arn:<AWS::Partition>:iam::222222222222:role/cdk-backup-policy/retire/*';
    expect(text(allowed.find(({ Sid }) => Sid!.startsWith('Retire'))!.Condition!.ArnLike['aws:PrincipalArn'])).toBe(roles);
    const refusal = bucketStatements(template).find(({ Sid }) => Sid === 'RefuseRetirement')!;
    expect((refusal.Condition!.ArnNotLike['aws:PrincipalArn'] as unknown[]).map(text)).toEqual([
      'arn:<AWS::Partition>:iam::111111111111:role/cdk-backup-policy/retire/*', roles,
    ]);
  });

  test('uses the key through S3 alone', () => {
    const { KeyPolicy } = resource(template, 'AWS::KMS::Key', 'StoreKey') as { KeyPolicy: { Statement: (Statement & { Sid?: string })[] } };
    const team = KeyPolicy.Statement.find(({ Sid }) => Sid === 'Team222222222222')!;
    expect(team.Action).toEqual(['kms:GenerateDataKey', 'kms:Decrypt']);
    expect(text(team.Condition!.StringEquals['kms:ViaService'])).toBe('s3.eu-west-3.<AWS::URLSuffix>');
  });

  test('reads the replicas too', () => {
    const { store } = owner([{ account: TEAM.account, applications: ['shop'] }], ['eu-west-1']);
    const replica = Template.fromStack(Stack.of(store.replicaStores[0]));
    expect(bucketStatements(replica).map(({ Sid }) => Sid)).toContain('Read222222222222');
  });

  test.each<[BackupTeamProps, RegExp]>([
    [{ account: '111111111111', applications: ['shop'] }, /the team's account is 111111111111, the store's own/],
    [{ account: 'shop', applications: ['shop'] }, /the team's account is "shop"; allowed: the twelve digits/],
    [{ account: TEAM.account, applications: [] }, /the team's applications is an empty list/],
    [{ account: TEAM.account, applications: ['shop/*'] }, /the team's application is "shop\/\*"/],
    [{ account: TEAM.account, applications: ['shop'], environments: ['*'] }, /the team's environment is "\*"/],
  ])('refuses %j', (team, message) => expect(() => owner([team])).toThrow(message));

  test('refuses a team twice, and a store whose key is another\'s', () => {
    const team = { account: TEAM.account, applications: ['shop'] };
    expect(() => owner([team, team])).toThrow(/222222222222 twice/);
    const stack = new Stack(new App(), 'Owner', { env: OWNER });
    const store = new BackupStore(stack, 'Store', { key: kms.Key.fromKeyArn(stack, 'Key', KEY) });
    expect(() => store.allowTeam(team)).toThrow(/in a store with a key that is not its own/);
  });
});

describe('grants', () => {
  const scope = { environment: 'production', application: 'shop' };
  const granted = (grant: (store: IBackupStore, policy: ManagedPolicy) => void) => {
    const { stack, store } = imported();
    grant(store, new ManagedPolicy(stack, 'Policy'));
    return statements(Template.fromStack(stack), 'Policy');
  };

  test('retire reads manifests and verdicts, sees parts, and writes tags of its own form and records of the policy', () => {
    const all = granted((store, policy) => store.grantRetire(policy, scope));
    expect(actions(all)).toEqual([
      'kms:Decrypt', 'kms:GenerateDataKey', 's3:GetObjectLegalHold', 's3:GetObjectVersion', 's3:GetObjectVersionTagging',
      's3:ListBucket', 's3:ListBucketVersions', 's3:PutObject', 's3:PutObjectVersionTagging',
    ]);
    const of = (action: string) => all.find(({ Action }) => [Action].flat().includes(action))!;
    expect(of('s3:PutObject').Resource).toEqual(['arn:aws:s3:::central/policies/production/shop/*', 'arn:aws:s3:::central/audits/production/shop/*']);
    expect(text(of('s3:GetObjectVersion').Resource)).not.toContain('/parts/');
    expect(of('s3:PutObjectVersionTagging').Condition).toEqual({
      'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['retire'] },
      'StringLikeIfExists': { 's3:RequestObjectTag/retire': ['pending:*', 'expire', 'keep'] },
    });
    expect(of('s3:ListBucket').Condition!.StringLike['s3:prefix']).toEqual(['runs', 'parts', 'verdicts', 'policies', 'audits', 'scrubs'].map((kind) => `${kind}/production/shop/*`));
  });

  test('lengthening a lock has an end, and begins no compliance', () => {
    const [only] = granted((store, policy) => store.grantExtendLock(policy, scope, Duration.days(90)));
    expect([only.Resource].flat()).toEqual(['runs', 'parts', 'verdicts', 'policies'].map((kind) => `arn:aws:s3:::central/${kind}/production/shop/*`));
    expect(only).toMatchObject({ Action: 's3:PutObjectRetention', Condition: { NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': 90 }, StringEqualsIfExists: { 's3:object-lock-mode': 'GOVERNANCE' } } });
    expect(() => granted((store, policy) => store.grantExtendLock(policy, scope, Duration.hours(30)))).toThrow(/the longest lock is 1 day 6 hours/);
  });
});
