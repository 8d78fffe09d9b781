import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Lambda's `NODEJS_24_X`, the runtime of the worker images. */
export const WORKER_NODE_MAJOR = 24;

/**
 * The Node that runs workers: this process's own when it is of Lambda's major or newer, else the `node` package's binary of a
 * `node_modules` above this file or the working folder, else this process's own whatever it is.
 */
export function findWorkerNode(): string {
  if (Number(process.versions.node.split('.')[0]) >= WORKER_NODE_MAJOR) return process.execPath;
  for (const start of [__dirname, process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const binary = join(folder, 'node_modules/node/bin/node');
      if (existsSync(binary)) return binary;
      if (folder === dirname(folder)) break;
    }
  }
  return process.execPath;
}
