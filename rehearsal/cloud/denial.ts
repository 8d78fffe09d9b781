import { type NamedPolicy, type PolicyStatement, statementsOf } from './policy-document';
import { type Question, simulate } from './simulate';

const EVERYTHING: NamedPolicy = { name: 'everything', document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } };

/** Which statement refuses what was asked, such as `Store/Bucket/Policy denies it (OnlyOnce)`. */
export function denialOf(question: Question): string {
  const policies = [...question.identityPolicies, ...question.boundaries, ...question.resourcePolicy ? [question.resourcePolicy] : []];
  const denying = policies.flatMap((policy) => statementsOf(policy.document).map((statement, index) => ({ policy, statement, index })))
    .find(({ policy, statement }) => statement.Effect === 'Deny' && denies(question, policy, statement));
  return denying ? `${denying.policy.name} denies it (${denying.statement.Sid ?? `statement ${denying.index + 1}`})` : 'a policy denies it';
}

function denies(question: Question, policy: NamedPolicy, statement: PolicyStatement): boolean {
  const alone: NamedPolicy = { name: policy.name, document: { Version: '2012-10-17', Statement: [statement] } };
  const ofResource = statement.Principal !== undefined || statement.NotPrincipal !== undefined;
  return simulate({
    ...question, boundaries: [],
    identityPolicies: ofResource ? [EVERYTHING] : [EVERYTHING, alone], resourcePolicy: ofResource ? alone : undefined,
  }) === 'ExplicitlyDenied';
}
