import { GetObjectRetentionCommand, PutObjectRetentionCommand } from '@aws-sdk/client-s3';
import { isNotFound, storeError } from '../store-errors';
import type { VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

export interface VersionLock {
  readonly mode: LockMode;
  /** In seconds since 1970. */
  readonly until: number;
}

/** A version without a lock has none; one that is not there any more has nothing that could be locked. */
export async function readLock(store: StoreReaderOptions, { key, versionId }: VersionName): Promise<VersionLock | 'none' | 'gone'> {
  const { client, bucket, signal } = store;
  try {
    const command = new GetObjectRetentionCommand({ Bucket: bucket, Key: key, VersionId: versionId });
    const { Retention } = await client.send(command, { abortSignal: signal });
    if (!Retention?.Mode || !Retention.RetainUntilDate) return 'none';
    return { mode: Retention.Mode, until: Retention.RetainUntilDate.getTime() / 1000 };
  } catch (error) {
    if ((error as Error).name === 'NoSuchObjectLockConfiguration') return 'none';
    // A delete marker was put over it by its name alone, or its version was removed.
    if (isNotFound(error) && (error as Error).name !== 'NoSuchBucket') return 'gone';
    throw storeError(error, `read the lock of ${key}`);
  }
}

/** S3 refuses what would end sooner. */
export async function writeLock(store: StoreReaderOptions, { key, versionId }: VersionName, { mode, until }: VersionLock): Promise<void> {
  const { client, bucket, signal } = store;
  try {
    const command = new PutObjectRetentionCommand({
      Bucket: bucket, Key: key, VersionId: versionId, Retention: { Mode: mode, RetainUntilDate: new Date(until * 1000) },
    });
    await client.send(command, { abortSignal: signal });
  } catch (error) {
    throw storeError(error, `lengthen the lock of ${key}`);
  }
}
