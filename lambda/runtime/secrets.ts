import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretReader } from './engine';
import { RefusedError, TransientError } from './errors';

/** Secrets by ARN, each from its own region, never cached: a rotation between two steps is met by the new value. */
export function createSecretReader(): SecretReader {
  const clients = new Map<string, SecretsManagerClient>();
  const clientOf = (secretArn: string): SecretsManagerClient => {
    // arn:<partition>:secretsmanager:<region>:<account>:secret:<name>; the store may lie in another region than the source.
    const region = secretArn.split(':')[3] ?? '';
    const client = clients.get(region) ?? new SecretsManagerClient({ ...(region ? { region } : {}), maxAttempts: 4 });
    clients.set(region, client);
    return client;
  };
  return {
    async read(secretArn) {
      let value: string | undefined;
      try {
        value = (await clientOf(secretArn).send(new GetSecretValueCommand({ SecretId: secretArn }))).SecretString;
      } catch (error) {
        const name = (error as Error).name;
        if (name === 'ResourceNotFoundException') {
          throw new RefusedError('SECRET_MISSING', `The secret ${secretArn} does not exist or has no value yet.`, 'Create it, or name the right one in the policy.', {
            cause: error,
          });
        }
        if (name === 'AccessDeniedException' || name === 'DecryptionFailure') {
          throw new RefusedError(
            'SECRET_REFUSED',
            `The worker may not read the secret ${secretArn} (${name}).`,
            "If it has a key of its own, let the worker's role decrypt with it; look for a resource policy on the secret.",
            { cause: error },
          );
        }
        throw new TransientError('SECRET_UNAVAILABLE', `The secret ${secretArn} could not be read (${name}).`, 'It is tried again by itself.', { cause: error });
      }
      if (value === undefined) {
        throw new RefusedError('SECRET_BINARY', `The secret ${secretArn} holds binary data.`, 'Store it as text: a connection as JSON or a URL, an identity as its file.');
      }
      return value;
    },
  };
}
