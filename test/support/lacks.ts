import { ToolsMissingError } from '../../rehearsal/servers/servers-error';

/** Skips the test that runs, with the reason in its name (`test/environment.ts`). */
export function lacks(reason: string): never {
  throw new ToolsMissingError(reason, 'Bring it, and the test runs.');
}
