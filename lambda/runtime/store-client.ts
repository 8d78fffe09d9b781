import { S3Client } from '@aws-sdk/client-s3';

/**
 * The SDK's client as the workers use it: adaptive retries for a throttled store, and time limits, because a connection that hangs
 * costs a Lambda its fifteen minutes.
 */
export function createStoreClient(region: string): S3Client {
  return new S3Client({
    region,
    maxAttempts: 6,
    // What is read back is held against the manifest's SHA-256; a CRC over the same bytes would be paid twice.
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 120_000, socketTimeout: 60_000 },
  });
}
