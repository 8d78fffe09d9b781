import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../../../rehearsal/sandbox';
import { runWorker, type RunWorkerProps, type WorkerOutcome } from '../../../rehearsal/worker-process';

/** Gives this test file a temporary folder of its own, so that what others leave or make meanwhile is not seen; returns what lies in it. */
export function ownTemporaryFolder(): () => string[] {
  const folder = mkdtempSync(join(tmpdir(), 'worker-test-'));
  chmodSync(folder, 0o755);
  const spy = jest.spyOn(os, 'tmpdir').mockReturnValue(folder);
  afterAll(() => {
    spy.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => readdirSync(folder);
}

/** A folder with one `index.js`, as a bundle of a worker is. */
export function makeBundle(source: string, file = 'index.js'): { directory: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'worker-bundle-'));
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, file), source);
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Runs `source`, which exports `run`, once. */
export async function run(source: string, sandbox: Sandbox | undefined, props: Partial<RunWorkerProps> = {}): Promise<WorkerOutcome> {
  const bundle = makeBundle(source);
  try {
    return await runWorker({
      directory: bundle.directory,
      handler: 'index.run',
      event: {},
      functionName: 'worker',
      memoryMegabytes: 512,
      timeoutSeconds: 20,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      endpointUrl: 'http://127.0.0.1:1',
      region: 'us-east-1',
      sandbox,
      path: [],
      ...props,
    });
  } finally {
    bundle.remove();
  }
}

/** The handler's result; fails the test with what happened instead. */
export async function resultOf<T>(source: string, sandbox: Sandbox | undefined, props: Partial<RunWorkerProps> = {}): Promise<T> {
  const outcome = await run(source, sandbox, props);
  if (outcome.outcome !== 'returned') throw new Error(`the worker did not return: ${JSON.stringify(outcome)}`);
  return outcome.result as T;
}
