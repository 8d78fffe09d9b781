import fc from 'fast-check';
import { parsePartKey, parseVerdictKey, attemptPrefix, manifestKey, policyRecordKey, runIdOf, verdictKey } from '../../lib/contract/object-keys';
import { digestedText } from '../../lib/contract/policy-record';
import { formatRetireMark, parseRetireMark, type RetireMark } from '../../lib/contract/retire-mark';
import { DeclaredRetire, RetireRequest } from '../../lib/contract/retire-request';
import { releaseStep, withinLimit } from '../../lib/model/release';

const ID = { environment: 'production', application: 'montoit', protection: 'database' };
const instant = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'));
const mark: fc.Arbitrary<RetireMark> = fc.oneof(
  fc.constantFrom<RetireMark>({ kind: 'none' }, { kind: 'expire' }, { kind: 'keep' }),
  fc.record({ kind: fc.constant('pending' as const), since: instant, releasing: fc.boolean() }),
);

test('a mark comes back from its tag, which S3 takes as a value', () => {
  fc.assert(fc.property(mark, (one) => {
    const value = formatRetireMark(one);
    expect(parseRetireMark(value)).toEqual(one);
    if (value !== undefined) expect(value).toMatch(/^[\w.:/=+\-@ ]{1,256}$/);
  }));
});

test('the one value that a lifecycle rule knows is not the beginning of another', () => {
  fc.assert(fc.property(mark, (one) => {
    expect(formatRetireMark(one) === 'expire').toBe(one.kind === 'expire');
  }));
});

test.each(['', 'Expire', 'expire ', 'pending', 'pending:', 'pending:2026-11-20T02:00:00Z', 'pending:20261120T020000Z:', 'no'])('the tag %p is not ours', (value) => {
  expect(parseRetireMark(value)).toEqual({ kind: 'other', value });
});

test('a record\'s digest depends on what was declared and on what was before, and on no order of fields', () => {
  const declared = {
    schedule: { expression: 'cron(0 2 * * ? *)', timeZone: 'UTC', longestGapSeconds: 86400 },
    retention: { rules: { daily: 7, weekly: 4 }, minimumVerified: 3, timeZone: 'UTC' }, graceSeconds: 1,
  };
  const turned = { graceSeconds: 1, retention: { timeZone: 'UTC', minimumVerified: 3, rules: { weekly: 4, daily: 7 } }, schedule: declared.schedule };
  expect(digestedText(null, turned)).toBe(digestedText(null, declared));
  expect(digestedText('0'.repeat(64), declared)).not.toBe(digestedText(null, declared));
  expect(digestedText(null, { ...declared, graceSeconds: 2 })).not.toBe(digestedText(null, declared));
});

test('the keys of parts and verdicts say whose they are, and no other key passes for one', () => {
  const runId = runIdOf('2026-11-20T02:00:00Z');
  const part = `${attemptPrefix(ID, runId, 'a1')}rows/00001.sql.zst`;
  const verdict = verdictKey(ID, runId, '2026-11-20T02:05:00Z');
  expect(parsePartKey(part)).toEqual({ ...ID, runId, attempt: 'a1', name: 'rows/00001.sql.zst' });
  expect(parseVerdictKey(verdict)).toEqual({ ...ID, runId });
  const others = [manifestKey(ID, runId), policyRecordKey(ID, '0'.repeat(64)), `parts/a/b/c/${runId}/`, `parts/a/b/c/${runId}/x`, `x${part}`, `${verdict}.bak`, `parts/a/b/c/x/${runId}/a1/p`];
  for (const key of others) expect([key, parsePartKey(key), parseVerdictKey(key)]).toEqual([key, undefined, undefined]);
});

describe('the steps of a release', () => {
  const epochMark = mark.map((one) => (one.kind === 'pending' ? { ...one, since: Date.parse(one.since) / 1000 } : { kind: one.kind }));
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });

  test('what is kept is never announced or released', () => {
    fc.assert(fc.property(epochMark, seconds, fc.nat(), (one, now, grace) => {
      expect(['stay', 'take-back']).toContain(releaseStep(one, true, now, grace));
    }));
  });

  test('nothing is released without an announcement that is the grace old', () => {
    fc.assert(fc.property(epochMark, fc.boolean(), seconds, fc.nat({ max: 1_000_000 }), (one, keep, now, grace) => {
      if (releaseStep(one, keep, now, grace) !== 'release') return;
      expect(one.kind === 'pending' && one.since + grace <= now).toBe(true);
    }));
    const since = 1_000_000;
    expect(releaseStep({ kind: 'pending', since, releasing: false }, false, since + 99, 100)).toBe('wait');
    expect(releaseStep({ kind: 'pending', since, releasing: false }, false, since + 100, 100)).toBe('release');
  });

  test('a person\'s word and a tag that is not ours stand', () => {
    fc.assert(fc.property(fc.boolean(), seconds, fc.nat(), (keep, now, grace) => {
      expect(releaseStep({ kind: 'keep' }, keep, now, grace)).toBe('stay');
      expect(releaseStep({ kind: 'other' }, keep, now, grace)).toBe('stay');
    }));
  });

  test('the limit leaves none out and lets the oldest go first', () => {
    fc.assert(fc.property(fc.array(seconds), fc.nat({ max: 20 }), (slots, limit) => {
      const { now, later } = withinLimit(slots.map((slot) => ({ slot })), limit);
      expect(now).toHaveLength(Math.min(limit, slots.length));
      expect([...now, ...later].map(({ slot }) => slot)).toEqual([...slots].sort((a, b) => a - b));
    }));
  });
});

describe('a request', () => {
  const request = {
    version: 1, environment: 'production', application: 'montoit', store: { bucket: 'copies', region: 'eu-west-3', graceSeconds: 604800 },
    protections: [{
      protection: 'database', schedule: { expression: 'cron(0 2 * * ? *)', timeZone: 'UTC', longestGapSeconds: 86400 },
      retention: { rules: { daily: 7 }, minimumVerified: 3, timeZone: 'UTC' }, longestRunSeconds: 20000, releasesAtMost: 3,
    }],
    limits: { timeoutSeconds: 880 }, slot: '2026-11-21T05:15:00Z', execution: 'round',
  };

  test('and its declared form differ by slot, execution and intrinsics', () => {
    expect(RetireRequest.parse(request)).toEqual(request);
    const { slot: _slot, execution: _execution, ...declared } = request;
    expect(DeclaredRetire.parse({ ...declared, store: { ...declared.store, bucket: { Ref: 'Bucket' } } })).toBeDefined();
    expect(RetireRequest.safeParse(declared).success).toBe(false);
  });

  test.each([
    ['no rule', { retention: { rules: {}, minimumVerified: 3, timeZone: 'UTC' } }],
    ['no minimum', { retention: { rules: { daily: 1 }, minimumVerified: 0, timeZone: 'UTC' } }],
    ['no limit', { releasesAtMost: 0 }], ['an unknown rule', { retention: { rules: { fortnightly: 1 }, minimumVerified: 3, timeZone: 'UTC' } }],
  ])('with %s is refused', (_, change) => {
    expect(RetireRequest.safeParse({ ...request, protections: [{ ...request.protections[0], ...change }] }).success).toBe(false);
  });

  test('names runs to keep by their ids', () => {
    expect(RetireRequest.safeParse({ ...request, keep: [{ protection: 'database', runId: '2026-11-20' }] }).success).toBe(false);
    expect(RetireRequest.safeParse({ ...request, keep: [] }).success).toBe(false);
  });
});
