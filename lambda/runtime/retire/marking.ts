import { attemptPrefix, manifestKey, protectionPrefix, type ProtectionId } from '../../../lib/contract/object-keys';
import type { RetireMark } from '../../../lib/contract/retire-mark';
import { listVersions, type StoredVersion } from '../store-listing';
import { isHeld, readMark, writeMark, writeMarks, type VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';

const NONE: RetireMark = { kind: 'none' };
const EXPIRE: RetireMark = { kind: 'expire' };

/** What a copy is made of, and where. */
export interface MarkedCopy {
  readonly runId: string;
  readonly manifest: VersionName;
  readonly attempt: string;
  readonly mark: RetireMark;
}

/** @returns false when a legal hold lies on it, and nothing was marked */
export async function announceCopy(store: StoreReaderOptions, { manifest }: MarkedCopy, since: string): Promise<boolean> {
  if (await isHeld(store, manifest)) return false;
  await writeMark(store, manifest, { kind: 'pending', since, releasing: false });
  return true;
}

/**
 * Releases a copy to the lifecycle rules. Its manifest says so first, that the copy looks whole to nobody; then every version of its
 * parts and its verdicts is released, and the manifest last, for without it what remained would be nobody's. Whatever ends it on the
 * way, the next round finds the manifest and goes on.
 *
 * @returns false when the mark was changed by somebody else or a legal hold lies on it; of its parts nothing was released then
 */
export async function releaseCopy(store: StoreReaderOptions, id: ProtectionId, copy: MarkedCopy & { readonly mark: RetireMark & { kind: 'pending' } }): Promise<boolean> {
  const { manifest, mark } = copy;
  if (await isHeld(store, manifest)) return false;
  const stands = await readMark(store, manifest);
  if (stands.kind !== 'pending' || stands.since !== mark.since) return false;
  if (!stands.releasing) await writeMark(store, manifest, { ...mark, releasing: true });
  await writeMarks(store, objectsOf(store, id, copy), EXPIRE);
  if ((await readMark(store, manifest)).kind !== 'pending') return false;
  await writeMark(store, manifest, EXPIRE);
  return true;
}

/** Takes back whatever was marked, the parts first: a manifest that says nothing answers for parts that are all there. */
export async function takeBack(store: StoreReaderOptions, id: ProtectionId, copy: MarkedCopy, mark: RetireMark = NONE): Promise<void> {
  const released = copy.mark.kind === 'expire' || copy.mark.kind === 'pending' && copy.mark.releasing;
  if (released) await writeMarks(store, objectsOf(store, id, copy), NONE);
  await writeMark(store, copy.manifest, mark);
}

/** Every version of the copy's parts and of the run's verdicts. */
async function* objectsOf(store: StoreReaderOptions, id: ProtectionId, { runId, attempt }: MarkedCopy): AsyncGenerator<StoredVersion> {
  yield* objectsUnder(store, attemptPrefix(id, runId, attempt));
  yield* objectsUnder(store, `${protectionPrefix('verdicts', id)}${runId}/`);
}

async function* objectsUnder(store: StoreReaderOptions, prefix: string): AsyncGenerator<StoredVersion> {
  for await (const version of listVersions(store, prefix)) if (!version.deleteMarker) yield version;
}

/** The same two steps for what has no manifest: the first object bears the mark of all, and is released last. */
export async function releaseOrphan(store: StoreReaderOptions, prefix: string, head: VersionName): Promise<void> {
  const others = (async function* () {
    for await (const version of objectsUnder(store, prefix)) {
      if (version.key !== head.key || version.versionId !== head.versionId) yield version;
    }
  })();
  await writeMarks(store, others, EXPIRE);
  await writeMark(store, head, EXPIRE);
}

/** The manifest of a run as it was first written; undefined where there is none. */
export async function findManifest(
  store: StoreReaderOptions, id: ProtectionId, runId: string,
): Promise<{ readonly manifest: VersionName; readonly hidden: boolean } | undefined> {
  const key = manifestKey(id, runId);
  let first: StoredVersion | undefined;
  let hidden = false;
  for await (const version of listVersions(store, key)) {
    if (version.key !== key) continue;
    if (version.isLatest) hidden = version.deleteMarker;
    if (!version.deleteMarker) first = version;
  }
  return first && { manifest: first, hidden };
}
