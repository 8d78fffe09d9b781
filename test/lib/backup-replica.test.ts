import { App, DefaultStackSynthesizer, Duration, NestedStack, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import {
  BackupLock, BackupReplica, BackupReplicaStore, BackupStore, BackupStoreRemoval, Recipient, StorageTransition, type BackupStoreProps,
} from '../../lib';
import { actions, resource, statements, text } from './fixture';

const PARIS = { env: { region: 'eu-west-3' } };
const OTHER_KEY = 'arn:aws:kms:eu-west-1:222222222222:key/0123';

function synth(props: BackupStoreProps = { replicaRegions: ['eu-west-1'] }, stackProps: StackProps = PARIS) {
  const app = new App();
  const stack = new Stack(app, 'S', stackProps);
  const store = new BackupStore(stack, 'Store', props);
  const replica = store.replicaStores[0];
  return { app, stack, store, primary: Template.fromStack(stack), replica: replica ? Template.fromStack(Stack.of(replica)) : undefined };
}

const refused = (props: BackupStoreProps, stackProps?: StackProps) => () => synth(props, stackProps);

interface Rule { readonly Destination: Record<string, unknown>; readonly [name: string]: unknown }

function rules(primary: Template): Rule[] {
  return (resource(primary, 'AWS::S3::Bucket', 'StoreBucket').ReplicationConfiguration as { Rules: Rule[] }).Rules;
}

describe('a store with a second region', () => {
  const { app, primary, replica, store } = synth();
  const second = replica!;

  test('replicates everything within 15 minutes, encrypted with the replica\'s own key, and no delete marker', () => {
    expect(rules(primary)).toHaveLength(1);
    const [rule] = rules(primary);
    expect(rule).toMatchObject({
      Id: 'eu-west-1', Priority: 1, Status: 'Enabled', Filter: { Prefix: '' },
      DeleteMarkerReplication: { Status: 'Disabled' },
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
      Destination: {
        ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
        Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
        EncryptionConfiguration: { ReplicaKmsKeyID: { 'Fn::GetStackOutput': { StackName: 'S-Store-eu-west-1', Region: 'eu-west-1' } } },
      },
    });
    expect(rule.Destination).not.toHaveProperty('Account');
  });

  test('names one bucket in both stacks, with the account in it, that no other stack can have', () => {
    const name = text(resource(second, 'AWS::S3::Bucket', 'StoreBucket').BucketName);
    expect(name).toMatch(/^s-store-[0-9a-f]{8}-<AWS::AccountId>-eu-west-1$/);
    expect(text(rules(primary)[0].Destination.Bucket)).toBe(`arn:<AWS::Partition>:s3:::${name}`);
    const elsewhere = synth(undefined, { env: { region: 'eu-west-2' } }).replica!;
    expect(text(resource(elsewhere, 'AWS::S3::Bucket', 'StoreBucket').BucketName)).not.toBe(name);
    const known = synth(undefined, { env: { region: 'eu-west-3', account: '111111111111' }, stackName: 'a-stack-with-a-very-long-name-of-its-own-that-never-ends' }).replica!;
    expect(text(resource(known, 'AWS::S3::Bucket', 'StoreBucket').BucketName)).toMatch(/^[a-z0-9-]{40,63}$/);
  });

  test('the replica has the same seal: lock, rules, access log, its own rotated key, and it stays', () => {
    const [here, there] = [primary, second].map((template) => resource(template, 'AWS::S3::Bucket', 'StoreBucket'));
    for (const property of ['ObjectLockConfiguration', 'LifecycleConfiguration', 'VersioningConfiguration', 'PublicAccessBlockConfiguration', 'OwnershipControls']) {
      expect(there[property]).toEqual(here[property]);
    }
    expect(there).toHaveProperty('LoggingConfiguration');
    second.hasResource('AWS::KMS::Key', { DeletionPolicy: 'RetainExceptOnCreate', Properties: { EnableKeyRotation: true } });
    second.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain', Properties: { BucketName: Match.anyValue() } });
  });

  test('only the store\'s replication role writes replicas, none writes them into the store, and nobody replicates a deletion', () => {
    const sid = (template: Template, wanted: string) => {
      const { Statement } = resource(template, 'AWS::S3::BucketPolicy', 'StoreBucket').PolicyDocument as { Statement: { Sid?: string }[] };
      return Statement.find(({ Sid }) => Sid === wanted);
    };
    for (const template of [primary, second]) {
      expect(sid(template, 'RefuseReplicatedDeletion')).toMatchObject({ Effect: 'Deny', Action: 's3:ReplicateDelete', Principal: { AWS: '*' } });
      expect(sid(template, 'RefuseReplicatedDeletion')).not.toHaveProperty('Condition');
    }
    const actionsOfReplication = ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'];
    expect(sid(primary, 'RefuseReplication')).toMatchObject({ Effect: 'Deny', Action: actionsOfReplication });
    expect(sid(primary, 'RefuseReplication')).not.toHaveProperty('Condition');
    const { Condition } = sid(second, 'RefuseReplication') as { Condition: { ArnNotLike: Record<string, unknown> } };
    expect(text(Condition.ArnNotLike['aws:PrincipalArn'])).toBe('arn:<AWS::Partition>:iam::<AWS::AccountId>:role/cdk-backup-policy/replication/*');
    expect(resource(primary, 'AWS::IAM::Role', 'StoreReplicationRole').Path).toBe('/cdk-backup-policy/replication/');
  });

  test('its role can replicate locks and holds, use two keys through S3, and delete nothing', () => {
    const allowed = statements(primary, 'StoreReplicationPolicy');
    expect(actions(allowed)).toEqual([
      'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 's3:GetObjectLegalHold', 's3:GetObjectRetention', 's3:GetObjectVersionAcl',
      's3:GetObjectVersionForReplication', 's3:GetObjectVersionTagging', 's3:GetReplicationConfiguration', 's3:ListBucket', 's3:ReplicateObject', 's3:ReplicateTags',
    ]);
    for (const statement of allowed) expect(text(statement.Resource)).not.toBe('*');
    const viaService = (action: string) => text(allowed.find(({ Action }) => [Action].flat().includes(action))!.Condition!.StringEquals['kms:ViaService']);
    expect(viaService('kms:Decrypt')).toBe('s3.eu-west-3.<AWS::URLSuffix>');
    expect(viaService('kms:Encrypt')).toBe('s3.eu-west-1.<AWS::URLSuffix>');
  });

  test('failures and delays are told to an encrypted topic that S3 can reach', () => {
    const { TopicConfigurations } = resource(primary, 'AWS::S3::Bucket', 'StoreBucket').NotificationConfiguration as { TopicConfigurations: { Event: string }[] };
    expect(TopicConfigurations.map(({ Event }) => Event)).toEqual(expect.arrayContaining(['s3:Replication:OperationFailedReplication', 's3:Replication:OperationMissedThreshold']));
    const fromS3 = { Principal: { Service: 's3.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } };
    primary.hasResourceProperties('AWS::SNS::TopicPolicy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ ...fromS3, Action: 'sns:Publish' })]) } });
    primary.hasResourceProperties('AWS::KMS::Key', { KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ ...fromS3, Action: ['kms:GenerateDataKey*', 'kms:Decrypt'] })]) } });
    const [, bucket] = Object.entries(primary.findResources('AWS::S3::Bucket')).find(([id]) => id.startsWith('StoreBucket'))!;
    expect((bucket as { DependsOn: string[] }).DependsOn).toEqual([expect.stringMatching(/^StoreReplicationEventsTopicPolicy/)]);
  });

  test('what was there before the replica comes by one command, which the stack says', () => {
    const [command] = Object.values(primary.findOutputs('*')).map(({ Value }: { Value?: unknown }) => text(Value));
    expect(command).toContain('aws s3control create-job --account-id <AWS::AccountId> --region eu-west-3');
    expect(command).toMatch(/"SourceBucket":"<StoreBucket\w+\.Arn>"/);
    expect(actions(statements(primary, 'StoreReplicationFillPolicy'))).toEqual(['s3:GetReplicationConfiguration', 's3:InitiateReplication', 's3:PutInventoryConfiguration']);
  });

  test('the replica is deployed first, and no reference between the regions is strong or made of custom resources', () => {
    const assembly = app.synth();
    const [first, then] = ['S-Store-eu-west-1', 'S'].map((name) => assembly.stacks.find(({ stackName }) => stackName === name)!);
    expect(then.dependencies.map(({ id }) => id)).toContain(first.id);
    expect(first.dependencies.map(({ id }) => id)).not.toContain(then.id);
    for (const { template } of assembly.stacks) {
      const json = JSON.stringify(template);
      expect(json).not.toMatch(/Custom::|AWS::CloudFormation::CustomResource|Fn::ImportValue|"Export"/);
    }
  });

  test('says what the proof must know', () => {
    expect(store._replicas).toEqual([{ region: 'eu-west-1', replicationTimeControl: true }]);
    expect(synth({}).store._replicas).toEqual([]);
  });
});

describe('what is declared of a store holds for its replicas', () => {
  test('lock, grace, classes, rotation and removal', () => {
    const { replica, store } = synth({
      replicaRegions: ['eu-west-1'], lock: BackupLock.governance(Duration.days(30)), gracePeriod: Duration.days(3), keyRotationPeriod: Duration.days(90),
      transitions: [StorageTransition.glacierInstantRetrieval(Duration.days(30))], removal: BackupStoreRemoval.destroyTestEnvironment('staging'),
    });
    const made = resource(replica!, 'AWS::S3::Bucket', 'StoreBucket');
    expect(made).toMatchObject({ ObjectLockConfiguration: { Rule: { DefaultRetention: { Days: 30 } } } });
    expect(JSON.stringify(made.LifecycleConfiguration)).toContain('GLACIER_IR');
    expect(resource(replica!, 'AWS::KMS::Key', 'StoreKey')).toMatchObject({ RotationPeriodInDays: 90 });
    replica!.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    expect(store.replicaStores[0]._graceSeconds).toBe(3 * 86_400);
    expect(store.replicaStores[0].removal.testEnvironment).toBe('staging');
  });

  test('tags, termination protection, bootstrap qualifier, and a name for the stack', () => {
    const app = new App();
    const stack = new Stack(app, 'S', { ...PARIS, terminationProtection: true, synthesizer: new DefaultStackSynthesizer({ qualifier: 'org' }) });
    Tags.of(stack).add('cost-center', '42');
    new BackupStore(stack, 'Store', { replicas: [BackupReplica.inRegion('eu-west-1', { stackName: 'named-by-us' })] });
    const child = app.synth().getStackByName('named-by-us');
    expect(child).toMatchObject({ terminationProtection: true, tags: { 'cost-center': '42' }, assumeRoleArn: expect.stringContaining('cdk-org-deploy-role') });
    expect(JSON.stringify(child.template)).toContain('{"Key":"cost-center","Value":"42"}');
  });

  test('a store deeper in its stack and one with a long name get stacks of their own names', () => {
    const app = new App();
    const stack = new Stack(app, 'S', PARIS);
    const inner = new BackupStore(stack, 'A', { replicaRegions: ['eu-west-1'] });
    const outer = new BackupStore(inner, 'B', { replicaRegions: ['eu-west-1'] });
    const names = [inner, outer].map((store) => Stack.of(store.replicaStores[0]).stackName);
    expect(names[0]).toBe('S-A-eu-west-1');
    expect(names[1]).toMatch(/^S-A-B-eu-west-1-[0-9a-f]{8}$/);
  });
});

describe('replicas with settings of their own', () => {
  test('without time control S3 still measures and tells failures', () => {
    const { primary, store } = synth({ replicas: [BackupReplica.inRegion('eu-west-1', { replicationTimeControl: false })] });
    expect(rules(primary)[0].Destination).toMatchObject({ Metrics: { Status: 'Enabled' } });
    expect(rules(primary)[0].Destination).not.toHaveProperty('ReplicationTime');
    expect(store._replicas).toEqual([{ region: 'eu-west-1', replicationTimeControl: false }]);
  });

  test('in another account the replicas are its own', () => {
    const { primary, store } = synth({
      replicaRegions: ['eu-central-1'],
      replicas: [BackupReplica.existing({ bucketName: 'theirs', keyArn: OTHER_KEY, region: 'eu-west-1', account: '222222222222' })],
    }, { env: { region: 'eu-west-3', account: '111111111111' } });
    const [mine, theirs] = rules(primary);
    expect([mine.Priority, theirs.Priority]).toEqual([1, 2]);
    expect(theirs).toMatchObject({
      Id: 'eu-west-1-222222222222',
      Destination: { Account: '222222222222', AccessControlTranslation: { Owner: 'Destination' }, EncryptionConfiguration: { ReplicaKmsKeyID: OTHER_KEY } },
    });
    const override = statements(primary, 'StoreReplicationPolicy').find(({ Action }) => Action === 's3:ObjectOwnerOverrideToBucketOwner')!;
    expect(text(override.Resource)).toBe('arn:<AWS::Partition>:s3:::theirs/*');
    expect(store._replicas[1]).toEqual({ region: 'eu-west-1', account: '222222222222', replicationTimeControl: true });
    expect(store.replicaStores).toHaveLength(1);
  });

  test('the other account declares it, and lets in the replication role alone', () => {
    const stack = new Stack(new App(), 'Theirs', { env: { region: 'eu-west-1', account: '222222222222' } });
    new BackupReplicaStore(stack, 'Replica', { bucketName: 'theirs', sourceAccount: '111111111111' });
    const template = Template.fromStack(stack);
    const role = 'arn:<AWS::Partition>:iam::111111111111:role/cdk-backup-policy/replication/*';
    const { Statement } = resource(template, 'AWS::S3::BucketPolicy', 'ReplicaBucket').PolicyDocument as { Statement: { Effect: string; Action: unknown; Condition: { ArnLike: Record<string, unknown> } }[] };
    const allowed = Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.flatMap(({ Action }) => Action)).toEqual(['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner', 's3:GetBucketVersioning']);
    for (const { Condition } of allowed) expect(text(Condition.ArnLike['aws:PrincipalArn'])).toBe(role);
    const { KeyPolicy } = resource(template, 'AWS::KMS::Key', 'ReplicaKey') as { KeyPolicy: { Statement: { Sid?: string; Action: unknown; Condition: { ArnLike: Record<string, unknown> } }[] } };
    const key = KeyPolicy.Statement.find(({ Sid }) => Sid === 'Replicas')!;
    expect(key.Action).toEqual(['kms:Encrypt', 'kms:GenerateDataKey']);
    expect(text(key.Condition.ArnLike['aws:PrincipalArn'])).toBe(role);
  });

  test('an address is told, a topic is not', () => {
    synth({ replicaRegions: ['eu-west-1'], replicationRecipients: [Recipient.email('ops@example.org')] }).primary
      .hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.org' });
  });
});

describe('refuses replicas that could not be', () => {
  test.each<[string, BackupStoreProps, StackProps | undefined, string]>([
    ['a stack without region', { replicaRegions: ['eu-west-1'] }, {}, 'replicaRegions is eu-west-1, in the stack S without a region; allowed: a stack with env: { region }'],
    ['the own region', { replicaRegions: ['eu-west-3'] }, undefined, 'replicaRegions is eu-west-3, the store\'s own'],
    ['a region twice', { replicaRegions: ['eu-west-1', 'eu-west-1'] }, undefined, 'replicaRegions is eu-west-1 twice; allowed: each once'],
    ['a region twice, once with settings', { replicaRegions: ['eu-west-1'], replicas: [BackupReplica.inRegion('eu-west-1')] }, undefined, 'replicaRegions is eu-west-1 twice'],
    ['a region that is none', { replicaRegions: ['eu-west-9'] }, undefined, 'replicas is "eu-west-9"; allowed: a region that this version of aws-cdk-lib knows'],
    ['a stack in a region that is none', { replicaRegions: ['eu-west-1'] }, { env: { region: 'paris' } }, 'the region of its stack is "paris"'],
    ['another partition', { replicaRegions: ['cn-north-1'] }, undefined, 'replicaRegions is cn-north-1, of partition aws-cn; allowed: regions of aws'],
    ['another account beside an unknown one', { replicas: [BackupReplica.existing({ bucketName: 'b', keyArn: OTHER_KEY, region: 'eu-west-1', account: '222222222222' })] }, undefined, 'replicas is one in account 222222222222, in the stack S without an account'],
    ['an account that is none', { replicas: [BackupReplica.existing({ bucketName: 'b', keyArn: OTHER_KEY, region: 'eu-west-1', account: '2222' })] }, undefined, 'replicas is "2222"; allowed: the twelve digits'],
    ['an alias for a key', { replicas: [BackupReplica.existing({ bucketName: 'b', keyArn: 'alias/x', region: 'eu-west-1' })] }, undefined, 'replicas is an existing one with key "alias/x"'],
    ['recipients of nothing', { replicationRecipients: [Recipient.email('a@example.org')] }, undefined, 'replicationRecipients is given without a replica'],
  ])('%s', (_, props, stackProps, message) => expect(refused(props, stackProps)).toThrow(`S/Store: ${message}`));

  test('a nested stack', () => {
    const nested = new NestedStack(new Stack(new App(), 'S', PARIS), 'N');
    expect(() => new BackupStore(nested, 'Store', { replicaRegions: ['eu-west-1'] })).toThrow(/S\/N\/Store: replicaRegions is eu-west-1, in the nested stack S\/N/);
  });
});
