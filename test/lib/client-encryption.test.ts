import { Lazy, type Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ClientEncryption, Compute, type AgeEncryptionProps } from '../../lib';
import { DeclaredRun } from '../../lib/contract/run-request';
import { definition, postgres, statements, template, text } from './fixture';

const ONE = 'age176244ny9acfe9yjw74xj26qc0my8x9y5ausqk6cmm37ww7kktegqtf0ngp';
const OTHER = 'age1utsc8wssn6wxkwgg3ka3xkplxnjelz4aluycxjm2ngxfnzfesszq46xerp';
const SECRET_KEY = 'AGE-SECRET-KEY-1QQPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQ8FTCD3';

const made = (props: (stack: Stack) => AgeEncryptionProps, more: Parameters<typeof template>[0] = () => ({})) =>
  template((stack) => ({ encryption: ClientEncryption.age(props(stack)), ...more(stack) }));

const request = (of: ReturnType<typeof made>) => definition(of).States.Request.Parameters as Record<string, unknown>;

test('recipients travel in the request, public as they are, and a drill without an identity ends under its own name', () => {
  const of = made(() => ({ recipients: [ONE, OTHER] }));
  expect(request(of).encryption).toEqual({ scheme: 'age', recipients: [ONE, OTHER] });
  const { States } = definition(of);
  expect(Object.entries(States).filter(([, { Type }]) => Type === 'Succeed').map(([name]) => name)).toEqual(['ChecksumsOnly']);
  const secrets = statements(of, 'databaseVerifyPolicy').filter(({ Action }) => String(Action).includes('secretsmanager'));
  expect(secrets).toEqual([]);
});

test('the identity of drills is for the verify worker alone', () => {
  const of = made((stack) => ({ recipients: [ONE], drillIdentity: new Secret(stack, 'Identity', { encryptionKey: new Key(stack, 'IdentityKey') }) }));
  expect(text((request(of).encryption as { identitySecretArn: unknown }).identitySecretArn)).toMatch(/^<Identity\w+>$/);
  expect(Object.entries(definition(of).States).filter(([, { Type }]) => Type === 'Succeed').map(([name]) => name)).toEqual(['Proven']);
  const readers = Object.keys(of.findResources('AWS::IAM::ManagedPolicy')).filter((id) =>
    statements(of, id).some(({ Action, Resource }) => String(Action).includes('secretsmanager') && /<Identity/.test([Resource].flat().map(text).join())));
  expect(readers).toHaveLength(1);
  expect(readers[0]).toMatch(/Verify/);
  const keys = Object.keys(of.findResources('AWS::IAM::ManagedPolicy')).filter((id) =>
    statements(of, id).some(({ Resource }) => /<IdentityKey/.test([Resource].flat().map(text).join())));
  expect(keys).toEqual(readers);
});

test('on Fargate too', () => {
  const of = made(
    (stack) => ({ recipients: [ONE], drillIdentity: new Secret(stack, 'Identity') }),
    (stack) => ({ compute: Compute.fargate({ vpc: new Vpc(stack, 'Vpc') }) }),
  );
  const reads = (part: string) => statements(of, part).some(({ Resource }) => /<Identity/.test([Resource].flat().map(text).join()));
  expect([reads('databaseDumpPolicy'), reads('databaseVerifyPolicy')]).toEqual([false, true]);
});

test('an identity that the dump worker could read is refused', () => {
  expect(() => made(
    (stack) => ({ recipients: [ONE], drillIdentity: postgresSecret(stack) }),
    (stack) => ({ source: postgres(stack, { connection: postgresSecret(stack) }) }),
  )).toThrow(/S\/Backup\/database: encryption\.drillIdentity is S\/Both, which the dump worker reads/);
});

test('a request of the contract', () => {
  const { slot: _slot, execution: _execution, 'slot.$': _path, 'execution.$': _name, ...run } = request(made((stack) => ({ recipients: [ONE], drillIdentity: new Secret(stack, 'Identity') })));
  expect(DeclaredRun.safeParse(run).error?.issues.filter(({ path }) => path[0] === 'encryption') ?? []).toEqual([]);
});

test.each([
  ['no recipient', [], /recipients is a list of 0; allowed: from 1 to 16/],
  ['17 of them', Array.from({ length: 17 }, () => ONE), /a list of 17/],
  ['the same one twice', [ONE, OTHER, ONE], new RegExp(`recipients\\[2\\] is ${ONE} a second time`)],
  ['a mistyped one', [ONE.replace('176244', '176245')], /recipients\[0\] is mistyped/],
  ['a plugin\'s', ['age1yubikey1qw2jl8'], /plugin "yubikey"/],
  ['a post-quantum one', ['age1pq1qqqqqqq'], /newer kind/],
  ['a token', [Lazy.string({ produce: () => ONE })], /known only at deployment/],
])('%s is refused with path, prop and reason', (_what, recipients, reason) => {
  expect(() => made(() => ({ recipients }))).toThrow(reason);
  expect(() => made(() => ({ recipients }))).toThrow(/^S\/Backup\/database: encryption\.recipients/);
});

test('a secret key in the place of a recipient is refused and not repeated', () => {
  const refused = (): unknown => made(() => ({ recipients: [SECRET_KEY] }));
  expect(refused).toThrow(/is a secret key/);
  expect(refused).not.toThrow(new RegExp(SECRET_KEY.slice(0, 24)));
});

function postgresSecret(stack: Stack): Secret {
  return stack.node.tryFindChild('Both') as Secret | undefined ?? new Secret(stack, 'Both');
}
