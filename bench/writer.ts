import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MeasurementError } from './commands';

export interface WriterFigures {
  readonly transactions: number;
  readonly medianMilliseconds: number;
  readonly p95Milliseconds: number;
  readonly worstMilliseconds: number;
}

/** What a writing client waits for its transactions while something else runs. The client is a process of its own. */
export async function writeDuring(
  connectionString: string, table: string, keys: number, meanwhile: () => Promise<unknown>,
): Promise<WriterFigures> {
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), join(__dirname, 'writer-process.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, BENCH_URL: connectionString, BENCH_TABLE: table, BENCH_KEYS: String(keys) },
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
