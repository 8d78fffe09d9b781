import { GetObjectLegalHoldCommand, GetObjectTaggingCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { formatRetireMark, parseRetireMark, RETIRE_TAG, type RetireMark } from '../../lib/contract/retire-mark';
import { concurrently } from './concurrently';
import { TransientError } from './errors';
import { isNotFound, storeError } from './store-errors';
import type { StoreReaderOptions } from './store-reader';

/** Names one version of an object. */
export interface VersionName {
  readonly key: string;
  readonly versionId: string;
}

const AT_ONCE = 16;

/** A version that was listed a moment ago and is there no more: a lifecycle rule came between, and the next look is without it. */
export function changedError(error: unknown, key: string): TransientError | undefined {
  if (!isNotFound(error) || (error as Error).name === 'NoSuchBucket') return undefined;
  return new TransientError('STORE_CHANGED', `${key} was listed and is not there any more.`, 'It is tried again by itself.', { cause: error });
}

export async function readMark({ client, bucket, signal }: StoreReaderOptions, { key, versionId }: VersionName): Promise<RetireMark> {
  try {
    const command = new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId });
    const { TagSet } = await client.send(command, { abortSignal: signal });
    return parseRetireMark(TagSet?.find((tag) => tag.Key === RETIRE_TAG)?.Value);
  } catch (error) {
    throw changedError(error, key) ?? storeError(error, `read the tags of ${key}`);
  }
}

/** No object of the store bears another tag: the bucket lets nobody else write one. */
export async function writeMark(store: StoreReaderOptions, { key, versionId }: VersionName, mark: RetireMark): Promise<void> {
  const { client, bucket, signal } = store;
  const value = formatRetireMark(mark);
  try {
    await client.send(
      new PutObjectTaggingCommand({
        Bucket: bucket, Key: key, VersionId: versionId, Tagging: { TagSet: value === undefined ? [] : [{ Key: RETIRE_TAG, Value: value }] },
      }),
      { abortSignal: signal },
    );
  } catch (error) {
    throw changedError(error, key) ?? storeError(error, `tag ${key}`);
  }
}

export async function writeMarks(store: StoreReaderOptions, versions: AsyncIterable<VersionName>, mark: RetireMark): Promise<void> {
  await concurrently(versions, AT_ONCE, (version) => writeMark(store, version, mark));
}

/** Asked for itself: in the headers of an object a hold that may not be read looks like none. */
export async function isHeld({ client, bucket, signal }: StoreReaderOptions, { key, versionId }: VersionName): Promise<boolean> {
  try {
    const command = new GetObjectLegalHoldCommand({ Bucket: bucket, Key: key, VersionId: versionId });
    const { LegalHold } = await client.send(command, { abortSignal: signal });
    return LegalHold?.Status === 'ON';
  } catch (error) {
    // The object never had one, or its bucket has no Object Lock.
    const { name, message } = error as Error;
    if (/^(NoSuchObjectLockConfiguration|ObjectLockConfigurationNotFoundError)$/.test(name)) return false;
    if (name === 'InvalidRequest' && /missing object lock configuration/i.test(message)) return false;
    throw changedError(error, key) ?? storeError(error, `read the legal hold of ${key}`);
  }
}
