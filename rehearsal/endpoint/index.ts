import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Gate, type Settings } from './exchange';
import { BlobFolder } from './s3/blobs';
import { assertBucketName, bucketHandlers } from './s3/buckets';
import { copyHandlers } from './s3/copy';
import { listHandlers } from './s3/lists';
import { lockHandlers } from './s3/locks';
import { multipartHandlers } from './s3/multipart';
import { objectHandlers } from './s3/objects';
import { S3Service } from './s3/service';
import { Bucket, S3State, type BucketSettings, type ObjectVersion } from './s3/state';
import { tagHandlers } from './s3/tags';
import { Front } from './server';
import { ecsService, statesService, TaskBook } from './services/compute';
import { stsService } from './services/identity';
import { KeyRing, kmsService, type KeySeed } from './services/kms';
import { logsService, type LogBook } from './services/logs';
import { cloudWatchService, snsService, type TopicKeys } from './services/messages';
import { SecretBook, secretsService, type SecretSeed } from './services/secrets';
import type { Service } from './services/service';
import type { ApiCall, Credentials, EndpointOptions, MetricDatum, PublishedMessage } from './types';

export { ApiError } from './errors';
export type * from './types';
export type { KeySeed } from './services/kms';
export type { SecretSeed } from './services/secrets';

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
}

/** What a test or report wants to know of stored data without a signed request. */
export interface S3Direct {
  /** Names in order. */
  buckets(): string[];
  /** Makes the bucket, or brings one that an earlier start left behind to these settings. */
  createBucket(seed: BucketSeed): void;
  /** Keys with a current version, in S3's order. */
  keys(bucket: string, prefix?: string): string[];
  /** All versions and delete markers of a key, newest first. */
  versions(bucket: string, key: string): readonly ObjectVersion[];
  /** Bytes of a version, the current one by default. @throws Error where there is none */
  read(bucket: string, key: string, versionId?: string): Promise<Buffer>;
  /** Uploads that were neither completed nor aborted. */
  uploads(bucket: string): { key: string; uploadId: string }[];
  /** Files that hold a version's bytes, so that a test can damage what is stored. */
  files(bucket: string, key: string, versionId?: string): string[];
}

export interface Endpoint {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly port: number;
  /** Every permission asked for, in order, with the decision and the status of the answer. */
  readonly calls: readonly ApiCall[];
  readonly messages: readonly PublishedMessage[];
  readonly metrics: readonly MetricDatum[];
  readonly logs: LogBook;
  readonly s3: S3Direct;
  readonly tasks: TaskBook;
  /** @returns the ARN */
  seedSecret(arnOrName: string, value: string | Buffer | object, options?: SecretSeed): string;
  /** @returns the ARN */
  seedKey(idOrArn: string, options?: KeySeed): string;
  /** Says that a topic is encrypted, so that publishing to it needs its key. */
  seedTopic(topicArn: string, options: { kmsKeyArn: string }): void;
  /** Further credentials, such as those of a role a worker runs with. */
  addCredentials(accessKeyId: string, credentials: Credentials): void;
  /** Ends all connections; what is stored stays in the directory. */
  close(): Promise<void>;
}

/**
 * Starts the local AWS endpoint on 127.0.0.1.
 * @throws Error when the port is taken, or the directory cannot be written or is another endpoint's
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  mkdirSync(options.directory, { recursive: true });
  const settings: Settings = {
    directory: options.directory, region: options.region ?? 'us-east-1', account: options.account ?? '000000000000',
    now: options.now ?? (() => new Date()), signingClock: options.signingClock ?? (() => new Date()),
    handlers: options.handlers ?? {}, authorize: options.authorize, faults: options.faults, onAnswered: options.onAnswered,
  };
  const credentials = new Map<string, Credentials>(Object.entries(options.credentials ?? { test: { secretAccessKey: 'test' } }));
  const state = new S3State(options.directory);
  const blobs = new BlobFolder(options.directory);
  await blobs.sweep(state.files());
  const gate = new Gate(settings, options.rememberedCalls);
  const keys = new KeyRing(settings);
  const secrets = new SecretBook(settings);
  const messages: PublishedMessage[] = [];
  const metrics: MetricDatum[] = [];
  const topicKeys: TopicKeys = new Map();
  const logs: LogBook = new Map();
  const tasks = new TaskBook();
  const s3 = new S3Service({ settings, gate, state, blobs, keys }, {
    ...bucketHandlers, ...objectHandlers, ...copyHandlers, ...multipartHandlers, ...listHandlers, ...lockHandlers, ...tagHandlers,
  });
  const list: Service[] = [
    kmsService(keys), secretsService(secrets, keys), snsService(messages, topicKeys), cloudWatchService(metrics), logsService(logs),
    stsService(credentials), ecsService(tasks), statesService(),
  ];
  const front = new Front({ settings, gate, credentials, s3, blobs, services: new Map(list.map((service) => [service.name, service])) });
  for (const { settings: { encryption } } of state.buckets.values()) if (encryption.keyArn) keys.seed(encryption.keyArn);

  const { server } = front;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  }).catch((error: unknown) => {
    state.close();
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`, port, calls: gate.calls, messages, metrics, logs, tasks,
    s3: directAccess(settings, state, blobs, keys),
    seedSecret: (arnOrName, value, seed) => secrets.seed(arnOrName, value, seed),
    seedKey: (idOrArn, seed) => keys.seed(idOrArn, seed),
    seedTopic: (topicArn, { kmsKeyArn }) => void topicKeys.set(topicArn, keys.arnOf(kmsKeyArn)),
    addCredentials: (accessKeyId, given) => void credentials.set(accessKeyId, given),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await front.settled();
      state.close();
    },
  };
}

function directAccess(settings: Settings, state: S3State, blobs: BlobFolder, keys: KeyRing): S3Direct {
  const find = (bucket: string, key: string, versionId?: string): ObjectVersion => {
    const held = state.buckets.get(bucket);
    const version = versionId ? held?.versions.get(key)?.find((one) => one.versionId === versionId) : held?.current(key);
    if (!version || version.deleteMarker) throw new Error(`no object s3://${bucket}/${key}${versionId ? ` version ${versionId}` : ''}`);
    return version;
  };
  return {
    createBucket: (seed) => {
      assertBucketName(seed.name);
      if (seed.kmsKeyArn && !keys.has(seed.kmsKeyArn)) keys.seed(seed.kmsKeyArn);
      const known = state.buckets.get(seed.name);
      const next: BucketSettings = {
        name: seed.name, created: known?.settings.created ?? settings.now().getTime(),
        versioning: seed.versioning || seed.objectLock ? 'Enabled' : '',
        objectLock: seed.objectLock ?? false, defaultRetention: seed.defaultRetention, documents: known?.settings.documents ?? {},
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
    versions: (bucket, key) => state.buckets.get(bucket)?.versions.get(key) ?? [],
    read: async (bucket, key, versionId) => {
      const version = find(bucket, key, versionId);
      const chunks: Buffer[] = [];
      for await (const chunk of blobs.read(version.segments, 0, version.size - 1)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    uploads: (bucket) => [...state.uploads.values()].filter((upload) => upload.bucket === bucket)
      .map(({ key, uploadId }) => ({ key, uploadId })),
    files: (bucket, key, versionId) => find(bucket, key, versionId).segments.map((segment) => blobs.path(segment.file)),
  };
}
