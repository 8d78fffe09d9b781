import { App, Aspects, PermissionsBoundary, Stack, type IAspect } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../fixture';
import { resourcesOf, team, type Resource } from './platform';

const rolesOf = (app: App) => resourcesOf(app.synth()).filter(([,, { Type }]) => Type === 'AWS::IAM::Role');

describe('a permissions boundary', () => {
  test.each<[string, () => App]>([
    ['of the application', () => {
      const app = new App();
      team(app);
      iam.PermissionsBoundary.of(app).apply(iam.ManagedPolicy.fromManagedPolicyArn(new Stack(app, 'Boundary'), 'Boundary', 'arn:aws:iam::111111111111:policy/boundary'));
      return app;
    }],
    ['of the stack, for the replica\'s too', () => {
      const app = new App();
      team(app, undefined, {}, { permissionsBoundary: PermissionsBoundary.fromName('boundary') });
      return app;
    }],
  ])('%s is on every role', (_, build) => {
    const roles = rolesOf(build());
    expect(roles.length).toBeGreaterThanOrEqual(6);
    for (const [, id, { Properties }] of roles) expect({ id, boundary: text(Properties.PermissionsBoundary) }).toEqual({ id, boundary: expect.stringMatching(/:policy\/boundary$/) });
  });
});

/** A platform team's rule: every role under one path, where it has none, and with a prefix to its name. */
class OrganizationRoles implements IAspect {
  public visit(node: unknown): void {
    if (!(node instanceof iam.CfnRole)) return;
    node.path ??= '/team/';
    node.roleName = `org-${node.node.addr.slice(0, 16)}`;
  }
}

interface Refusal {
  readonly Sid?: string;
  readonly Condition?: { readonly ArnNotLike: Record<string, unknown> };
}

describe('a role path and a name prefix', () => {
  const app = new App();
  team(app, undefined, { rolePath: '/team/backup/' });
  Aspects.of(app).add(new OrganizationRoles());
  const all = resourcesOf(app.synth());
  const roles = all.filter(([,, { Type }]) => Type === 'AWS::IAM::Role');

  test('are on every role', () => {
    for (const [,, { Properties }] of roles) {
      expect(Properties.Path).toMatch(/^\/team\//);
      expect(Properties.RoleName).toMatch(/^org-/);
    }
  });

  test('and the buckets know the roles that tag and replicate by the path that the store was told', () => {
    const paths = roles.map(([, id, { Properties }]) => [id.replace(/[0-9A-F]{8}$/, ''), Properties.Path]);
    expect(paths).toEqual(expect.arrayContaining([['BackupRetireRole', '/team/backup/retire/'], ['StoreReplicationRole', '/team/backup/replication/']]));
    const excepted = (sid: string) => all.filter(([,, { Type }]) => Type === 'AWS::S3::BucketPolicy').flatMap(([stack,, { Properties }]) => {
      const { Statement } = Properties.PolicyDocument as { Statement: Refusal[] };
      return Statement.filter(({ Sid, Condition }) => Sid === sid && Condition)
        .map(({ Condition }) => `${stack} ${text(Condition!.ArnNotLike['aws:PrincipalArn'])}`);
    });
    const roleOf = (path: string) => `arn:<AWS::Partition>:iam::<AWS::AccountId>:role/team/backup/${path}/*`;
    expect(excepted('RefuseRetirement').sort()).toEqual([`Team ${roleOf('retire')}`, `Team-Store-eu-west-1 ${roleOf('retire')}`]);
    expect(excepted('RefuseReplication')).toEqual([`Team-Store-eu-west-1 ${roleOf('replication')}`]);
  });
});

describe('what the team brings', () => {
  test('roles: none is made, and what each must be allowed is written down for who makes them', () => {
    const app = new App();
    const stack = team(app);
    const wanted = stack.node.findAll().filter((node): node is iam.Role => node instanceof iam.Role).map(({ node }) => node.path);
    const again = new App();
    iam.Role.customizeRoles(again, { usePrecreatedRoles: Object.fromEntries(wanted.map((path) => [path, `made-by-platform-${path.replace(/\W+/g, '-')}`.slice(-64)])) });
    team(again);
    const assembly = again.synth();
    const types = resourcesOf(assembly).map(([,, { Type }]) => Type);
    expect(types).not.toContain('AWS::IAM::Role');
    const report = JSON.parse(readFileSync(join(assembly.directory, 'iam-policy-report.json'), 'utf8')) as { roles: { roleConstructPath: string }[] };
    expect(report.roles.map(({ roleConstructPath }) => roleConstructPath).sort()).toEqual([...wanted].sort());
  });

  test('a key: none is made for the copies, and the grants are for that one', () => {
    const env = { region: 'eu-west-3', account: '111111111111' };
    const arn = 'arn:aws:kms:eu-west-3:111111111111:key/01234567-89ab-cdef-0123-456789abcdef';
    const app = new App();
    team(app, env);
    const brought = new App();
    team(brought, env, { key: kms.Key.fromKeyArn(new Stack(brought, 'Keys', { env }), 'Theirs', arn) });
    expect(keysOf(app).length - keysOf(brought).length).toBe(1);
    const policies = resourcesOf(brought.synth()).filter(([,, { Type }]) => Type === 'AWS::IAM::ManagedPolicy');
    const ofDump = policies.find(([, id]) => id.includes('DumpPolicy'))!;
    expect(JSON.stringify(ofDump[2].Properties)).toContain(arn);
  });
});

function keysOf(app: App): Resource[] {
  return resourcesOf(app.synth()).map(([,, resource]) => resource).filter(({ Type }) => Type === 'AWS::KMS::Key');
}
