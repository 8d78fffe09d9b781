import { OutOfTimeError } from './errors';
import type { InvocationContext } from './invocation';

/** Kept free at the end for the abort of uploads and the end of servers. */
const CLOSING_MILLISECONDS = 10_000;

export interface Deadline {
  readonly signal: AbortSignal;
  /** Forgets the timer. */
  end(): void;
}

/** A signal that ends a worker, typed, before its platform would: by its own limit, the platform's, or the platform's wish. */
export function startDeadline(verb: string, timeoutSeconds: number, context: InvocationContext): Deadline {
  const deadline = new AbortController();
  const remaining = context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
  const allowed = Math.max(1_000, Math.min(timeoutSeconds * 1000, remaining) - CLOSING_MILLISECONDS);
  const timer = setTimeout(() => {
    deadline.abort(
      new OutOfTimeError(
        'OUT_OF_TIME',
        `The ${verb} did not end within ${Math.round(allowed / 1000)} s.`,
        'Give it more time or memory; what does not fit in 15 minutes belongs on Compute.fargate().',
      ),
    );
  }, allowed);
  timer.unref();
  return {
    signal: context.signal ? AbortSignal.any([deadline.signal, context.signal]) : deadline.signal,
    end: () => clearTimeout(timer),
  };
}
