/**
 * Every failure a worker foresees. `name` is what Step Functions matches (`ErrorEquals`), `code` what a runbook is looked up by;
 * the message is one sentence that says what happened and one that says what to do. Never a secret in either.
 */
export abstract class RunError extends Error {
  abstract readonly retryable: boolean;

  constructor(
    readonly code: string,
    readonly sentence: string,
    readonly mend: string,
    options?: ErrorOptions,
  ) {
    super(`[${code}] ${sentence} ${mend}`, options);
    this.name = new.target.name;
  }
}

/** Trying again may help: the network, a throttled store, a server that restarts, a lock held by somebody. */
export class TransientError extends RunError {
  readonly retryable = true;
}

/** Trying again cannot help until a person changes something: a password, a grant, a version, a name. */
export class RefusedError extends RunError {
  readonly retryable = false;
}

/** The copy is damaged or incomplete, or the source changed under the dump in a way that spoils it. */
export class IntegrityError extends RunError {
  readonly retryable = false;
}

/** Verification came to its end, and its verdict is not good. */
export class NotProvenError extends RunError {
  readonly retryable = false;
}

/** The worker's own time is over. */
export class OutOfTimeError extends RunError {
  readonly retryable = false;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
