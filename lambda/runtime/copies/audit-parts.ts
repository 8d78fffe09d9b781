import type { Manifest } from '../../../lib/contract/manifest';
import type { RetireFinding } from '../../../lib/contract/retire-report';
import type { StoredVersion } from '../store-listing';

export interface PartsAudit {
  /** A part is not there, or is not what the manifest says: the copy cannot come up. */
  readonly damaged: boolean;
  readonly findings: RetireFinding[];
}

/** Holds a copy's parts against its manifest, by what the listing says of them. */
export function auditParts(manifest: Pick<Manifest, 'runId' | 'parts'>, listed: readonly StoredVersion[]): PartsAudit {
  const byKey = new Map<string, StoredVersion[]>();
  for (const version of listed) byKey.set(version.key, [...byKey.get(version.key) ?? [], version]);
  let damaged = false;
  const findings = manifest.parts.flatMap(({ key, versionId, sizeBytes }): RetireFinding[] => {
    const versions = byKey.get(key) ?? [];
    const isNamed = (version: StoredVersion): boolean => (versionId === undefined ? version.isLatest : version.versionId === versionId);
    const named = versions.find((version) => !version.deleteMarker && isNamed(version));
    if (!named) {
      damaged = true;
      return [{ kind: 'part-missing', key, text: `the store has no ${versionId === undefined ? 'such object' : `version ${versionId} of it`}, and the manifest of ${manifest.runId} names it` }];
    }
    if (named.sizeBytes !== sizeBytes) {
      damaged = true;
      return [{ kind: 'part-differs', key, text: `${named.sizeBytes} bytes are stored, the manifest of ${manifest.runId} says ${sizeBytes}` }];
    }
    const [newest] = versions;
    if (newest === named) return [];
    return [newest.deleteMarker
      ? { kind: 'part-hidden', key, text: `it lies under a delete marker, and the manifest of ${manifest.runId} names version ${named.versionId}; remove the marker` }
      : { kind: 'part-differs', key, text: `version ${newest.versionId} lies over version ${named.versionId}, which the manifest of ${manifest.runId} names and a restore reads` }];
  });
  return { damaged, findings };
}
