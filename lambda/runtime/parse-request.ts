import type { z } from 'zod';
import { ContractError, CONTRACT_VERSION, NewerContractError } from '../../lib/contract/common';
import { RefusedError } from './errors';

/** What a state machine asked a worker for. @throws RefusedError for one of a newer release and for what is of no known form */
export function parseWorkerRequest<T>(what: string, schema: z.ZodType<T>, event: unknown): T {
  const version = (event as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > CONTRACT_VERSION) {
    throw new RefusedError('REQUEST_NEWER', `${new NewerContractError(`the ${what} request`, version).message}.`, 'Deploy the stack again: worker and state machine are of different releases.');
  }
  const parsed = schema.safeParse(event);
  if (!parsed.success) {
    throw new RefusedError('REQUEST_INVALID', `${new ContractError(`The ${what} request`, parsed.error).message}.`, 'Deploy the stack again; if it repeats, report it.');
  }
  return parsed.data;
}
