import { parseManifest, type Manifest } from '../../../lib/contract/manifest';
import { NewerContractError } from '../../../lib/contract/common';
import { parseManifestKey, parsePartKey, parseVerdictKey, protectionPrefix, slotOf, type ProtectionId } from '../../../lib/contract/object-keys';
import type { RetireMark } from '../../../lib/contract/retire-mark';
import type { RetireFinding } from '../../../lib/contract/retire-report';
import { parseVerdict } from '../../../lib/contract/verdict';
import { instantText } from '../../../lib/model/calendar';
import { isProven } from '../../../lib/model/copy';
import { damageStands, type Verification } from '../../../lib/model/damage';
import type { Copy } from '../../../lib/model/retention';
import { concurrently } from '../concurrently';
import { messageOf } from '../errors';
import { listVersions, type StoredVersion } from '../store-listing';
import { isHeld, readMark, type VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';
import { auditParts } from './audit-parts';
import type { FoundDamage, KnownDamage } from './damage';
import { isLeaving } from './judge-copies';
import { byRun, type RunObjects } from './run-objects';
import { readStoredDocument } from './stored-document';

/** A copy that can be judged. */
export interface SurveyedCopy extends Copy {
  readonly manifest: VersionName;
  readonly attempt: string;
  /** When its manifest was written by the store's clock, in seconds since 1970. */
  readonly finishedAt: number;
  readonly mark: RetireMark;
  /** All of its parts are there as its manifest says. */
  readonly whole: boolean;
  /** Why it counts as not proven, though its verdict may say otherwise: it was not as it was written when it was last read. */
  readonly damage?: {
    readonly text: string;
    /** It would be proven otherwise. */
    readonly proven: boolean;
  };
}

/** Objects of an attempt, or verdicts, that no manifest answers for. */
export interface Orphan {
  readonly runId: string;
  readonly prefix: string;
  /** The version that bears the mark of all. */
  readonly head: VersionName;
  /** The newest of its objects, by the store's clock. */
  readonly newest: Date;
}

export interface Survey {
  readonly copies: readonly SurveyedCopy[];
  /** Released earlier, and not deleted yet. */
  readonly gone: readonly string[];
  readonly leftAlone: readonly { readonly runId: string; readonly reason: string }[];
  readonly orphans: readonly Orphan[];
  readonly findings: readonly RetireFinding[];
  /** Runs that are damaged by what the newest reading of each found, a copy that can be judged or not. */
  readonly damaged: readonly string[];
  readonly storedBytes: number;
  /** The store's clock at its newest object, in milliseconds; 0 for none. */
  readonly newest: number;
}

const UNVERIFIED: Verification = { outcome: 'unverified', began: 0 };

/** Runs looked at together: four small requests each. */
const AT_ONCE = 24;

/**
 * What the store holds of one protection, held against its manifests. Every manifest, its tags and its newest verdict are read, parts
 * are only listed: the cost is that of the copies that are kept.
 *
 * @param damage what rounds that read stored copies again found: such a copy counts as not proven
 */
export async function survey(store: StoreReaderOptions, id: ProtectionId, damage: KnownDamage): Promise<Survey> {
  const findings: RetireFinding[] = [];
  let storedBytes = 0;
  let newest = 0;
  const listed = (kind: 'runs' | 'verdicts' | 'parts') => listVersions(store, protectionPrefix(kind, id));
  const unknown = ({ key }: StoredVersion): void => {
    findings.push({ kind: 'unknown-key', key, text: 'nothing of ours has such a key' });
  };
  const groups = byRun(
    // In this order: whoever finishes meanwhile has parts without a manifest, and is young, but no manifest without parts.
    { runs: listed('runs'), verdicts: listed('verdicts'), parts: listed('parts') },
    {
      runs: (key) => parseManifestKey(key)?.runId,
      verdicts: (key) => parseVerdictKey(key)?.runId,
      parts: (key) => parsePartKey(key)?.runId,
    },
    unknown,
  );
  const counted = (async function* () {
    for await (const group of groups) {
      for (const version of [...group.runs, ...group.verdicts, ...group.parts]) {
        storedBytes += version.sizeBytes;
        newest = Math.max(newest, version.lastModified.getTime());
      }
      yield group;
    }
  })();
  const runs = await concurrently(counted, AT_ONCE, (group) => surveyRun(store, id, group, damage.runs.get(group.runId)));
  const copies = runs.flatMap(({ copy }) => copy ?? []);
  const unjudged = runs.flatMap(({ gone, leftAlone }) => gone ?? leftAlone?.runId ?? []);
  return {
    copies,
    gone: runs.flatMap(({ gone }) => gone ?? []),
    leftAlone: runs.flatMap(({ leftAlone }) => leftAlone ?? []),
    orphans: runs.flatMap(({ orphans }) => orphans ?? []),
    findings: [...findings, ...damage.findings, ...runs.flatMap((run) => run.findings ?? [])],
    damaged: [...copies.filter((copy) => copy.damage).map(({ runId }) => runId), ...unjudged.filter((runId) => damage.runs.has(runId))],
    storedBytes, newest,
  };
}

interface SurveyedRun {
  readonly copy?: SurveyedCopy;
  readonly gone?: string;
  readonly leftAlone?: Survey['leftAlone'][number];
  readonly orphans?: Orphan[];
  readonly findings?: RetireFinding[];
}

async function surveyRun(
  store: StoreReaderOptions, id: ProtectionId, group: RunObjects, found: FoundDamage | undefined,
): Promise<SurveyedRun> {
  const { runId } = group;
  const written = group.runs.filter(({ deleteMarker }) => !deleteMarker);
  // Nobody of ours writes a second one: the oldest is the manifest.
  const manifest = written.at(-1);
  if (!manifest) return { orphans: orphansOf(id, group, undefined) };
  const { key } = manifest;
  const alone = (kind: RetireFinding['kind'], reason: string): SurveyedRun => ({ leftAlone: { runId, reason }, findings: [{ kind, key, text: reason }] });

  const mark = await readMark(store, manifest);
  if (mark.kind === 'other') return alone('unknown-mark', `its tag says "${mark.value}", which this release does not know`);
  if (group.runs[0].deleteMarker) {
    return mark.kind === 'expire' ? { gone: runId } : alone('manifest-hidden', 'its manifest lies under a delete marker that no rule of ours wrote; remove the marker to have the copy back');
  }
  if (written.length > 1) return alone('manifest-overwritten', `its manifest was overwritten; version ${manifest.versionId} is the first`);

  const [value, held] = await Promise.all([readStoredDocument(store, manifest), isHeld(store, manifest)]);
  const read = readManifest(id, runId, value);
  if ('problem' in read) return alone(read.kind, read.problem);
  const verified = await readVerification(store, group.verdicts, read.manifest.attempt);
  if ('problem' in verified) return { leftAlone: { runId, reason: verified.problem }, findings: [{ kind: 'verdict-unreadable', key: verified.key, text: verified.problem }] };
  const leaving = isLeaving(mark);
  let audit = auditParts(read.manifest, group.parts);
  // A run that ended while the listings were read may have its manifest in one of them and not its parts in the other.
  if (audit.damaged && !leaving) audit = auditParts(read.manifest, await collect(listVersions(store, `${protectionPrefix('parts', id)}${runId}/`)));
  const damage = found && damageStands(found.seenAt, verified) ? wordsOf(found) : undefined;
  return {
    copy: {
      runId, slot: Date.parse(slotOf(runId)) / 1000, manifest, mark, attempt: read.manifest.attempt,
      finishedAt: manifest.lastModified.getTime() / 1000,
      outcome: audit.damaged || damage ? 'not-proven' : verified.outcome, whole: !audit.damaged,
      ...damage ? { damage: { text: damage, proven: !audit.damaged && isProven(verified) } } : {},
      ...held ? { hold: 'on its manifest' } : {},
    },
    orphans: orphansOf(id, group, read.manifest.attempt),
    // Parts of a copy that is leaving go before its manifest does.
    findings: leaving ? [] : [...audit.findings, ...damage ? [{ kind: 'copy-damaged' as const, key, text: damage }] : []],
  };
}

function readManifest(id: ProtectionId, runId: string, value: unknown): { manifest: Manifest } | { kind: RetireFinding['kind']; problem: string } {
  let manifest: Manifest;
  try {
    manifest = parseManifest(value);
  } catch (error) {
    return { kind: error instanceof NewerContractError ? 'manifest-newer' : 'manifest-damaged', problem: messageOf(error) };
  }
  const claim = (of: ProtectionId, run: string): string => `${of.environment}/${of.application}/${of.protection}/${run}`;
  if (claim(manifest, manifest.runId) !== claim(id, runId)) return { kind: 'manifest-damaged', problem: `its manifest speaks of ${claim(manifest, manifest.runId)}` };
  return { manifest };
}

function wordsOf({ seenAt, text }: FoundDamage): string {
  return `it counts as not proven, for it is not as it was written by what was read at ${instantText(seenAt)}: ${text}`;
}

async function readVerification(
  store: StoreReaderOptions, verdicts: readonly StoredVersion[], attempt: string,
): Promise<Verification | { key: string; problem: string }> {
  // By key, so the last is the newest; of a key the first that was written counts.
  const newest = verdicts.filter(({ deleteMarker }) => !deleteMarker).at(-1);
  if (!newest) return UNVERIFIED;
  const value = await readStoredDocument(store, newest);
  try {
    const { attempt: verified, outcome, seconds } = parseVerdict(value);
    return verified === attempt ? { outcome, began: newest.lastModified.getTime() / 1000 - seconds.total } : UNVERIFIED;
  } catch (error) {
    return { key: newest.key, problem: `its newest verdict cannot be read: ${messageOf(error)}` };
  }
}

/** Attempts beside the one that the manifest names; without a manifest all, and the verdicts. */
function orphansOf(id: ProtectionId, group: RunObjects, attempt: string | undefined): Orphan[] {
  const sets = new Map<string, StoredVersion[]>();
  const add = (prefix: string, version: StoredVersion): void => void sets.set(prefix, [...sets.get(prefix) ?? [], version]);
  for (const version of group.parts) {
    const part = parsePartKey(version.key);
    if (part && part.attempt !== attempt) add(`${protectionPrefix('parts', id)}${group.runId}/${part.attempt}/`, version);
  }
  if (attempt === undefined) for (const version of group.verdicts) add(`${protectionPrefix('verdicts', id)}${group.runId}/`, version);
  return [...sets].flatMap(([prefix, versions]) => {
    const head = versions.find(({ deleteMarker }) => !deleteMarker);
    const newest = versions.reduce((latest, { lastModified }) => Math.max(latest, lastModified.getTime()), 0);
    return head ? [{ runId: group.runId, prefix, head, newest: new Date(newest) }] : [];
  });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
