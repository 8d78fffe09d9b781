import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { WriterPlace } from './engine';
import { MeasurementError } from './measured';

export interface WriterFigures {
  readonly transactions: number;
  readonly medianMilliseconds: number;
  readonly p95Milliseconds: number;
  readonly worstMilliseconds: number;
}

/** What a writing client waits for its transactions while something else runs. The client is a process of its own. */
export async function writeDuring(
  place: WriterPlace, meanwhile: () => Promise<unknown>,
): Promise<WriterFigures> {
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), join(__dirname, 'writer-process.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, BENCH_WRITER: JSON.stringify(place) },
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  try {
    await lines.next();
    await meanwhile();
    child.stdin.end();
    const last = await lines.next();
    const code = await closed;
    if (code !== 0 || last.done) throw new MeasurementError(`the writer ended with ${code}`);
    return JSON.parse(last.value) as WriterFigures;
  } finally {
    child.kill();
  }
}
