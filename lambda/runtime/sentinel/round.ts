import { CONTRACT_VERSION } from '../../../lib/contract/common';
import type { MetricKey } from '../../../lib/contract/metrics';
import { policyPrefix } from '../../../lib/contract/object-keys';
import type { SentinelReport, WatchNote } from '../../../lib/contract/sentinel-report';
import type { SentinelRequest } from '../../../lib/contract/sentinel-request';
import type { StoreAudit } from '../../../lib/contract/store-audit';
import type { Pause } from '../../../lib/model/watch/expected-slots';
import { earlierAudit, newestAudit, type FoundAudit } from '../copies/audits';
import { roundInstant } from '../copies/round-clock';
import { worstFailure } from '../copies/worst-failure';
import { concurrently } from '../concurrently';
import { messageOf } from '../errors';
import type { Log } from '../log';
import { writeMetrics } from '../metrics';
import type { StoreReaderOptions } from '../store-reader';
import type { Drift } from './asked';
import { seeLockExtension, seeMessages } from './deployed';
import { storeDrift } from './in-force';
import { keepPauses, pausesAt, storedPauses } from './pauses';
import { watchProtection, type WatchedOne } from './protection-round';
import type { ReplicaPlace } from './replicas';
import { seeScrub } from './scrubs';

/** Protections looked at together. */
const AT_ONCE = 4;

export interface RoundProps {
  readonly request: SentinelRequest;
  readonly store: StoreReaderOptions;
  readonly replicas: readonly ReplicaPlace[];
  /** How far the store's clock is ahead of this machine's, in milliseconds. */
  readonly ahead: () => number | undefined;
  /** What was asked of the store until now. */
  readonly requests: () => SentinelReport['requests'];
  readonly log: Log;
}

/**
 * A round over a policy: what the store holds, and what is in force. What does not answer moves the gauge that it belongs to; a protection
 * whose copies cannot be read has no gauges, and where none can be, the round has only those of what is in force and no sign of life.
 *
 * @throws RunError
 */
export async function watchPolicy(props: RoundProps): Promise<SentinelReport> {
  const { request, store, replicas, log } = props;
  const { environment, application } = request;
  const [inForce, extension, messages] = await Promise.all([
    storeDrift(store, request.expected), seeLockExtension(request, store.signal), seeMessages(request, store.signal),
  ]);
  const drift = [...inForce, ...extension];
  // By now the store has said what time it is.
  const now = roundInstant(request, props.ahead());
  const found = await findAudits(store, request, now);
  const { audit, earlier } = found;
  const scrub = await seeScrub(store, request, now);
  const [pauses, unknownPauses] = await pausesElsewhere(store, request, now);
  const { watched, failures } = await watchEach({ store, request, replicas, now, audit, earlier, pauses, scrub }, request, log);
  if (watched.length === 0 && failures.length > 0) {
    // Why nothing can be read may be just what is in force: a disabled key is told as that, and not as silence alone.
    const gauges = driftGauges([...drift, ...messages.drift], messages.deadLetters);
    if (!request.silent) writeMetrics({ environment, application }, wanted(gauges, request.gauges), now);
    throw worstFailure(failures.map(({ error }) => error));
  }
  const gauges = policyGauges([...drift, ...messages.drift], messages.deadLetters, audit, watched, now);
  const notes = [
    ...drift, ...messages.drift,
    ...messages.deadLetters > 0 ? [queued(messages.deadLetters, request)] : [],
    ...unknownPauses, ...await leavePauses(store, request, watched, now),
    ...found.problem ? [{ metric: 'auditAge', text: found.problem.text, about: found.problem.key }] : [],
    ...scrub?.notes ?? [],
    ...failures.map(({ name, error }) => ({ metric: 'store', text: `The copies of ${name} cannot be read: ${error.message}`, about: name })),
  ];
  for (const note of notes) log.warn(note.text, { metric: note.metric, about: note.about });
  for (const { state: { protection, notes: own } } of watched) {
    for (const { metric, text, about } of own) log.warn(`${protection}: ${text}`, { protection, metric, about });
  }
  if (!request.silent) writeGauges(request, gauges, watched, now);
  return {
    version: CONTRACT_VERSION, environment, application, region: request.store.region,
    at: now.toISOString(), since: new Date(sinceOf(watched, now) * 1000).toISOString(),
    gauges, notes, protections: watched.map(({ state }) => state), requests: props.requests(),
  };
}

interface FoundAudits extends FoundAudit {
  /** The oldest of the last 30 days. */
  readonly earlier?: StoreAudit;
}

/** What rounds over the whole store left; without them the round looks further back, and says so. */
async function findAudits(store: StoreReaderOptions, request: SentinelRequest, now: Date): Promise<FoundAudits> {
  const growing = request.protections.some(({ ceilingBytes }) => ceilingBytes !== undefined);
  try {
    const [found, earlier] = await Promise.all([newestAudit(store, request, now), growing ? earlierAudit(store, request, now) : undefined]);
    return { ...found, earlier };
  } catch (error) {
    store.signal.throwIfAborted();
    return { problem: { key: policyPrefix('audits', request), text: `No audit can be read: ${messageOf(error)}` } };
  }
}

/** In a replica, what the first region left of its pauses. */
async function pausesElsewhere(
  store: StoreReaderOptions, request: SentinelRequest, now: Date,
): Promise<[ReadonlyMap<string, Pause> | undefined, readonly WatchNote[]]> {
  if (request.protections.some(({ runs }) => runs !== undefined)) return [undefined, []];
  try {
    return [pausesAt(await storedPauses(store, request, now), now), []];
  } catch (error) {
    store.signal.throwIfAborted();
    return [undefined, [{ metric: 'pausedSeconds', text: `Nobody can say which protections are paused: ${messageOf(error)}` }]];
  }
}

/** Where there are replicas, what their sentinels are to know of the schedules here. */
async function leavePauses(
  store: StoreReaderOptions, request: SentinelRequest, watched: readonly WatchedOne[], now: Date,
): Promise<readonly WatchNote[]> {
  if (request.silent || request.store.replicas.length === 0) return [];
  const seen = request.protections.map(({ protection }) => (
    { protection, pause: watched.find(({ state }) => state.protection === protection)?.pause }));
  try {
    await keepPauses(store, request, seen, now);
    return [];
  } catch (error) {
    store.signal.throwIfAborted();
    return [{ metric: 'pausedSeconds', text: `The replicas are not told which protections are paused: ${messageOf(error)}` }];
  }
}

function queued(count: number, { deadLetters }: SentinelRequest): { metric: string; text: string; about?: string } {
  const slots = count === 1 ? '1 slot' : `${count} slots`;
  return { metric: 'deadLetters', text: `${slots} could not start: look into the dead-letter queue.`, about: deadLetters };
}

interface Failure {
  readonly name: string;
  readonly error: Error;
}

async function watchEach(
  round: Parameters<typeof watchProtection>[0], request: SentinelRequest, log: Log,
): Promise<{ watched: readonly WatchedOne[]; failures: readonly Failure[] }> {
  const failures: Failure[] = [];
  const watched = await concurrently(request.protections, AT_ONCE, async (protection) => {
    try {
      return [await watchProtection(round, protection)];
    } catch (error) {
      // What is wrong with one protection says nothing of the others.
      round.store.signal.throwIfAborted();
      failures.push({ name: protection.protection, error: error as Error });
      log.warn(`${protection.protection}: ${messageOf(error)}`, { protection: protection.protection, errorType: (error as Error).name });
      return [];
    }
  });
  return { watched: watched.flat(), failures };
}

/** What is in force, and waits to be started: it does not stand in the store. */
function driftGauges(drift: readonly Drift[], deadLetters: number) {
  const count = (metric: MetricKey): number => drift.filter((one) => one.metric === metric).length;
  return {
    deadLetters: deadLetters + count('deadLetters'),
    lockDrift: count('lockDrift'),
    lifecycleDrift: count('lifecycleDrift'),
    replicationDrift: count('replicationDrift'),
    keyTrouble: count('keyTrouble'),
    unconfirmedRecipients: count('unconfirmedRecipients'),
  };
}

function policyGauges(
  drift: readonly Drift[], deadLetters: number, audit: StoreAudit | undefined, watched: readonly WatchedOne[], now: Date,
): SentinelReport['gauges'] & Partial<Record<MetricKey, number>> {
  const seconds = now.getTime() / 1000;
  return {
    sentinelRounds: 1,
    ...driftGauges(drift, deadLetters),
    auditAge: Math.max(0, seconds - Math.max(sinceOf(watched, now), audit ? Date.parse(audit.at) / 1000 : 0)),
    releasedTooMany: watched.reduce((sum, { released }) => sum + released, 0)
      + (audit?.protections ?? []).reduce((sum, one) => sum + Math.max(0, one.released - one.releasesAtMost), 0),
  };
}

function sinceOf(watched: readonly WatchedOne[], now: Date): number {
  return Math.min(now.getTime() / 1000, ...watched.map(({ since }) => since));
}

function writeGauges(request: SentinelRequest, gauges: SentinelReport['gauges'], watched: readonly WatchedOne[], now: Date): void {
  const { environment, application } = request;
  for (const { state: { protection }, gauges: own } of watched) {
    const names = request.protections.find((one) => one.protection === protection)?.gauges;
    writeMetrics({ environment, application, protection }, wanted(own, names), now);
  }
  // Last: it says that the round came to its end.
  writeMetrics({ environment, application }, wanted(gauges, request.gauges), now);
}

type Gauges = Readonly<Partial<Record<MetricKey, number>>>;

/** Those that somebody reads. */
function wanted(gauges: Gauges, names: readonly string[] | undefined): Gauges {
  return Object.fromEntries(Object.entries(gauges).filter(([name]) => names?.includes(name) ?? true));
}
