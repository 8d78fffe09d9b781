import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretReader } from './engine';
import { RefusedError, TransientError } from './errors';

/** Secrets by ARN, never cached: a rotation between two steps is met by the new value. */
export function createSecretReader(region: string): SecretReader {
  const client = new SecretsManagerClient({ region, maxAttempts: 4 });
  return {
    async read(secretArn) {
      let value: string | undefined;
      try {
        value = (await client.send(new GetSecretValueCommand({ SecretId: secretArn }))).SecretString;
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
