import {
  ASSUMED_LOG_BYTES, ASSUMED_OBJECTS, ASSUMED_ROUND_SECONDS,
  ASSUMED_SENTINEL_LOG_BYTES, ASSUMED_SENTINEL_REQUESTS, ASSUMED_SENTINEL_SECONDS, BILLED_GB, MONTH_HOURS,
  type CostFacts, type CostGroup, type CostLine, type CostProtection, type CostReplica, type CostRetirement, type WorkerSize,
} from './cost-facts';
import { ROUND_BYTES, ROUND_SECONDS } from './scrub';
import { priceOf, STORAGE_CLASSES, type PriceKey } from './prices';

/** Pieces of a multipart upload are of this size or larger (lambda/runtime/multipart-upload.ts). */
const PIECE_BYTES = 8 * 2 ** 20;

/** S3's limit of pieces of one upload (S3 User Guide, "Amazon S3 multipart upload limits"). */
const MAXIMUM_PIECES = 10_000;

/** Manifest and verdict. */
const DOCUMENTS = 2;

/** Lambda's /tmp and Fargate's disk up to here cost nothing. */
const FREE_LAMBDA_MEBIBYTES = 512;
const FREE_FARGATE_GIBIBYTES = 20;

/** The shortest that Fargate charges. */
const FARGATE_MINIMUM_SECONDS = 60;

/** Manifest, verdict and tags. */
const READ_A_COPY = 3;

/** Secrets that a run reads: the connection, its certificate, by two workers. */
const SECRETS_READ = 4;

/** What a round of the scrub reads at the least. */
const READ_AGAIN_BYTES_A_SECOND = ROUND_BYTES / ROUND_SECONDS;

/** Key versions that KMS charges: the key and its first two rotations (AWS KMS pricing, "Key storage"). */
const KEY_VERSIONS = 3;

/**
 * Of each rule: latency, pending bytes, pending and failed operations (S3 User Guide, "Monitoring replication with metrics, event
 * notifications, and statuses").
 */
const REPLICATION_METRICS = 4;

interface LineProps {
  readonly group: CostGroup;
  readonly protection?: string;
  readonly what: string;
  readonly quantity: number;
}

function line(key: PriceKey, region: string | undefined, { group, protection, what, quantity }: LineProps): CostLine[] {
  if (!(quantity > 0)) return [];
  const price = priceOf(key, region);
  return [{
    group, ...(protection === undefined ? {} : { protection }), what, quantity, unit: price.unit, unitPrice: price.usd,
    usd: quantity * price.usd, source: price.source, region: price.region,
    ...(region === undefined || price.region === region ? {} : { standIn: true }),
  }];
}

/** What copies of a size cost to write, to read once, to keep and to move. */
export function copyLines(region: string | undefined, one: CostProtection, bytes: number): CostLine[] {
  const { stored } = one;
  const objects = one.copyObjects ?? ASSUMED_OBJECTS;
  const written = writesOf(bytes, objects);
  const read = objects + DOCUMENTS;
  const of = (group: CostGroup, what: string, quantity: number): LineProps => ({ group, protection: one.id, what, quantity });
  return [
    ...storageLines(region, one, bytes, 'storage', ''),
    ...line('write.STANDARD', region, of('requests', 'requests that write', stored.runsAMonth * written)),
    ...line('read.STANDARD', region, of('requests', 'requests that read', stored.runsAMonth * read)),
    ...STORAGE_CLASSES.flatMap((name) => line(`write.${name}`, region, of('requests', `moves to ${name}`, stored.moves[name] * objects))),
    ...line('key-request', region, of('keys', 'requests to the key', stored.runsAMonth * (objects + DOCUMENTS + read))),
  ];
}

/** The same copies in another region, and the way there. */
export function replicaLines(region: string | undefined, replica: CostReplica, one: CostProtection, bytes: number): CostLine[] {
  const { stored } = one;
  const objects = (one.copyObjects ?? ASSUMED_OBJECTS) + DOCUMENTS;
  const place = replica.region ?? 'another region';
  const gigabytes = stored.runsAMonth * bytes / BILLED_GB;
  const of = (what: string, quantity: number): LineProps => ({ group: 'replication', protection: one.id, what: `${what}, ${place}`, quantity });
  return [
    ...line('transfer', region, of('transfer', gigabytes)),
    ...line('replication-time-control', region, of('replication time control', replica.timeControl ? gigabytes : 0)),
    ...storageLines(replica.region, one, bytes, 'replication', `, ${place}`),
    ...line('write.STANDARD', replica.region, of('requests that write', stored.runsAMonth * objects)),
    ...STORAGE_CLASSES.flatMap((name) => line(`write.${name}`, replica.region, of(`moves to ${name}`, stored.moves[name] * objects))),
    ...line('key-request', replica.region, of('requests to the key', stored.runsAMonth * objects * 2)),
  ];
}

/** A worker's runs of so many seconds each. */
export function computeLines(
  region: string | undefined, one: CostProtection, purpose: 'dump' | 'verify', size: WorkerSize, seconds: number,
): CostLine[] {
  return workerLines(region, { purpose, protection: one.id, size, runs: one.stored.runsAMonth, seconds });
}

interface WorkerRuns {
  readonly purpose: string;
  readonly protection?: string;
  readonly size: WorkerSize;
  readonly runs: number;
  readonly seconds: number;
}

function workerLines(region: string | undefined, { purpose, protection, size, runs, seconds }: WorkerRuns): CostLine[] {
  const of = (what: string, quantity: number): LineProps => ({ group: 'compute', protection, what: `${what}, ${purpose}`, quantity });
  if (size.platform === 'lambda') {
    const disk = Math.max(0, size.ephemeralMebibytes - FREE_LAMBDA_MEBIBYTES) / 1024;
    return [
      ...line(`lambda.${size.architecture}`, region, of('Lambda', runs * seconds * size.memoryMebibytes / 1024)),
      ...line('lambda-storage', region, of('Lambda /tmp', runs * seconds * disk)),
      ...line('lambda-request', region, of('Lambda requests', runs)),
    ];
  }
  const hours = runs * (seconds > 0 ? Math.max(seconds, FARGATE_MINIMUM_SECONDS) : 0) / 3600;
  return [
    ...line(`fargate-cpu.${size.architecture}`, region, of('Fargate CPU', hours * size.cpuUnits / 1024)),
    ...line(`fargate-memory.${size.architecture}`, region, of('Fargate memory', hours * size.memoryMebibytes / 1024)),
    ...line('fargate-storage', region, of('Fargate disk', hours * Math.max(0, size.ephemeralGibibytes - FREE_FARGATE_GIBIBYTES))),
  ];
}

/** What starts and leads a run, whatever its size. */
export function orchestrationLines(region: string | undefined, one: CostProtection): CostLine[] {
  const runs = one.stored.runsAMonth;
  const of = (group: CostGroup, what: string, quantity: number): LineProps => ({ group, protection: one.id, what, quantity });
  return [
    ...line('state-transition', region, of('orchestration', 'state transitions', runs * one.transitions)),
    ...line('scheduler', region, of('orchestration', 'scheduled starts', runs)),
    ...line('secret-request', region, of('orchestration', 'secrets read', runs * SECRETS_READ)),
    ...line('logs', region, of('watching', 'logs', runs * ASSUMED_LOG_BYTES / BILLED_GB)),
    ...line('metric', region, of('watching', 'metrics of runs', one.runMetrics * Math.min(1, runs / MONTH_HOURS))),
  ];
}

/** The rounds of retirement: each reads manifest, verdict and tags of every copy that is stored. */
export function retirementLines(facts: CostFacts): CostLine[] {
  return facts.retirement ? roundLines('retirement', facts.retirement, READ_A_COPY, facts) : [];
}

/**
 * The rounds that lengthen locks: each reads the lock of every copy too, and at times of each object of a kept one, to write it anew. S3
 * charges `PutObjectRetention` as a PUT and `GetObjectRetention` as a GET (Amazon S3 pricing, "Requests & data retrievals").
 */
export function extensionLines(facts: CostFacts): CostLine[] {
  const { region, extension, protections } = facts;
  if (!extension) return [];
  const rounds = MONTH_HOURS / 24 / Math.max(extension.daysBetween, MONTH_HOURS / 24 / extension.roundsAMonth);
  const objects = protections.map(({ stored, copyObjects = ASSUMED_OBJECTS }) => stored.kept * (copyObjects + DOCUMENTS));
  const lengthened = rounds * objects.reduce((sum, one) => sum + one, 0);
  const of = (what: string): LineProps => ({ group: 'requests', what: `${what}, lock extension`, quantity: lengthened });
  return [
    ...roundLines('lock extension', extension, READ_A_COPY + 1, facts),
    ...line('write.STANDARD', region, of('requests that lengthen a lock')),
    ...line('read.STANDARD', region, of('requests that read the lock of an object')),
  ];
}

/** The rounds that read stored copies again: manifest and records of every copy, and once in the period each object of it. */
export function scrubLines(facts: CostFacts): CostLine[] {
  const { region, scrub, protections } = facts;
  if (!scrub) return [];
  const turns = MONTH_HOURS / 24 / scrub.periodDays;
  const stored = (of: (one: CostProtection) => number): number =>
    protections.reduce((sum, one) => sum + (one.stored.kept + one.stored.released) * of(one), 0);
  const objects = turns * stored(({ copyObjects = ASSUMED_OBJECTS }) => copyObjects + DOCUMENTS);
  const seconds = turns * stored(({ copyBytes = 0 }) => copyBytes) / READ_AGAIN_BYTES_A_SECOND;
  const of = (group: CostGroup, what: string, quantity: number): LineProps => ({ group, what: `${what}, scrub`, quantity });
  return [
    ...roundLines('scrub', scrub, 1, facts),
    ...scrub.size ? line(`lambda.${scrub.size.architecture}`, region, of('compute', 'Lambda that reads', seconds * scrub.size.memoryMebibytes / 1024)) : [],
    ...line('read.STANDARD', region, of('requests', 'requests that read stored objects again', objects)),
    ...line('key-request', region, of('keys', 'requests to the key for stored objects', objects)),
  ];
}

function roundLines(purpose: string, round: CostRetirement, readACopy: number, { region, protections }: CostFacts): CostLine[] {
  const { size, roundsAMonth, transitions, metrics } = round;
  const read = roundsAMonth * readACopy * protections.reduce((sum, { stored }) => sum + stored.kept + stored.released, 0);
  const of = (group: CostGroup, what: string, quantity: number): LineProps => ({ group, what: `${what}, ${purpose}`, quantity });
  return [
    ...size ? workerLines(region, { purpose, size, runs: roundsAMonth, seconds: ASSUMED_ROUND_SECONDS }) : [],
    ...line('read.STANDARD', region, of('requests', 'requests that read', read)),
    ...line('key-request', region, of('keys', 'requests to the key', read)),
    ...line('state-transition', region, of('orchestration', 'state transitions', roundsAMonth * transitions)),
    ...line('scheduler', region, of('orchestration', 'scheduled starts', roundsAMonth)),
    ...line('logs', region, of('watching', 'logs', roundsAMonth * ASSUMED_LOG_BYTES / BILLED_GB)),
    ...line('metric', region, of('watching', 'metrics', metrics * Math.min(1, roundsAMonth / MONTH_HOURS))),
  ];
}

/** The rounds of the sentinel: of each protection it asks for the same, however many copies there are. */
export function sentinelLines({ region, sentinel, protections }: CostFacts): CostLine[] {
  if (!sentinel) return [];
  const { size, roundsAMonth: runs } = sentinel;
  const looks = runs * protections.length;
  const of = (group: CostGroup, what: string, quantity: number): LineProps => ({ group, what: `${what}, sentinel`, quantity });
  return [
    ...size ? workerLines(region, { purpose: 'sentinel', size, runs, seconds: ASSUMED_SENTINEL_SECONDS }) : [],
    ...line('write.STANDARD', region, of('requests', 'requests that list', looks * ASSUMED_SENTINEL_REQUESTS.list)),
    ...line('read.STANDARD', region, of('requests', 'requests that read', looks * ASSUMED_SENTINEL_REQUESTS.read)),
    ...line('key-request', region, of('keys', 'requests to the key', looks * ASSUMED_SENTINEL_REQUESTS.read)),
    ...line('scheduler', region, of('orchestration', 'scheduled starts', runs)),
    ...line('logs', region, of('watching', 'logs', looks * ASSUMED_SENTINEL_LOG_BYTES / BILLED_GB)),
  ];
}

/** What a policy's protections share. */
export function watchingLines(facts: CostFacts): CostLine[] {
  const { region, replicas, protections, keys, alarms, compositeAlarms, dashboards, gauges, secrets, endpoints } = facts;
  return [
    ...line('key', region, { group: 'keys', what: 'keys', quantity: keys * KEY_VERSIONS }),
    ...replicas.flatMap((replica) => [
      ...line('key', replica.region, { group: 'replication', what: `keys, ${replica.region ?? 'another region'}`, quantity: replica.keys * KEY_VERSIONS }),
      ...line('metric', replica.region, {
        group: 'replication', what: `replication metrics, ${replica.region ?? 'another region'}`, quantity: protections.length > 0 ? REPLICATION_METRICS : 0,
      }),
    ]),
    ...line('metric', region, { group: 'watching', what: 'gauges', quantity: gauges }),
    ...line('alarm', region, { group: 'watching', what: 'alarms', quantity: alarms }),
    ...line('composite-alarm', region, { group: 'watching', what: 'composite alarms', quantity: compositeAlarms }),
    ...line('dashboard', region, { group: 'watching', what: 'dashboards', quantity: dashboards }),
    ...line('secret', region, { group: 'watching', what: 'secrets', quantity: secrets }),
    ...line('endpoint', region, { group: 'network', what: 'interface endpoints', quantity: endpoints * MONTH_HOURS }),
  ];
}

function storageLines(
  region: string | undefined, one: CostProtection, bytes: number, group: CostGroup, suffix: string,
): CostLine[] {
  const gigabytes = bytes / BILLED_GB;
  const of = (what: string, copies: number): LineProps => ({ group, protection: one.id, what, quantity: copies * gigabytes });
  return STORAGE_CLASSES.flatMap((name) => [
    ...line(`storage.${name}`, region, of(`storage, ${name}${suffix}`, one.stored.byClass[name])),
    ...line(`storage.${name}`, region, of(`gone before the minimum days, ${name}${suffix}`, one.stored.goneButPaid[name])),
  ]);
}

/** Each object begins, ends and has its pieces, or is one request; an upper bound. */
function writesOf(bytes: number, objects: number): number {
  const pieces = Math.min(Math.ceil(bytes / PIECE_BYTES), MAXIMUM_PIECES * objects);
  return objects + DOCUMENTS + (pieces > objects ? pieces + objects : 0);
}
