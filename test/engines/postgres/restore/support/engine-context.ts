import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineContext } from '../../../../../lambda/runtime/engine';

export interface TestContext extends EngineContext<unknown> {
  readonly abort: AbortController;
  readonly lines: { message: string; details?: Record<string, unknown> }[];
  discard(): Promise<void>;
}

/** What a worker gives an engine, with a scratch directory of its own. */
export async function testContext(scratchDirectory?: string): Promise<TestContext> {
  const abort = new AbortController();
  const directory = scratchDirectory ?? await mkdtemp(join(tmpdir(), 'scratch-'));
  const lines: TestContext['lines'] = [];
  const note = (message: string, details?: Record<string, unknown>): void => void lines.push({ message, details });
  return {
    config: {}, runId: '20261120T020000Z', attempt: 'a1', log: { info: note, warn: note, error: note }, signal: abort.signal, abort, lines,
    secrets: { read: () => Promise.reject(new Error('no secret is needed to restore')) }, scratchDirectory: directory, now: () => new Date(),
    discard: () => rm(directory, { recursive: true, force: true }),
  };
}
