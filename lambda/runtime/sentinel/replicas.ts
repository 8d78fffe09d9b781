import { manifestKey, parseManifestKey, protectionPrefix, runIdOf, type ProtectionId } from '../../../lib/contract/object-keys';
import type { Note } from '../../../lib/model/watch/watched';
import { auditParts } from '../copies/audit-parts';
import { concurrently } from '../concurrently';
import { messageOf } from '../errors';
import { listVersions, type StoredVersion } from '../store-listing';
import type { StoreReaderOptions } from '../store-reader';
import { LOOKED_INTO, type WindowCopy } from './window';

export interface ReplicaPlace {
  readonly region: string;
  readonly store: StoreReaderOptions;
}

export interface Replicated {
  /** The same copies, each with the regions that have not all of it. */
  readonly copies: readonly WindowCopy[];
  readonly notes: readonly Note[];
}

/** Whether each replica has what the store has: every manifest of the window, and of the newest copies every part. */
export async function lookAtReplicas(
  places: readonly ReplicaPlace[], id: ProtectionId, copies: readonly WindowCopy[], from: number,
): Promise<Replicated> {
  const newest = [...copies].sort((one, other) => other.slot - one.slot);
  const seen = await concurrently(places, places.length || 1, async ({ region, store }) => {
    try {
      return { region, lacks: await lacking(store, id, newest, from) };
    } catch (error) {
      store.signal.throwIfAborted();
      // Nobody knows what is there: the newest copy counts as not there.
      const text = `The replica in ${region} cannot be read: ${messageOf(error)}`;
      return { region, lacks: new Set(newest.slice(0, 1).map(({ runId }) => runId)), note: { metric: 'replicaLag', text, about: store.bucket } };
    }
  });
  return {
    copies: copies.map((copy) => ({ ...copy, missingIn: seen.filter(({ lacks }) => lacks.has(copy.runId)).map(({ region }) => region) })),
    notes: seen.flatMap(({ note }) => note ?? []),
  };
}

/** Runs that the replica has not all of. */
async function lacking(store: StoreReaderOptions, id: ProtectionId, newest: readonly WindowCopy[], from: number): Promise<Set<string>> {
  const prefix = protectionPrefix('runs', id);
  const there = new Set<string>();
  const add = ({ key, deleteMarker }: StoredVersion): void => {
    const runId = deleteMarker ? undefined : parseManifestKey(key)?.runId;
    if (runId !== undefined) there.add(runId);
  };
  for await (const version of listVersions(store, prefix, `${prefix}${runIdOf(new Date(from * 1000).toISOString())}`)) add(version);
  const older = newest.filter(({ slot }) => slot < from);
  await concurrently(older, LOOKED_INTO, async ({ runId }) => {
    for await (const version of listVersions(store, manifestKey(id, runId))) add(version);
  });
  const parts = await concurrently(newest.slice(0, LOOKED_INTO), LOOKED_INTO, async ({ runId, manifest }) => {
    const versions: StoredVersion[] = [];
    for await (const version of listVersions(store, `${protectionPrefix('parts', id)}${runId}/${manifest.attempt}/`)) versions.push(version);
    return auditParts(manifest, versions).damaged ? [runId] : [];
  });
  return new Set([...newest.map(({ runId }) => runId).filter((runId) => !there.has(runId)), ...parts.flat()]);
}
