import { PutObjectCommand } from '@aws-sdk/client-s3';
import { isPreconditionFailed, storeError } from '../store-errors';
import type { StoreReaderOptions } from '../store-reader';

/** Stores a JSON document under a key that nothing has yet. @returns false where something has it @throws RunError */
export async function writeOnce({ client, bucket, signal }: StoreReaderOptions, key: string, document: unknown): Promise<boolean> {
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket, Key: key, Body: JSON.stringify(document), ContentType: 'application/json', IfNoneMatch: '*', ChecksumAlgorithm: 'SHA256',
      }),
      { abortSignal: signal },
    );
    return true;
  } catch (error) {
    if (isPreconditionFailed(error)) return false;
    throw storeError(error, `write ${key}`);
  }
}
