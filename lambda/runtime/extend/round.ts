import type { LockAction, LockDecision } from '../../../lib/contract/extend-report';
import type { ExtendedProtection, ExtendRequest } from '../../../lib/contract/extend-request';
import { protectionPrefix, slotOf, type ProtectionId } from '../../../lib/contract/object-keys';
import { lockStep, type CopyLock, type LockTerms } from '../../../lib/model/lock-extension';
import type { ReleaseMark } from '../../../lib/model/release';
import { concurrently } from '../concurrently';
import { readDamage } from '../copies/damage';
import { judgeCopies } from '../copies/judge-copies';
import { erasOf, readRecords, type PolicyRecords } from '../copies/policy-records';
import { refuseClockBehind } from '../copies/round-clock';
import { survey, type Survey, type SurveyedCopy } from '../copies/survey';
import { readMark } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';
import { lengthen } from './lengthen';
import { dataUnder, versionsOfCopy, versionsOfRun, type RunVersions } from './run-versions';
import { readLock } from './version-lock';

/** Copies looked at together. */
const AT_ONCE = 8;

export interface ExtendRoundProps {
  readonly store: StoreReaderOptions;
  readonly request: ExtendRequest;
  /** By the store's clock. */
  readonly now: Date;
}

/** What a round made of the locks of one protection. */
export interface ProtectionLocks {
  readonly decisions: readonly LockDecision[];
  /** Versions that were given a later end. */
  readonly versions: number;
  /** What could not be done, each with its reason; everything else was. */
  readonly failures: readonly Error[];
}

interface Round extends ExtendRoundProps {
  readonly id: ProtectionId;
  readonly terms: LockTerms;
  readonly writingSeconds: number;
}

/** A run that is looked at: a copy with what retention says of it, or one that is left alone and so is kept. */
interface Candidate {
  readonly runId: string;
  readonly keep: boolean;
  readonly reasons: readonly string[];
  readonly copy?: SurveyedCopy;
}

interface Looked {
  readonly decision?: LockDecision;
  readonly versions: number;
}

/**
 * Lengthens the lock of each copy that the policy keeps, so that it outlasts the rounds that follow; what is on its way out is left to
 * end. Parts and verdicts come first, the manifest last: its lock speaks for all, so a round that is cut short is gone on with by the next.
 */
export async function extendProtection(props: ExtendRoundProps, protection: ExtendedProtection): Promise<ProtectionLocks> {
  const { store, request, now } = props;
  const id: ProtectionId = { environment: request.environment, application: request.application, protection: protection.protection };
  const terms: LockTerms = {
    periodSeconds: request.store.lock.retentionSeconds,
    longestGapSeconds: request.rounds.longestGapSeconds,
    ceilingSeconds: protection.ceilingSeconds,
  };
  const round: Round = { ...props, id, terms, writingSeconds: protection.longestRunSeconds };
  // What retirement keeps in the place of a damaged copy is kept here too.
  const damage = await readDamage(store, id, now, async () => new Map());
  const [known, found] = await Promise.all([readKnown(store, id), survey(store, id, damage)]);
  refuseClockBehind(now, [found.newest, ...known.records.map(({ since }) => Date.parse(since))], id);
  const failures = [...known.failures];
  let versions = 0;
  const attempted = async (work: () => Promise<Looked>): Promise<LockDecision[]> => {
    try {
      const looked = await work();
      versions += looked.versions;
      return looked.decision ? [looked.decision] : [];
    } catch (error) {
      // One copy's trouble leaves no other without a lock.
      store.signal.throwIfAborted();
      failures.push(error as Error);
      return [];
    }
  };
  const candidates = candidatesOf(found, known.records, now);
  const decisions = (await concurrently(candidates, AT_ONCE, (candidate) => attempted(() => look(round, candidate)))).flat();
  decisions.push(...found.gone.map((runId): LockDecision => ({ runId, action: 'leaving', reasons: ['released in an earlier round'] })));
  await attempted(() => keepRecords(round));
  return { decisions: decisions.sort((a, b) => (a.runId < b.runId ? -1 : 1)), versions, failures };
}

/** Without its records nobody retires anything of a protection, so all of its copies stay: they are locked on, and the failure is told. */
async function readKnown(store: StoreReaderOptions, id: ProtectionId): Promise<{ records: PolicyRecords; failures: Error[] }> {
  try {
    return { records: await readRecords(store, id), failures: [] };
  } catch (error) {
    store.signal.throwIfAborted();
    return { records: [], failures: [error as Error] };
  }
}

function candidatesOf({ copies, leftAlone }: Survey, records: PolicyRecords, now: Date): Candidate[] {
  const judged = judgeCopies(copies, erasOf(records), now.getTime() / 1000);
  return [
    ...judged.map(({ copy, keep, reasons }) => ({ runId: copy.runId, copy, keep, reasons })),
    // Nobody retires what nobody can judge.
    ...leftAlone.map(({ runId, reason }) => ({ runId, keep: true, reasons: [`left alone: ${reason}`] })),
  ];
}

async function look(round: Round, candidate: Candidate): Promise<Looked> {
  const { store, id, terms, now } = round;
  const { runId, copy, keep, reasons } = candidate;
  const mark = markOf(copy);
  if (isOnItsWay(mark.kind)) return said(candidate, 'leaving', [mark.kind === 'pending' ? 'it is announced' : 'it is released']);
  if (!keep) return said(candidate, 'leaving', reasons);
  const run = copy ? versionsOfCopy(store, id, copy) : await versionsOfRun(store, id, runId);
  const lock = run ? await readLock(store, run.head) : 'gone';
  // A lifecycle rule came between.
  if (!run || lock === 'gone') return { versions: 0 };
  const until = lock === 'none' ? undefined : lock.until;
  const step = lockStep(lockOf(round, runId, run.head.writtenAt, until), mark, keep, terms, now.getTime() / 1000);
  if (step.kind === 'extend') return extend(round, candidate, run, step.until);
  if (step.kind === 'locked') return said(candidate, 'locked', reasons, until);
  return said(candidate, 'ending', [...reasons, 'no copy may be older than the retention ceiling, so no lock ends later'], until);
}

async function extend({ store, request }: Round, candidate: Candidate, run: RunVersions, until: number): Promise<Looked> {
  const { copy, reasons } = candidate;
  // Retirement may have come between.
  if (copy && isOnItsWay((await readMark(store, copy.manifest)).kind)) {
    return said(candidate, 'leaving', ['it was announced during this round']);
  }
  const how = { store, until, mode: request.store.lock.mode, dryRun: request.dryRun ?? false };
  const others = await lengthen(run.others(), how);
  if (others.foreign > 0) {
    // Its manifest's lock would say that all of it is locked.
    const why = `${others.foreign} of its objects are locked for compliance, and the store's lock is governance: its role may not lengthen theirs`;
    return { ...said(candidate, 'ending', [...reasons, why]), versions: others.versions };
  }
  const head = await lengthen([run.head], how);
  return { ...said(candidate, 'extended', reasons, until), versions: others.versions + head.versions };
}

function said({ runId }: Candidate, action: LockAction, reasons: readonly string[], until?: number): Looked {
  const end = until === undefined ? {} : { until: new Date(until * 1000).toISOString() };
  return { decision: { runId, action, ...end, reasons: [...reasons] }, versions: 0 };
}

function isOnItsWay(kind: ReleaseMark['kind']): boolean {
  return kind === 'pending' || kind === 'expire';
}

/** What was declared judges old copies for as long as there are any: each record is kept. */
async function keepRecords(round: Round): Promise<Looked> {
  const { store, id, terms: { ceilingSeconds: _ofCopies, ...terms }, request, now } = round;
  const seconds = now.getTime() / 1000;
  let versions = 0;
  for await (const record of dataUnder(store, protectionPrefix('policies', id))) {
    const lock = await readLock(store, record);
    if (lock === 'gone') continue;
    const writtenAt = record.lastModified.getTime() / 1000;
    const until = lock === 'none' ? undefined : lock.until;
    const step = lockStep({ slot: writtenAt, writtenAt, writingSeconds: 0, until }, { kind: 'none' }, true, terms, seconds);
    if (step.kind !== 'extend') continue;
    const how = { store, until: step.until, mode: request.store.lock.mode, dryRun: request.dryRun ?? false };
    versions += (await lengthen([record], how)).versions;
  }
  return { versions };
}

function lockOf({ writingSeconds }: Round, runId: string, writtenAt: number, until: number | undefined): CopyLock {
  return { slot: Date.parse(slotOf(runId)) / 1000, writtenAt, writingSeconds, until };
}

function markOf(copy: SurveyedCopy | undefined): ReleaseMark {
  if (copy === undefined) return { kind: 'other' };
  const { mark } = copy;
  return mark.kind === 'pending' ? { ...mark, since: Date.parse(mark.since) / 1000 } : { kind: mark.kind };
}
