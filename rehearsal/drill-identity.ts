import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { MAXIMUM_RECIPIENTS } from '../lib/contract/encryption';
import type { FoundProtection } from './assembly';
import type { NotRehearsed } from './sources/source';

/** What a rehearsal needs to open the encrypted copies of one protection. */
export interface DrillIdentity {
  /** Values by the ARN that the policy gives. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Text of the identities, to read what is stored; undefined when nothing is encrypted, or nothing can be opened. */
  readonly identity?: string;
  /** The request's recipients as the workers get them here. */
  adjust(recipients: readonly string[]): readonly string[];
  readonly notRehearsed: readonly NotRehearsed[];
}

/** An identity was given that no drill of the policy would be. */
export class IdentityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IdentityError';
  }
}

/**
 * The declared recipients are public keys, and whose they are is on no laptop. An identity that is given is tried as it is: the run is then
 * the deployed one. Without, a throwaway recipient is added to the request, so that the drill has something to open the copy with.
 *
 * @param given text of an identity file
 */
export async function drillIdentity(protection: FoundProtection, given: string | undefined): Promise<DrillIdentity> {
  const { declared: { id, run }, identitySecretArn } = protection;
  const none: DrillIdentity = { secrets: {}, adjust: (recipients) => recipients, notRehearsed: [] };
  if (given !== undefined && identitySecretArn === undefined) {
    throw new IdentityError(`--identity ${id}: ${run.encryption ? 'the policy gives its drills no identity' : 'its copies are not encrypted'}, so the deployed drill would have none either: leave it out`);
  }
  if (!run.encryption) return none;
  if (identitySecretArn === undefined) {
    return { ...none, notRehearsed: [{
      what: `a restore of ${id}`,
      why: 'its copies are encrypted and the policy gives its drills no identity: only checksums were compared, here as in every run',
      how: 'give the encryption a drillIdentity, or restore a copy by hand with its restore.sh',
    }] };
  }
  if (given !== undefined) return { ...none, secrets: { [identitySecretArn]: given }, identity: given };
  const identity = await generateX25519Identity();
  const own = await identityToRecipient(identity);
  return {
    secrets: { [identitySecretArn]: identity },
    identity,
    adjust: (recipients) => [own, ...recipients].slice(0, MAXIMUM_RECIPIENTS),
    notRehearsed: [{
      what: `the identity of ${id}'s drills`,
      why: 'it is in a secret of the account: a throwaway one opened the copy, which was encrypted to the declared recipients and to its own',
      how: `rehearse with --identity ${id}=FILE, the file of age-keygen whose content the secret holds`,
    }],
  };
}
