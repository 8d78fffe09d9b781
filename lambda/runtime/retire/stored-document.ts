import { GetObjectCommand } from '@aws-sdk/client-s3';
import { storeError } from '../store-errors';
import type { VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';

export interface StoredDocument {
  /** Undefined for what is no JSON. */
  readonly value: unknown;
  /** A legal hold lies on it, as far as the headers say. */
  readonly held: boolean;
}

/** One version of a small JSON document. */
export async function readStoredDocument(store: StoreReaderOptions, { key, versionId }: VersionName): Promise<StoredDocument> {
  const { client, bucket, signal } = store;
  let text: string;
  let held: boolean;
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }), { abortSignal: signal });
    held = answer.ObjectLockLegalHoldStatus === 'ON';
    text = await answer.Body!.transformToString('utf8');
  } catch (error) {
    throw storeError(error, `read ${key}`);
  }
  try {
    return { held, value: JSON.parse(text) as unknown };
  } catch {
    return { held, value: undefined };
  }
}
