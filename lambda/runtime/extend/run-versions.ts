import { parseManifest } from '../../../lib/contract/manifest';
import { attemptPrefix, manifestKey, protectionPrefix, type ProtectionId } from '../../../lib/contract/object-keys';
import { readStoredDocument } from '../copies/stored-document';
import type { SurveyedCopy } from '../copies/survey';
import { listVersions, type StoredVersion } from '../store-listing';
import type { VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';

/** What speaks for a run, and all that it speaks for. */
export interface RunVersions {
  readonly head: VersionName & { readonly writtenAt: number };
  /** Without the head. */
  others(): AsyncGenerator<VersionName>;
}

/** A copy's manifest with the parts that it names and its verdicts: what a restore reads, and nothing that was put beside it. */
export function versionsOfCopy(store: StoreReaderOptions, id: ProtectionId, copy: SurveyedCopy): RunVersions {
  const { runId, attempt, manifest, finishedAt } = copy;
  return {
    head: { ...manifest, writtenAt: finishedAt },
    async* others() {
      const own = attemptPrefix(id, runId, attempt);
      const { parts } = parseManifest(await readStoredDocument(store, manifest));
      for (const { key, versionId } of parts) if (versionId !== undefined && key.startsWith(own)) yield { key, versionId };
      yield* dataUnder(store, `${protectionPrefix('verdicts', id)}${runId}/`);
    },
  };
}

/** Of a run that nobody can judge, everything: which of it a person will need, nobody knows. Undefined where its manifest is gone. */
export async function versionsOfRun(store: StoreReaderOptions, id: ProtectionId, runId: string): Promise<RunVersions | undefined> {
  const key = manifestKey(id, runId);
  const manifests: StoredVersion[] = [];
  for await (const version of dataUnder(store, key)) if (version.key === key) manifests.push(version);
  const first = manifests.at(-1);
  return first && {
    head: { ...first, writtenAt: first.lastModified.getTime() / 1000 },
    async* others() {
      yield* manifests.slice(0, -1);
      for (const kind of ['parts', 'verdicts'] as const) yield* dataUnder(store, `${protectionPrefix(kind, id)}${runId}/`);
    },
  };
}

/** Every version under a prefix, delete markers left out: they cannot be locked. */
export async function* dataUnder(store: StoreReaderOptions, prefix: string): AsyncGenerator<StoredVersion> {
  for await (const version of listVersions(store, prefix)) if (!version.deleteMarker) yield version;
}
