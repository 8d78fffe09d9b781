import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Manifest } from '../../../lib/contract/manifest';
import { attemptPrefix, manifestKey, runIdOf, verdictKey } from '../../../lib/contract/object-keys';
import type { DeclaredPolicy } from '../../../lib/contract/policy-metadata';
import type { Verdict } from '../../../lib/contract/verdict';
import { findPolicies } from '../../../rehearsal/assembly';
import { functionOf } from '../../../rehearsal/cloud/local-cloud';
import { seedCloud } from '../../../rehearsal/cloud/seed-cloud';
import type { Terminal } from '../../../rehearsal/command-line';
import { startEndpoint, type Endpoint, type StartedExecution } from '../../../rehearsal/endpoint';
import { runHere } from '../../../rehearsal/own-worker';
import { shopApp } from '../shop-app';
import type { Synthesized } from '../synthesize';

export const REGION = 'us-east-1';
const ID = { environment: 'staging', application: 'shop', protection: 'database' };
const VARIABLES = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'];

/** An app as it would be deployed, in a local cloud: its schedules, machines, topics, and functions that run from their bundles. */
export class DeployedApp {
  static async start(app: Synthesized): Promise<DeployedApp> {
    const directory = mkdtempSync(join(tmpdir(), 'bp-status-'));
    const started: StartedExecution[] = [];
    const asked: { readonly name: string; readonly payload: unknown }[] = [];
    const endpoint = await startEndpoint({
      directory, region: REGION, account: app.resolver.account,
      handlers: {
        startExecution: (execution) => void started.push(execution),
        invokeLambda: async (name, payload) => {
          asked.push({ name, payload });
          const { directory: code, handler } = functionOf(app.resolver, name);
          const run = runHere({
            directory: code, name: handler.slice(handler.lastIndexOf('.') + 1), request: payload, env: process.env,
            signal: new AbortController().signal, onLog: () => undefined,
          });
          return await run.then((answer) => ({ payload: answer }), ({ message }: Error) => ({ payload: { errorMessage: message }, functionError: 'Unhandled' }));
        },
      },
    });
    seedCloud(app.resolver, endpoint);
    return new DeployedApp(app, directory, endpoint, started, asked);
  }

  readonly before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  readonly client: S3Client;
  readonly declared: DeclaredPolicy;
  readonly bucket: string;
  private stopped = false;

  private constructor(
    readonly app: Synthesized, readonly directory: string, readonly endpoint: Endpoint, readonly started: StartedExecution[],
    readonly asked: { readonly name: string; readonly payload: unknown }[],
  ) {
    Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION });
    this.client = new S3Client({ region: REGION, forcePathStyle: true });
    const [policy] = findPolicies(app.resolver);
    this.declared = policy.declared;
    this.bucket = policy.protections[0].bucket;
  }

  /** A whole copy, as dump and verify leave it; the store's clock then stands ten minutes after the slot. */
  async copy(slot: string, outcome: Verdict['outcome'] = 'proven'): Promise<void> {
    const runId = runIdOf(slot);
    const attempt = randomUUID();
    const at = new Date(Date.parse(slot) + 10 * 60_000);
    this.endpoint.setClock(at);
    const key = `${attemptPrefix(ID, runId, attempt)}census.json`;
    const versionId = await this.put(key, '{}');
    const manifest: Manifest = {
      version: 1, ...ID, engine: 'postgres', runId, slot, attempt, execution: 'execution-1', startedAt: slot, finishedAt: at.toISOString(), recoveryPoint: slot,
      source: { version: '15', description: 'PostgreSQL', databases: ['shop'] }, tools: {}, census: 'census.json',
      parts: [{ name: 'census.json', key, versionId, kind: 'census', encoding: 'none', sizeBytes: 2, rawSizeBytes: 2, sha256: '0'.repeat(64) }],
      totals: { items: 1, rows: 1000, sizeBytes: 5_000_000, rawSizeBytes: 9_000_000 }, leftOut: [], engineNotes: {},
    };
    await this.put(manifestKey(ID, runId), JSON.stringify(manifest));
    const verdict: Verdict = {
      version: 1, ...ID, engine: 'postgres', runId, attempt, manifestKey: manifestKey(ID, runId), verifiedAt: at.toISOString(), outcome, summary: 'as it says',
      exceptions: [], differences: [], differenceCount: 0, assertions: [],
      checked: { parts: 1, items: 1, hashed: 1, rows: 1000, sizeBytes: 2 },
      seconds: { scratch: 1, restore: 41, census: 1, assertions: 0, total: 43 }, rtoSeconds: 3600, tools: {},
    };
    await this.put(verdictKey(ID, runId, at.toISOString()), JSON.stringify(verdict));
  }

  /** A proven copy a day, up to today's slot or yesterday's, and the clock back to now. */
  async copies(count: number, newestDaysAgo = 0): Promise<void> {
    const newest = Math.floor((Date.now() - 2.6 * 3_600_000) / 86_400_000) - newestDaysAgo;
    for (let day = newest - count + 1; day <= newest; day++) await this.copy(new Date(day * 86_400_000 + 2 * 3_600_000).toISOString().replace('.000Z', 'Z'));
    this.endpoint.setClock(new Date());
  }

  async put(key: string, body: string): Promise<string> {
    const { VersionId } = await this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ChecksumAlgorithm: 'SHA256' }));
    return VersionId!;
  }

  /** Ends the cloud; its store stays in the folder until `remove`. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.client.destroy();
    await this.endpoint.close();
    for (const [name, value] of Object.entries(this.before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The shop, synthesized once and deployed anew for each test of the file or block that asks for it. */
export function deployedShop(props: Parameters<typeof shopApp>[0] = {}): { readonly app: Synthesized; readonly cloud: DeployedApp } {
  let app: Synthesized;
  let cloud: DeployedApp;
  beforeAll(() => {
    app = shopApp({ region: REGION, ...props });
  });
  afterAll(() => app.remove());
  beforeEach(async () => {
    cloud = await DeployedApp.start(app);
  });
  afterEach(async () => {
    await cloud.stop();
    cloud.remove();
  });
  return {
    get app() {
      return app;
    },
    get cloud() {
      return cloud;
    },
  };
}

export interface Ran { readonly code: number; readonly out: string; readonly err: string }

type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;

/** Runs a command on a terminal that keeps what is said. */
export async function runOn(command: Command, args: readonly string[], change: Partial<Terminal> = {}): Promise<Ran> {
  const said = { out: '', err: '' };
  const code = await command(args, {
    env: process.env, signal: new AbortController().signal,
    stdout: { write: (text) => { said.out += text; } }, stderr: { write: (text) => { said.err += text; } }, ...change,
  });
  return { code, ...said };
}
