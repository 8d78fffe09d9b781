import {
  CfnResource, DefaultTokenResolver, type IPostProcessor, type IResolvable, type IResolveContext, Reference, Stack, StringConcat,
  Tokenization,
} from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A value somewhere in a document that names another construct. */
interface NamedReference {
  /** Names of the properties that lead to it, small letters, joined by `/`. */
  readonly path: string;
  readonly target: IConstruct;
}

interface Resolved {
  readonly Resources: Record<string, { readonly Properties?: Record<string, unknown> }>;
}

class Collector extends DefaultTokenResolver {
  public readonly found: NamedReference[] = [];

  constructor() {
    super(new StringConcat());
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (Reference.isReference(token)) this.found.push({ path: context.documentPath.join('/').toLowerCase(), target: token.target });
    return super.resolveToken(token, context, postProcessor);
  }
}

/** Every construct that a value names, whichever stack it is in. */
export function referencesIn(scope: IConstruct, value: unknown): NamedReference[] {
  const collector = new Collector();
  Tokenization.resolve(value, { scope, resolver: collector, preparing: true });
  return collector.found;
}

/** A resource's properties as the template will have them, overrides included. */
export function propertiesOf(resource: CfnResource): Record<string, unknown> {
  const resolved = Stack.of(resource).resolve(resource._toCloudFormation()) as Resolved;
  return Object.values(resolved.Resources)[0].Properties ?? {};
}

/** The resources that a resource names, with the properties where it does. */
export function referencesOf(resource: CfnResource): { readonly path: string; readonly target: CfnResource }[] {
  const all = referencesIn(resource, resource._toCloudFormation());
  return all.flatMap(({ path, target }) => (CfnResource.isCfnResource(target) ? [{ path, target }] : []));
}
