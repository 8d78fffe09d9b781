import type { ProtectionId } from '../../../lib/contract/object-keys';
import type { RetireMark } from '../../../lib/contract/retire-mark';
import type { RetireAction, RetireDecision, RetireFinding } from '../../../lib/contract/retire-report';
import type { RetiredProtection, RetireRequest } from '../../../lib/contract/retire-request';
import { releaseStep, withinLimit, type ReleaseMark } from '../../../lib/model/release';
import { RefusedError } from '../errors';
import { readMark, writeMark } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';
import { runFindings } from './audit-runs';
import { announceCopy, releaseCopy, releaseOrphan, takeBack } from './marking';
import { readDamage, type KnownDamage } from '../copies/damage';
import { judgeCopies } from '../copies/judge-copies';
import { erasOf, graceOf, isInForce, nextRecord, readRecords, writeRecord, type PolicyRecords } from '../copies/policy-records';
import { CLOCK_MARGIN_SECONDS, refuseClockBehind } from '../copies/round-clock';
import { survey, type Orphan, type Survey } from '../copies/survey';

/** Beyond the longest an attempt can write. */
const ORPHAN_MARGIN_SECONDS = 86_400;

export interface RoundProps {
  readonly store: StoreReaderOptions;
  readonly request: RetireRequest;
  /** By the store's clock. */
  readonly now: Date;
  /** What the last audit knew of damaged copies, of a protection. */
  readonly damagedBefore: (protection: string) => Promise<KnownDamage['runs']>;
}

interface Round extends RoundProps {
  readonly id: ProtectionId;
  readonly protection: RetiredProtection;
}

/** What a round made of one protection. */
export interface ProtectionRound {
  readonly survey: Survey;
  /** As it is declared now. */
  readonly protection: RetiredProtection;
  /** What was declared, the newest last. */
  readonly records: PolicyRecords;
  readonly decisions: readonly RetireDecision[];
  readonly findings: readonly RetireFinding[];
  /** Attempts without a manifest that were announced or released. */
  readonly orphans: number;
}

/** Judges the copies of one protection by what was in force at their slots, and marks what nothing keeps. */
export async function retireProtection(props: RoundProps, protection: RetiredProtection): Promise<ProtectionRound> {
  const { store, request, now } = props;
  const id: ProtectionId = { environment: request.environment, application: request.application, protection: protection.protection };
  const round: Round = { ...props, id, protection };
  const damage = await readDamage(store, id, now, () => props.damagedBefore(id.protection));
  const [known, found] = await Promise.all([readRecords(store, id), survey(store, id, damage)]);
  refuseClockBehind(now, [found.newest, ...known.map(({ since }) => Date.parse(since))], id);
  const records = await inForce(round, known);
  const decisions = await act(round, found, records);
  const orphans = await releaseOrphans(round, found.orphans, records);
  const runs = runFindings({ id, survey: found, records, longestRunSeconds: protection.longestRunSeconds, now: now.getTime() / 1000 });
  return { survey: found, protection, records, decisions, findings: [...found.findings, ...runs, ...orphans], orphans: orphans.length };
}

/** The records with what is declared now as the newest. @throws RefusedError for a round that was scheduled before it */
async function inForce({ store, request, now, id, protection }: Round, known: PolicyRecords): Promise<PolicyRecords> {
  const { schedule, retention } = protection;
  const declared = { schedule, retention, graceSeconds: request.store.graceSeconds };
  if (isInForce(known, declared)) return known;
  const newest = known.at(-1);
  if (newest && Date.parse(request.slot) < Date.parse(newest.since) - CLOCK_MARGIN_SECONDS * 1000) {
    throw new RefusedError(
      'POLICY_STALE', `The round of ${request.slot} brings another policy than the one in force since ${newest.since}.`,
      'It was asked for before the policy changed: nothing was retired by it, and the next round is of the new policy.',
    );
  }
  const record = nextRecord(known, id, declared, now);
  if (!request.dryRun) await writeRecord(store, record);
  return [...known, record];
}

async function act({ store, request, now, id, protection }: Round, found: Survey, records: PolicyRecords): Promise<RetireDecision[]> {
  const seconds = now.getTime() / 1000;
  const judged = judgeCopies(found.copies, erasOf(records), seconds);
  const steps = judged.map(({ copy, keep, reasons }) => {
    const mark = epochMark(copy.mark);
    const grace = mark.kind === 'pending' ? graceOf(records, mark.since, request.store.graceSeconds) : request.store.graceSeconds;
    return { copy, reasons, step: releaseStep(mark, keep, seconds, grace) };
  });
  const { later } = withinLimit(steps.filter(({ step }) => step === 'release').map(({ copy }) => copy), protection.releasesAtMost);
  const decisions: RetireDecision[] = [];
  const said = (runId: string, action: RetireAction, reasons: readonly string[]): void => {
    decisions.push({ runId, action, reasons: [...reasons] });
  };
  for (const { copy, step, reasons } of steps) {
    const { runId } = copy;
    switch (step) {
      case 'stay': said(runId, 'kept', reasons); break;
      case 'wait': said(runId, 'waiting', reasons); break;
      case 'gone': said(runId, 'gone', reasons); break;
      case 'announce': {
        const done = request.dryRun || await announceCopy(store, copy, wholeSecond(now));
        if (done) said(runId, 'announced', reasons);
        else said(runId, 'kept', ['legal hold: on its manifest']);
        break;
      }
      case 'take-back':
        if (!request.dryRun) await takeBack(store, id, copy);
        said(runId, 'taken-back', reasons);
        break;
      case 'release': {
        if (later.includes(copy)) {
          said(runId, 'held-back', [...reasons, `${protection.releasesAtMost} were released before it, and no round releases more`]);
          break;
        }
        const done = request.dryRun || await releaseCopy(store, id, copy as Parameters<typeof releaseCopy>[2]);
        if (done) said(runId, 'released', reasons);
        else said(runId, 'kept', ['it was marked anew, or a legal hold was laid on it, during this round']);
      }
    }
  }
  for (const runId of found.gone) said(runId, 'gone', ['released in an earlier round']);
  for (const { runId, reason } of found.leftAlone) said(runId, 'left-alone', [reason]);
  return decisions.sort((a, b) => (a.runId < b.runId ? -1 : 1));
}

async function releaseOrphans(round: Round, orphans: readonly Orphan[], records: PolicyRecords): Promise<RetireFinding[]> {
  const { store, request, now, protection } = round;
  const findings: RetireFinding[] = [];
  const oldest = now.getTime() - (protection.longestRunSeconds + ORPHAN_MARGIN_SECONDS) * 1000;
  const old = orphans.filter(({ newest }) => newest.getTime() < oldest);
  let released = 0;
  for (const { prefix, head, newest } of old) {
    const mark = epochMark(await readMark(store, head));
    const grace = mark.kind === 'pending' ? graceOf(records, mark.since, request.store.graceSeconds) : request.store.graceSeconds;
    const step = releaseStep(mark, false, now.getTime() / 1000, grace);
    const text = `no manifest names it, and nothing was written there since ${newest.toISOString()}`;
    if (step === 'announce') {
      if (!request.dryRun) await writeMark(store, head, { kind: 'pending', since: wholeSecond(now), releasing: false });
      findings.push({ kind: 'orphan', key: prefix, text: `${text}: announced` });
    } else if (step === 'release' && released < protection.releasesAtMost) {
      released++;
      if (!request.dryRun) await releaseOrphan(store, prefix, head);
      findings.push({ kind: 'orphan', key: prefix, text: `${text}: released` });
    }
  }
  return findings;
}

function epochMark(mark: RetireMark): ReleaseMark {
  return mark.kind === 'pending' ? { ...mark, since: Date.parse(mark.since) / 1000 } : { kind: mark.kind };
}

function wholeSecond(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}
