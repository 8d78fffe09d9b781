import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { findWorkerNode } from '../worker-bootstrap/find-node';
import type { LocalFunction } from '../cloud/local-cloud';

/** A worker's handler ended with an error of its own. */
export class HandlerError extends Error {
  constructor(readonly errorType: string, message: string) {
    super(message);
    this.name = 'HandlerError';
  }
}

/** Ends the lines that an invocation wrote, with its answer: what was logged has then been read. */
const MARK = '\u0001answer ';

const SCRIPT = `
const [root, name] = process.argv.slice(1);
const handler = require(root + '/index.js')[name];
process.on('message', async ({ event, requestId }) => {
  const context = { awsRequestId: requestId, functionName: name, getRemainingTimeInMillis: () => 300000 };
  const answer = await Promise.resolve().then(() => handler(event, context))
    .then((result) => ({ result }), (error) => ({ error: { errorType: error.name, message: error.message } }));
  process.stdout.write('\\n' + ${JSON.stringify(MARK)} + JSON.stringify(answer) + '\\n');
});
`;

export interface WarmWorkerProps {
  readonly target: Pick<LocalFunction, 'directory' | 'handler' | 'environment'>;
  readonly endpointUrl: string;
  readonly region: string;
  /** Of the function's role. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string };
  /** Each line that it logs. */
  readonly onLine: (line: string) => void;
}

type Answer = { readonly result: unknown } | { readonly error: { readonly errorType: string; readonly message: string } };

/**
 * A function that stays up between invocations, as Lambda keeps one that is called often: the same bundle, in one process, one invocation
 * after another.
 */
export class WarmWorker {
  #process: ChildProcess | undefined;
  #lines: Interface | undefined;
  #pending: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #invocations = 0;

  constructor(private readonly props: WarmWorkerProps) {}

  get invocations(): number {
    return this.#invocations;
  }

  /** @throws HandlerError for what the handler threw, Error when the process ended without an answer */
  async invoke(event: unknown): Promise<unknown> {
    const child = this.#process ?? this.#start();
    this.#invocations++;
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#pending = { resolve, reject };
      child.send({ event, requestId: `rehearsed-${this.#invocations}` });
    });
    if ('error' in answer) throw new HandlerError(answer.error.errorType, answer.error.message);
    return answer.result;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
    this.#lines?.close();
  }

  #start(): ChildProcess {
    const { target, endpointUrl, region, credentials, onLine } = this.props;
    const name = target.handler.slice(target.handler.lastIndexOf('.') + 1);
    const child = spawn(findWorkerNode(), ['-e', SCRIPT, target.directory, name], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...target.environment, PATH: process.env.PATH, TZ: ':UTC', LANG: 'en_US.UTF-8', AWS_REGION: region, AWS_DEFAULT_REGION: region,
        AWS_ENDPOINT_URL: endpointUrl, AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken, AWS_EC2_METADATA_DISABLED: 'true', AWS_LAMBDA_FUNCTION_NAME: name,
      },
    });
    this.#process = child;
    let complaint = '';
    child.stderr!.on('data', (chunk: Buffer) => { complaint = (complaint + chunk.toString('utf8')).slice(-2000); });
    child.once('exit', (code, signal) => {
      this.#pending?.reject(new Error(`${target.handler} ended without an answer (${signal ?? `exit code ${code}`}): ${complaint}`));
    });
    this.#lines = createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!line.startsWith(MARK)) {
        if (line !== '') onLine(line);
        return;
      }
      const pending = this.#pending;
      this.#pending = undefined;
      pending?.resolve(JSON.parse(line.slice(MARK.length)) as Answer);
    });
    return child;
  }
}
