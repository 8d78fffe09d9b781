import fc from 'fast-check';
import { policyDrift } from '../../lambda/runtime/sentinel/access-policy';
import { seeded } from '../model/seed';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Principal: string | Record<string, string | string[]>;
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: Record<string, Record<string, string | string[]>>;
}

const SAID = { metric: 'lockDrift', about: 'store', what: 'The bucket policy' } as const;

const drift = (declared: readonly Statement[], found: unknown): string[] => (
  policyDrift({ Version: '2012-10-17', Statement: declared }, JSON.stringify(found), SAID).map(({ text }) => text));

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });

const statement: fc.Arbitrary<Statement> = fc.record({
  Sid: fc.constantFrom('One', 'Two', 'Three'),
  Effect: fc.constantFrom('Deny', 'Allow'),
  Principal: some(['*', '111111111111', 'arn:aws:iam::222222222222:role/team']).map((AWS) => ({ AWS })),
  Action: some(['s3:PutObject', 's3:GetObject', 's3:PutBucketPolicy']),
  Resource: some(['arn:aws:s3:::store', 'arn:aws:s3:::store/*']),
  Condition: fc.option(fc.record({
    Null: fc.constantFrom('true', 'false').map((value) => ({ 's3:if-none-match': value })),
    ArnNotLike: some(['arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/b']).map((value) => ({ 'aws:PrincipalArn': value })),
  }), { nil: undefined }),
}, { requiredKeys: ['Effect', 'Principal', 'Action', 'Resource'] });

/** The same in the words of a service that answers otherwise than it was told. */
function otherwise({ Sid: _name, Principal, Action, Resource, Condition, ...rest }: Statement): unknown {
  const other = (value: string | string[]) => {
    const list = [value].flat();
    return list.length === 1 ? list[0] : [...list].reverse();
  };
  const { AWS } = Principal as { AWS: string[] };
  const names = AWS.map((name) => (/^\d{12}$/.test(name) ? `arn:aws:iam::${name}:root` : name));
  return {
    Condition: Condition && Object.fromEntries(Object.entries(Condition).reverse().map(([operator, keys]) => (
      [operator, Object.fromEntries(Object.entries(keys).map(([key, value]) => [key.toUpperCase(), other(value)]))]))),
    Resource: other(Resource), Action: other([Action].flat().map((action) => action.toLowerCase())),
    Principal: names.length === 1 && names[0] === '*' ? '*' : { AWS: other(names) }, ...rest,
  };
}

test('order, form and names of statements say nothing', () => {
  fc.assert(fc.property(fc.array(statement, { minLength: 1, maxLength: 5 }), (declared) => {
    const found = declared.map(otherwise).reverse();
    expect(drift(declared, { Id: 'made-by-hand', Statement: found.length === 1 ? found[0] : found })).toEqual([]);
  }), seeded());
});

test('whatever means something else is noticed', () => {
  const changes = (one: Statement): Statement[] => [
    { ...one, Action: [...[one.Action].flat(), 's3:DeleteObject'] },
    { ...one, Resource: 'arn:aws:s3:::store/parts/*' },
    { ...one, Principal: { AWS: '333333333333' } },
    { ...one, Condition: { ...one.Condition, Bool: { 'aws:SecureTransport': 'false' } } },
  ];
  fc.assert(fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(), (declared, which, how) => {
    const at = which % declared.length;
    const other = changes(declared[at])[how % 4];
    const found = declared.map((one, index) => (index === at ? other : one));
    expect(drift(declared, { Statement: found })).not.toEqual([]);
  }), seeded());
});

test('says which statement is gone, changed or nobody\'s', () => {
  const refuse = (Sid: string, Action: string): Statement => ({ Sid, Effect: 'Deny', Principal: '*', Action, Resource: '*' });
  const declared = [refuse('RefuseOverwriting', 's3:PutObject'), refuse('RefuseTagging', 's3:PutObjectTagging')];
  expect(drift(declared, { Statement: [declared[1]] })).toEqual(['The bucket policy has no RefuseOverwriting any more.']);
  expect(drift(declared, { Statement: [refuse('RefuseOverwriting', 's3:GetObject'), declared[1]] })).toEqual([
    'The bucket policy says RefuseOverwriting otherwise than declared.',
  ]);
  expect(drift(declared, { Statement: [{ ...declared[0], Effect: 'Allow' }, declared[1]] })).toHaveLength(1);
  expect(drift(declared, { Statement: [...declared, { ...refuse('', 's3:*'), Effect: 'Allow' }] })).toEqual([
    'The bucket policy has a statement without a name, which nobody declared.',
  ]);
  expect(policyDrift({ Statement: declared }, undefined, SAID)).toMatchObject([{ metric: 'lockDrift', about: 'store', text: expect.stringContaining('is gone') }]);
  expect(() => policyDrift({ Statement: declared }, '{', SAID)).toThrow(SyntaxError);
});
