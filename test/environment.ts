import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';

/** By name, for a test's errors are of another realm than this file's classes. */
const LACKS = 'ToolsMissingError';

/**
 * A test that ends in nothing but a program that this machine lacks is skipped, with the reason in its name: it has shown nothing, and
 * nothing is broken. A hook that lacks one skips the tests that it is for.
 */
export default class MachineEnvironment extends TestEnvironment {
  handleTestEvent(event: Circus.Event): void {
    if (event.name !== 'test_done') return;
    const { test } = event;
    const lacks = test.errors.map((error) => (Array.isArray(error) ? error[0] as unknown : error)).filter(isLack);
    if (lacks.length === 0 || lacks.length < test.errors.length) return;
    test.errors = [];
    test.mode = 'skip';
    test.status = 'skip';
    test.name = `${test.name} (skipped: ${lacks[0].reason})`;
  }
}

function isLack(error: unknown): error is { readonly reason: string } {
  return (error as { name?: unknown } | undefined)?.name === LACKS;
}
