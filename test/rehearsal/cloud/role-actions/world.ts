import { findPolicies, type Resolver } from '../../../../rehearsal/assembly';
import { bucketsOf, type LocalBucket } from '../../../../rehearsal/cloud/local-cloud';
import type { NamedPolicy, PolicyDocument } from '../../../../rehearsal/cloud/policy-document';
import { ResourcePolicies } from '../../../../rehearsal/cloud/resource-policies';
import { type LocalRole, Roles } from '../../../../rehearsal/cloud/roles';

/** What a role is for, by where the library puts it. */
export const KINDS = {
  'verify worker at a replica': /\/Replica-[^/]+\/[^/]+\/Verify\/Role$/,
  'machine of a drill at a replica': /\/Replica-[^/]+\/[^/]+\/Role$/,
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
  'scrub worker': /\/Scrub\/Role$/,
  'scrub machine': /\/Scrub\/Round\/Role$/,
  'sentinel': /\/Watch\/Sentinel\/Role$/,
  'sentinel at a replica': /\/Replica-[^/]+\/Watch-[^/]+\/Sentinel\/Role$/,
  'scheduler at a replica': /\/Replica-[^/]+\/[^/]+\/Watch\/SchedulerRole$/,
  'notify worker': /\/Notify\/Worker\/Role$/,
  'chat channel': /\/Notify\/ChatRole$/,
  'lengthening of locks': /\/LockExtender$/,
} as const;

export type RoleKind = keyof typeof KINDS;

/** `<environment>/<application>/<protection>`, as in every key. */
type Prefix = string;

export interface Actor {
  readonly role: LocalRole;
  readonly kind: RoleKind;
  readonly title: string;
  readonly account: string;
  /** Path of its policy; undefined where it is of a store. */
  readonly policy?: string;
  /** Whether it works on copies that lie in another account. */
  readonly guest: boolean;
  /** Whether it works at a replica, and not where copies are written first. */
  readonly atReplica: boolean;
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
  /** Where what works for it has its construct: `/database/`, `/production-montoit-database/`. */
  readonly marks: readonly string[];
  /** Path of its policy. */
  readonly policy: string;
  /** Of secrets. */
  readonly source: readonly string[];
  readonly identity: readonly string[];
}

const FOREIGN: Prefix = 'production/somebody-else/database';

/** An app as it would be deployed: its roles, what they could reach, and the policies that lie there. */
export class World {
  readonly actors: readonly Actor[];
  readonly stores: readonly LocalBucket[];
  /** Those that another store replicates to. */
  readonly replicas: ReadonlySet<LocalBucket>;
  readonly accessLogs: readonly LocalBucket[];
  readonly protections: readonly Protection[];
  readonly #policies: ResourcePolicies;
  readonly #accountOfBucket: ReadonlyMap<string, string>;
  readonly #added: ReadonlyMap<string, NamedPolicy>;

  constructor(readonly resolver: Resolver) {
    const buckets = bucketsOf(resolver);
    this.stores = buckets.filter(({ lock }) => lock);
    this.accessLogs = buckets.filter(({ lock }) => !lock);
    const rules = this.stores.flatMap(({ replication }) => replication?.rules ?? []);
    const targets = new Set(rules.map(({ destination }) => destination.bucket));
    this.replicas = new Set(this.stores.filter(({ name }) => targets.has(name)));
    this.#accountOfBucket = new Map(resolver.resourcesOf('AWS::S3::Bucket')
      .map(({ stack, identity }) => [identity.ref, stack.account ?? resolver.account]));
    const declared = findPolicies(resolver).flatMap((policy) => policy.protections.map((found) => ({ ...policy.declared, found })));
    this.protections = declared.map(({ environment, application, path, found }) => ({
      prefix: `${environment}/${application}/${found.declared.id}`, policy: `${path}/`,
      marks: [`${path}/${found.declared.id}/`, `/${environment}-${application}-${found.declared.id}/`],
      source: secretsIn(found.config), identity: [found.identitySecretArn ?? []].flat(),
    }));
    const roles = new Roles(resolver);
    const made = resolver.resourcesOf('AWS::IAM::Role').map((resource) => ({
      role: roles.get(resource.identity.attributes.Arn),
      trust: resolver.property(resource, 'AssumeRolePolicyDocument') as PolicyDocument,
    }));
    this.actors = made.map(({ role, trust }) => {
      const own = this.protections.filter(({ marks }) => marks.some((mark) => role.path.includes(mark)));
      const ofPolicy = this.protections.filter(({ policy }) => role.path.startsWith(policy));
      const mine = (own.length > 0 ? own : ofPolicy.length > 0 ? ofPolicy : this.protections).map(({ prefix }) => prefix);
      const kind = kindOf(role.path);
      const account = role.arn.split(':')[4];
      const guest = !this.stores.some(({ name }) => this.#accountOfBucket.get(name) === account);
      return {
        role, kind, account, guest, own: mine, policy: ofPolicy.at(0)?.policy,
        atReplica: role.path.includes('/Replica-'),
        title: `${kind}${own.length > 0 ? ` of \`${own[0].prefix.replace(/^.*\//, '')}\`` : ''}${guest ? ', as a guest' : ''}`,
        others: [...this.protections.map(({ prefix }) => prefix).filter((prefix) => !mine.includes(prefix)), FOREIGN],
        scope: role.path.replace(/(?:\/(?:Dump|Verify|Run|Round))?\/[^/]+$/, '/'),
        takenBy: takersOf(trust),
      };
    });
    this.#policies = new ResourcePolicies(resolver);
    this.#added = new Map([
      ...made.map(({ role, trust }) => [role.arn, { name: `${role.path} trust`, document: trust }] as const),
      ...[...new Set(this.actors.map(({ account }) => account))].flatMap((account) => {
        const owner = { AWS: `arn:aws:iam::${account}:root` };
        return [
          [this.arn('iam', 'role/administrator', account), opens(owner, 'sts:AssumeRole')] as const,
          [this.arn('kms', 'key/another', account), opens(owner, 'kms:*')] as const,
        ];
      }),
    ]);
  }

  /** All that lies at resources, trust included, to be compared. */
  get guards(): string {
    const types = ['AWS::S3::BucketPolicy', 'AWS::KMS::Key', 'AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy', 'AWS::IAM::Role'];
    return JSON.stringify(types.flatMap((type) => this.resolver.resourcesOf(type))
      .map(({ stack, logicalId }) => stack.template.Resources?.[logicalId]?.Properties));
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

  /** Of something in an account that is not of the app. */
  arn(service: string, resource: string, account: string): string {
    return `arn:aws:${service}:${service === 'iam' ? '' : this.resolver.region}:${account}:${resource}`;
  }

  /** @param otherwise account of what has none in its ARN and is no bucket of the app */
  accountOf(resource: string, otherwise: string): string {
    const [, bucket] = /^arn:aws:s3:::([^/]+)/.exec(resource) ?? [];
    return (bucket === undefined ? resource.split(':')[4] : this.#accountOfBucket.get(bucket)) || otherwise;
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
