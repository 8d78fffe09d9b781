import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { watchCpu } from './cpu-clock';
import { type Measured, MeasurementError } from './measured';
import { watchMemory } from './memory-sampler';

/**
 * Measures a line of shell in `folder`. The line writes the exit code that counts to the file `$STATUS`: of a pipe, a shell tells only the
 * last command's.
 *
 * @param env everything but `HOME`, `TMPDIR` and `STATUS`
 * @throws MeasurementError when it did not end well
 */
export async function measureShell(script: string, folder: string, env: NodeJS.ProcessEnv): Promise<Measured> {
  const status = join(folder, 'status');
  await mkdir(folder, { recursive: true });
  await rm(status, { force: true });
  const memory = watchMemory();
  const cpu = watchCpu();
  const began = performance.now();
  const { code, said } = await new Promise<{ code: number | null; said: string }>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', script], {
      cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { HOME: folder, TMPDIR: folder, ...env, STATUS: status },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });
  const seconds = (performance.now() - began) / 1000;
  const cpuSeconds = cpu();
  const peaks = memory();
  const ended = (await readFile(status, 'utf8').catch(() => 'nothing')).trim();
  if (code !== 0 || ended !== '0') throw new MeasurementError(`${script} ended with ${code} and ${ended}: ${said.trim()}`);
  return { seconds, memory: peaks, cpuSeconds };
}
