import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** CPU seconds of a synthesis in a process of its own: on a busy machine the wall clock measures the others. */
function synthesize(policies: number): { seconds: number; assets: number } {
  const outdir = mkdtempSync(join(tmpdir(), 'policies-'));
  try {
    const script = ['--import', 'tsx', join(__dirname, 'policies-app.ts'), String(policies), outdir];
    const printed = execFileSync(process.execPath, script, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    return { seconds: Number(printed.trim().split('\n').at(-1)), assets: readdirSync(outdir).filter((name) => name.startsWith('asset.')).length };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

test('fifty policies cost at most three times one, and share one image context and one bundle', () => {
  const one = synthesize(1);
  const fifty = synthesize(50);
  // The image of dump and verify, the bundle of retire.
  expect(fifty.assets).toBe(2);
  expect(one.seconds).toBeGreaterThan(0);
  expect(fifty.seconds / one.seconds).toBeLessThanOrEqual(3);
}, 180_000);
