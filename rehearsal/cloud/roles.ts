import { AssemblyError } from '../assembly/assembly-error';
import type { LocalResource, Resolver } from '../assembly/resolver';
import { AWS_MANAGED_POLICIES } from './managed-policies';
import type { NamedPolicy, PolicyDocument } from './policy-document';

export interface LocalRole {
  readonly arn: string;
  readonly name: string;
  /** Construct path. */
  readonly path: string;
  readonly policies: readonly NamedPolicy[];
  readonly boundaries: readonly NamedPolicy[];
}

/** The roles of an assembly with every policy that deployment would attach to them. */
export class Roles {
  readonly #roles: ReadonlyMap<string, LocalResource>;
  readonly #attached: { readonly resource: LocalResource; readonly roles: unknown }[];
  readonly #managed: ReadonlyMap<string, LocalResource>;
  readonly #known = new Map<string, LocalRole>();

  constructor(private readonly resolver: Resolver) {
    this.#roles = new Map(resolver.resourcesOf('AWS::IAM::Role').map((role) => [role.identity.attributes.Arn, role]));
    const managed = resolver.resourcesOf('AWS::IAM::ManagedPolicy');
    this.#managed = new Map(managed.map((policy) => [policy.identity.ref, policy]));
    const inline = ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy'].flatMap((type) => resolver.resourcesOf(type));
    this.#attached = [...inline, ...managed].map((resource) => {
      const { Roles: roles, RoleName: role } = resource.stack.template.Resources?.[resource.logicalId]?.Properties ?? {};
      return { resource, roles: roles ?? (role === undefined ? [] : [role]) };
    });
  }

  /** @throws AssemblyError for a role that no stack makes, or one with a managed policy whose text nobody here knows. */
  get(arn: string): LocalRole {
    const known = this.#known.get(arn) ?? this.#read(arn);
    this.#known.set(arn, known);
    return known;
  }

  /** Every role whose policies can be known. */
  known(): LocalRole[] {
    return [...this.#roles.keys()].flatMap((arn) => {
      try {
        return [this.get(arn)];
      } catch (error) {
        if (error instanceof AssemblyError) return [];
        throw error;
      }
    });
  }

  #read(arn: string): LocalRole {
    const role = this.#roles.get(arn);
    if (!role) throw new AssemblyError(`No stack of the assembly makes the role ${arn}.`, 'Let the policy make its own roles for the rehearsal, or synthesize the stack that makes this one too.');
    const { ManagedPolicyArns = [], Policies = [], PermissionsBoundary } = this.resolver.properties(role) as {
      ManagedPolicyArns?: string[]; Policies?: { PolicyName: string; PolicyDocument: PolicyDocument }[]; PermissionsBoundary?: string;
    };
    const attached = this.#attached.filter(({ resource, roles }) =>
      resource.stack === role.stack && (this.resolver.resolve(resource.stack, roles, `Resources.${resource.logicalId}.Properties.Roles`) as string[]).includes(role.identity.ref));
    const own = new Set(attached.map(({ resource }) => resource.identity.ref));
    return {
      arn, name: role.identity.ref, path: role.path,
      policies: [
        ...Policies.map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, document: PolicyDocument })),
        ...attached.map(({ resource }) => this.#document(resource)),
        ...ManagedPolicyArns.filter((policy) => !own.has(policy)).map((policy) => this.#managedPolicy(policy, role)),
      ],
      boundaries: PermissionsBoundary === undefined ? [] : [this.#managedPolicy(PermissionsBoundary, role)],
    };
  }

  #managedPolicy(arn: string, role: LocalResource): NamedPolicy {
    const own = this.#managed.get(arn);
    if (own) return this.#document(own);
    const name = /^arn:aws:iam::aws:policy\/(.+)$/.exec(arn)?.[1];
    const document = name === undefined ? undefined : AWS_MANAGED_POLICIES[name];
    if (!document) {
      throw new AssemblyError(`The text of the policy ${arn} of ${role.path} is not known here.`, 'Attach a policy that the app itself declares: what AWS or an account holds cannot be read on a laptop.');
    }
    return { name: name ?? arn, document };
  }

  #document(resource: LocalResource): NamedPolicy {
    return { name: resource.path, document: this.resolver.property(resource, 'PolicyDocument') as PolicyDocument };
  }
}
