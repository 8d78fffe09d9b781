import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { SentinelRequest } from '../lib/contract/sentinel-request';
import { startEndpoint } from '../rehearsal/endpoint';
import { fillAudit, fillRuns, STEP_SECONDS, type FillProps } from './sentinel-store';

const RUNS = [200, 2_000, 20_000];
const BUCKET = 'bench';
const REGION = 'us-east-1';
const ID = { environment: 'bench', application: 'shop', protection: 'database' };
/** The newest slot, and the daily round before it. */
const LAST = Date.UTC(2026, 5, 20, 12) / 1000;
const AUDITED = Date.UTC(2026, 5, 20, 5) / 1000;

export interface SentinelFigures {
  readonly runs: number;
  /** Medians of the rounds. */
  readonly requests: number;
  readonly seconds: number;
  readonly memoryBytes: number;
}

const SCRIPT = `
const { sentinel } = require(process.argv[1]);
process.stdin.once('data', async (text) => {
  const began = performance.now();
  const { requests, protections } = await sentinel(JSON.parse(text), { awsRequestId: 'bench' });
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(JSON.stringify({
    requests: requests.list + requests.read, seconds, memoryBytes: process.resourceUsage().maxRSS * 1024, copies: protections[0].copies.length,
  }), () => process.exit(0));
});
`;

/**
 * A round of the sentinel on stores of more and more runs. The store is a local endpoint in this process; each round is one of a new
 * process, as cold as Lambda's first.
 *
 * @param rounds of which the median counts
 */
export async function measureSentinel(rounds: number, folder: string, say: (line: string) => void): Promise<SentinelFigures[]> {
  let now = new Date(LAST * 1000);
  const endpoint = await startEndpoint({ directory: join(folder, 'sentinel'), region: REGION, now: () => now });
  try {
    endpoint.s3.createBucket({ name: BUCKET, objectLock: true, defaultRetention: { mode: 'GOVERNANCE', days: 7 } });
    await writeSeed(endpoint.url);
    const props: FillProps = { endpoint, bucket: BUCKET, seed: 'seed', id: ID, setClock: (instant) => void (now = instant) };
    await fillAudit(props, AUDITED, RUNS[0]);
    const figures: SentinelFigures[] = [];
    let oldest = LAST + STEP_SECONDS;
    for (const runs of RUNS) {
      const from = LAST - (runs - 1) * STEP_SECONDS;
      await fillRuns(props, from, oldest);
      oldest = from;
      now = new Date((LAST + 600) * 1000);
      say(`the sentinel on ${runs} runs`);
      // The first round stores what was declared.
      await round(endpoint.url, now);
      const measured: RoundFigures[] = [];
      for (let index = 0; index < rounds; index++) measured.push(await round(endpoint.url, now));
      figures.push({
        runs, requests: median(measured.map(({ requests }) => requests)), seconds: median(measured.map(({ seconds }) => seconds)),
        memoryBytes: median(measured.map(({ memoryBytes }) => memoryBytes)),
      });
    }
    return figures;
  } finally {
    await endpoint.close();
  }
}

type RoundFigures = Omit<SentinelFigures, 'runs'>;

function credentials(url: string): NodeJS.ProcessEnv {
  return { ...process.env, AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION };
}

/** One object by the ordinary way, whose settings the others repeat. */
async function writeSeed(url: string): Promise<void> {
  const script = `
    const { S3Client, PutObjectCommand } = require('@aws-sdk/client-s3');
    new S3Client({ forcePathStyle: true }).send(new PutObjectCommand({ Bucket: '${BUCKET}', Key: 'seed', Body: '{}', ChecksumAlgorithm: 'SHA256' }));
  `;
  await run(['-e', script], url, '');
}

async function round(url: string, at: Date): Promise<RoundFigures> {
  const bundle = join(__dirname, '..', 'bundles', 'sentinel', 'index.js');
  const figures = JSON.parse(await run(['-e', SCRIPT, bundle], url, JSON.stringify(requestAt(at)))) as RoundFigures & { readonly copies: number };
  const expected = (LAST - AUDITED) / STEP_SECONDS;
  if (figures.copies !== expected) throw new Error(`the round looked at ${figures.copies} copies, and ${expected} are new: its figures are of something else`);
  return figures;
}

function run(args: readonly string[], url: string, input: string): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: join(__dirname, '..'), env: credentials(url), stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.end(input);
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => void said.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const text = Buffer.concat(said).toString();
      if (code === 0) resolve(text);
      else reject(new Error(`the round ended with ${code}: ${text}`));
    });
  });
}

function requestAt(at: Date): SentinelRequest {
  const now = at.toISOString();
  return {
    version: 1, environment: ID.environment, application: ID.application,
    store: { bucket: BUCKET, region: REGION, graceSeconds: 7 * 86_400, replicas: [] },
    expected: { lock: { mode: 'GOVERNANCE', days: 7 }, keys: [] }, topics: [],
    protections: [{
      protection: ID.protection, schedule: { expression: 'cron(0/30 * * * ? *)', timeZone: 'UTC', longestGapSeconds: STEP_SECONDS },
      retention: { rules: { hourly: 48 }, minimumVerified: 3, timeZone: 'UTC' }, longestRunSeconds: 1800, verdictSeconds: 900,
      objectives: { rpoSeconds: 3600, rtoSeconds: 3600 }, gauges: [],
    }],
    limits: { timeoutSeconds: 280 }, slot: now, rehearsedAt: now,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
