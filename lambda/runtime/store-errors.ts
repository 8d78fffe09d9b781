import { RefusedError, RunError, TransientError, messageOf } from './errors';

interface ServiceError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function statusOf(error: unknown): number | undefined {
  return (error as ServiceError | undefined)?.$metadata?.httpStatusCode;
}

/** 412: the key is taken (`If-None-Match: *`). */
export function isPreconditionFailed(error: unknown): boolean {
  return (error as ServiceError | undefined)?.name === 'PreconditionFailed' || statusOf(error) === 412;
}

export function isNotFound(error: unknown): boolean {
  const name = (error as ServiceError | undefined)?.name;
  return name === 'NoSuchKey' || name === 'NotFound' || name === 'NoSuchVersion' || statusOf(error) === 404;
}

/** What the SDK threw after its own retries, as one of ours. Typed errors and aborts pass through. */
export function storeError(error: unknown, doing: string): Error {
  if (error instanceof RunError || (error as Error | undefined)?.name === 'AbortError') return error as Error;
  const status = statusOf(error);
  const name = (error as ServiceError | undefined)?.name ?? 'Error';
  if (status === 403) {
    return new RefusedError(
      'STORE_REFUSED',
      `The store refused to ${doing}: ${messageOf(error)}.`,
      "Compare the worker's role, the bucket policy and the key policy with what the stack declares.",
      { cause: error },
    );
  }
  if (status === 404 && name === 'NoSuchBucket') {
    return new RefusedError('STORE_MISSING', `The store's bucket does not exist (while trying to ${doing}).`, 'Deploy the stack again.', {
      cause: error,
    });
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429 && name !== 'NoSuchUpload') {
    return new RefusedError('STORE_BAD_REQUEST', `The store answered ${status} ${name} to ${doing}: ${messageOf(error)}.`, 'Report it with this message.', {
      cause: error,
    });
  }
  return new TransientError('STORE_UNAVAILABLE', `The store could not ${doing}: ${name} ${messageOf(error)}.`, 'It is tried again by itself.', {
    cause: error,
  });
}
