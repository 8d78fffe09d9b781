import type { LocalResource, Resolver } from '../assembly/resolver';
import type { NamedPolicy, PolicyDocument, PolicyStatement } from './policy-document';
import { statementsOf } from './policy-document';

/** Policies that lie at resources: of a bucket, a key, a topic, a queue, a secret. */
export class ResourcePolicies {
  readonly #byArn = new Map<string, NamedPolicy>();

  constructor(private readonly resolver: Resolver) {
    for (const key of resolver.resourcesOf('AWS::KMS::Key')) this.#add(key.identity.attributes.Arn, key, 'KeyPolicy');
    for (const policy of resolver.resourcesOf('AWS::S3::BucketPolicy')) this.#add(`arn:aws:s3:::${this.#text(policy, 'Bucket')}`, policy, 'PolicyDocument');
    for (const policy of resolver.resourcesOf('AWS::SNS::TopicPolicy')) {
      for (const topic of this.#list(policy, 'Topics')) this.#add(topic, policy, 'PolicyDocument');
    }
    const queues = new Map(resolver.resourcesOf('AWS::SQS::Queue').map(({ identity }) => [identity.ref, identity.attributes.Arn]));
    for (const policy of resolver.resourcesOf('AWS::SQS::QueuePolicy')) {
      for (const url of this.#list(policy, 'Queues')) this.#add(queues.get(url), policy, 'PolicyDocument');
    }
    for (const policy of resolver.resourcesOf('AWS::SecretsManager::ResourcePolicy')) this.#add(this.#text(policy, 'SecretId'), policy, 'ResourcePolicy');
  }

  /** The policy that AWS would look at for this resource: an object's is its bucket's. */
  of(resource: string): NamedPolicy | undefined {
    const [, bucket] = /^(arn:aws:s3:::[^/]+)/.exec(resource) ?? [];
    return this.#byArn.get(bucket ?? resource);
  }

  #add(arn: string | undefined, resource: LocalResource, property: string): void {
    const document = this.resolver.property(resource, property) as PolicyDocument | undefined;
    if (arn === undefined || document === undefined) return;
    const before = this.#byArn.get(arn);
    const statements: readonly PolicyStatement[] = [...before ? statementsOf(before.document) : [], ...statementsOf(document)];
    this.#byArn.set(arn, { name: resource.path, document: { ...document, Statement: statements } });
  }

  #text(resource: LocalResource, property: string): string {
    return String(this.resolver.property(resource, property));
  }

  #list(resource: LocalResource, property: string): string[] {
    return this.resolver.property(resource, property) as string[] ?? [];
  }
}
