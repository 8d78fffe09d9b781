import type { MetricKey } from '../../../lib/contract/metrics';
import type { Note } from '../../../lib/model/watch/watched';
import { messageOf } from '../errors';

/** What is not as declared, each with the gauge that it moves by one. */
export type Drift = Note & { readonly metric: MetricKey };

/**
 * Asks one thing. What does not answer, or refuses, is no good news: it is said, and moves the gauge that it would have been about.
 *
 * @param what of which nobody knows now, such as `the lock of the store`
 */
export async function ask(
  signal: AbortSignal, metric: MetricKey, what: string, about: string, question: () => Promise<readonly Drift[]>,
): Promise<readonly Drift[]> {
  try {
    return await question();
  } catch (error) {
    signal.throwIfAborted();
    return [{ metric, about, text: `Nobody can say how ${what} is: ${(error as Error).name}: ${messageOf(error)}` }];
  }
}
