const CHARACTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** 52 characters of five bits hold a key of 32 bytes, 6 its checksum. */
const KEY_CHARACTERS = 52;
const CHECKSUM_CHARACTERS = 6;

/**
 * Why a text is no age recipient that a copy may be encrypted to; undefined when it is one: `age1` and an X25519 public key in Bech32
 * (age-encryption.org/v1, "The X25519 recipient type"; BIP 173). The answer never repeats the text, for it may be a secret key.
 */
export function ageRecipientProblem(text: string): string | undefined {
  if (/^age-secret-key-/i.test(text)) return 'a secret key: it opens copies and belongs to nobody\'s template; give its public half, which `age-keygen -y` prints';
  if (/^ssh-/.test(text)) return 'an SSH key: make a key for copies alone with `age-keygen`';
  const separator = text.lastIndexOf('1');
  const prefix = text.slice(0, Math.max(separator, 0));
  const data = text.slice(separator + 1);
  if (/^age1(pq|tag|tagpq)$/.test(prefix)) {
    return 'a recipient of a newer kind, which the age of most systems (before 1.3) cannot open: a restore by hand must need nothing rare';
  }
  if (/^age1./.test(prefix)) return `a recipient of the plugin "${prefix.slice(4)}": neither the workers nor a restore by hand may depend on a plugin`;
  if (prefix !== 'age') return /^age$/i.test(prefix) ? 'written in capitals: a recipient is lower-case' : 'no age recipient: it begins with age1';
  const values = [...data].map((character) => CHARACTERS.indexOf(character));
  if (values.includes(-1)) return 'no age recipient: it has a character that Bech32 does not know';
  if (values.length !== KEY_CHARACTERS + CHECKSUM_CHARACTERS) return `no age recipient: it has ${text.length} characters instead of 62`;
  if (checksum([...expanded(prefix), ...values]) !== 1) return 'mistyped: its checksum does not agree';
  // 260 bits hold 256: the last four must be nothing.
  return (values[KEY_CHARACTERS - 1] & 0b1111) === 0 ? undefined : 'no age recipient: its key is not of 32 bytes';
}

function expanded(prefix: string): number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

/** BIP 173's polynomial; 1 for a whole string with its checksum. */
function checksum(values: readonly number[]): number {
  return values.reduce((sum, value) => {
    const top = sum >>> 25;
    return GENERATORS.reduce((next, generator, bit) => ((top >>> bit) & 1 ? next ^ generator : next), ((sum & 0x1ffffff) << 5) ^ value);
  }, 1);
}
