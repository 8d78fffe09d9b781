import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Constructs take the worker images from `bundles`; `npm test` makes them fresh, a bare `jest` at least once. */
export default function makeBundles(): void {
  const root = join(__dirname, '..');
  if (!existsSync(join(root, 'bundles', 'postgres', 'Dockerfile'))) execFileSync(process.execPath, [join(root, 'scripts', 'bundle.mjs')], { stdio: 'inherit' });
}
