import type { Subscription } from '../endpoint';
import { AlarmError } from './alarm';

/**
 * Whether a subscription gets a message with these attributes (SNS Developer Guide, "Amazon SNS subscription filter policies"): every
 * attribute that the policy names, or field of the body where that is its scope, must have one of the values there.
 *
 * @throws AlarmError for a form of filter that is not evaluated here
 */
export function accepts(subscription: Subscription, attributes: Readonly<Record<string, string>>, message: string): boolean {
  const { confirmed, filterPolicy, filterPolicyScope = 'MessageAttributes' } = subscription;
  if (!confirmed) return false;
  if (filterPolicy === undefined) return true;
  if (filterPolicyScope === 'MessageAttributes') return passes(filterPolicy, attributes);
  const body = bodyOf(message);
  return body !== undefined && passes(filterPolicy, body);
}

/** Every name in it, and one of each `$or`. */
function passes(filterPolicy: object, values: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(filterPolicy).every(([name, conditions]) => {
    if (!Array.isArray(conditions)) throw new AlarmError(`the filter policy of ${name} is not evaluated here`);
    if (name === '$or') return conditions.some((one) => passes(one as object, values));
    const value = values[name];
    return conditions.some((condition) => holds(condition, typeof value === 'string' ? value : undefined));
  });
}

/** What is no JSON object is filtered out (SNS Developer Guide, "Message filtering"). */
function bodyOf(message: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const body = JSON.parse(message) as unknown;
    return typeof body === 'object' && body !== null ? body as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

function holds(condition: unknown, value: string | undefined): boolean {
  if (typeof condition === 'string') return value === condition;
  const [[operator, operand]] = Object.entries(condition as Record<string, unknown>);
  switch (operator) {
    case 'exists': return (value !== undefined) === operand;
    case 'prefix': return value?.startsWith(String(operand)) ?? false;
    case 'anything-but': return value !== undefined && !([operand].flat() as unknown[]).includes(value);
    default: throw new AlarmError(`the filter ${operator} is not evaluated here`);
  }
}
