import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest } from '../../lib/contract/manifest';
import { manifestKey, protectionPrefix } from '../../lib/contract/object-keys';
import { parseVerdict } from '../../lib/contract/verdict';
import { AssemblyError, findPolicies, type FoundPolicy, type Resolver } from '../assembly';
import { startEndpoint } from '../endpoint';
import { type Progress, SILENT } from '../progress';
import { rehearse, type RehearseProps } from '../rehearse';
import { localResolver } from '../stage';
import { type Alarm, AlarmError } from './alarm';
import type { Fault } from './fault';
import { FAULTS } from './faults';
import { healthyReport, type HealthyStart } from './healthy-days';
import { type MasterCopy, masterCopy } from './master-copy';
import { ALARM_REPORT_VERSION, type AlarmReport, type FaultReport, type HealthyReport, type PolicyAlarmReport, problemsOf } from './model';
import { openTimeline } from './open-timeline';
import { expectedOf, runFault } from './run-fault';
import { type World, worldOf } from './world';
import { nextZoneChange } from './zone-change';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Days that a fault finds behind it: enough for a mean of sizes, and for the copies that retention keeps at least. */
const DAYS_BEFORE = 6;
/** Days of a healthy course in which no fault is, of the whole rehearsal. */
const HEALTHY_DAYS = 31;
/** Faults at a time: each has a worker of its own. */
const AT_ONCE = 2;

type FirstRunProps = Pick<RehearseProps, 'connections' | 'sourceFiles' | 'identities' | 'sandbox' | 'onLog'>;

export interface RehearseAlarmsProps extends FirstRunProps, Pick<RehearseProps, 'app' | 'parameters' | 'signal'> {
  /** @default every fault */
  readonly injected?: readonly Fault[];
  /** Only as many healthy days as faults need behind them, with a change of the zone's clocks among them. @default false */
  readonly short?: boolean;
  readonly progress?: Progress;
}

/**
 * Injects a fault for each alarm of the synthesized policies and shows that it is heard and ends, and lets healthy days pass that nobody
 * hears of. Copies are made of one that a real run has stored; sentinel, retire and notify are the synthesized bundles, by their own roles.
 *
 * @throws what `rehearse` throws; AssemblyError for an app without watching, AlarmError for an alarm that is not evaluated here or a first
 *   run that is not proven
 */
export async function rehearseAlarms(props: RehearseAlarmsProps): Promise<AlarmReport> {
  const began = performance.now();
  const startedAt = new Date().toISOString();
  const { progress = SILENT } = props;
  const resolver = localResolver(props);
  const policies = findPolicies(resolver).filter(({ declared }) => declared.watching !== undefined);
  if (policies.length === 0) throw new AssemblyError(`No policy in ${props.app} declares who watches it.`, 'Synthesize the app with this release of cdk-backup-policy.');
  const worlds = policies.map((policy) => worldOf(resolver, policy));
  const work = await mkdtemp(join(tmpdir(), 'backup-policy-alarms-'));
  try {
    const masters = await firstRuns(props, policies, work);
    const reports: PolicyAlarmReport[] = [];
    for (const [index, world] of worlds.entries()) {
      const done = progress.begin(`${world.policy.declared.application}: healthy days`);
      const start = await healthyStart(resolver, world, masters.get(world.policy)!, join(work, `policy-${index}`), props);
      done(start.report.alarms.length === 0 ? `${start.report.days} days, no alarm` : `${start.report.alarms.length} alarms`);
      const faults = await allFaults(resolver, world, masters.get(world.policy)!, start, { ...props, progress });
      reports.push(policyReport(world, start.report, faults, props.injected ?? FAULTS));
    }
    return {
      version: ALARM_REPORT_VERSION, startedAt, seconds: Math.round(performance.now() - began) / 1000, short: props.short === true,
      outcome: reports.every((report) => problemsOf(report).length === 0) ? 'heard' : 'failed', policies: reports,
    };
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Paths of the alarms that no fault has fired. */
export function withoutFault(alarms: readonly Pick<Alarm, 'path'>[], faults: readonly FaultReport[]): string[] {
  const expected = faults.flatMap(({ rows }) => rows).filter(({ firedAfterSeconds }) => firedAfterSeconds !== undefined);
  const fired = new Set([...expected.map(({ alarm }) => alarm), ...faults.flatMap(({ also }) => also)]);
  return alarms.filter(({ path }) => !fired.has(path)).map(({ path }) => path);
}

function policyReport(world: World, healthy: HealthyReport, faults: readonly FaultReport[], all: readonly Fault[]): PolicyAlarmReport {
  const { declared: { application, environment, path } } = world.policy;
  // A part of the faults says nothing of the alarms of the others.
  const isAsked = (alarm: Alarm): boolean => all === FAULTS || all.some((fault) => expectedOf(fault, world).includes(alarm));
  const asked = world.alarms.filter(isAsked);
  return {
    application, environment, path, region: world.region, alarms: world.alarms.length, healthy, faults,
    withoutFault: withoutFault(asked, faults),
  };
}

/** Runs every protection once, really, and reads what it left. */
async function firstRuns(
  props: RehearseAlarmsProps, policies: readonly FoundPolicy[], work: string,
): Promise<Map<FoundPolicy, Map<string, MasterCopy>>> {
  const { app, parameters, connections, sourceFiles, identities, sandbox, signal, onLog, progress } = props;
  const store = join(work, 'first');
  const report = await rehearse({ app, parameters, connections, sourceFiles, identities, sandbox, signal, onLog, progress, store });
  const endpoint = await startEndpoint({ directory: store });
  try {
    const masters = new Map<FoundPolicy, Map<string, MasterCopy>>();
    for (const policy of policies) {
      const { application, environment } = policy.declared;
      const ran = report.policies.find((one) => one.application === application && one.environment === environment);
      const copies = new Map<string, MasterCopy>();
      for (const { declared: { id: protection }, bucket } of policy.protections) {
        const run = ran?.protections.find((one) => one.id === protection);
        const id = { environment, application, protection };
        if (!run || run.outcome === 'failed' || run.outcome === 'not-proven') {
          throw new AlarmError(`${application} ${protection}: ${run?.summary ?? 'it was not run'}; every simulated day is made of a first run that is proven`);
        }
        const read = async (key: string): Promise<unknown> => JSON.parse((await endpoint.s3.read(bucket, key)).toString('utf8'));
        const verdicts = endpoint.s3.keys(bucket, `${protectionPrefix('verdicts', id)}${run.runId}/`);
        copies.set(protection, await masterCopy(id, run.runId, bucket, endpoint, {
          manifest: parseManifest(await read(manifestKey(id, run.runId))), verdict: parseVerdict(await read(verdicts.at(-1)!)),
        }));
      }
      masters.set(policy, copies);
    }
    return masters;
  } finally {
    await endpoint.close();
  }
}

/** Healthy days around the next change of the zone's clocks; what the store holds at their end is what faults begin with. */
async function healthyStart(
  resolver: Resolver, world: World, masters: ReadonlyMap<string, MasterCopy>, directory: string,
  { short = false, signal }: RehearseAlarmsProps,
): Promise<HealthyStart> {
  const now = Math.floor(Date.now() / 1000 / DAY) * DAY;
  const zones = [...new Set(world.protections.map(({ schedule }) => schedule.timeZone))];
  const changes = zones.flatMap((timeZone) => nextZoneChange(timeZone, now + 20 * DAY) ?? []);
  const middle = Math.floor(Math.min(...changes.length > 0 ? changes : [now + 40 * DAY]) / DAY) * DAY;
  const [from, days] = short ? [middle - 2 * DAY, DAYS_BEFORE] : [middle - 15 * DAY, HEALTHY_DAYS];
  const at = from + 11 * HOUR + 20 * 60;
  const opened = await openTimeline({ resolver, world, masters, directory: join(directory, 'healthy'), at, signal });
  try {
    const keep = async (): Promise<string> => {
      const kept = join(directory, 'kept');
      await cp(join(directory, 'healthy'), kept, { recursive: true });
      // It says which process has the folder: the copy nobody has.
      await rm(join(kept, 'in-use'));
      return kept;
    };
    return await healthyReport({ timeline: opened.timeline, days, zones, spacingSeconds: (short ? 12 : 4) * HOUR, keep });
  } finally {
    await opened.close();
  }
}

async function allFaults(
  resolver: Resolver, world: World, masters: ReadonlyMap<string, MasterCopy>, { keptAt, keptIn }: HealthyStart,
  { injected = FAULTS, signal, progress = SILENT }: RehearseAlarmsProps,
): Promise<FaultReport[]> {
  const asked = injected.filter((fault) => expectedOf(fault, world).length > 0);
  const reports: (FaultReport | undefined)[] = asked.map(() => undefined);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < asked.length; index = next++) {
      signal?.throwIfAborted();
      const fault = asked[index];
      const done = progress.begin(fault.name);
      const directory = `${keptIn}-fault-${index}`;
      await cp(keptIn, directory, { recursive: true });
      const { timeline, close } = await openTimeline({ resolver, world, masters, directory, at: keptAt, signal });
      try {
        const report = await runFault(fault, timeline);
        reports[index] = report;
        const problems = report.rows.filter(({ problem }) => problem !== undefined).length;
        done(problems === 0 ? `${report.rows.length} heard` : `${problems} of ${report.rows.length} not as they should be`);
      } finally {
        await close();
        await rm(directory, { recursive: true, force: true });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return reports.flatMap((report) => report ?? []);
}
