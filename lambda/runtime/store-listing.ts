import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { storeError } from './store-errors';
import type { StoreReaderOptions } from './store-reader';

/** One version of an object, or a delete marker. */
export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly deleteMarker: boolean;
  /** S3's own clock; of a multipart upload, when it began. */
  readonly lastModified: Date;
  readonly sizeBytes: number;
}

/**
 * Every version and delete marker under a prefix, by key, the newest of a key first: what was deleted is seen too.
 *
 * @param after a key, there or not: only what comes after it is listed
 */
export async function* listVersions(store: StoreReaderOptions, prefix: string, after?: string): AsyncGenerator<StoredVersion> {
  for await (const page of pages(store, prefix, undefined, after)) {
    const all = [
      ...(page.Versions ?? []).map((version) => versionOf(version, false, version.Size ?? 0)),
      ...(page.DeleteMarkers ?? []).map((marker) => versionOf(marker, true, 0)),
    ];
    // S3 sends the two lists apart, and a page ends where it ends in the order of both.
    yield* all.sort(inOrder);
  }
}

/** The first version of each key, in the order of the keys: of what is written once, whatever lies over it was not ours. */
export async function listOriginals(store: StoreReaderOptions, prefix: string, after?: string): Promise<StoredVersion[]> {
  const originals = new Map<string, StoredVersion>();
  for await (const version of listVersions(store, prefix, after)) if (!version.deleteMarker) originals.set(version.key, version);
  return [...originals.values()];
}

/** By key, the newest version of a key first. */
function inOrder(a: StoredVersion, b: StoredVersion): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return Number(b.isLatest) - Number(a.isLatest) || b.lastModified.getTime() - a.lastModified.getTime();
}

export interface Folders {
  readonly folders: string[];
  readonly keys: string[];
}

/** Names of the folders right under a prefix that ends with a slash, and the keys that lie beside them. */
export async function listFolders(store: StoreReaderOptions, prefix: string): Promise<Folders> {
  const folders: string[] = [];
  const keys: string[] = [];
  for await (const page of pages(store, prefix, '/')) {
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) folders.push(Prefix.slice(prefix.length, -1));
    for (const { Key = '' } of page.Versions ?? []) keys.push(Key);
  }
  return { folders, keys: [...new Set(keys)] };
}

async function* pages(
  { client, bucket, signal }: StoreReaderOptions, prefix: string, delimiter: string | undefined, after?: string,
): AsyncGenerator<ListObjectVersionsCommandOutput> {
  let page: ListObjectVersionsCommandOutput | undefined;
  do {
    signal.throwIfAborted();
    try {
      page = await client.send(
        new ListObjectVersionsCommand({
          Bucket: bucket, Prefix: prefix, Delimiter: delimiter,
          KeyMarker: page ? page.NextKeyMarker : after, VersionIdMarker: page?.NextVersionIdMarker,
        }),
        { abortSignal: signal },
      );
    } catch (error) {
      throw storeError(error, `list ${prefix}`);
    }
    yield page;
  } while (page.IsTruncated);
}

interface Listed {
  readonly Key?: string;
  readonly VersionId?: string;
  readonly IsLatest?: boolean;
  readonly LastModified?: Date;
}

function versionOf({ Key = '', VersionId = 'null', IsLatest = false, LastModified = new Date(0) }: Listed, deleteMarker: boolean, sizeBytes: number): StoredVersion {
  return { key: Key, versionId: VersionId, isLatest: IsLatest, deleteMarker, lastModified: LastModified, sizeBytes };
}
