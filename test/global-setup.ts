import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** For every test. Constructs take the worker images from `bundles`; `npm test` makes them fresh, a bare `jest` at least once. */
export default function prepare(): void {
  const root = join(__dirname, '..');
  // AWS's own rules for templates cost more than the rest of a synthesis: test/lib/nag and test/examples/app ask them.
  process.env.CDK_VALIDATION ??= 'false';
  if (!existsSync(join(root, 'bundles', 'postgres', 'Dockerfile'))) execFileSync(process.execPath, [join(root, 'scripts', 'bundle.mjs')], { stdio: 'inherit' });
}
