import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunRequest } from '../../lib/contract/run-request';
import { ContractError, NewerContractError, CONTRACT_VERSION } from '../../lib/contract/common';
import { runIdOf } from '../../lib/contract/object-keys';
import { collectLessOften } from './chunk-memory';
import { startDeadline } from './deadline';
import type { Engine, EngineContext } from './engine';
import { RefusedError } from './errors';
import { createLog, type Log } from './log';
import { createSecretReader } from './secrets';
import { Tunnels } from './ssh/tunnels';

// The SDK looks for its shared files in the home folder, and fails where a uid has neither a name nor HOME.
process.env.HOME ??= tmpdir();

/** The part of Lambda's context that workers use; a Fargate task makes one like it. */
export interface InvocationContext {
  /** Unique to this try; the attempt's id is made of it. */
  readonly awsRequestId: string;
  getRemainingTimeInMillis?(): number;
  /** Aborted when the platform asks the worker to stop (SIGTERM of a task). */
  readonly signal?: AbortSignal;
}

export interface Invocation<Config> {
  readonly request: RunRequest;
  readonly runId: string;
  readonly attempt: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly engineContext: EngineContext<Config>;
}

export function parseRequest(event: unknown): RunRequest {
  const version = (event as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > CONTRACT_VERSION) {
    throw new RefusedError('REQUEST_NEWER', new NewerContractError('the run request', version).message + '.', 'Deploy the stack again: workers and state machine are of different releases.');
  }
  const parsed = RunRequest.safeParse(event);
  if (!parsed.success) {
    throw new RefusedError('REQUEST_INVALID', `${new ContractError('The run request', parsed.error).message}.`, 'Deploy the stack again; if it repeats, report it.');
  }
  return parsed.data;
}

/**
 * Runs a worker's body with what every worker needs, and cleans up after it: a deadline before the platform's own, a folder under
 * /tmp, a log with the run's names. Errors are logged here, once.
 */
export async function withInvocation<Config, Result>(
  engine: Engine<Config>,
  verb: string,
  event: unknown,
  context: InvocationContext,
  body: (invocation: Invocation<Config>) => Promise<Result>,
): Promise<Result> {
  collectLessOften();
  const request = parseRequest(event);
  if (request.engine !== engine.name) {
    throw new RefusedError('WRONG_ENGINE', `The request is for engine "${request.engine}", this worker is "${engine.name}".`, 'Deploy the stack again.');
  }
  const config = engine.config.safeParse(request.config);
  if (!config.success) {
    throw new RefusedError('CONFIG_INVALID', `${new ContractError(`The ${engine.name} configuration`, config.error).message}.`, 'Mend the source in the policy and deploy again.');
  }
  const { environment, application, protection } = request;
  const runId = runIdOf(request.slot);
  const attempt = context.awsRequestId;
  const log = createLog({ environment, application, protection, runId, attempt, verb });

  const deadline = startDeadline(verb, request.limits.timeoutSeconds, context);
  // A way to the source that breaks ends everything, with its own reason.
  const broken = new AbortController();
  const signal = AbortSignal.any([deadline.signal, broken.signal]);
  const secrets = createSecretReader();
  const tunnels = new Tunnels({ secrets, log, signal, onFailure: (error) => broken.abort(error) });
  const scratchDirectory = await mkdtemp(join(tmpdir(), 'bp-'));
  try {
    return await body({
      request,
      runId,
      attempt,
      log,
      signal,
      engineContext: {
        config: config.data,
        runId,
        attempt,
        log,
        signal,
        secrets,
        tunnels,
        scratchDirectory,
        now: () => new Date(),
      },
    });
  } catch (error) {
    const cause = signal.aborted && signal.reason instanceof Error ? signal.reason : (error as Error);
    log.error(cause.message, { errorType: cause.name, stack: cause.stack });
    throw cause;
  } finally {
    deadline.end();
    await tunnels.close();
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}
