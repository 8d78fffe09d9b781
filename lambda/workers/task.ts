import { SendTaskFailureCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { randomUUID } from 'node:crypto';
import { messageOf } from '../runtime/errors';
import type { InvocationContext } from '../runtime/invocation';

/** Half of the shortest heartbeat a state machine of ours declares is 60 s. */
const HEARTBEAT_MILLISECONDS = 30_000;

/** Step Functions' own limit of a cause, in characters (API reference, SendTaskFailure). */
const CAUSE_CHARACTERS = 32_768;

type Worker = (event: unknown, context: InvocationContext) => Promise<unknown>;

/**
 * A worker as a Fargate task: `node task.js <verb> <request as JSON>`, with the callback token in TASK_TOKEN, the one thing the platform
 * forces into the environment. It answers as a Lambda function does, so the state machine cannot tell them apart.
 */
export async function runTask(
  workers: Record<string, Worker>,
  [verb, request]: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const token = environment.TASK_TOKEN;
  delete environment.TASK_TOKEN;
  const worker = workers[verb];
  if (!token || !worker || request === undefined) {
    process.stderr.write(`usage: TASK_TOKEN=… task.js ${Object.keys(workers).join('|')} REQUEST\n`);
    return 2;
  }
  const client = new SFNClient({ maxAttempts: 8 });
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort(new Error('the platform stopped the task (SIGTERM)')));
  const heartbeat = setInterval(() => {
    client.send(new SendTaskHeartbeatCommand({ taskToken: token })).catch((error: unknown) => {
      // The machine gave this try up: whatever it writes from now on is an orphan's.
      if ((error as Error).name === 'TaskTimedOut') stop.abort(new Error('the state machine no longer waits for this task'));
    });
  }, HEARTBEAT_MILLISECONDS);
  try {
    const result = await worker(JSON.parse(request), { awsRequestId: randomUUID(), signal: stop.signal });
    await client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(result) }));
    return 0;
  } catch (error) {
    const { name = 'Error', stack } = error as Error;
    const cause = JSON.stringify({ errorType: name, errorMessage: messageOf(error), trace: stack?.split('\n').slice(0, 20) });
    await client.send(new SendTaskFailureCommand({ taskToken: token, error: name, cause: cause.slice(0, CAUSE_CHARACTERS) }));
    return 1;
  } finally {
    clearInterval(heartbeat);
  }
}
