/** A service refused, or could not be reached. */
export class AwsRefusedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AwsRefusedError';
  }
}

/**
 * Asks a service, and says what was asked where it refuses.
 *
 * @param what such as `EventBridge Scheduler did not pause nightly`
 * @throws AwsRefusedError
 */
export async function asked<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    // What the SDK throws of its own accord, such as for credentials that are not there, is said too; a fault of ours is not hidden.
    if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || name === 'AbortError') throw error;
    throw new AwsRefusedError(`${what}: ${code ?? name}: ${message}`, { cause: error });
  }
}
