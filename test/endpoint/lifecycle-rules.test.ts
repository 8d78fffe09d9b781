import * as fc from 'fast-check';
import { lifecycleXml, parseLifecycle } from '../../rehearsal/endpoint/s3/lifecycle/document';
import type { LifecycleFilter, LifecycleRule } from '../../rehearsal/endpoint/s3/lifecycle/rules';
import { assertLifecycle } from '../../rehearsal/endpoint/s3/lifecycle/validate';

const word = fc.stringMatching(/^[\w &<>"'é/-]{1,12}$/);
const days = fc.integer({ min: 1, max: 3000 });
const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
const filter: fc.Arbitrary<LifecycleFilter> = fc.oneof(
  fc.record({ old: fc.constant(true), prefix: fc.oneof(fc.constant(''), word) }),
  fc.record({
    prefix: fc.oneof(fc.constant(''), word), tags: fc.dictionary(word, word, { minKeys: 1, maxKeys: 3 }), sizeGreaterThan: fc.nat(), sizeLessThan: fc.nat(),
  }, { requiredKeys: [] }),
);
const age = fc.record({ days, newer: fc.integer({ min: 1, max: 100 }) }, { requiredKeys: ['days'] });
const rule: fc.Arbitrary<LifecycleRule> = fc.record({
  id: word, enabled: fc.boolean(), filter,
  expiration: optional(fc.oneof(
    fc.record({ days }), fc.record({ date: fc.nat({ max: 30_000 }).map((day) => day * 86_400_000) }), fc.constant({ lone: true as const }),
  )),
  noncurrentExpiration: optional(age),
  transitions: optional(fc.array(fc.record({ storageClass: word, days }), { minLength: 1, maxLength: 2 })),
  noncurrentTransitions: optional(
    fc.array(fc.tuple(age, word).map(([one, storageClass]) => ({ ...one, storageClass })), { minLength: 1, maxLength: 2 }),
  ),
  abortUploadDays: optional(days),
});

test('a configuration is read as it was written', () => {
  fc.assert(fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), (rules) => {
    const read = parseLifecycle(Buffer.from(lifecycleXml(rules)));
    expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(rules)));
  }));
});

const made = (more: Partial<LifecycleRule>): LifecycleRule => ({ id: 'r', enabled: true, filter: {}, ...more });

test.each<[string, LifecycleRule[], string | RegExp]>([
  ['two rules of one id', [made({ expiration: { days: 1 } }), made({ expiration: { days: 2 } })], /unique/],
  ['no action', [made({})], /At least one action/],
  ['a lone marker by tag', [made({ filter: { tags: { a: 'b' } }, expiration: { lone: true } })], /ExpiredObjectDeleteMarker cannot be specified with Tags/],
  ['aborting by tag', [made({ filter: { tags: { a: 'b' } }, abortUploadDays: 1 })], /cannot be specified with Tags/],
  ['aborting by size', [made({ filter: { sizeLessThan: 9 }, abortUploadDays: 1 })], /ObjectSize/],
  ['aborting at once', [made({ abortUploadDays: 0 })], /positive/],
  ['no days', [made({ expiration: { days: 0 } })], /positive/],
  ['a date within a day', [made({ expiration: { date: 1 } })], /midnight/],
  ['Standard-IA before 30 days', [made({ transitions: [{ storageClass: 'STANDARD_IA', days: 29 }] })], /greater than or equal to 30/],
  ['an unknown class', [made({ transitions: [{ storageClass: 'COLD', days: 29 }] })], /COLD/],
  ['expiration not after the transition', [made({ expiration: { days: 30 }, transitions: [{ storageClass: 'GLACIER', days: 30 }] })], /must be greater than/],
  ['days and dates mixed', [made({ expiration: { date: 0 }, transitions: [{ storageClass: 'GLACIER', days: 30 }] })], /mixed/],
  ['too many newer versions', [made({ noncurrentExpiration: { days: 1, newer: 101 } })], /100/],
  ['no newer version', [made({ noncurrentExpiration: { days: 1, newer: 0 } })], /100/],
  ['noncurrent for no day', [made({ noncurrentExpiration: { days: 0 } })], /positive/],
  ['removed before it moves', [made({ noncurrentExpiration: { days: 5 }, noncurrentTransitions: [{ storageClass: 'GLACIER', days: 5 }] })], /must be greater/],
  ['an id of 256', [made({ id: 'x'.repeat(256), expiration: { days: 1 } })], /255/],
])('S3 refuses %s', (_, rules, message) => expect(() => assertLifecycle(rules)).toThrow(message));

test('S3 takes what lies on the limits', () => {
  expect(() => assertLifecycle([
    made({ id: 'a', transitions: [{ storageClass: 'STANDARD_IA', days: 30 }], expiration: { days: 31 } }),
    made({ id: 'b', noncurrentExpiration: { days: 1, newer: 100 } }), made({ id: 'c', expiration: { lone: true } }),
    made({ id: 'd', abortUploadDays: 1, filter: { prefix: 'x' } }), made({ id: 'x'.repeat(255), expiration: { date: 86_400_000 } }),
  ])).not.toThrow();
});

test.each([
  '<Rule><ID>a</ID><Status>On</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule>',
  '<Rule><ID>a</ID><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>',
  '<Rule><ID>a</ID><Status>Enabled</Status><Filter/><Expiration><Days>1</Days><Date>2026-01-01T00:00:00Z</Date></Expiration></Rule>',
  '<Rule><ID>a</ID><Status>Enabled</Status><Filter/><Expiration><Days>one</Days></Expiration></Rule>',
  '<Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix>a</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></Filter><Expiration><Days>1</Days></Expiration></Rule>',
  '<Rule><ID>a</ID><Status>Enabled</Status><Filter><And><Prefix>a</Prefix></And></Filter><Expiration><Days>1</Days></Expiration></Rule>',
  '',
])('malformed: %s', (rules) => {
  expect(() => parseLifecycle(Buffer.from(`<LifecycleConfiguration>${rules}</LifecycleConfiguration>`))).toThrow(expect.objectContaining({ code: 'MalformedXML' }) as Error);
});
