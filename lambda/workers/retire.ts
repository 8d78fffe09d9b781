import { CONTRACT_VERSION } from '../../lib/contract/common';
import { policyPrefix, type ProtectionId } from '../../lib/contract/object-keys';
import { FINDINGS_NAMED, type RetireAction, type RetiredCounts, type RetireFinding, type RetireReport } from '../../lib/contract/retire-report';
import { RetireRequest } from '../../lib/contract/retire-request';
import { newestAudit, writeAudit, type FoundAudit } from '../runtime/copies/audits';
import { IntegrityError, messageOf } from '../runtime/errors';
import type { InvocationContext } from '../runtime/invocation';
import type { Log } from '../runtime/log';
import { writeMetrics } from '../runtime/metrics';
import { eachProtection, Failures, policyRound, type PolicyRound } from '../runtime/rounds/policy-round';
import { keepCopies } from '../runtime/retire/keep';
import { auditedProtection, damageOfAudit } from '../runtime/retire/store-audit';
import { retireProtection, type ProtectionRound } from '../runtime/retire/round';
import { listFolders } from '../runtime/store-listing';
import type { StoreReaderOptions } from '../runtime/store-reader';

/** What of the audit says that a copy which is kept may not come up, or that somebody wrote to the store. */
const DAMAGE: readonly RetireFinding['kind'][] = ['part-missing', 'part-hidden', 'part-differs', 'manifest-hidden', 'manifest-overwritten', 'manifest-damaged'];

/**
 * A round over a policy: judges every copy by what was in force at its slot, marks what nothing keeps, in two steps that lie the store's
 * grace apart, and audits the store against its manifests. It only tags; what it releases is deleted by the bucket's lifecycle rules.
 */
export async function retire(event: unknown, context: InvocationContext): Promise<RetireReport> {
  return policyRound('retire', RetireRequest, event, context, async (round) => {
    const { request, store, log } = round;
    const undeclared = await findUndeclared(store, request);
    const now = round.instant();
    if (request.keep || request.unkeep) return await keepCopies(store, request, now, log);
    return await retireAll(round, now, undeclared);
  });
}

/** Copies of protections that the policy no longer has: nobody judges them, and that is said. */
async function findUndeclared(store: StoreReaderOptions, request: RetireRequest): Promise<RetireFinding[]> {
  const { environment, application, protections } = request;
  const declared = new Set(protections.map(({ protection }) => protection));
  const kinds = ['runs', 'parts'] as const;
  const found = await Promise.all(kinds.map(async (kind) => {
    const prefix = policyPrefix(kind, { environment, application });
    const { folders, keys } = await listFolders(store, prefix);
    return [
      ...folders.filter((folder) => !declared.has(folder)).map((folder): RetireFinding => (
        { kind: 'undeclared', key: `${prefix}${folder}/`, text: `the policy has no protection ${folder}: its copies are left alone` })),
      ...keys.map((key): RetireFinding => ({ kind: 'unknown-key', key, text: 'nothing of ours has such a key' })),
    ];
  }));
  return found.flat();
}

async function retireAll(round: PolicyRound<RetireRequest>, now: Date, undeclared: readonly RetireFinding[]): Promise<RetireReport> {
  const { request, store, log } = round;
  const rounds: { readonly id: ProtectionId; readonly ended: ProtectionRound }[] = [];
  const failures = new Failures(log);
  const before = lastAudit(store, request, now);
  const damagedBefore = async (protection: string) => damageOfAudit((await before()).audit, protection);
  await eachProtection(round, failures, async (protection, id) => {
    const ended = await retireProtection({ store, request, now, damagedBefore }, protection);
    rounds.push({ id, ended });
    report(id, ended, request, now, log);
  });
  const findings = [...rounds.flatMap(({ ended }) => ended.findings), ...undeclared];
  for (const finding of findings) log.warn(`${finding.key}: ${finding.text}`, { finding: finding.kind, key: finding.key });
  if (!request.dryRun) await leaveAudit({ ...round, now, before }, rounds.map(({ ended }) => ended), findings.length);
  failures.throwWorst();
  const answer: RetireReport = {
    version: CONTRACT_VERSION, environment: request.environment, application: request.application,
    at: now.toISOString(), dryRun: request.dryRun ?? false,
    protections: rounds.map(({ id, ended }) => countsOf(id.protection, ended, request.whole === true)),
    findings: damageFirst(findings).slice(0, FINDINGS_NAMED), findingCount: findings.length,
  };
  if (!request.dryRun) refuseDamage(findings);
  return answer;
}

/** Asked once, where somebody wants to know. */
function lastAudit(store: StoreReaderOptions, request: RetireRequest, now: Date): () => Promise<FoundAudit> {
  let asked: Promise<FoundAudit> | undefined;
  return () => asked ??= newestAudit(store, request, now);
}

/** For whoever looks at the store between the rounds, and reads only what is new. Its absence is an alarm, and undoes no round. */
async function leaveAudit(
  { store, request, now, log, before }: PolicyRound<RetireRequest> & { readonly now: Date; readonly before: () => Promise<FoundAudit> },
  rounds: readonly ProtectionRound[], findingCount: number,
): Promise<void> {
  const { environment, application, store: { graceSeconds } } = request;
  try {
    const { audit } = await before();
    const protections = rounds.map((round) => auditedProtection({
      round, graceSeconds, now, before: audit?.protections.find(({ protection }) => protection === round.protection.protection),
    }));
    await writeAudit(store, { version: CONTRACT_VERSION, environment, application, at: now.toISOString(), protections, findingCount });
  } catch (error) {
    store.signal.throwIfAborted();
    log.warn(`the round leaves no audit: ${messageOf(error)}`, { errorType: (error as Error).name });
  }
}

function damageFirst(findings: readonly RetireFinding[]): RetireFinding[] {
  return [...findings].sort((a, b) => Number(DAMAGE.includes(b.kind)) - Number(DAMAGE.includes(a.kind)));
}

/** Told to the recipients, once all is done: a copy that is kept and may not come up is worse than none. */
function refuseDamage(findings: readonly RetireFinding[]): void {
  const damage = findings.filter(({ kind }) => DAMAGE.includes(kind));
  if (damage.length === 0) return;
  const named = damage.slice(0, 3).map(({ key, text }) => `${key}: ${text}`).join('; ');
  throw new IntegrityError(
    'STORE_DAMAGED', `The store does not hold what its manifests say, in ${damage.length} ${damage.length === 1 ? 'place' : 'places'}: ${named}${damage.length > 3 ? '; …' : ''}.`,
    'Look at who wrote to the store; damaged copies count as not proven, and the round did the rest of its work.',
  );
}

function report(id: ProtectionId, { decisions, findings }: ProtectionRound, { dryRun }: RetireRequest, now: Date, log: Log): void {
  const telling: readonly RetireAction[] = ['announced', 'released', 'held-back', 'taken-back', 'left-alone'];
  for (const { runId, action, reasons } of decisions) {
    if (telling.includes(action)) log.info(`${id.protection} ${runId} ${action}`, { protection: id.protection, runId, action, reasons, dryRun });
  }
  if (dryRun) return;
  const count = (action: RetireAction): number => decisions.filter((decision) => decision.action === action).length;
  writeMetrics(id, {
    copiesAnnounced: count('announced'), copiesReleased: count('released'), releasesHeldBack: count('held-back'), storeFindings: findings.length,
  }, now);
}

function countsOf(protection: string, round: ProtectionRound, whole: boolean): RetiredCounts {
  const { survey: { copies, storedBytes }, decisions, orphans } = round;
  const count = (action: RetireAction): number => decisions.filter((decision) => decision.action === action).length;
  return {
    protection, storedBytes, orphans,
    copies: copies.filter(({ mark }) => mark.kind !== 'expire').length,
    proven: copies.filter(({ mark, outcome }) => mark.kind !== 'expire' && (outcome === 'proven' || outcome === 'proven-except')).length,
    damaged: copies.filter(({ mark, damage }) => mark.kind !== 'expire' && damage).length,
    kept: count('kept'), announced: count('announced'), waiting: count('waiting'), released: count('released'), heldBack: count('held-back'),
    takenBack: count('taken-back'), gone: count('gone'), leftAlone: count('left-alone'),
    ...whole ? { decisions: [...decisions] } : {},
  };
}
