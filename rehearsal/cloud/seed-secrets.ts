import type { Resolver } from '../assembly/resolver';
import type { Endpoint } from '../endpoint';
import type { Authorizer } from './authorizer';

/**
 * Puts values under the ARNs that a configuration names. An imported secret's ARN may lack the six characters that Secrets Manager
 * appends; its grants then have `-??????` for them, so the stored secret gets six of its own.
 */
export function seedSecrets(secrets: Readonly<Record<string, string>>, resolver: Resolver, authorizer: Authorizer, endpoint: Pick<Endpoint, 'seedSecret'>): void {
  const made = new Map(resolver.resourcesOf('AWS::SecretsManager::Secret').map((secret) => [secret.identity.ref, secret]));
  for (const [arn, value] of Object.entries(secrets)) {
    const own = made.get(arn);
    const key = own && resolver.property(own, 'KmsKeyId');
    const kmsKeyArn = typeof key === 'string' && key.startsWith('arn:') ? key : undefined;
    endpoint.seedSecret(own || !authorizer.grantsSomebody('secretsmanager:GetSecretValue', `${arn}-local1`) ? arn : `${arn}-local1`, value, { kmsKeyArn });
  }
}
