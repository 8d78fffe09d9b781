import type { DeclaredAlarm, DeclaredWatching } from '../../lib/contract/watching';
import { parseAlarmMark } from '../../lib/contract/notification';
import { SentinelRequest } from '../../lib/contract/sentinel-request';
import type { ProtectionId } from '../../lib/contract/object-keys';
import { AssemblyError, type FoundPolicy, type FoundProtection, type Resolver } from '../assembly';
import { functionOf, type LocalFunction } from '../cloud/local-cloud';
import type { Alarm } from './alarm';
import { type MuteRule, mutesOf } from './mute-rules';
import { alarmsOf } from './read-alarms';

/** One protection of the policy that is rehearsed. */
export interface WatchedProtection {
  readonly id: ProtectionId;
  readonly protection: FoundProtection;
  readonly bucket: string;
  readonly schedule: { readonly expression: string; readonly timeZone: string };
  /** ARN of its schedule in EventBridge Scheduler. */
  readonly scheduleArn: string;
  readonly machineArn: string;
  readonly rtoSeconds: number;
}

/** A sentinel, as its schedule calls it: the first region's, or a small one in a replica's. */
export interface WatchingSentinel {
  readonly target: LocalFunction;
  readonly region: string;
  readonly request: Record<string, unknown>;
  readonly schedule: { readonly expression: string; readonly timeZone: string };
}

/** A policy with who watches it, resolved. */
export interface World {
  readonly resolver: Resolver;
  readonly policy: FoundPolicy;
  readonly watching: DeclaredWatching;
  /** The first region's first. */
  readonly sentinels: readonly WatchingSentinel[];
  readonly request: SentinelRequest;
  readonly retire: LocalFunction;
  readonly retireRequest: Record<string, unknown>;
  readonly notify: LocalFunction | undefined;
  readonly protections: readonly WatchedProtection[];
  /** Alarms of the policy's own stacks. */
  readonly alarms: readonly Alarm[];
  /** When they tell nobody. */
  readonly mutes: readonly MuteRule[];
  readonly declared: ReadonlyMap<string, DeclaredAlarm>;
  readonly region: string;
}

/** What the schedule of a function hands to it: only the stack that has it knows the whole. */
function inputOf(resolver: Resolver, functionArn: string): Record<string, unknown> | undefined {
  for (const schedule of resolver.resourcesOf('AWS::Scheduler::Schedule')) {
    const { Arn, Input } = (resolver.property(schedule, 'Target') ?? {}) as { Arn?: string; Input?: string };
    if (Arn === functionArn && Input !== undefined) return JSON.parse(Input) as Record<string, unknown>;
  }
  return undefined;
}

/** @throws AssemblyError for a policy that declares no watching, AlarmError for an alarm that cannot be evaluated */
export function worldOf(resolver: Resolver, policy: FoundPolicy): World {
  const { stack, declared, protections } = policy;
  const { watching, environment, application } = declared;
  if (!watching) {
    throw new AssemblyError(`${declared.path} declares no watching.`, 'Synthesize the app with this release of cdk-backup-policy.');
  }
  const resolved = <T>(value: T, what: string): T => resolver.resolve(stack, value, `${declared.path} ${what}`) as T;
  const request = SentinelRequest.parse(resolved(watching.sentinel.request, 'sentinel'));
  const region = stack.region ?? resolver.region;
  const alarms = alarmsOf(resolver).filter(({ path, description }) => {
    const mark = parseAlarmMark(description);
    return path.startsWith(`${declared.path}/`) || (mark?.application === application && mark.environment === environment);
  });
  const byLogicalId = new Map(watching.alarms.map((alarm) => [`${alarm.region ?? region} ${alarm.logicalId}`, alarm]));
  return {
    resolver, policy, watching, request, region, alarms, mutes: mutesOf(resolver),
    sentinels: [{ ...watching.sentinel, region }, ...watching.replicaSentinels].map((one) => {
      const target = functionOf(resolver, String(resolved(one.function, 'sentinel')));
      return { target, region: one.region, schedule: one.schedule, request: inputOf(resolver, target.arn) ?? resolved(one.request, 'sentinel') };
    }),
    retire: functionOf(resolver, String(resolved(declared.retirement.function, 'retirement'))),
    retireRequest: resolved(declared.retirement.request, 'retirement') as unknown as Record<string, unknown>,
    notify: watching.notify && functionOf(resolver, String(resolved(watching.notify.function, 'notify'))),
    declared: new Map(alarms.flatMap((alarm) => {
      const found = byLogicalId.get(`${alarm.region} ${alarm.logicalId}`);
      return found ? [[alarm.arn, found] as const] : [];
    })),
    protections: protections.map((protection) => {
      const watched = request.protections.find((one) => one.protection === protection.declared.id);
      const runs = watched?.runs;
      if (!watched || !runs) throw new AssemblyError(`The sentinel of ${declared.path} does not watch ${protection.declared.id}.`, 'Synthesize the app again.');
      return {
        protection, id: { environment, application, protection: protection.declared.id }, bucket: protection.bucket,
        schedule: protection.declared.schedule, machineArn: runs.stateMachine, rtoSeconds: watched.objectives.rtoSeconds,
        scheduleArn: `arn:aws:scheduler:${region}:${resolver.account}:schedule/${runs.scheduleGroup}/${runs.scheduleName}`,
      };
    }),
  };
}
