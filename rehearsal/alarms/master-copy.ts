import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Manifest } from '../../lib/contract/manifest';
import { manifestKey, protectionPrefix, type ProtectionId, runIdOf, verdictKey } from '../../lib/contract/object-keys';
import type { Verdict } from '../../lib/contract/verdict';
import type { Endpoint } from '../endpoint';

/** What a real run has left: every other run of the simulated days is made of it. */
export interface MasterCopy {
  readonly id: ProtectionId;
  readonly manifest: Manifest;
  readonly verdict: Verdict;
  readonly objects: readonly { readonly key: string; readonly body: Buffer }[];
}

/** How a run differs from the real one. Instants and times are what was measured then where nothing is said. */
export interface CopyTraits {
  /** From the slot to the manifest. */
  readonly runSeconds: number;
  /** From the manifest to the verdict; without one the copy is never verified. */
  readonly verifySeconds?: number;
  readonly rows?: number;
  readonly sizeBytes?: number;
  /** How far the worker's clock is ahead of the store's. */
  readonly skewSeconds?: number;
  readonly outcome?: Verdict['outcome'];
  /** Of scratch and restore together. */
  readonly restoreSeconds?: number;
}

export const HEALTHY: CopyTraits = { runSeconds: 240, verifySeconds: 240 };

/** Reads what a run left in the store of an endpoint. */
export async function masterCopy(
  id: ProtectionId, runId: string, bucket: string, { s3 }: Pick<Endpoint, 's3'>, { manifest, verdict }: Pick<MasterCopy, 'manifest' | 'verdict'>,
): Promise<MasterCopy> {
  const keys = s3.keys(bucket, `${protectionPrefix('parts', id)}${runId}/`);
  return { id, manifest, verdict, objects: await Promise.all(keys.map(async (key) => ({ key, body: await s3.read(bucket, key) }))) };
}

export interface CopyTarget {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Stores parts and manifest of a slot, now by the store's clock. @returns the manifest */
export async function storeCopy(
  master: MasterCopy, slot: string, now: Date, traits: CopyTraits, { client, bucket }: CopyTarget,
): Promise<Manifest> {
  const { id, manifest } = master;
  const runId = runIdOf(slot);
  const prefix = `${protectionPrefix('parts', id)}${manifest.runId}/`;
  const keyOf = (key: string): string => `${protectionPrefix('parts', id)}${runId}/${key.slice(prefix.length)}`;
  const versions = new Map<string, string>();
  for (const { key, body } of master.objects) versions.set(key, await put(client, bucket, keyOf(key), body));
  const worker = new Date(now.getTime() + (traits.skewSeconds ?? 0) * 1000);
  const before = (seconds: number): string => new Date(worker.getTime() - seconds * 1000).toISOString();
  const began = before(Math.min(traits.runSeconds, 60));
  const copy: Manifest = {
    ...manifest, runId, slot, startedAt: began, recoveryPoint: began, finishedAt: before(0),
    parts: manifest.parts.map((part) => (
      { ...part, key: keyOf(part.key), ...part.versionId ? { versionId: versions.get(part.key) } : {} })),
    totals: { ...manifest.totals, rows: traits.rows ?? manifest.totals.rows, sizeBytes: traits.sizeBytes ?? manifest.totals.sizeBytes },
  };
  await put(client, bucket, manifestKey(id, runId), JSON.stringify(copy));
  return copy;
}

/** Stores the verdict of a copy, now by the store's clock. */
export async function storeVerdict(
  master: MasterCopy, copy: Manifest, now: Date, traits: CopyTraits, { client, bucket }: CopyTarget,
): Promise<void> {
  const { id, verdict } = master;
  const verifiedAt = now.toISOString();
  const { outcome = verdict.outcome, restoreSeconds } = traits;
  const slow = restoreSeconds === undefined ? {} : { scratch: 0, restore: restoreSeconds, total: restoreSeconds };
  const seconds = { ...verdict.seconds, ...slow };
  const one: Verdict = {
    ...verdict, runId: copy.runId, manifestKey: manifestKey(id, copy.runId), verifiedAt, outcome, seconds,
    ...outcome === 'not-proven' ? { summary: 'Rows of the copy differ from the census.', differenceCount: Math.max(1, verdict.differenceCount) } : {},
  };
  await put(client, bucket, verdictKey(id, copy.runId, verifiedAt), JSON.stringify(one));
}

/** @returns the version's id */
export async function put(client: S3Client, bucket: string, key: string, body: string | Buffer): Promise<string> {
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ChecksumAlgorithm: 'SHA256' }));
  return VersionId ?? '';
}
