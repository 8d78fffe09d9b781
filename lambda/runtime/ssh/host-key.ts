import { createHash, timingSafeEqual } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** RSA keys sign with SHA-2 only; the name in the key is the old one. */
const SIGNATURES: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

export interface SeenHostKey {
  /** Such as `ssh-ed25519`. */
  readonly kind: string;
  /** As OpenSSH prints it, `SHA256:…`. */
  readonly fingerprint: string;
}

/** Holds what an SSH host shows against what is pinned, in constant time, before anything is proven to that host. */
export class HostKeyCheck {
  private readonly digests: readonly Buffer[];
  private shown: SeenHostKey | undefined;
  private held: boolean | undefined;

  /** @param pins `<kind> <base64>` or `SHA256:<base64>`, as the contract has them */
  constructor(private readonly pins: readonly string[]) {
    this.digests = pins.map(digestOfPin);
  }

  /** What the host showed. */
  get seen(): SeenHostKey | undefined {
    return this.shown;
  }

  /** Whether the host showed a key that is none of the pinned ones. */
  get differs(): boolean {
    return this.held === false;
  }

  /** The pinned keys as fingerprints. */
  get fingerprints(): string[] {
    return this.digests.map(print);
  }

  /** The host has a key of each kind: it is asked for one that is pinned. */
  get algorithms(): ServerHostKeyAlgorithm[] {
    const kinds = this.pins.map((pin) => pin.split(' ')[0]);
    // A fingerprint does not say of which kind its key is.
    const anyKind = kinds.some((kind) => !(kind in SIGNATURES));
    return Object.entries(SIGNATURES).flatMap(([kind, signatures]) => (anyKind || kinds.includes(kind) ? signatures : []));
  }

  accept(key: Buffer): boolean {
    const digest = createHash('sha256').update(key).digest();
    this.shown = { kind: kindOf(key), fingerprint: print(digest) };
    // All are compared, whichever fits.
    this.held = this.digests.map((pinned) => timingSafeEqual(pinned, digest)).some(Boolean);
    return this.held;
  }
}

function digestOfPin(pin: string): Buffer {
  const [kind, key] = pin.split(' ');
  if (key === undefined) return Buffer.from(kind.slice('SHA256:'.length), 'base64');
  return createHash('sha256').update(Buffer.from(key, 'base64')).digest();
}

function print(digest: Buffer): string {
  return `SHA256:${digest.toString('base64').replace(/=+$/, '')}`;
}

function kindOf(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return length > 0 && length <= 64 && key.length >= 4 + length ? key.toString('latin1', 4, 4 + length).replace(/[^\x21-\x7e]/g, '?') : 'unknown';
}
