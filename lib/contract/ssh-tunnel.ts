import { z } from 'zod';

/** Kinds of host keys that are taken, by the name that is in the key too; RSA ones sign with SHA-2 only. */
const KINDS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/** What a pinned host key looks like, for refusals. */
export const HOST_KEY_FORM = 'a public key such as "ssh-ed25519 AAAA…" (ssh-keyscan -t ed25519 HOST prints it: compare over another way, '
  + 'such as ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on its console), or its fingerprint as OpenSSH prints it, SHA256:…';

/** A SHA-256 in base64 without padding has 43 characters. */
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/**
 * A pinned host key in the one form that is compared, `<kind> <base64>` or `SHA256:<base64>`; undefined for what is neither. A whole line
 * of ssh-keyscan, of known_hosts or of a `.pub` file is taken too.
 */
export function hostKeyOf(text: string): string | undefined {
  const trimmed = text.trim();
  const fingerprint = trimmed.replace(/=+$/, '');
  if (FINGERPRINT.test(fingerprint)) return fingerprint;
  const words = trimmed.split(/\s+/);
  const at = words.findIndex((word) => KINDS.includes(word));
  if (at < 0 || at > 1 || words.length <= at + 1) return undefined;
  const [kind, key] = words.slice(at);
  return isKeyOf(kind, key) ? `${kind} ${key}` : undefined;
}

/** The blob begins with its kind's length and name (RFC 4253, section 6.6), so a cut or swapped one is seen here. */
function isKeyOf(kind: string, key: string): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key) || key.length % 4 !== 0) return false;
  const blob = atob(key);
  if (!blob.startsWith(`\0\0\0${String.fromCharCode(kind.length)}${kind}`)) return false;
  let end = 0;
  let fields = 0;
  while (end + 4 <= blob.length) {
    const length = [...blob.slice(end, end + 4)].reduce((sum, byte) => sum * 256 + byte.charCodeAt(0), 0);
    end += 4 + length;
    fields++;
  }
  return end === blob.length && fields >= 2;
}

/** The SSH host in front of a database: the database's address is then as that host sees it. */
export function sshTunnel<T extends z.ZodType>(deployed: T) {
  return z.strictObject({
    host: deployed,
    port: z.number().int().min(1).max(65_535),
    user: z.string().min(1),
    /** Secrets Manager secret that holds the private key: PEM as plain text, or JSON `{ privateKey, passphrase? }`. */
    keySecretArn: deployed,
    /** The host must show one of these before anything is proven to it; several while one replaces the other. */
    hostKeys: z.array(z.string().refine((text) => hostKeyOf(text) === text, HOST_KEY_FORM)).min(1),
  });
}

export const SshTunnelConfig = sshTunnel(z.string().min(1));
export type SshTunnelConfig = z.infer<typeof SshTunnelConfig>;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

/** Whether an address, as the SSH host sees it, is that host itself: what goes there leaves no machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}
