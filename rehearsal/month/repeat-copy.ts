import { parseManifest } from '../../lib/contract/manifest';
import { manifestKey, protectionPrefix, runIdOf, verdictKey, type ProtectionId } from '../../lib/contract/object-keys';
import { parseVerdict } from '../../lib/contract/verdict';
import type { Endpoint } from '../endpoint';

/** A copy that a real run has written. */
export interface MasterCopy {
  readonly id: ProtectionId;
  readonly bucket: string;
  readonly runId: string;
}

/**
 * Stores a copy once more, as the run of another slot would have: the same bytes under that slot's keys, a manifest and a verdict that
 * speak of them, each instant as much later as it is now by the store's clock: a copy is finished when it is written.
 *
 * @returns the run it is now
 */
export async function repeatCopy({ id, bucket, runId }: MasterCopy, slot: string, { s3, now }: Pick<Endpoint, 's3' | 'now'>): Promise<string> {
  const as = runIdOf(slot);
  const manifest = parseManifest(JSON.parse((await s3.read(bucket, manifestKey(id, runId))).toString('utf8')));
  const later = now().getTime() - Date.parse(manifest.finishedAt);
  const moved = (instant: string): string => new Date(Date.parse(instant) + later).toISOString();
  const prefix = `${protectionPrefix('parts', id)}${runId}/`;
  const keyOf = (key: string): string => `${protectionPrefix('parts', id)}${as}/${key.slice(prefix.length)}`;
  const versions = new Map<string, string>();
  for (const key of s3.keys(bucket, prefix)) versions.set(key, await s3.repeat(bucket, key, keyOf(key)));
  await s3.repeat(bucket, manifestKey(id, runId), manifestKey(id, as), json({
    ...manifest, runId: as, slot, startedAt: moved(manifest.startedAt), finishedAt: moved(manifest.finishedAt),
    recoveryPoint: moved(manifest.recoveryPoint),
    parts: manifest.parts.map((part) => ({
      ...part, key: keyOf(part.key), ...(part.versionId ? { versionId: versions.get(part.key) } : {}),
    })),
  }));
  const key = s3.keys(bucket, `${protectionPrefix('verdicts', id)}${runId}/`).at(-1);
  if (key === undefined) return as;
  const verdict = parseVerdict(JSON.parse((await s3.read(bucket, key)).toString('utf8')));
  const verifiedAt = moved(verdict.verifiedAt);
  const proof = json({ ...verdict, runId: as, manifestKey: manifestKey(id, as), verifiedAt });
  await s3.repeat(bucket, key, verdictKey(id, as, verifiedAt), proof);
  return as;
}

function json(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}
