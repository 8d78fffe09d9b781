import { findPolicies, type Resolver } from '../../../../rehearsal/assembly';
import { bucketsOf, type LocalBucket } from '../../../../rehearsal/cloud/local-cloud';
import type { NamedPolicy, PolicyDocument } from '../../../../rehearsal/cloud/policy-document';
import { ResourcePolicies } from '../../../../rehearsal/cloud/resource-policies';
import { type LocalRole, Roles } from '../../../../rehearsal/cloud/roles';

/** What a role is for, by where the library puts it. */
export const KINDS = {
  'dump worker': /\/Dump\/Role$/,
  'verify worker': /\/Verify\/Role$/,
  'start of a dump task': /\/Dump\/StartRole$/,
  'start of a verify task': /\/Verify\/StartRole$/,
  'run machine': /\/Run\/Role$/,
  'retire worker': /\/Retire\/Role$/,
  'retire machine': /\/Retire\/Round\/Role$/,
  'scheduler': /\/Shared\/SchedulerRole$/,
  'replication': /\/Replication\/Role$/,
  'filling of a replica': /\/Replication\/FillRole$/,
  'lock worker': /\/Extend\/Role$/,
  'lock machine': /\/Extend\/Round\/Role$/,
  'lengthening of locks': /\/LockExtender$/,
} as const;

export type RoleKind = keyof typeof KINDS;

/** `<environment>/<application>/<protection>`, as in every key. */
type Prefix = string;

export interface Actor {
  readonly role: LocalRole;
  readonly kind: RoleKind;
  readonly title: string;
  readonly own: readonly Prefix[];
  /** Other protections of the store, and one of an application that is not in the app. */
  readonly others: readonly Prefix[];
  /** Path under which the constructs lie that it works for. */
  readonly scope: string;
  /** Service principals of its trust policy; anybody else by the words of the policy. */
  readonly takenBy: readonly string[];
}

interface Protection {
  readonly prefix: Prefix;
  /** Of secrets. */
  readonly source: readonly string[];
  readonly identity: readonly string[];
}

const FOREIGN: Prefix = 'production/somebody-else/database';

/** An app as it would be deployed: its roles, what they could reach, and the policies that lie there. */
export class World {
  readonly actors: readonly Actor[];
  readonly stores: readonly LocalBucket[];
  readonly accessLogs: readonly LocalBucket[];
  readonly protections: readonly Protection[];
  readonly #policies: ResourcePolicies;
  readonly #added: ReadonlyMap<string, NamedPolicy>;

  constructor(readonly resolver: Resolver) {
    const buckets = bucketsOf(resolver);
    this.stores = buckets.filter(({ lock }) => lock);
    this.accessLogs = buckets.filter(({ lock }) => !lock);
    const prefixes = findPolicies(resolver).flatMap(({ declared, protections }) => protections.map((found) => ({
      id: found.declared.id, prefix: `${declared.environment}/${declared.application}/${found.declared.id}`,
      source: secretsIn(found.config), identity: [found.identitySecretArn ?? []].flat(),
    })));
    this.protections = prefixes;
    const roles = new Roles(resolver);
    const made = resolver.resourcesOf('AWS::IAM::Role').map((resource) => ({
      role: roles.get(resource.identity.attributes.Arn),
      trust: resolver.property(resource, 'AssumeRolePolicyDocument') as PolicyDocument,
    }));
    this.actors = made.map(({ role, trust }) => {
      const own = prefixes.filter(({ id }) => role.path.includes(`/${id}/`));
      const mine = (own.length > 0 ? own : prefixes).map(({ prefix }) => prefix);
      const kind = kindOf(role.path);
      return {
        role, kind, own: mine,
        title: own.length > 0 ? `${kind} of \`${own[0].id}\`` : kind,
        others: [...prefixes.map(({ prefix }) => prefix).filter((prefix) => !mine.includes(prefix)), FOREIGN],
        scope: role.path.replace(/(?:\/(?:Dump|Verify|Run|Round))?\/[^/]+$/, '/'),
        takenBy: takersOf(trust),
      };
    });
    this.#policies = new ResourcePolicies(resolver);
    const account = { AWS: `arn:aws:iam::${resolver.account}:root` };
    this.#added = new Map([
      ...made.map(({ role, trust }) => [role.arn, { name: `${role.path} trust`, document: trust }] as const),
      [this.arn('iam', 'role/administrator'), opens(account, 'sts:AssumeRole')],
      [this.arn('kms', 'key/another'), opens(account, 'kms:*')],
    ]);
  }

  policyOf(resource: string): NamedPolicy | undefined {
    return this.#added.get(resource) ?? this.#policies.of(resource);
  }

  /** Of every resource of a type, by construct path. */
  arns(type: string): { readonly path: string; readonly arn: string }[] {
    return this.resolver.resourcesOf(type).map(({ path, identity: { ref, attributes } }) => ({
      path, arn: attributes.Arn ?? attributes.PolicyArn ?? attributes.TopicArn ?? ref,
    }));
  }

  /** Of something in the account that is not of the app. */
  arn(service: string, resource: string): string {
    return `arn:aws:${service}:${service === 'iam' ? '' : this.resolver.region}:${this.resolver.account}:${resource}`;
  }
}

function kindOf(path: string): RoleKind {
  const found = (Object.keys(KINDS) as RoleKind[]).find((kind) => KINDS[kind].test(path));
  if (!found) throw new Error(`nobody has said what the role ${path} is for: it is not in the matrix`);
  return found;
}

/** An imported secret's ARN lacks the six characters that Secrets Manager appends. */
function secretsIn(config: unknown): string[] {
  const texts = JSON.stringify(config).match(/arn:aws:secretsmanager:[^"]+/g) ?? [];
  return texts.map((arn) => (/-[0-9a-f]{6}$/.test(arn) ? arn : `${arn}-a1b2c3`));
}

function takersOf({ Statement }: PolicyDocument): string[] {
  return [Statement].flat().flatMap((statement) => {
    const { Principal, NotPrincipal } = statement as { Principal?: string | { Service?: string | string[] }; NotPrincipal?: unknown };
    const services = typeof Principal === 'object' ? [Principal.Service ?? []].flat() : [];
    const others = typeof Principal === 'object' ? Object.keys(Principal).some((name) => name !== 'Service') : true;
    return others || NotPrincipal !== undefined ? [...services, JSON.stringify(Principal ?? { NotPrincipal })] : services;
  });
}

function opens(principal: unknown, action: string): NamedPolicy {
  const Statement = [{ Effect: 'Allow' as const, Principal: principal, Action: action, ...action.startsWith('kms') ? { Resource: '*' } : {} }];
  return { name: 'its account', document: { Version: '2012-10-17', Statement } };
}
