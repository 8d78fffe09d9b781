// One client that writes all the time, in a process of its own; ends when its standard input does and then says how long it waited.
import { createRequire } from 'node:module';
import type { WriterPlace, Writing } from './engine';
import { percentile } from './figures';

/** Between two transactions: a busy application, not a load test. */
const PAUSE_MILLISECONDS = 5;

async function main(): Promise<void> {
  const { module, address, table, column, keys } = JSON.parse(process.env.BENCH_WRITER ?? '') as WriterPlace;
  const { openWriter } = createRequire(__filename)(module) as { openWriter(address: string): Promise<Writing> };
  const writing = await openWriter(address);
  let ended = false;
  process.stdin.resume().once('end', () => {
    ended = true;
  });
  const waits: number[] = [];
  process.stdout.write('ready\n');
  for (let turn = 0; !ended; turn++) {
    const key = 1 + (turn * 7919) % keys;
    const began = performance.now();
    await writing.write(table, column, key);
    waits.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
  await writing.close();
  const figures = {
    transactions: waits.length,
    medianMilliseconds: percentile(waits, 0.5),
    p95Milliseconds: percentile(waits, 0.95),
    worstMilliseconds: percentile(waits, 1),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
