import { GetObjectCommand } from '@aws-sdk/client-s3';
import { storeError } from '../store-errors';
import { changedError, type VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';

/** One version of a small JSON document; undefined for what is no JSON. */
export async function readStoredDocument(store: StoreReaderOptions, { key, versionId }: VersionName): Promise<unknown> {
  const { client, bucket, signal } = store;
  let text: string;
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }), { abortSignal: signal });
    text = await answer.Body!.transformToString('utf8');
  } catch (error) {
    throw changedError(error, key) ?? storeError(error, `read ${key}`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
