import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';

/**
 * Statements that read one secret, and decrypt it where its key is known. As statements and not as a grant: a grant would write into
 * the key's policy, which may not be ours.
 */
export function readSecret(scope: IConstruct, secret: secretsmanager.ISecret): iam.PolicyStatement[] {
  const { region, urlSuffix } = Stack.of(scope);
  const statements = [new iam.PolicyStatement({
    actions: ['secretsmanager:GetSecretValue'],
    // A secret that is known by its name alone has six characters more in its ARN.
    resources: [secret.secretFullArn ?? `${secret.secretArn}-??????`],
  })];
  if (secret.encryptionKey) {
    statements.push(new iam.PolicyStatement({
      actions: ['kms:Decrypt'],
      resources: [secret.encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` } },
    }));
  }
  return statements;
}
