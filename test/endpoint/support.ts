import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { startEndpoint, type Endpoint, type EndpointOptions } from '../../rehearsal/endpoint';

export const KEYS = { accessKeyId: 'test', secretAccessKey: 'test' };

export interface Started {
  endpoint: Endpoint;
  directory: string;
  s3: S3Client;
  /** Settings of any SDK client. */
  client: { endpoint: string; region: string; credentials: typeof KEYS; maxAttempts: number };
  stop(): Promise<void>;
}

/** An endpoint on a fresh folder, with one versioned bucket `store` and one without versions, `plain`. */
export async function start(options: Partial<EndpointOptions> = {}, s3Options: S3ClientConfig = {}): Promise<Started> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'endpoint-'));
  const endpoint = await startEndpoint({ ...options, directory });
  endpoint.s3.createBucket({ name: 'store', versioning: true });
  endpoint.s3.createBucket({ name: 'plain' });
  const client = { endpoint: endpoint.url, region: 'us-east-1', credentials: KEYS, maxAttempts: 1 };
  const s3 = new S3Client({ ...client, ...s3Options });
  return {
    endpoint, directory, s3, client,
    stop: async () => {
      s3.destroy();
      await endpoint.close();
      if (!options.directory) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Name and HTTP status of the error a call ends in; fails the test when it does not. */
export async function refusal(work: Promise<unknown>): Promise<{ name: string; status: number | undefined; message: string }> {
  try {
    await work;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('the call was not refused');
}
