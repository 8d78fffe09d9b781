import type { PolicyDocument, PolicyStatement } from '../../../rehearsal/cloud/policy-document';
import { type Assembly, readAssembly, Resolver, type TemplateResource } from '../../../rehearsal/assembly';
import { APPS } from './role-actions/apps';
import { type Cell, matrixOf, openingsOf, strangersOf } from './role-actions/matrix';
import { MEANT } from './role-actions/meant';
import { unexplainedOf } from './role-actions/table';
import { KINDS, World } from './role-actions/world';

interface App {
  readonly assembly: Assembly;
  readonly world: World;
  readonly cells: readonly Cell[];
}

const apps: Record<string, App> = {};

beforeAll(() => {
  for (const [name, synthesize] of Object.entries(APPS)) {
    const made = synthesize();
    const assembly = readAssembly(made.directory);
    made.remove();
    const world = new World(made.resolver);
    apps[name] = { assembly, world, cells: matrixOf(world) };
  }
});

type Resources = Record<string, TemplateResource & { Properties: Record<string, unknown> }>;

/** The app with something changed in its templates, as a mistake or somebody's will would. */
function changed(name: string, change: (resources: Resources) => void): World {
  const assembly = structuredClone(apps[name].assembly);
  for (const { template } of assembly.stacks) change(template.Resources as Resources);
  return new World(new Resolver(assembly, { region: apps[name].world.resolver.region }));
}

function statementsAt(resource: TemplateResource, property: string): PolicyStatement[] {
  return (resource.Properties![property] as PolicyDocument).Statement as PolicyStatement[];
}

/** Of the policies whose construct path ends so. */
const grants = (path: string, ...statements: Omit<PolicyStatement, 'Effect'>[]) => (resources: Resources) => {
  for (const resource of Object.values(resources)) {
    if (resource.Type === 'AWS::IAM::ManagedPolicy' && String(resource.Metadata?.['aws:cdk:path']).endsWith(`${path}/Resource`)) {
      statementsAt(resource, 'PolicyDocument').push(...statements.map((statement) => ({ Effect: 'Allow' as const, ...statement })));
    }
  }
};

const key = ({ actor, action }: Cell): string => `${actor.title}: ${action.id}`;

/** The cells in which a changed app differs from the declared one. */
function differences(name: string, world: World): string[] {
  const before = new Map(apps[name].cells.map((cell) => [key(cell), cell.allowed.join()]));
  return matrixOf(world).filter((cell) => cell.allowed.join() !== before.get(key(cell))).map(key);
}

describe.each(Object.keys(APPS))('the roles of %s', (name) => {
  test('may do nothing dangerous but what is meant', () => {
    expect(unexplainedOf(apps[name].cells)).toEqual([]);
  });

  test('are granted no action that nobody has judged, and no pattern', () => {
    expect(strangersOf(apps[name].world)).toEqual([]);
  });

  test('are taken by services alone, and the stores let nobody in by policies of their own', () => {
    for (const { takenBy } of apps[name].world.actors) expect(takenBy).toEqual([expect.stringMatching(/^[a-z0-9.-]+\.amazonaws\.com$/)]);
    expect(openingsOf(apps[name].world)).toEqual([]);
  });
});

test('every kind of role is judged, in two regions, and no reason is left for what no role may', () => {
  const cells = Object.values(apps).flatMap((app) => app.cells);
  expect([...new Set(cells.map(({ actor }) => actor.kind))].sort()).toEqual(Object.keys(KINDS).sort());
  for (const { world } of Object.values(apps)) expect(world.stores.map(({ region }) => region).sort()).toEqual(['eu-west-1', 'eu-west-3']);
  const meant = Object.entries(MEANT).flatMap(([id, kinds]) => Object.keys(kinds).map((kind) => `${kind}: ${id}`));
  const allowed = new Set(cells.filter((cell) => cell.allowed.length > 0).map(({ actor, action }) => `${actor.kind}: ${action.id}`));
  expect(meant.filter((one) => !allowed.has(one))).toEqual([]);
});

const STORE = { 'Fn::GetAtt': ['StoreBucket4FBDE984', 'Arn'] };
const under = (rest: string) => ({ 'Fn::Join': ['', [STORE, `/${rest}`]] });
const OWN = 'production/montoit/database/*';
const [DUMP, VERIFY] = ['dump worker of `database`', 'verify worker of `database`'];

describe('a grant by mistake turns its cell and no other', () => {
  test.each<[string, string, Omit<PolicyStatement, 'Effect'>, string[]]>([
    ['deleting versions', '/database/Dump/Policy', { Action: 's3:DeleteObjectVersion', Resource: under('*') as never }, [`${DUMP}: delete-version`]],
    ['deleting, from some address', '/database/Dump/Policy', { Action: 's3:DeleteObject', Resource: under('*') as never, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }, [`${DUMP}: delete`]],
    ['passing by the lock', '/Retire/Policy', { Action: 's3:BypassGovernanceRetention', Resource: '*' }, ['retire worker: bypass']],
    ['both halves of shortening a lock', '/Retire/Policy', { Action: ['s3:BypassGovernanceRetention', 's3:PutObjectRetention'], Resource: '*' },
      ['shorten', 'lengthen', 'lengthen-more', 'lengthen-far', 'bypass'].map((id) => `retire worker: ${id}`)],
    ['reading what it wrote', '/database/Dump/Policy', { Action: 's3:GetObject', Resource: under(`parts/${OWN}`) as never }, [`${DUMP}: read-parts`]],
    ['reading one\'s neighbours', '/database/Verify/Policy', { Action: 's3:GetObject', Resource: under('verdicts/*') as never }, [`${VERIFY}: read-verdicts`, `${VERIFY}: read-other`]],
    ['writing what it judges', '/database/Verify/Policy', { Action: 's3:PutObject', Resource: under(`runs/${OWN}`) as never }, [`${VERIFY}: write-copy`]],
    ['a tag of any name', '/Retire/Policy', { Action: 's3:PutObjectVersionTagging', Resource: under(`parts/${OWN}`) as never }, ['retire worker: tag']],
    ['the end of the key', '/database/Verify/Policy', { Action: 'kms:ScheduleKeyDeletion', Resource: '*' }, [`${VERIFY}: disable-key`]],
    ['the key without S3', '/database/Dump/Policy', { Action: 'kms:Decrypt', Resource: { 'Fn::GetAtt': ['StoreKey7A3C02BD', 'Arn'] } as never }, [`${DUMP}: key-directly`]],
    ['passing any role', '/Shared/SchedulerPolicy', { Action: 'iam:PassRole', Resource: '*' }, ['scheduler: pass-elsewhere', 'scheduler: pass-other']],
    ['taking any role: those of the app refuse', '/Shared/SchedulerPolicy', { Action: 'sts:AssumeRole', Resource: '*' }, ['scheduler: assume-other']],
    ['code', '/database/Run/Policy', { Action: 'lambda:UpdateFunctionCode', Resource: '*' }, ['run machine of `database`: code']],
    ['the schedule', '/Retire/Round/Policy', { Action: 'scheduler:DeleteSchedule', Resource: '*' }, ['retire machine: schedule']],
    ['rules of the bucket', '/Replication/FillPolicy', { Action: 's3:PutLifecycleConfiguration', Resource: STORE as never }, ['filling of a replica: lifecycle']],
  ])('%s', (_, path, statement, expected) => {
    const world = changed('MonToit', grants(path, statement));
    const cells = differences('MonToit', world);
    expect([...cells].sort()).toEqual([...expected].sort());
    expect(unexplainedOf(matrixOf(world)).length).toBe(expected.length);
  });
});

test('a grant of all of S3 turns each cell of S3 but those that the bucket refuses to everybody, and is a stranger besides', () => {
  const world = changed('MonToit', grants('/database/Run/Policy', { Action: 's3:*', Resource: '*' }));
  const turned = differences('MonToit', world).map((cell) => cell.replace('run machine of `database`: ', ''));
  expect(turned).toEqual(expect.arrayContaining([
    'delete-version', 'delete', 'bypass', 'shorten', 'hold', 'write-copy', 'write-verdict', 'read-parts', 'read-other', 'list-all', 'lifecycle', 'replication',
    'versioning', 'lock', 'policy', 'delete-bucket', 'encryption', 'access-log', 'access-log-rules',
  ]));
  for (const refused of ['overwrite', 'release', 'release-other', 'tag', 'tag-newest', 'replicate', 'replicate-back', 'replicate-delete']) expect(turned).not.toContain(refused);
  expect(strangersOf(world)).toEqual(['MonToit/Backup/database/Run/Role: s3:*']);
});

test('what lies at the resource counts: a bucket or a key that lets a role in, and one that no longer refuses', () => {
  const ofType = (type: string, use: (resource: Resources[string]) => void) => (resources: Resources) => {
    for (const resource of Object.values(resources)) if (resource.Type === type && !JSON.stringify(resource).includes('AccessLogs')) use(resource);
  };
  const opened = changed('MonToit', ofType('AWS::S3::BucketPolicy', (policy) => statementsAt(policy, 'PolicyDocument').push({
    Effect: 'Allow', Principal: { AWS: '*' }, Action: 's3:GetObject', Resource: 'arn:aws:s3:::*/verdicts/*', Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } },
  } as PolicyStatement)));
  expect(openingsOf(opened)).toHaveLength(2);
  expect(differences('MonToit', opened)).toEqual(expect.arrayContaining(['scheduler: read-other', `${DUMP}: read-verdicts`, 'replication: read-other']));

  const { role } = apps.MonToit.world.actors.find(({ title }) => title === DUMP)!;
  const trusting = changed('MonToit', ofType('AWS::KMS::Key', (one) => statementsAt(one, 'KeyPolicy').push({
    Effect: 'Allow', Principal: { AWS: role.arn }, Action: 'kms:PutKeyPolicy', Resource: '*',
  })));
  expect(differences('MonToit', trusting)).toEqual([`${DUMP}: key-policy`]);

  const tagging = grants('/database/Verify/Policy', { Action: 's3:PutObjectTagging', Resource: '*' });
  expect(differences('MonToit', changed('MonToit', tagging))).toEqual([]);
  const loose = changed('MonToit', (resources) => {
    tagging(resources);
    for (const policy of Object.values(resources).filter(({ Type }) => Type === 'AWS::S3::BucketPolicy')) {
      const document = policy.Properties.PolicyDocument as { Statement: PolicyStatement[] };
      document.Statement = document.Statement.filter(({ Sid }) => Sid !== 'RefuseTagging');
    }
  });
  expect(differences('MonToit', loose)).toEqual([`${VERIFY}: tag-newest`]);
});

test('in a network, too: a bypass for the role that lengthens locks, another protection\'s secret, task and machine', () => {
  const turns = (path: string, statement: Omit<PolicyStatement, 'Effect'>) => differences('Shop', changed('Shop', grants(path, statement)));
  expect(turns('/LockExtenderPolicy', { Action: 's3:BypassGovernanceRetention', Resource: '*' }).sort()).toEqual(['lengthening of locks: bypass', 'lengthening of locks: shorten']);
  expect(turns('/Extend/Policy', { Action: 's3:BypassGovernanceRetention', Resource: '*' }).sort()).toEqual(['lock worker: bypass', 'lock worker: shorten']);
  expect(turns('/Extend/Policy', { Action: 's3:PutObjectRetention', Resource: '*' }).sort()).toEqual(['lengthen', 'lengthen-far', 'lengthen-more'].map((id) => `lock worker: ${id}`));
  expect(turns('/Extend/Policy', { Action: 's3:PutObjectVersionTagging', Resource: '*' })).toEqual([]);
  expect(turns('/orders/Dump/Policy', { Action: 'secretsmanager:GetSecretValue', Resource: { Ref: 'LedgerB7379752' } as never })).toEqual(['dump worker of `orders`: secret-other']);
  expect(turns('/orders/Run/Policy', { Action: 'ecs:RunTask', Resource: '*' })).toEqual(['run machine of `orders`: run-task-other']);
  expect(turns('/ledger/Run/Policy', { Action: 'iam:PassRole', Resource: { 'Fn::GetAtt': ['BackupledgerDumpRoleF04EAA2A', 'Arn'] } as never })).toEqual(['run machine of `ledger`: pass-elsewhere']);
  expect(turns('/ledger/Dump/Policy', { Action: 'states:SendTaskSuccess', Resource: '*' })).toEqual(expect.arrayContaining(['dump worker of `ledger`: answer-other']));
});

test('what nobody judged is said by name: an action, a role, a policy of AWS\'s, somebody who may take a role', () => {
  expect(strangersOf(changed('MonToit', grants('/Retire/Policy', { Action: 'dynamodb:DeleteTable', Resource: '*' }, { NotAction: 'iam:*', Resource: '*' }))))
    .toEqual(['MonToit/Backup/Retire/Role: dynamodb:DeleteTable', 'MonToit/Backup/Retire/Role: NotAction']);
  const role = 'BackupRetireRole6CF3776C';
  expect(() => changed('MonToit', (resources) => {
    if (resources[role]) resources.Other = { ...resources[role], Metadata: { 'aws:cdk:path': 'MonToit/Backup/Other/Resource' } };
  })).toThrow(/nobody has said what the role MonToit\/Backup\/Other is for/);
  expect(() => changed('MonToit', (resources) => {
    if (resources[role]) resources[role].Properties.ManagedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
  })).toThrow(/AdministratorAccess .* is not known here/);
  const taken = changed('MonToit', (resources) => {
    if (resources[role]) statementsAt(resources[role], 'AssumeRolePolicyDocument').push({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111122223333:root' } });
  });
  expect(taken.actors.find(({ kind }) => kind === 'retire worker')?.takenBy).toEqual(['lambda.amazonaws.com', '{"AWS":"arn:aws:iam::111122223333:root"}']);
});

test('a worker\'s code in a network makes and deletes no interface, which Lambda itself may', () => {
  const { actors } = apps.Shop.world;
  const worker = actors.find(({ title }) => title === 'dump worker of `orders`')!;
  const statements = worker.role.policies.flatMap(({ document }) => document.Statement as PolicyStatement[]);
  const about = statements.filter(({ Action }) => [Action].flat().includes('ec2:DeleteNetworkInterface'));
  expect(about.map(({ Effect, Condition }) => ({ Effect, Condition }))).toEqual([
    { Effect: 'Allow', Condition: undefined },
    { Effect: 'Deny', Condition: { ArnLike: { 'lambda:SourceFunctionArn': 'arn:aws:lambda:eu-west-3:000000000000:function:*' } } },
  ]);
  const own = apps.Shop.cells.find(({ actor, action }) => actor === worker && action.id === 'interface');
  expect(own?.allowed).toEqual([]);
});
