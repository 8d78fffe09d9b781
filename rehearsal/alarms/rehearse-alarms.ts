import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssemblyError, findPolicies, type Resolver } from '../assembly';
import { type Progress, SILENT } from '../progress';
import { localResolver, type StageProps } from '../stage';
import type { Alarm } from './alarm';
import { type AlarmStage, openStage, type StagedProtection } from './alarm-stage';
import { type Course, coursesOf, inZone } from './course-days';
import type { Fault } from './fault';
import { FAULTS } from './faults';
import { firstRuns } from './first-runs';
import { healthyReport, type KeptStart } from './healthy-days';
import type { MasterCopy } from './master-copy';
import { ALARM_REPORT_VERSION, type AlarmReport, type FaultReport, type HealthyReport, type PolicyAlarmReport, problemsOf } from './model';
import { oftenMissed } from './often-missed';
import { openTimeline } from './open-timeline';
import { expectedOf, runFault } from './run-fault';
import { type World, worldOf } from './world';

/** Courses of time that pass at once: each has workers of its own. */
const AT_ONCE = 2;
const HOUR = 3600;

export interface RehearseAlarmsProps extends Pick<StageProps, 'app' | 'parameters' | 'sourceFiles' | 'identities' | 'sandbox'> {
  /** @default every fault */
  readonly injected?: readonly Fault[];
  /** Only as many healthy days as faults need behind them, with a change of the zone's clocks among them. @default false */
  readonly short?: boolean;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Each line that a worker of a run logs. */
  readonly onLog?: (line: string) => void;
}

/** What is needed to let time pass over a policy. */
interface Scene {
  readonly resolver: Resolver;
  readonly world: World;
  readonly masters: ReadonlyMap<string, MasterCopy>;
  readonly staged: ReadonlyMap<string, StagedProtection>;
  readonly directory: string;
  readonly signal: AbortSignal | undefined;
  readonly onLog: ((line: string) => void) | undefined;
}

/**
 * Injects a fault for each alarm of the synthesized policies and shows that it is heard and ends, and lets healthy days pass that nobody
 * hears of. Where a run is at fault the synthesized machine is run, with the cause in its way; every other copy is made of one that a real
 * run has stored. Sentinel, retire and notify are the synthesized bundles, by their own roles.
 *
 * @throws what `rehearse` throws; AssemblyError for an app without watching, AlarmError for an alarm that is not evaluated here or a first
 *   run that is not proven
 */
export async function rehearseAlarms(props: RehearseAlarmsProps): Promise<AlarmReport> {
  const began = performance.now();
  const startedAt = new Date().toISOString();
  const { progress = SILENT, injected = FAULTS, signal, onLog } = props;
  const resolver = localResolver(props);
  const policies = findPolicies(resolver).filter(({ declared }) => declared.watching !== undefined);
  if (policies.length === 0) throw new AssemblyError(`No policy in ${props.app} declares who watches it.`, 'Synthesize the app with this release of cdk-backup-policy.');
  const worlds = policies.map((policy) => worldOf(resolver, policy));
  const work = await mkdtemp(join(tmpdir(), 'backup-policy-alarms-'));
  let stage: AlarmStage | undefined;
  try {
    stage = await openStage({ ...props, progress }, resolver, work, [...new Set(injected.flatMap(({ twin }) => twin ?? []))]);
    const masters = await firstRuns({ resolver, policies, stage, work, progress, signal, onLog });
    const reports: PolicyAlarmReport[] = [];
    for (const [index, world] of worlds.entries()) {
      const scene = {
        resolver, world, masters: masters.get(world.policy)!, staged: stage.of(world.policy), directory: join(work, `policy-${index}`), signal, onLog,
      };
      const { month, changes, kept } = await healthyDays(scene, { ...props, progress });
      const faults = await allFaults(scene, kept, { injected, progress });
      reports.push(policyReport(world, { month, changes, faults, all: injected }));
    }
    return {
      version: ALARM_REPORT_VERSION, startedAt, seconds: Math.round(performance.now() - began) / 1000, short: props.short === true,
      outcome: reports.every((report) => problemsOf(report).length === 0) ? 'heard' : 'failed', policies: reports,
    };
  } finally {
    await stage?.close();
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Paths of the alarms that no fault has fired. */
export function withoutFault(alarms: readonly Pick<Alarm, 'path'>[], faults: readonly FaultReport[]): string[] {
  const expected = faults.flatMap(({ rows }) => rows).filter(({ firedAfterSeconds }) => firedAfterSeconds !== undefined);
  const fired = new Set([...expected.map(({ alarm }) => alarm), ...faults.flatMap(({ also }) => also)]);
  return alarms.filter(({ path }) => !fired.has(path)).map(({ path }) => path);
}

interface Rehearsed {
  readonly month: HealthyReport;
  readonly changes: readonly HealthyReport[];
  readonly faults: readonly FaultReport[];
  readonly all: readonly Fault[];
}

function policyReport(world: World, { month, changes, faults, all }: Rehearsed): PolicyAlarmReport {
  const { declared: { application, environment, path } } = world.policy;
  // A part of the faults says nothing of the alarms of the others.
  const isAsked = (alarm: Alarm): boolean => all === FAULTS || all.some((fault) => expectedOf(fault, world).includes(alarm));
  const asked = world.alarms.filter(isAsked);
  return {
    application, environment, path, region: world.region, alarms: world.alarms.length, healthy: month, clockChanges: changes, faults,
    oftenMissed: oftenMissed(month, faults), withoutFault: withoutFault(asked, faults),
  };
}

/** Days without a fault; what the store holds after some of them is what faults begin with. */
async function healthyDays(
  scene: Scene, { short = false, progress = SILENT }: Pick<RehearseAlarmsProps, 'short' | 'progress'>,
): Promise<{ month: HealthyReport; changes: HealthyReport[]; kept: KeptStart }> {
  const { world, directory } = scene;
  const courses = coursesOf(world, Date.now() / 1000, short);
  const spacingSeconds = (short ? 12 : 8) * HOUR;
  const pass = async ({ at, days, zones, standIn }: Course, name: string, keepIn?: string) => {
    const done = progress.begin(`${world.policy.declared.application}: ${days} healthy days${standIn === undefined ? '' : ` in ${standIn}`}`);
    const own = join(directory, name);
    const here = standIn === undefined ? world : inZone(world, standIn);
    const { timeline, close } = await openTimeline({ ...scene, world: here, directory: own, at });
    try {
      for (const { scheduleArn, schedule } of here.protections) {
        timeline.props.endpoint.schedules.change(scheduleArn, { ScheduleExpressionTimezone: schedule.timeZone });
      }
      const keep = keepIn === undefined ? undefined : async (): Promise<string> => {
        await cp(own, keepIn, { recursive: true });
        // It says which process has the folder: the copy nobody has.
        await rm(join(keepIn, 'in-use'));
        return keepIn;
      };
      const passed = await healthyReport({ timeline, days, zones, spacingSeconds, standIn, keep });
      done(passed.report.alarms.length === 0 ? 'no alarm' : `${passed.report.alarms.length} alarms`);
      return passed;
    } finally {
      await close();
    }
  };
  const [{ report: month, kept }, ...changes] = await atOnce([
    () => pass(courses.month, 'healthy', join(directory, 'kept')),
    ...courses.changes.map((course, index) => () => pass(course, `change-${index}`)),
  ]);
  return { month, changes: changes.map(({ report }) => report), kept: kept! };
}

async function allFaults(
  scene: Scene, { at, directory: keptIn }: KeptStart, { injected, progress }: { injected: readonly Fault[]; progress: Progress },
): Promise<FaultReport[]> {
  const { world, signal } = scene;
  const asked = injected.filter((fault) => expectedOf(fault, world).length > 0);
  return await atOnce(asked.map((fault, index) => async () => {
    signal?.throwIfAborted();
    const done = progress.begin(fault.name);
    const directory = `${keptIn}-fault-${index}`;
    await cp(keptIn, directory, { recursive: true });
    const { timeline, close } = await openTimeline({ ...scene, directory, at });
    try {
      const report = await runFault(fault, timeline);
      const problems = report.rows.filter(({ problem }) => problem !== undefined).length;
      done(problems === 0 ? `${report.rows.length} heard` : `${problems} of ${report.rows.length} not as they should be`);
      return report;
    } finally {
      await close();
      await rm(directory, { recursive: true, force: true });
    }
  }));
}

/** Runs tasks, so many at once, and answers in their order. */
async function atOnce<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const answers: T[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < tasks.length; index = next++) answers[index] = await tasks[index]();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}
