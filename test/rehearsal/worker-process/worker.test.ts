import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSandbox, isSandbox, type Sandbox } from '../../../rehearsal/sandbox';
import { lambdaError, runTask, runWorker } from '../../../rehearsal/worker-process';
import { lacks } from '../../support/lacks';
import { makeBundle, ownTemporaryFolder, resultOf, run } from './bundle';

const SENTINEL = 'c0ffee-sentinel';
let found: Sandbox | undefined;
let whyNone = '';
const leftFolders = ownTemporaryFolder();

beforeAll(async () => {
  const sandbox = await findSandbox();
  if (isSandbox(sandbox)) found = sandbox;
  else whyNone = sandbox.reason;
});

/** Processes whose command line has this in it, this one's aside. */
function processesWith(mark: string): number[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) => {
    try {
      return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
}

const where = ['the open', 'the sandbox'] as const;

describe.each(where)('a worker in %s', (place) => {
  const sandbox = (): Sandbox | undefined => (place === 'the open' ? undefined : found);
  const check = (name: string, body: () => Promise<void>): void => {
    it(name, async () => {
      if (place === 'the sandbox' && !found) lacks(whyNone);
      await body();
    });
  };

  check('gets the event and a context as in Lambda, and its result comes back', async () => {
    const event = { text: 'été\n"quoted"\u2028', big: 'x'.repeat(300_000) };
    const outcome = await run(`exports.run = async (event, context) => ({
      event, name: context.functionName, memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis(),
      arn: context.invokedFunctionArn, id: context.awsRequestId, group: context.logGroupName });`, sandbox(), { event, timeoutSeconds: 70 });
    expect(outcome).toMatchObject({
      outcome: 'returned',
      result: { event, name: 'worker', memory: '512', arn: 'arn:aws:lambda:us-east-1:123456789012:function:worker', group: '/aws/lambda/worker' },
    });
    if (outcome.outcome !== 'returned') throw new Error('unreachable');
    const { left, id } = outcome.result as { left: number; id: string };
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(70_000);
    expect(id).toBe(outcome.requestId);
    expect(outcome.usage.seconds).toBeGreaterThan(0);
    expect(outcome.usage.peakMemoryBytes).toBeGreaterThan(10 << 20);
  });

  check('sees nothing of this process\'s environment, and no event in argv or environment', async () => {
    process.env.OF_THE_HOST = SENTINEL;
    try {
      const seen = await resultOf<{ env: Record<string, string>; all: string }>(`
        const fs = require('node:fs');
        exports.run = async () => ({ env: process.env, all: fs.readFileSync('/proc/self/environ', 'utf8') + fs.readFileSync('/proc/self/cmdline', 'utf8') });`,
      sandbox(), { event: { secret: SENTINEL }, environment: { OWN: 'value' } });
      expect(seen.all).not.toContain(SENTINEL);
      const allowed = /^(AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|REGION|DEFAULT_REGION|ENDPOINT_URL|LAMBDA_[A-Z_]+)|LAMBDA_TASK_ROOT|_HANDLER|LANG|TZ|PATH|PWD|TMPDIR|OWN)$/;
      expect(Object.keys(seen.env).filter((name) => !allowed.test(name))).toEqual([]);
      expect(seen.env).toMatchObject({ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', TZ: ':UTC', OWN: 'value', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512' });
      expect(seen.env.HOME).toBeUndefined();
    } finally {
      delete process.env.OF_THE_HOST;
    }
  });

  check('runs without root\'s rights', async () => {
    const uid = await resultOf<number>('exports.run = async () => process.getuid();', sandbox());
    expect(uid).not.toBe(0);
  });

  check('reads a bundle that only its owner may read', async () => {
    const bundle = makeBundle('exports.run = async () => require("./part/other.js");');
    try {
      mkdirSync(join(bundle.directory, 'part'));
      writeFileSync(join(bundle.directory, 'part/other.js'), 'module.exports = "read";');
      for (const [path, mode] of [['part/other.js', 0o600], ['part', 0o700], ['index.js', 0o600], ['', 0o700]] as const) chmodSync(join(bundle.directory, path), mode);
      expect(await resultOf<string>('', sandbox(), { directory: bundle.directory })).toBe('read');
    } finally {
      bundle.remove();
    }
  });

  check('throws as Lambda tells it', async () => {
    const thrown = await run(`class RefusedError extends Error { constructor(m) { super(m); this.name = 'RefusedError'; } }
      exports.run = async () => { throw new RefusedError('[PG-1] no'); };`, sandbox());
    expect(thrown).toMatchObject({ outcome: 'threw', error: { errorType: 'RefusedError', errorMessage: '[PG-1] no' } });
    expect(lambdaError(thrown, 20)?.trace[0]).toBe('RefusedError: [PG-1] no');
    const missing = await run('exports.other = 1;', sandbox());
    expect(missing).toMatchObject({ error: { errorType: 'Runtime.HandlerNotFound', errorMessage: 'index.run is undefined or not exported' } });
    const broken = await run('require("not-there");', sandbox());
    expect(broken).toMatchObject({ error: { errorType: 'Runtime.ImportModuleError' } });
    const syntax = await run('exports.run = (', sandbox());
    expect(syntax).toMatchObject({ error: { errorType: 'Runtime.UserCodeSyntaxError' } });
    const uncaught = await run('exports.run = () => new Promise(() => setImmediate(() => { throw new TypeError("later"); }));', sandbox());
    expect(uncaught).toMatchObject({ outcome: 'threw', error: { errorType: 'TypeError', errorMessage: 'later' } });
  });

  check('that exits, or waits for nothing, died', async () => {
    const exit = await run('exports.run = async () => process.exit(3);', sandbox());
    expect(exit).toMatchObject({ outcome: 'died', exitCode: 3, reason: 'exited' });
    expect(lambdaError(exit, 1)).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${exit.requestId} Error: Runtime exited with error: exit status 3` });
    const idle = await run('exports.run = () => new Promise(() => {});', sandbox());
    expect(idle).toMatchObject({ outcome: 'died', exitCode: 0 });
    const killed = await run('exports.run = () => { process.kill(process.pid, "SIGSEGV"); return new Promise((r) => setTimeout(r, 5000)); };', sandbox());
    expect(killed).toMatchObject({ outcome: 'died', exitCode: null, signal: 'SIGSEGV' });
  });

  check('is ended when its time is over, with all it started', async () => {
    const mark = `600.${Math.floor(Math.random() * 1e9)}`;
    const source = `const { spawn } = require('node:child_process');
      exports.run = () => {
        spawn('sleep', ['${mark}'], { stdio: 'inherit' });
        spawn('sh', ['-c', 'setsid sleep ${mark} >/dev/null 2>&1 & sleep 0.3'], { detached: true, stdio: 'ignore' });
        spawn('sh', ['-c', 'cd / && setsid sleep ${mark} &'], { detached: true, stdio: 'inherit' });
        return new Promise((r) => setTimeout(r, 60000));
      };`;
    const outcome = await run(source, sandbox(), { timeoutSeconds: 1.5 });
    expect(outcome.outcome).toBe('timed-out');
    expect(lambdaError(outcome, 1.5)?.errorMessage).toMatch(/Task timed out after 1\.50 seconds$/);
    expect(processesWith(mark)).toEqual([]);
    expect(leftFolders()).toEqual([]);
  });

  check('is killed above its memory, its children counted', async () => {
    const outcome = await run(`const { spawn } = require('node:child_process');
      exports.run = () => {
        spawn(process.execPath, ['-e', 'globalThis.b = Buffer.alloc(200 << 20, 1); setTimeout(() => {}, 60000)']);
        return new Promise((r) => setTimeout(r, 60000));
      };`, sandbox(), { memoryMegabytes: 220, timeoutSeconds: 90 });
    expect(outcome).toMatchObject({ outcome: 'died', signal: 'SIGKILL', reason: 'out-of-memory' });
    expect(outcome.usage.peakMemoryBytes).toBeGreaterThan(220 << 20);
    expect(lambdaError(outcome, 1)?.errorMessage).toMatch(/Runtime exited with error: signal: killed$/);
  });

  check('is ended by an abort, which is what the caller gets', async () => {
    const abort = new AbortController();
    const mark = `601.${Math.floor(Math.random() * 1e9)}`;
    const running = run(`require('node:child_process').spawn('sleep', ['${mark}']); console.log('up');
      exports.run = () => new Promise((r) => setTimeout(r, 60000));`, sandbox(), { signal: abort.signal, onLog: () => abort.abort(new Error('stop')) });
    await expect(running).rejects.toThrow('stop');
    expect(processesWith(mark)).toEqual([]);
    expect(leftFolders()).toEqual([]);
  });

  check('logs line by line, the last one too', async () => {
    const lines: string[] = [];
    await run('exports.run = async () => { console.log("one\\ntwo"); console.error("bad"); process.stdout.write("last é"); };', sandbox(), { onLog: (line) => lines.push(line) });
    expect(lines.sort()).toEqual(['bad', 'last é', 'one', 'two']);
  });

  check('as a container runs its command with its own variables', async () => {
    const bundle = makeBundle('console.log(process.argv[2], process.env.TASK_TOKEN, process.env.AWS_EXECUTION_ENV); process.exit(4);', 'task.js');
    const lines: string[] = [];
    try {
      const outcome = await runTask({
        directory: bundle.directory, command: ['node', '/var/task/task.js', 'dump'], containerName: 'worker', environment: { TASK_TOKEN: 'token' },
        memoryMegabytes: 512, timeoutSeconds: 10, credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, endpointUrl: 'http://127.0.0.1:1',
        region: 'us-east-1', sandbox: sandbox(), path: [], onLog: (line) => lines.push(line),
      });
      expect(outcome).toMatchObject({ outcome: 'exited', exitCode: 4 });
      expect(lines).toEqual(['dump token AWS_ECS_FARGATE']);
    } finally {
      bundle.remove();
    }
  });
});

it('refuses what it cannot start, before it starts anything', async () => {
  const props = {
    directory: '/nowhere/bundle', handler: 'index.run', event: {}, functionName: 'worker', memoryMegabytes: 512, timeoutSeconds: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, endpointUrl: 'http://127.0.0.1:1', region: 'us-east-1', sandbox: undefined, path: [],
  };
  await expect(runWorker(props)).rejects.toThrow("bundle '/nowhere/bundle' does not exist");
  await expect(runWorker({ ...props, handler: 'run' })).rejects.toThrow("handler 'run' names no export");
  await expect(runWorker({ ...props, memoryMegabytes: 0 })).rejects.toThrow('memoryMegabytes is 0');
  expect(existsSync('/nowhere')).toBe(false);
});
