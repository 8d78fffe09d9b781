import type { Manifest } from '../lib/contract/manifest';
import { attemptPrefix, auditKey, manifestKey, runIdOf, verdictKey, type ProtectionId } from '../lib/contract/object-keys';
import type { StoreAudit } from '../lib/contract/store-audit';
import type { Verdict } from '../lib/contract/verdict';
import type { Endpoint } from '../rehearsal/endpoint';

export const STEP_SECONDS = 1800;
const PARTS = 4;

export interface FillProps {
  readonly endpoint: Pick<Endpoint, 's3'>;
  readonly bucket: string;
  /** Any object of the bucket: its settings are repeated. */
  readonly seed: string;
  readonly id: ProtectionId;
  /** The endpoint's clock. */
  readonly setClock: (instant: Date) => void;
}

/** Proven runs, one every half an hour, from one slot to another (not included); in seconds since 1970. */
export async function fillRuns(props: FillProps, from: number, to: number): Promise<void> {
  for (let slot = from; slot < to; slot += STEP_SECONDS) await writeRun(props, slot);
}

async function writeRun({ endpoint: { s3 }, bucket, seed, id, setClock }: FillProps, seconds: number): Promise<void> {
  const put = (key: string, value: unknown): Promise<string> => s3.repeat(bucket, seed, key, Buffer.from(JSON.stringify(value)));
  const slot = instant(seconds);
  const runId = runIdOf(slot);
  const at = instant(seconds + 300);
  setClock(new Date(at));
  const parts: Manifest['parts'] = [];
  for (let index = 0; index < PARTS; index++) {
    const name = `rows/${index}.sql`;
    const key = `${attemptPrefix(id, runId, 'attempt')}${name}`;
    const versionId = await put(key, { rows: runId });
    const sizeBytes = JSON.stringify({ rows: runId }).length;
    parts.push({ name, key, versionId, kind: 'rows', encoding: 'none', sizeBytes, rawSizeBytes: sizeBytes, sha256: '0'.repeat(64) });
  }
  const manifest: Manifest = {
    version: 1, ...id, engine: 'memory', runId, slot, attempt: 'attempt', execution: runId, startedAt: slot, finishedAt: at, recoveryPoint: slot,
    source: { version: '1', description: 'bench', databases: ['shop'] }, tools: {}, parts, census: 'rows/0.sql',
    totals: { items: 1, rows: 100, sizeBytes: 1000, rawSizeBytes: 1000 }, leftOut: [], engineNotes: {},
  };
  await put(manifestKey(id, runId), manifest);
  const verdict: Verdict = {
    version: 1, ...id, engine: 'memory', runId, attempt: 'attempt', manifestKey: manifestKey(id, runId), verifiedAt: at, outcome: 'proven',
    summary: 'equal', exceptions: [], differences: [], differenceCount: 0, assertions: [],
    checked: { parts: PARTS, items: 1, hashed: 1, rows: 100, sizeBytes: 1000 },
    seconds: { scratch: 1, restore: 1, census: 0, assertions: 0, total: 2 }, rtoSeconds: 3600, tools: {},
  };
  await put(verdictKey(id, runId, at), verdict);
}

/** The audit that a daily round would have left, with every slot up to it settled. */
export async function fillAudit({ endpoint, bucket, seed, id, setClock }: FillProps, seconds: number, runs: number): Promise<void> {
  const at = instant(seconds);
  setClock(new Date(at));
  const audit: StoreAudit = {
    version: 1, environment: id.environment, application: id.application, at, findingCount: 0,
    protections: [{
      protection: id.protection, provenCopies: runs, storedBytes: runs * 1000, days: [], until: at, released: 0, releasesAtMost: 96,
    }],
  };
  await endpoint.s3.repeat(bucket, seed, auditKey(id, at), Buffer.from(JSON.stringify(audit)));
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
