import { type RunMachineProps, runMachine, type TaskCall } from '../../../rehearsal/machine/run-machine';
import { TaskError } from '../../../rehearsal/machine/task-error';
import { TaskTokens, TokenError } from '../../../rehearsal/machine/task-tokens';

const LAMBDA = 'arn:aws:states:::lambda:invoke';

/** Dump, verify, and a message when either fails: the shape of our own machines. */
function definition(dump: object = {}): Record<string, unknown> {
  const caught = { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Tell' }] };
  return {
    StartAt: 'Dump',
    States: {
      Dump: { Type: 'Task', Resource: LAMBDA, Parameters: { 'Payload': { 'slot.$': '$.slot', 'execution.$': '$$.Execution.Id' } }, ResultSelector: { 'is.$': '$.Payload' }, ResultPath: '$.dump', Next: 'Verify', ...caught, ...dump },
      Verify: { Type: 'Task', Resource: LAMBDA, Parameters: { 'FunctionName': 'verify', 'Payload.$': '$' }, End: true, ...caught },
      Tell: { Type: 'Task', Resource: 'arn:aws:states:::sns:publish', Parameters: { 'TopicArn': 't', 'Message.$': '$.error.Cause' }, ResultPath: null, Next: 'Failed' },
      Failed: { Type: 'Fail', ErrorPath: '$.error.Error', CausePath: '$.error.Cause' },
    },
  };
}

function props(runTask: (call: TaskCall) => Promise<unknown>, dump?: object): RunMachineProps {
  return {
    definition: definition(dump), name: 'machine', arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m', roleArn: 'arn:aws:iam::000000000000:role/m',
    executionName: 'e1', input: { slot: '2026-11-20T02:00:00Z' }, runTask, issueToken: () => 'token', retryPauseMilliseconds: 1,
  };
}

test('tasks get their parameters and the execution\'s name, states are recorded', async () => {
  const calls: TaskCall[] = [];
  const execution = await runMachine(props(async (call) => {
    calls.push(call);
    return { Payload: call.state };
  }));
  expect(execution).toMatchObject({ outcome: 'succeeded', arn: 'arn:aws:states:us-east-1:000000000000:execution:m:e1' });
  expect(calls[0]).toMatchObject({ state: 'Dump', resource: LAMBDA, parameters: { Payload: { slot: '2026-11-20T02:00:00Z', execution: execution.arn } }, tryNumber: 1 });
  expect(calls[1].parameters).toEqual({ FunctionName: 'verify', Payload: { slot: '2026-11-20T02:00:00Z', dump: { is: 'Dump' } } });
  expect(execution.states.map(({ name, outcome, tries }) => [name, outcome, tries])).toEqual([['Dump', 'succeeded', 1], ['Verify', 'succeeded', 1]]);
});

test('an error is retried where its name is listed, and only as often', async () => {
  const retry = { Retry: [{ ErrorEquals: ['TransientError'], MaxAttempts: 2, IntervalSeconds: 600 }] };
  const failing = (times: number) => async ({ state, tryNumber }: TaskCall) => {
    if (state === 'Dump' && tryNumber <= times) throw new TaskError('TransientError', '{"errorType":"TransientError"}');
    return { Payload: tryNumber };
  };
  const good = await runMachine(props(failing(2), retry));
  expect(good).toMatchObject({ outcome: 'succeeded' });
  expect(good.states[0]).toMatchObject({ name: 'Dump', tries: 3, outcome: 'succeeded', error: { name: 'TransientError' } });
  const bad = await runMachine(props(failing(3), retry));
  expect(bad).toMatchObject({ outcome: 'failed', error: { name: 'TransientError', cause: '{"errorType":"TransientError"}' } });
  expect(bad.states.map(({ name, outcome }) => [name, outcome])).toEqual([['Dump', 'caught'], ['Tell', 'succeeded'], ['Failed', 'failed']]);
});

test('a state out of time gives States.Timeout, and its task is told to end', async () => {
  let told = false;
  const execution = await runMachine(props(({ state, signal }) => new Promise((resolve) => {
    if (state !== 'Dump') return resolve(null);
    signal.addEventListener('abort', () => { told = true; });
  }), { TimeoutSeconds: 1, Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: '$.error', Next: 'Failed' }] }));
  expect(execution).toMatchObject({ outcome: 'failed', error: { name: 'States.Timeout' } });
  expect(told).toBe(true);
});

test('a task without a time limit is not ended after the interpreter\'s minute', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  try {
    const running = runMachine(props(({ state }) => new Promise((resolve) => { setTimeout(() => resolve({ Payload: state }), 700_000); })));
    await jest.advanceTimersByTimeAsync(1_500_000);
    expect(await running).toMatchObject({ outcome: 'succeeded' });
  } finally {
    jest.useRealTimers();
  }
});

test('an aborted run ends, its task too', async () => {
  const abort = new AbortController();
  let told = false;
  const running = runMachine({
    ...props(({ signal }) => new Promise(() => signal.addEventListener('abort', () => { told = true; }))),
    signal: abort.signal,
  });
  setTimeout(() => abort.abort(), 20);
  expect(await running).toMatchObject({ outcome: 'aborted' });
  expect(told).toBe(true);
});

test.each<[string, object, RegExp]>([
  ['JSONata', { QueryLanguage: 'JSONata' }, /machine: state "Dump" is written in JSONata/],
  ['variables', { Assign: { a: 1 } }, /state "Dump" has Assign/],
  ['$$.State', { Parameters: { 'n.$': '$$.State.RetryCount' } }, /reads \$\$\.State/],
])('%s is refused, not passed over', async (_, dump, message) => {
  await expect(runMachine(props(async () => null, dump))).rejects.toThrow(message);
});

describe('task tokens', () => {
  const TOKEN = { Resource: 'arn:aws:states:::ecs:runTask.waitForTaskToken', HeartbeatSeconds: 1, Parameters: { 'Token.$': '$$.Task.Token' }, ResultSelector: undefined };

  type Answer = (tokens: TaskTokens, token: string, tryNumber: number) => void;

  function withTokens(answer: Answer, dump: object = {}): ReturnType<typeof runMachine> {
    const tokens = new TaskTokens();
    return runMachine({
      ...props(async (call) => {
        if (call.state !== 'Dump') return { Payload: null };
        const { Token } = call.parameters as { Token: string };
        const { result } = tokens.wait(Token, call.heartbeatSeconds, call.heartbeatError);
        answer(tokens, Token, call.tryNumber);
        return await result;
      }, { ...JSON.parse(JSON.stringify(TOKEN)) as object, ResultSelector: { 'is.$': '$' }, ...dump }),
      issueToken: () => tokens.issue(),
    });
  }

  test('the answer is the task\'s result; each try has a token of its own', async () => {
    const seen: string[] = [];
    const execution = await withTokens((tokens, token, tryNumber) => {
      seen.push(token);
      if (tryNumber === 1) tokens.failed(token, 'TransientError', 'again');
      else tokens.succeed(token, '{"runId":"r"}');
    }, { Retry: [{ ErrorEquals: ['TransientError'], MaxAttempts: 1 }] });
    expect(execution).toMatchObject({ outcome: 'succeeded' });
    expect(execution.states[0]).toMatchObject({ tries: 2 });
    expect(new Set(seen).size).toBe(2);
  });

  test('silence is a heartbeat timeout under the name that the machine listens to; a beat keeps it alive', async () => {
    const silent = await withTokens(() => undefined);
    expect(silent).toMatchObject({ outcome: 'failed', error: { name: 'States.Timeout' } });
    const named = await withTokens(() => undefined, { Retry: [{ ErrorEquals: ['States.HeartbeatTimeout'], MaxAttempts: 0 }] });
    expect(named).toMatchObject({ outcome: 'failed', error: { name: 'States.HeartbeatTimeout' } });
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const beating = withTokens((tokens, token) => {
        const beat = setInterval(() => tokens.heartbeat(token), 300);
        setTimeout(() => {
          clearInterval(beat);
          tokens.succeed(token, '{}');
        }, 1_500);
      });
      await jest.advanceTimersByTimeAsync(60_000);
      expect(await beating).toMatchObject({ outcome: 'succeeded' });
    } finally {
      jest.useRealTimers();
    }
  });

  test('an answer that nobody waits for is refused', () => {
    const tokens = new TaskTokens();
    expect(() => tokens.succeed('elsewhere', '{}')).toThrow(TokenError);
  });
});
