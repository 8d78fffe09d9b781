import type { Assertion } from '../../lib/contract/assertion';
import type { Scratch } from './engine';
import { messageOf } from './errors';

export interface AssertionResult {
  readonly name: string;
  readonly expected: string;
  readonly actual: string;
  readonly holds: boolean;
}

/** Asks the restored copy each of the policy's questions. One that fails to run does not hold; the others are still asked. */
export async function checkAssertions(scratch: Scratch, assertions: readonly Assertion[]): Promise<AssertionResult[]> {
  const results: AssertionResult[] = [];
  for (const assertion of assertions) {
    const expected = expectationOf(assertion);
    try {
      const actual = await scratch.query(assertion.query, assertion.database);
      results.push({ name: assertion.name, expected, actual: actual ?? 'null', holds: holds(assertion, actual) });
    } catch (error) {
      results.push({ name: assertion.name, expected, actual: `error: ${messageOf(error)}`, holds: false });
    }
  }
  return results;
}

/** `equals` compares as text, bounds as numbers; a bound never holds for what is no number. */
export function holds({ equals, atLeast, atMost }: Assertion, actual: string | null): boolean {
  if (equals !== undefined && (equals === null ? actual !== null : actual !== textOf(equals))) return false;
  if (atLeast === undefined && atMost === undefined) return true;
  const value = actual === null || actual.trim() === '' ? Number.NaN : Number(actual);
  return !Number.isNaN(value) && value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
}

function textOf(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 't' : 'f') : String(value);
}

function expectationOf({ equals, atLeast, atMost }: Assertion): string {
  return [
    equals === undefined ? undefined : `= ${equals === null ? 'null' : String(equals)}`,
    atLeast === undefined ? undefined : `≥ ${atLeast}`,
    atMost === undefined ? undefined : `≤ ${atMost}`,
  ]
    .filter((word) => word !== undefined)
    .join(' and ');
}
