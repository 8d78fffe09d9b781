import { topicsOf } from '../../../../rehearsal/cloud/local-cloud';
import type { Actor, World } from './world';

/** Values of context keys that a call has; undefined is a key that it certainly has not. What is not named may have any value. */
export type Context = Readonly<Record<string, string | string[] | undefined>>;

type Targets = (world: World, actor: Actor) => string[];

export interface DangerousAction {
  readonly id: string;
  readonly title: string;
  /** Any one of them is the deed, or all of them together. */
  readonly actions: readonly string[];
  readonly together?: boolean;
  readonly on: Targets;
  /** Each is tried. */
  readonly contexts?: (resource: string, actor: Actor) => Context[];
}

type Kind = 'parts' | 'runs' | 'verdicts' | 'policies' | 'audits' | 'scrubs';
const EVERY: Kind[] = ['parts', 'runs', 'verdicts', 'policies', 'audits', 'scrubs'];
/** What is locked anew while its copy is kept. */
const KEPT: Kind[] = ['parts', 'runs', 'verdicts', 'policies'];
const COPY: Kind[] = ['parts', 'runs'];

/** Where copies are written first, or where S3 brings them. */
type Place = 'store' | 'replica';
const placeOf = (world: World, store: World['stores'][number]): Place => (world.replicas.has(store) ? 'replica' : 'store');
const placeOfActor = ({ atReplica }: Actor): Place => (atReplica ? 'replica' : 'store');
const otherPlace = (actor: Actor): Place => (actor.atReplica ? 'store' : 'replica');
const ANYWHERE = (): undefined => undefined;

/** What is of a whole policy has no protection in its keys. */
function folderOf(kind: Kind, prefix: string): string {
  const ofPolicy = prefix.replace(/\/[^/]+$/, '');
  if (kind === 'scrubs') return `${ofPolicy}/rounds`;
  return kind === 'policies' || kind === 'audits' ? ofPolicy : prefix;
}

type Whose = (actor: Actor) => readonly string[];
const objectsOf = (whose: Whose, kinds: Kind[], where: (actor: Actor) => Place | undefined): Targets => (world, actor) =>
  world.stores.filter((store) => [undefined, placeOf(world, store)].includes(where(actor)))
    .flatMap(({ name }) => whose(actor).flatMap((prefix) => kinds.map((kind) => `arn:aws:s3:::${name}/${kind}/${folderOf(kind, prefix)}/20261120T020000Z`)));
const OWN = (actor: Actor): readonly string[] => actor.own;
const EVERYBODY = (actor: Actor): string[] => [...actor.own, ...actor.others];
const own = (...kinds: Kind[]) => objectsOf(OWN, kinds, placeOfActor);
const ownElsewhere = (...kinds: Kind[]) => objectsOf(OWN, kinds, otherPlace);
const others = (...kinds: Kind[]) => objectsOf((actor) => actor.others, kinds, ANYWHERE);
const everybodys = (...kinds: Kind[]) => objectsOf(EVERYBODY, kinds, ANYWHERE);
const at = (where: (actor: Actor) => Place): ((world: World, actor: Actor) => World['stores']) => (world, actor) =>
  world.stores.filter((store) => placeOf(world, store) === where(actor));
const ownPlace = at(placeOfActor);
const elsewhere = at(otherPlace);
const keysAt = (where: typeof ownPlace): Targets => (world, actor) => where(world, actor).flatMap(({ keyArn }) => keyArn ?? []);
const bucketsAt = (where: typeof ownPlace): Targets => (world, actor) => where(world, actor).map(({ name }) => `arn:aws:s3:::${name}`);
const buckets = ({ stores }: World): string[] => stores.map(({ name }) => `arn:aws:s3:::${name}`);
const keys = ({ stores }: World): string[] => stores.flatMap(({ keyArn }) => keyArn ?? []);
const topicKeys = (world: World): string[] => topicsOf(world.resolver).flatMap(({ keyArn }) => keyArn ?? []);
const otherKeys = (world: World, { account }: Actor): string[] => [
  ...world.arns('AWS::KMS::Key').map(({ arn }) => arn).filter((arn) => !keys(world).includes(arn)), world.arn('kms', 'key/another', account),
];
/** Those of the app that the role works for, or those that it does not work for and one of somebody else. */
const ofApp = (mine: boolean, type: string, service: string, foreign: string): Targets => (world, { scope, account }) => [
  ...world.arns(type).filter(({ path }) => path.startsWith(scope) === mine).map(({ arn }) => arn),
  ...mine ? [] : [world.arn(service, foreign, account)],
];
const recipientSecrets: Targets = (world) => world.arns('AWS::SecretsManager::Secret').filter(({ path }) => path.endsWith('/Pager')).map(({ arn }) => arn);
const watchers: Targets = (world, { policy, kind, role }) => {
  const place = kind === 'scheduler at a replica' ? /^.*\/Replica-[^/]+\//.exec(role.path)?.[0] : undefined;
  const beginnings = policy === undefined ? [place === undefined ? [] : `${place}Watch-`].flat() : ['Watch/', 'Notify/'].map((part) => `${policy}${part}`);
  return world.arns('AWS::Lambda::Function').filter(({ path }) => beginnings.some((beginning) => path.startsWith(beginning))).map(({ arn }) => arn);
};
const all = (type: string, service: string, foreign: string): Targets => (world, { account }) =>
  [...world.arns(type).map(({ arn }) => arn), world.arn(service, foreign, account)];
const rolesOfApp = ({ actors }: World): string[] => actors.map(({ role }) => role.arn);
const tasksOf = ({ actors }: World, { scope }: Actor): string[] => actors.filter(({ kind, role, takenBy }) =>
  kind !== 'run machine' && role.path.startsWith(scope) && takenBy.includes('ecs-tasks.amazonaws.com')).map(({ role }) => role.arn);
const secretsOf = (mine: boolean, which: (of: World['protections'][number]) => readonly string[]): Targets => (world, actor) =>
  world.protections.filter(({ prefix }) => actor.own.includes(prefix) === mine).flatMap((one) => [...which(one)]);
const something = (service: string, resource: string): Targets => (world, { account }) => [world.arn(service, resource, account)];

const regionOf = (arn: string): string => arn.split(':')[3];
const through = (service: string) => (key: string): Context[] => [{ 'kms:ViaService': `${service}.${regionOf(key)}.amazonaws.com` }];
const ONCE = [{ 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' }];
const OVER = [{ 's3:if-none-match': undefined, 's3:ObjectCreationOperation': 'true' }];
const RELEASES = [{ 's3:RequestObjectTagKeys': ['retire'], 's3:RequestObjectTag/retire': 'expire' }];
const TAGS = [
  { 's3:RequestObjectTagKeys': ['owner'], 's3:RequestObjectTag/owner': 'thief', 's3:RequestObjectTag/retire': undefined },
  { 's3:RequestObjectTagKeys': ['retire', 'owner'], 's3:RequestObjectTag/owner': 'thief', 's3:RequestObjectTag/retire': 'keep' },
  { 's3:RequestObjectTagKeys': ['retire'], 's3:RequestObjectTag/retire': 'at once' },
];
const SHORT = { 's3:object-lock-mode': 'GOVERNANCE', 's3:object-lock-remaining-retention-days': '7' };
const LOCK = { 's3:object-lock-mode': 'GOVERNANCE', 's3:object-lock-remaining-retention-days': '90' };
const READ = ['s3:GetObject', 's3:GetObjectVersion'];
const TAGGING = ['s3:PutObjectTagging', 's3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'];

type More = Partial<Pick<DangerousAction, 'together' | 'contexts'>>;
const row = (id: string, title: string, actions: string | string[], on: DangerousAction['on'], more: More = {}): DangerousAction =>
  ({ id, title, actions: [actions].flat(), on, ...more });

/** What would spoil, hide, remove, unlock, open or carry off a copy, stop the runs, or make a role more than it is. */
export const DANGEROUS: Readonly<Record<string, readonly DangerousAction[]>> = {
  'a copy': [
    row('delete-version', 'delete a version', 's3:DeleteObjectVersion', everybodys(...EVERY)),
    row('delete', 'hide it under a delete marker', 's3:DeleteObject', everybodys(...EVERY)),
    row('bypass', 'pass by the lock', 's3:BypassGovernanceRetention', everybodys(...EVERY)),
    row('shorten', 'shorten its lock', ['s3:PutObjectRetention', 's3:BypassGovernanceRetention'], everybodys(...EVERY), { together: true }),
    row('lengthen', 'lengthen its lock by no more than the store\'s own', 's3:PutObjectRetention', own(...KEPT), { contexts: () => [SHORT] }),
    row('lengthen-more', 'lengthen its lock by up to 400 days', 's3:PutObjectRetention', own(...KEPT), { contexts: () => [LOCK] }),
    row('lengthen-far', 'lock it for a century, or for compliance, or another policy\'s', 's3:PutObjectRetention',
      (world, actor) => [...own(...EVERY)(world, actor), ...others(...EVERY)(world, actor)], {
        contexts: (object) => (object.includes('somebody-else') ? [LOCK] : [
          { ...LOCK, 's3:object-lock-remaining-retention-days': '36500' }, { ...LOCK, 's3:object-lock-mode': 'COMPLIANCE' },
        ]),
      }),
    row('hold', 'set or lift a legal hold', 's3:PutObjectLegalHold', everybodys(...EVERY)),
    row('release', 'release it: `retire=expire`', 's3:PutObjectVersionTagging', own(...COPY), { contexts: () => RELEASES }),
    row('release-other', 'release another one\'s', 's3:PutObjectVersionTagging', others(...EVERY), { contexts: () => RELEASES }),
    row('tag', 'tag it with anything else', 's3:PutObjectVersionTagging', everybodys(...EVERY), { contexts: () => TAGS }),
    row('tag-newest', 'tag without a version, take tags away', TAGGING, everybodys(...EVERY)),
    row('acl', 'give it another owner or reader by ACL', ['s3:PutObjectAcl', 's3:PutObjectVersionAcl', 's3:ObjectOwnerOverrideToBucketOwner'], everybodys(...EVERY)),
  ],
  'writing': [
    row('overwrite', 'write over an object', 's3:PutObject', everybodys(...EVERY), { contexts: () => OVER }),
    row('write-copy', 'write parts and manifests', 's3:PutObject', own(...COPY), { contexts: () => ONCE }),
    row('write-verdict', 'write verdicts', 's3:PutObject', own('verdicts'), { contexts: () => ONCE }),
    row('write-policy', 'write what was declared', 's3:PutObject', own('policies'), { contexts: () => ONCE }),
    row('write-audit', 'write what a round found', 's3:PutObject', own('audits'), { contexts: () => ONCE }),
    row('write-scrub', 'write what was read again', 's3:PutObject', own('scrubs'), { contexts: () => ONCE }),
    row('write-other', 'write for another protection', 's3:PutObject', others('parts', 'runs', 'verdicts'), { contexts: () => ONCE }),
    row('abort', 'abort an upload', 's3:AbortMultipartUpload', own(...EVERY)),
    row('abort-other', 'abort another one\'s upload', 's3:AbortMultipartUpload', others(...EVERY)),
    row('replicate', 'replicate into the replica', ['s3:ReplicateObject', 's3:ReplicateTags'], objectsOf(EVERYBODY, EVERY, () => 'replica')),
    row('replicate-back', 'replicate into the store', ['s3:ReplicateObject', 's3:ReplicateTags'], objectsOf(EVERYBODY, EVERY, () => 'store')),
    row('replicate-delete', 'replicate a deletion', 's3:ReplicateDelete', everybodys(...EVERY)),
    row('replicate-existing', 'have S3 replicate what is there', 's3:InitiateReplication', everybodys(...EVERY)),
  ],
  'reading': [
    row('read-parts', 'read parts', READ, own('parts')),
    row('read-manifests', 'read manifests', READ, own('runs')),
    row('read-verdicts', 'read verdicts, what was declared and what rounds found', READ, own('verdicts', 'policies', 'audits')),
    row('read-scrubs', 'read when what was read again', READ, own('scrubs')),
    row('read-other', 'read another protection\'s', READ, others('parts', 'runs', 'verdicts')),
    row('read-replicate', 'read for replication', 's3:GetObjectVersionForReplication', everybodys(...EVERY)),
    row('elsewhere', 'read, write, lock or release its own copies in the other place', [...READ, 's3:PutObject', 's3:PutObjectVersionTagging', 's3:PutObjectRetention'],
      ownElsewhere(...EVERY), { contexts: () => [...ONCE, ...RELEASES, SHORT, LOCK] }),
    row('list', 'list its own prefixes', ['s3:ListBucket', 's3:ListBucketVersions'], bucketsAt(ownPlace),
      { contexts: (_, { own: [first] }) => [{ 's3:prefix': `runs/${first.replace(/[^/]+$/, '')}` }] }),
    row('list-elsewhere', 'list the other place', ['s3:ListBucket', 's3:ListBucketVersions'], bucketsAt(elsewhere)),
    row('list-all', 'list the whole store', ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'], buckets,
      { contexts: () => [{ 's3:prefix': '' }, { 's3:prefix': undefined }, { 's3:prefix': 'runs/production/somebody-else/' }] }),
    row('secret', 'read the source\'s secrets', 'secretsmanager:GetSecretValue', secretsOf(true, ({ source }) => source)),
    row('identity', 'read the identity of drills', 'secretsmanager:GetSecretValue', secretsOf(true, ({ identity }) => identity)),
    row('recipient', 'read where recipients are reached', 'secretsmanager:GetSecretValue', recipientSecrets),
    row('secret-other', 'read another secret', 'secretsmanager:GetSecretValue',
      (world, actor) => [...secretsOf(false, ({ source, identity }) => [...source, ...identity])(world, actor), world.arn('secretsmanager', 'secret:another-a1b2c3', actor.account)]),
    row('secret-change', 'change or delete a secret', ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecret', 'secretsmanager:DeleteSecret', 'secretsmanager:PutResourcePolicy'],
      (world, { account }) => [...world.protections.flatMap(({ source, identity }) => [...source, ...identity]), world.arn('secretsmanager', 'secret:another-a1b2c3', account)]),
    row('database', 'change or delete a database server', ['rds:DeleteDBInstance', 'rds:ModifyDBInstance', 'rds:DeleteDBCluster', 'rds:DeleteDBSnapshot', 'rds-db:connect'],
      something('rds', 'db:another')),
  ],
  'the bucket': [
    row('lifecycle', 'put lifecycle rules', 's3:PutLifecycleConfiguration', buckets),
    row('replication', 'put replication rules', 's3:PutReplicationConfiguration', buckets),
    row('versioning', 'suspend its versions', 's3:PutBucketVersioning', buckets),
    row('lock', 'change the default lock', 's3:PutBucketObjectLockConfiguration', buckets),
    row('policy', 'put or delete its policy', ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'], buckets),
    row('delete-bucket', 'delete it', 's3:DeleteBucket', buckets),
    row('open', 'open it to the public, to ACLs or by an access point',
      ['s3:PutBucketPublicAccessBlock', 's3:PutBucketAcl', 's3:PutBucketOwnershipControls', 's3:PutBucketWebsite', 's3:PutBucketCORS'], buckets),
    row('access-point', 'make an access point', ['s3:CreateAccessPoint', 's3:PutAccessPointPolicy', 's3:PutAccountPublicAccessBlock'], something('s3', 'accesspoint/another')),
    row('encryption', 'change its encryption', 's3:PutEncryptionConfiguration', buckets),
    row('logging', 'stop its access log and notifications', ['s3:PutBucketLogging', 's3:PutBucketNotification'], buckets),
    row('inventory', 'have its keys listed elsewhere', ['s3:PutInventoryConfiguration', 's3:PutAnalyticsConfiguration', 's3:PutMetricsConfiguration'], buckets),
    row('access-log', 'delete, forge or open the access log',
      ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObject', 's3:GetObject'], ({ accessLogs }) => accessLogs.map(({ name }) => `arn:aws:s3:::${name}/2026-11-20`)),
    row('access-log-rules', 'change the access log\'s bucket', ['s3:PutLifecycleConfiguration', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy', 's3:PutBucketVersioning', 's3:DeleteBucket'],
      ({ accessLogs }) => accessLogs.map(({ name }) => `arn:aws:s3:::${name}`)),
  ],
  'the key': [
    row('disable-key', 'disable it, delete it, stop its rotation', ['kms:DisableKey', 'kms:ScheduleKeyDeletion', 'kms:DeleteImportedKeyMaterial', 'kms:DisableKeyRotation'], keys),
    row('key-policy', 'put its policy', 'kms:PutKeyPolicy', keys),
    row('grant', 'create or revoke a grant', ['kms:CreateGrant', 'kms:RevokeGrant', 'kms:RetireGrant'], keys),
    row('key-through-s3', 'use it through S3', ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt'], keysAt(ownPlace), { contexts: through('s3') }),
    row('key-elsewhere', 'use the other place\'s key through S3', ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt'], keysAt(elsewhere), { contexts: through('s3') }),
    row('key-directly', 'use it in any other way', ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKeyPair'], keys,
      { contexts: (key) => [{ 'kms:ViaService': undefined }, ...through('secretsmanager')(key), ...through('sns')(key)] }),
    row('topic-key', 'use a topic\'s key through SNS', ['kms:Decrypt', 'kms:GenerateDataKey'], topicKeys, { contexts: through('sns') }),
    row('other-key', 'use any other key, or a topic\'s otherwise', ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'], otherKeys,
      { contexts: (key) => [{ 'kms:ViaService': undefined }, ...['s3', 'secretsmanager', 'sqs', 'lambda'].flatMap((service) => through(service)(key))] }),
  ],
  'rights': [
    row('pass', 'pass its tasks\' roles to ECS', 'iam:PassRole', tasksOf, { contexts: () => [{ 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }] }),
    row('pass-elsewhere', 'pass those roles to another service', 'iam:PassRole', rolesOfApp,
      { contexts: () => ['lambda', 'ec2', 'glue', 'states'].map((service) => ({ 'iam:PassedToService': `${service}.amazonaws.com` })) }),
    row('pass-other', 'pass any other role', 'iam:PassRole',
      (world, actor) => [...rolesOfApp(world).filter((role) => !tasksOf(world, actor).includes(role)), world.arn('iam', 'role/administrator', actor.account)]),
    row('assume', 'take another role of the app', 'sts:AssumeRole', (world, { role }) => rolesOfApp(world).filter((arn) => arn !== role.arn)),
    row('assume-other', 'take a role that trusts the account', 'sts:AssumeRole', something('iam', 'role/administrator')),
    row('iam-role', 'change a role\'s policies, trust or boundary', [
      'iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:AttachRolePolicy', 'iam:DetachRolePolicy', 'iam:UpdateAssumeRolePolicy',
      'iam:DeleteRolePermissionsBoundary', 'iam:PutRolePermissionsBoundary', 'iam:CreateRole', 'iam:DeleteRole',
    ], (world, { account }) => [...rolesOfApp(world), world.arn('iam', 'role/another', account)]),
    row('iam-policy', 'change a managed policy', ['iam:CreatePolicyVersion', 'iam:SetDefaultPolicyVersion', 'iam:DeletePolicy', 'iam:CreatePolicy'], all('AWS::IAM::ManagedPolicy', 'iam', 'policy/another')),
    row('iam-user', 'make a user or keys', ['iam:CreateUser', 'iam:CreateAccessKey', 'iam:CreateLoginProfile', 'iam:AddUserToGroup', 'iam:AttachUserPolicy'], something('iam', 'user/another')),
    row('deploy', 'deploy', ['cloudformation:CreateStack', 'cloudformation:UpdateStack', 'cloudformation:DeleteStack', 'cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet'],
      something('cloudformation', 'stack/another/1')),
  ],
  'workers and runs': [
    row('invoke', 'invoke its own workers', 'lambda:InvokeFunction', ofApp(true, 'AWS::Lambda::Function', 'lambda', '')),
    row('wake', 'wake its policy\'s sentinel or notify worker', 'lambda:InvokeFunction', watchers),
    row('invoke-other', 'invoke another function', 'lambda:InvokeFunction',
      (world, actor) => ofApp(false, 'AWS::Lambda::Function', 'lambda', 'function:another')(world, actor).filter((arn) => !watchers(world, actor).includes(arn))),
    row('code', 'change or delete a function, or who may invoke it', [
      'lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration', 'lambda:DeleteFunction', 'lambda:AddPermission', 'lambda:PutFunctionConcurrency', 'lambda:CreateFunction',
    ], all('AWS::Lambda::Function', 'lambda', 'function:another')),
    row('image', 'push an image', ['ecr:PutImage', 'ecr:BatchDeleteImage', 'ecr:SetRepositoryPolicy'], something('ecr', 'repository/cdk-hnb659fds-container-assets')),
    row('run-task', 'run its own tasks', 'ecs:RunTask', ofApp(true, 'AWS::ECS::TaskDefinition', 'ecs', '')),
    row('run-task-other', 'run or stop another task, look into one', ['ecs:RunTask', 'ecs:StopTask', 'ecs:ExecuteCommand', 'ecs:RegisterTaskDefinition', 'ecs:UpdateService'],
      ofApp(false, 'AWS::ECS::TaskDefinition', 'ecs', 'task-definition/another:1')),
    row('answer', 'answer for a step of a run', ['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'], ofApp(true, 'AWS::StepFunctions::StateMachine', 'states', '')),
    row('answer-other', 'answer for another one\'s', ['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'],
      ofApp(false, 'AWS::StepFunctions::StateMachine', 'states', 'stateMachine:another')),
    row('start', 'start a run or a round', 'states:StartExecution', (world) => world.arns('AWS::StepFunctions::StateMachine').map(({ arn }) => arn)),
    row('start-other', 'start another machine', 'states:StartExecution', something('states', 'stateMachine:another')),
    row('machine', 'change or stop a machine', ['states:UpdateStateMachine', 'states:DeleteStateMachine', 'states:StopExecution'], all('AWS::StepFunctions::StateMachine', 'states', 'stateMachine:another')),
    row('schedule', 'change or delete a schedule', ['scheduler:DeleteSchedule', 'scheduler:UpdateSchedule', 'scheduler:CreateSchedule', 'scheduler:DeleteScheduleGroup'],
      all('AWS::Scheduler::Schedule', 'scheduler', 'schedule/default/another')),
    row('network', 'open a network', ['ec2:AuthorizeSecurityGroupIngress', 'ec2:AuthorizeSecurityGroupEgress', 'ec2:ModifyNetworkInterfaceAttribute'], something('ec2', 'security-group/sg-1')),
    row('interface', 'make and delete network interfaces, as a worker\'s code', ['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
      something('ec2', 'network-interface/eni-1'), { contexts: () => [{ 'lambda:SourceFunctionArn': 'arn:aws:lambda:eu-west-3:000000000000:function:worker' }] }),
  ],
  'being seen': [
    row('alerts', 'silence or redirect alerts', ['sns:DeleteTopic', 'sns:SetTopicAttributes', 'sns:Subscribe', 'sns:Unsubscribe', 'sns:AddPermission'], all('AWS::SNS::Topic', 'sns', 'another')),
    row('publish', 'publish to a topic of the app', 'sns:Publish', (world) => world.arns('AWS::SNS::Topic').map(({ arn }) => arn)),
    row('publish-other', 'publish to another topic', 'sns:Publish', something('sns', 'another')),
    row('dead-letters', 'read or empty the dead letters', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:PurgeQueue', 'sqs:DeleteQueue', 'sqs:SetQueueAttributes'], all('AWS::SQS::Queue', 'sqs', 'another')),
    row('log', 'delete a log or shorten how long it stays', ['logs:DeleteLogGroup', 'logs:DeleteLogStream', 'logs:PutRetentionPolicy', 'logs:PutSubscriptionFilter'], all('AWS::Logs::LogGroup', 'logs', 'log-group:another:*')),
    row('log-read', 'read a log', ['logs:GetLogEvents', 'logs:FilterLogEvents', 'logs:StartQuery'], all('AWS::Logs::LogGroup', 'logs', 'log-group:another:*')),
    row('log-delivery', 'change log delivery and who may write logs', ['logs:PutResourcePolicy', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery'], all('AWS::Logs::LogGroup', 'logs', 'log-group:another:*')),
    row('trail', 'stop a trail or an alarm', ['cloudtrail:StopLogging', 'cloudtrail:DeleteTrail', 'cloudwatch:DeleteAlarms', 'cloudwatch:DisableAlarmActions'], something('cloudtrail', 'trail/another')),
  ],
};
