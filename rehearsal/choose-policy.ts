import type { DeclaredPolicy, DeclaredProtection } from '../lib/contract/policy-metadata';
import { type Assembly, AssemblyError, declaredPolicies, type Stack } from './assembly';
import { nearest, UsageError } from './usage';

/** Which policy of the app is meant. */
export interface Choice {
  readonly app: string;
  readonly application?: string;
  readonly environment?: string;
}

export interface ChosenPolicy {
  readonly stack: Stack;
  readonly declared: DeclaredPolicy;
}

/** Options by which a policy is chosen, as `parseArgs` takes them. */
export const CHOICE_OPTIONS = {
  app: { type: 'string', default: 'cdk.out' },
  application: { type: 'string' },
  environment: { type: 'string' },
} as const;

/**
 * Every policy that is meant.
 *
 * @throws AssemblyError where the app declares none, UsageError where none is meant
 */
export function choosePolicies(assembly: Assembly, { app, application, environment }: Choice, usage: string): ChosenPolicy[] {
  const all = declaredPolicies(assembly);
  if (all.length === 0) throw new AssemblyError(`No template in ${app} declares a backup policy.`, 'Synthesize an app that has a BackupPolicy, with this release of cdk-backup-policy.');
  for (const [option, given, known] of [
    ['application', application, all.map(({ declared }) => declared.application)], ['environment', environment, all.map(({ declared }) => declared.environment)],
  ] as const) {
    const meant = given === undefined || known.includes(given) ? undefined : nearest(given, known);
    if (meant !== undefined) throw new UsageError(`--${option} ${given}: no policy is meant; did you mean ${meant}?`, usage);
  }
  const found = all.filter(({ declared }) => (application === undefined || declared.application === application)
    && (environment === undefined || declared.environment === environment));
  if (found.length === 0) throw new UsageError(`no policy is meant; there are ${namesOf(all)}: say which with --application and --environment`, usage);
  return found;
}

/** The one that is meant. @throws as `choosePolicies`, UsageError where several may be */
export function choosePolicy(assembly: Assembly, choice: Choice, usage: string): ChosenPolicy {
  const [found, ...others] = choosePolicies(assembly, choice, usage);
  if (others.length > 0) {
    throw new UsageError(`several policies may be meant; there are ${namesOf([found, ...others])}: say which with --application and --environment`, usage);
  }
  return found;
}

/** @throws UsageError for a protection that the policy does not have, naming the one that is likely meant */
export function chooseProtection({ protections }: Pick<DeclaredPolicy, 'protections'>, asked: string, usage: string): DeclaredProtection {
  const found = protections.find(({ id }) => id === asked);
  if (found) return found;
  const known = protections.map(({ id }) => id);
  const meant = nearest(asked, known);
  throw new UsageError(`there is no protection "${asked}"; ${meant ? `did you mean ${meant}?` : `the policy has ${known.join(', ') || 'none'}`}`, usage);
}

function namesOf(policies: readonly ChosenPolicy[]): string {
  return policies.map(({ declared }) => `${declared.application} (${declared.environment})`).join(', ');
}
