import { createHash, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Manifest } from '../../lib/contract/manifest';
import { attemptPrefix, manifestKey, readingsPrefix, scrubRoundsPrefix } from '../../lib/contract/object-keys';
import { parseReadings, parseScrubRecord, type Readings, type ScrubRecord } from '../../lib/contract/scrub-record';
import { parseScrubReport, type ScrubDecision, type ScrubReport } from '../../lib/contract/scrub-report';
import type { ScrubRequest } from '../../lib/contract/scrub-request';
import type { ApiCall } from '../../rehearsal/endpoint/types';
import { scrub } from '../../lambda/workers/scrub';
import { BUCKET, DAY, ID, type RetireStore } from '../retire/support';

export const PERIOD = 30 * DAY;

export function scrubRequest(changes: Partial<ScrubRequest> = {}): ScrubRequest {
  return {
    version: 1, environment: ID.environment, application: ID.application,
    store: { bucket: BUCKET, region: 'us-east-1' }, periodSeconds: PERIOD, rounds: { longestGapSeconds: DAY },
    protections: [{ protection: ID.protection, longestRunSeconds: 6 * 3600 }], limits: { timeoutSeconds: 300, checkpointSeconds: 30 },
    slot: '2026-03-01T07:15:00Z', execution: 'round-1',
    ...changes,
  };
}

/** One round at the store's instant, or with the changes given. */
export async function scrubRound(store: RetireStore, changes: Partial<ScrubRequest> = {}): Promise<ScrubReport> {
  const now = store.now.toISOString();
  const report = await scrub(scrubRequest({ slot: now, rehearsedAt: now, ...changes }), { awsRequestId: randomUUID() });
  return parseScrubReport(JSON.parse(JSON.stringify(report)));
}

/** What became of each copy. */
export async function scrubbed(store: RetireStore, changes: Partial<ScrubRequest> = {}): Promise<Record<string, ScrubDecision['action']>> {
  const report = await scrubRound(store, { whole: true, ...changes });
  return Object.fromEntries(report.protections.flatMap(({ decisions = [] }) => decisions).map(({ runId, action }) => [runId, action]));
}

/** A copy with the parts given beside the census, each with its hash. */
export async function copyOf(store: RetireStore, slot: string, bodies: readonly string[] = [`rows of ${slot}`], id = ID): Promise<string> {
  const written = new Map<string, { versionId: string; body: string }>();
  const parts: Manifest['parts'] = [];
  const attempt = randomUUID();
  const runId = slot.replace(/[-:]/g, '');
  store.now = new Date(Date.parse(slot) + 30 * 60_000);
  for (const [index, body] of bodies.entries()) {
    const name = `rows/${String(index + 1).padStart(5, '0')}.sql`;
    const key = `${attemptPrefix(id, runId, attempt)}${name}`;
    const versionId = await store.put(key, body);
    written.set(key, { versionId, body });
    parts.push({ name, key, versionId, kind: 'rows', encoding: 'none', sizeBytes: body.length, rawSizeBytes: body.length, sha256: sha256(body) });
  }
  return store.copy(slot, 'proven', (manifest) => ({ ...manifest, attempt, parts, census: parts[0].name }), id);
}

/** A copy of each of these days. */
export async function copiesOf(store: RetireStore, from: number, to: number): Promise<string[]> {
  const made: string[] = [];
  for (let day = from; day <= to; day++) made.push(await copyOf(store, new Date(Date.UTC(2026, 2, 1 + day, 2)).toISOString().replace('.000Z', 'Z')));
  return made;
}

/** Keys of the parts that a copy's manifest names. */
export async function partKeys(store: RetireStore, runId: string): Promise<string[]> {
  return (JSON.parse(await bodyOf(store, manifestKey(ID, runId))) as Manifest).parts.map(({ key }) => key);
}

/** What was asked until now counts no more. */
export function forgetCalls({ endpoint }: RetireStore): void {
  (endpoint.calls as ApiCall[]).splice(0);
}

/** Requests that read a part, by run. */
export function partsRead(store: RetireStore): string[] {
  return store.endpoint.calls
    .filter(({ operation, resource, status = 0 }) => operation === 'GetObject' && resource.includes(':::') && resource.includes('/parts/') && status < 300)
    .map(({ resource }) => /\/(\d{8}T\d{6}Z)\//.exec(resource)![1]);
}

export async function newestReadings(store: RetireStore): Promise<Readings> {
  return parseReadings(JSON.parse(await bodyOf(store, store.keys(readingsPrefix(ID)).at(-1)!)));
}

export async function newestRecord(store: RetireStore): Promise<ScrubRecord> {
  return parseScrubRecord(JSON.parse(await bodyOf(store, store.keys(scrubRoundsPrefix(ID)).at(-1)!)));
}

async function bodyOf(store: RetireStore, key: string): Promise<string> {
  const { Body } = await store.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return Body!.transformToString();
}

/** Age of what was read, in days, by run. */
export function ageOf({ copies }: Readings, now: Date): Record<string, number> {
  return Object.fromEntries(copies.map(({ runId, readAt }) => [runId, (now.getTime() - Date.parse(readAt)) / DAY / 1000]));
}

/** Changes a stored byte of a part in place, behind the store's back. @returns what puts it right again */
export async function rot(store: RetireStore, runId: string, part = 0): Promise<() => Promise<void>> {
  const key = (await partKeys(store, runId))[part];
  const [file] = store.endpoint.s3.files(BUCKET, key);
  const whole = await readFile(file);
  const changed = Buffer.from(whole);
  changed[changed.length - 1] ^= 1;
  await writeFile(file, changed);
  return () => writeFile(file, whole);
}

export function sha256(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
