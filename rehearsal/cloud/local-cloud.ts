import { AssemblyError } from '../assembly/assembly-error';
import type { LocalResource, Resolver } from '../assembly/resolver';
import type { Lifecycle, Replication } from '../endpoint';
import { lifecycleOf, replicationOf } from './bucket-rules';

export interface LocalBucket {
  readonly name: string;
  readonly path: string;
  readonly versioned: boolean;
  /** Object Lock is on; `retention` is what an object gets that asks for none. */
  readonly lock: { readonly retention?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days: number } } | undefined;
  /** ARN of the default encryption's key. */
  readonly keyArn: string | undefined;
  readonly bucketKey: boolean;
  readonly blocksCustomerKeys: boolean;
  readonly region: string;
  readonly lifecycle: Lifecycle | undefined;
  readonly replication: Replication | undefined;
}

export interface LocalTopic {
  readonly arn: string;
  readonly path: string;
  readonly keyArn: string | undefined;
}

/** What runs as a Lambda function: its code's folder holds what its image or zip file would. */
export interface LocalFunction {
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly roleArn: string;
  readonly directory: string;
  /** Such as `dump.handler`. */
  readonly handler: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** Size of /tmp. */
  readonly ephemeralMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** A Fargate task definition with one container. */
export interface LocalTaskDefinition {
  readonly arn: string;
  readonly path: string;
  readonly taskRoleArn: string;
  /** Role by which ECS starts it. */
  readonly executionRoleArn: string | undefined;
  readonly container: string;
  readonly directory: string;
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly memoryMegabytes: number;
  readonly ephemeralMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface LocalMachine {
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly roleArn: string;
  readonly definition: Record<string, unknown>;
}

export function bucketsOf(resolver: Resolver): LocalBucket[] {
  return resolver.resourcesOf('AWS::S3::Bucket').map((bucket) => {
    const properties = pick(
      resolver, bucket, 'ObjectLockConfiguration', 'ObjectLockEnabled', 'VersioningConfiguration', 'BucketEncryption', 'LifecycleConfiguration',
      'ReplicationConfiguration',
    );
    const encryption = at(properties, 'BucketEncryption', 'ServerSideEncryptionConfiguration', 0);
    const rule = at(properties, 'ObjectLockConfiguration', 'Rule', 'DefaultRetention') as { Mode?: 'GOVERNANCE' | 'COMPLIANCE'; Days?: number; Years?: number } | undefined;
    return {
      name: bucket.identity.ref, path: bucket.path,
      versioned: at(properties, 'VersioningConfiguration', 'Status') === 'Enabled',
      lock: properties.ObjectLockEnabled === true
        ? { retention: rule?.Mode && { mode: rule.Mode, days: Number(rule.Days ?? Number(rule.Years ?? 0) * 365) } }
        : undefined,
      keyArn: keyArn(resolver, at(encryption, 'ServerSideEncryptionByDefault', 'KMSMasterKeyID')),
      bucketKey: at(encryption, 'BucketKeyEnabled') === true,
      blocksCustomerKeys: [at(encryption, 'BlockedEncryptionTypes', 'EncryptionType')].flat().includes('SSE-C'),
      region: bucket.stack.region ?? resolver.region,
      lifecycle: lifecycleOf(properties.LifecycleConfiguration),
      replication: replicationOf(properties.ReplicationConfiguration, (key) => keyArn(resolver, key)),
    };
  });
}

export function topicsOf(resolver: Resolver): LocalTopic[] {
  return resolver.resourcesOf('AWS::SNS::Topic').map((topic) => ({
    arn: topic.identity.ref, path: topic.path, keyArn: keyArn(resolver, resolver.property(topic, 'KmsMasterKeyId')),
  }));
}

/** @throws AssemblyError when no stack makes it */
export function functionOf(resolver: Resolver, arnOrName: string): LocalFunction {
  const wanted = arnOrName.replace(/^(arn:aws:lambda:[^:]*:[^:]*:function:[^:]+):.*$/, '$1');
  const found = find(resolver, 'AWS::Lambda::Function', wanted);
  const properties = pick(resolver, found, 'ImageConfig', 'Code', 'Handler', 'Role', 'MemorySize', 'Timeout', 'EphemeralStorage', 'Environment');
  const command = at(properties, 'ImageConfig', 'Command', 0);
  return {
    arn: found.identity.attributes.Arn, name: found.identity.ref, path: found.path,
    roleArn: String(properties.Role),
    directory: codeFolder(found, at(properties, 'Code', 'ImageUri') ?? at(properties, 'Code', 'S3Key')),
    handler: String(command ?? properties.Handler ?? ''),
    memoryMegabytes: Number(properties.MemorySize ?? 128),
    timeoutSeconds: Number(properties.Timeout ?? 3),
    ephemeralMegabytes: Number(at(properties, 'EphemeralStorage', 'Size') ?? 512),
    environment: (at(properties, 'Environment', 'Variables') ?? {}) as Record<string, string>,
  };
}

/** @throws AssemblyError when no stack makes it, or it has more than one container */
export function taskDefinitionOf(resolver: Resolver, arnOrFamily: string): LocalTaskDefinition {
  const found = find(resolver, 'AWS::ECS::TaskDefinition', arnOrFamily);
  const properties = pick(resolver, found, 'ContainerDefinitions', 'TaskRoleArn', 'ExecutionRoleArn', 'Memory', 'EphemeralStorage');
  const containers = (properties.ContainerDefinitions ?? []) as Record<string, unknown>[];
  if (containers.length !== 1) throw new AssemblyError(`${found.path} has ${containers.length} containers.`, 'The rehearsal runs task definitions with one container.');
  const [container] = containers;
  return {
    arn: found.identity.attributes.Arn, path: found.path,
    taskRoleArn: String(properties.TaskRoleArn),
    executionRoleArn: properties.ExecutionRoleArn as string | undefined,
    container: String(container.Name),
    directory: codeFolder(found, container.Image),
    entryPoint: (container.EntryPoint ?? []) as string[],
    command: (container.Command ?? []) as string[],
    memoryMegabytes: Number(container.Memory ?? properties.Memory ?? 512),
    ephemeralMegabytes: Number(at(properties, 'EphemeralStorage', 'SizeInGiB') ?? 20) * 1024,
    environment: variablesOf(container.Environment),
  };
}

/** Variables as ECS writes them, in definitions and overrides. */
export function variablesOf(environment: unknown): Record<string, string> {
  return Object.fromEntries(((environment ?? []) as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value]));
}

/** @throws AssemblyError when no stack makes it, or its definition is no JSON */
export function machineOf(resolver: Resolver, arn: string): LocalMachine {
  const found = find(resolver, 'AWS::StepFunctions::StateMachine', arn);
  const { DefinitionString, Definition, RoleArn, DefinitionSubstitutions = {} } = pick(resolver, found, 'DefinitionString', 'Definition', 'RoleArn', 'DefinitionSubstitutions');
  let definition = Definition as Record<string, unknown> | undefined;
  if (typeof DefinitionString === 'string') {
    const text = DefinitionString.replace(/\$\{(\w+)\}/g, (whole, name: string) => (DefinitionSubstitutions as Record<string, string>)[name] ?? whole);
    try {
      definition = JSON.parse(text) as Record<string, unknown>;
    } catch (cause) {
      throw new AssemblyError(`The definition of ${found.path} is no JSON once its references are filled in.`, 'Synthesize the app again; a reference in the definition may yield a quote.', { cause });
    }
  }
  if (!definition) throw new AssemblyError(`${found.path} has no definition in the template.`, 'Give the definition inline, not from S3.');
  return { arn, name: found.identity.attributes.Name, path: found.path, roleArn: String(RoleArn), definition };
}

function find(resolver: Resolver, type: string, arnOrName: string): LocalResource {
  const found = resolver.resourcesOf(type)
    .find(({ identity: { ref, attributes } }) => [ref, attributes.Arn, attributes.Name].includes(arnOrName));
  if (!found) throw new AssemblyError(`No stack of the assembly makes ${arnOrName}.`, 'Synthesize the stack that makes it too: a rehearsal needs its code and its role.');
  return found;
}

/** The asset whose hash the image's address or the object's key holds. */
function codeFolder(resource: LocalResource, address: unknown): string {
  const text = typeof address === 'string' ? address : '';
  const hash = [...resource.stack.code.keys()].find((one) => text.includes(one));
  const folder = hash === undefined ? undefined : resource.stack.code.get(hash);
  if (!folder) throw new AssemblyError(`The code of ${resource.path} (${text || 'inline'}) is not in the assembly.`, 'Use an asset: a registry\'s image or inline code cannot run on a laptop.');
  return folder;
}

function keyArn(resolver: Resolver, value: unknown): string | undefined {
  if (typeof value !== 'string' || value.startsWith('arn:') || value === '') return value as string | undefined || undefined;
  const key = resolver.resourcesOf('AWS::KMS::Key').find(({ identity }) => identity.ref === value);
  return key?.identity.attributes.Arn;
}

/** Only what is asked for is resolved: a network's subnet that nobody can know is no reason to stop. */
function pick(resolver: Resolver, resource: LocalResource, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, resolver.property(resource, name)]));
}

function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((found, name) => (found as Record<string | number, unknown> | undefined)?.[name], value);
}
