import type { Subscription } from '../endpoint';
import { AlarmError } from './alarm';

/**
 * Whether a subscription gets a message with these attributes (SNS Developer Guide, "Amazon SNS subscription filter policies"): every
 * attribute that the policy names must have one of the values there.
 *
 * @throws AlarmError for a form of filter that is not evaluated here
 */
export function accepts(subscription: Subscription, attributes: Readonly<Record<string, string>>): boolean {
  const { confirmed, filterPolicy, filterPolicyScope = 'MessageAttributes' } = subscription;
  if (!confirmed) return false;
  if (filterPolicy === undefined) return true;
  if (filterPolicyScope !== 'MessageAttributes') throw new AlarmError(`a filter policy of scope ${filterPolicyScope} is not evaluated here`);
  return Object.entries(filterPolicy).every(([name, conditions]) => {
    if (!Array.isArray(conditions)) throw new AlarmError(`the filter policy of ${name} is not evaluated here`);
    return conditions.some((condition) => holds(condition, attributes[name]));
  });
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
