import { createHash, randomUUID } from 'node:crypto';
import { GetObjectTaggingCommand, PutObjectCommand, PutObjectLegalHoldCommand, PutObjectTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../lib/contract/manifest';
import { attemptPrefix, manifestKey, policyPrefix, runIdOf, verdictKey, type ProtectionId } from '../../lib/contract/object-keys';
import { parseRetireReport, type RetireDecision, type RetireReport } from '../../lib/contract/retire-report';
import type { RetireRequest } from '../../lib/contract/retire-request';
import type { Verdict } from '../../lib/contract/verdict';
import { retire } from '../../lambda/workers/retire';
import { startEndpoint, type Endpoint } from '../../rehearsal/endpoint';
import type { FaultPlan } from '../../rehearsal/endpoint/types';

export const BUCKET = 'suite-store';
export const ID: ProtectionId = { environment: 'test', application: 'suite', protection: 'database' };
const REGION = 'us-east-1';
export const DAY = 86_400;

/** A locked store on a simulated clock, with copies written as dump and verify write them. */
export class RetireStore {
  static async start(signingClock?: () => Date): Promise<RetireStore> {
    const directory = await mkdtemp(join(tmpdir(), 'bp-retire-'));
    const store = new RetireStore(directory);
    const faults: FaultPlan = (call) => store.plan?.(call);
    store.endpoint = await startEndpoint({ directory, region: REGION, now: () => store.now, signingClock, faults });
    store.endpoint.s3.createBucket({ name: BUCKET, objectLock: true, defaultRetention: { mode: 'GOVERNANCE', days: 7 } });
    Object.assign(process.env, { AWS_ENDPOINT_URL: store.endpoint.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION });
    store.client = new S3Client({ region: REGION, forcePathStyle: true });
    return store;
  }

  endpoint!: Endpoint;
  client!: S3Client;
  now = new Date('2026-03-01T02:30:00Z');
  /** What the worker logged, line by line. */
  readonly lines: Record<string, unknown>[] = [];
  private readonly stdout = jest.spyOn(process.stdout, 'write').mockImplementation(((text: string) => {
    this.lines.push(JSON.parse(text) as Record<string, unknown>);
    return true;
  }) as never);
  private plan?: FaultPlan;

  private constructor(private readonly directory: string) {}

  inject(plan?: FaultPlan): void {
    this.plan = plan;
  }

  /** To an instant; the store's own objects are dated by it from here on. */
  at(instant: string): void {
    this.now = new Date(instant);
  }

  async put(key: string, body: string): Promise<string> {
    const { VersionId } = await this.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ChecksumAlgorithm: 'SHA256' }));
    return VersionId!;
  }

  /** Parts of an attempt, and nothing that names them. */
  async parts(slot: string, attempt: string = randomUUID(), id = ID): Promise<Manifest['parts']> {
    const parts: Manifest['parts'] = [];
    for (const [name, body] of [['census.json', '{}'], ['rows/00001.sql', `rows of ${slot}`]]) {
      const key = `${attemptPrefix(id, runIdOf(slot), attempt)}${name}`;
      const versionId = await this.put(key, body);
      parts.push({ name, key, versionId, kind: 'rows', encoding: 'none', sizeBytes: body.length, rawSizeBytes: body.length, sha256: createHash('sha256').update(body).digest('hex') });
    }
    return parts;
  }

  /** A whole copy, half an hour after its slot. */
  async copy(slot: string, outcome: Verdict['outcome'] | 'unverified' = 'proven', change: (manifest: Manifest) => unknown = (manifest) => manifest, id = ID): Promise<string> {
    const attempt = randomUUID();
    const runId = runIdOf(slot);
    this.now = new Date(Date.parse(slot) + 30 * 60_000);
    const parts = await this.parts(slot, attempt, id);
    const at = this.now.toISOString();
    const manifest: Manifest = {
      version: 1, ...id, engine: 'memory', runId, slot, attempt, execution: 'execution-1', startedAt: at, finishedAt: at, recoveryPoint: slot,
      source: { version: '1', description: 'memory', databases: ['shop'] }, tools: {}, parts, census: 'census.json',
      totals: { items: 0, rows: 0, sizeBytes: 0, rawSizeBytes: 0 }, leftOut: [], engineNotes: {},
    };
    await this.put(manifestKey(id, runId), JSON.stringify(change(manifest)));
    if (outcome !== 'unverified') await this.verdict(slot, attempt, outcome, at, id);
    return runId;
  }

  /** A proven copy of each of these days. */
  async copies(from: number, to: number): Promise<string[]> {
    const made: string[] = [];
    for (let day = from; day <= to; day++) made.push(await this.copy(slot(day)));
    return made;
  }

  async verdict(slot: string, attempt: string, outcome: Verdict['outcome'], at: string, id = ID): Promise<void> {
    const runId = runIdOf(slot);
    const verdict: Verdict = {
      version: 1, ...id, engine: 'memory', runId, attempt, manifestKey: manifestKey(id, runId), verifiedAt: at, outcome, summary: 'as it says',
      exceptions: [], differences: [], differenceCount: 0, assertions: [],
      checked: { parts: 2, items: 0, hashed: 0, rows: 0, sizeBytes: 0 },
      seconds: { scratch: 0, restore: 0, census: 0, assertions: 0, total: 0 }, rtoSeconds: 60, tools: {},
    };
    await this.put(verdictKey(id, runId, at), JSON.stringify(verdict));
  }

  /** The tag of each version under a prefix that has one, by key; of markers nothing. */
  marks(prefix: string): Record<string, string | undefined> {
    const keys = this.keys(prefix);
    const markOf = (key: string) => this.endpoint.s3.versions(BUCKET, key).find(({ deleteMarker }) => !deleteMarker)?.tags.retire;
    return Object.fromEntries(keys.map((key) => [key, markOf(key)]));
  }

  /** What a copy's manifest, parts and verdicts say, each once. */
  marksOf(runId: string): { manifest: string | undefined; parts: (string | undefined)[]; verdicts: (string | undefined)[] } {
    const all = (kind: 'parts' | 'verdicts'): (string | undefined)[] => [...new Set(Object.values(this.marks(`${policyPrefix(kind, ID)}${ID.protection}/${runId}/`)))];
    return { manifest: this.marks(manifestKey(ID, runId))[manifestKey(ID, runId)], parts: all('parts'), verdicts: all('verdicts') };
  }

  keys(prefix = ''): string[] {
    return this.endpoint.s3.keys(BUCKET, prefix);
  }

  async tagsOf(key: string): Promise<Record<string, string>> {
    const { TagSet = [] } = await this.client.send(new GetObjectTaggingCommand({ Bucket: BUCKET, Key: key }));
    return Object.fromEntries(TagSet.map(({ Key, Value }) => [Key!, Value!]));
  }

  async tag(key: string, value: string): Promise<void> {
    await this.client.send(new PutObjectTaggingCommand({ Bucket: BUCKET, Key: key, Tagging: { TagSet: [{ Key: 'retire', Value: value }] } }));
  }

  async hold(key: string, status: 'ON' | 'OFF'): Promise<void> {
    await this.client.send(new PutObjectLegalHoldCommand({ Bucket: BUCKET, Key: key, LegalHold: { Status: status } }));
  }

  /** One round at the store's instant, or with the changes given. */
  async round(changes: Partial<RetireRequest> = {}): Promise<RetireReport> {
    const now = this.now.toISOString();
    const report = await retire(request({ slot: now, rehearsedAt: now, ...changes }), { awsRequestId: randomUUID() });
    return parseRetireReport(JSON.parse(JSON.stringify(report)));
  }

  /** What was decided of each run. */
  async decided(changes: Partial<RetireRequest> = {}): Promise<Record<string, RetireDecision['action']>> {
    const report = await this.round({ whole: true, ...changes });
    return Object.fromEntries(report.protections.flatMap(({ decisions = [] }) => decisions).map(({ runId, action }) => [runId, action]));
  }

  async stop(): Promise<void> {
    this.stdout.mockRestore();
    this.client.destroy();
    await this.endpoint.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export function protectionOf(changes: Partial<RetireRequest['protections'][number]> = {}): RetireRequest['protections'][number] {
  return {
    protection: 'database', longestRunSeconds: 6 * 3600, releasesAtMost: 3,
    schedule: { expression: 'cron(0 2 * * ? *)', timeZone: 'UTC', longestGapSeconds: DAY },
    retention: { rules: { daily: 3 }, minimumVerified: 2, timeZone: 'UTC' },
    ...changes,
  };
}

export function request(changes: Partial<RetireRequest> = {}): RetireRequest {
  return {
    version: 1, environment: ID.environment, application: ID.application,
    store: { bucket: BUCKET, region: REGION, graceSeconds: 2 * DAY },
    protections: [protectionOf()], limits: { timeoutSeconds: 300 },
    slot: '2026-03-01T05:00:00Z', execution: 'round-1',
    ...changes,
  };
}

/** `2026-03-01T02:00:00Z` and so many days after. */
export function slot(day: number): string {
  return new Date(Date.UTC(2026, 2, 1 + day, 2)).toISOString().replace('.000Z', 'Z');
}

/** Five o'clock of a day, when the round is. */
export function morning(day: number): string {
  return new Date(Date.UTC(2026, 2, 1 + day, 5)).toISOString().replace('.000Z', 'Z');
}
