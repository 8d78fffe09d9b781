import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

const MEBIBYTE = 1024 * 1024;

/** Bytes this worker may use: what Lambda says, the container's limit, or the machine's memory. */
export function memoryBytes(env: NodeJS.ProcessEnv = process.env): number {
  const lambda = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  if (Number.isFinite(lambda) && lambda > 0) return lambda * MEBIBYTE;
  const limits = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'].map((file) => {
    try {
      return Number(readFileSync(file, 'utf8'));
    } catch {
      return Number.NaN;
    }
  });
  return Math.min(totalmem(), ...limits.filter((limit) => Number.isFinite(limit) && limit > 0));
}

/** Sessions that load side by side: one a core; a third on two cores gained nothing (design section 12). */
export function loadingSessions(cores = availableParallelism()): number {
  return Math.max(2, Math.min(cores, 6));
}
