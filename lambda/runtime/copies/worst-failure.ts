import { TransientError } from '../errors';

/** Of the failures of several protections: what passes by itself is tried again; else the first, and how many there are. */
export function worstFailure(failures: readonly Error[]): Error {
  const transient = failures.find((error) => error instanceof TransientError);
  const [first] = failures;
  if (transient) return transient;
  return failures.length === 1 ? first : Object.assign(first, { message: `${first.message} ${failures.length - 1} more of its protections failed; the log has them.` });
}
