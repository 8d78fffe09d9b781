import { Assertion } from '../../lib/contract/assertion';
import { Name } from '../../lib/contract/common';
import { DeclaredPostgresConfig, PostgresConfig } from '../../lib/contract/engines/postgres';
import { METRICS } from '../../lib/contract/metrics';
import { DeclaredRun, DumpResult, RunRequest } from '../../lib/contract/run-request';

const config = {
  flavor: 'supabase', secretArn: 'arn:aws:secretsmanager:eu-west-3:111122223333:secret:database-AbCdEf', authentication: 'password',
  tls: { mode: 'verify-full' }, tables: { exclude: [], schemaOnly: ['public.sessions_*'] }, maximumConnections: 4, maximumBlockingSeconds: 30,
  lockTimeoutSeconds: 10, compressionLevel: 1,
};
const request = {
  version: 1, environment: 'production', application: 'montoit', protection: 'database', engine: 'postgres',
  store: { bucket: 'copies', region: 'eu-west-3', keyArn: 'arn:aws:kms:eu-west-3:111122223333:key/1', lock: { mode: 'GOVERNANCE', retentionSeconds: 604800 } },
  objectives: { rpoSeconds: 93600, rtoSeconds: 3600 }, limits: { timeoutSeconds: 840 }, assertions: [], config,
  slot: '2026-11-20T02:00:00Z', execution: 'arn:aws:states:eu-west-3:111122223333:execution:m:1',
};

test('a request of the worker and its declared form differ by slot, execution and intrinsics', () => {
  expect(RunRequest.parse(request)).toEqual(request);
  const { slot: _slot, execution: _execution, ...run } = request;
  const declared = { ...run, store: { ...run.store, bucket: { Ref: 'StoreBucket' }, keyArn: { 'Fn::GetAtt': ['StoreKey', 'Arn'] } } };
  expect(DeclaredRun.parse(declared)).toEqual(declared);
  expect(RunRequest.safeParse({ ...request, store: declared.store }).success).toBe(false);
});

test('a request stays far below what a Fargate override holds', () => {
  const full = { ...request, config: { ...config, databases: Array.from({ length: 40 }, (_, i) => `database-number-${i}`) } };
  expect(JSON.stringify(RunRequest.parse(full)).length).toBeLessThan(8192 / 2);
});

test.each([
  ['an unknown field', { ...request, extra: 1 }, 'unrecognized_keys'],
  ['an unknown field of the store', { ...request, store: { ...request.store, acl: 'public-read' } }, 'unrecognized_keys'],
  ['an unknown lock mode', { ...request, store: { ...request.store, lock: { mode: 'NONE', retentionSeconds: 1 } } }, 'invalid_value'],
  ['no time at all', { ...request, limits: { timeoutSeconds: 0 } }, 'too_small'],
  ['half a second', { ...request, limits: { timeoutSeconds: 0.5 } }, 'invalid_type'],
  ['a slot that is no instant', { ...request, slot: '<aws.scheduler.scheduled-time>' }, 'invalid_format'],
  ['a name with a slash', { ...request, application: 'mon/toit' }, 'invalid_format'],
])('a request with %s is refused', (_, value, code) => {
  const parsed = RunRequest.safeParse(value);
  expect(parsed.error?.issues.map((issue) => issue.code)).toEqual([code]);
});

test.each(['', '-a', 'A', 'a_b', 'a/b', 'a.b', 'é', 'a'.repeat(64)])('%p is no name', (value) => {
  expect(Name.safeParse(value).success).toBe(false);
});

test('PostgreSQL: addresses may be intrinsics in the template and are text in the worker', () => {
  const declared = { ...config, secretArn: { Ref: 'Secret' }, host: { 'Fn::GetAtt': ['Database', 'Endpoint.Address'] } };
  expect(DeclaredPostgresConfig.parse(declared)).toEqual(declared);
  expect(PostgresConfig.safeParse(declared).success).toBe(false);
});

test.each([
  ['flavor', { flavor: 'oracle' }], ['tables.exclude.0', { tables: { exclude: ['users'], schemaOnly: [] } }],
  ['maximumConnections', { maximumConnections: 2 }], ['databases', { databases: [] }], ['majorVersion', { majorVersion: 12 }],
  ['port', { port: 70000 }], ['tls.mode', { tls: { mode: 'prefer' } }], ['', { password: 'sentinel' }],
])('PostgreSQL: a wrong %s is refused', (field, change) => {
  expect(PostgresConfig.safeParse({ ...config, ...change }).error?.issues[0].path.join('.')).toBe(field);
});

test('an assertion must expect something', () => {
  expect(Assertion.safeParse({ name: 'owners', query: 'select count(*) from owners' }).success).toBe(false);
  expect(Assertion.safeParse({ name: 'owners', query: 'select count(*) from owners', atLeast: 1 }).success).toBe(true);
  expect(Assertion.safeParse({ name: 'nothing', query: 'select null', equals: null }).success).toBe(true);
});

test('a result carries keys, never data', () => {
  expect(DumpResult.safeParse({ runId: '20261120T020000Z', manifestKey: 'k', attempt: 'a', outcome: 'written', sizeBytes: 1, census: [] }).success).toBe(false);
});

test('no two metrics share a name', () => {
  const names = Object.values(METRICS).map((metric) => metric.name);
  expect(new Set(names).size).toBe(names.length);
});
