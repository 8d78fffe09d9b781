import { GetObjectCommand } from '@aws-sdk/client-s3';
import { parseManifest, type Manifest } from '../../../lib/contract/manifest';
import type { ProtectionId } from '../../../lib/contract/object-keys';
import { parseVerdict } from '../../../lib/contract/verdict';
import type { Outcome } from '../../../lib/model/copy';
import { messageOf } from '../errors';
import { storeError } from '../store-errors';
import { changedError, type VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';

/** What a round needs of a manifest. */
export interface ReadManifest extends Pick<Manifest, 'runId' | 'attempt' | 'parts' | 'totals'> {
  /** In seconds since 1970. */
  readonly recoveryPoint: number;
  /** By the worker's clock, in seconds since 1970. */
  readonly finishedAt: number;
}

export interface ReadVerdict {
  readonly attempt: string;
  readonly outcome: Exclude<Outcome, 'unverified'>;
  /** Scratch and restore; absent where nothing was restored. */
  readonly restoreSeconds?: number;
  /** From its beginning to its verdict. */
  readonly tookSeconds: number;
}

/** A document of the store, or why it is none. */
export type Read<T> = ({ readonly value: T } | { readonly problem: string }) & {
  /** S3 says that it could not replicate it. */
  readonly notReplicated: boolean;
};

/** Documents that a warm worker keeps: a version never changes. */
const KEPT = 2_000;
const kept = new Map<string, Read<unknown>>();

/** The manifest of a run, by version. @throws RunError when the store does not answer */
export function readManifest(
  store: StoreReaderOptions, id: ProtectionId, runId: string, version: VersionName,
): Promise<Read<ReadManifest>> {
  return read(store, version, (value) => {
    const { environment, application, protection, ...manifest } = parseManifest(value);
    const [found, asked] = [{ environment, application, protection, runId: manifest.runId }, { ...id, runId }].map(nameOf);
    if (found !== asked) throw new Error(`it speaks of ${found}`);
    const { attempt, parts, totals, recoveryPoint, finishedAt } = manifest;
    return { runId, attempt, parts, totals, recoveryPoint: Date.parse(recoveryPoint) / 1000, finishedAt: Date.parse(finishedAt) / 1000 };
  });
}

/** A verdict, by version. @throws RunError when the store does not answer */
export function readVerdict(store: StoreReaderOptions, version: VersionName): Promise<Read<ReadVerdict>> {
  return read(store, version, (value) => {
    const { attempt, outcome, seconds } = parseVerdict(value);
    const restore = seconds.scratch + seconds.restore;
    const restored = outcome === 'proven' || outcome === 'proven-except' || outcome === 'not-proven' && restore > 0;
    return { attempt, outcome, tookSeconds: seconds.total, ...restored ? { restoreSeconds: restore } : {} };
  });
}

async function read<T>(store: StoreReaderOptions, { key, versionId }: VersionName, parse: (value: unknown) => T): Promise<Read<T>> {
  const name = `${store.bucket} ${key} ${versionId}`;
  const known = kept.get(name);
  if (known) return known as Read<T>;
  const { text, status } = await get(store, { key, versionId });
  const notReplicated = status === 'FAILED';
  let result: Read<T>;
  try {
    result = { value: parse(JSON.parse(text)), notReplicated };
  } catch (error) {
    result = { problem: messageOf(error), notReplicated };
  }
  // What is on its way may still fail, and what failed may be sent again.
  if (status !== 'PENDING' && status !== 'FAILED') {
    if (kept.size >= KEPT) kept.clear();
    kept.set(name, result);
  }
  return result;
}

async function get(
  { client, bucket, signal }: StoreReaderOptions, { key, versionId }: VersionName,
): Promise<{ readonly text: string; readonly status?: string }> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }), { abortSignal: signal });
    return { text: await answer.Body!.transformToString('utf8'), status: answer.ReplicationStatus };
  } catch (error) {
    throw changedError(error, key) ?? storeError(error, `read ${key}`);
  }
}

function nameOf({ environment, application, protection, runId }: ProtectionId & { readonly runId: string }): string {
  return `${environment}/${application}/${protection}/${runId}`;
}
