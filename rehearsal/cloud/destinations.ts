import { AssemblyError } from '../assembly/assembly-error';
import type { Resolver } from '../assembly/resolver';

/** How a topic or a queue is encrypted; neither is set where KMS has no part in it. */
export interface DestinationKey {
  /** Of a key of the assembly. */
  readonly keyArn?: string;
  /** A key that no stack of the assembly makes, as the template names it. */
  readonly foreign?: string;
}

/**
 * The key of a topic or a queue, whether its template names it by ARN, id or alias.
 *
 * @throws AssemblyError when no stack makes the topic or queue
 */
export function destinationKey(resolver: Resolver, arn: string): DestinationKey {
  const found = resolver.resourcesOf('AWS::SNS::Topic').find(({ identity }) => identity.ref === arn)
    ?? resolver.resourcesOf('AWS::SQS::Queue').find(({ identity }) => identity.attributes.Arn === arn);
  if (!found) throw new AssemblyError(`No stack of the assembly makes ${arn}.`, 'Synthesize the stack that makes it too: whether a message arrives is said by its policy.');
  const named = resolver.property(found, 'KmsMasterKeyId') as string | undefined;
  if (named === undefined || named === '') return {};
  const alias = resolver.resourcesOf('AWS::KMS::Alias').find(({ identity }) => identity.ref === named.replace(/^arn:.*:(alias\/.+)$/, '$1'));
  const wanted = alias ? String(resolver.property(alias, 'TargetKeyId')) : named;
  const key = resolver.resourcesOf('AWS::KMS::Key').find(({ identity: { ref, attributes } }) => ref === wanted || attributes.Arn === wanted);
  return key ? { keyArn: key.identity.attributes.Arn } : { foreign: named };
}
