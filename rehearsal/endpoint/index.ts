import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { midnightAfter, StoreClock } from './clock';
import { Gate, type Settings } from './exchange';
import { BlobFolder } from './s3/blobs';
import { bucketHandlers } from './s3/buckets';
import { copyHandlers } from './s3/copy';
import { directAccess, type S3Direct } from './s3/direct';
import { lifecycleHandlers } from './s3/lifecycle/handlers';
import { type LifecycleEvent, LifecycleRunner } from './s3/lifecycle/run';
import { listHandlers } from './s3/lists';
import { lockHandlers } from './s3/locks';
import { multipartHandlers } from './s3/multipart';
import { objectHandlers } from './s3/objects';
import { replicationHandlers } from './s3/replication/handlers';
import { Replicator } from './s3/replication/replicator';
import { S3Service } from './s3/service';
import { S3State } from './s3/state';
import { tagHandlers } from './s3/tags';
import { Front } from './server';
import { AlarmBook } from './services/alarms';
import { ecsService, TaskBook } from './services/compute';
import { eventsService } from './services/events';
import { stsService } from './services/identity';
import { KeyRing, kmsService, type KeySeed } from './services/kms';
import { logsService, type LogBook } from './services/logs';
import { MachineBook, statesService } from './services/machines';
import { cloudWatchService, MetricBook } from './services/metrics';
import { QueueBook, sqsService } from './services/queues';
import { ScheduleBook, schedulerService } from './services/schedules';
import { SecretBook, secretsService, type SecretSeed } from './services/secrets';
import type { Service } from './services/service';
import { cloudFormationService, StackBook } from './services/stacks';
import { snsService, TopicBook } from './services/topics';
import type { ApiCall, Credentials, EndpointOptions, PublishedMessage, SentEvent } from './types';

export { ApiError } from './errors';
export type * from './types';
export type { BucketSeed, S3Direct } from './s3/direct';
export type { LifecycleEvent } from './s3/lifecycle/run';
export type { Lifecycle, LifecycleFilter, LifecycleRule } from './s3/lifecycle/rules';
export type { Replication, ReplicationRule } from './s3/replication/rules';
export type { AlarmBook, AlarmSeed } from './services/alarms';
export type { KeyRing, KeySeed, KeyState } from './services/kms';
export type { MachineBook, MachineSeed, StartedExecution } from './services/machines';
export type { MetricBook, Series } from './services/metrics';
export type { QueueBook, QueueSeed } from './services/queues';
export type { Schedule, ScheduleBook, ScheduleSeed } from './services/schedules';
export type { StackBook, StackSeed } from './services/stacks';
export type { Subscription, TopicBook, TopicSeed } from './services/topics';
export type { SecretSeed } from './services/secrets';

export interface Endpoint {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly port: number;
  /** Every permission asked for, in order, with the decision and the status of the answer. */
  readonly calls: readonly ApiCall[];
  readonly messages: readonly PublishedMessage[];
  readonly metrics: MetricBook;
  readonly alarms: AlarmBook;
  /** What was put on EventBridge's buses. */
  readonly events: readonly SentEvent[];
  readonly schedules: ScheduleBook;
  readonly queues: QueueBook;
  readonly topics: TopicBook;
  readonly machines: MachineBook;
  readonly stacks: StackBook;
  readonly keys: Pick<KeyRing, 'change'>;
  readonly logs: LogBook;
  readonly s3: S3Direct;
  /** What S3's lifecycle did, in order. */
  readonly lifecycle: readonly LifecycleEvent[];
  readonly tasks: TaskBook;
  /** The clock of everything stored. */
  now(): Date;
  /** Sets that clock, forward or back; nothing happens in between. Signatures hold by it and by the machine's. */
  setClock(instant: Date): void;
  /**
   * Lets time pass up to an instant: what is due is replicated, and lifecycle runs at each midnight UTC on the way. The clock goes on
   * meanwhile: at an instant that has just been nothing is set back.
   * @throws RangeError for an instant a second before `now`, or more
   */
  advanceTo(instant: Date): Promise<void>;
  /** Waits until everything that is due by now has been replicated. */
  replicated(): Promise<void>;
  /** Whether replication brings nothing anywhere, and what is written waits. */
  holdReplication(held: boolean): void;
  /** From now on each request to this region is answered 503, and nothing is replicated from or to it. */
  loseRegion(region: string): void;
  regainRegion(region: string): void;
  /** @returns the ARN */
  seedSecret(arnOrName: string, value: string | Buffer | object, options?: SecretSeed): string;
  /** @returns the ARN */
  seedKey(idOrArn: string, options?: KeySeed): string;
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
  const clock = new StoreClock(options.now ?? (() => new Date()));
  const settings: Settings = {
    directory: options.directory, region: options.region ?? 'us-east-1', account: options.account ?? '000000000000', lostRegions: new Set(),
    now: () => clock.now(), signingClock: options.signingClock ?? (() => new Date()),
    // A worker on the simulated clock signs by it, whoever is on this machine's by that one.
    signedBy: () => (options.signingClock ? [options.signingClock()] : [new Date(), clock.now()]),
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
  const events: SentEvent[] = [];
  const metrics = new MetricBook(settings.region);
  const alarms = new AlarmBook(settings);
  const schedules = new ScheduleBook(settings);
  const queues = new QueueBook(settings);
  const topics = new TopicBook();
  const machines = new MachineBook(settings);
  const stacks = new StackBook(settings);
  const logs: LogBook = new Map();
  const tasks = new TaskBook();
  const parts = { settings, gate, state, blobs, keys };
  const replicator = new Replicator(parts, (options.replicationSeconds ?? 0) * 1000);
  const lifecycle = new LifecycleRunner(parts);
  const services = { ...parts, replicator };
  const s3 = new S3Service(services, {
    ...bucketHandlers, ...objectHandlers, ...copyHandlers, ...multipartHandlers, ...listHandlers, ...lockHandlers, ...tagHandlers,
    ...lifecycleHandlers, ...replicationHandlers,
  });
  const list: Service[] = [
    kmsService(keys), secretsService(secrets, keys), snsService(messages, topics), sqsService(queues), cloudWatchService(metrics, alarms),
    logsService(logs), stsService(credentials), ecsService(tasks), statesService(machines), eventsService(events),
    cloudFormationService(stacks),
  ];
  const rest = [schedulerService(schedules)];
  const front = new Front({
    settings, gate, credentials, s3, blobs, services: new Map(list.map((service) => [service.name, service])),
    rest: new Map(rest.map((service) => [service.name, service])),
  });
  for (const { settings: { encryption } } of state.buckets.values()) if (encryption.keyArn) keys.seed(encryption.keyArn);

  replicator.resume();

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
    url: `http://127.0.0.1:${port}`, port, calls: gate.calls, messages, events, metrics, alarms, logs, tasks, schedules, queues, topics, machines, stacks, keys,
    s3: directAccess(services), lifecycle: lifecycle.events,
    now: settings.now,
    setClock: (instant) => clock.set(instant),
    advanceTo: async (instant) => {
      const target = instant.getTime();
      const from = settings.now().getTime();
      if (target < from - 1000) throw new RangeError(`the clock is at ${new Date(from).toISOString()}, after ${instant.toISOString()}: setClock sets it back`);
      for (let midnight = midnightAfter(from); midnight <= target; midnight = midnightAfter(midnight)) {
        await replicator.drain(midnight);
        clock.set(new Date(midnight));
        await lifecycle.run(midnight);
      }
      if (target > settings.now().getTime()) clock.set(instant);
      await replicator.drain(target);
    },
    replicated: () => replicator.drain(settings.now().getTime()),
    holdReplication: (held) => {
      replicator.held = held;
      if (!held) void replicator.drain(settings.now().getTime());
    },
    loseRegion: (region) => void settings.lostRegions.add(region),
    regainRegion: (region) => {
      settings.lostRegions.delete(region);
      void replicator.drain(settings.now().getTime());
    },
    seedSecret: (arnOrName, value, seed) => secrets.seed(arnOrName, value, seed),
    seedKey: (idOrArn, seed) => keys.seed(idOrArn, seed),
    addCredentials: (accessKeyId, given) => void credentials.set(accessKeyId, given),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await front.settled();
      await replicator.stop();
      state.close();
    },
  };
}
