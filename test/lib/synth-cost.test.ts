import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policiesApp } from '../../bench/policies-app';

/** What a synthesis of so many policies makes; seconds are the bench's to show. */
function synthesize(policies: number): { assets: string[]; constructs: number } {
  const outdir = mkdtempSync(join(tmpdir(), 'policies-'));
  try {
    const app = policiesApp(policies, outdir);
    app.synth();
    return { assets: readdirSync(outdir).filter((name) => name.startsWith('asset.')).sort(), constructs: app.node.findAll().length };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

test('fifteen policies share the bundles of one, and each adds the same', () => {
  const one = synthesize(1);
  const five = synthesize(5);
  const fifteen = synthesize(15);
  // The image of dump and verify, the bundle of retire.
  expect(one.assets.length).toBeGreaterThanOrEqual(2);
  expect(fifteen.assets).toEqual(one.assets);
  // Five policies are a stack of their own, with a store; one construct more is the app.
  expect(fifteen.constructs - 1).toBeLessThanOrEqual(3 * (five.constructs - 1));
});
