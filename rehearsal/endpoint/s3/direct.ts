import { randomBytes } from 'node:crypto';
import { assertBucketName } from './buckets';
import type { Lifecycle } from './lifecycle/rules';
import { assertLifecycle } from './lifecycle/validate';
import { standardRetention } from './locks';
import type { Replication } from './replication/rules';
import type { S3Services } from './service';
import { Bucket, type BucketSettings, type ObjectVersion } from './state';
import { versionIdFor } from './write';

export interface BucketSeed {
  name: string;
  /** @default false, but true with `objectLock` */
  versioning?: boolean;
  objectLock?: boolean;
  defaultRetention?: BucketSettings['defaultRetention'];
  /** Objects are then encrypted with it unless a write says otherwise; the key is seeded if it is not there. @default SSE-S3 */
  kmsKeyArn?: string;
  /** @default true where there is a key */
  bucketKey?: boolean;
  /** @default the endpoint's */
  region?: string;
  lifecycle?: Lifecycle;
  /** JSON; kept and given back, not acted on. */
  policy?: string;
  /** Its destination need not be there yet. */
  replication?: Replication;
  /** Whether objects under a customer's own key (SSE-C) are refused. @default false */
  blocksCustomerKeys?: boolean;
}

/** What a test or report wants to know of stored data without a signed request. */
export interface S3Direct {
  /** Names in order. */
  buckets(): string[];
  /** Makes the bucket, or brings one that an earlier start left behind to these settings. */
  createBucket(seed: BucketSeed): void;
  /** Keys with a current version, in S3's order. */
  keys(bucket: string, prefix?: string): string[];
  /** Keys with any version left, hidden ones too. */
  allKeys(bucket: string, prefix?: string): string[];
  /** All versions and delete markers of a key, newest first. */
  versions(bucket: string, key: string): readonly ObjectVersion[];
  /** Bytes of a version, the current one by default. @throws Error where there is none */
  read(bucket: string, key: string, versionId?: string): Promise<Buffer>;
  /**
   * Stores the current version of a key once more under another, now, as a write would: with the bucket's own lock, and replicated.
   *
   * @param body in place of its bytes, which are shared otherwise
   * @returns the new version's id
   */
  repeat(bucket: string, key: string, as: string, body?: Buffer): Promise<string>;
  /** Uploads that were neither completed nor aborted. */
  uploads(bucket: string): { key: string; uploadId: string }[];
  /** Files that hold a version's bytes, so that a test can damage what is stored. */
  files(bucket: string, key: string, versionId?: string): string[];
}

export function directAccess({ settings, state, blobs, keys, replicator }: S3Services): S3Direct {
  const find = (bucket: string, key: string, versionId?: string): ObjectVersion => {
    const held = state.buckets.get(bucket);
    const version = versionId ? held?.versions.get(key)?.find((one) => one.versionId === versionId) : held?.current(key);
    if (!version || version.deleteMarker) throw new Error(`no object s3://${bucket}/${key}${versionId ? ` version ${versionId}` : ''}`);
    return version;
  };
  const writeBlob = async (body: Buffer): Promise<Pick<ObjectVersion, 'segments' | 'size' | 'checksum'>> => {
    const writer = await blobs.writer(['SHA256']);
    await writer.write(body);
    const { segment, sums } = await writer.finish();
    return { segments: [segment], size: segment.size, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: sums.get('SHA256')! } };
  };
  return {
    createBucket: (seed) => {
      assertBucketName(seed.name);
      if (seed.lifecycle) assertLifecycle(seed.lifecycle.rules);
      if (seed.kmsKeyArn && !keys.has(seed.kmsKeyArn)) keys.seed(seed.kmsKeyArn);
      const known = state.buckets.get(seed.name);
      const next: BucketSettings = {
        name: seed.name, region: seed.region ?? known?.settings.region, created: known?.settings.created ?? settings.now().getTime(),
        versioning: seed.versioning || seed.objectLock ? 'Enabled' : '',
        objectLock: seed.objectLock ?? false, defaultRetention: seed.defaultRetention,
        documents: { ...known?.settings.documents, ...seed.policy === undefined ? {} : { policy: seed.policy } },
        lifecycle: seed.lifecycle ?? known?.settings.lifecycle, replication: seed.replication ?? known?.settings.replication,
        blocksCustomerKeys: seed.blocksCustomerKeys ?? false,
        encryption: seed.kmsKeyArn ? {
          algorithm: 'aws:kms', keyArn: keys.arnOf(seed.kmsKeyArn), bucketKey: seed.bucketKey ?? true,
        } : { algorithm: 'AES256' },
      };
      if (known) Object.assign(known.settings, next);
      state.saveBucket(known ?? new Bucket(next));
    },
    buckets: () => [...state.buckets.keys()].sort(),
    keys: (bucket, prefix = '') => {
      const held = state.buckets.get(bucket);
      return held ? held.keys.list.filter((key) => key.startsWith(prefix) && held.current(key)) : [];
    },
    allKeys: (bucket, prefix = '') => (state.buckets.get(bucket)?.keys.list ?? []).filter((key) => key.startsWith(prefix)),
    versions: (bucket, key) => state.buckets.get(bucket)?.versions.get(key) ?? [],
    read: async (bucket, key, versionId) => {
      const version = find(bucket, key, versionId);
      const chunks: Buffer[] = [];
      for await (const chunk of blobs.read(version.segments, 0, version.size - 1)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    repeat: async (bucket, key, as, body) => {
      const held = state.buckets.get(bucket)!;
      const from = find(bucket, key);
      const written = body && await writeBlob(body);
      const lastModified = settings.now().getTime();
      const version: ObjectVersion = {
        ...from, versionId: versionIdFor(held), lastModified, tags: {}, legalHold: undefined, replication: undefined,
        retention: standardRetention(held, lastModified),
        ...(written ? { ...written, etag: randomBytes(16).toString('hex'), parts: undefined } : { segments: await blobs.share(from.segments) }),
      };
      replicator.noteVersion(held, as, version);
      state.saveVersions(held, as, [version, ...held.versions.get(as) ?? []]);
      return version.versionId;
    },
    uploads: (bucket) => [...state.uploads.values()].filter((upload) => upload.bucket === bucket)
      .map(({ key, uploadId }) => ({ key, uploadId })),
    files: (bucket, key, versionId) => find(bucket, key, versionId).segments.map((segment) => blobs.path(segment.file)),
  };
}
