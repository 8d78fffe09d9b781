import { ALARM_KINDS } from '../../lib/contract/alarm-kinds';
import { type MetricDefinition, metricsBy } from '../../lib/contract/metrics';
import type {
  Architecture, CostExtension, CostFacts, CostProtection, CostRetirement, CostScrub, CostSentinel, CostWorker, WorkerSize,
} from '../../lib/model/cost-facts';
import { storedCopies } from '../../lib/model/cost-copies';
import { secondsBetweenExtensions } from '../../lib/model/lock-extension';
import { STORAGE_CLASSES, type StorageClass } from '../../lib/model/prices';
import { parseExpression, slotsBetween } from '../../lib/model/schedule';
import type { FoundPolicy, FoundProtection, Resolver } from '../assembly';
import type { LocalResource } from '../assembly/resolver';
import { machineOf } from '../cloud/local-cloud';
import { type Definition, statesOf } from '../machine/definition';
import type { KnownFigures } from './known-figures';

/** Schedules are counted over so many days. */
const YEAR_DAYS = 365;

export interface CostFactsProps {
  readonly resolver: Resolver;
  readonly policy: FoundPolicy;
  readonly figures: (protection: FoundProtection) => KnownFigures;
  /** Any instant: figures of a year from it are taken. */
  readonly now: Date;
}

/** What the synthesized templates show of a policy, and what is known of its copies. */
export function costFactsOf({ resolver, policy, figures, now }: CostFactsProps): CostFacts {
  const { path } = policy.declared;
  const buckets = storeBuckets(resolver, policy);
  const stacks = new Set([policy.stack, ...buckets.map(({ stack }) => stack)]);
  // A replica is its store's child too, in a stack of its own.
  const own = (type: string): LocalResource[] => within(resolver, type, [path, ...buckets.map(storePath)])
    .filter(({ stack }) => stacks.has(stack));
  const { store, watching } = policy.declared;
  // A replica's stack is not looked into; an alarm there that a pause silences reads two metrics.
  const elsewhere = (watching?.alarms ?? []).filter(({ region }) => region !== undefined)
    .reduce((sum, { kind }) => sum + (ALARM_KINDS[kind].paused ? 2 : 1), 0);
  const protections = policy.protections.map((protection) => protectionFacts(resolver, policy, protection, figures(protection), now));
  return {
    region: policy.stack.region,
    protections,
    replicas: store.replicas.map(({ region, timeControl }) => {
      const watched = watching?.replicaSentinels.some((sentinel) => sentinel.region === region) ?? false;
      // Its copies' key, and that of what is said there.
      return { region, timeControl, keys: watched ? 2 : 1 };
    }),
    keys: own('AWS::KMS::Key').length,
    alarms: own('AWS::CloudWatch::Alarm').reduce((sum, alarm) => sum + metricsRead(resolver, alarm), elsewhere),
    compositeAlarms: own('AWS::CloudWatch::CompositeAlarm').length,
    dashboards: own('AWS::CloudWatch::Dashboard').length,
    gauges: gaugesOf(policy),
    sentinel: sentinelOf(resolver, policy, now),
    retirement: retirementOf(resolver, policy, now),
    extension: extensionOf(resolver, policy, now),
    scrub: scrubOf(resolver, policy, now),
    secrets: own('AWS::SecretsManager::Secret').length,
    endpoints: endpointZones(resolver, policy),
    notSeen: [
      ...own('AWS::Scheduler::ScheduleGroup').length > 0 ? []
        : ['keys, alarms, dashboards and secrets: the template names no construct paths (synthesize with path metadata)'],
      ...policy.protections.some(({ replicaDrills }) => replicaDrills.length > 0)
        ? ['drills from a replica: a person starts them, and each costs what the computing of a verification costs there'] : [],
      ...store.transitions.filter(({ storageClass }) => !isStorageClass(storageClass))
        .map(({ storageClass }) => `what ${storageClass} saves: copies are counted in the class they were in before`),
    ],
  };
}

function isStorageClass(name: string): name is StorageClass {
  return (STORAGE_CLASSES as readonly string[]).includes(name);
}

function protectionFacts(
  resolver: Resolver, policy: FoundPolicy, { declared, stateMachineArn }: FoundProtection, known: KnownFigures, now: Date,
): CostProtection {
  const { store } = policy.declared;
  const schedule = parseExpression(declared.schedule.expression, declared.schedule.timeZone);
  const { rules, timeZone, minimumVerified } = declared.retention;
  const { copyBytes, copyBytesBy, copyObjects, secondsBy } = known;
  return {
    id: declared.id, copyBytes, copyBytesBy, copyObjects, secondsBy,
    stored: storedCopies({
      slots: (from, to) => slotsBetween(schedule, from, to),
      from: Math.floor(now.getTime() / 86_400_000) * 86_400,
      rules, timeZone, minimumVerified,
      graceSeconds: store.graceSeconds,
      lockSeconds: declared.run.store.lock?.retentionSeconds ?? 0,
      transitions: store.transitions
        .flatMap(({ afterDays, storageClass }) => (isStorageClass(storageClass) ? [{ afterDays, storageClass }] : [])),
    }),
    dump: worker(resolver, `${declared.path}/Dump`, known.dumpSeconds),
    verify: worker(resolver, `${declared.path}/Verify`, known.verifySeconds),
    transitions: transitionsOf(resolver, stateMachineArn),
    runMetrics: metricsBy('run', 'protection').length,
  };
}

/** An alarm of metric math is paid for each metric in it. */
function metricsRead(resolver: Resolver, alarm: LocalResource): number {
  const queries = resolver.property(alarm, 'Metrics');
  return Array.isArray(queries) ? queries.filter((query: { MetricStat?: unknown }) => query.MetricStat !== undefined).length : 1;
}

/** Values that the sentinels write in each of their rounds. */
function gaugesOf({ declared: { watching } }: FoundPolicy): number {
  if (!watching) return 0;
  const requests = [watching.sentinel.request, ...watching.replicaSentinels.map(({ request }) => request)];
  const ofProtections = requests.flatMap(({ protections }) => protections.flatMap(({ gauges }) => gauges));
  const ofPolicies = requests.map(({ gauges }) => (gauges ?? metricsBy('sentinel', 'policy')).length);
  return ofProtections.length + ofPolicies.reduce((sum, count) => sum + count, 0);
}

/** All of a policy together: the small ones in the replicas' regions are as large, and ask for no more. */
function sentinelOf(resolver: Resolver, { declared: { path, watching } }: FoundPolicy, now: Date): CostSentinel | undefined {
  if (!watching) return undefined;
  const from = Math.floor(now.getTime() / 1000);
  const rounds = [watching.sentinel, ...watching.replicaSentinels]
    .map(({ schedule: { expression, timeZone } }) => slotsBetween(parseExpression(expression, timeZone), from, from + 86_400).length);
  return {
    size: worker(resolver, `${path}/Watch/Sentinel`, undefined)?.size,
    roundsAMonth: rounds.reduce((sum, count) => sum + count, 0) * YEAR_DAYS / 12,
  };
}

function retirementOf(resolver: Resolver, policy: FoundPolicy, now: Date): CostRetirement {
  return roundOf(resolver, policy, { declared: policy.declared.retirement, id: 'Retire', by: 'retire' }, now);
}

function extensionOf(resolver: Resolver, policy: FoundPolicy, now: Date): CostExtension | undefined {
  const { lockExtension: declared } = policy.declared;
  if (!declared) return undefined;
  const { store: { lock: { retentionSeconds: periodSeconds } }, rounds: { longestGapSeconds } } = declared.request;
  return {
    ...roundOf(resolver, policy, { declared, id: 'Extend', by: 'extend' }, now),
    daysBetween: secondsBetweenExtensions({ periodSeconds, longestGapSeconds }) / 86_400,
  };
}

function scrubOf(resolver: Resolver, policy: FoundPolicy, now: Date): CostScrub | undefined {
  const { scrub: declared } = policy.declared;
  if (!declared) return undefined;
  return { ...roundOf(resolver, policy, { declared, id: 'Scrub', by: 'scrub' }, now), periodDays: declared.request.periodSeconds / 86_400 };
}

interface DeclaredRound {
  readonly declared: Pick<FoundPolicy['declared']['retirement'], 'schedule' | 'stateMachine'>;
  /** Of its construct in the policy. */
  readonly id: string;
  readonly by: MetricDefinition['by'];
}

/** Rounds over all copies send their metrics once for each protection. */
function roundOf(
  resolver: Resolver, { stack, declared: { path, protections } }: FoundPolicy, { declared, id, by }: DeclaredRound, now: Date,
): CostRetirement {
  const schedule = parseExpression(declared.schedule.expression, declared.schedule.timeZone);
  const from = Math.floor(now.getTime() / 1000);
  const machine = String(resolver.resolve(stack, declared.stateMachine, `${path} ${id}`));
  return {
    size: worker(resolver, `${path}/${id}`, undefined)?.size,
    roundsAMonth: slotsBetween(schedule, from, from + YEAR_DAYS * 86_400).length / 12,
    transitions: transitionsOf(resolver, machine),
    metrics: metricsBy(by, 'protection').length * protections.length,
  };
}

/** Every state at most once. */
function transitionsOf(resolver: Resolver, stateMachineArn: string): number {
  return statesOf(machineOf(resolver, stateMachineArn).definition as unknown as Definition).size;
}

function worker(resolver: Resolver, path: string, seconds: number | undefined): CostWorker | undefined {
  const [lambda] = within(resolver, 'AWS::Lambda::Function', [path]);
  const [task] = within(resolver, 'AWS::ECS::TaskDefinition', [path]);
  const size = lambda ? lambdaSize(resolver, lambda) : task && taskSize(resolver, task);
  return size && { size, ...(seconds === undefined ? {} : { seconds }) };
}

/** Defaults are CloudFormation's own (AWS::Lambda::Function). */
function lambdaSize(resolver: Resolver, lambda: LocalResource): WorkerSize {
  const { Size = 512 } = (resolver.property(lambda, 'EphemeralStorage') ?? {}) as { Size?: number };
  const [architecture = 'x86_64'] = (resolver.property(lambda, 'Architectures') ?? []) as Architecture[];
  return {
    platform: 'lambda', architecture, ephemeralMebibytes: Number(Size), memoryMebibytes: Number(resolver.property(lambda, 'MemorySize') ?? 128),
  };
}

/** Defaults are CloudFormation's own (AWS::ECS::TaskDefinition). */
function taskSize(resolver: Resolver, task: LocalResource): WorkerSize {
  const { SizeInGiB = 20 } = (resolver.property(task, 'EphemeralStorage') ?? {}) as { SizeInGiB?: number };
  const { CpuArchitecture } = (resolver.property(task, 'RuntimePlatform') ?? {}) as { CpuArchitecture?: string };
  return {
    platform: 'fargate', architecture: CpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64',
    cpuUnits: Number(resolver.property(task, 'Cpu') ?? 256), memoryMebibytes: Number(resolver.property(task, 'Memory') ?? 512),
    ephemeralGibibytes: Number(SizeInGiB),
  };
}

/** Buckets of the policy's stores; none of a store that another app makes. */
function storeBuckets(resolver: Resolver, { protections }: FoundPolicy): LocalResource[] {
  const names = new Set(protections.map(({ bucket }) => bucket));
  return resolver.resourcesOf('AWS::S3::Bucket').filter(({ identity }) => names.has(identity.ref));
}

/** A bucket is its store's own child: `Shop/Store/Bucket/Resource` is of `Shop/Store`. */
function storePath({ path }: LocalResource): string {
  return path.split('/').slice(0, -2).join('/');
}

function within(resolver: Resolver, type: string, paths: readonly string[]): LocalResource[] {
  const parents = paths.filter((path) => path !== '');
  return resolver.resourcesOf(type).filter(({ path }) => parents.some((parent) => path.startsWith(`${parent}/`)));
}

/** The workers' interface endpoints of the policy's stack: each is paid for in every zone. */
function endpointZones(resolver: Resolver, { stack }: FoundPolicy): number {
  return resolver.resourcesOf('AWS::EC2::VPCEndpoint')
    .filter((one) => one.stack === stack && one.path.includes('/BackupEndpoints-'))
    // As the template has them: which subnets they are need not be known.
    .map(({ logicalId }) => stack.template.Resources?.[logicalId]?.Properties ?? {})
    .filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
    .reduce((zones, { SubnetIds }) => zones + (Array.isArray(SubnetIds) ? SubnetIds.length : 1), 0);
}
