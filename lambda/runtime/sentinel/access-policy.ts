import type { MetricKey } from '../../../lib/contract/metrics';
import type { Drift } from './asked';

type Fields = Readonly<Record<string, unknown>>;

interface PolicySaid {
  readonly metric: MetricKey;
  /** Bucket or key. */
  readonly about: string;
  /** Such as `The bucket policy`. */
  readonly what: string;
}

interface Statement {
  readonly name: string | undefined;
  readonly text: string;
}

/**
 * A resource policy in force against the declared one, statement by statement; order, form and names of the statements say nothing.
 *
 * @param found JSON; undefined where there is no policy at all
 * @throws SyntaxError for text that is no JSON
 */
export function policyDrift(declared: Fields, found: string | undefined, { metric, about, what }: PolicySaid): Drift[] {
  const say = (text: string): Drift => ({ metric, about, text });
  if (found === undefined) return [say(`${what} is gone: nothing is refused any more.`)];
  const wanted = statementsOf(declared);
  const inForce = statementsOf(JSON.parse(found) as Fields);
  const missing = wanted.filter((one) => !inForce.some(({ text }) => text === one.text));
  const strange = inForce.filter((one) => !wanted.some(({ text }) => text === one.text));
  const changed = missing.filter(({ name }) => name !== undefined && strange.some((one) => one.name === name)).map(({ name }) => name);
  return [
    ...missing.map(({ name }) => say(changed.includes(name)
      ? `${what} says ${name} otherwise than declared.` : `${what} has no ${name ?? 'statement without a name that was declared'} any more.`)),
    ...strange.filter(({ name }) => !changed.includes(name)).map(({ name }) => say(`${what} has ${name ?? 'a statement without a name'}, which nobody declared.`)),
  ];
}

function statementsOf({ Statement = [] }: Fields): Statement[] {
  return listOf(Statement).map((statement) => {
    const { Sid, ...fields } = statement as Fields;
    return { name: typeof Sid === 'string' && Sid !== '' ? Sid : undefined, text: statementText(fields) };
  });
}

/** One text for whatever IAM takes for the same (IAM User Guide, "IAM JSON policy elements reference"). */
function statementText(statement: Fields): string {
  const { Condition = {}, ...fields } = statement;
  const parts = Object.entries(fields).map(([element, value]): [string, unknown] => {
    if (element === 'Principal' || element === 'NotPrincipal') return [element, principalOf(value)];
    return [element, element === 'Action' || element === 'NotAction' ? sorted(value, (one) => one.toLowerCase()) : sorted(value)];
  });
  const conditions = Object.entries(Condition as Fields).map(([operator, keys]): [string, unknown] => (
    [operator, ordered(Object.entries(keys as Fields).map(([key, value]) => [key.toLowerCase(), sorted(value)]))]));
  return JSON.stringify(ordered([...parts, ['Condition', ordered(conditions)]]));
}

/** `*` is anybody, in either of its forms, and an account is its root user, by number or ARN. */
function principalOf(value: unknown): unknown {
  const kinds = typeof value === 'string' ? { AWS: value } : value as Fields;
  const account = (one: string): string => /^arn:[^:]+:iam::(\d{12}):root$/.exec(one)?.[1] ?? one;
  return ordered(Object.entries(kinds).map(([kind, names]) => [kind, sorted(names, account)]));
}

function ordered(entries: readonly (readonly [string, unknown])[]): unknown {
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** A single value is a list of it, numbers and truths are text, and none counts twice. */
function sorted(value: unknown, form: (one: string) => string = (one) => one): string[] {
  return [...new Set(listOf(value).map((one) => form(String(one))))].sort();
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
