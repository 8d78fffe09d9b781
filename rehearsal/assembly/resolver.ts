import { AssemblyError } from './assembly-error';
import type { Deployment } from './deployed';
import { NO_VALUE, resolveValue, type Scope } from './intrinsics';
import { identify, type LocalIdentity } from './local-identity';
import type { Assembly } from './read-assembly';
import type { Stack, TemplateResource } from './template';

export interface ResolverProps {
  /** For stacks that leave it to the deployment. @default us-east-1 */
  readonly region?: string;
  /** For stacks that leave it to the deployment. @default 000000000000 */
  readonly account?: string;
  /** Values of template parameters that have no default, by name. @default none */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Names, account and parameters of what is deployed. @default made up, always the same */
  readonly deployed?: Deployment;
}

/** A resource with its place in the local cloud. */
export interface LocalResource {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly type: string;
  /** Construct path where the template says it, else the logical id. */
  readonly path: string;
  readonly identity: LocalIdentity;
}

/**
 * What deployment would fill in, filled in on a laptop: every `Ref`, `Fn::GetAtt` and their like, with names and ARNs that are the same
 * in each call. One for the command line and the rehearsal.
 */
export class Resolver {
  readonly region: string;
  readonly account: string;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #deployed: Deployment | undefined;
  readonly #identities = new Map<TemplateResource, LocalIdentity | undefined>();

  constructor(readonly assembly: Assembly, props: ResolverProps = {}) {
    this.region = props.region ?? 'us-east-1';
    this.account = props.account ?? '000000000000';
    this.#parameters = props.parameters ?? {};
    this.#deployed = props.deployed;
  }

  /** @throws AssemblyError that names the stack and the path of what cannot be known. */
  resolve(stack: Stack, value: unknown, path: string): unknown {
    const resolved = resolveValue(value, this.#scope(stack), path);
    return resolved === NO_VALUE ? undefined : resolved;
  }

  /** Resources of a type that would be deployed, in every stack; those whose own name cannot be known are left out. */
  resourcesOf(type: string): LocalResource[] {
    return this.assembly.stacks.flatMap((stack) => Object.entries(stack.template.Resources ?? {}).flatMap(([logicalId, resource]) => {
      if (resource.Type !== type || !this.#exists(stack, resource, logicalId)) return [];
      let identity: LocalIdentity | undefined;
      try {
        identity = this.#identify(stack, logicalId, resource);
      } catch (error) {
        if (!(error instanceof AssemblyError)) throw error;
      }
      return [{ stack, logicalId, type, path: pathOf(resource, logicalId), identity: identity ?? { ref: logicalId, attributes: {} } }];
    }));
  }

  /** All properties of a resource, resolved. */
  properties({ stack, logicalId }: Pick<LocalResource, 'stack' | 'logicalId'>): Record<string, unknown> {
    const properties = stack.template.Resources?.[logicalId]?.Properties ?? {};
    return this.resolve(stack, properties, `Resources.${logicalId}.Properties`) as Record<string, unknown>;
  }

  /** One property, resolved: the others may be anything. */
  property({ stack, logicalId }: Pick<LocalResource, 'stack' | 'logicalId'>, name: string): unknown {
    return this.resolve(stack, stack.template.Resources?.[logicalId]?.Properties?.[name], `Resources.${logicalId}.Properties.${name}`);
  }

  #exists(stack: Stack, resource: TemplateResource, logicalId: string): boolean {
    return resource.Condition === undefined || this.#scope(stack).condition(resource.Condition, `Resources.${logicalId}.Condition`);
  }

  #identify(stack: Stack, logicalId: string, resource: TemplateResource): LocalIdentity | undefined {
    if (!this.#identities.has(resource)) {
      const physicalId = this.#deployed?.stack(stack).physicalIds.get(logicalId);
      if (this.#deployed && physicalId === undefined) {
        throw new AssemblyError(`${stack.displayName}: ${pathOf(resource, logicalId)} is in the template and not in what is deployed.`, 'Deploy the app as it is synthesized, or name the assembly that was deployed with --app.');
      }
      this.#identities.set(resource, identify(resource.Type, {
        stackName: stack.name, logicalId, partition: 'aws',
        region: stack.region ?? this.region,
        account: this.#accountOf(stack),
        physicalId,
        property: (name) => this.property({ stack, logicalId }, name),
      }));
    }
    return this.#identities.get(resource);
  }

  #accountOf(stack: Stack): string {
    return stack.account ?? this.#deployed?.account() ?? this.account;
  }

  #scope(stack: Stack): Scope {
    const region = stack.region ?? this.region;
    return {
      label: stack.displayName,
      region,
      ref: (name, path) => this.#ref(stack, name, path),
      attribute: (logicalId, attribute, path) => this.#attribute(stack, logicalId, attribute, path),
      condition: (name, path) => {
        const condition = stack.template.Conditions?.[name];
        if (condition === undefined) throw missing(stack, path, `names the condition ${name}, which the template does not have`);
        return this.resolve(stack, condition, `Conditions.${name}`) === true;
      },
      mapping: (map, first, second) => stack.template.Mappings?.[map]?.[first]?.[second],
      importValue: (name, path) => this.#imported(stack, name, path),
      stackOutput: (stackName, outputName, outputRegion, path) => {
        const wanted = outputRegion ?? region;
        const producer = this.assembly.stacks.find((one) => one.name === stackName && (one.region ?? this.region) === wanted);
        const output = producer?.template.Outputs?.[outputName];
        if (!producer || !output) throw missing(stack, path, `reads output ${outputName} of stack ${stackName}, which is not in this assembly`);
        return this.resolve(producer, output.Value, `Outputs.${outputName}.Value`);
      },
    };
  }

  #ref(stack: Stack, name: string, path: string): unknown {
    switch (name) {
      case 'AWS::Region': return stack.region ?? this.region;
      case 'AWS::AccountId': return this.#accountOf(stack);
      case 'AWS::Partition': return 'aws';
      case 'AWS::URLSuffix': return 'amazonaws.com';
      case 'AWS::StackName': return stack.name;
      case 'AWS::StackId': return `arn:aws:cloudformation:${stack.region ?? this.region}:${this.#accountOf(stack)}:stack/${stack.name}/local`;
      case 'AWS::NoValue': return NO_VALUE;
      case 'AWS::NotificationARNs': return [];
    }
    const parameter = stack.template.Parameters?.[name];
    if (parameter) return this.#parameter(stack, name, parameter.Type, parameter.Default, path);
    const resource = stack.template.Resources?.[name];
    if (!resource) throw missing(stack, path, `names ${name}, which is neither a resource nor a parameter of the template`);
    const identity = this.#identify(stack, name, resource);
    if (!identity) throw missing(stack, path, `takes the name of ${pathOf(resource, name)}, a ${resource.Type}, which the local cloud does not know`);
    return identity.ref;
  }

  #parameter(stack: Stack, name: string, type: string, otherwise: unknown, path: string): unknown {
    const given = stack.parameters[name];
    const fromParent = given === undefined || !stack.parent ? given : this.resolve(stack.parent.stack, given, `Resources.${stack.parent.logicalId}.Properties.Parameters.${name}`);
    const known = this.#parameters[name] ?? this.#deployed?.stack(stack).parameters[name];
    const value = known ?? fromParent ?? otherwise;
    if (value === undefined || type.startsWith('AWS::SSM::Parameter::Value') && known === undefined) {
      throw missing(stack, path, `takes the parameter ${name}, whose value is known only at deployment`);
    }
    return type === 'CommaDelimitedList' || type.startsWith('List<') ? String(value).split(',').map((item) => item.trim()) : value;
  }

  #attribute(stack: Stack, logicalId: string, attribute: string, path: string): unknown {
    const resource = stack.template.Resources?.[logicalId];
    if (!resource) throw missing(stack, path, `names ${logicalId}, which is no resource of the template`);
    if (resource.Type === 'AWS::CloudFormation::Stack' && attribute.startsWith('Outputs.')) {
      const nested = this.assembly.stacks.find((one) => one.parent?.stack === stack && one.parent.logicalId === logicalId);
      const output = nested?.template.Outputs?.[attribute.slice('Outputs.'.length)];
      if (nested && output) return this.resolve(nested, output.Value, attribute);
    }
    const value = this.#identify(stack, logicalId, resource)?.attributes[attribute];
    if (value === undefined) throw missing(stack, path, `takes ${attribute} of ${pathOf(resource, logicalId)}, a ${resource.Type}, which the local cloud does not know`);
    return value;
  }

  #imported(stack: Stack, name: string, path: string): unknown {
    for (const producer of this.assembly.stacks) {
      for (const [outputName, output] of Object.entries(producer.template.Outputs ?? {})) {
        if (output.Export && this.resolve(producer, output.Export.Name, `Outputs.${outputName}.Export.Name`) === name) {
          return this.resolve(producer, output.Value, `Outputs.${outputName}.Value`);
        }
      }
    }
    throw missing(stack, path, `imports ${name}, which no stack of this assembly exports`);
  }
}

function pathOf(resource: TemplateResource, logicalId: string): string {
  const path = resource.Metadata?.['aws:cdk:path'];
  return typeof path === 'string' ? path.replace(/\/Resource$/, '') : logicalId;
}

function missing(stack: Stack, path: string, what: string): AssemblyError {
  return new AssemblyError(`${stack.displayName}: ${path} ${what}.`, 'Give a plain value there, or the value with --parameter NAME=VALUE where it is a parameter.');
}
