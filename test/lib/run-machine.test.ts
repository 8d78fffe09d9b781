import { Duration, type Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { Compute, type ProtectionProps } from '../../lib';
import { FailedNotice } from '../../lib/contract/notification';
import { RunRequest } from '../../lib/contract/run-request';
import { actions, declare, definition, statements, template } from './fixture';

class Failure extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

interface RunTask {
  readonly Overrides: { readonly ContainerOverrides: { readonly Command: string[]; readonly Environment: unknown }[] };
}

type Handlers = Record<string, (input: Record<string, unknown>) => unknown>;

/** Runs the synthesized machine with the given answers; the calls in their order. */
async function run(props: (stack: Stack) => Partial<ProtectionProps>, handlers: Handlers, declared = declare()) {
  const machine = definition(template(props, declared));
  const calls: { state: string; input: Record<string, unknown> }[] = [];
  const tasks = Object.entries(machine.States).filter(([, state]) => state.Type === 'Task').map(([name]) => name);
  const local = Object.fromEntries(tasks.map((name) => [name, async (input: Record<string, unknown>) => {
    calls.push({ state: name, input });
    return (handlers[name]?.(input) ?? {});
  }]));
  const execution = new StateMachine(machine as unknown as StateMachineDefinition, { validationOptions: { noValidate: true } }).run(
    { slot: '2026-11-20T02:00:00Z' },
    {
      overrides: { taskResourceLocalHandlers: local as never, retryIntervalOverrides: Object.fromEntries(tasks.map((name) => [name, 1])) },
      context: { Execution: { Name: 'run-1' }, Task: { Token: 'token' } },
    },
  );
  const error = await execution.result.then(() => undefined, (reason: Error) => (reason.cause ?? reason) as Error);
  return { calls, states: calls.map(({ state }) => state), error };
}

const refuse = (name: string, message: string) => () => {
  throw new Failure(name, JSON.stringify({ errorType: name, errorMessage: message, trace: ['at somewhere'] }));
};

const hook = (stack: Stack, id: string) => new lambda.Function(stack, id, {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'),
});
const hooks = (stack: Stack) => ({ hooks: { before: hook(stack, 'Stop'), after: hook(stack, 'Start') } });

describe('the state machine', () => {
  test('composes a request of the contract, and gives the same to dump and verify', async () => {
    const { calls, error } = await run(() => ({}), {});
    expect(error).toBeUndefined();
    expect(calls.map(({ state }) => state)).toEqual(['Dump', 'Verify']);
    const request = RunRequest.parse(calls[0].input);
    expect(request).toMatchObject({ slot: '2026-11-20T02:00:00Z', execution: 'run-1', application: 'shop', protection: 'database', limits: { timeoutSeconds: 880 } });
    expect(calls[1].input).toEqual(calls[0].input);
  });

  test.each(['TransientError', 'Lambda.ServiceException', 'Lambda.TooManyRequestsException', 'Lambda.SdkClientException'])('tries again after %s', async (name) => {
    let tries = 0;
    const { error, states } = await run(() => ({}), {
      Dump: () => {
        tries += 1;
        if (tries < 4) refuse(name, 'later')();
        return {};
      },
    });
    expect(error).toBeUndefined();
    expect(states).toEqual(['Dump', 'Dump', 'Dump', 'Dump', 'Verify']);
  });

  test.each(['Sandbox.Timedout', 'Lambda.Unknown', 'States.Timeout'])('tries once more after %s', async (name) => {
    const { states } = await run(() => ({}), { Verify: refuse(name, 'too long') });
    expect(states).toEqual(['Dump', 'Verify', 'Verify', 'Notify']);
  });

  test.each(['RefusedError', 'IntegrityError', 'NotProvenError', 'OutOfTimeError', 'Error'])('never tries again after %s', async (name) => {
    const { states, error } = await run(() => ({}), { Dump: refuse(name, '[CODE] The password is wrong. Mend the secret.') });
    expect(states).toEqual(['Dump', 'Notify']);
    expect(error?.name).toBe(name);
  });

  describe('says what failed', () => {
    const message = async (cause: () => never, declared = declare()) => {
      const { calls, error } = await run(() => ({}), { Dump: cause }, declared);
      return { sent: calls.filter(({ state }) => state.startsWith('Notify')).map(({ input }) => input), error };
    };

    const notice = (sent: Record<string, unknown>): FailedNotice => FailedNotice.parse(sent.Message);

    test('in the sentence of the worker, to the intake topic for pages', async () => {
      const { sent, error } = await message(refuse('RefusedError', '[AUTH] The password of "app" is wrong. Mend the secret.'));
      expect(sent).toMatchObject([{ TopicArn: expect.stringContaining('BackupIntakePage'), Subject: 'Backup failed: shop/database (production)' }]);
      expect(notice(sent[0])).toEqual({
        version: 1, event: 'failed', what: 'run', environment: 'production', application: 'shop', protection: 'database', slot: '2026-11-20T02:00:00Z',
        sentence: '[AUTH] The password of "app" is wrong. Mend the secret.', error: 'RefusedError', execution: 'run-1',
      });
      expect(error?.message).toBe('[AUTH] The password of "app" is wrong. Mend the secret.');
    });

    test.each([
      ['plain text', 'connection refused', 'connection refused'],
      ['text that begins like JSON', '{"errorMessage": cut o', '{"errorMessage": cut o'],
      ['JSON without a sentence', '{"errorType":"X"}', '{"errorType":"X"}'],
      ['JSON whose sentence is no text', '{"errorMessage":{"a":1}}', '{"errorMessage":{"a":1}}'],
      ['nothing', '', 'The service gave no cause.'],
    ])('when the cause is %s', async (_, cause, said) => {
      const { sent } = await message(() => { throw new Failure('Whatever', cause); });
      expect(sent).toHaveLength(1);
      expect(notice(sent[0])).toMatchObject({ sentence: said, error: 'Whatever' });
    });

    test('in plain words to the policy\'s own topic, when the intake topic cannot be reached', async () => {
      const { states, calls, error } = await run(() => ({}), { Dump: refuse('RefusedError', 'no'), Notify: refuse('SNS.KmsDisabled', 'no key') });
      expect(states).toEqual(['Dump', 'Notify', 'Notify', 'Notify', 'Notify', 'Notify2']);
      expect(calls.at(-1)?.input).toEqual({
        TopicArn: expect.stringMatching(/BackupTopic(?!Key)/), Subject: 'Backup failed: shop/database (production)',
        Message: 'The backup of shop/database (production) failed for the slot 2026-11-20T02:00:00Z. no (error RefusedError, execution run-1)',
      });
      expect(error?.name).toBe('RefusedError');
    });
  });

  describe('with hooks', () => {
    test('calls them around the dump, with the run\'s names', async () => {
      const { states, calls } = await run(hooks, {});
      expect(states).toEqual(['Before', 'Dump', 'After', 'Verify']);
      expect(calls[0].input).toEqual({
        hook: 'before', environment: 'production', application: 'shop', protection: 'database', slot: '2026-11-20T02:00:00Z', execution: 'run-1',
      });
      expect(calls[2].input).toMatchObject({ hook: 'after' });
    });

    test('calls after whatever became of the dump, and tells the dump\'s failure', async () => {
      const { states, error } = await run(hooks, { Dump: refuse('RefusedError', 'no'), AfterFailure: refuse('Error', 'hook too') });
      expect(states).toEqual(['Before', 'Dump', 'AfterFailure', 'Notify']);
      expect(error).toMatchObject({ name: 'RefusedError', message: 'no' });
    });

    test('calls after when before failed, without a dump', async () => {
      const { states, error } = await run(hooks, { Before: refuse('Error', 'cannot stop the shop') });
      expect(states).toEqual(['Before', 'AfterFailure', 'Notify']);
      expect(error?.message).toBe('cannot stop the shop');
    });

    test('fails when after does', async () => {
      const { states, error } = await run(hooks, { After: refuse('Error', 'the shop does not start') });
      expect(states).toEqual(['Before', 'Dump', 'After', 'Notify']);
      expect(error?.message).toBe('the shop does not start');
    });

    test('may call its functions, and no other', () => {
      const invoke = statements(template(hooks), 'RunPolicy').find(({ Action }) => Action === 'lambda:InvokeFunction' || Action.includes('lambda:InvokeFunction'));
      expect(invoke).toBeDefined();
      expect(JSON.stringify(statements(template(hooks), 'RunPolicy'))).not.toContain(':*');
    });
  });

  describe('on Fargate', () => {
    const fargate = (stack: Stack) => ({ compute: Compute.fargate({ vpc: new Vpc(stack, 'Vpc'), timeout: Duration.hours(2) }) });

    test('gives the same request to the same image, by task token with heartbeat', async () => {
      const { calls, error } = await run(fargate, {});
      expect(error).toBeUndefined();
      const [dump, verify] = calls.map(({ input }) => (input as unknown as RunTask).Overrides.ContainerOverrides[0]);
      expect(dump.Command.slice(0, 2)).toEqual(['task.js', 'dump']);
      expect(verify.Command.slice(0, 2)).toEqual(['task.js', 'verify']);
      expect(dump.Environment).toEqual([{ Name: 'TASK_TOKEN', Value: 'token' }]);
      expect(RunRequest.parse(JSON.parse(dump.Command[2]))).toMatchObject({ slot: '2026-11-20T02:00:00Z', limits: { timeoutSeconds: 7180 } });
      expect(verify.Command[2]).toBe(dump.Command[2]);
      expect(definition(template(fargate)).States.Dump).toMatchObject({
        Resource: expect.stringMatching(/:states:::ecs:runTask.waitForTaskToken$/), HeartbeatSeconds: 600, TimeoutSeconds: 7200 + 600,
      });
    });

    test('the task may answer its machine; the machine may start its task and pass its roles, to ECS alone', () => {
      const made = template(fargate);
      expect(actions(statements(made, 'DumpAnswerPolicy'))).toEqual(['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess']);
      const machine = statements(made, 'RunPolicy');
      expect(machine.filter(({ Action }) => Action === 'iam:PassRole').every(({ Condition }) => Condition?.StringEquals['iam:PassedToService'] === 'ecs-tasks.amazonaws.com')).toBe(true);
      expect(machine.filter(({ Action }) => Action === 'ecs:RunTask')).toHaveLength(2);
      expect(machine.some(({ Action }) => String(Action).startsWith('lambda:'))).toBe(false);
    });
  });

  test('outlasts every retry: a machine that times out tells nobody', () => {
    const { TimeoutSeconds, States } = definition(template(hooks));
    const longest = Object.values(States).filter((state) => state.Type === 'Task' && state.TimeoutSeconds !== undefined).map((state) => {
      const retries = state.Retry as { MaxAttempts: number; IntervalSeconds: number; BackoffRate: number }[];
      const waits = retries.flatMap(({ MaxAttempts, IntervalSeconds, BackoffRate }) =>
        Array.from({ length: MaxAttempts }, (_, index) => IntervalSeconds * BackoffRate ** index));
      return waits.reduce((sum, wait) => sum + wait, (state.TimeoutSeconds as number) * (1 + waits.length));
    });
    expect(longest).toHaveLength(5);
    // Of the two ways that `after` is called, a run takes one.
    expect(TimeoutSeconds).toBeGreaterThan(longest.reduce((sum, seconds) => sum + seconds, 0) - Math.min(...longest));
  });
});
