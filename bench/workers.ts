import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DumpResult, RunRequest, VerifyResult } from '../lib/contract/run-request';
import { parseVerdict } from '../lib/contract/verdict';
import { bringDebianPackages, unpackedLibraryPath } from '../rehearsal/servers/debian-packages';
import { runWorker } from '../rehearsal/worker-process';
import type { EndpointAnswer, EndpointOrder } from './endpoint-process';
import { nameProcess, watchCpu } from './cpu-clock';
import { type Measured, MeasurementError } from './measured';
import { watchMemory } from './memory-sampler';

const REGION = 'us-east-1';
const BUCKET = 'bench-store';
/** Nothing here is measured against a platform's limits of time. */
const TIMEOUT_SECONDS = 3600;
const LOG_LINES_KEPT = 25;
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

export interface VerifyMeasured extends Measured {
  /** Loading alone, without the scratch server's start, the reading of hashes and the census. */
  readonly restoreSeconds: number;
  readonly scratchSeconds: number;
  readonly censusSeconds: number;
}

/** What the workers of an engine work on. */
export interface WorkerSubject {
  /** The engine's name, which its bundle has too. */
  readonly engine: string;
  /** The account that reads the source: as the documentation asks for, nobody who may do everything. */
  readonly secret: Readonly<Record<string, string | number>>;
  /** The source's configuration, as the engine's contract has it. */
  config(secretArn: string): Readonly<Record<string, unknown>>;
  /** Folders with the engine's programs. */
  readonly path: readonly string[];
  /** @default none: they find their libraries */
  readonly libraryPath?: string;
}

export interface WorkersProps {
  readonly subject: WorkerSubject;
  readonly folder: string;
  readonly memoryMegabytes: number;
}

/** Our workers from their bundle, with the local store beside them. */
export class Workers {
  private slots = 0;
  private readonly client: S3Client;

  private constructor(
    private readonly props: WorkersProps, private readonly store: EndpointAnswer, private readonly libraryPath: string,
    private readonly end: () => Promise<void>,
  ) {
    this.client = new S3Client({ region: REGION, endpoint: store.url, forcePathStyle: true, credentials: CREDENTIALS });
  }

  /** Why they cannot be measured here; undefined when they can. */
  public static missing({ engine }: WorkerSubject): string | undefined {
    return existsSync(join(bundle(engine), 'index.js')) ? undefined : `there is no bundles/${engine}/index.js: npm run build makes it`;
  }

  public static async start(props: WorkersProps): Promise<Workers> {
    const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), join(__dirname, 'endpoint-process.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const closed = new Promise<void>((done) => child.once('close', () => done()));
    const order: EndpointOrder = {
      directory: join(props.folder, 'store'), bucket: BUCKET, secretName: 'bench/database', secret: props.subject.secret,
    };
    if (child.pid) nameProcess(child.pid, 'store');
    child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    if (done) throw new MeasurementError('the local endpoint did not start');
    // The worker's uid has no name; the images have this library for the servers' sake.
    const wrapper = await unpackedLibraryPath(await bringDebianPackages(['libnss-wrapper']));
    const libraryPath = [props.subject.libraryPath, wrapper].filter(Boolean).join(delimiter);
    return new Workers(props, JSON.parse(value) as EndpointAnswer, libraryPath, async () => {
      child.stdin.end();
      await closed;
    });
  }

  /** Dumps into a new slot. */
  public async dump(): Promise<Measured> {
    this.slots++;
    const { result, measured } = await this.run('dump');
    const { outcome, sizeBytes } = DumpResult.parse(result);
    if (outcome !== 'written') throw new MeasurementError(`the dump of a new slot says ${outcome}`);
    return { ...measured, storedBytes: sizeBytes };
  }

  /** The whole drill of the slot dumped last. */
  public async verify(): Promise<VerifyMeasured> {
    const { result, measured } = await this.run('verify');
    const { outcome, verdictKey, summary } = VerifyResult.parse(result);
    if (outcome === 'not-proven') throw new MeasurementError(`the copy is not proven: ${summary}`);
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: verdictKey }));
    const { seconds } = parseVerdict(JSON.parse(await (Body as NonNullable<typeof Body>).transformToString()));
    return { ...measured, restoreSeconds: seconds.restore, scratchSeconds: seconds.scratch, censusSeconds: seconds.census };
  }

  public async stop(): Promise<void> {
    this.client.destroy();
    await this.end();
  }

  private request(): RunRequest {
    return RunRequest.parse({
      version: 1, environment: 'bench', application: 'bench', protection: 'database', engine: this.props.subject.engine,
      config: this.props.subject.config(this.store.secretArn),
      store: { bucket: BUCKET, region: REGION, keyArn: this.store.keyArn },
      objectives: { rpoSeconds: 86_400, rtoSeconds: TIMEOUT_SECONDS }, limits: { timeoutSeconds: TIMEOUT_SECONDS }, assertions: [],
      slot: new Date(Date.UTC(2026, 0, 1) + this.slots * 60_000).toISOString(), execution: `bench-${this.slots}`,
    });
  }

  private async run(verb: 'dump' | 'verify'): Promise<{ result: unknown; measured: Measured }> {
    const { subject } = this.props;
    const said: string[] = [];
    const memory = watchMemory();
    const cpu = watchCpu();
    const answer = await runWorker({
      directory: bundle(subject.engine), handler: `index.${verb}`, functionName: `bench-${verb}`, event: this.request(),
      memoryMegabytes: this.props.memoryMegabytes, timeoutSeconds: TIMEOUT_SECONDS, credentials: CREDENTIALS, endpointUrl: this.store.url,
      region: REGION, path: subject.path, libraryPath: this.libraryPath,
      // In the open, on the disk that the others use: a sandbox's /tmp lies in memory, and its size would be the limit.
      sandbox: undefined,
      onLog: (line) => {
        said.push(line);
        if (said.length > LOG_LINES_KEPT) said.shift();
      },
    });
    const cpuSeconds = cpu();
    const peaks = memory();
    if (answer.outcome !== 'returned') {
      const why = answer.outcome === 'threw' ? `${answer.error.errorType}: ${answer.error.errorMessage}` : answer.outcome;
      throw new MeasurementError(`the ${verb} worker failed (${why}); it said last:\n${said.join('\n')}`);
    }
    const tree = answer.usage.peakMemoryBytes || undefined;
    return { result: answer.result, measured: { seconds: answer.usage.seconds, cpuSeconds, memory: { ...peaks, tree } } };
  }
}

function bundle(engine: string): string {
  return resolve(__dirname, '../bundles', engine);
}
