import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { IConstruct } from 'constructs';

/** Context of an engine's worker image, beside `lib` or `dist`: made once, at the library's own build. */
export function imageDirectory(scope: IConstruct, engine: string): string {
  const directory = join(__dirname, '..', 'bundles', engine);
  if (!existsSync(join(directory, 'Dockerfile'))) {
    throw new Error(`${scope.node.path}: the worker image of engine "${engine}" is not there (${join('bundles', engine, 'Dockerfile')}); the published package has it, in the repository run "npm run build"`);
  }
  return directory;
}

/** Code of a worker without an engine, beside `lib` or `dist`: made once, at the library's own build. */
export function workerDirectory(scope: IConstruct, worker: string): string {
  const directory = join(__dirname, '..', 'bundles', worker);
  if (!existsSync(join(directory, 'index.js'))) {
    throw new Error(`${scope.node.path}: the ${worker} worker is not there (${join('bundles', worker, 'index.js')}); the published package has it, in the repository run "npm run build"`);
  }
  return directory;
}
