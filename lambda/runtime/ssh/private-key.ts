import { type ParsedKey, utils } from 'ssh2';
import { RefusedError } from '../errors';

const FORM = 'Store the text of the private key as ssh-keygen -t ed25519 writes it, line breaks included, or JSON { "privateKey", "passphrase"? }.';

/**
 * Reads the secret of an SSH login. The messages name what is wrong with it, and nothing of it.
 *
 * @throws RefusedError SSH_KEY_FORM, SSH_KEY_LOCKED
 */
export function readPrivateKey(secret: string): ParsedKey {
  const { privateKey, passphrase } = parts(secret);
  const parsed = utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error) {
    // The parser's own words may quote what it read.
    if (/no passphrase given/i.test(parsed.message)) {
      throw new RefusedError('SSH_KEY_LOCKED', 'The private key of the SSH tunnel is encrypted, and its secret has no passphrase.', 'Store JSON { "privateKey", "passphrase" }, or a key of its own without passphrase (ssh-keygen -p).');
    }
    if (passphrase !== undefined && /passphrase|decrypt/i.test(parsed.message)) {
      throw new RefusedError('SSH_KEY_LOCKED', 'The passphrase in the secret of the SSH tunnel does not open its private key.', 'Store the passphrase that ssh-keygen -y -f KEY takes.');
    }
    throw new RefusedError('SSH_KEY_FORM', 'The secret of the SSH tunnel holds no private key that can be read.', FORM);
  }
  if (!parsed.isPrivateKey()) throw new RefusedError('SSH_KEY_FORM', 'The secret of the SSH tunnel holds a public key.', FORM);
  if (parsed.type === 'ssh-dss') throw new RefusedError('SSH_KEY_FORM', 'The private key of the SSH tunnel is a DSA key, which no current server takes.', FORM);
  return parsed;
}

function parts(secret: string): { privateKey: string; passphrase?: string } {
  const text = secret.trim();
  if (text.startsWith('-----BEGIN ')) return { privateKey: `${text}\n` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RefusedError('SSH_KEY_FORM', 'The secret of the SSH tunnel is neither a PEM private key nor JSON.', FORM);
  }
  const { privateKey, passphrase } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof privateKey !== 'string' || privateKey === '') throw new RefusedError('SSH_KEY_FORM', 'The secret of the SSH tunnel has no field "privateKey".', FORM);
  if (passphrase !== undefined && typeof passphrase !== 'string') throw new RefusedError('SSH_KEY_FORM', 'Field "passphrase" of the secret of the SSH tunnel is no text.', FORM);
  return { privateKey: `${privateKey.trim()}\n`, ...(passphrase ? { passphrase } : {}) };
}
