import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { findWorkerNode } from './worker-bootstrap/find-node';

/** The worker ended with an error of its own; the message is the worker's sentence. */
export class WorkerFailedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WorkerFailedError';
  }
}

/** Runs the bundle's handler once, and answers by the channel: the worker's log goes to standard output. */
const SCRIPT = `
process.once('message', async ({ directory, name, request }) => {
  const answer = await Promise.resolve()
    .then(() => require(directory + '/index.js')[name](request, { awsRequestId: 'command-line' }))
    .then((report) => ({ report }), (error) => ({ error: error.message }));
  process.send(answer, () => process.exit(0));
});
`;

export interface RunHereProps {
  /** Folder of the worker's code in the assembly, with its bundle `index.js`. */
  readonly directory: string;
  /** What the bundle exports it as. */
  readonly name: string;
  readonly request: unknown;
  /** With the caller's credentials. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onLog: (line: string) => void;
}

/**
 * The deployed code, run here with the caller's own rights.
 *
 * @returns what the handler answered
 * @throws WorkerFailedError
 */
export async function runHere({ directory, name, request, env, signal, onLog }: RunHereProps): Promise<unknown> {
  const worker = spawn(findWorkerNode(), ['-e', SCRIPT], { env, signal, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  createInterface({ input: worker.stdout! }).on('line', onLog);
  const answer = await new Promise<{ report?: unknown; error?: string }>((resolve, reject) => {
    worker.once('message', (message) => resolve(message as { report?: unknown; error?: string }));
    worker.once('error', reject);
    worker.once('exit', (code, killed) => reject(new WorkerFailedError(`The worker ended without an answer (${killed ?? `exit code ${code}`}).`)));
    worker.send({ directory, name, request });
  });
  if (answer.error !== undefined) throw new WorkerFailedError(answer.error);
  return answer.report;
}

export interface InvokeProps {
  /** Name or ARN. */
  readonly functionName: string;
  readonly region: string;
  readonly request: unknown;
  readonly signal?: AbortSignal;
}

/**
 * Asks the deployed worker, which does it by its own role.
 *
 * @returns what it answered
 * @throws WorkerFailedError for what it or Lambda refused
 */
export async function invokeDeployed({ functionName, region, request, signal }: InvokeProps): Promise<unknown> {
  const client = new LambdaClient({ region });
  try {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) });
    const { Payload, FunctionError } = await client.send(command, { abortSignal: signal });
    const answer = JSON.parse(Payload?.transformToString() || 'null') as { errorMessage?: string } | null;
    if (FunctionError) throw new WorkerFailedError(answer?.errorMessage ?? `The worker ended with ${FunctionError}.`);
    return answer;
  } catch (error) {
    if (error instanceof WorkerFailedError || (error as { $fault?: string }).$fault === undefined) throw error;
    throw new WorkerFailedError(`Lambda did not run ${functionName}: ${(error as Error).name}: ${(error as Error).message}`);
  } finally {
    client.destroy();
  }
}
