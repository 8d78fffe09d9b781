import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { parseRetireReport, type RetireReport } from '../lib/contract/retire-report';
import type { RetireRequest } from '../lib/contract/retire-request';
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
process.once('message', async ({ directory, request }) => {
  const answer = await Promise.resolve()
    .then(() => require(directory + '/index.js').retire(request, { awsRequestId: 'command-line' }))
    .then((report) => ({ report }), (error) => ({ error: error.message }));
  process.send(answer, () => process.exit(0));
});
`;

export interface RunHereProps {
  /** Folder of the worker's code in the assembly. */
  readonly directory: string;
  readonly request: RetireRequest;
  /** With the caller's credentials. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onLog: (line: string) => void;
}

/**
 * The deployed code, run here with the caller's own rights.
 *
 * @throws WorkerFailedError
 */
export async function runHere({ directory, request, env, signal, onLog }: RunHereProps): Promise<RetireReport> {
  const worker = spawn(findWorkerNode(), ['-e', SCRIPT], { env, signal, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  createInterface({ input: worker.stdout! }).on('line', onLog);
  const answer = await new Promise<{ report?: unknown; error?: string }>((resolve, reject) => {
    worker.once('message', (message) => resolve(message as { report?: unknown; error?: string }));
    worker.once('error', reject);
    worker.once('exit', (code, killed) => reject(new WorkerFailedError(`The worker ended without an answer (${killed ?? `exit code ${code}`}).`)));
    worker.send({ directory, request });
  });
  if (answer.error !== undefined) throw new WorkerFailedError(answer.error);
  return parseRetireReport(answer.report);
}

export interface InvokeProps {
  /** Name or ARN. */
  readonly functionName: string;
  readonly region: string;
  readonly request: RetireRequest;
}

/**
 * Asks the deployed worker, which does it by its own role.
 *
 * @throws WorkerFailedError for what it or Lambda refused
 */
export async function invokeDeployed({ functionName, region, request }: InvokeProps): Promise<RetireReport> {
  const client = new LambdaClient({ region });
  try {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) });
    const { Payload, FunctionError } = await client.send(command);
    const answer = JSON.parse(Payload?.transformToString() || 'null') as { errorMessage?: string } | null;
    if (FunctionError) throw new WorkerFailedError(answer?.errorMessage ?? `The worker ended with ${FunctionError}.`);
    return parseRetireReport(answer);
  } catch (error) {
    if (error instanceof WorkerFailedError || (error as { $fault?: string }).$fault === undefined) throw error;
    throw new WorkerFailedError(`Lambda did not run ${functionName}: ${(error as Error).name}: ${(error as Error).message}`);
  } finally {
    client.destroy();
  }
}
