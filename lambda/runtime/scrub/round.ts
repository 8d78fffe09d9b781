import { manifestKey, type ProtectionId } from '../../../lib/contract/object-keys';
import { type Damage, DAMAGE_NAMED, type ReadCopy, type ScrubbedCopies } from '../../../lib/contract/scrub-record';
import type { ScrubAction, ScrubDecision } from '../../../lib/contract/scrub-report';
import type { ScrubbedProtection, ScrubRequest } from '../../../lib/contract/scrub-request';
import { dueBy, inRotation, turnsNow, type RestingCopy, type ScrubTerms } from '../../../lib/model/scrub';
import { refuseClockBehind } from '../copies/round-clock';
import { IntegrityError, messageOf } from '../errors';
import type { Log } from '../log';
import type { StoreReaderOptions } from '../store-reader';
import type { Pace } from './pace';
import { readCopy } from './read-copy';
import { Rotation } from './readings';

export interface ScrubRoundProps {
  readonly store: StoreReaderOptions;
  readonly request: ScrubRequest;
  /** By the store's clock. */
  readonly now: Date;
  readonly pace: Pace;
  readonly log: Log;
}

/** What a round made of one protection. */
export interface ProtectionReadings {
  readonly decisions: readonly ScrubDecision[];
  /** Bytes of parts; in a dry run, of those that would be read. */
  readonly readBytes: number;
  readonly oldestSeconds: number;
  /** For the round's record. */
  readonly scrubbed: ScrubbedCopies;
  /** What could not be read, and what is damaged; everything else was done. */
  readonly failures: readonly Error[];
}

interface Round extends ScrubRoundProps {
  readonly id: ProtectionId;
  readonly terms: ScrubTerms;
  readonly rotation: Rotation;
}

/** What became of copies in this round, by run. */
type Told = Map<string, { readonly action: ScrubAction; readonly reason: string }>;

/**
 * Reads again what was read longest ago of one protection's copies: what an earlier round began, then as many as this round must for all
 * to be read within the period, then what was damaged and may be whole or gone by now. It stops before its time is over; what was read
 * is written down, and the next round goes on from there.
 */
export async function scrubProtection(props: ScrubRoundProps, protection: ScrubbedProtection): Promise<ProtectionReadings> {
  const { store, request, now, pace, log } = props;
  const { environment, application, periodSeconds, rounds: { longestGapSeconds }, dryRun = false } = request;
  const id: ProtectionId = { environment, application, protection: protection.protection };
  const rotation = await Rotation.load({ store, id, now, log });
  const round: Round = { ...props, id, rotation, terms: { periodSeconds, longestGapSeconds } };
  refuseClockBehind(now, [rotation.since * 1000], id);
  await rotation.admitNew(protection.longestRunSeconds);
  const turns = turnsOf(round);
  if (dryRun) return told(round, new Map(turns.map(({ runId, reason }) => [runId, { action: 'due', reason }])), planned(round, turns), []);
  const done: Told = new Map();
  const failures: Error[] = [];
  let readBytes = 0;
  for (const turn of [...turns, ...toLookAtAgain(round, turns)]) {
    if (pace.over) {
      if (!turn.only) done.set(turn.runId, { action: 'due', reason: `${turn.reason}; the round's time was over before it` });
      continue;
    }
    try {
      readBytes += await take(round, turn, done);
    } catch (error) {
      // One copy's trouble leaves no other unread.
      store.signal.throwIfAborted();
      failures.push(error as Error);
      rotation.release(turn.runId);
      done.set(turn.runId, { action: 'failed', reason: messageOf(error) });
    }
  }
  await rotation.save(rotation.open, pace.now());
  return told(round, done, readBytes, [...failures, ...damageOf(round)]);
}

interface Turn {
  readonly runId: string;
  readonly reason: string;
  /** Parts that are looked at again; absent for all. */
  readonly only?: readonly string[];
}

/** What this round is to read, in this order. */
function turnsOf(round: Round): Turn[] {
  const { rotation, terms, now } = round;
  const resting = inRotation(rotation.staying.map((copy) => restingOf(round, copy)));
  const turns = resting.slice(0, turnsNow(resting, terms, now.getTime() / 1000))
    .map((copy): Turn => ({ runId: copy.runId, reason: 'it was read longest ago of all, and must be by then' }));
  const open = rotation.open && rotation.get(rotation.open.runId);
  if (!open) return turns;
  return [{ runId: open.runId, reason: 'an earlier round began with it' }, ...turns.filter(({ runId }) => runId !== open.runId)];
}

/** A copy that was damaged may have been released since, a part that was missing may be back, and so may a copy that was released. */
function toLookAtAgain({ rotation }: Round, turns: readonly Turn[]): Turn[] {
  return rotation.copies
    .filter(({ runId, damage, leaving }) => (damage || leaving) && !turns.some((turn) => turn.runId === runId))
    .map(({ runId, damage = [] }) => ({ runId, reason: 'it was damaged when it was last read', only: damage.flatMap(({ part }) => part ?? []) }));
}

/** @returns bytes that were read */
async function take({ store, id, rotation, pace, log }: Round, { runId, reason, only }: Turn, done: Told): Promise<number> {
  const open = rotation.open?.runId === runId && !only ? rotation.open : undefined;
  const reading = await readCopy({
    store, id, runId, pace, open, only,
    ...only ? {} : { save: async (at) => { await rotation.save(at, pace.now()); pace.written(); } },
  });
  const known = rotation.get(runId);
  if (reading.kind === 'gone' || !known) {
    log.info(`${id.protection} ${runId} gone`, { protection: id.protection, runId });
    rotation.forget(runId);
    return 0;
  }
  if (reading.kind === 'leaving') {
    rotation.set({ ...known, leaving: true });
    rotation.release(runId);
    return 0;
  }
  if (reading.kind === 'stopped') {
    if (!only) rotation.open = reading.open;
    if (!only) done.set(runId, { action: 'due', reason: `${reason}; read as far as the round's time went` });
    return reading.bytes;
  }
  const { damage, damageCount } = only ? stillDamaged(known, reading.damage) : reading;
  if (!only) rotation.open = undefined;
  rotation.set({
    runId, sizeBytes: known.sizeBytes, readAt: only ? known.readAt : reading.startedAt,
    ...damageCount > 0 ? { damage: [...damage], damageCount, seenAt: damage.length > 0 ? pace.now().toISOString() : known.seenAt } : {},
  });
  if (damageCount > 0) log.warn(`${id.protection} ${runId}: ${wordsOf(damage)}`, { protection: id.protection, runId, damageCount });
  else if (!only) done.set(runId, { action: 'read', reason });
  else if (known.damage) done.set(runId, { action: 'read', reason: 'it was damaged, and is as it was written' });
  return reading.bytes;
}

/** What was not named cannot be looked at alone: it stays until all of the copy is read again. */
function stillDamaged(known: ReadCopy, found: readonly Damage[]): { readonly damage: readonly Damage[]; readonly damageCount: number } {
  const { damage = [], damageCount = 0 } = known;
  return { damage: found, damageCount: found.length + damageCount - damage.length };
}

function restingOf({ rotation }: Round, { runId, sizeBytes, readAt }: ReadCopy): RestingCopy {
  return { runId, sizeBytes, countsFrom: Math.max(Date.parse(readAt) / 1000, rotation.since) };
}

function planned({ rotation }: Round, turns: readonly Turn[]): number {
  return turns.reduce((sum, { runId }) => sum + (rotation.get(runId)?.sizeBytes ?? 0), 0);
}

function damageOf({ rotation }: Round): Error[] {
  return rotation.staying.flatMap(({ runId, damage, damageCount = 0 }) => (damage ? [damagedError(runId, damage, damageCount)] : []));
}

/** Of more damaged parts than are named, all that were may be whole again. */
function wordsOf([first]: readonly Damage[]): string {
  return first?.text ?? 'Parts that are not named here were damaged, and were not read since.';
}

function damagedError(runId: string, damage: readonly Damage[], count: number): Error {
  const more = count > 1 && damage.length > 0 ? ` ${count - 1} more of its parts are damaged.` : '';
  return new IntegrityError(
    damage[0]?.code ?? 'PART_HASH_DIFFERS', `The copy ${runId} is not as it was written: ${wordsOf(damage)}${more}`,
    'Do not restore from this run; take the newest proven one, or this one from the replica, and look at who wrote to the store.',
  );
}

function told(round: Round, done: Told, readBytes: number, failures: readonly Error[]): ProtectionReadings {
  const { rotation, terms, now, id } = round;
  const resting = inRotation(rotation.staying.map((copy) => restingOf(round, copy)));
  const [oldest] = resting;
  const damaged = newestFirst(rotation.staying.filter(({ damage }) => damage));
  const decisions = resting.map((copy): ScrubDecision => {
    const { readAt, sizeBytes, damage } = rotation.get(copy.runId)!;
    const base = { runId: copy.runId, readAt, dueBy: new Date(dueBy(copy, terms) * 1000).toISOString(), sizeBytes };
    if (damage) return { ...base, action: 'damaged', reasons: damage.length > 0 ? damage.map(({ text }) => text) : [wordsOf(damage)] };
    const { action, reason } = done.get(copy.runId) ?? { action: 'resting' as const, reason: 'others were read longer ago' };
    return { ...base, action, reasons: [reason] };
  });
  return {
    decisions, readBytes, failures,
    oldestSeconds: oldest ? Math.max(0, Math.floor(now.getTime() / 1000 - oldest.countsFrom)) : 0,
    scrubbed: {
      protection: id.protection, copies: resting.length,
      ...oldest ? { oldest: { runId: oldest.runId, countsFrom: new Date(oldest.countsFrom * 1000).toISOString() } } : {},
      damagedCopies: damaged.length,
      damaged: damaged.slice(0, DAMAGE_NAMED)
        .map(({ runId, damage = [] }) => ({ runId, key: manifestKey(id, runId), text: wordsOf(damage) })),
      damagedRuns: newestFirst(rotation.copies.filter(({ damage }) => damage))
        .map(({ runId, readAt, seenAt = readAt }) => ({ runId, seenAt })),
    },
  };
}

function newestFirst(copies: readonly ReadCopy[]): ReadCopy[] {
  return [...copies].sort((one, other) => (one.runId < other.runId ? 1 : -1));
}
