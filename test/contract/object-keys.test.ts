import fc from 'fast-check';
import { Name } from '../../lib/contract/common';
import {
  attemptPrefix, manifestKey, parseManifestKey, protectionPrefix, runIdOf, slotOf, verdictKey, type ObjectKind, type ProtectionId,
} from '../../lib/contract/object-keys';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
const protection: fc.Arbitrary<ProtectionId> = fc.record({ environment: name, application: name, protection: name });
const instant = fc.date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));
const slotText = (date: Date) => date.toISOString().replace('.000Z', 'Z');

test('the names that the keys are made of are the contract\'s names', () => {
  fc.assert(fc.property(name, (value) => Name.safeParse(value).success));
});

test('a slot comes back from its runId', () => {
  fc.assert(fc.property(instant, (date) => {
    expect(slotOf(runIdOf(slotText(date)))).toBe(slotText(date));
  }));
});

test('fractions of a second do not make another run of the same slot', () => {
  fc.assert(fc.property(instant, fc.integer({ min: 0, max: 999 }), (date, ms) => {
    expect(runIdOf(new Date(date.getTime() + ms).toISOString())).toBe(runIdOf(slotText(date)));
  }));
});

test('runIds, and so keys, sort as their slots do', () => {
  fc.assert(fc.property(instant, instant, protection, (one, other, id) => {
    const order = Math.sign(one.getTime() - other.getTime());
    const keys = [one, other].map((date) => manifestKey(id, runIdOf(slotText(date))));
    expect(keys[0] < keys[1] ? -1 : keys[0] > keys[1] ? 1 : 0).toBe(order);
  }));
});

test('a manifest\'s key says whose run it is', () => {
  fc.assert(fc.property(protection, instant, (id, date) => {
    const runId = runIdOf(slotText(date));
    expect(parseManifestKey(manifestKey(id, runId))).toEqual({ ...id, runId });
  }));
});

test('no other key passes for a manifest\'s', () => {
  fc.assert(fc.property(protection, instant, instant, name, (id, slot, at, attempt) => {
    const runId = runIdOf(slotText(slot));
    const others = [
      verdictKey(id, runId, slotText(at)), `${attemptPrefix(id, runId, attempt)}schema.dump`, protectionPrefix('runs', id),
      `${manifestKey(id, runId)}.bak`, `x${manifestKey(id, runId)}`, `${protectionPrefix('runs', id)}deeper/${runId}.json`,
    ];
    for (const key of others) expect(parseManifestKey(key)).toBeUndefined();
  }));
});

test('no key of one protection lies under the prefix of another', () => {
  fc.assert(fc.property(protection, protection, instant, name, (one, other, date, attempt) => {
    fc.pre(JSON.stringify(one) !== JSON.stringify(other));
    const runId = runIdOf(slotText(date));
    expect(attemptPrefix(one, runId, attempt).startsWith(protectionPrefix('parts', other))).toBe(false);
    expect(manifestKey(one, runId).startsWith(protectionPrefix('runs', other))).toBe(false);
  }));
});

test('the parts of two attempts never lie under one prefix', () => {
  fc.assert(fc.property(protection, instant, name, name, (id, date, one, other) => {
    fc.pre(one !== other);
    const runId = runIdOf(slotText(date));
    expect(attemptPrefix(id, runId, one).startsWith(attemptPrefix(id, runId, other))).toBe(false);
  }));
});

test('the kind comes first in every key, for rules and grants are prefixes', () => {
  const id = { environment: 'production', application: 'montoit', protection: 'database' };
  const kinds: ObjectKind[] = ['runs', 'parts', 'verdicts', 'policies'];
  expect(kinds.map((kind) => protectionPrefix(kind, id))).toEqual(kinds.map((kind) => `${kind}/production/montoit/database/`));
  expect(manifestKey(id, '20261120T020000Z')).toBe('runs/production/montoit/database/20261120T020000Z.json');
  expect(attemptPrefix(id, '20261120T020000Z', 'a1')).toBe('parts/production/montoit/database/20261120T020000Z/a1/');
  expect(verdictKey(id, '20261120T020000Z', '2026-11-20T02:03:02.771Z'))
    .toBe('verdicts/production/montoit/database/20261120T020000Z/20261120T020302Z.json');
});

test.each(['', 'yesterday', '2026-11-20', '2026-11-20T02:00Z', '2026-11-20T02:00:00', '2026-11-20T02:00:00+01:00', '<aws.scheduler.scheduled-time>'])(
  'slot %p is refused by its value', (slot) => {
    expect(() => runIdOf(slot)).toThrow(RangeError);
    expect(() => runIdOf(slot)).toThrow(JSON.stringify(slot));
  });

test.each(['', '20261120', '2026-11-20T02:00:00Z', '20261120T020000', 'x20261120T020000Z'])('runId %p is refused by its value', (runId) => {
  expect(() => slotOf(runId)).toThrow(JSON.stringify(runId));
});
