// One client that writes all the time, in a process of its own; ends when its standard input does and then says how long it waited.
import { Client } from 'pg';
import { percentile } from './figures';

/** Between two transactions: a busy application, not a load test. */
const PAUSE_MILLISECONDS = 5;

async function main(): Promise<void> {
  const { BENCH_URL: connectionString, BENCH_TABLE: table, BENCH_KEYS: keys } = process.env;
  const client = new Client({ connectionString });
  await client.connect();
  let ended = false;
  process.stdin.resume().once('end', () => {
    ended = true;
  });
  const column = table === 'events' ? 'note' : 'label';
  const waits: number[] = [];
  process.stdout.write('ready\n');
  for (let turn = 0; !ended; turn++) {
    const key = 1 + (turn * 7919) % Number(keys);
    const began = performance.now();
    await client.query('BEGIN');
    await client.query(`UPDATE ${table} SET ${column} = ${column} || '.' WHERE id = $1`, [key]);
    await client.query('COMMIT');
    waits.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
  await client.end();
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
