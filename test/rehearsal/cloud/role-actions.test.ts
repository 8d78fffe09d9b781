import type { PolicyDocument, PolicyStatement } from '../../../rehearsal/cloud/policy-document';
import { type Assembly, readAssembly, Resolver, type TemplateResource } from '../../../rehearsal/assembly';
import { ACCOUNTS, APPS } from './role-actions/apps';
import { administratorOf, type Cell, matrixOf, openingsOf, strangersOf } from './role-actions/matrix';
import { MEANT } from './role-actions/meant';
import { unexplainedOf } from './role-actions/table';
import { type Actor, KINDS, World } from './role-actions/world';

jest.setTimeout(60_000);

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

const TEAM = `arn:aws:iam::${ACCOUNTS.team}:root`;
const PLATFORM = `arn:aws:iam::${ACCOUNTS.platform}:root`;

/** Whom a bucket lets in by its own policy. */
const OPENINGS: Readonly<Record<string, readonly string[]>> = {
  Central: [
    `Archive/Store/Bucket: ${PLATFORM}: Replicas`, `Archive/Store/Bucket: ${PLATFORM}: ReplicasOfBucket`,
    ...['Write', 'Read', 'List', 'Retire', 'Lock'].map((sid) => `Platform/Store/Bucket: ${TEAM}: ${sid}${ACCOUNTS.team}`),
  ],
};

type Resources = Record<string, TemplateResource & { Properties: Record<string, unknown> }>;

/** The app with something changed in its templates, as a mistake or somebody's will would. */
function changed(name: string, change: (resources: Resources) => void): World {
  const assembly = structuredClone(apps[name].assembly);
  for (const { template } of assembly.stacks) change(template.Resources as Resources);
  const { region, account } = apps[name].world.resolver;
  return new World(new Resolver(assembly, { region, account }));
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

/** The cells of a changed app; those of roles that are as they were need no second question while nothing at the resources is another. */
function cellsOf(name: string, world: World): Cell[] {
  const { world: declared } = apps[name];
  const rights = new Map(declared.actors.map(({ role }) => [role.arn, JSON.stringify(role.policies)]));
  return matrixOf(world, world.guards === declared.guards
    ? world.actors.filter(({ role }) => rights.get(role.arn) !== JSON.stringify(role.policies)) : world.actors);
}

/** The cells in which a changed app differs from the declared one. */
function differences(name: string, world: World): string[] {
  const before = new Map(apps[name].cells.map((cell) => [key(cell), cell.allowed.join()]));
  return cellsOf(name, world).filter((cell) => cell.allowed.join() !== before.get(key(cell))).map(key);
}

describe.each(Object.keys(APPS))('the roles of %s', (name) => {
  test('may do nothing dangerous but what is meant', () => {
    expect(unexplainedOf(apps[name].cells)).toEqual([]);
  });

  test('are granted no action that nobody has judged, and no pattern', () => {
    expect(strangersOf(apps[name].world)).toEqual([]);
  });

  test('are taken by services alone, and the stores let nobody in by policies of their own but whom they are told to', () => {
    for (const { takenBy } of apps[name].world.actors) expect(takenBy).toEqual([expect.stringMatching(/^[a-z0-9.-]+\.amazonaws\.com$/)]);
    expect(openingsOf(apps[name].world).map((one) => one.replace(/^([^:]+): .*"AWS":"([^"]+)".*"Sid":"([^"]+)"\}$/, '$1: $2: $3'))).toEqual(OPENINGS[name] ?? []);
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
      ['shorten', 'lengthen', 'lengthen-more', 'lengthen-far', 'bypass', 'elsewhere'].map((id) => `retire worker: ${id}`)],
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
    expect(unexplainedOf(cellsOf('MonToit', world)).length).toBe(expected.length);
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
  expect(turns('/Extend/Policy', { Action: 's3:PutObjectRetention', Resource: '*' }).sort()).toEqual(['elsewhere', 'lengthen-far', 'lengthen-more'].map((id) => `lock worker: ${id}`));
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

describe('across accounts', () => {
  const turns = (path: string, ...statements: Omit<PolicyStatement, 'Effect'>[]) => differences('Central', changed('Central', grants(path, ...statements))).sort();
  const bucketPolicy = (stack: string, change: (statements: PolicyStatement[]) => void) => (resources: Resources) => {
    for (const { Type, Metadata, Properties } of Object.values(resources)) {
      if (Type === 'AWS::S3::BucketPolicy' && Metadata?.['aws:cdk:path'] === `${stack}/Store/Bucket/Policy/Resource`) {
        change((Properties.PolicyDocument as { Statement: PolicyStatement[] }).Statement);
      }
    }
  };
  /** What a role could do that its account granted everything, as its administrator. */
  const ofAdministrator = (world: World, find: (actor: Actor) => boolean) => {
    const actor = world.actors.find(find)!;
    return administratorOf(world, actor).map(({ action }) => action.id);
  };
  const [dump, verify] = ['dump', 'verify'].map((purpose) => `${purpose} worker of \`till-database\`, as a guest`);
  const dumpsTill = ({ title }: Actor): boolean => title === dump;

  test('a team\'s roles do in the shared store what its own store would let them, and the roles of both are judged', () => {
    const { actors } = apps.Central.world;
    expect(actors.filter(({ guest }) => guest).map(({ title }) => title)).toEqual(expect.arrayContaining([
      dump, verify, 'retire worker, as a guest', 'scheduler, as a guest',
    ]));
    const may = (title: string) => apps.Central.cells.filter(({ actor, allowed }) => actor.title === title && allowed.length > 0)
      .map(({ action }) => action.id);
    for (const kind of ['retire worker', 'retire machine', 'scheduler']) expect(may(`${kind}, as a guest`)).toEqual(may(kind));
    for (const kind of ['dump worker', 'verify worker', 'run machine']) {
      expect(may(`${kind} of \`ledger-database\``).length).toBeGreaterThan(0);
      expect(may(`${kind} of \`till-database\`, as a guest`)).toEqual(may(`${kind} of \`ledger-database\``));
    }
  });

  test('with everything that its own account can grant, a team reads, writes, lists and locks its applications\' copies, and no more', () => {
    const { world } = apps.Central;
    expect(ofAdministrator(world, dumpsTill)).toEqual([
      'lengthen', 'write-copy', 'write-verdict', 'write-policy', 'write-audit', 'write-scrub', 'abort', 'read-parts', 'read-manifests', 'read-verdicts', 'read-scrubs', 'list', 'key-through-s3',
    ]);
    // Who makes roles under that path may release, as `What remains` says; the lock still holds.
    expect(ofAdministrator(world, ({ kind, guest }) => guest && kind === 'retire worker')).toEqual(expect.arrayContaining(['release', 'tag']));
  });

  test('with everything that the platform\'s account can grant, nobody but the replication role reaches the archive, and that one deletes and reads nothing', () => {
    const { world } = apps.Central;
    const archived = (find: (actor: Actor) => boolean) => administratorOf(world, world.actors.find(find)!)
      .flatMap(({ action, allowed }) => (allowed.some((one) => /archive-|:333333333333:/.test(one)) ? [action.id] : []));
    expect(archived(({ title }) => title === 'dump worker of `ledger-database`')).toEqual([]);
    expect(archived(({ kind, guest }) => !guest && kind === 'retire worker')).toEqual([]);
    expect(archived(({ kind }) => kind === 'replication')).toEqual(['acl', 'replicate', 'key-elsewhere']);
  });

  test.each<[string, string, Omit<PolicyStatement, 'Effect'>, string[]]>([
    ['reading what a team wrote', 'Team/Backup/till-database/Dump/Policy', { Action: 's3:GetObject', Resource: '*' }, ['read-manifests', 'read-parts', 'read-scrubs', 'read-verdicts'].map((id) => `${dump}: ${id}`)],
    ['deleting versions: the store does not let the team', 'Team/Backup/till-database/Dump/Policy', { Action: 's3:DeleteObjectVersion', Resource: '*' }, []],
    ['reading the platform\'s copies: the store does not let the team', 'Team/Backup/till-database/Verify/Policy', { Action: ['s3:GetObject', 's3:GetObjectVersion'], Resource: '*' }, [`${verify}: read-scrubs`, `${verify}: read-verdicts`]],
    ['the end of the platform\'s key', 'Team/Backup/Retire/Policy', { Action: 'kms:ScheduleKeyDeletion', Resource: '*' }, []],
    ['the team\'s copies, by the platform', 'Platform/Backup/ledger-database/Verify/Policy', { Action: 's3:GetObject', Resource: 'arn:aws:s3:::*-storebucket*' }, ['read-other', 'read-scrubs', 'read-verdicts'].map((id) => `verify worker of \`ledger-database\`: ${id}`)],
    ['replicating into the archive', 'Platform/Backup/ledger-database/Dump/Policy', { Action: 's3:ReplicateObject', Resource: '*' }, []],
    ['deleting in the archive', 'Platform/Store/Replication/Policy', { Action: ['s3:ReplicateDelete', 's3:DeleteObjectVersion'], Resource: 'arn:aws:s3:::*-storebucket*' }, ['replication: delete-version']],
  ])('a grant by mistake: %s', (_, path, statement, expected) => {
    expect(turns(path, statement)).toEqual(expected);
  });

  test('what a bucket lets in by mistake turns what the other account\'s administrator may do', () => {
    const loose = changed('Central', bucketPolicy('Platform', (statements) => statements.push({
      Effect: 'Allow', Principal: { AWS: TEAM }, Action: ['s3:DeleteObjectVersion', 's3:PutLifecycleConfiguration'], Resource: '*',
    })));
    expect(ofAdministrator(loose, dumpsTill)).toEqual(expect.arrayContaining(['delete-version', 'lifecycle']));
    const anybody = changed('Central', bucketPolicy('Archive', (statements) => {
      for (const [index, { Sid, Condition: _, ...rest }] of statements.entries()) if (Sid === 'Replicas') statements[index] = { Sid, ...rest };
    }));
    // The bucket refuses all but the replication role besides.
    expect(ofAdministrator(anybody, ({ title }) => title === 'dump worker of `ledger-database`')).not.toContain('replicate');
    const open = changed('Central', bucketPolicy('Archive', (statements) => {
      for (const [index, { Sid, Condition: _, ...rest }] of statements.entries()) if (Sid === 'Replicas') statements[index] = { Sid, ...rest };
      statements.splice(statements.findIndex(({ Sid }) => Sid === 'RefuseReplication'), 1);
    }));
    expect(ofAdministrator(open, ({ title }) => title === 'dump worker of `ledger-database`')).toContain('replicate');
  });
});

test('at a replica: a drill that may read another place, another protection or the key of the first region is told', () => {
  const VERIFY_THERE = 'verify worker at a replica of `database`';
  const turns = (statement: Omit<PolicyStatement, 'Effect'>) => differences('MonToit', changed('MonToit', grants('/production-montoit-database/Verify/Policy', statement))).sort();
  const store = apps.MonToit.world.stores.find((one) => !apps.MonToit.world.replicas.has(one))!;
  expect(turns({ Action: 's3:GetObject', Resource: `arn:aws:s3:::${store.name}/parts/production/montoit/database/*` })).toEqual([`${VERIFY_THERE}: elsewhere`]);
  expect(turns({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::*/parts/production/somebody-else/*' })).toEqual([`${VERIFY_THERE}: read-other`]);
  expect(turns({ Action: 'kms:Decrypt', Resource: store.keyArn })).toEqual([`${VERIFY_THERE}: key-directly`, `${VERIFY_THERE}: key-elsewhere`]);
  expect(turns({ Action: 's3:PutObject', Resource: 'arn:aws:s3:::montoit-store-732c2244-*/runs/production/montoit/database/*' })).toEqual([`${VERIFY_THERE}: write-copy`]);
});
