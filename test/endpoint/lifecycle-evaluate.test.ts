import * as fc from 'fast-check';
import { dueAt, evaluate, type KeyFacts, type LifecycleAction, type VersionFacts } from '../../rehearsal/endpoint/s3/lifecycle/evaluate';
import type { LifecycleRule } from '../../rehearsal/endpoint/s3/lifecycle/rules';

const DAY = 86_400_000;
const at = (text: string): number => Date.parse(`${text}Z`);

function version(created: string, more: Partial<VersionFacts> = {}): VersionFacts {
  return { versionId: created, lastModified: at(created), size: 200_000, tags: {}, storageClass: 'STANDARD', ...more };
}
const marker = (created: string): VersionFacts => version(created, { deleteMarker: true, size: 0 });
const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({ id: 'rule', enabled: true, filter: {}, ...more });

/** What happens to one key, as `kind of version`. */
function done(
  rules: LifecycleRule[], versions: VersionFacts[], now: string, { key = 'a/b', versioning = 'Enabled' as const } = {},
): string[] {
  return evaluate({ versioning, keys: [{ key, versions }], uploads: [] }, { rules }, at(now))
    .map((action) => [action.kind, 'versionId' in action ? action.versionId : '', 'storageClass' in action ? action.storageClass : ''].join(' ').trim());
}

describe('days are added to the creation, and the sum goes up to the next midnight UTC', () => {
  test.each([
    // The example of the S3 User Guide.
    ['2014-01-15T10:30:00', 3, '2014-01-19T00:00:00'],
    // The example of AWS re:Post, "s3-lifecycle-rule-delay".
    ['2020-01-01T10:30:00', 3, '2020-01-05T00:00:00'],
    ['2026-11-20T02:00:00', 1, '2026-11-22T00:00:00'],
    ['2026-11-20T23:59:59.999', 1, '2026-11-22T00:00:00'],
    ['2026-11-20T00:00:00', 1, '2026-11-22T00:00:00'],
    ['2026-11-20T02:00:00', 0, '2026-11-21T00:00:00'],
    ['2028-02-28T12:00:00', 1, '2028-03-01T00:00:00'],
  ])('%s and %d days are %s', (since, days, due) => expect(new Date(dueAt(at(since), days)).toISOString()).toBe(new Date(at(due)).toISOString()));

  test('never before the days are over, never more than a day after, always at a midnight', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 4000 }), (since, days) => {
      const due = dueAt(since, days);
      return due % DAY === 0 && due > since + days * DAY && due <= since + (days + 1) * DAY;
    }));
  });
});

describe('the current version', () => {
  const expires = rule({ expiration: { days: 3 } });
  const old = version('2026-11-01T10:00:00');
  test.each<[string, LifecycleRule[], VersionFacts[], string, string[]]>([
    ['a minute before', [expires], [old], '2026-11-04T23:59:00', []],
    ['at its midnight', [expires], [old], '2026-11-05T00:00:00', ['expire 2026-11-01T10:00:00']],
    ['a rule that is off', [{ ...expires, enabled: false }], [old], '2027-01-01T00:00:00', []],
    ['over a locked version too', [expires], [version('2026-11-01T10:00:00', { retention: { mode: 'COMPLIANCE', until: at('2030-01-01T00:00:00') }, legalHold: true })],
      '2026-11-05T00:00:00', ['expire 2026-11-01T10:00:00']],
    ['not while it waits for replication', [expires], [version('2026-11-01T10:00:00', { replication: 'PENDING' })], '2027-01-01T00:00:00', []],
    ['not when replication failed', [expires], [version('2026-11-01T10:00:00', { replication: 'FAILED' })], '2027-01-01T00:00:00', []],
    ['a replica', [expires], [version('2026-11-01T10:00:00', { replication: 'REPLICA' })], '2027-01-01T00:00:00', ['expire 2026-11-01T10:00:00']],
    ['by date, of whatever age', [rule({ expiration: { date: at('2026-11-03T00:00:00') } })], [old], '2026-11-03T00:00:00', ['expire 2026-11-01T10:00:00']],
    ['before that date', [rule({ expiration: { date: at('2026-11-03T00:00:00') } })], [old], '2026-11-02T00:00:00', []],
    ['noncurrent rules leave it', [rule({ noncurrentExpiration: { days: 1 } })], [old], '2027-01-01T00:00:00', []],
    ['the shorter of two rules', [rule({ id: 'long', expiration: { days: 300 } }), expires], [old], '2026-11-05T00:00:00', ['expire 2026-11-01T10:00:00']],
    ['a marker over other versions stays', [expires, rule({ id: 'lone', expiration: { lone: true } })], [marker('2026-11-02T00:00:00'), old], '2027-01-01T00:00:00', []],
    ['a lone marker goes at once', [rule({ expiration: { lone: true } })], [marker('2026-11-02T00:00:00')], '2026-11-02T00:00:00', ['remove 2026-11-02T00:00:00']],
    ['a lone marker goes by age too', [expires], [marker('2026-11-02T00:00:00')], '2026-11-06T00:00:00', ['remove 2026-11-02T00:00:00']],
    ['but not before that age', [expires], [marker('2026-11-02T00:00:00')], '2026-11-05T00:00:00', []],
    ['and by no rule with a tag', [rule({ expiration: { days: 1 }, filter: { tags: { retire: 'expire' } } })], [marker('2026-11-02T00:00:00')], '2027-01-01T00:00:00', []],
    ['nor with a size', [rule({ expiration: { days: 1 }, filter: { sizeLessThan: 9 } })], [marker('2026-11-02T00:00:00')], '2027-01-01T00:00:00', []],
    ['an object that is alone is no lone marker', [rule({ expiration: { lone: true } })], [old], '2027-01-01T00:00:00', []],
  ])('%s', (_, rules, versions, now, expected) => expect(done(rules, versions, now)).toEqual(expected));

  test('without versions an expired object is removed; a locked one cannot be there', () => {
    const all = evaluate({ versioning: '', keys: [{ key: 'k', versions: [old] }], uploads: [] }, { rules: [expires] }, at('2026-11-05T00:00:00'));
    expect(all).toEqual([{ kind: 'expire', key: 'k', versionId: '2026-11-01T10:00:00', rule: 'rule' }]);
  });
});

describe('filters: all conditions must hold', () => {
  const retired = { retire: 'expire' };
  test.each<[string, LifecycleRule['filter'], Partial<VersionFacts>, boolean]>([
    ['nothing asked', {}, {}, true],
    ['prefix', { prefix: 'a/' }, {}, true],
    ['another prefix', { prefix: 'b/' }, {}, false],
    ['tag', { tags: retired }, { tags: retired }, true],
    ['another value of the tag', { tags: retired }, { tags: { retire: 'pending:20261101T000000Z' } }, false],
    ['no tag', { tags: retired }, {}, false],
    ['one of two tags', { tags: { ...retired, more: 'x' } }, { tags: retired }, false],
    ['more tags than asked', { tags: retired }, { tags: { ...retired, more: 'x' } }, true],
    ['prefix and tag', { prefix: 'a/', tags: retired }, { tags: retired }, true],
    ['prefix but no tag', { prefix: 'a/', tags: retired }, {}, false],
    ['tag but another prefix', { prefix: 'b/', tags: retired }, { tags: retired }, false],
    ['just as large is not larger', { sizeGreaterThan: 200_000 }, {}, false],
    ['larger', { sizeGreaterThan: 199_999 }, {}, true],
    ['just as small is not smaller', { sizeLessThan: 200_000 }, {}, false],
    ['between', { sizeGreaterThan: 199_999, sizeLessThan: 200_001 }, {}, true],
  ])('%s', (_, filter, more, hit) => {
    const old = version('2026-11-01T10:00:00', more);
    expect(done([rule({ filter, expiration: { days: 1 } })], [old], '2027-01-01T00:00:00')).toHaveLength(hit ? 1 : 0);
    expect(done([rule({ filter, noncurrentExpiration: { days: 1 } })], [version('2026-11-02T00:00:00'), old], '2027-01-01T00:00:00')).toHaveLength(hit ? 1 : 0);
  });
});

describe('noncurrent versions', () => {
  const goes = rule({ noncurrentExpiration: { days: 1 } });
  const below = (more: Partial<VersionFacts> = {}): VersionFacts[] => [marker('2026-11-10T00:00:00'), version('2026-01-01T10:00:00', more)];
  test('count from their successor\'s creation, not from their own', () => {
    expect(done([goes], below(), '2026-11-11T00:00:00')).toEqual([]);
    expect(done([goes], below(), '2026-11-12T00:00:00')).toEqual(['remove 2026-01-01T10:00:00']);
  });
  test.each<[string, Partial<VersionFacts>, LifecycleAction[]]>([
    ['retention', { retention: { mode: 'GOVERNANCE', until: at('2026-11-20T00:00:00') } },
      [{ kind: 'held', key: 'k', versionId: '2026-01-01T10:00:00', rule: 'rule', until: at('2026-11-20T00:00:00') }]],
    ['a legal hold', { legalHold: true }, [{ kind: 'held', key: 'k', versionId: '2026-01-01T10:00:00', rule: 'rule' }]],
  ])('are held by %s', (_, lock, expected) => {
    expect(evaluate({ versioning: 'Enabled', keys: [{ key: 'k', versions: below(lock) }], uploads: [] }, { rules: [goes] }, at('2026-11-19T00:00:00'))).toEqual(expected);
  });
  test('go when the retention is over, to the millisecond, and when the hold was lifted', () => {
    const held = { retention: { mode: 'COMPLIANCE' as const, until: at('2026-11-20T00:00:00') } };
    expect(done([goes], below(held), '2026-11-20T00:00:00')).toEqual(['remove 2026-01-01T10:00:00']);
    expect(done([goes], below({ legalHold: false }), '2026-11-20T00:00:00')).toEqual(['remove 2026-01-01T10:00:00']);
  });
  test('delete markers among them go too', () => {
    const versions = [version('2026-11-10T00:00:00'), marker('2026-11-05T00:00:00')];
    expect(done([goes], versions, '2026-11-12T00:00:00')).toEqual(['remove 2026-11-05T00:00:00']);
    expect(done([rule({ noncurrentExpiration: { days: 1 }, filter: { tags: { a: 'b' } } })], versions, '2026-11-12T00:00:00')).toEqual([]);
  });
  test('the newest of them can be kept by number', () => {
    const versions = ['2026-11-05', '2026-11-04', '2026-11-03', '2026-11-02', '2026-11-01'].map((day) => version(`${day}T10:00:00`));
    expect(done([rule({ noncurrentExpiration: { days: 1, newer: 2 } })], versions, '2027-01-01T00:00:00'))
      .toEqual(['remove 2026-11-02T10:00:00', 'remove 2026-11-01T10:00:00']);
    expect(done([rule({ noncurrentExpiration: { days: 1, newer: 4 } })], versions, '2027-01-01T00:00:00')).toEqual([]);
  });
});

describe('transitions', () => {
  const to = (storageClass: string, days: number, more: Partial<LifecycleRule> = {}): LifecycleRule =>
    rule({ id: storageClass, transitions: [{ storageClass, days }], ...more });
  const old = (more: Partial<VersionFacts> = {}): VersionFacts[] => [version('2026-01-01T10:00:00', more)];
  const NOW = '2027-01-01T00:00:00';
  test.each<[string, LifecycleRule[], VersionFacts[], string[]]>([
    ['when due', [to('GLACIER_IR', 5)], old(), ['transition 2026-01-01T10:00:00 GLACIER_IR']],
    ['not before', [to('GLACIER_IR', 3650)], old(), []],
    ['down only', [to('STANDARD_IA', 30)], old({ storageClass: 'GLACIER_IR' }), []],
    ['not to where it is', [to('GLACIER', 1)], old({ storageClass: 'GLACIER' }), []],
    ['not from One Zone to Instant Retrieval', [to('GLACIER_IR', 1)], old({ storageClass: 'ONEZONE_IA' }), []],
    ['the cheapest of several', [to('STANDARD_IA', 30), to('GLACIER', 90), to('GLACIER_IR', 60)], old(), ['transition 2026-01-01T10:00:00 GLACIER']],
    ['Intelligent-Tiering before Instant Retrieval', [to('GLACIER_IR', 1), to('INTELLIGENT_TIERING', 1)], old(), ['transition 2026-01-01T10:00:00 INTELLIGENT_TIERING']],
    ['but not before the archives', [to('INTELLIGENT_TIERING', 1), to('DEEP_ARCHIVE', 1)], old(), ['transition 2026-01-01T10:00:00 DEEP_ARCHIVE']],
    ['nothing below 128 KiB', [to('GLACIER', 1)], old({ size: 131_071 }), []],
    ['128 KiB itself', [to('GLACIER', 1)], old({ size: 131_072 }), ['transition 2026-01-01T10:00:00 GLACIER']],
    ['a size filter has its own limit', [to('GLACIER', 1, { filter: { sizeGreaterThan: 0 } })], old({ size: 5 }), ['transition 2026-01-01T10:00:00 GLACIER']],
    ['a locked one too', [to('GLACIER', 1)], old({ legalHold: true }), ['transition 2026-01-01T10:00:00 GLACIER']],
    ['before a delete marker on the same day', [to('GLACIER', 1), rule({ expiration: { days: 2 } })], old(), ['transition 2026-01-01T10:00:00 GLACIER']],
    ['then the marker', [to('GLACIER', 1), rule({ expiration: { days: 2 } })], old({ storageClass: 'GLACIER' }), ['expire 2026-01-01T10:00:00']],
    ['never before replication', [to('GLACIER', 1)], old({ replication: 'PENDING' }), []],
    ['no marker', [to('GLACIER', 1)], [marker('2026-01-01T10:00:00'), version('2025-01-01T00:00:00')], []],
    ['of noncurrent versions by their own rules', [rule({ noncurrentTransitions: [{ storageClass: 'GLACIER', days: 1 }] })],
      [version('2026-12-01T00:00:00'), version('2026-01-01T10:00:00')], ['transition 2026-01-01T10:00:00 GLACIER']],
    ['removal before transition', [rule({ noncurrentTransitions: [{ storageClass: 'GLACIER', days: 1 }] }), rule({ id: 'gone', noncurrentExpiration: { days: 2 } })],
      [version('2026-12-01T00:00:00'), version('2026-01-01T10:00:00')], ['remove 2026-01-01T10:00:00']],
  ])('%s', (_, rules, versions, expected) => expect(done(rules, versions, NOW)).toEqual(expected));

  test('in a bucket of before September 2024 the archives take any size', () => {
    const facts = { versioning: 'Enabled' as const, keys: [{ key: 'k', versions: old({ size: 5 }) }], uploads: [] };
    const all = (storageClass: string): number =>
      evaluate(facts, { rules: [to(storageClass, 1)], smallestTransition: 'varies_by_storage_class' }, at(NOW)).length;
    expect([all('GLACIER'), all('DEEP_ARCHIVE'), all('GLACIER_IR')]).toEqual([1, 1, 0]);
  });
});

test('uploads that nobody completed are aborted by age and prefix', () => {
  const uploads = [{ key: 'a/1', uploadId: 'one', initiated: at('2026-11-20T12:00:00') }, { key: 'b/1', uploadId: 'two', initiated: at('2026-11-20T12:00:00') }];
  const run = (now: string) => evaluate({ versioning: 'Enabled', keys: [], uploads }, { rules: [rule({ abortUploadDays: 1, filter: { prefix: 'a/' } })] }, at(now));
  expect(run('2026-11-21T00:00:00')).toEqual([]);
  expect(run('2026-11-22T00:00:00')).toEqual([{ kind: 'abort', key: 'a/1', uploadId: 'one', rule: 'rule' }]);
});

describe('whatever the rules and the state', () => {
  const days = fc.integer({ min: 1, max: 40 });
  const tags = fc.constantFrom<Record<string, string>>({}, { retire: 'expire' }, { retire: 'keep' });
  const anyTransition = fc.record({ days, storageClass: fc.constantFrom('GLACIER', 'GLACIER_IR', 'DEEP_ARCHIVE') });
  const anyRule: fc.Arbitrary<LifecycleRule> = fc.record({
    id: fc.uuid(), enabled: fc.boolean(), filter: fc.record({ prefix: fc.constantFrom('', 'a', 'b'), tags }, { requiredKeys: [] }),
    expiration: fc.oneof(
      fc.constant(undefined), fc.record({ days }), fc.constant({ lone: true as const }),
      fc.record({ date: fc.integer({ min: 0, max: 60 }).map((n) => n * DAY) }),
    ),
    noncurrentExpiration: fc.option(fc.record({ days, newer: fc.integer({ min: 1, max: 3 }) }, { requiredKeys: ['days'] }), { nil: undefined }),
    transitions: fc.option(fc.array(anyTransition, { maxLength: 2 }), { nil: undefined }),
  });
  const anyVersion: fc.Arbitrary<VersionFacts> = fc.record({
    versionId: fc.uuid(), lastModified: fc.integer({ min: 0, max: 60 * DAY }), size: fc.constantFrom(0, 200_000), tags,
    storageClass: fc.constantFrom('STANDARD', 'GLACIER'), deleteMarker: fc.boolean(), legalHold: fc.boolean(),
    retention: fc.option(fc.record({ mode: fc.constantFrom('GOVERNANCE' as const, 'COMPLIANCE' as const), until: fc.integer({ min: 0, max: 90 * DAY }) }), { nil: undefined }),
    replication: fc.constantFrom(undefined, 'PENDING' as const, 'FAILED' as const, 'COMPLETED' as const, 'REPLICA' as const),
  });
  const anyKeys: fc.Arbitrary<KeyFacts[]> = fc.uniqueArray(fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    versions: fc.array(anyVersion, { minLength: 1, maxLength: 4 }).map((list) => [...list].sort((x, y) => y.lastModified - x.lastModified)),
  }), { selector: ({ key }) => key });
  const midnight = fc.integer({ min: 0, max: 120 }).map((day) => day * DAY);
  const world = fc.record({ keys: anyKeys, rules: fc.array(anyRule, { maxLength: 4 }), now: midnight });
  const run = ({ keys, rules, now }: { keys: KeyFacts[]; rules: LifecycleRule[]; now: number }): LifecycleAction[] =>
    evaluate({ versioning: 'Enabled', keys, uploads: [] }, { rules }, now);
  const versionOf = (keys: KeyFacts[], { key, versionId }: { key: string; versionId: string }): VersionFacts =>
    keys.find((one) => one.key === key)!.versions.find((one) => one.versionId === versionId)!;

  test('nothing locked is removed, nothing that waits for replication is touched, one action a version', () => {
    fc.assert(fc.property(world, (given) => {
      const actions = run(given).filter((action) => action.kind !== 'abort');
      expect(new Set(actions.map(({ versionId }) => versionId)).size).toBe(actions.length);
      for (const action of actions) {
        const one = versionOf(given.keys, action);
        expect(['PENDING', 'FAILED']).not.toContain(one.replication);
        // A marker has no lock in S3; the generator gives it one all the same, and a lone one may go.
        if (action.kind === 'remove' && !one.deleteMarker) expect(one.legalHold || (one.retention?.until ?? 0) > given.now).toBe(false);
      }
    }), { numRuns: 2000 });
  });

  test('what no tag releases and no rule without a tag covers is never touched', () => {
    fc.assert(fc.property(world, (given) => {
      const tagged = given.rules.map((one) => ({ ...one, expiration: one.expiration && 'lone' in one.expiration ? undefined : one.expiration, filter: { tags: { retire: 'expire' } } }));
      for (const action of run({ ...given, rules: tagged })) {
        if ('versionId' in action) expect(versionOf(given.keys, action).tags).toEqual({ retire: 'expire' });
      }
    }), { numRuns: 500 });
  });

  test('time only adds: what is removed today would be removed tomorrow', () => {
    fc.assert(fc.property(world, (given) => {
      const removed = (now: number): string[] => run({ ...given, now }).flatMap((one) => (one.kind === 'remove' ? [one.versionId] : []));
      expect(removed(given.now + DAY)).toEqual(expect.arrayContaining(removed(given.now)));
    }), { numRuns: 500 });
  });

  test('the order of the rules does not decide what is removed', () => {
    fc.assert(fc.property(world, (given) => {
      const kinds = (rules: LifecycleRule[]): string[] => run({ ...given, rules }).map((one) => `${one.kind} ${'versionId' in one ? one.versionId : ''}`).sort();
      expect(kinds([...given.rules].reverse())).toEqual(kinds(given.rules));
    }), { numRuns: 500 });
  });
});
