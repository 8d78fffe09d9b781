import type { ProtectionId } from '../../lib/contract/object-keys';
import type { RetireReport } from '../../lib/contract/retire-report';
import type { FoundPolicy } from '../assembly';
import { bucketsOf, type LocalMachine } from '../cloud/local-cloud';
import { DAY } from '../endpoint/clock';
import type { TaskCall } from '../machine/run-machine';
import type { MonthCopy, MonthExtension, MonthNight, MonthProtection, MonthRound, MonthScrub, ReportMonth } from '../report/month-model';
import { runExtendRound } from '../extend-round';
import { runScrubRound } from '../scrub-round';
import { runRetireRound } from '../retire-round';
import type { RanProtection } from '../build-report';
import { type Planned, runProtection, type Surroundings } from '../run-protection';
import { eventsBetween, type MonthEvent } from './events';
import { copiesIn, fateOf, type Place, storedBytes, unlockedCopies } from './fates';
import { proveFromReplica } from './lost-region';
import { repeatCopy } from './repeat-copy';

export interface FirstRun {
  readonly planned: Planned;
  readonly run: RanProtection;
  /** The task by which the machine verified it; undefined where it did not get that far. */
  readonly verify: TaskCall | undefined;
  readonly hasCopy: boolean;
}

export interface MonthProps {
  /** Whole days that pass on the store's clock. */
  readonly days: number;
  /** Whether the real state machine runs at every slot; else the first run's copy is stored once more at each. @default false */
  readonly everySlot?: boolean;
  /** The runs that were made already. */
  readonly first: readonly FirstRun[];
  /** What runs happen in, for each. */
  readonly surroundings: (planned: Planned) => Surroundings;
  /** Told which machine is about to run. */
  readonly onMachine: (machine: LocalMachine) => void;
}

/** One protection as the days pass. */
interface Followed {
  readonly planned: Planned;
  readonly id: ProtectionId;
  readonly place: Place;
  readonly replicas: readonly Place[];
  readonly verify: TaskCall | undefined;
  readonly runs: { readonly runId: string; readonly slot: string; readonly ran: boolean }[];
  readonly nights: MonthNight[];
  readonly said: Map<string, Said>;
}

interface Happened { readonly rounds: MonthRound[]; readonly extensions: MonthExtension[]; readonly scrubs: MonthScrub[] }

interface Said { reasons: readonly string[]; announcedAt?: string; releasedAt?: string }

/**
 * Lets days pass on the store's clock: a copy at every slot, the real retire worker at every round, S3's replication and lifecycle at
 * every midnight. Then the stores' own region is lost, and the newest copy that is kept elsewhere is proven from there.
 */
export async function runMonth(props: MonthProps): Promise<ReportMonth> {
  const [{ planned: some }] = props.first;
  const { endpoint, progress, signal } = props.surroundings(some);
  const began = performance.now();
  const from = endpoint.now().getTime();
  const to = from + props.days * DAY;
  const followed = props.first.map((one) => follow(one, props));
  const happened: Happened = { rounds: [], extensions: [], scrubs: [] };
  const events = eventsBetween(followed.map(({ planned }) => planned), from, to);
  const done = progress.begin(`${props.days} days, ${events.filter(({ kind }) => kind === 'run').length} slots`);
  for (const event of events) {
    signal?.throwIfAborted();
    // What happens takes time of its own, and the next may have come meanwhile.
    await endpoint.advanceTo(new Date(Math.max(event.at, endpoint.now().getTime())));
    await happen(event, followed, happened, props);
    await endpoint.replicated();
  }
  await endpoint.advanceTo(new Date(Math.max(to, endpoint.now().getTime())));
  done(`${happened.rounds.length + happened.extensions.length + happened.scrubs.length} rounds, ${endpoint.lifecycle.filter(({ kind }) => kind === 'remove').length} versions removed`);
  const protections = followed.map((one) => reportOf(one, props));
  return {
    from: new Date(from).toISOString(), to: new Date(to).toISOString(), days: props.days,
    protections: await withProofs(protections, followed, props), ...happened,
    seconds: Math.round(performance.now() - began) / 1000,
  };
}

function follow({ planned, run, verify, hasCopy }: FirstRun, { surroundings }: MonthProps): Followed {
  const { policy: { declared: { environment, application } }, protection } = planned;
  const buckets = bucketsOf(surroundings(planned).resolver);
  const own = buckets.find(({ name }) => name === protection.bucket);
  const targets = (own?.replication?.rules ?? []).map(({ destination }) => destination.bucket);
  return {
    planned, verify, id: { environment, application, protection: protection.declared.id },
    place: { bucket: protection.bucket, region: own?.region ?? surroundings(planned).resolver.region },
    replicas: buckets.filter(({ name }) => targets.includes(name)).map(({ name, region }) => ({ bucket: name, region })),
    runs: hasCopy ? [{ runId: run.runId, slot: run.slot, ran: true }] : [], nights: [], said: new Map(),
  };
}

async function happen(event: MonthEvent, followed: readonly Followed[], happened: Happened, props: MonthProps): Promise<void> {
  if (event.kind === 'midnight') for (const one of followed) one.nights.push(nightOf(one, event.at, props));
  else if (event.kind === 'run') await copyAt(event.at, followed.find(({ planned }) => planned === event.planned)!, props);
  else if (event.kind === 'retire') happened.rounds.push(await round(event.policy, followed, props));
  else if (event.kind === 'extend') happened.extensions.push(await extension(event.policy, followed, props));
  else happened.scrubs.push(await scrub(event.policy, followed, props));
}

function nightOf({ id, planned, place, replicas, runs }: Followed, at: number, { surroundings }: MonthProps): MonthNight {
  const { s3 } = surroundings(planned).endpoint;
  return {
    at: new Date(at).toISOString(), copies: copiesIn(s3, place.bucket, id), storedBytes: storedBytes(s3, place.bucket, id),
    replicaBytes: replicas.reduce((sum, { bucket }) => sum + storedBytes(s3, bucket, id), 0),
    unlocked: unlockedCopies(s3, place.bucket, id, runs.map(({ runId }) => runId), at),
  };
}

async function copyAt(at: number, one: Followed, { everySlot, surroundings, onMachine }: MonthProps): Promise<void> {
  const slot = new Date(at).toISOString().replace('.000Z', 'Z');
  const { planned, id, place, runs } = one;
  const parts = surroundings(planned);
  if (everySlot) {
    onMachine(planned.machine);
    const { runId } = await runProtection({ ...planned, slot, runId: slot.replace(/[-:]/g, '') }, parts);
    runs.push({ runId, slot, ran: true });
  } else if (runs.length > 0) {
    // Of the newest one: older ones are let go, the newest never is.
    const { runId } = runs[runs.length - 1];
    runs.push({ runId: await repeatCopy({ id, bucket: place.bucket, runId }, slot, parts.endpoint), slot, ran: false });
  }
}

async function round(policy: FoundPolicy, followed: readonly Followed[], props: MonthProps): Promise<MonthRound> {
  const own = followed.filter(({ planned }) => planned.policy === policy);
  const parts = props.surroundings(own[0].planned);
  const at = parts.endpoint.now().toISOString();
  const { report, execution } = await runRetireRound({ ...parts, policy, at });
  const { environment, application } = policy.declared;
  const protections = report?.protections ?? [];
  for (const { protection, decisions = [] } of protections) {
    const said = own.find(({ id }) => id.protection === protection)?.said;
    for (const decision of decisions) if (said) remember(said, decision, at);
  }
  const sum = (count: 'announced' | 'released'): number => protections.reduce((total, one) => total + one[count], 0);
  return {
    environment, application, at, announced: sum('announced'), released: sum('released'), findings: report?.findingCount ?? 0,
    ...(report ? {} : { error: execution.error?.cause ?? execution.outcome }),
  };
}

async function extension(policy: FoundPolicy, followed: readonly Followed[], props: MonthProps): Promise<MonthExtension> {
  const parts = props.surroundings(followed.find(({ planned }) => planned.policy === policy)!.planned);
  const at = parts.endpoint.now().toISOString();
  const ended = await runExtendRound({ ...parts, policy, at });
  const { environment, application } = policy.declared;
  const sum = (count: 'extended' | 'ending'): number => (ended?.report?.protections ?? []).reduce((total, one) => total + one[count], 0);
  return {
    environment, application, at, extended: sum('extended'), ending: sum('ending'),
    ...ended && !ended.report ? { error: ended.execution.error?.cause ?? ended.execution.outcome } : {},
  };
}

async function scrub(policy: FoundPolicy, followed: readonly Followed[], props: MonthProps): Promise<MonthScrub> {
  const parts = props.surroundings(followed.find(({ planned }) => planned.policy === policy)!.planned);
  const at = parts.endpoint.now().toISOString();
  const ended = await runScrubRound({ ...parts, policy, at });
  const { environment, application } = policy.declared;
  const protections = ended?.report?.protections ?? [];
  return {
    environment, application, at,
    read: protections.reduce((total, one) => total + one.read, 0),
    oldestSeconds: Math.max(0, ...protections.map(({ oldestSeconds }) => oldestSeconds)),
    ...ended && !ended.report ? { error: ended.execution.error?.cause ?? ended.execution.outcome } : {},
  };
}

function remember(said: Map<string, Said>, { runId, action, reasons }: RetireDecision, at: string): void {
  const before = said.get(runId);
  // A copy that is gone has no other reason than the one for which it went.
  const next: Said = { ...before, reasons: action === 'gone' && before ? before.reasons : reasons };
  if (action === 'announced') next.announcedAt = at;
  if (action === 'released') next.releasedAt = at;
  said.set(runId, next);
}

type RetireDecision = NonNullable<RetireReport['protections'][number]['decisions']>[number];

function reportOf({ planned, id, place, replicas, runs, nights, said }: Followed, { surroundings }: MonthProps): MonthProtection {
  const { endpoint } = surroundings(planned);
  const copies = runs.map(({ runId, slot, ran }): MonthCopy => {
    const { reasons = [], ...when } = said.get(runId) ?? {};
    return {
      runId, slot, ran, reasons: [...reasons], ...when, ...fateOf(endpoint, place.bucket, id, runId),
      replicas: replicas.map(({ bucket, region }) => {
        const { fate, lockedUntil } = fateOf(endpoint, bucket, id, runId);
        return { region, fate, ...lockedUntil === undefined ? {} : { lockedUntil } };
      }),
    };
  });
  return { ...id, region: place.region, copies, nights };
}

/** Each region that a store lies in is lost, and what other regions hold must do. */
async function withProofs(
  reports: readonly MonthProtection[], followed: readonly Followed[], { surroundings, onMachine }: MonthProps,
): Promise<MonthProtection[]> {
  const proven: MonthProtection[] = [];
  for (const [index, one] of followed.entries()) {
    const report = reports[index];
    if (one.replicas.length === 0) {
      proven.push(report);
      continue;
    }
    const parts = surroundings(one.planned);
    parts.endpoint.loseRegion(one.place.region);
    try {
      proven.push({ ...report, lostRegion: await proveFromReplica({ ...one, report, parts, onMachine }) });
    } finally {
      parts.endpoint.regainRegion(one.place.region);
    }
  }
  return proven;
}
