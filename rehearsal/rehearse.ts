import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIdOf } from '../lib/contract/object-keys';
import { AssemblyError, findPolicies, type FoundPolicy, readAssembly, Resolver } from './assembly';
import { buildReport, type RanProtection, readStored, type StoredRun } from './build-report';
import { Authorizer } from './cloud/authorizer';
import { type LocalMachine, machineOf } from './cloud/local-cloud';
import { RoleKeyring } from './cloud/role-keys';
import { seedSecrets } from './cloud/seed-secrets';
import { startCloud } from './cloud/start-cloud';
import { withCosts } from './cost/estimate';
import type { FaultPlan } from './endpoint';
import { drillIdentity } from './drill-identity';
import { lastSlot } from './last-slot';
import { type Definition, interpretable, statesOf } from './machine/definition';
import type { TaskCall } from './machine/run-machine';
import { TaskTokens } from './machine/task-tokens';
import { Tasks } from './machine/tasks';
import { runMonth } from './month/run-month';
import { NEVER_ON_A_LAPTOP, NO_DAY_PASSED, TIMES_OF_S3, withoutSandbox } from './not-rehearsed';
import { type Progress, SILENT } from './progress';
import type { RehearsalReport } from './report/model';
import { type Planned, runProtection, type Scene, type Surroundings } from './run-protection';
import { type ExtendRound, runExtendRound } from './extend-round';
import { rehearseRetirement, type RehearsedRetirement } from './rehearse-retirement';
import { findSandbox, isSandbox, type Sandbox } from './sandbox';
import { sourceEngine } from './sources';
import type { EnginePrograms, RehearsalSource } from './sources/source';

export interface RehearseProps {
  /** Folder that `cdk synth` wrote. */
  readonly app: string;
  /** Ids of the protections to rehearse. @default all */
  readonly protections?: readonly string[];
  /** Instant of the run, for all. @default each schedule's last before now */
  readonly slot?: string;
  /** Whole days that pass on the store's clock after the runs, with their slots, retire rounds and lifecycle rules. @default none */
  readonly days?: number;
  /** Whether the state machines run at each of those slots too; else the first copy is stored once more. @default false */
  readonly everySlot?: boolean;
  /** Address of a database of one's own, by protection; it is only read. @default throwaway servers */
  readonly connections?: Readonly<Record<string, string>>;
  /** Files that fill the throwaway servers, in order; without a protection they are for each. @default a small sample */
  readonly sourceFiles?: readonly { readonly protection?: string; readonly file: string }[];
  /** Text of an identity file for the drills of an encrypted protection, by protection. @default a throwaway identity */
  readonly identities?: Readonly<Record<string, string>>;
  /** Values of template parameters. @default their defaults */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Folder for the store, kept when all is over. @default a temporary one, removed */
  readonly store?: string;
  /** Whether workers run in a sandbox where the machine has one. @default true */
  readonly sandbox?: boolean;
  /** Ends everything; `rehearse` then rejects with its reason. */
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
  /** Each line that a worker logs. */
  readonly onLog?: (line: string) => void;
  readonly now?: () => Date;
  /** What the endpoint does wrong, for tests. */
  readonly faults?: FaultPlan;
  /** Before each task of a machine, for tests that spoil something. */
  readonly beforeTask?: (call: TaskCall, scene: Scene) => Promise<void>;
}

/** A protection that was asked for and is not declared. */
export class UnknownProtectionError extends Error {
  constructor(asked: string, known: readonly string[]) {
    super(`no policy of this app has a protection "${asked}"; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ') || 'none'}`);
    this.name = 'UnknownProtectionError';
  }
}

/**
 * Runs the synthesized state machines of an app here: its workers from their bundles, its permissions enforced, against throwaway
 * databases and a local AWS endpoint. What a run can end with is in the report; nothing is left behind but the store where it is kept.
 *
 * @throws AssemblyError, UnknownProtectionError, UnknownEngineError, IdentityError, SourceError, ServersError for what cannot be
 *   rehearsed at all
 */
export async function rehearse(props: RehearseProps): Promise<RehearsalReport> {
  const { progress = SILENT, now = () => new Date(), signal } = props;
  const startedAt = new Date();
  const resolver = localResolver(props);
  const planned = await plan(resolver, props, now());
  const work = await mkdtemp(join(tmpdir(), 'backup-policy-rehearsal-'));
  const toClose: (() => Promise<void>)[] = [];
  try {
    signal?.throwIfAborted();
    const authorizer = new Authorizer(resolver);
    const tokens = new TaskTokens();
    const running: { machine?: LocalMachine } = {};
    const settled = await Promise.allSettled([
      prepareSandbox(props, planned),
      startCloud({
        resolver, authorizer, tokens, runningMachine: () => running.machine?.arn, directory: props.store ?? join(work, 'store'), faults: props.faults,
      }).then((endpoint) => {
        toClose.push(() => endpoint.close());
        return endpoint;
      }),
      startSources(planned, work, props, toClose),
    ]);
    const [{ sandbox, programs }, endpoint, sources] = valuesOf(settled);
    signal?.throwIfAborted();
    const keys = new RoleKeyring(({ accessKeyId, ...rest }, principal) => endpoint.addCredentials(accessKeyId, { ...rest, principal }));

    const asked = new Map<Planned, TaskCall[]>(planned.map((one) => [one, []]));
    const surroundings = (one: Planned): Surroundings => ({
      resolver, authorizer, keys, tokens, endpoint, source: sources.get(one)!, progress, signal, sandbox: sandbox.used,
      onLog: props.onLog ?? (() => undefined), programs: programs.get(one.protection.declared.run.engine) ?? { path: [] },
      beforeTask: async (call, scene) => {
        asked.get(one)?.push(call);
        await props.beforeTask?.(call, scene);
      },
    });
    const ran: { planned: Planned; run: RanProtection; stored: StoredRun }[] = [];
    for (const one of planned) {
      const source = sources.get(one)!;
      seedSecrets({ ...source.secrets, ...one.identity.secrets }, resolver, authorizer, endpoint);
      running.machine = one.machine;
      const run = await runProtection(one, surroundings(one));
      signal?.throwIfAborted();
      ran.push({ planned: one, run, stored: await readStored(run, endpoint, one.identity.identity) });
      if (!props.everySlot) await source.stop();
    }
    const retired = new Map<FoundPolicy, RehearsedRetirement>();
    for (const policy of new Set(planned.map((one) => one.policy))) {
      const copies = ran.filter(({ run, stored }) => run.policy === policy && stored.manifest)
        .map(({ run }) => ({ protection: run.protection.declared.id, runId: run.runId }));
      const done = progress.begin(`${policy.declared.application}: retire`);
      const retirement = await rehearseRetirement({
        policy, resolver, authorizer, keys, tokens, endpoint, signal, sandbox: sandbox.used, onLog: props.onLog,
      }, copies);
      retired.set(policy, retirement);
      done(retirement.round.report ? 'done' : 'failed');
      signal?.throwIfAborted();
    }
    const extended = new Map<FoundPolicy, ExtendRound | undefined>();
    for (const policy of retired.keys()) {
      const parts = { policy, resolver, authorizer, keys, tokens, endpoint, signal, sandbox: sandbox.used, onLog: props.onLog };
      extended.set(policy, await runExtendRound(parts));
      signal?.throwIfAborted();
    }
    const month = props.days === undefined ? undefined : await runMonth({
      days: props.days, everySlot: props.everySlot, surroundings,
      first: ran.map(({ planned: one, run, stored }) => ({
        planned: one, run, hasCopy: stored.manifest !== undefined,
        verify: asked.get(one)?.find(({ state }) => run.workers.some((worker) => worker.state === state && worker.verb === 'verify')),
      })),
      onMachine: (machine) => { running.machine = machine; },
    });
    const differences = [...sources.values(), ...planned.map(({ identity }) => identity)].flatMap(({ notRehearsed }) => notRehearsed);
    const report = buildReport({
      startedAt, finishedAt: new Date(), sandbox: sandbox.description, ran, retired, extended, month, endpoint, authorizer,
      notRehearsed: [
        ...uniqueBy(differences, ({ what, why }) => what + why),
        ...sandbox.used ? [] : [withoutSandbox(sandbox.description)],
        ...NEVER_ON_A_LAPTOP,
        month ? TIMES_OF_S3 : NO_DAY_PASSED,
      ],
    });
    return withCosts(report, planned.map(({ policy }) => policy), resolver, startedAt);
  } finally {
    for (const close of toClose.reverse()) await close().catch(() => undefined);
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Account and region are those of the policies' own stacks where they say. */
export function localResolver({ app, parameters }: Pick<RehearseProps, 'app' | 'parameters'>): Resolver {
  const assembly = readAssembly(app);
  const first = findPolicies(new Resolver(assembly, { parameters }))[0];
  if (!first) throw new AssemblyError(`No template in ${app} declares a backup policy.`, 'Synthesize an app that has a BackupPolicy, with this release of cdk-backup-policy.');
  return new Resolver(assembly, { parameters, region: first.stack.region, account: first.stack.account });
}

/** What a protection may be called on the command line: by its id, or with its application where several have the same. */
function namesOf({ policy, protection }: Pick<Planned, 'policy' | 'protection'>): string[] {
  const { id } = protection.declared;
  return [`${policy.declared.application}/${id}`, id];
}

/** What was given for a protection, by its whole name first. */
function ofIts<T>(given: Readonly<Record<string, T>>, one: Pick<Planned, 'policy' | 'protection'>): T | undefined {
  return namesOf(one).map((name) => given[name]).find((value) => value !== undefined);
}

async function plan(resolver: Resolver, props: RehearseProps, now: Date): Promise<Planned[]> {
  const { protections: wanted, slot, connections = {}, sourceFiles = [], identities = {} } = props;
  const all = findPolicies(resolver).flatMap((policy) => policy.protections.map((protection) => ({ policy, protection })));
  const known = all.flatMap(namesOf);
  const named = [...Object.keys(connections), ...Object.keys(identities), ...sourceFiles.flatMap(({ protection }) => protection ?? [])];
  for (const asked of [...wanted ?? [], ...named]) {
    if (!known.includes(asked)) throw new UnknownProtectionError(asked, [...new Set(known)]);
  }
  const chosen = all.filter((one) => !wanted?.length || namesOf(one).some((name) => wanted.includes(name)));
  return await Promise.all(chosen.map(async ({ policy, protection }) => {
    const machine = machineOf(resolver, protection.stateMachineArn);
    Tasks.check(statesOf(interpretable(machine.definition as unknown as Definition, machine.path)), machine.path);
    sourceEngine(protection.declared.run.engine);
    const { expression, timeZone } = protection.declared.schedule;
    const instant = slot ?? lastSlot(expression, timeZone, now);
    const identity = await drillIdentity(protection, ofIts(identities, { policy, protection }));
    return { policy, protection, machine, slot: instant, runId: runIdOf(instant), identity };
  }));
}

interface Confinement {
  readonly sandbox: { readonly used: Sandbox | undefined; readonly description: string };
  readonly programs: ReadonlyMap<string, EnginePrograms>;
}

async function prepareSandbox({ sandbox }: RehearseProps, planned: readonly Planned[]): Promise<Confinement> {
  const [found, programs] = await Promise.all([sandbox === false ? { reason: 'it was switched off' } : findSandbox(), findPrograms(planned)]);
  const hindrance = [...programs.values()].find(({ needsNamedUser }) => needsNamedUser !== undefined)?.needsNamedUser;
  if (!isSandbox(found)) return { programs, sandbox: { used: undefined, description: found.reason } };
  if (hindrance !== undefined) return { programs, sandbox: { used: undefined, description: `${hindrance} Workers ran without a sandbox` } };
  return { programs, sandbox: { used: found, description: found.description } };
}

async function startSources(
  planned: readonly Planned[], work: string, props: RehearseProps, toClose: (() => Promise<void>)[],
): Promise<Map<Planned, RehearsalSource>> {
  const { connections = {}, sourceFiles = [], progress = SILENT } = props;
  const settled = await Promise.allSettled(planned.map(async (one, index) => {
    const { id, run } = one.protection.declared;
    const done = progress.begin(`source of ${id}`);
    try {
      const source = await sourceEngine(run.engine).start({
        application: one.policy.declared.application, protection: id, config: one.protection.config,
        directory: join(work, `source-${index}`),
        files: sourceFiles.filter(({ protection: name }) => name === undefined || namesOf(one).includes(name)).map(({ file }) => file),
        connection: ofIts(connections, one),
        say: progress.say,
      });
      toClose.push(() => source.stop());
      done(source.description);
      return [one, source] as const;
    } catch (error) {
      done('failed');
      throw error;
    }
  }));
  return new Map(valuesOf(settled));
}

async function findPrograms(planned: readonly Planned[]): Promise<Map<string, EnginePrograms>> {
  const engines = [...new Set(planned.map(({ protection }) => protection.declared.run.engine))];
  return new Map(await Promise.all(engines.map(async (engine) => [engine, await sourceEngine(engine).programs()] as const)));
}

/** @throws the first reason, once all have settled, so that what did start can be ended */
function valuesOf<T extends readonly PromiseSettledResult<unknown>[]>(
  settled: T,
): { [K in keyof T]: T[K] extends PromiseSettledResult<infer V> ? V : never } {
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as never;
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
