import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BenchEngine } from './engine';

const FOLDER = join(__dirname, 'engines');

/** Every engine that can be measured, by its name: a folder of `engines/` each. */
export function loadEngines(): Record<string, BenchEngine> {
  const load = createRequire(__filename);
  return Object.fromEntries(readdirSync(FOLDER).sort().map((name) => [name, (load(join(FOLDER, name, 'index.ts')) as { default: BenchEngine }).default]));
}
