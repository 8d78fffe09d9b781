import type { Resolver } from '../assembly/resolver';
import { denialOf } from './denial';
import { destinationKey } from './destinations';
import { mayPublish, type PublishingService } from './may-publish';
import type { Permission } from './permission';
import { actionMatches, actionsOf, type NamedPolicy, type PolicyStatement, statementsOf } from './policy-document';
import { ResourcePolicies } from './resource-policies';
import { type LocalRole, Roles } from './roles';
import { type Answer, loadSimulator, type Question, simulate } from './simulate';

/** One permission that a call needs, as the local endpoint asks for it. */
export interface PermissionRequest {
  readonly action: string;
  /** `*` where the service has no resource. */
  readonly resource: string;
  /** Role ARN; undefined has full access: it is the rehearsal itself. */
  readonly principal: string | undefined;
  readonly context?: Record<string, string | string[]>;
}

/** A message that somebody sends to a topic or a queue of the assembly. */
export interface Message {
  /** A service in its own name, or a role. */
  readonly principal: PublishingService | `arn:${string}`;
  readonly topicArn: string;
  /** Account for which a service speaks. @default - the topic's own */
  readonly sourceAccount?: string;
  /** ARN for which a service speaks: of the alarm, the rule, the bucket. @default - none is said */
  readonly sourceArn?: string;
}

export interface Refusal {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly reason: string;
}

export interface UnusedGrant {
  readonly role: string;
  readonly action: string;
}

/** What the platform does in a role's name outside of the workers' calls: it cannot be seen here, so it is not called unused. */
const OF_THE_PLATFORM = [
  'logs:*', 'xray:*', 'ecr:*', 'ec2:*NetworkInterface*', 'ec2:Describe*', 'ec2:*PrivateIpAddresses', 'events:*', 'iam:PassRole', 'ssmmessages:*', 'cloudwatch:PutMetricData',
];

/** What differs in each call and would make every decision a new one. */
const OF_THE_MOMENT = ['aws:CurrentTime', 'aws:EpochTime'];

/** Decides calls by the synthesized policies, as AWS would, and keeps book of what was asked for and what was refused. */
export class Authorizer {
  readonly #roles: Roles;
  readonly #resourcePolicies: ResourcePolicies;
  readonly #decided = new Map<string, Permission>();
  readonly #allowed = new Map<string, Question>();
  readonly #refused = new Map<string, Refusal>();

  constructor(private readonly resolver: Resolver) {
    // Its absence is said before anything starts.
    loadSimulator();
    this.#roles = new Roles(resolver);
    this.#resourcePolicies = new ResourcePolicies(resolver);
  }

  /** @throws AssemblyError for a role whose policies cannot be known */
  authorize({ action, resource, principal, context = {} }: PermissionRequest): Permission {
    if (principal === undefined) return { allow: true };
    const lasting = Object.entries(context).filter(([name]) => !OF_THE_MOMENT.includes(name));
    const key = JSON.stringify([principal, action, resource, lasting]);
    const before = this.#decided.get(key);
    if (before) return before;
    const role = this.#roles.get(principal);
    const question = this.#question(role, action, resource, context);
    const answer = simulate(question);
    const decision: Permission = answer === 'Allowed' ? { allow: true } : { allow: false, reason: this.#reason(role, question, answer) };
    this.#decided.set(key, decision);
    if (decision.allow) this.#allowed.set(key, question);
    else this.#refused.set(key, { role: role.path, action, resource, reason: decision.reason });
    return decision;
  }

  /** Whether any role of the assembly may do this, without a record of the question. */
  grantsSomebody(action: string, resource: string): boolean {
    return this.#roles.known().some((role) => simulate(this.#question(role, action, resource, {})) === 'Allowed');
  }

  /**
   * Whether a message would arrive: the policies of sender, topic or queue, and its key together, without a record of the question.
   *
   * @throws AssemblyError for a topic, queue or role that no stack makes
   */
  mayPublish({ principal, topicArn, ...source }: Message): Permission {
    const { keyArn, foreign } = destinationKey(this.resolver, topicArn);
    // AWS's own key for SNS lets no service in, and what another one's policy says is not known here.
    if (foreign !== undefined) return { allow: false, reason: `${topicArn} is encrypted with ${foreign}, which no stack of the assembly makes` };
    const guarded = (arn: string) => ({ arn, policy: this.#resourcePolicies.of(arn) });
    return mayPublish({
      ...source, principal: isService(principal) ? principal : this.#roles.get(principal),
      topic: guarded(topicArn), ...keyArn === undefined ? {} : { key: guarded(keyArn) },
    });
  }

  refusals(): Refusal[] {
    return [...this.#refused.values()];
  }

  /**
   * Actions that a role is allowed and never asked for, a pattern being one action. Only roles that made a call: of the others a
   * rehearsal knows nothing.
   */
  unusedGrants(): UnusedGrant[] {
    const questions = [...this.#allowed.values()];
    return [...new Set(questions.map(({ principal }) => principal))].flatMap((principal) => {
      const role = this.#roles.get(principal);
      const own = questions.filter((question) => question.principal === principal);
      const granted = role.policies.flatMap(({ document }) => statementsOf(document)).filter(({ Effect }) => Effect === 'Allow');
      const unused = granted.flatMap((statement) => actionsOf(statement).filter((action) =>
        !OF_THE_PLATFORM.some((pattern) => actionMatches(pattern, action)) && !own.some((question) => uses(question, statement, action))));
      return [...new Set(unused)].map((action) => ({ role: role.path, action }));
    });
  }

  #question(role: LocalRole, action: string, resource: string, context: Record<string, string | string[]>): Question {
    const account = this.resolver.account;
    return {
      principal: role.arn, action, resource, account: /^arn:aws:[^:]*:[^:]*:(\d{12})/.exec(resource)?.[1] ?? account,
      context: {
        'aws:PrincipalArn': role.arn,
        'aws:PrincipalAccount': account,
        'aws:PrincipalType': 'AssumedRole',
        'aws:PrincipalIsAWSService': 'false',
        'aws:ViaAWSService': 'false',
        'aws:ResourceAccount': account,
        'aws:RequestedRegion': this.resolver.region,
        // The endpoint speaks plain HTTP on loopback; the SDK speaks TLS to AWS unless told otherwise.
        'aws:SecureTransport': 'true',
        ...context,
      },
      identityPolicies: role.policies, boundaries: role.boundaries,
      resourcePolicy: this.#resourcePolicies.of(resource),
    };
  }

  #reason(role: LocalRole, question: Question, answer: Answer): string {
    const what = `${role.path} may not ${question.action} on ${question.resource}`;
    if (answer === 'ImplicitlyDenied') {
      const outside = question.boundaries.length > 0 && simulate({ ...question, boundaries: [] }) === 'Allowed';
      return `${what}: ${outside ? 'its permissions boundary does not allow it' : 'no policy allows it'}`;
    }
    return `${what}: ${denialOf(question)}`;
  }
}

function isService(principal: Message['principal']): principal is PublishingService {
  return !principal.startsWith('arn:');
}

/** Whether an allowed call rests on this action of this statement. */
function uses(question: Question, statement: PolicyStatement, action: string): boolean {
  if (!actionMatches(action, question.action)) return false;
  const alone: NamedPolicy = { name: 'one', document: { Version: '2012-10-17', Statement: [{ ...statement, Action: action }] } };
  // A key trusts its account by its own policy, so that policy stays.
  return simulate({ ...question, boundaries: [], identityPolicies: [alone] }) === 'Allowed';
}
