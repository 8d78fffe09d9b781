import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoundPolicy } from './assembly';
import { buildReport, type RanProtection, readStored, type StoredRun } from './build-report';
import { Authorizer } from './cloud/authorizer';
import type { LocalMachine } from './cloud/local-cloud';
import { RoleKeyring } from './cloud/role-keys';
import { seedSecrets } from './cloud/seed-secrets';
import { startCloud } from './cloud/start-cloud';
import { withCosts } from './cost/estimate';
import type { FaultPlan } from './endpoint';
import type { TaskCall } from './machine/run-machine';
import { TaskTokens } from './machine/task-tokens';
import { runMonth } from './month/run-month';
import { NEVER_ON_A_LAPTOP, NO_DAY_PASSED, TIMES_OF_S3, withoutSandbox } from './not-rehearsed';
import { SILENT } from './progress';
import type { RehearsalReport } from './report/model';
import { type Planned, runProtection, type Scene, type Surroundings } from './run-protection';
import { type ExtendRound, runExtendRound } from './extend-round';
import { EVERY_COPY_NOW, runScrubRound, type ScrubRound } from './scrub-round';
import { rehearseRetirement, type RehearsedRetirement } from './rehearse-retirement';
import { localResolver, plan, prepareSandbox, type StageProps, startSources, valuesOf } from './stage';

export interface RehearseProps extends StageProps {
  /** Whole days that pass on the store's clock after the runs, with their slots, retire rounds and lifecycle rules. @default none */
  readonly days?: number;
  /** Whether the state machines run at each of those slots too; else the first copy is stored once more. @default false */
  readonly everySlot?: boolean;
  /** Folder for the store, kept when all is over. @default a temporary one, removed */
  readonly store?: string;
  /** Ends everything; `rehearse` then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Each line that a worker logs. */
  readonly onLog?: (line: string) => void;
  readonly now?: () => Date;
  /** What the endpoint does wrong, for tests. */
  readonly faults?: FaultPlan;
  /** Before each task of a machine, for tests that spoil something. */
  readonly beforeTask?: (call: TaskCall, scene: Scene) => Promise<void>;
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
    const scrubbed = new Map<FoundPolicy, ScrubRound | undefined>();
    for (const policy of retired.keys()) {
      const parts = { policy, resolver, authorizer, keys, tokens, endpoint, signal, sandbox: sandbox.used, onLog: props.onLog };
      extended.set(policy, await runExtendRound(parts));
      scrubbed.set(policy, await runScrubRound({ ...parts, change: EVERY_COPY_NOW }));
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
      startedAt, finishedAt: new Date(), sandbox: sandbox.description, ran, retired, extended, scrubbed, month, endpoint, authorizer,
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

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
