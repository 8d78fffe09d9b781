import { cpus, totalmem } from 'node:os';
import { zstdDecompressSync } from 'node:zlib';
import { Decrypter } from 'age-encryption';
import { Census } from '../lib/contract/census';
import { parseVersioned } from '../lib/contract/common';
import { type Manifest, type Part, parseManifest } from '../lib/contract/manifest';
import { manifestKey, protectionPrefix, type ProtectionId } from '../lib/contract/object-keys';
import { parseVerdict, type Verdict } from '../lib/contract/verdict';
import type { FoundPolicy, FoundProtection } from './assembly';
import type { Authorizer } from './cloud/authorizer';
import type { Endpoint } from './endpoint';
import { findingsOf } from './findings';
import type { Execution } from './machine/run-machine';
import type { WorkerRun } from './machine/tasks';
import { CENSUS_SHOWN, outcomeOf, REPORT_VERSION, type RehearsalReport, type ReportError, type ReportOutcome, type ReportProtection, type ReportRetirement, type ReportStep } from './report/model';
import type { ExtendRound } from './extend-round';
import type { PolicyRound } from './policy-round';
import type { ScrubRound } from './scrub-round';
import type { RehearsedRetirement } from './rehearse-retirement';
import type { ReportMonth } from './report/month-model';
import { reportedMessage } from './report/notice-words';
import type { NotRehearsed } from './sources/source';

/** All that is known of one protection's run. */
export interface RanProtection {
  readonly policy: FoundPolicy;
  readonly protection: FoundProtection;
  readonly slot: string;
  readonly runId: string;
  readonly execution: Execution;
  readonly workers: readonly WorkerRun[];
}

/** What the store holds of one run; undefined is what was not reached. */
export interface StoredRun {
  readonly manifest?: Manifest;
  readonly verdict?: Verdict;
  readonly census?: Census;
}

export interface ReportProps {
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly sandbox: string;
  readonly ran: readonly { readonly run: RanProtection; readonly stored: StoredRun }[];
  /** By policy. */
  readonly retired: ReadonlyMap<FoundPolicy, RehearsedRetirement>;
  readonly extended: ReadonlyMap<FoundPolicy, ExtendRound | undefined>;
  readonly scrubbed: ReadonlyMap<FoundPolicy, ScrubRound | undefined>;
  /** Undefined where no days passed. */
  readonly month: ReportMonth | undefined;
  readonly endpoint: Pick<Endpoint, 'calls' | 'messages'>;
  readonly authorizer: Authorizer;
  readonly notRehearsed: readonly NotRehearsed[];
}

/** Reads manifest, verdict and census of a run from the store, as they are; an encrypted census with the identities of a file's text. */
export async function readStored(
  { policy, protection, runId }: Pick<RanProtection, 'policy' | 'protection' | 'runId'>, { s3 }: Pick<Endpoint, 's3'>, identity?: string,
): Promise<StoredRun> {
  const { environment, application } = policy.declared;
  const id: ProtectionId = { environment, application, protection: protection.declared.id };
  const bucket = protection.bucket;
  const json = async (key: string): Promise<unknown> => JSON.parse((await s3.read(bucket, key)).toString('utf8'));
  const key = manifestKey(id, runId);
  if (!s3.keys(bucket, key).includes(key)) return {};
  const manifest = parseManifest(await json(key));
  const verdicts = s3.keys(bucket, `${protectionPrefix('verdicts', id)}${runId}/`);
  const verdict = verdicts.length > 0 ? parseVerdict(await json(verdicts[verdicts.length - 1])) : undefined;
  const part = manifest.parts.find(({ name }) => name === manifest.census);
  if (!part || !s3.keys(bucket, part.key).includes(part.key)) return { manifest, verdict };
  return { manifest, verdict, census: await readCensus(part, () => s3.read(bucket, part.key), identity) };
}

/** A census that cannot be read is the verdict's to say: the report then has none. */
async function readCensus({ encoding, encryption }: Part, read: () => Promise<Buffer>, identity = ''): Promise<Census | undefined> {
  try {
    const bytes = encryption ? await decrypted(await read(), identity) : await read();
    return parseVersioned('the census', Census, JSON.parse((encoding === 'zstd' ? zstdDecompressSync(bytes) : bytes).toString('utf8')));
  } catch {
    return undefined;
  }
}

async function decrypted(bytes: Buffer, identity: string): Promise<Buffer> {
  const decrypter = new Decrypter();
  for (const line of identity.split('\n').map((one) => one.trim())) if (line !== '' && !line.startsWith('#')) decrypter.addIdentity(line);
  return Buffer.from(await decrypter.decrypt(bytes));
}

export function buildReport(props: ReportProps): RehearsalReport {
  const { startedAt, finishedAt, ran, retired, extended, scrubbed, month, endpoint, authorizer } = props;
  const policies = [...new Set(ran.map(({ run }) => run.policy))].map((policy) => ({
    application: policy.declared.application,
    environment: policy.declared.environment,
    path: policy.declared.path,
    retirement: reportRetirement(retired.get(policy)),
    lockExtension: reportRound(extended.get(policy)),
    scrub: reportRound(scrubbed.get(policy)),
    protections: ran.filter(({ run }) => run.policy === policy).map(({ run, stored }) => reportProtection(run, stored)),
  }));
  return {
    version: REPORT_VERSION,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    seconds: secondsBetween(startedAt, finishedAt),
    outcome: outcomeOf(policies.flatMap(({ protections, retirement, lockExtension, scrub }): ReportOutcome[] => [
      ...protections.map(({ outcome }) => outcome),
      ...[retirement, lockExtension, scrub].some((one) => one?.outcome === 'failed') ? ['failed' as const] : [],
    ]).concat(month ? outcomesOfMonth(month) : [])),
    machine: { cores: cpus().length, memoryBytes: totalmem(), node: process.versions.node, sandbox: props.sandbox, platform: `${process.platform} ${process.arch}` },
    policies,
    messages: endpoint.messages.map(reportedMessage),
    calls: countCalls(endpoint.calls),
    grants: { unused: authorizer.unusedGrants(), refused: authorizer.refusals() },
    ...month ? { month } : {},
    findings: findingsOf([...new Set(ran.map(({ run }) => run.policy.declared))], ran.map(({ run }) => run.protection.declared)),
    notRehearsed: [...props.notRehearsed],
  };
}

/** A round that failed, or a region whose loss nothing survives, is no good end of the days. */
function outcomesOfMonth({ rounds, extensions, protections }: ReportMonth): ReportOutcome[] {
  return [
    ...[...rounds, ...extensions].some(({ error }) => error !== undefined) ? ['failed' as const] : [],
    ...protections.flatMap(({ lostRegion }) => lostRegion?.outcome ?? []),
  ];
}

function countCalls(calls: Endpoint['calls']): RehearsalReport['calls'] {
  const counted = new Map<string, RehearsalReport['calls'][number]>();
  // Calls without a principal are the rehearsal's own.
  for (const { service, operation, principal, decision } of calls) {
    if (principal === undefined) continue;
    const key = `${service} ${operation}`;
    const one = counted.get(key) ?? { service, operation, count: 0, refused: 0 };
    counted.set(key, { ...one, count: one.count + 1, refused: one.refused + (decision?.allow === false ? 1 : 0) });
  }
  return [...counted.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function reportProtection(run: RanProtection, { manifest, verdict, census }: StoredRun): ReportProtection {
  const { protection: { declared }, execution, workers } = run;
  const error = errorOf(execution);
  const outcome = judged(execution, verdict);
  const of = (verb: string): WorkerRun[] => workers.filter((one) => one.verb === verb);
  const peak = (verb: string): number | undefined =>
    of(verb).length > 0 ? Math.max(...of(verb).map((one) => one.peakMemoryBytes)) : undefined;
  const limit = (verb: string): number | undefined => of(verb)[0]?.memoryLimitBytes;
  const seconds = (verb: string): Record<string, number> =>
    of(verb).length > 0 ? { [verb]: rounded(of(verb).reduce((sum, one) => sum + one.seconds, 0)) } : {};
  const { parts, ...rest } = manifest ?? {};
  return {
    id: declared.id, engine: declared.run.engine,
    schedule: `${declared.schedule.expression} ${declared.schedule.timeZone}`,
    slot: run.slot, runId: run.runId, outcome,
    summary: outcome === 'failed' ? error?.message ?? 'The run ended without a verdict.' : verdict?.summary ?? '',
    steps: [...stateSteps(execution), ...workers.map(attemptStep), ...phases(verdict)]
      .sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt)),
    ...(manifest ? { ...manifest.totals, parts: parts?.length ?? 0, manifest: rest as Omit<Manifest, 'parts'> } : {}),
    seconds: { ...seconds('dump'), ...seconds('verify'), total: secondsBetween(execution.startedAt, execution.finishedAt) },
    peakMemoryBytes: { dump: peak('dump'), verify: peak('verify') },
    memoryLimitBytes: { dump: limit('dump'), verify: limit('verify') },
    objectives: declared.run.objectives,
    verdict,
    census: shown(census),
    leftOut: manifest?.leftOut ?? [],
    exceptions: verdict?.exceptions ?? [],
    assertions: verdict?.assertions ?? [],
    ...(outcome === 'failed' || outcome === 'not-proven' ? { error } : {}),
  };
}

function reportRetirement(retired: RehearsedRetirement | undefined): ReportRetirement | undefined {
  if (!retired) return undefined;
  const all = [retired.round, ...retired.marking];
  const failed = all.find(({ report }) => report === undefined);
  return {
    outcome: failed ? 'failed' : 'succeeded',
    seconds: rounded(all.flatMap(({ workers }) => workers).reduce((sum, { seconds }) => sum + seconds, 0)),
    round: retired.round.report,
    marked: retired.marking.length > 0 && !failed,
    ...(failed ? { error: errorOf(failed.execution) } : {}),
  };
}

/** What a round did, or why it did not. */
interface ReportedRound<Report> {
  readonly outcome: 'succeeded' | 'failed';
  readonly seconds: number;
  readonly round?: Report;
  readonly error?: ReportError;
}

function reportRound<Report>(ended: PolicyRound<Report> | undefined): ReportedRound<Report> | undefined {
  if (!ended) return undefined;
  const { report, workers, execution } = ended;
  const seconds = rounded(workers.reduce((sum, worker) => sum + worker.seconds, 0));
  return report ? { outcome: 'succeeded', seconds, round: report } : { outcome: 'failed', seconds, error: errorOf(execution) };
}

/** A good verdict of a machine that failed all the same (a hook, a lost right) is not proven to work. */
function judged(execution: Execution, verdict: Verdict | undefined): ReportOutcome {
  if (verdict?.outcome === 'not-proven') return 'not-proven';
  return execution.outcome === 'succeeded' && verdict ? verdict.outcome : 'failed';
}

function shown(census: Census | undefined): ReportProtection['census'] {
  const items = (census?.items ?? []).map(({ part: _part, ...item }) => item);
  return items.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || (b.rows ?? 0) - (a.rows ?? 0)).slice(0, CENSUS_SHOWN);
}

/** A worker's error is JSON in the cause; the last failed state knows it even where the machine put a sentence in its place. */
function errorOf(execution: Execution): ReportError | undefined {
  const raised = execution.states.findLast(({ type, error }) => type === 'Task' && error)?.error ?? execution.error;
  if (!raised) return execution.outcome === 'succeeded' ? undefined : { name: execution.outcome, message: 'The execution did not end by itself.' };
  let message = raised.cause;
  try {
    message = (JSON.parse(raised.cause) as { errorMessage?: string }).errorMessage ?? raised.cause;
  } catch {
    // A service's cause is plain text.
  }
  const code = /^\[([A-Z0-9_]+)\] /.exec(message)?.[1];
  return { name: raised.name, ...(code ? { code } : {}), message };
}

/** States that do something: what only moves data takes no time worth a line. */
function stateSteps({ states }: Execution): ReportStep[] {
  return states.filter(({ type }) => ['Task', 'Parallel', 'Map', 'Wait'].includes(type)).map(({ name, startedAt, finishedAt, tries, outcome, error }) => ({
    name, kind: 'state', tries,
    startedAt: startedAt.toISOString(),
    seconds: secondsBetween(startedAt, finishedAt ?? startedAt),
    outcome: outcome === 'succeeded' ? 'succeeded' : 'failed',
    ...(error ? { detail: error.name } : {}),
  }));
}

function attemptStep({ state, tryNumber, startedAt, seconds, error }: WorkerRun): ReportStep {
  return {
    name: `${state}, try ${tryNumber}`, kind: 'attempt', tries: 1, startedAt: startedAt.toISOString(), seconds: rounded(seconds),
    outcome: error ? 'failed' : 'succeeded', ...(error ? { detail: error.message } : {}),
  };
}

/** The verdict's own seconds, one after the other up to its instant. */
function phases(verdict: Verdict | undefined): ReportStep[] {
  if (!verdict) return [];
  const names = ['scratch', 'restore', 'census', 'assertions'] as const;
  let at = Date.parse(verdict.verifiedAt) - names.reduce((sum, name) => sum + verdict.seconds[name], 0) * 1000;
  return names.filter((name) => verdict.seconds[name] > 0).map((name) => {
    const startedAt = new Date(at).toISOString();
    at += verdict.seconds[name] * 1000;
    return { name, kind: 'phase', tries: 1, startedAt, seconds: rounded(verdict.seconds[name]), outcome: 'succeeded' };
  });
}

function secondsBetween(from: Date, to: Date): number {
  return rounded(Math.max(0, to.getTime() - from.getTime()) / 1000);
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
