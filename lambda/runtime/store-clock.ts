import type { S3Client } from '@aws-sdk/client-s3';

/**
 * The store's own clock: how far it is ahead of this machine's, in milliseconds, by the `Date` of its newest answer; undefined before the
 * first one.
 */
export function watchClock(client: S3Client): () => number | undefined {
  let ahead: number | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = (result.response ?? {}) as { headers?: Record<string, string> };
      const answered = Date.parse(headers?.date ?? '');
      if (!Number.isNaN(answered)) ahead = answered - Date.now();
      return result;
    },
    { step: 'deserialize', name: 'watchClock', priority: 'low' },
  );
  return () => ahead;
}
