import {
  manifestKey, parseManifestKey, parseVerdictKey, protectionPrefix, runIdOf, slotOf, type ProtectionId,
} from '../../../lib/contract/object-keys';
import { isProven } from '../../../lib/model/copy';
import type { Verification } from '../../../lib/model/damage';
import type { Note, StoredCopy } from '../../../lib/model/watch/watched';
import { auditParts } from '../copies/audit-parts';
import { concurrently } from '../concurrently';
import { listVersions, type StoredVersion } from '../store-listing';
import { readMark, type VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';
import { readManifest, readVerdict, type ReadManifest } from './documents';

type Said = Omit<Note, 'metric'>;

/** A copy of the window, with what only its replicas ask. */
export interface WindowCopy extends StoredCopy {
  readonly manifest: ReadManifest;
  /** Version of its manifest. */
  readonly stored: VersionName;
  /** Its newest; absent while there is none. */
  readonly verification?: Verification;
  /** It is not as it was written. */
  readonly damaged?: boolean;
}

/** What the store holds of one protection since an instant. */
export interface StoreWindow {
  readonly copies: readonly WindowCopy[];
  readonly unreadable: readonly Said[];
  readonly notReplicated: readonly Said[];
}

type Weigh = (copy: WindowCopy) => WindowCopy;

/** Small documents asked for together. */
const AT_ONCE = 24;

/** Copies whose parts are looked at: those that a restore would begin with. */
export const LOOKED_INTO = 2;

/**
 * Every copy whose slot is not before `from`: manifests and newest verdicts are read, parts are listed. The number of requests is that of
 * the copies in the window, however many there were before it.
 *
 * @param from in seconds since 1970
 * @param weigh what else is known of a copy
 * @throws RunError when the store does not answer
 */
export async function readWindow(store: StoreReaderOptions, id: ProtectionId, from: number, weigh: Weigh): Promise<StoreWindow> {
  const marker = runIdOf(new Date(from * 1000).toISOString());
  return readRuns(store, id, weigh, (kind) => listVersions(store, protectionPrefix(kind, id), `${protectionPrefix(kind, id)}${marker}`));
}

/** One run, however old. @throws RunError when the store does not answer */
export async function readRun(store: StoreReaderOptions, id: ProtectionId, runId: string, weigh: Weigh): Promise<StoreWindow> {
  return readRuns(store, id, weigh, (kind) => listVersions(store, kind === 'runs' ? manifestKey(id, runId) : `${protectionPrefix(kind, id)}${runId}/`));
}

async function readRuns(
  store: StoreReaderOptions, id: ProtectionId, weigh: Weigh, list: (kind: 'runs' | 'verdicts') => AsyncIterable<StoredVersion>,
): Promise<StoreWindow> {
  const [runs, verdicts] = await Promise.all([
    grouped(list('runs'), (key) => parseManifestKey(key)?.runId), grouped(list('verdicts'), (key) => parseVerdictKey(key)?.runId),
  ]);
  const read = await concurrently(runs, AT_ONCE, ([runId, versions]) => readCopy(store, id, runId, versions, verdicts.get(runId) ?? []));
  const copies = read.flatMap(({ copy }) => (copy ? weigh(copy) : []));
  const looked = await concurrently(lookedInto(copies), AT_ONCE, (copy) => lookInto(store, id, copy));
  const damaged = new Map(looked.filter(({ said }) => said.length > 0).map(({ runId, said }) => [runId, said]));
  return {
    copies: copies.map((copy) => (damaged.has(copy.runId) ? { ...copy, outcome: 'not-proven' as const } : copy)),
    unreadable: [...read.flatMap(({ unreadable }) => unreadable), ...[...damaged.values()].flat()],
    notReplicated: read.flatMap(({ notReplicated }) => notReplicated),
  };
}

/** The newest copies, and the newest that is said to be proven. */
function lookedInto(copies: readonly WindowCopy[]): WindowCopy[] {
  const newest = [...copies].sort((one, other) => other.slot - one.slot);
  const proven = newest.find(isProven);
  return [...new Set([...newest.slice(0, LOOKED_INTO), ...proven ? [proven] : []])];
}

async function lookInto(
  store: StoreReaderOptions, id: ProtectionId, { runId, manifest }: WindowCopy,
): Promise<{ readonly runId: string; readonly said: readonly Said[] }> {
  const versions: StoredVersion[] = [];
  const prefix = `${protectionPrefix('parts', id)}${runId}/${manifest.attempt}/`;
  for await (const version of listVersions(store, prefix)) versions.push(version);
  const { damaged, findings } = auditParts(manifest, versions);
  return { runId, said: damaged ? findings.map(({ key, text }) => ({ text: `A part of ${runId} is not as its manifest says: ${text}.`, about: key })) : [] };
}

/**
 * Whether the newest proven copy is on its way out: no retention lets it go, so whoever marked it meant harm, or changed the rules.
 *
 * @throws RunError when the store does not answer
 */
export async function releasedAgainstRules(store: StoreReaderOptions, copies: readonly WindowCopy[]): Promise<Said[]> {
  const newest = copies.filter(isProven).sort((one, other) => other.slot - one.slot).at(0);
  if (!newest) return [];
  const { kind } = await readMark(store, newest.stored);
  if (kind !== 'pending' && kind !== 'expire') return [];
  const text = `The newest proven copy, ${newest.runId}, is marked for release, and every retention keeps it.`;
  return [{ text, about: newest.stored.key }];
}

interface ReadCopy {
  readonly copy?: WindowCopy;
  readonly unreadable: readonly Said[];
  readonly notReplicated: readonly Said[];
}

async function readCopy(
  store: StoreReaderOptions, id: ProtectionId, runId: string, versions: readonly StoredVersion[], verdicts: readonly StoredVersion[],
): Promise<ReadCopy> {
  const written = versions.filter(({ deleteMarker }) => !deleteMarker);
  // Nobody of ours writes a second one: the oldest is the manifest.
  const first = written.at(-1);
  if (!first) return { unreadable: [], notReplicated: [] };
  const unreadable = (text: string): ReadCopy => ({ unreadable: [{ text: `The manifest of ${runId} ${text}.`, about: first.key }], notReplicated: [] });
  if (versions[0].deleteMarker) {
    const mark = await readMark(store, first);
    return mark.kind === 'expire' ? { unreadable: [], notReplicated: [] } : unreadable('lies under a delete marker that no rule of ours wrote');
  }
  if (written.length > 1) return unreadable('was overwritten');
  const manifest = await readManifest(store, id, runId, first);
  if ('problem' in manifest) return unreadable(`cannot be read: ${manifest.problem}`);
  const said: Said[] = [];
  const notReplicated: Said[] = manifest.notReplicated ? [failed(first.key)] : [];
  const told = verdicts.filter(({ deleteMarker }) => !deleteMarker);
  // By key, so the last is the newest; of a key the first that was written counts.
  const newest = told.at(-1);
  const verdict = newest && await readVerdict(store, newest);
  if (newest && verdict && 'problem' in verdict) said.push({ text: `The newest verdict of ${runId} cannot be read: ${verdict.problem}.`, about: newest.key });
  if (newest && verdict?.notReplicated) notReplicated.push(failed(newest.key));
  const { attempt, totals, recoveryPoint, finishedAt } = manifest.value;
  const ofThis = verdict && 'value' in verdict && verdict.value.attempt === attempt ? verdict.value : undefined;
  const stored = seconds(first);
  const copy: WindowCopy = {
    runId, slot: Date.parse(slotOf(runId)) / 1000, attempts: 1, manifest: manifest.value, stored: first,
    outcome: ofThis?.outcome ?? 'unverified',
    finishedAt: stored, recoveryPoint, sizeBytes: totals.sizeBytes, rows: totals.rows,
    skewSeconds: finishedAt - stored, missingIn: [],
    ...newest && ofThis ? {
      firstVerdictAt: seconds(told[0]), verdictAt: seconds(newest), restoreSeconds: ofThis.restoreSeconds,
      verification: { outcome: ofThis.outcome, began: seconds(newest) - ofThis.tookSeconds },
    } : {},
  };
  return { copy, unreadable: said, notReplicated };
}

function failed(key: string): Said {
  return { text: 'S3 could not replicate it.', about: key };
}

function seconds({ lastModified }: StoredVersion): number {
  return lastModified.getTime() / 1000;
}

async function grouped(
  listing: AsyncIterable<StoredVersion>, runOf: (key: string) => string | undefined,
): Promise<Map<string, StoredVersion[]>> {
  const groups = new Map<string, StoredVersion[]>();
  for await (const version of listing) {
    const runId = runOf(version.key);
    if (runId === undefined) continue;
    const known = groups.get(runId);
    if (known) known.push(version);
    else groups.set(runId, [version]);
  }
  return groups;
}
