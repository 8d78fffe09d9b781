import { Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { MAXIMUM_RECIPIENTS } from './contract/encryption';
import type { DeclaredRun } from './contract/run-request';
import { ageRecipientProblem } from './model/age-recipient';
import { PropRefused } from './refusal';
import { readSecret } from './secret-access';

/** To whom copies are encrypted, and whether drills can open them. */
export interface AgeEncryptionProps {
  /**
   * Public keys, `age1…` as `age-keygen` prints them, from 1 to 16: any one of their identities opens a copy. X25519 only: copies must open
   * with the plain `age` of any system. A change is for the copies from then on; each older one keeps the recipients its manifest names.
   */
  readonly recipients: string[];
  /**
   * Secret that holds an identity file of age (`AGE-SECRET-KEY-1…`, one a line) of one of the recipients. Only the verify worker may read
   * it.
   * @default - drills have no identity: they compare checksums and restore nothing, so no copy is ever proven
   */
  readonly drillIdentity?: secretsmanager.ISecret;
}

/**
 * Encryption of the copies before they leave the dump worker, on top of the store's own: whoever has the bucket and its key still has
 * nothing to read.
 */
export class ClientEncryption {
  /**
   * By age (age-encryption.org): `age -d | zstd -d | psql` opens a copy. Whoever loses every identity loses every copy: keep one of a
   * recipient where neither the AWS account nor its people can lose it.
   */
  public static age(props: AgeEncryptionProps): ClientEncryption {
    return new ClientEncryption(props);
  }

  private constructor(private readonly props: AgeEncryptionProps) {}

  /** @internal */
  public _bind(scope: IConstruct): NonNullable<DeclaredRun['encryption']> {
    const { recipients, drillIdentity } = this.props;
    if (recipients.length < 1 || recipients.length > MAXIMUM_RECIPIENTS) {
      throw new PropRefused(scope, 'encryption.recipients', `a list of ${recipients.length}`, `from 1 to ${MAXIMUM_RECIPIENTS} public keys, age1…`);
    }
    for (const [index, recipient] of recipients.entries()) {
      const prop = `encryption.recipients[${index}]`;
      if (Token.isUnresolved(recipient)) throw new PropRefused(scope, prop, 'known only at deployment', 'a literal public key, age1…: it is no secret');
      const problem = ageRecipientProblem(recipient);
      if (problem !== undefined) throw new PropRefused(scope, prop, problem, 'the public key of an X25519 identity, age1… and 58 characters more');
      if (recipients.indexOf(recipient) !== index) throw new PropRefused(scope, prop, `${recipient} a second time`, 'each recipient once');
    }
    return { scheme: 'age', recipients: [...recipients], ...(drillIdentity ? { identitySecretArn: drillIdentity.secretArn } : {}) };
  }

  /**
   * What the verify worker may read, and the dump worker must not.
   *
   * @internal
   */
  public _drillStatements(scope: IConstruct, dump: readonly iam.PolicyStatement[]): iam.PolicyStatement[] {
    const { drillIdentity } = this.props;
    if (!drillIdentity) return [];
    const statements = readSecret(scope, drillIdentity);
    const textOf = (value: unknown): string => JSON.stringify(Stack.of(scope).resolve(value));
    const identity = new Set(statements[0].resources.map(textOf));
    if (dump.some(({ resources }) => resources.some((one) => identity.has(textOf(one))))) {
      throw new PropRefused(scope, 'encryption.drillIdentity', `${drillIdentity.node.path}, which the dump worker reads`, 'a secret of its own: who makes copies must not be able to open them');
    }
    return statements;
  }
}
