import { manifestKey, protectionPrefix, type ProtectionId } from '../../lib/contract/object-keys';
import { parseRetireMark, RETIRE_TAG } from '../../lib/contract/retire-mark';
import type { Endpoint } from '../endpoint';
import type { CopyFate } from '../report/month-model';

/** Where copies lie: a bucket of a region. */
export interface Place { readonly bucket: string; readonly region: string }

export interface Fate {
  readonly fate: CopyFate;
  readonly deletedAt?: string;
  readonly lockedUntil?: string;
}

/** What a place holds of a copy now. */
export function fateOf({ s3, lifecycle }: Pick<Endpoint, 's3' | 'lifecycle'>, bucket: string, id: ProtectionId, runId: string): Fate {
  const manifest = manifestKey(id, runId);
  const [newest] = s3.versions(bucket, manifest);
  const left = objectsOf(s3, bucket, id, runId);
  if (left.length === 0) {
    const removals = lifecycle.filter((one) => one.bucket === bucket && one.kind === 'remove' && !one.deleteMarker && belongs(one.key, id, runId));
    const last = removals.at(-1);
    return last ? { fate: 'deleted', deletedAt: last.at.toISOString() } : { fate: 'missing' };
  }
  const until = Math.max(...left.map(({ retention }) => retention?.until ?? 0));
  const lockedUntil = until > 0 ? { lockedUntil: new Date(until).toISOString() } : {};
  if (!newest || newest.deleteMarker) return { fate: 'released', ...lockedUntil };
  const mark = parseRetireMark(newest.tags[RETIRE_TAG]);
  return { fate: mark.kind === 'expire' ? 'released' : mark.kind === 'pending' ? 'announced' : 'kept', ...lockedUntil };
}

/** Kept copies of which a version is locked no more: whoever may delete can delete it. */
export function unlockedCopies(s3: Endpoint['s3'], bucket: string, id: ProtectionId, runIds: readonly string[], now: number): number {
  return runIds.filter((runId) => {
    const [newest] = s3.versions(bucket, manifestKey(id, runId));
    const kept = newest && !newest.deleteMarker && ['none', 'keep'].includes(parseRetireMark(newest.tags[RETIRE_TAG]).kind);
    return kept && objectsOf(s3, bucket, id, runId).some(({ retention }) => (retention?.until ?? 0) <= now);
  }).length;
}

type Versions = ReturnType<Endpoint['s3']['versions']>;

/** Every version of every object of a copy, markers left out. */
function objectsOf(s3: Endpoint['s3'], bucket: string, id: ProtectionId, runId: string): Versions {
  const keys = [manifestKey(id, runId), ...s3.allKeys(bucket, `${protectionPrefix('parts', id)}${runId}/`)];
  return keys.flatMap((key) => s3.versions(bucket, key)).filter(({ deleteMarker }) => !deleteMarker);
}

function belongs(key: string, id: ProtectionId, runId: string): boolean {
  return key === manifestKey(id, runId) || key.startsWith(`${protectionPrefix('parts', id)}${runId}/`);
}

/** Bytes of all that a place holds of a protection, whatever is hidden included: that is what is paid for. */
export function storedBytes(s3: Endpoint['s3'], bucket: string, id: ProtectionId): number {
  const kinds = ['runs', 'parts', 'verdicts'] as const;
  const keys = kinds.flatMap((kind) => s3.allKeys(bucket, protectionPrefix(kind, id)));
  return keys.flatMap((key) => s3.versions(bucket, key)).reduce((sum, { size }) => sum + size, 0);
}

/** Copies whose manifest is there to be read. */
export function copiesIn(s3: Endpoint['s3'], bucket: string, id: ProtectionId): number {
  return s3.keys(bucket, protectionPrefix('runs', id)).length;
}
