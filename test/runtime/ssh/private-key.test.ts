import { generateKeyPairSync } from 'node:crypto';
import type { RunError } from '../../../lambda/runtime/errors';
import { readPrivateKey } from '../../../lambda/runtime/ssh/private-key';
import { ed25519KeyPair } from '../../../rehearsal/servers/ssh-keys';

const plain = ed25519KeyPair();
const locked = ed25519KeyPair('correct horse');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;

test.each([
  ['the text of ssh-keygen', plain.private], ['JSON', JSON.stringify({ privateKey: plain.private })], ['a PEM of PKCS #1', rsa],
  ['JSON with a passphrase', JSON.stringify({ privateKey: locked.private, passphrase: 'correct horse' })],
  ['blanks around it', `\n  ${plain.private}\n\n`], ['an empty passphrase', JSON.stringify({ privateKey: plain.private, passphrase: '' })],
])('takes %s', (_, secret) => {
  expect(readPrivateKey(secret).isPrivateKey()).toBe(true);
});

test.each([
  ['SSH_KEY_LOCKED', 'an encrypted key without a passphrase', locked.private, /has no passphrase/],
  ['SSH_KEY_LOCKED', 'another passphrase', JSON.stringify({ privateKey: locked.private, passphrase: 'wrong horse' }), /does not open/],
  ['SSH_KEY_FORM', 'a public key', JSON.stringify({ privateKey: plain.public }), /a public key/],
  ['SSH_KEY_FORM', 'a key whose line breaks were lost', plain.private.replaceAll('\n', ' '), /no private key that can be read/],
  ['SSH_KEY_FORM', 'a key that is cut', plain.private.slice(0, 200), /no private key that can be read/],
  ['SSH_KEY_FORM', 'a password', 'hunter2-secret', /neither a PEM private key nor JSON/],
  ['SSH_KEY_FORM', 'JSON of a connection', JSON.stringify({ host: 'db', password: 'hunter2-secret' }), /no field "privateKey"/],
  ['SSH_KEY_FORM', 'JSON that is null', 'null', /no field "privateKey"/],
  ['SSH_KEY_FORM', 'a passphrase that is a number', JSON.stringify({ privateKey: plain.private, passphrase: 12 }), /is no text/],
])('%s: %s, without a word of it', (code, _, secret, said) => {
  const error = ((): RunError => {
    try {
      readPrivateKey(secret);
    } catch (reason) {
      return reason as RunError;
    }
    throw new Error('it was expected to fail');
  })();
  expect(error).toMatchObject({ name: 'RefusedError', code, message: expect.stringMatching(said) });
  const told = `${error.message} ${String(error.stack)} ${String(error.cause)}`;
  for (const word of ['hunter2-secret', 'wrong horse', 'correct horse', ...plain.private.split('\n').slice(1, -2), ...locked.private.split('\n').slice(1, -2)]) {
    expect(told).not.toContain(word);
  }
});
