import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { ageRecipientProblem } from '../../lib/model/age-recipient';

let recipients: string[];

beforeAll(async () => {
  recipients = await Promise.all(Array.from({ length: 25 }, async () => identityToRecipient(await generateX25519Identity())));
});

test('what age makes is accepted', () => {
  for (const recipient of recipients) expect(ageRecipientProblem(recipient)).toBeUndefined();
});

test('one or two changed characters are never accepted', () => {
  const character = fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l');
  const change = fc.record({ at: fc.integer({ min: 4, max: 61 }), to: character });
  fc.assert(fc.property(fc.integer({ min: 0, max: 24 }), fc.array(change, { minLength: 1, maxLength: 2 }), (which, changes) => {
    const mistyped = changes.reduce((text, { at, to }) => text.slice(0, at) + to + text.slice(at + 1), recipients[which]);
    fc.pre(mistyped !== recipients[which]);
    expect(ageRecipientProblem(mistyped)).toMatch(/checksum/);
  }));
});

test('no text of another length or kind is accepted, and none is repeated', () => {
  fc.assert(fc.property(fc.string({ minLength: 3, maxLength: 80 }), (text) => {
    for (const bad of [text, `age1${text}`]) {
      const problem = ageRecipientProblem(bad);
      expect(typeof problem).toBe('string');
      if (text.length > 12) expect(problem).not.toContain(text);
    }
  }));
});

test.each([
  ['an identity', async () => generateX25519Identity(), /^a secret key/],
  ['a hybrid identity', async () => generateHybridIdentity(), /^a secret key/],
  ['a hybrid recipient', async () => identityToRecipient(await generateHybridIdentity()), /newer kind.*before 1\.3/],
  ['a plugin\'s recipient', async () => 'age1yubikey1qw2jl8', /plugin "yubikey"/],
  ['an SSH key', async () => 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI', /SSH key/],
  ['capitals', async () => recipients[0].toUpperCase(), /lower-case/],
  ['a cut one', async () => recipients[0].slice(0, -1), /61 characters instead of 62/],
  ['nothing', async () => '', /begins with age1/],
])('%s is refused with the reason', async (_what, make, reason) => {
  expect(ageRecipientProblem(await make())).toMatch(reason);
});
